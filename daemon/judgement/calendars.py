"""Working days, quiet days and sending hours.

The civil-service calendar of `config/calendar.yaml` is the authority; weekends are off unless worked by swap.
Periods count as Bộ luật Dân sự 2015, Đ.147-148 has them: the first day is excluded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from daemon.clock import at, local, local_day

ONE_DAY = timedelta(days=1)
FURTHEST = 400  # days looked through before a calendar is called empty


class NoSuchDay(ValueError):
    """No day of the kind asked for lies within reach: the calendar has nothing but days off."""


def _seek(day: date, by: timedelta, good: Callable[[date], bool]) -> date:
    for n in range(FURTHEST):
        if good(day + by * n):
            return day + by * n
    raise NoSuchDay(f"no such day within {FURTHEST} days of {day.isoformat()}")


@dataclass(frozen=True)
class Calendar:
    """One office's calendar. Sets hold calendar days; `confirmed` holds the years with official notices."""

    id: str
    days_off: frozenset[date] = frozenset()  # weekdays off
    worked: frozenset[date] = frozenset()  # days of a weekend worked by swap
    quiet: frozenset[date] = frozenset()  # ngày yên lặng, around Tết
    confirmed: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Say whether the office works on `day`."""
        return day in self.worked or (day.weekday() < 5 and day not in self.days_off)

    def is_quiet(self, day: date) -> bool:
        """Say whether only soft letters leave on `day`: a quiet stretch, or a weekend day worked by swap."""
        return day in self.quiet or day in self.worked

    def shift(self, day: date, n: int) -> date:
        """Return the n-th working day strictly after `day` (before it for a negative n; `day` itself for 0)."""
        by = ONE_DAY if n > 0 else -ONE_DAY
        for _ in range(abs(n)):
            day = _seek(day + by, by, self.is_working)
        return day

    def on_or_after(self, day: date) -> date:
        """Return the first working day not before `day`."""
        return _seek(day, ONE_DAY, self.is_working)

    def on_or_before(self, day: date) -> date:
        """Return the last working day not after `day`."""
        return _seek(day, -ONE_DAY, self.is_working)

    def working_days(self, after: date, to: date) -> int:
        """Count the working days in (`after`, `to`]; 0 when `to` is not later."""
        span = (to - after).days
        return sum(self.is_working(after + timedelta(days=n)) for n in range(1, span + 1))


@dataclass(frozen=True)
class Window:
    """Hours of a day in which letters may leave, half-open: [opens, closes)."""

    opens: time
    closes: time


@dataclass(frozen=True)
class SendingDays:
    """When letters to one agency may leave: days working both at the office and at the agency, in set hours.

    `windows` are in order; the first is the morning, the only one in which levels 3 to 5 leave.
    """

    office: Calendar
    own: Calendar
    windows: tuple[Window, ...]

    def is_open(self, day: date, *, soft: bool) -> bool:
        """Say whether letters leave on `day`; only `soft` ones do on quiet days and worked Saturdays."""
        both = self.office.is_working(day) and self.own.is_working(day)
        return both and (soft or not (self.office.is_quiet(day) or self.own.is_quiet(day)))

    def first_from(self, day: date, *, soft: bool) -> date:
        """Return the first sending day not before `day`."""
        return _seek(day, ONE_DAY, lambda d: self.is_open(d, soft=soft))

    def last_until(self, day: date, *, soft: bool) -> date:
        """Return the last sending day not after `day`."""
        return _seek(day, -ONE_DAY, lambda d: self.is_open(d, soft=soft))

    def nth(self, first: date, n: int, *, soft: bool) -> date:
        """Return the n-th sending day, the first of them being the first not before `first`."""
        day = self.first_from(first, soft=soft)
        for _ in range(n - 1):
            day = self.first_from(day + ONE_DAY, soft=soft)
        return day

    def allows(self, now: datetime, *, soft: bool, morning: bool) -> bool:
        """Say whether a letter may leave at the instant `now`."""
        windows = self.windows[:1] if morning else self.windows
        clock = local(now).time()
        return self.is_open(local_day(now), soft=soft) and any(w.opens <= clock < w.closes for w in windows)

    def next_from(self, now: datetime, *, soft: bool, morning: bool) -> datetime:
        """Return the first instant (UTC) not before `now` at which a letter may leave."""
        if self.allows(now, soft=soft, morning=morning):
            return now
        day = self.first_from(local_day(now), soft=soft)
        windows = self.windows[:1] if morning else self.windows
        starts = [at(day, w.opens) for w in windows]
        later = [start for start in starts if start > now]
        return later[0] if later else at(self.first_from(day + ONE_DAY, soft=soft), windows[0].opens)
