"""Addressees a letter did not reach although others of their agency have it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select

from daemon.domain.failures import GAVE_WAY, Road, Unreached
from daemon.domain.words import Channel, DeliveryState, LetterKind
from daemon.store.dead import ENDED_BADLY, FAILED, REACHED
from daemon.store.tables import ATTEMPT, DELIVERY, LEDGER, LETTER, LETTER_ITEM

_ROWS = (
    select(
        DELIVERY,
        *(ATTEMPT.c.code, ATTEMPT.c.detail.label("said"), ATTEMPT.c.ended_at),
        *(LETTER.c.agency, LETTER.c.composed_at, LEDGER.c.plan.label("of_plan")),
    )
    .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
    .outerjoin(LEDGER, LEDGER.c.seq == LETTER.c.source_seq)
    .outerjoin(ATTEMPT, and_(ATTEMPT.c.delivery == DELIVERY.c.id, ATTEMPT.c.n == DELIVERY.c.attempts))
    .where(
        LETTER.c.kind != LetterKind.NOTE,
        LETTER.c.withdrawn_at.is_(None),
        LETTER.c.id.in_(select(DELIVERY.c.letter).where(FAILED, DELIVERY.c.to_or_cc == "to")),
        exists().where(DELIVERY.c.letter == LETTER.c.id, REACHED).correlate(LETTER),
    )
    .order_by(DELIVERY.c.letter, DELIVERY.c.version, DELIVERY.c.position)
)


def unreached(conn: Connection) -> list[Unreached]:
    """Return each addressee of each letter who did not get it, and cannot any more, while somebody else has.

    What gave way to a paused road is left out: the road was told of.
    """
    missed = list(_missed(conn))
    if not missed:
        return []
    plans = _plans(conn, {row.letter for row in missed})
    reached = _reached(conn, {row.person for row in missed})
    first: dict[tuple[object, ...], datetime] = {}
    found = []
    for row in sorted(missed, key=_ended_at):
        of = plans.get(row.letter) or frozenset({row.of_plan} - {None})
        run = bisect_left(reached.get(row.person, []), _ended_at(row))  # so many letters had reached him by then
        since = first.setdefault((row.person, of, run), _ended_at(row))
        road = Road(
            *(row.person, row.channel, row.state, row.version, row.attempts, _ended_at(row)),
            *(row.code, row.detail or row.said),
        )
        found.append(Unreached(row.letter, row.agency, row.person, of, road, since))
    return found


def _missed(conn: Connection) -> Iterator[Row[Any]]:
    """The last failure of each who was addressed and whose every road failed."""
    people: dict[tuple[str, str], dict[Channel, Row[Any]]] = {}
    for row in conn.execute(_ROWS):  # asked for once more, a road has a second row: only its last one counts
        people.setdefault((row.letter, row.person), {})[row.channel] = row
    for roads in people.values():
        tried = [row for row in roads.values() if row.state is not DeliveryState.CANCELLED]
        told = [row for row in tried if row.detail != GAVE_WAY]
        if told and all(_failed(row) for row in tried) and any(row.to_or_cc == "to" for row in tried):
            yield max(told, key=_ended_at)


def _failed(row: Row[Any]) -> bool:
    return row.state in ENDED_BADLY or (row.state is DeliveryState.UNKNOWN and row.next_at is None)


def _ended_at(row: Row[Any]) -> datetime:
    ended: datetime = row.finished_at or row.ended_at or row.composed_at
    return ended


def _plans(conn: Connection, letters: Collection[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    items = select(LETTER_ITEM.c.letter, LETTER_ITEM.c.plan).where(LETTER_ITEM.c.letter.in_(sorted(letters)))
    for row in conn.execute(items):
        found.setdefault(row.letter, set()).add(row.plan)
    return {letter: frozenset(plans) for letter, plans in found.items()}


def _reached(conn: Connection, people: Collection[str]) -> dict[str, list[datetime]]:
    """When letters reached these people, in order of time."""
    found: dict[str, list[datetime]] = {}
    rows = select(DELIVERY.c.person, DELIVERY.c.accepted_at).where(REACHED, DELIVERY.c.person.in_(sorted(people)))
    for row in conn.execute(rows.order_by(DELIVERY.c.accepted_at)):
        found.setdefault(row.person, []).append(row.accepted_at)
    return found
