"""The tables beside the outbox, as SQLModel classes: pauses, bounces, what a person allowed, Zalo's tokens and links.

Each has its name and its constraints from the same rules as `tables`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Index, LargeBinary
from sqlmodel import Field

from daemon.domain.arrivals import ArrivalKind, Doubt
from daemon.domain.words import Channel, Matter, Tier
from daemon.store.base import Base, table
from daemon.store.columns import foreign, instant, key, member, words


class ChannelPauseRow(Base, table=True):
    """A server or app that carries nothing; `over_at`: it does again, but nobody was told.

    `silent`: it lets nobody in, and is paused only when that has lasted; `failed_at`: when it failed again last.
    """

    __tablename__ = "channel_pause"
    __table_args__ = (CheckConstraint("silent IN (0, 1)", name="silent"),)

    route: str = key()
    channel: Channel = member(Channel)
    since: datetime = instant()
    silent: bool = Field(sa_type=Boolean)
    reason: str = words()
    code: str | None = words(null=True)
    probe_at: datetime = instant()
    told_at: datetime | None = instant(null=True)
    over_at: datetime | None = instant(null=True)
    failed_at: datetime | None = instant(null=True)


class BounceKeyRow(Base, table=True):
    """The key of the tokens in envelope senders and of address fingerprints: at most one row, made when first asked."""

    __tablename__ = "bounce_key"
    __table_args__ = (CheckConstraint("one = 1", name="one"), CheckConstraint("length(secret) = 32", name="secret"))

    one: int = Field(primary_key=True)
    secret: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = instant()


class MailboxPlaceRow(Base, table=True):
    """How far a mailbox was read; `folder` is a digest of server, account and folder."""

    __tablename__ = "mailbox_place"

    folder: str = key()
    validity: int
    uid: int
    read_at: datetime = instant()


class MailboxNoteRow(Base, table=True):
    """A message that waits for a person: a reply, or a report that cannot be believed, with its first bytes."""

    __tablename__ = "mailbox_note"
    __table_args__ = (Index("ix_mailbox_note_arrived_at", "arrived_at"),)

    id: int = Field(primary_key=True)
    arrived_at: datetime = instant()
    kind: ArrivalKind = member(ArrivalKind)
    doubt: Doubt | None = member(Doubt, null=True)
    person: str | None = words(null=True)
    letter: str | None = words(null=True)
    subject: str = words()
    size: int
    content: bytes | None = Field(sa_type=LargeBinary, nullable=True)


class AddressFaultRow(Base, table=True):
    """An address that letters could not reach. `fingerprint`: a keyed digest; the address itself is never kept."""

    __tablename__ = "address_fault"

    person: str = key()
    channel: Channel = member(Channel, key=True)
    since: datetime = instant()
    last_at: datetime = instant()
    times: int
    status: str = words()
    detail: str = words()
    fingerprint: str = words()
    mended_at: datetime | None = instant(null=True)


class ForeseenRow(Base, table=True):
    """A step the last approved preview foresaw: its letter is no surprise."""

    __tablename__ = "foreseen"

    plan: str = key()
    milestone: str = key()
    period: str = key()
    agency: str = key()
    term: int = Field(primary_key=True)
    step: str = key()
    occurrence: int = Field(primary_key=True)
    tier: Tier = member(Tier, key=True)
    approved_at: datetime = instant()


class HeldLetterRow(Base, table=True):
    """Why a letter was held that needs no approval by its ladder. `reason` is one of the words of `store.holding`."""

    __tablename__ = "held_letter"

    letter: str = foreign("letter.id", key=True)
    reason: str = words()
    since: datetime = instant()


class AcceptedFilesRow(Base, table=True):
    """A set of the operators' files that a person let in although it drops much. `digest`: SHA-256, hexadecimal."""

    __tablename__ = "accepted_files"
    __table_args__ = (CheckConstraint("length(digest) = 64", name="digest"),)

    digest: str = key()
    accepted_at: datetime = instant()
    by_whom: str = words()


class ClockStateRow(Base, table=True):
    """Whether the wall clock is believed: at most one row.

    `held_since`: a jump of `seconds` waits for a person. `accepted_until`: a ledger instant ahead of the clock that
    a person has seen and let stand.
    """

    __tablename__ = "clock_state"
    __table_args__ = (CheckConstraint("one = 1", name="one"),)

    one: int = Field(primary_key=True)
    held_since: datetime | None = instant(null=True)
    seconds: float | None = None
    accepted_until: datetime | None = instant(null=True)


class FailingRow(Base, table=True):
    """What the service needs and does not get; `grave`: until a person mends it. `detail` holds no address."""

    __tablename__ = "failing"
    __table_args__ = (CheckConstraint("grave IN (0, 1)", name="grave"),)

    matter: Matter = member(Matter, key=True)
    since: datetime = instant()
    grave: bool = Field(sa_type=Boolean)
    detail: str = words()


class ZaloTokenRow(Base, table=True):
    """The pair of tokens in force for one app at one Zalo OA, and who is replacing it.

    `asked`: refreshes of it that left and brought no answer; `refused`: why no refresh of it will ever succeed.
    """

    __tablename__ = "zalo_token"
    __table_args__ = (
        CheckConstraint("generation >= 1 AND asked >= 0", name="counts"),
        CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease"),
    )

    app: str = key()
    oa: str = key()
    access: str = words()
    refresh: str = words()
    renew_at: datetime = instant()
    expires_at: datetime = instant()
    generation: int
    asked: int
    refused: str | None = words(null=True)
    lease_by: str | None = words(null=True)
    lease_until: datetime | None = instant(null=True)
    saved_at: datetime = instant()


class ZaloLinkCodeRow(Base, table=True):
    """A code by which a person links his Zalo chat; given out once, used at most once."""

    __tablename__ = "zalo_link_code"

    code: str = key()
    person: str = words()
    by_whom: str = words()
    made_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(null=True)


class ZaloLinkRow(Base, table=True):
    """The chat of a person who wrote a code to the bot; `address` is the platform's id of it, as text."""

    __tablename__ = "zalo_link"

    person: str = key()
    address: str = words()
    linked_at: datetime = instant()
    by_whom: str = words()


CHANNEL_PAUSE = table("channel_pause")
BOUNCE_KEY = table("bounce_key")
MAILBOX_PLACE = table("mailbox_place")
MAILBOX_NOTE = table("mailbox_note")
ADDRESS_FAULT = table("address_fault")
FORESEEN = table("foreseen")
HELD_LETTER = table("held_letter")
ACCEPTED_FILES = table("accepted_files")
CLOCK_STATE = table("clock_state")
FAILING = table("failing")
ZALO_TOKEN = table("zalo_token")
ZALO_LINK_CODE = table("zalo_link_code")
ZALO_LINK = table("zalo_link")
