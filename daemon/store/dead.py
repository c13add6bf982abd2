"""The dead set: letters nobody got and nothing is trying to deliver any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from daemon.domain.failures import DeadLetter, Road
from daemon.domain.letters import ItemKey
from daemon.domain.words import REACHED_STATES, Channel, DeliveryState, LetterKind, Level
from daemon.store.letters import item_key
from daemon.store.moving import IS_LIVE
from daemon.store.tables import ATTEMPT, DELIVERY, LEDGER, LETTER, LETTER_ITEM

ENDED_BADLY = (DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.BOUNCED)
GIVEN_UP: ColumnElement[bool] = and_(DELIVERY.c.state == DeliveryState.UNKNOWN, DELIVERY.c.next_at.is_(None))
"""May have arrived, and does not go again by itself."""

FAILED: ColumnElement[bool] = or_(DELIVERY.c.state.in_(ENDED_BADLY), GIVEN_UP)
HOPEFUL: ColumnElement[bool] = and_(~FAILED, DELIVERY.c.state != DeliveryState.CANCELLED)
"""Somebody has the letter by this road, or may yet get it."""
REACHED: ColumnElement[bool] = DELIVERY.c.state.in_(sorted(REACHED_STATES))
"""Somebody has it."""


_DEAD = (  # built once: it is asked at each tick
    select(LETTER, LEDGER.c.plan.label("of_plan"))
    .outerjoin(LEDGER, LEDGER.c.seq == LETTER.c.source_seq)
    .where(
        LETTER.c.withdrawn_at.is_(None),
        LETTER.c.id.in_(select(DELIVERY.c.letter).where(FAILED)),
        ~exists().where(DELIVERY.c.letter == LETTER.c.id, HOPEFUL),
    )
)


_NOTES_REACHED = (
    select(LETTER.c.agency, func.max(DELIVERY.c.accepted_at).label("reached_at"))
    .join(DELIVERY, DELIVERY.c.letter == LETTER.c.id)
    .where(LETTER.c.kind == LetterKind.NOTE, REACHED)
    .group_by(LETTER.c.agency)
)


_NOTES_UNDER_WAY = (
    select(LETTER.c.agency, LETTER.c.send_at)
    .where(
        LETTER.c.kind == LetterKind.NOTE,
        LETTER.c.withdrawn_at.is_(None),
        LETTER.c.id.in_(select(DELIVERY.c.letter).where(IS_LIVE, HOPEFUL)),
        ~exists().where(DELIVERY.c.letter == LETTER.c.id, REACHED),
    )
    .order_by(LETTER.c.send_at)
)


def dead_letters(conn: Connection, letters: Collection[str] | None = None) -> list[DeadLetter]:
    """Return the dead letters, or those of `letters` that are dead, the latest death first."""
    if letters is None:
        rows = conn.execute(_DEAD).all()
    else:
        rows = conn.execute(_DEAD.where(LETTER.c.id.in_(sorted(letters)))).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    roads = _roads(conn, ids)
    items = _items(conn, ids)
    found = [_dead(row, items.get(row.id, []), roads[row.id]) for row in rows]
    return sorted(found, key=lambda dead: (dead.died_at, dead.id), reverse=True)


def notes_reached(conn: Connection) -> Mapping[str, datetime]:
    """Return by collector when a note last reached it."""
    return {row.agency: row.reached_at for row in conn.execute(_NOTES_REACHED)}


def notes_under_way(conn: Connection) -> list[tuple[str, datetime]]:
    """Return, of each note nobody has yet and somebody may still get, whose it is and since when it is to leave."""
    return [(row.agency, row.send_at) for row in conn.execute(_NOTES_UNDER_WAY)]


def at_work(conn: Connection, now: datetime, channels: Collection[Channel]) -> bool:
    """Say whether a letter is being handed over by one of `channels`, or is about to be."""
    due = or_(DELIVERY.c.state == DeliveryState.SENDING, DELIVERY.c.next_at <= now)
    waits = exists().where(IS_LIVE, due, DELIVERY.c.channel.in_(sorted(channels)))
    return bool(conn.execute(select(waits)).scalar())


def _roads(conn: Connection, ids: list[str]) -> dict[str, list[Road]]:
    rows = conn.execute(
        select(DELIVERY, ATTEMPT.c.code, ATTEMPT.c.detail.label("said"), ATTEMPT.c.ended_at, LETTER.c.composed_at)
        .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
        .outerjoin(ATTEMPT, and_(ATTEMPT.c.delivery == DELIVERY.c.id, ATTEMPT.c.n == DELIVERY.c.attempts))
        .where(DELIVERY.c.letter.in_(ids), FAILED)
        .order_by(DELIVERY.c.letter, DELIVERY.c.position)
    )
    found: dict[str, dict[tuple[str, Channel], Road]] = {}
    for row in rows:
        ended_at = row.finished_at or row.ended_at or row.composed_at
        road = Road(
            row.person, row.channel, row.state, row.version, row.attempts, ended_at, row.code, row.detail or row.said
        )
        known = found.setdefault(row.letter, {})
        if (older := known.get((row.person, row.channel))) is None or older.version < road.version:
            known[row.person, row.channel] = road
    return {letter: list(known.values()) for letter, known in found.items()}


def _items(conn: Connection, ids: list[str]) -> dict[str, list[ItemKey]]:
    rows = conn.execute(
        select(LETTER_ITEM)
        .join(LETTER, LETTER.c.id == LETTER_ITEM.c.letter)
        .where(LETTER_ITEM.c.letter.in_(ids))
        .where(or_(LETTER_ITEM.c.dropped_in.is_(None), LETTER_ITEM.c.dropped_in > LETTER.c.version))
        .order_by(LETTER_ITEM.c.letter, LETTER_ITEM.c.position)
    )
    found: dict[str, list[ItemKey]] = {}
    for row in rows:
        found.setdefault(row.letter, []).append(item_key(row))
    return found


def _dead(row: Row[Any], items: list[ItemKey], roads: list[Road]) -> DeadLetter:
    plans = {item.obligation.plan for item in items} or {row.of_plan} - {None}
    return DeadLetter(
        id=row.id,
        kind=row.kind,
        agency=row.agency,
        tier=row.tier,
        level=Level(row.level),
        day=row.day,
        plans=frozenset(plans),
        items=tuple(items),
        roads=tuple(roads),
    )
