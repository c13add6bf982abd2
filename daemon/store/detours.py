"""Letters that wait for a paused road: read with all their roads, and taken off the one that is given up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from daemon.domain.failures import GAVE_WAY
from daemon.domain.words import Channel, DeliveryState
from daemon.store.ledger import Salts
from daemon.store.moving import IS_LIVE, move, tell
from daemon.store.tables import DELIVERY

_FAILED = frozenset({DeliveryState.REFUSED, DeliveryState.BOUNCED, DeliveryState.EXPIRED, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One delivery that waits although its hour has come."""

    id: int
    person: str
    channel: Channel
    not_before: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stranded:
    """A letter nobody has, or may have, and of which nothing is under way: what waits, and every road it has."""

    letter: str
    waiting: tuple[Waiting, ...]
    roads: frozenset[tuple[str, Channel]]


def stranded(conn: Connection, channels: Collection[Channel], now: datetime) -> list[Stranded]:
    """Return the letters nobody has yet of which something waits by one of `channels`."""
    due = (IS_LIVE, DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.not_before <= now)
    letters = select(DELIVERY.c.letter).where(*due, DELIVERY.c.channel.in_(sorted(channels)))
    rows = conn.execute(select(DELIVERY).where(DELIVERY.c.letter.in_(letters)).order_by(DELIVERY.c.id)).all()
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.letter, []).append(row)
    return [_stranded(letter, known) for letter, known in found.items() if all(_is_open(row) for row in known)]


def give_up(conn: Connection, deliveries: Collection[int], now: datetime, salts: Salts) -> int:
    """Refuse what still waits of these deliveries, in favour of another road; return how many did."""
    rows = conn.execute(
        select(DELIVERY)
        .where(DELIVERY.c.id.in_(sorted(deliveries)), DELIVERY.c.state == DeliveryState.PENDING)
        .order_by(DELIVERY.c.id)
    ).all()
    for row in rows:
        move(conn, row, DeliveryState.REFUSED, now, detail=GAVE_WAY)
        tell(conn, row, DeliveryState.REFUSED, now, salts, detail=GAVE_WAY)
    return len(rows)


def _is_open(row: Row[Any]) -> bool:
    """It waits, or failed so that another road may be taken; what Zalo left unknown counts as not delivered."""
    unknown = row.state is DeliveryState.UNKNOWN and row.channel is Channel.ZALO and row.next_at is None
    return row.state is DeliveryState.PENDING or row.state in _FAILED or unknown


def _stranded(letter: str, rows: list[Row[Any]]) -> Stranded:
    waiting = [row for row in rows if row.state is DeliveryState.PENDING]
    return Stranded(
        letter,
        tuple(Waiting(row.id, row.person, row.channel, row.not_before, row.expires_at) for row in waiting),
        frozenset((row.person, row.channel) for row in rows),
    )
