"""Questions asked of the outbox: what has become of it, when it wants attention, what a letter answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, or_, select, tuple_

from daemon.domain.letters import DeliveryKey
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import ACCEPTED_STATES, Channel, DeliveryState, LetterKind, Level, Tier
from daemon.store.moving import IS_LIVE
from daemon.store.tables import DELIVERY, LETTER, LETTER_ITEM


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One row of `deliveries`. `next_at`: when it is looked at again; `unknowns`: attempts that ended unknown."""

    id: int
    key: DeliveryKey
    kind: LetterKind
    agency: str
    tier: Tier
    level: Level
    day: date
    cc: bool
    state: DeliveryState
    not_before: datetime
    expires_at: datetime | None
    next_at: datetime | None
    attempts: int
    unknowns: int
    provider_id: str | None
    detail: str | None
    accepted_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are asked for: all that agree with every field set."""

    states: Collection[DeliveryState] = ()
    agency: str | None = None
    plan: str | None = None
    milestone: str | None = None
    letter: str | None = None
    channel: Channel | None = None
    since: date | None = None
    limit: int | None = None


def deliveries(conn: Connection, wanted: DeliveryFilter | None = None) -> list[DeliveryLine]:
    """Return deliveries, the latest letter first."""
    asked = wanted or DeliveryFilter()
    query = select(
        DELIVERY, LETTER.c.kind, LETTER.c.agency, LETTER.c.tier, LETTER.c.level, LETTER.c.day, LETTER.c.composed_at
    ).join(LETTER, LETTER.c.id == DELIVERY.c.letter)
    if asked.states:
        query = query.where(DELIVERY.c.state.in_(sorted(asked.states)))
    if asked.plan is not None or asked.milestone is not None:
        parts = {"plan": asked.plan, "milestone": asked.milestone}
        named = [LETTER_ITEM.c[name] == part for name, part in parts.items() if part is not None]
        query = query.where(exists().where(LETTER_ITEM.c.letter == LETTER.c.id, *named))
    equal = (
        (LETTER.c.agency, asked.agency),
        (DELIVERY.c.letter, asked.letter),
        (DELIVERY.c.channel, asked.channel),
    )
    query = query.where(*(column == value for column, value in equal if value is not None))
    if asked.since is not None:
        query = query.where(LETTER.c.day >= asked.since)
    ordered = query.order_by(LETTER.c.day.desc(), LETTER.c.composed_at.desc(), DELIVERY.c.letter, DELIVERY.c.position)
    return [_line(row) for row in conn.execute(ordered.limit(asked.limit))]


_NEXT_AT = select(func.min(DELIVERY.c.next_at)).where(IS_LIVE)


def next_at(conn: Connection) -> datetime | None:
    """Return the next instant at which a delivery wants attention; None if none ever does by itself."""
    found: datetime | None = conn.execute(_NEXT_AT).scalar()
    return found


def _accepted_on_duties() -> Any:
    parts = tuple_(LETTER_ITEM.c.plan, LETTER_ITEM.c.milestone, LETTER_ITEM.c.period, LETTER_ITEM.c.agency)
    return (
        select(DELIVERY.c.letter, DELIVERY.c.version)
        .join(LETTER_ITEM, LETTER_ITEM.c.letter == DELIVERY.c.letter)
        .where(
            parts.in_(bindparam("duties", expanding=True)),
            or_(LETTER_ITEM.c.dropped_in.is_(None), LETTER_ITEM.c.dropped_in > DELIVERY.c.version),
            DELIVERY.c.channel == bindparam("by_channel"),
            DELIVERY.c.state.in_(sorted(ACCEPTED_STATES)),
        )
        .group_by(DELIVERY.c.letter, DELIVERY.c.version)
        .order_by(func.min(DELIVERY.c.accepted_at), DELIVERY.c.letter, DELIVERY.c.version)
    )


_EARLIER = _accepted_on_duties()  # built once: each letter that leaves asks it


def earlier_letters(
    conn: Connection, obligations: Collection[ObligationKey], channel: Channel
) -> list[tuple[str, int]]:
    """Return (letter, version) of the letters on any of these obligations that `channel` accepted, in that order."""
    asked = {"duties": [tuple(key) for key in obligations], "by_channel": channel}
    return [(row.letter, row.version) for row in conn.execute(_EARLIER, asked)]


def _line(row: Any) -> DeliveryLine:
    return DeliveryLine(
        id=row.id,
        key=DeliveryKey(row.letter, row.version, row.person, row.channel),
        kind=row.kind,
        agency=row.agency,
        tier=row.tier,
        level=Level(row.level),
        day=row.day,
        cc=row.to_or_cc == "cc",
        state=row.state,
        not_before=row.not_before,
        expires_at=row.expires_at,
        next_at=row.next_at,
        attempts=row.attempts,
        unknowns=row.unknowns,
        provider_id=row.provider_id,
        detail=row.detail,
        accepted_at=row.accepted_at,
        finished_at=row.finished_at,
    )


_ANSWERED = select(LETTER.c.kind, LETTER.c.source_seq, LETTER.c.agency).where(LETTER.c.source_seq.is_not(None))


def answered(conn: Connection) -> frozenset[tuple[LetterKind, int, str]]:
    """Return (kind, ledger seq, agency) of every receipt, notice, apology and note composed, withdrawn ones too."""
    return frozenset((row.kind, row.source_seq, row.agency) for row in conn.execute(_ANSWERED))
