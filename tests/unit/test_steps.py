"""Each step comes on the day its offset, the calendars and the term give it, and is of use as long as said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import TYPE_CHECKING, Any

import pytest

from daemon.clock import local
from daemon.domain.entries import Approved, Extended, Received, Returned
from daemon.domain.ladders import Offset, Step, When
from daemon.domain.words import Level, Reason, Return, Role, Tier, Unit
from daemon.judgement.steps import Planned, ladder_has_passed, planned_steps

if TYPE_CHECKING:
    from tests.unit.conftest import Build, World

FOCAL = (Role.FOCAL,)


def step(when: When, n: int = 0, level: Level = Level.PRESS, unit: Unit = Unit.WORKING_DAY, **changes: Any) -> Step:
    """Return an officers' step."""
    return replace(Step("lan", Offset(when, n, unit), level, FOCAL), **changes)


def planned(world: World, *, first_letter: bool = False, now: str | None = None) -> dict[str, Planned]:
    """Return So Tư pháp's steps for the report, by step id ("#n": the n-th occurrence)."""
    standing = world.standing(now=now)
    rules = world.rules
    found = planned_steps(
        standing,
        rules.plan(standing.key),
        rules.ladder(standing.key),
        rules.sending_days("so-tu-phap"),
        first_letter=first_letter,
    )
    return {p.step.id if p.key.occurrence == 1 else f"{p.step.id}#{p.key.occurrence}": p for p in found}


def day(date_: date) -> str:
    """Return a day as people write it."""
    return f"{date_.day}/{date_.month}"


def shown(p: Planned) -> str | Reason:
    """Return the day of a step, or why it never comes."""
    return p.never or day(p.day)


@pytest.mark.parametrize(
    ("when", "n", "unit", "last_day", "expected"),
    [
        (When.BEFORE, 3, Unit.WORKING_DAY, "24/10", "19/10"),
        (When.BEFORE, 3, Unit.WORKING_DAY, "23/10", "19/10"),  # a Sunday: strictly from it
        (When.BEFORE, 10, Unit.DAY, "24/10", "14/10"),
        (When.BEFORE, 10, Unit.DAY, "25/10", "14/10"),  # 15/10 is a Saturday: back
        (When.ON, 0, Unit.WORKING_DAY, "24/10", "24/10"),
        (When.ON, 0, Unit.WORKING_DAY, "23/10", "21/10"),
        (When.AFTER, 2, Unit.WORKING_DAY, "24/10", "26/10"),
        (When.AFTER, 2, Unit.WORKING_DAY, "22/10", "25/10"),
        (When.AFTER, 5, Unit.DAY, "24/10", "31/10"),  # 29/10 is a Saturday: forward
        (When.AFTER, 4, Unit.DAY, "24/10", "28/10"),
    ],
)
def test_offsets(report: World, when: When, n: int, unit: Unit, last_day: str, expected: str) -> None:
    """Offsets count from the last day, strictly; before the deadline a day off moves a step back, after it forward."""
    report.on_ladder(step(when, n, unit=unit)).due("bao-cao", last_day)
    assert shown(planned(report)["lan"]) == expected


@pytest.mark.parametrize(
    ("when", "n", "level", "last_day", "expected", "as_first"),
    [
        (When.BEFORE, 3, Level.NOTICE, "26/10", "22/10", "22/10"),  # a worked Saturday: a soft one leaves
        (When.BEFORE, 3, Level.PRESS, "26/10", "21/10", "22/10"),  # back; the first letter is really level 1
        (When.ON, 0, Level.PRESS, "22/10", "22/10", "22/10"),
        (When.AFTER, 2, Level.OVERDUE, "20/10", "24/10", "22/10"),  # forward
        (When.BEFORE, 3, Level.PRESS, "14/10", "10/10", "11/10"),  # 11/10 is quiet
        (When.AFTER, 1, Level.OVERDUE, "10/10", "12/10", "11/10"),
        (When.ON, 0, Level.PRESS, "11/10", "11/10", "11/10"),
    ],
)
def test_quiet_days_and_worked_saturdays(
    report: World, when: When, n: int, level: Level, last_day: str, expected: str, as_first: str
) -> None:
    """On them only level 1, as it would really be sent, and đúng ngày leave; other steps move as from days off."""
    report.on_ladder(step(when, n, level)).on_calendar(worked="22/10", quiet="11/10").due("bao-cao", last_day)
    assert shown(planned(report)["lan"]) == expected
    assert shown(planned(report, first_letter=True)["lan"]) == as_first


def test_only_officers_have_a_first_letter(report: World) -> None:
    """A step for the head is as hard on a quiet day whether or not anything was sent before."""
    report.on_ladder(step(When.AFTER, 2, to=(Role.HEAD,))).on_calendar(quiet="26/10")
    assert [shown(planned(report, first_letter=first)["lan"]) for first in (True, False)] == ["27/10", "27/10"]


@pytest.mark.parametrize(
    ("off_own", "off_office", "expected"),
    [
        ("", "20/10", {"don-doc": "19/10", "qua-han": "26/10"}),  # the agency works on 20/10
        ("20/10", "", {"don-doc": "18/10", "qua-han": "26/10"}),
        ("20/10", "18/10", {"don-doc": "17/10", "qua-han": "26/10"}),  # counted to 18/10, leaves the day before
        ("", "26/10 27/10", {"don-doc": "19/10", "qua-han": "28/10"}),
        ("25/10", "27/10", {"don-doc": "19/10", "qua-han": "28/10"}),
        ("", "24/10", {"han-cuoi": "21/10"}),
    ],
)
def test_own_calendar(build: Build, off_own: str, off_office: str, expected: dict[str, str]) -> None:
    """With an own calendar steps count on it and letters leave on days working in both."""
    world = build(("so-tu-phap",), ("bao-cao",), own={"off": off_own}).on_calendar(off=off_office)
    assert {id_: shown(planned(world)[id_]) for id_ in expected} == expected


@pytest.mark.parametrize(
    ("clock", "hour", "expected"),
    [
        ("08:00", time(8, 30), "21/10"),
        ("08:30", time(8, 30), "21/10"),  # at due_at is too late
        ("08:31", time(8, 30), "24/10"),
        ("08:00", time(7, 0), "21/10"),  # comes at 07:00, but nothing leaves before 08:30
        ("13:30", time(12, 0), "21/10"),
        ("14:00", time(12, 0), "24/10"),
        ("", time(8, 30), "24/10"),
    ],
)
def test_a_last_day_letter_that_could_only_go_too_late(report: World, clock: str, hour: time, expected: str) -> None:
    """A đúng ngày step that could only go at or after due_at goes the working day before."""
    report.on_ladder(step(When.ON, at=hour)).due("bao-cao", "24/10", clock)
    assert shown(planned(report)["lan"]) == expected


def test_repeats_count_from_the_planned_first(report: World) -> None:
    """Occurrences follow the first every so many working days, `toi-da` in all."""
    report.on_ladder(step(When.AFTER, 2, Level.OVERDUE, every=3, at_most=3))
    assert [shown(p) for p in planned(report).values()] == ["26/10", "31/10", "3/11"]


@pytest.mark.parametrize(
    ("known", "changes", "expected"),
    [
        ("25/3 17:00", {}, "28/3"),  # 25/3 is a Friday
        ("24/3 09:00", {}, "28/3"),  # known before it was issued
        ("31/3 09:00", {}, "1/4"),
        ("25/3 17:00", {"published": date(2022, 3, 30)}, "31/3"),
        ("25/3 17:00", {"issued": date(2022, 4, 8)}, "12/4"),  # over 11/4
    ],
)
def test_notice_at_issue(build: Build, known: str, changes: dict[str, date], expected: str) -> None:
    """`khi phát hành` is the first sending day after issue, publication and first knowledge, whichever is last."""
    world = build(("so-tu-phap",), ("bao-cao",), **changes).known(known)
    assert shown(planned(world)["thong-bao"]) == expected


@pytest.mark.parametrize(("opens_on", "expected"), [("1/8", "1/8"), ("30/7", "1/8"), ("1/9", "5/9")])
def test_notice_of_a_window(report: World, opens_on: str, expected: str) -> None:
    """For a recurring period or a window the notice goes on the opening day, and nothing before it."""
    steps = planned(report.due("bao-cao", "15/9", opens_on=opens_on))
    assert shown(steps["thong-bao"]) == expected
    early = [p for p in steps.values() if p.day < steps["thong-bao"].day]
    assert {p.never for p in early} <= {Reason.BEFORE_FIRST_DAY}


def test_steps_before_the_first_sending_day_never_exist(report: World) -> None:
    """What lies before the first sending day never comes; on one day the lower in the ladder wins."""
    steps = planned(report.known("12/10 10:00"))  # the day of nhac-lai is the first sending day
    assert [shown(steps[i]) for i in ("nhac", "thong-bao", "nhac-lai", "don-doc")] == [
        Reason.BEFORE_FIRST_DAY, Reason.SAME_DAY, "13/10", "19/10",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("20/10 10:00", ["26/10", "31/10", "28/10", "2/11"]),
        ("25/10 10:00", ["27/10", "1/11", "31/10", "3/11"]),
        ("29/10 10:00", ["1/11", "4/11", "3/11", "8/11"]),  # a Saturday
    ],
)
def test_steps_after_the_deadline_count_from_first_known(report: World, known: str, expected: list[str]) -> None:
    """Steps after the deadline count from the last day or from first knowledge, whichever is later."""
    steps = planned(report.known(known))
    assert [shown(steps[i]) for i in ("qua-han", "qua-han#2", "thu-truong", "trinh")] == expected


def test_a_later_term_starts_when_recorded(report: World) -> None:
    """A later term has no notice at issue, and no step before the sending day after it was recorded."""
    until = report.day("4/11")
    report.record("26/10 15:00", Extended("", report.on("5/11"), until, "CV 1", "PCT"), report.key())
    steps = planned(report)
    assert {i: shown(p) for i, p in steps.items()} == {
        "nhac": Reason.BEFORE_FIRST_DAY,  # 14/10
        "nhac-lai": Reason.BEFORE_FIRST_DAY,  # 26/10, the day it was recorded
        "don-doc": "1/11",
        "han-cuoi": "4/11",
        "qua-han": "8/11",
        "qua-han#2": "11/11",
        "thu-truong": "10/11",
        "trinh": "15/11",
    }
    assert {p.key.term for p in steps.values()} == {2}


@pytest.mark.parametrize(
    ("id_", "ends"),
    [
        ("thong-bao", "3/10 00:00"),  # until the next step of the tier
        ("nhac-lai", "19/10 00:00"),
        ("han-cuoi", "25/10 00:00"),  # never at or after due_at
        ("qua-han", "31/10 00:00"),  # until the next occurrence, whatever other tiers do
        ("qua-han#2", "5/11 00:00"),  # the tier's last: 5 sending days, its own (31/10) the first
        ("thu-truong", None),  # levels 4 and 5: until settled
        ("trinh", None),
    ],
)
def test_usefulness_by_default(report: World, id_: str, ends: str | None) -> None:
    """A step is of use until the next of its tier; the last one 5 working days; levels 4 and 5 until settled."""
    assert planned(report)[id_].ends_at == (report.on(ends) if ends else None)


@pytest.mark.parametrize(
    ("useful_for", "level", "office", "ends"),
    [
        (1, Level.NOTICE, {}, "15/10 00:00"),  # its own day, Friday 14/10
        (2, Level.NOTICE, {}, "18/10 00:00"),  # and Monday
        (2, Level.NOTICE, {"off": "17/10"}, "19/10 00:00"),  # only days on which letters leave are counted
        (2, Level.PRESS, {"quiet": "17/10"}, "19/10 00:00"),
        (2, Level.NOTICE, {"quiet": "17/10"}, "18/10 00:00"),
        (99, Level.NOTICE, {}, "25/10 00:00"),  # never at or after due_at
        (99, Level.HEAD, {}, "25/10 00:00"),
        (None, Level.HEAD, {}, "25/10 00:00"),
    ],
)
def test_usefulness_as_said(
    build: Build, useful_for: int | None, level: Level, office: dict[str, str], ends: str
) -> None:
    """`useful_for` counts sending days, the step's own the first, and never reaches past due_at before it."""
    world = build(("so-tu-phap",), ("bao-cao",), own={}).on_calendar(**office)
    lan = planned(world.on_ladder(step(When.BEFORE, 6, level, useful_for=useful_for)))["lan"]
    assert (day(lan.day), lan.ends_at) == ("14/10", world.on(ends))


def test_usefulness_is_half_open(report: World) -> None:
    """At the instant its usefulness ends a step is of no use any more."""
    lan = planned(report)["han-cuoi"]
    assert [lan.is_useful(report.on(t)) for t in ("24/10 23:59", "25/10 00:00")] == [True, False]


def test_moments_tiers_and_hours(report: World) -> None:
    """A step comes at its own hour or the ladder's; occurrences are listed by tier, then by day."""
    own_hour = replace(report.rules.ladders["chuan"].steps[1], at=time(14, 0))
    report.on_ladder(*report.rules.ladders["chuan"].steps[:1], own_hour, *report.rules.ladders["chuan"].steps[2:])
    steps = planned(report)
    assert (steps["nhac"].hour, steps["nhac-lai"].hour) == (time(14, 0), time(8, 30))
    assert local(steps["nhac"].moment).hour == 14
    assert [p.key.tier for p in steps.values()] == [Tier.OFFICERS] * 7 + [Tier.HEAD, Tier.COLLECTOR]
    assert [p.day for p in steps.values()][:7] == sorted(p.day for p in steps.values() if p.key.tier is Tier.OFFICERS)


@pytest.mark.parametrize(
    ("known", "hour", "passed"),
    [
        ("2/11 08:30", time(8, 30), False),  # the last step, trinh, comes at this very moment
        ("2/11 08:31", time(8, 30), True),
        ("2/11 07:30", time(6, 0), True),
        ("20/9 10:00", time(6, 0), False),
    ],
)
def test_known_after_the_whole_ladder(report: World, known: str, hour: time, passed: bool) -> None:
    """The whole ladder, counted from the last day alone, has or has not passed before the obligation was known."""
    world = report.known(known).on_ladder(at=hour)
    days = world.rules.sending_days("so-tu-phap")
    assert ladder_has_passed(world.standing(), world.rules.ladder(world.key()), days) is passed


def test_an_approved_or_later_start_has_not_passed(report: World) -> None:
    """Approval of a late start, or a later term, starts the ladder all the same."""
    report.known("2/12 08:00").record("5/12 10:00", Approved(name="A", title="Trưởng phòng"), report.key())
    ladder, days = report.rules.ladder(report.key()), report.rules.sending_days("so-tu-phap")
    assert not ladder_has_passed(report.standing(), ladder, days)
    assert shown(planned(report)["qua-han"]) == "7/12"
    report.entries.clear()
    assert ladder_has_passed(report.standing(), ladder, days)
    report.record("5/12 10:00", Received("12/BC"), report.key())
    report.record("5/12 11:00", Returned(Return.INVALID, "thiếu chữ ký"), report.key())
    assert not ladder_has_passed(report.standing(), ladder, days)


def test_a_ladder_of_a_notice_alone_never_passes(report: World) -> None:
    """A ladder without any step counted from the last day cannot have passed."""
    world = report.known("2/12 08:00").on_ladder(report.rules.ladders["chuan"].steps[0])
    days = world.rules.sending_days("so-tu-phap")
    assert not ladder_has_passed(world.standing(), world.rules.ladder(world.key()), days)
