"""An obligation - one agency owing one milestone for one period - and what its record says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from daemon.clock import local_day, utc
from daemon.domain.words import JudgedBy, Return, Status


class ObligationKey(NamedTuple):
    """What names an obligation. `period` is "once", "2022", "2022-H1", "2022-Q1" or "2022-03"."""

    plan: str
    milestone: str
    period: str
    agency: str

    def __str__(self) -> str:
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A resolved deadline: on time ⇔ acted before `due_at` (aware UTC).

    `hour_precise`: an act on that very day needs its hour. `opens_on`: nothing is sent before this day.
    `estimated`: a date rests on a calendar year without official notices.
    """

    due_at: datetime
    last_day: date
    hour_precise: bool = False
    opens_on: date | None = None
    estimated: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "due_at", utc(self.due_at))


@dataclass(frozen=True, slots=True)
class ActTime:
    """When something was done: the day in Vietnam, and the instant if the hour is known."""

    day: date
    at: datetime | None = None

    @classmethod
    def of(cls, instant: datetime) -> ActTime:
        """Return the act time of a known instant."""
        return cls(local_day(instant), utc(instant))

    def in_time_for(self, deadline: Deadline) -> bool:
        """Say whether the act counts as on time; known by its day alone it counts as within that day."""
        if self.at is not None:
            return self.at < deadline.due_at
        return self.day <= deadline.last_day


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is owed, before anything was recorded. `first_known_at` is when the daemon first knew of it."""

    key: ObligationKey
    deadline: Deadline
    judged_by: JudgedBy
    first_known_at: datetime


@dataclass(frozen=True, slots=True)
class KnownObligation:
    """When an obligation was first known, and its date as last reconciled with the files (`due`: the words)."""

    key: ObligationKey
    first_known_at: datetime
    due: str
    due_at: datetime
    last_day: date


class TermCause(StrEnum):
    """What opened a term."""

    INITIAL = "initial"
    EXTENDED = "extended"
    SUPPLEMENT = "supplement"
    INVALID = "invalid"
    AMENDED = "amended"


@dataclass(frozen=True, slots=True)
class Term:
    """One date in force: `n` counts from 1. `started_at`: when it was recorded (term 1: first known).

    `due` is the phrase of an extension, `authority` the document it rests on; None where the plan's own stand.
    """

    n: int
    deadline: Deadline
    started_at: datetime
    cause: TermCause
    due: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The document that settled an obligation and how it was judged.

    `act` is the time judged, `judged` the deadline it was judged against, `late_days` calendar days.
    """

    seq: int
    document: str | None
    act: ActTime
    judged: Deadline
    on_time: bool
    late_days: int
    recorded_at: datetime
    nothing_to_report: bool = False
    sent: ActTime | None = None
    received: ActTime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An obligation's record folded up to one instant. Days are Vietnam's; a silent day is silent to its end.

    `declared_until`: last day on which a declaration pauses letters. `calls` counts telephone calls.
    """

    obligation: Obligation
    terms: tuple[Term, ...]
    settlement: Settlement | None = None
    exempt: bool = False
    declared_until: date | None = None
    returned_on: date | None = None
    returned_how: Return | None = None
    extended_to: date | None = None
    muted_until: date | None = None
    promised_on: date | None = None
    paused_until: date | None = None
    approved_start_at: datetime | None = None
    calls: int = 0
    called_on: tuple[date, ...] = ()

    @property
    def key(self) -> ObligationKey:
        """The obligation's key."""
        return self.obligation.key

    @property
    def term(self) -> Term:
        """The term in force."""
        return self.terms[-1]

    @property
    def first_known_at(self) -> datetime:
        """When the ladder may start: the approval of a late start, else when first known."""
        return self.approved_start_at or self.obligation.first_known_at


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One row of `status`: an obligation as asked on one day (`late_days` in calendar days)."""

    key: ObligationKey
    status: Status
    deadline: Deadline
    submitted_at: datetime | date | None
    recorded_at: datetime | None
    document: str | None
    late_days: int
    reminders: int
    extended_to: date | None
    returned_on: date | None
    nothing_to_report: bool
    promised_on: date | None
    muted_until: date | None
