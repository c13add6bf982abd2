"""Level 3 waits for the mark one working day; levels 4 and 5 wait for the mark and for level 3 as long as it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Extended
from daemon.domain.words import Level, Reason

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World


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
    ("recorded_at", "complete_to", "first_overdue"),
    [
        ("25/10 09:00", "25/10 08:00", "26/10 so-tu-phap officers 3: bao-cao qua-han"),
        ("25/10 09:00", "25/10 00:00", "26/10 so-tu-phap officers 3: bao-cao qua-han"),
        ("25/10 09:00", "24/10 17:00", "27/10 so-tu-phap officers 3: bao-cao qua-han crossed"),
        ("26/10 10:00", "26/10 08:00", "27/10 so-tu-phap officers 3: bao-cao qua-han"),  # after that day's composition
    ],
)
def test_marks(known: World, lines: Lines, recorded_at: str, complete_to: str, first_overdue: str) -> None:
    """08:00 of 25/10 covers 24/10, 17:00 of 24/10 does not; level 3 waits one working day, then goes crossed."""
    known.mark(recorded_at, complete_to)
    assert lines(known.run("25/10", "27/10")) == [first_overdue]


def test_a_mark_is_the_collectors_own(known: World, lines: Lines) -> None:
    """The mark of another collector covers nothing, and an earlier time said later takes nothing back."""
    known.mark("25/10 09:00", "25/10 08:00")
    known.mark("26/10 07:00", "20/10 08:00")
    assert known.decide("26/10 08:30").letters
    plan = replace(known.rules.plans[0], collector="vp-ubnd")
    known.rules = replace(known.rules, plans=(plan,))
    assert known.reasons("26/10 08:30")["bao-cao qua-han"] is Reason.WAITS_MARK


def test_waiting_for_a_mark_over_a_weekend(report: World, lines: Lines) -> None:
    """The one working day of waiting does not count a weekend."""
    report.due("bao-cao", "19/10").known("20/9 10:00")
    assert lines(report.run("20/10", "25/10")) == [
        "24/10 so-tu-phap officers 1: bao-cao qua-han crossed"  # missed on Friday 21/10; nothing had left before
    ]


def test_levels_4_and_5_wait_for_the_mark(known: World, lines: Lines) -> None:
    """Without a mark level 3 goes crossed, levels 4 and 5 wait; with it they go the next morning."""
    known.mark("3/11 15:00", "3/11 14:00")
    assert lines(known.run("25/10", "2/11")) == [
        "27/10 so-tu-phap officers 3: bao-cao qua-han crossed",
        "1/11 so-tu-phap officers 3: bao-cao qua-han#2 crossed",
    ]
    reasons = known.reasons("3/11 09:00")
    assert {step: reasons[f"bao-cao {step}"] for step in ("thu-truong", "trinh")} == {
        "thu-truong": Reason.WAITS_MARK, "trinh": Reason.WAITS_MARK,
    }  # fmt: skip
    assert lines(known.run("3/11", "4/11")) == [
        "4/11 so-tu-phap head 4: bao-cao thu-truong",
        "4/11 so-noi-vu collector 5: bao-cao trinh",
    ]


@pytest.mark.parametrize(
    ("accepted_on", "now", "reason"),
    [
        ("27/10", "28/10 08:30", Reason.STEP_REACHED),
        ("28/10", "28/10 08:31", Reason.WAITS_LEVEL_3),
        ("28/10", "31/10 08:30", Reason.CATCH_UP),  # Friday, then Monday
        (None, "31/10 08:30", Reason.WAITS_LEVEL_3),
    ],
)
def test_level_4_needs_level_3(known: World, accepted_on: str | None, now: str, reason: Reason) -> None:
    """Level 4 needs a level-3 letter accepted at least one working day before."""
    overdue(known, to="25/10")
    if accepted_on is not None:
        known.run(accepted_on, accepted_on)
    assert known.reasons(now)["bao-cao thu-truong"] is reason


def test_a_first_letter_gives_no_credit(report: World, lines: Lines) -> None:
    """An overdue letter that is the first on its obligation counts level 1: the head hears a day after the second."""
    report.known("25/10 10:00").mark("25/10 11:00", "25/10 08:00")
    assert lines(report.run("25/10", "30/11")) == [
        "27/10 so-tu-phap officers 1: bao-cao qua-han",
        "1/11 so-tu-phap officers 3: bao-cao qua-han#2",
        "2/11 so-tu-phap head 4: bao-cao thu-truong",
        "3/11 so-noi-vu collector 5: bao-cao trinh",
    ]


def test_a_later_term_needs_its_own_level_3(known: World) -> None:
    """A level-3 letter of an earlier term gives no credit in a later one, where no letter is a first letter."""
    overdue(known, to="26/10")
    known.record("27/10 10:00", Extended("", known.on("29/10"), known.day("28/10"), "CV", "PCT"), known.key())
    known.mark("31/10 08:00", "31/10 08:00")
    assert known.reasons("3/11 08:30")["bao-cao thu-truong"] is Reason.WAITS_LEVEL_3
    (letter,) = known.step("3/11 08:30")
    assert (letter.level, letter.items[0].first, letter.items[0].key.term) == (Level.OVERDUE, False, 2)


def test_the_day_of_waiting_is_a_whole_one(known: World) -> None:
    """On the very day of the composition it missed an overdue letter goes on waiting for the mark."""
    known.step("26/10 08:30")
    assert known.reasons("26/10 11:00")["bao-cao qua-han"] is Reason.WAITS_MARK
    assert known.reasons("27/10 08:30")["bao-cao qua-han"] is Reason.CROSSED


def test_only_a_composition_that_could_be_is_missed(known: World, lines: Lines) -> None:
    """Looked at in the afternoon only, level 3 has missed nothing yet: its day of waiting begins next morning."""
    known.step("26/10 14:00")
    assert (known.reasons("26/10 14:00")["bao-cao qua-han"], dict(known.history.missed_at)) == (Reason.WAITS_HOUR, {})
    assert lines(known.run("27/10", "28/10")) == ["28/10 so-tu-phap officers 3: bao-cao qua-han crossed"]


def test_a_crossed_letter_leaves_in_the_morning_too(known: World) -> None:
    """A letter whose day of waiting is over says so until the hours in which it may leave."""
    known.step("26/10 08:30")
    assert known.reasons("27/10 14:00")["bao-cao qua-han"] is Reason.WAITS_MARK
    assert known.reasons("28/10 08:30")["bao-cao qua-han"] is Reason.CROSSED


def test_the_working_day_after_level_3_is_the_agencys(build: Build, lines: Lines) -> None:
    """Leaders hear of an agency one working day of its own after the overdue letter, not while it is off."""
    world = build(("so-tu-phap",), ("ho-so-cham-diem",), own={"off": "1/11"}).known("20/9 10:00")
    world.mark("25/10 08:00", "25/10 08:00")
    world.run("20/9", "24/10")
    assert lines(world.run("31/10", "2/11")) == [
        "31/10 so-tu-phap officers 3: ho-so-cham-diem qua-han#2",
        "2/11 so-tu-phap head 4: ho-so-cham-diem thu-truong",
        "2/11 so-noi-vu collector 5: ho-so-cham-diem trinh",
    ]
