"""Working days, quiet days and sending hours are counted as the civil-service calendar and the law have them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest

from daemon.clock import at, local
from daemon.judgement.calendars import Calendar, NoSuchDay, SendingDays, Window

if TYPE_CHECKING:
    from tests.unit.conftest import Build, World

WINDOWS = (Window(time(8, 30), time(11, 30)), Window(time(13, 30), time(16, 30)))
EMPTY = Calendar("trong", days_off=frozenset(date.fromordinal(n) for n in range(738000, 739000)))


@pytest.fixture
def office(world: World) -> Calendar:
    """The calendar of 2022, with Saturday 15/10 worked and Thursday 20/10 quiet."""
    return world.on_calendar(worked="15/10", quiet="20/10").rules.office


@pytest.mark.parametrize(
    ("day", "working", "quiet"),
    [
        ("24/10", True, False),
        ("22/10", False, False),  # a Saturday
        ("15/10", True, True),  # a Saturday worked by swap counts, but is quiet
        ("20/10", True, True),
        ("2/9", False, False),
    ],
)
def test_kinds_of_days(world: World, office: Calendar, day: str, working: bool, quiet: bool) -> None:
    """A day is off, worked, or worked and quiet."""
    assert (office.is_working(world.day(day)), office.is_quiet(world.day(day))) == (working, quiet)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("24/10", 0, "24/10"),
        ("24/10", 2, "26/10"),
        ("24/10", -1, "21/10"),
        ("24/10", -7, "14/10"),  # 15/10 is worked
        ("22/10", 1, "24/10"),  # strictly after a Saturday
        ("22/10", -1, "21/10"),
        ("31/8", 1, "5/9"),  # over 1-2/9 and a weekend
        ("5/9", -1, "31/8"),
    ],
)
def test_shift(world: World, office: Calendar, day: str, n: int, expected: str) -> None:
    """Working days are counted strictly from the calendar day, off or not."""
    assert office.shift(world.day(day), n) == world.day(expected)


def test_nearest_working_day(world: World, office: Calendar) -> None:
    """From a day off one goes to the next working day or back to the last; a working day is its own."""
    day = world.day
    assert [office.on_or_after(day(d)) for d in ("1/9", "24/10")] == [day("5/9"), day("24/10")]
    assert [office.on_or_before(day(d)) for d in ("4/9", "24/10")] == [day("31/8"), day("24/10")]


@pytest.mark.parametrize(
    ("after", "to", "n"), [("24/10", "24/10", 0), ("24/10", "20/10", 0), ("21/10", "24/10", 1), ("30/8", "6/9", 3)]
)
def test_working_days_between(world: World, office: Calendar, after: str, to: str, n: int) -> None:
    """The first day is left out, the last counted (Bộ luật Dân sự 2015, Đ.147-148)."""
    assert office.working_days(world.day(after), world.day(to)) == n


def test_confirmed_years(office: Calendar) -> None:
    """A year rests on official notices or is an estimate."""


def test_a_calendar_of_days_off_is_named() -> None:
    """A calendar with nothing but days off is an error, not an endless search."""
    with pytest.raises(NoSuchDay, match="within 400 days of 2022-01-01"):
        EMPTY.on_or_after(date(2022, 1, 1))


@pytest.fixture
def days(build: Build) -> SendingDays:
    """So Tư pháp's sending days: it is off on 17/10, the office on 18/10; 20/10 is quiet at the office only."""
    world = build(own={"off": "17/10"}).on_calendar(off="18/10", quiet="20/10", worked="15/10")
    return world.rules.sending_days("so-tu-phap")


@pytest.mark.parametrize(
    ("day", "soft", "hard"),
    [
        ("14/10", True, True),
        ("15/10", False, False),  # worked at the office, not at the agency
        ("17/10", False, False),
        ("18/10", False, False),
        ("19/10", True, True),
        ("20/10", True, False),  # quiet
    ],
)
def test_letters_leave_on_days_working_in_both(
    world: World, days: SendingDays, day: str, soft: bool, hard: bool
) -> None:
    """A letter leaves on a day that works at the office and at the agency; on quiet days only a soft one."""
    assert [days.is_open(world.day(day), soft=s) for s in (True, False)] == [soft, hard]


def test_nearest_sending_days(world: World, days: SendingDays) -> None:
    """Days on which nothing leaves are stepped over in either direction, and not counted."""
    day = world.day
    assert days.first_from(day("15/10"), soft=True) == day("19/10")
    assert days.first_from(day("20/10"), soft=False) == day("21/10")
    assert days.last_until(day("20/10"), soft=False) == day("19/10")
    assert days.last_until(day("18/10"), soft=True) == day("14/10")
    assert [days.nth(day("14/10"), n, soft=False) for n in (1, 2, 3)] == [day("14/10"), day("19/10"), day("21/10")]


@pytest.mark.parametrize(
    ("now", "any_hour", "morning"),
    [
        ("24/10 08:29", "24/10 08:30", "24/10 08:30"),
        ("24/10 08:30", "24/10 08:30", "24/10 08:30"),
        ("24/10 11:29", "24/10 11:29", "24/10 11:29"),
        ("24/10 11:30", "24/10 13:30", "25/10 08:30"),  # half-open
        ("24/10 16:29", "24/10 16:29", "25/10 08:30"),
        ("24/10 16:30", "25/10 08:30", "25/10 08:30"),
        ("21/10 17:00", "24/10 08:30", "24/10 08:30"),
        ("22/10 09:00", "24/10 08:30", "24/10 08:30"),
    ],
)
def test_sending_hours(world: World, now: str, any_hour: str, morning: str) -> None:
    """Letters leave in the windows of a sending day, half-open; levels 3 to 5 in the morning's only."""
    days = SendingDays(world.rules.office, world.rules.office, WINDOWS)
    instant: datetime = world.on(now)
    assert days.next_from(instant, soft=True, morning=False) == world.on(any_hour)
    assert days.next_from(instant, soft=True, morning=True) == world.on(morning)
    assert days.allows(instant, soft=True, morning=False) is (now == any_hour)
    assert days.allows(instant, soft=True, morning=True) is (now == morning)


def test_hours_are_vietnams(world: World) -> None:
    """08:30 in Tây Ninh is 01:30 UTC on the same day."""
    assert at(date(2022, 10, 24), time(8, 30)).hour == 1
    assert local(world.on("24/10 08:30")).time() == time(8, 30)
