"""For each obligation and tier one step is in force, and everything else has a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain.entries import Approved, Exempted, Extended, Received, Voided
from daemon.domain.ladders import Offset, Step, When
from daemon.domain.letters import ItemKey, SentLetter
from daemon.domain.words import Level, Outcome, Reason, Role, Tier
from daemon.judgement.judging import past_by_obligation

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

FOCAL, HEAD, LEADERS = (Role.FOCAL,), (Role.HEAD,), (Role.COLLECTOR_HEAD,)


@pytest.fixture
def known(report: World) -> World:
    """So Tư pháp owing the report, told in September; no mark."""
    report.known("20/9 10:00").run("20/9", "21/9")
    return report


def overdue(world: World, *, to: str) -> World:
    """Let the daemon run, with the mark in time, from the notice through the day `to`."""
    world.mark("25/10 08:00", "25/10 00:00")
    world.run("22/9", to)
    return world


@pytest.mark.parametrize(
    ("now", "reasons"),
    [
        ("3/10 08:29", {}),  # its moment has not come
        ("3/10 08:30", {"bao-cao nhac": Reason.STEP_REACHED}),
        ("4/10 08:30", {"bao-cao nhac": Reason.CATCH_UP}),
        ("13/10 08:30", {"bao-cao nhac": Reason.LATER_STEP, "bao-cao nhac-lai": Reason.STEP_REACHED}),
        (
            "25/10 09:00",
            {
                "bao-cao nhac": Reason.LATER_STEP,
                "bao-cao nhac-lai": Reason.LATER_STEP,
                "bao-cao don-doc": Reason.LATER_STEP,
                "bao-cao han-cuoi": Reason.PAST_DUE,
            },
        ),
    ],
)
def test_the_latest_useful_step_is_in_force(known: World, now: str, reasons: dict[str, Reason]) -> None:
    """The latest step whose moment has come and is still useful is in force; earlier ones are passed over."""
    assert known.reasons(now) == reasons


def test_why_the_first_steps_never_were(report: World) -> None:
    """A step before the first sending day never exists, and of two on one day the lower in the ladder wins."""
    assert report.known("12/10 10:00").reasons("13/10 08:30") == {
        "bao-cao nhac": Reason.BEFORE_FIRST_DAY,
        "bao-cao thong-bao": Reason.SAME_DAY,
        "bao-cao nhac-lai": Reason.FIRST_LETTER,
    }


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ("14/10 09:00", Reason.STEP_REACHED),
        ("17/10 09:00", Reason.CATCH_UP),
        ("18/10 09:00", Reason.NO_LONGER_USEFUL),
        ("25/10 09:00", Reason.PAST_DUE),
    ],
)
def test_use_runs_out_before_or_at_the_deadline(known: World, now: str, reason: Reason) -> None:
    """A step that is of no use any more says so; after the deadline it is past due."""
    known.on_ladder(Step("nhac", Offset(When.BEFORE, 6), Level.NOTICE, FOCAL, useful_for=2))
    assert known.reasons(now) == {"bao-cao nhac": reason}


def test_the_last_overdue_letter_runs_out(known: World) -> None:
    """After five sending days the last step of a tier is of no use; steps for others live on."""
    known.mark("25/10 08:00", "25/10 00:00")
    assert known.reasons("4/11 09:00")["bao-cao qua-han#2"] is Reason.CATCH_UP
    assert known.reasons("7/11 09:00")["bao-cao qua-han#2"] is Reason.NO_LONGER_USEFUL
    assert known.reasons("7/11 09:00")["bao-cao trinh"] is Reason.WAITS_LEVEL_3


def test_a_step_never_passes_over_a_step_for_somebody_else(known: World) -> None:
    """The step of one tier leaves the steps of the others in force."""
    overdue(known, to="26/10")
    found = {d.key.tier: d.key.step for d in known.decide("31/10 08:30").decisions if d.outcome is Outcome.SEND}
    assert found == {Tier.OFFICERS: "qua-han", Tier.HEAD: "thu-truong"}


def test_no_earlier_step_after_a_later_one(known: World, lines: Lines) -> None:
    """When a later edit of the calendar moves a letter already sent, no earlier step comes back to life."""
    known.mark("25/10 08:00", "25/10 00:00")
    assert lines(known.step("31/10 08:30"))[0] == "31/10 so-tu-phap officers 3: bao-cao qua-han#2"
    known.on_calendar("1/11 27/10")  # the second overdue letter would now come on 2/11
    assert [d.outcome for d in known.decide("1/11 09:00").decisions if d.key.step == "qua-han"] == [Outcome.PASS_OVER]


def test_a_letter_sent_early_holds_back_no_later_step(known: World, lines: Lines) -> None:
    """A ladder edited so that a letter already sent lies ahead again does not silence the steps before it."""
    known.run("22/9", "12/10")
    steps = {step.id: step for step in known.rules.ladders["chuan"].steps}
    known.on_ladder(*(steps | {"nhac": replace(steps["nhac"], when=Offset(When.BEFORE, 2))}).values())
    assert lines(known.step("13/10 08:30")) == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]


def test_a_later_term_has_no_first_letter(report: World, lines: Lines) -> None:
    """Where nothing was sent in term 1, the first letter of term 2 is as hard as its step: the notice told them."""
    report.known("20/9 10:00")
    until = report.day("28/10")
    report.record("21/9 08:00", Extended("", report.on("29/10"), until, "CV", "PCT"), report.key())
    assert lines(report.run("25/10", "25/10")) == ["25/10 so-tu-phap officers 2: bao-cao don-doc"]


def test_nothing_weaker_after_something_stronger(known: World, lines: Lines) -> None:
    """Whatever order the file lists its steps in, an earlier one does not come after a later one was sent."""
    soft = Step("nhac", Offset(When.BEFORE, 6), Level.NOTICE, FOCAL, useful_for=9)
    known.on_ladder(Step("don-doc", Offset(When.BEFORE, 3), Level.PRESS, FOCAL), soft)
    assert lines(known.run("19/10", "21/10")) == ["19/10 so-tu-phap officers 2: bao-cao don-doc"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["8/11 so-tu-phap officers 1: bao-cao qua-han", "11/11 so-tu-phap officers 3: bao-cao qua-han#2"]),
        (None, []),
    ],
)
def test_known_after_the_whole_ladder(report: World, lines: Lines, days: int | None, expected: list[str]) -> None:
    """First known after its whole ladder an obligation is passed over, until an approval makes that its first day."""
    report.known("3/11 09:00").mark("3/11 08:00", "3/11 08:00")
    assert report.run("3/11", "4/11") == []
    if days is not None:
        report.record("4/11 17:00", Approved(name="A", title="Trưởng phòng"), report.key())
    assert lines(report.run("5/11", "11/11")) == expected
    if days is None:
        decisions = report.decide("1/12 09:00").decisions
        assert {(d.outcome, d.reason) for d in decisions} == {(Outcome.PASS_OVER, Reason.BEFORE_START)}
        assert {d.key.step for d in decisions} == {step.id for step in report.rules.ladders["chuan"].steps}


@pytest.mark.parametrize(
    ("now", "step"), [("13/10 09:00", "nhac-lai"), ("19/10 09:00", "don-doc"), ("24/10 09:00", "han-cuoi")]
)
def test_a_settled_obligation_says_so_of_each_step(known: World, now: str, step: str) -> None:
    """Each step that comes after the record is settled says settled, and no later step takes that back."""
    known.run("22/9", "11/10")
    known.record("12/10 10:00", Received("12/BC"), known.key())
    assert known.reasons(now) == {f"bao-cao {step}": Reason.SETTLED}


def test_exempt_and_closed(known: World) -> None:
    """An exempt obligation and one whose plan has ended say so."""
    known.record("20/10 10:00", Exempted("QĐ 5", "PCT"), known.key())
    assert known.reasons("24/10 09:00") == {"bao-cao han-cuoi": Reason.EXEMPT}
    known.entries.clear()
    known.rules = replace(known.rules, plans=(replace(known.rules.plans[0], ends=known.day("2/11")),))
    assert Reason.CLOSED not in known.reasons("2/11 09:00").values()
    assert known.reasons("3/11 09:00") == {
        f"bao-cao {step}": Reason.CLOSED for step in ("qua-han#2", "thu-truong", "trinh")
    }


def test_a_slip_taken_back_opens_the_ladder_again(known: World, lines: Lines) -> None:
    """When the receipt that settled is voided, the latest useful step goes the next sending day."""
    known.run("22/9", "11/10")
    received = known.record("12/10 10:00", Received("12/BC"), known.key())
    known.record("20/10 10:00", Voided(received.seq, "nhầm cơ quan"))
    assert lines(known.run("12/10", "24/10")) == [
        "21/10 so-tu-phap officers 2: bao-cao don-doc",
        "24/10 so-tu-phap officers 2: bao-cao han-cuoi",
    ]


def letter(world: World, step: str, level: Level = Level.OVERDUE, **changes: Any) -> SentLetter:
    """Return a letter past that held one step."""
    key = ItemKey(world.key(), 1, step, 1, Tier.OFFICERS)
    made = SentLetter("thu", "so-tu-phap", Tier.OFFICERS, world.day("26/10"), level, (key,), {key: level}, live=True)
    return replace(made, **changes)


def test_what_letters_past_mean(known: World) -> None:
    """A waiting letter may be replaced; one in flight, accepted or refused holds its steps for good."""
    accepted: dict[str, Any] = {"live": False, "accepted_at": known.on("26/10 08:31")}
    cases = {
        "waits": (letter(known, "a"), (0, 1, False, {})),
        "in flight": (letter(known, "a", in_flight=True), (1, 0, True, {})),
        "accepted": (letter(known, "a", **accepted), (1, 0, True, {1: known.day("26/10")})),
        "accepted softly": (letter(known, "a", Level.NOTICE, **accepted), (1, 0, True, {})),
        "refused": (letter(known, "a", live=False), (1, 0, False, {})),
    }
    for name, (sent, expected) in cases.items():
        past = past_by_obligation([sent])[known.key()]
        assert (len(past.used), len(past.waiting), past.reached, past.level_3_on) == expected, name
    later = letter(known, "b", live=False, accepted_at=known.on("26/10 08:31") + timedelta(days=5))
    both = [later, letter(known, "a", **accepted)]
    for letters in (both, both[::-1]):
        assert past_by_obligation(letters)[known.key()].level_3_on == {1: known.day("26/10")}


def test_after_a_refused_first_letter_the_next_is_the_first(report: World, lines: Lines) -> None:
    """A first letter that reached nobody leaves the next one the first; the refused step is not tried again."""
    report.known("20/9 10:00").step("21/9 08:30", accept=False)
    report.letters = [replace(sent, live=False) for sent in report.letters]
    assert lines(report.run("22/9", "3/10")) == ["3/10 so-tu-phap officers 1: bao-cao nhac as thong-bao"]


def test_letters_to_others_are_not_first_letters(build: Build) -> None:
    """A ladder's very first letter keeps its own text and level where it goes to another tier."""
    world = build(("so-tu-phap",), ("bao-cao",)).known("20/9 10:00")
    world.on_ladder(Step("tin", Offset(When.BEFORE, 3), Level.PRESS, HEAD))
    (found,) = world.step("19/10 08:30")
    assert (found.tier, found.level, found.items[0].first) == (Tier.HEAD, Level.PRESS, False)
