"""One more try for what ended badly: new deliveries of a letter's next version; the old ones stay as they ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from daemon.domain.failures import Retried
from daemon.domain.words import Channel, DeliveryState
from daemon.store.dead import ENDED_BADLY
from daemon.store.ledger import NewEntry, Salts, append
from daemon.store.moving import earliest
from daemon.store.tables import DELIVERY, LETTER


def revive(
    conn: Connection,
    letter: str,
    now: datetime,
    salts: Salts,
    *,
    by: str,
    hour: datetime,
    until: datetime | None,
    not_arrived: bool = False,
) -> int:
    """Let the roads of a letter that ended badly be tried anew from `hour` on, until `until`; return how many.

    The letter's version moves on, so that its bytes are written afresh. `not_arrived`: somebody knows that what is
    unknown did not arrive, and it goes again too. One not approved yet is held again. Who asked is entered in the
    ledger; nothing is written for a letter that is withdrawn or has no such road.
    """
    row = conn.execute(select(LETTER).where(LETTER.c.id == letter)).one()
    deliveries = conn.execute(
        select(DELIVERY).where(DELIVERY.c.letter == letter).order_by(DELIVERY.c.version, DELIVERY.c.position)
    ).all()
    ended = _ended_badly(deliveries, not_arrived=not_arrived)
    if row.withdrawn_at is not None or not ended:
        return 0
    version = row.version + 1
    last = max(delivery.position for delivery in deliveries)
    held = row.approval and row.approved_at is None
    conn.execute(update(LETTER).where(LETTER.c.id == letter).values(version=version))
    new = [
        {
            "letter": letter,
            "version": version,
            "person": delivery.person,
            "channel": delivery.channel,
            "to_or_cc": delivery.to_or_cc,
            "position": last + n,
            "state": DeliveryState.HELD if held else DeliveryState.PENDING,
            "not_before": hour,
            "expires_at": until,
            "next_at": until if held else earliest(hour, until),
            "attempts": 0,
            "unknowns": 0,
            "token": 0,
        }
        for n, delivery in enumerate(ended, 1)
    ]
    conn.execute(insert(DELIVERY), new)
    append(conn, [NewEntry(by, None, Retried(letter, version))], now, salts)
    return len(new)


def _ended_badly(deliveries: Sequence[Row[Any]], *, not_arrived: bool) -> list[Row[Any]]:
    """The last delivery by each road, where that ended badly."""
    last: dict[tuple[str, Channel], Row[Any]] = {}
    for delivery in deliveries:
        last[delivery.person, delivery.channel] = delivery
    return [one for one in last.values() if one.state in ENDED_BADLY or (not_arrived and _given_up(one))]


def _given_up(delivery: Row[Any]) -> bool:
    return delivery.state is DeliveryState.UNKNOWN and delivery.next_at is None
