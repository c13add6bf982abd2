"""Time enters here: the only module that reads the wall clock.

Instants are aware and kept in UTC; people see Asia/Ho_Chi_Minh (UTC+7, no summer time).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Who is asked for the time at a door; everything below takes `now` as an argument."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that moves only when told to: the demo's, the rehearsal's and the tests'."""

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """Return the instant last moved to."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Move to an aware instant; ValueError if it is naive or earlier than now."""
        if utc(instant) < self._now:
            raise ValueError("a virtual clock does not run backwards")
        self._now = utc(instant)


def utc(instant: datetime) -> datetime:
    """Return an aware instant in UTC; ValueError if it is naive."""
    if instant.tzinfo is None:
        raise ValueError(f"naive instant: {instant.isoformat()}")
    return instant.astimezone(UTC)


def local(instant: datetime) -> datetime:
    """Return an aware instant as Vietnam's clocks show it."""
    return utc(instant).astimezone(VIETNAM)


def local_day(instant: datetime) -> date:
    """Return the calendar day in Vietnam on which the instant falls."""
    return local(instant).date()


def at(day: date, clock: time = time(0, 0)) -> datetime:
    """Return the UTC instant at which Vietnam's clocks show `clock` on `day`."""
    return datetime.combine(day, clock, VIETNAM).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the UTC instant at which `day` ends in Vietnam (Bộ luật Dân sự 2015, Đ.148: 24:00)."""
    return at(day + timedelta(days=1))
