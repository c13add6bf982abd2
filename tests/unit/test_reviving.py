"""A letter nobody got goes again only while somebody is to be chased for something in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.domain.entries import Exempted, Extended, Muted, Received
from daemon.domain.letters import Letter
from daemon.domain.words import LetterKind, Reason
from daemon.judgement.judging import Judge
from daemon.judgement.reviving import no_longer_wanted, useful_until


def asked(world: Any, letter: Letter, now: str) -> tuple[Reason | None, Any]:
    """Why it is not wanted at an instant, and until when it is of use."""
    instant = world.on(now)
    by = (letter, world.snapshot(instant).standings, Judge(world.rules), instant)
    return no_longer_wanted(*by), useful_until(*by)


@pytest.fixture
def nhac(report: Any) -> tuple[Any, Letter]:
    """The world and its letter nhac of 3/10, after thong-bao."""
    report.run("28/3", "30/9")
    (letter,) = report.decide("3/10 08:30").letters
    return report, letter


def test_it_goes_again_while_its_step_is_of_use(nhac: tuple[Any, Letter]) -> None:
    """Until the next step comes, and not longer."""
    world, letter = nhac
    assert asked(world, letter, "5/10 09:00") == (None, letter.useful_until)
    assert asked(world, letter, "20/10 09:00") == (Reason.NO_LONGER_USEFUL, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (Received("12/BC"), Reason.SETTLED),
        (Exempted("CV 1", "PCT"), Reason.EXEMPT),
        (Muted(until=None, reason="hẹn"), Reason.MUTED),  # type: ignore[arg-type]  # - the day is set below
    ],
)
def test_what_is_answered_excused_or_silent_does_not_go(nhac: tuple[Any, Letter], body: Any, reason: Reason) -> None:
    """The record says why."""
    world, letter = nhac
    if isinstance(body, Muted):
        body = replace(body, until=world.day("10/10"))
    world.record("4/10 09:00", body, world.key())
    assert asked(world, letter, "5/10 09:00") == (reason, None)


def test_a_new_date_or_a_plan_that_is_gone_is_another_letter_s_matter(nhac: tuple[Any, Letter]) -> None:
    """Its term is over; or the files no longer hold what it speaks of."""
    world, letter = nhac
    lost = replace(letter, items=(replace(letter.items[0], key=letter.items[0].key._replace(
        obligation=world.key("khong-con"))),))  # fmt: skip
    assert asked(world, lost, "5/10 09:00") == (Reason.CLOSED, None)
    deadline = letter.items[0].deadline
    world.record("4/10 09:00", Extended("31/10", deadline.due_at, deadline.last_day, "CV 1", "PCT"), world.key())
    assert asked(world, letter, "5/10 09:00") == (Reason.NEW_TERM, None)


def test_one_open_item_is_enough(build: Any) -> None:
    """Of two, one is answered: the letter goes again for the other, as long as that is of use."""
    world = build(("so-tu-phap",), ("bao-cao", "ho-so-cham-diem"))
    world.run("28/3", "30/9")
    (letter,) = world.decide("3/10 08:30").letters
    world.record("4/10 09:00", Received("12/BC"), world.key("bao-cao"))
    assert asked(world, letter, "5/10 09:00") == (None, letter.useful_until)


def test_what_is_of_use_until_it_is_settled_has_no_end(report: Any) -> None:
    """A letter to the head waits as long as the document is owed."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "27/10")
    (letter,) = report.decide("28/10 08:30").letters
    assert asked(report, letter, "15/11 09:00") == (None, None)


def test_what_is_no_reminder_is_judged_when_it_leaves(nhac: tuple[Any, Letter]) -> None:
    """A receipt, a notice or a note has no step that could pass."""
    world, letter = nhac
    assert asked(world, replace(letter, kind=LetterKind.RECEIPT, items=()), "20/12 09:00") == (None, None)
