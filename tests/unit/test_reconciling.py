"""What an edit means for the record: met, amended, moved by the calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.domain.obligations import KnownObligation
from daemon.judgement.phrases import parse_due
from daemon.judgement.reconciling import Reconciled, reconcile


def compare(world: Any, known: tuple[KnownObligation, ...]) -> Reconciled:
    """The world's files against what the daemon has met."""
    return reconcile(world.rules, world.obligations(), {one.key: one for one in known})


def reword(world: Any, due: str, last_day: str, means: str | None = None) -> None:
    """Edit the report's phrase, as an operator would, and with it its date."""
    plan = world.rules.plans[0]
    milestone = replace(plan.milestones[0], due=due, means=means, rule=parse_due(means or due))
    world.rules = replace(world.rules, plans=(replace(plan, milestones=(milestone,)),))
    world.due("bao-cao", last_day)


def test_obligations_are_met_once(report: Any) -> None:
    """The first comparison remembers them, the next finds nothing to do."""
    reword(report, "trước ngày 25/10/2022", "24/10")
    first = compare(report, ())
    assert (first.new, first.changes) == ((report.key(),), ())
    assert compare(report, first.remember) == Reconciled((), (), ())


def test_an_amended_phrase_is_one_entry_with_both_dates(build: Any) -> None:
    """The entry names the old and the new date, once for all debtors."""
    world = build(("so-tu-phap", "so-tai-chinh"), ("bao-cao",))
    reword(world, "trước ngày 25/10/2022", "24/10")
    known = compare(world, ()).remember
    reword(world, "trước ngày 15/11/2022", "14/11")
    (change,) = compare(world, known).changes
    assert (change.was_due, change.was_last_day) == ("trước ngày 25/10/2022", world.day("24/10"))
    assert (change.due, change.last_day) == ("trước ngày 15/11/2022", world.day("14/11"))
    assert len(compare(world, known).remember) == 2


def test_other_words_for_the_same_date_amend_nothing(report: Any) -> None:
    """The word "ngày" left out is no amendment; the new words are remembered."""
    reword(report, "trước ngày 25/10/2022", "24/10")
    known = compare(report, ()).remember
    reword(report, "trước 25/10/2022", "24/10")
    found = compare(report, known)
    assert (found.changes, [one.due for one in found.remember]) == ((), ["trước 25/10/2022"])


def test_a_calendar_edit_moves_the_day_and_amends_nothing(report: Any) -> None:
    """The term stays; the new day is remembered."""
    reword(report, "trước ngày 25/10/2022", "24/10")
    known = compare(report, ()).remember
    report.due("bao-cao", "21/10")
    found = compare(report, known)
    assert (found.changes, [one.last_day for one in found.remember]) == ((), [report.day("21/10")])


def test_words_no_longer_understood_count_as_amended(report: Any) -> None:
    """A phrase remembered from other times cannot be said to be the same date."""
    reword(report, "trước ngày 25/10/2022", "24/10")
    (known,) = compare(report, ()).remember
    assert len(compare(report, (replace(known, due="khi nào xong"),)).changes) == 1


def test_means_is_what_is_remembered(report: Any) -> None:
    """Where the phrase needs `nghia-la`, that is what fixes the date."""
    reword(report, "trong quý IV", "24/10", means="trước ngày 25/10/2022")
    assert [one.due for one in compare(report, ()).remember] == ["trước ngày 25/10/2022"]
