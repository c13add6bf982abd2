"""Whether the wall clock is to be believed: (two readings of wall and boot time, the last entry) -> fine or not.

Boot time runs on through suspends and cannot be set, so what the wall clock gained on it is a jump; a stop, a suspend
or a power cut is none. After a start there is no earlier reading, only the ledger to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RELEASE_YEAR = 2026
"""When this program was made: a clock that shows an earlier year is wrong."""
STEP = 60.0
"""Seconds: a smaller step is a correction nobody need hear of."""
HOLD = 86_400.0 - STEP
"""Seconds: after a greater step nothing is planned or sent until a person says that the clock is right.

A date set one off is such a step, whichever way the readings round it.
"""
AHEAD = timedelta(minutes=10)
"""How far the last entry of the ledger may lie ahead of the clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment: the wall clock (aware UTC) and the seconds since the machine was started."""

    wall: datetime
    boot: float


class Trust(StrEnum):
    """What to think of the wall clock."""

    FINE = "fine"
    HELD = "held"  # moved too far to go on without a person's word
    BEFORE_RELEASE = "before_release"  # the year is one in which this program did not exist
    LEDGER_AHEAD = "ledger_ahead"  # the last entry was made later than it is now


@dataclass(frozen=True, slots=True)
class Watched:
    """A look at the clocks. `moved`: seconds by which the wall clock was moved since the last look, forward above zero.

    `held`: the seconds it was moved in all since a hold began, None where there is none.
    """

    trust: Trust
    moved: float = 0.0
    held: float | None = None

    @property
    def jumped(self) -> bool:
        """Say whether the step is one to record."""
        return abs(self.moved) > STEP

    @property
    def works(self) -> bool:
        """Say whether letters may be planned and sent by this clock."""
        return self.trust is Trust.FINE

    def likely(self, wall: datetime) -> datetime:
        """Return when it really is, as far as is certain: a step forward may be a mistake, the ledger is for ever."""
        return wall - timedelta(seconds=max(0.0, self.moved if self.held is None else self.held))


def step(earlier: Reading, now: Reading) -> float:
    """Return by how many seconds the wall clock was moved between two readings: forward above zero."""
    return (now.wall - earlier.wall).total_seconds() - (now.boot - earlier.boot)


def ledger_ahead(wall: datetime, last_entry: datetime | None, accepted: datetime | None) -> float | None:
    """Return by how many seconds the ledger lies too far ahead of the clock; None if it does not.

    `accepted`: an instant of the ledger that a person has seen and let stand.
    """
    if last_entry is None or last_entry - wall <= AHEAD or (accepted is not None and last_entry <= accepted):
        return None
    return (last_entry - wall).total_seconds()


def watch(
    earlier: Reading | None,
    now: Reading,
    last_entry: datetime | None,
    *,
    accepted: datetime | None = None,
    held: float | None = None,
) -> Watched:
    """Return what to think of the wall clock at `now`.

    `held`: the seconds it was moved since a hold began that nobody has ended. A clock set right again ends it.
    """
    moved = step(earlier, now) if earlier is not None else 0.0
    total = (held or 0.0) + (moved if abs(moved) > STEP else 0.0)
    if abs(total) > (HOLD if held is None else STEP):
        return Watched(Trust.HELD, moved, total)
    if now.wall.year < RELEASE_YEAR:
        return Watched(Trust.BEFORE_RELEASE, moved)
    if ledger_ahead(now.wall, last_entry, accepted) is not None:
        return Watched(Trust.LEDGER_AHEAD, moved)
    return Watched(Trust.FINE, moved)
