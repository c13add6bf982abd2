"""What a person must hear that no letter of the day tells: the daemon stood still, or something it needs has failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from daemon.domain.words import Matter, Reason


@dataclass(frozen=True, slots=True)
class PassedStep:
    """A step (`item` as an ItemKey is written) that was never sent, because its time went by."""

    item: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class DroppedLetter:
    """A reminder that waited and never left, with its steps; `replaced`: another was composed in its place."""

    letter: str
    agency: str
    day: date
    items: tuple[str, ...]
    replaced: bool | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """Something the service needs that fails since `since`; `grave`: it will until a person mends it.

    `detail` is English and holds no address.
    """

    matter: Matter
    since: datetime
    detail: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning to a collector's operator, of a matter that began at `since`.

    Of a standstill: over at `until`, with the steps and letters it passed over, and `late`, the agencies whose letters
    left after their day. Of anything else: `detail` (English, no address) says what the far side said, `seconds` by
    how much a clock was moved.
    """

    collector: str
    matter: Matter
    since: datetime
    until: datetime | None = None
    detail: str | None = None
    seconds: float | None = None
    steps: tuple[PassedStep, ...] = ()
    letters: tuple[DroppedLetter, ...] = ()
    late: tuple[str, ...] = ()
