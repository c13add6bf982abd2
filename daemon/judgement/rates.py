"""How fast letters may leave by one server or app: (starts so far, now) -> when the next one may start.

A rate a second is kept by even turns and a window that slides: who is a moment late for his turn puts off nobody
else's, and no second holds more than it may. A rate an hour is kept by a window that slides; a gap in seconds lies
between two deliveries to one agency. Windows are half-open: [t, t + 1 s), [t, t + 1 h).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
LATE = timedelta(milliseconds=250)
"""By how much a start may be late for its turn without moving the turns after it; after longer quiet they begin anew.

A worker that wakes a little after its turn would otherwise cost the rate that little at each letter.
"""
SLACK = timedelta(seconds=1)
"""Two workers' readings of one clock may come in the wrong order by this much; more is a clock set back."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a server or app allows: starts a second and an hour (None: no limit), and a gap in seconds per agency."""

    per_second: float | None
    per_hour: int | None
    agency_gap: float

    def __post_init__(self) -> None:
        """ValueError for a rate at which nothing could ever leave."""
        if self.per_second is not None and not self.per_second > 0:
            raise ValueError(f"letters a second: {self.per_second}")
        if self.per_hour is not None and self.per_hour < 1:
            raise ValueError(f"letters an hour: {self.per_hour}")
        if not self.agency_gap >= 0:
            raise ValueError(f"seconds between two letters to one agency: {self.agency_gap}")

    @property
    def spacing(self) -> timedelta:
        """The time between two starts that keeps the rate a second."""
        if self.per_second is None:
            return timedelta(0)
        return timedelta(microseconds=math.ceil(1_000_000 / self.per_second))

    @property
    def together(self) -> int:
        """How many starts lie, at most, in so many times the spacing, where some were late."""
        return 1 if self.per_second is None else math.ceil(self.per_second)

    @property
    def hourly(self) -> int | None:
        """The limit an hour where it binds: None if the rate a second alone keeps it, and nothing need be counted."""
        if self.per_hour is None or (self.per_hour + 1 - self.together) * self.spacing >= HOUR:
            return None
        return self.per_hour


class RateState:
    """The starts by one server or app that still matter: an hour's allowance, a second's, and each agency's last.

    `starts` are those of the last hour, oldest first, each (instant, agency): what a restart reads back.
    Not for several threads at once: ask and tell under one lock.
    """

    def __init__(self, rate: Rate, starts: Iterable[tuple[datetime, str]] = ()) -> None:
        self.rate = rate
        self._spacing, self._gap, hourly = rate.spacing, timedelta(seconds=rate.agency_gap), rate.hourly
        self._last: datetime | None = None
        self._turn: datetime | None = None  # the next one
        self._recent: deque[datetime] = deque(maxlen=rate.together if self._spacing else 0)
        self._window: deque[datetime] | None = None if hourly is None else deque(maxlen=hourly)
        self._agencies: dict[str, datetime] = {}
        for instant, agency in starts:
            self.started(instant, agency)

    def may_start_at(self, now: datetime, agency: str | None = None) -> datetime:
        """Return the first instant, `now` or later, at which a delivery may start: to `agency`, or None, to any."""
        self._follow(now)
        allowed = [now]
        if self._turn is not None:
            allowed.append(self._turn)
        if self._recent and len(self._recent) == self._recent.maxlen:
            allowed.append(self._recent[0] + self.rate.together * self._spacing)
        if self._window and len(self._window) == self._window.maxlen:
            allowed.append(self._window[0] + HOUR)
        if agency in self._agencies:
            allowed.append(self._agencies[agency] + self._gap)
        return max(allowed)

    def started(self, now: datetime, agency: str) -> None:
        """Count a delivery to `agency` that starts at `now`."""
        self._follow(now)
        self._last = now if self._last is None else max(now, self._last)
        turn = self._turn
        if turn is None or not timedelta(0) <= self._last - turn <= LATE:
            turn = self._last
        self._turn = turn + self._spacing
        self._recent.append(self._last)
        if self._window is not None:
            self._window.append(self._last)
        if self._gap:
            self._agencies.pop(agency, None)
            self._agencies[agency] = self._last
            self._forget(now - self._gap)

    def __len__(self) -> int:
        """Return how many instants are kept."""
        return len(self._recent) + len(self._window or ()) + len(self._agencies)

    def _forget(self, until: datetime) -> None:
        """Drop the agencies whose gap is over; they lie in the order of their last starts."""
        while self._agencies and self._agencies[oldest := next(iter(self._agencies))] <= until:
            del self._agencies[oldest]

    def _follow(self, now: datetime) -> None:
        """Go back with a clock that was set back: nobody waits until the old time comes round again."""
        if self._last is None or self._last - now <= SLACK:
            return
        back = self._last - now
        self._last = now
        self._turn = None if self._turn is None else self._turn - back
        self._recent = deque((instant - back for instant in self._recent), self._recent.maxlen)
        if self._window is not None:
            self._window = deque((instant - back for instant in self._window), self._window.maxlen)
        self._agencies = {agency: last - back for agency, last in self._agencies.items()}
