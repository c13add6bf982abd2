"""The tables as SQLModel classes: every invariant that can be a constraint is one, and each has a name.

The classes are the schema; statements are SQLAlchemy Core on the `Table` values at the end of the module.
Words that may gain members later (kinds, channels, reasons) have no CHECK: SQLite cannot change one in place.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Index, LargeBinary, text
from sqlalchemy import UniqueConstraint as Unique
from sqlmodel import Field

from daemon.domain.words import Channel, DeliveryState, EntryKind, LetterKind, Outcome, Reason, Tier
from daemon.store.base import Base, table
from daemon.store.columns import Day, calendar_day, foreign, instant, key, member, one_of, words
from notifiers.base import Phase

LIVE = (DeliveryState.HELD, DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)
"""States in which something may still happen without a person."""


class MetaRow(Base, table=True):
    """Which database this is: exactly one row. Nothing is written to `generation`, a column of 0001."""

    __tablename__ = "meta"
    __table_args__ = (CheckConstraint("one = 1", name="one"),)

    one: int = Field(primary_key=True)
    identity: str = words()
    created_at: datetime = instant()
    generation: str | None = words(null=True)


class KnownObligationRow(Base, table=True):
    """When an obligation was first known, and its date as last reconciled."""

    __tablename__ = "known_obligation"

    plan: str = key()
    milestone: str = key()
    period: str = key()
    agency: str = key()
    first_known_at: datetime = instant()
    due: str = words()
    due_at: datetime = instant()
    last_day: date = calendar_day()


class LedgerRow(Base, table=True):
    """One line of the ledger without its body; the chain runs through these alone."""

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("recorded_at GLOB '????-??-??T??:??:??.??????Z'", name="recorded_at"),
        CheckConstraint("length(prev) = 64 AND length(hash) = 64 AND length(body_hash) = 64", name="hashes"),
    )

    seq: int = Field(primary_key=True)
    recorded_at: datetime = instant()
    kind: EntryKind = member(EntryKind)
    by_whom: str = words()
    plan: str | None = words(null=True)
    milestone: str | None = words(null=True)
    period: str | None = words(null=True)
    agency: str | None = words(null=True)
    prev: str = words()
    hash: str = words()
    body_hash: str = words()


class LedgerBodyRow(Base, table=True):
    """What can be erased by rule: the salt and the canonical JSON text of one entry."""

    __tablename__ = "ledger_body"
    __table_args__ = (CheckConstraint("length(salt) = 16", name="salt"),)

    seq: int = foreign("ledger.seq", key=True)
    salt: bytes = Field(sa_type=LargeBinary)
    body: str = words()


class LetterRow(Base, table=True):
    """A letter. `due_at` is the nearest deadline of its open items; `version` the one to be rendered next."""

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("n >= 1 AND version >= 1", name="counts"),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint("approval IN (0, 1)", name="approval"),
        CheckConstraint("(kind = 'reminder') = (source_seq IS NULL)", name="source_seq"),
        CheckConstraint("replaced_by IS NULL OR withdrawn_at IS NOT NULL", name="replaced_by"),
        Index("uq_letter_reminder", "agency", "tier", "day", "n", unique=True, sqlite_where=text("kind = 'reminder'")),
        Index("uq_letter_notice", "kind", "source_seq", "agency", unique=True, sqlite_where=text("kind <> 'reminder'")),
    )

    id: str = key()
    kind: LetterKind = member(LetterKind)
    agency: str = words()
    tier: Tier = member(Tier)
    day: date = calendar_day()
    n: int
    level: int
    send_at: datetime = instant()
    composed_at: datetime = instant()
    version: int
    due_at: datetime | None = instant(null=True)
    approval: bool = Field(sa_type=Boolean)
    approved_at: datetime | None = instant(null=True)
    approved_by: str | None = words(null=True)
    plan: str | None = words(null=True)
    milestone: str | None = words(null=True)
    period: str | None = words(null=True)
    source_seq: int | None = foreign("ledger.seq", null=True)
    withdrawn_at: datetime | None = instant(null=True)
    replaced_by: str | None = foreign("letter.id", null=True)


class LetterItemRow(Base, table=True):
    """One obligation's place in a letter.

    `dropped_in`: the first version without it. `withdrawn`: dropped before anybody can have had it, so that
    its key is free again.
    """

    __tablename__ = "letter_item"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint("withdrawn IN (0, 1)", name="withdrawn"),
        CheckConstraint("withdrawn = 0 OR dropped_in IS NOT NULL", name="dropped_in"),
        Index(
            "uq_letter_item_step",
            "plan",
            "milestone",
            "period",
            "agency",
            "term",
            "step",
            "occurrence",
            "tier",
            unique=True,
            sqlite_where=text("withdrawn = 0 AND kind = 'reminder'"),
        ),
    )

    letter: str = foreign("letter.id", key=True)
    position: int = Field(primary_key=True)
    kind: LetterKind = member(LetterKind)
    plan: str = words()
    milestone: str = words()
    period: str = words()
    agency: str = words()
    term: int
    step: str = words()
    occurrence: int
    tier: Tier = member(Tier)
    level: int
    reason: Reason = member(Reason)
    wording: str = words()
    first: bool = Field(sa_type=Boolean)
    crossed: bool = Field(sa_type=Boolean)
    waits_for: str = words()
    due_at: datetime = instant()
    last_day: date = calendar_day()
    hour_precise: bool = Field(sa_type=Boolean)
    opens_on: date | None = calendar_day(null=True)
    estimated: bool = Field(sa_type=Boolean)
    dropped_in: int | None = None
    withdrawn: bool = Field(sa_type=Boolean)


class ContentRow(Base, table=True):
    """The bytes of one version of a letter by one channel, as they left or will leave."""

    __tablename__ = "content"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)

    letter: str = foreign("letter.id", key=True)
    version: int = Field(primary_key=True)
    channel: Channel = member(Channel, key=True)
    content: bytes = Field(sa_type=LargeBinary)
    sha256: str = words()
    frozen_at: datetime = instant()


class DeliveryRow(Base, table=True):
    """One letter to one person by one channel.

    `next_at`: when to look at it again. `unknowns`: attempts that ended unknown; once there is one, somebody may
    have the bytes of `version`. `token` moves with every change of state and fences off late holders. `phase` is
    "content" from the moment the bytes of the attempt under way may have left.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Unique("letter", "version", "person", "channel", name="uq_delivery_envelope"),
        CheckConstraint(one_of("state", tuple(DeliveryState)), name="state"),
        CheckConstraint("to_or_cc IN ('to', 'cc')", name="to_or_cc"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("phase IS NULL OR (state = 'sending' AND phase = 'content')", name="phase"),
        CheckConstraint(
            "(state IN ('sent', 'delivered', 'seen', 'bounced')) = (accepted_at IS NOT NULL)", name="accepted_at"
        ),
        CheckConstraint(f"({one_of('state', LIVE)}) = (finished_at IS NULL)", name="finished_at"),
        CheckConstraint("state NOT IN ('pending', 'sending') OR next_at IS NOT NULL", name="next_at"),
        CheckConstraint("state <> 'unknown' OR unknowns >= 1", name="unknowns"),
        Index("ix_delivery_next_at", "next_at", sqlite_where=text(one_of("state", LIVE))),
    )

    id: int = Field(primary_key=True)
    letter: str = foreign("letter.id")
    version: int
    person: str = words()
    channel: Channel = member(Channel)
    to_or_cc: str = words()
    position: int
    state: DeliveryState = member(DeliveryState)
    not_before: datetime = instant()
    expires_at: datetime | None = instant(null=True)
    next_at: datetime | None = instant(null=True)
    attempts: int
    unknowns: int
    token: int
    lease_by: str | None = words(null=True)
    lease_until: datetime | None = instant(null=True)
    phase: Phase | None = member(Phase, null=True)
    provider_id: str | None = words(null=True)
    detail: str | None = words(null=True)
    accepted_at: datetime | None = instant(null=True)
    finished_at: datetime | None = instant(null=True)


class AttemptRow(Base, table=True):
    """One try: a row from its first moment, ended by its outcome, or by recovery if the process died."""

    __tablename__ = "attempt"

    delivery: int = foreign("delivery.id", key=True)
    n: int = Field(primary_key=True)
    version: int
    node: str = words()
    started_at: datetime = instant()
    phase: Phase | None = member(Phase, null=True)
    ended_at: datetime | None = instant(null=True)
    outcome: str | None = words(null=True)
    code: str | None = words(null=True)
    detail: str | None = words(null=True)


class DecisionRow(Base, table=True):
    """What holds for one step now, and since when; written only when outcome or reason changes."""

    __tablename__ = "decision"

    plan: str = key()
    milestone: str = key()
    period: str = key()
    agency: str = key()
    term: int = Field(primary_key=True)
    step: str = key()
    occurrence: int = Field(primary_key=True)
    tier: Tier = member(Tier, key=True)
    outcome: Outcome = member(Outcome)
    reason: Reason = member(Reason)
    moment: datetime = instant()
    until: datetime | None = instant(null=True)
    since: datetime = instant()


class MissedRow(Base, table=True):
    """When a level-3 item first missed a composition for want of a mark."""

    __tablename__ = "missed"

    plan: str = key()
    milestone: str = key()
    period: str = key()
    agency: str = key()
    term: int = Field(primary_key=True)
    step: str = key()
    occurrence: int = Field(primary_key=True)
    tier: Tier = member(Tier, key=True)
    at: datetime = instant()


class CompositionRow(Base, table=True):
    """The last instant at which a step hour of a day was worked through."""

    __tablename__ = "composition"

    day: date = key(Day)
    at: datetime = instant()


META = table("meta")
KNOWN = table("known_obligation")
LEDGER = table("ledger")
LEDGER_BODY = table("ledger_body")
LETTER = table("letter")
LETTER_ITEM = table("letter_item")
CONTENT = table("content")
DELIVERY = table("delivery")
ATTEMPT = table("attempt")
DECISION = table("decision")
MISSED = table("missed")
COMPOSITION = table("composition")
