"""What the ledger holds: one frozen body per kind of entry. Corrections add; nothing is overwritten.

A document's four times are kept apart: on the paper (`issued_on`), `sent`, `received`, and the entry's
`recorded_at`; they must not decrease in that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from daemon.domain.failures import Alarmed, Retried, TemplateFailed
from daemon.domain.obligations import ActTime, ObligationKey
from daemon.domain.warnings import Warned
from daemon.domain.words import (
    Channel,
    Consent,
    DeliveryState,
    EntryKind,
    LetterKind,
    Level,
    OfficeLetter,
    Return,
    Tier,
)


@dataclass(frozen=True, slots=True)
class Received:
    """A document came in. `road` says by which way; `evidence` where it can be seen."""

    document: str
    issued_on: date | None = None
    sent: ActTime | None = None
    received: ActTime | None = None
    road: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """The agency says it has sent; letters pause until an operator accepts or three working days pass."""

    document: str | None = None
    issued_on: date | None = None
    sent: ActTime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An operator confirms a declaration: it counts as received with these times."""

    declaration: int  # seq of the declared entry
    document: str
    issued_on: date | None = None
    sent: ActTime | None = None
    received: ActTime | None = None
    road: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A document sent back; `until` is the last day for a supplement (None for one that is not valid)."""

    how: Return
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Extended:
    """A new date for one agency, by the authority of a named document and signer. `due` is its phrase."""

    due: str
    due_at: datetime
    last_day: date
    authority: str
    signer: str


@dataclass(frozen=True, slots=True)
class Exempted:
    """The agency does not owe this, by the authority of a named document and signer."""

    authority: str
    signer: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """A document says there is nothing to report: it settles."""

    document: str
    issued_on: date | None = None
    sent: ActTime | None = None
    received: ActTime | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    """The rating given to the agency for this milestone."""

    rating: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody telephoned."""

    spoke_to: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """The agency named a day; letters pause until the day after."""

    on: date
    said_by: str | None = None


@dataclass(frozen=True, slots=True)
class Objected:
    """The agency contests what is recorded."""

    text: str


@dataclass(frozen=True, slots=True)
class Muted:
    """Letters on this obligation (or, with `agency` and no subject, to that agency) are held through `until`."""

    until: date
    reason: str
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """Letters are held through `until`: everything, one plan, or one group."""

    until: date
    reason: str
    plan: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """The collector's record is complete up to the instant `complete_to`."""

    collector: str
    complete_to: datetime


@dataclass(frozen=True, slots=True)
class Approved:
    """A held letter, or (subject set, no letter) the late start of an obligation, was approved.

    `name` and `title` are the approver's, for the signature. Without letter and subject `what` says what it was:
    a preview (`letters` it foresaw through the day `until`), or files that drop much (`digest`).
    """

    letter: str | None = None
    name: str | None = None
    title: str | None = None
    what: Consent | None = None
    letters: int | None = None
    until: date | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A focal officer's duties passed to another person (person ids)."""

    agency: str
    given_by: str
    taken_by: str


@dataclass(frozen=True, slots=True)
class Voided:
    """An earlier entry was a slip; both stay."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """An edit of the files that matters to the record.

    With `milestone` and `period` set it moves a deadline: `due_at`/`last_day` are the new date,
    `was_due_at`/`was_last_day` the old one. Else `what` says what changed.
    """

    plan: str
    what: str
    milestone: str | None = None
    period: str | None = None
    due: str | None = None
    due_at: datetime | None = None
    last_day: date | None = None
    was_due: str | None = None
    was_due_at: datetime | None = None
    was_last_day: date | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """How one delivery of one letter ended. `sha256` is of the bytes sent; an address is never kept."""

    letter: str
    letter_kind: LetterKind
    agency: str
    person: str
    channel: Channel
    state: DeliveryState
    version: int = 1
    tier: Tier | None = None
    level: Level | None = None
    items: tuple[str, ...] = ()
    sha256: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The wall clock moved against the monotonic one by `seconds`; `accepted`: a person says it is right now."""

    seconds: float
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """The salt and body of entry `seq` were erased by rule; the chain still verifies."""

    seq: int
    rule: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A letter to the office itself was composed: `agency` is the collector, `day` the day it speaks of.

    `code` is the ledger's short code up to entry `head`, as the letter prints it.
    """

    what: OfficeLetter
    agency: str
    day: date
    head: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Apologised:
    """A letter should not have been sent: its readers are told so. `items` are the steps it was wrong about.

    `name` and `title` are the signer's, where the letter was of level 3 or above.
    """

    letter: str
    items: tuple[str, ...]
    name: str | None = None
    title: str | None = None


Body = (
    Received | Declared | Accepted | Returned | Extended | Exempted | Nothing | Rated | Called | Promised | Objected
    | Muted | Paused | Mark | Approved | HandedOver | Voided | PlanChanged | DeliveryOutcome | ClockJump | Erased
    | Alarmed | Retried | TemplateFailed
    | Reported | Apologised | Warned
)  # fmt: skip

BODY_OF: Mapping[EntryKind, type[Body]] = {
    EntryKind.RECEIVED: Received,
    EntryKind.DECLARED: Declared,
    EntryKind.ACCEPTED: Accepted,
    EntryKind.RETURNED: Returned,
    EntryKind.EXTENDED: Extended,
    EntryKind.EXEMPTED: Exempted,
    EntryKind.NOTHING: Nothing,
    EntryKind.RATED: Rated,
    EntryKind.CALLED: Called,
    EntryKind.PROMISED: Promised,
    EntryKind.OBJECTED: Objected,
    EntryKind.MUTED: Muted,
    EntryKind.PAUSED: Paused,
    EntryKind.MARK: Mark,
    EntryKind.APPROVED: Approved,
    EntryKind.HANDED_OVER: HandedOver,
    EntryKind.VOIDED: Voided,
    EntryKind.PLAN_CHANGED: PlanChanged,
    EntryKind.DELIVERY: DeliveryOutcome,
    EntryKind.CLOCK_JUMP: ClockJump,
    EntryKind.ERASED: Erased,
    EntryKind.ALARMED: Alarmed,
    EntryKind.RETRIED: Retried,
    EntryKind.REPORTED: Reported,
    EntryKind.APOLOGISED: Apologised,
    EntryKind.TEMPLATE_FAILED: TemplateFailed,
    EntryKind.WARNED: Warned,
}

KIND_OF: Mapping[type[Body], EntryKind] = {body: kind for kind, body in BODY_OF.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `seq` counts from 1 without gaps; `by` is who entered it."""

    seq: int
    recorded_at: datetime
    by: str
    subject: ObligationKey | None
    body: Body

    @property
    def kind(self) -> EntryKind:
        """The kind of the entry."""
        return KIND_OF[type(self.body)]
