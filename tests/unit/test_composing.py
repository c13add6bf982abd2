"""Candidates become letters: one per agency, tier and sending day, composed once a day, seldom two days running."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain.entries import Muted, Received, Voided
from daemon.domain.ladders import Offset, Step, When
from daemon.domain.words import Channel, Level, Reason, Role, Tier

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

FOCAL, HEAD, LEADERS = (Role.FOCAL,), (Role.HEAD,), (Role.COLLECTOR_HEAD,)


def two(build: Build, first: str, second: str, *steps: Step) -> World:
    """Return So Tư pháp owing the report by one day and the file by another, both told on 21/9."""
    world = build(("so-tu-phap",), ("bao-cao", "ho-so-cham-diem")).known("20/9 10:00")
    world.due("bao-cao", first).due("ho-so-cham-diem", second)
    world.run("21/9", "21/9")
    return world.on_ladder(*steps)


def before(n: int, **changes: Any) -> Step:
    """Return a soft officers' step so many days before."""
    return replace(Step("nhac", Offset(When.BEFORE, n), Level.NOTICE, FOCAL), **changes)


def after(n: int, **changes: Any) -> Step:
    """Return an overdue officers' step so many days after."""
    return replace(Step("qua-han", Offset(When.AFTER, n), Level.OVERDUE, FOCAL), **changes)


def test_one_letter_holds_every_step_of_the_day(build: Build, lines: Lines) -> None:
    """Steps of several obligations make one letter, nearest deadline first, whatever each one's hour."""
    world = two(build, "21/10", "19/10", before(3, at=time(14, 0)), after(1, at=time(8, 30)))
    world.mark("20/10 07:00", "20/10 07:00")
    assert lines(world.step("18/10 08:29")) == []
    (letter,) = world.step("20/10 08:30")
    assert [i.key.obligation.milestone for i in letter.items] == ["ho-so-cham-diem", "bao-cao"]
    assert (letter.level, [i.level for i in letter.items]) == (Level.OVERDUE, [Level.OVERDUE, Level.NOTICE])
    assert (letter.day, letter.send_at) == (world.day("20/10"), world.on("20/10 08:30"))


def test_composed_at_the_first_step_hour(build: Build, lines: Lines) -> None:
    """A day's letter is composed at its first step hour: a single step's own hour is kept."""
    world = two(build, "24/10", "31/12", before(9), before(3, id="nhac-lai", at=time(14, 0)))
    world.run("11/10", "11/10")  # before(9) has left
    assert [bool(world.step(f"19/10 {hour}")) for hour in ("08:30", "13:59", "14:00", "14:01")] == [
        False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("voided_at", "expected"),
    [
        ("19/10 08:00", "19/10 08:30"),
        ("19/10 09:00", "20/10 08:30"),  # after the composition: the next sending day
        ("21/10 10:00", "24/10 08:30"),  # a Friday
        ("24/10 10:00", "24/10 10:00"),  # tomorrow would be too late
        ("24/10 12:00", "24/10 13:30"),
        ("24/10 16:30", "26/10 08:30"),
        ("26/10 10:00", "27/10 08:30"),  # an overdue letter has no last chance to miss
    ],
)
def test_what_arises_later_waits(report: World, voided_at: str, expected: str) -> None:
    """What arises after the day's composition waits for the next sending day unless that would pass due_at."""
    report.known("20/9 10:00").run("21/9", "14/10")
    received = report.record("17/10 10:00", Received("12/BC"), report.key())
    report.record(voided_at, Voided(received.seq, "nhầm"))
    report.mark("25/10 07:00", "25/10 07:00")
    hours = ("08:30", "09:00", "10:00", "11:00", "13:30", "15:00", "16:30")
    moments = [f"{day}/10 {hour}" for day in (17, 18, 19, 20, 21, 24, 25, 26, 27) for hour in hours]
    assert next((now for now in moments if report.step(now)), None) == expected
    if expected == "20/10 08:30":
        assert report.history.composed_at[report.day("19/10")] == report.on("19/10 08:30")


def test_waiting_says_until_when(report: World) -> None:
    """A hold that ends by itself names the instant at which it is looked at again."""
    report.known("20/9 10:00").run("21/9", "14/10")
    report.history = replace(report.history, composed_at={report.day("21/10"): report.on("21/10 08:30")})
    (held,) = [d for d in report.decide("21/10 09:00").decisions if d.key.step == "don-doc"]
    assert (held.reason, held.until) == (Reason.WAITS_NEXT_DAY, report.on("24/10 08:30"))


@pytest.mark.parametrize("accepted", ["19/10 08:31", "20/10 08:29"])
def test_at_most_one_letter_a_day(build: Build, lines: Lines, accepted: str) -> None:
    """A letter dated today, or accepted today, leaves no room for another; even a last chance waits."""
    day = accepted.split("/", maxsplit=1)[0]
    world = two(build, f"{day}/10", "24/10", before(3), Step("han-cuoi", Offset(When.ON), Level.PRESS, FOCAL))
    world.step("19/10 08:30", accept=False)
    world.accept_waiting(accepted)
    world.on_ladder(before(3, id="khac"), Step("lai", Offset(When.ON), Level.PRESS, FOCAL))
    assert lines(world.step(f"{day}/10 08:32")) == []
    reasons = {d.reason for d in world.decide(f"{day}/10 08:32").decisions if d.reason is not Reason.LATER_STEP}
    assert reasons == {Reason.WAITS_NEXT_DAY}


@pytest.mark.parametrize(("in_flight", "expected"), [(False, 1), (True, 0)])
def test_a_last_chance_joins_a_letter_that_only_waits(build: Build, in_flight: bool, expected: int) -> None:
    """What would be lost by waiting takes the place of today's letter if nobody can have it, else there is no room."""
    world = two(build, "24/10", "24/10", Step("han-cuoi", Offset(When.ON), Level.PRESS, FOCAL))
    received = world.record("21/10 10:00", Received("12/BC"), world.key("bao-cao"))
    world.step("24/10 08:30", accept=False)
    world.letters[-1] = replace(world.letters[-1], in_flight=in_flight)
    world.record("24/10 09:00", Voided(received.seq, "nhầm"))
    found = world.decide("24/10 09:15").letters
    assert [(len(x.items), x.replaces) for x in found] == [(2, (world.letters[-1].id,))] * expected


@pytest.mark.parametrize(
    ("step", "as_first", "now", "sent"),
    [
        (after(2), False, "26/10 11:29", True),
        (after(2), False, "26/10 11:30", False),
        (after(2), False, "26/10 13:30", False),
        (after(2), True, "26/10 13:30", True),  # really level 1
        (before(3), False, "19/10 16:29", True),
        (before(3), False, "19/10 16:30", False),
        (before(3), False, "22/10 09:00", False),
    ],
)
def test_levels_3_to_5_leave_in_the_morning(build: Build, step: Step, as_first: bool, now: str, sent: bool) -> None:
    """What is really sent as level 3 or more leaves in the morning hours only; the rest in any."""
    world = build(("so-tu-phap",), ("bao-cao",)).known("20/9 10:00")
    if not as_first:
        world.run("21/9", "21/9")
    world.on_ladder(step).mark("25/10 08:00", "25/10 08:00")
    assert bool(world.step(now)) is sent
    if not sent:
        reason = Reason.WAITS_SENDING_DAY if now.startswith("22") else Reason.WAITS_HOUR
        assert world.reasons(now) == {f"bao-cao {step.id}": reason}


def test_a_hard_step_with_an_afternoon_hour(report: World, lines: Lines) -> None:
    """An hour after which nothing leaves that day makes the letter leave at the next opening, not never."""
    report.known("20/9 10:00").run("21/9", "21/9")
    report.on_ladder(before(3, at=time(17, 0)), after(2, at=time(14, 0))).mark("25/10 08:00", "25/10 08:00")
    assert lines(report.run("19/10", "31/10")) == [
        "20/10 so-tu-phap officers 1: bao-cao nhac",
        "27/10 so-tu-phap officers 3: bao-cao qua-han",
    ]


@pytest.mark.parametrize(
    ("first", "second", "step", "days"),
    [
        ("24/10", "24/10", before(3), ["19/10"]),
        ("24/10", "25/10", before(3), ["19/10", "21/10"]),  # the second working day after 19/10
        ("24/10", "26/10", before(3), ["19/10", "21/10"]),
        ("24/10", "27/10", before(3), ["19/10", "24/10"]),
        ("26/10", "27/10", before(3), ["21/10", "25/10"]),  # a Friday
        ("24/10", "25/10", before(3, useful_for=1), ["19/10", "20/10"]),  # waiting would end its use
        ("24/10", "25/10", before(3, useful_for=2), ["19/10", "21/10"]),
        ("24/10", "25/10", before(1), ["21/10", "25/10"]),  # 25/10, its last day, is still of use
        ("24/10", "25/10", Step("han-cuoi", Offset(When.ON), Level.PRESS, FOCAL), ["24/10", "25/10"]),
        ("24/10", "25/10", after(2), ["26/10", "27/10"]),
    ],
)
def test_gap(build: Build, first: str, second: str, step: Step, days: list[str]) -> None:
    """A step before its deadline waits for the second working day after the last reminder; others do not."""
    world = two(build, first, second, step)
    world.mark("25/10 08:00", "27/10 00:00")
    assert [f"{x.day.day}/{x.day.month}" for x in world.run("17/10", "31/10")] == days


def test_the_gap_names_its_end(build: Build) -> None:
    """A step held by the gap says until when."""
    world = two(build, "24/10", "25/10", before(3))
    world.run("17/10", "19/10")
    (held,) = [d for d in world.decide("20/10 09:00").decisions if d.reason is Reason.GAP]
    assert held.until == world.on("21/10 08:30")


def test_a_letter_that_leaves_anyway_ends_the_gap(build: Build, lines: Lines) -> None:
    """A step waiting for the gap goes with a letter that leaves sooner."""
    world = build(("so-tu-phap",), ("ke-hoach", "bao-cao", "ho-so-cham-diem")).known("20/9 10:00")
    world.due("ke-hoach", "20/10").due("bao-cao", "24/10").due("ho-so-cham-diem", "25/10").run("21/9", "21/9")
    world.on_ladder(before(3), Step("han-cuoi", Offset(When.ON), Level.PRESS, FOCAL))
    assert lines(world.run("19/10", "20/10")) == [
        "19/10 so-tu-phap officers 1: ke-hoach nhac, bao-cao nhac",
        "20/10 so-tu-phap officers 2: ke-hoach han-cuoi, ho-so-cham-diem nhac",
    ]


def test_the_gap_counts_what_may_have_arrived(build: Build, lines: Lines) -> None:
    """A letter in flight counts as had; one that only waits takes the new step in and is replaced."""
    world = two(build, "24/10", "25/10", before(3))
    world.step("19/10 08:30", accept=False)
    waiting = world.letters[-1]
    assert lines(world.decide("20/10 08:30").letters) == [
        "20/10 so-tu-phap officers 1: bao-cao nhac, ho-so-cham-diem nhac"
    ]
    assert world.decide("20/10 08:30").letters[0].replaces == (waiting.id,)
    world.letters[-1] = replace(waiting, in_flight=True)
    assert world.reasons("20/10 08:30") == {"ho-so-cham-diem nhac": Reason.GAP}


def test_the_gap_ends_with_a_letter_that_waits(build: Build, lines: Lines) -> None:
    """Where a letter is waiting to leave anyway, a step held by the gap goes with it; one in flight is not replaced."""
    world = two(build, "24/10", "25/10", before(3))
    world.step("19/10 08:30", accept=False)
    waiting = world.letters[-1]
    elsewhere = replace(waiting, id="thu-khac", items=(), levels={}, live=False, accepted_at=world.on("19/10 15:00"))
    flying = replace(waiting, id="thu-bay", items=(), levels={}, in_flight=True)
    world.letters += [elsewhere, flying]
    (letter,) = world.decide("20/10 08:30").letters
    assert lines([letter]) == ["20/10 so-tu-phap officers 1: bao-cao nhac, ho-so-cham-diem nhac"]
    assert letter.replaces == (waiting.id,)


def test_the_gap_runs_on_the_agencys_calendar(build: Build, lines: Lines) -> None:
    """The second working day is counted on the agency's own calendar."""
    world = build(("so-tu-phap",), ("bao-cao", "ho-so-cham-diem"), own={"off": "20/10"}).known("20/9 10:00")
    world.due("bao-cao", "25/10").due("ho-so-cham-diem", "26/10").run("21/9", "21/9")
    world.on_ladder(before(3))
    assert lines(world.run("17/10", "31/10")) == [
        "19/10 so-tu-phap officers 1: bao-cao nhac",
        "24/10 so-tu-phap officers 1: ho-so-cham-diem nhac",  # comes on 21/10, the first working day after
    ]


def test_the_head_has_no_gap(build: Build, lines: Lines) -> None:
    """The gap binds officers' letters only."""
    world = two(build, "24/10", "25/10", Step("tin", Offset(When.BEFORE, 3), Level.NOTICE, HEAD))
    assert [(x.tier, x.day.day) for x in world.run("17/10", "31/10")] == [(Tier.HEAD, 19), (Tier.HEAD, 20)]


def test_wording_without_a_notice_step(report: World) -> None:
    """A ladder without notice or overdue steps sends its first letter with the step's own words and people."""
    report.known("20/9 10:00").on_ladder(before(3), Step("sau", Offset(When.AFTER, 1), Level.PRESS, (Role.DEPUTY,)))
    (item,) = report.decide("19/10 08:30").letters[0].items
    assert (item.first, item.wording, item.reason) == (True, "nhac", Reason.FIRST_LETTER)
    (letter,) = report.decide("25/10 08:30").letters
    assert (letter.items[0].wording, letter.level) == ("sau", Level.NOTICE)
    assert list(letter.to.values()) == [("so-tu-phap-phu-trach",)]


def test_muting_drops_an_item_from_a_waiting_letter(build: Build, lines: Lines) -> None:
    """When a waiting letter is replaced, an item held meanwhile is left out, without a new decision of its own."""
    world = two(build, "24/10", "25/10", before(3))
    world.step("19/10 08:30", accept=False)
    world.record("19/10 15:00", Muted(world.day("21/10"), "nhầm"), world.key("bao-cao"))
    assert world.reasons("20/10 08:29") == {}
    assert lines(world.decide("20/10 08:30").letters) == ["20/10 so-tu-phap officers 1: ho-so-cham-diem nhac"]
    assert "bao-cao nhac" not in world.reasons("20/10 08:30")


def test_one_mailbox_for_everybody_gets_each_letter_once_and_the_ladder_goes_on(build: Build) -> None:
    """The office mailbox is everybody's: each letter is written to once, and the next step still finds its readers.

    What the focal officer and the deputy have counts as level 3, so that the head is written to after it.
    """
    world = build(("so-tu-phap",), ("bao-cao",))
    agencies = tuple(
        replace(one, people=tuple(replace(p, email="VT@so-tu-phap.example") for p in one.people))
        if one.id == "so-tu-phap"
        else one
        for one in world.rules.register.agencies
    )
    world.rules = replace(world.rules, register=replace(world.rules.register, agencies=agencies))
    for day in ("24/10", "25/10", "26/10", "27/10", "28/10"):
        world.mark(f"{day} 08:00", f"{day} 08:00")
    letters = [letter for letter in world.run("28/3", "28/10") if letter.agency == "so-tu-phap"]
    readers = [(letter.items[0].key.step, letter.to, letter.cc) for letter in letters]
    focal, head = ({Channel.EMAIL: (f"so-tu-phap-{who}",)} for who in ("dau-moi", "thu-truong"))
    assert readers == [
        ("thong-bao", focal, {}),
        ("nhac", focal, {}),
        ("nhac-lai", focal, {}),
        ("don-doc", focal, {}),
        ("han-cuoi", focal, {}),
        ("qua-han", focal, {}),
        ("thu-truong", head, {}),
    ]
