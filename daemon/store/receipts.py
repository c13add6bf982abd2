"""Deliveries that were accepted and may yet be confirmed: which to ask about, and what a confirmation changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from daemon.domain.words import Channel, DeliveryState
from daemon.store.ledger import Salts
from daemon.store.moving import move, tell
from daemon.store.tables import DELIVERY


@dataclass(frozen=True, slots=True)
class Awaiting:
    """One accepted delivery. `provider_id`: the far side's own name for it."""

    delivery: int
    provider_id: str
    accepted_at: datetime


def deliveries_awaiting_receipt(conn: Connection, channel: Channel, since: datetime) -> list[Awaiting]:
    """Return what a channel accepted after `since` under a name of its own, not yet confirmed; the oldest first."""
    rows = conn.execute(
        select(DELIVERY.c.id, DELIVERY.c.provider_id, DELIVERY.c.accepted_at)
        .where(
            DELIVERY.c.state == DeliveryState.SENT,
            DELIVERY.c.channel == channel,
            DELIVERY.c.provider_id.is_not(None),
            DELIVERY.c.accepted_at > since,
        )
        .order_by(DELIVERY.c.accepted_at, DELIVERY.c.id)
    )
    return [Awaiting(row.id, row.provider_id, row.accepted_at) for row in rows]


def mark_delivered(conn: Connection, delivery_id: int, at: datetime, salts: Salts) -> bool:
    """Take a sent delivery to *delivered* at `at` and enter it in the ledger; False if it is no longer just sent."""
    delivery = conn.execute(
        select(DELIVERY).where(DELIVERY.c.id == delivery_id, DELIVERY.c.state == DeliveryState.SENT)
    ).one_or_none()
    if delivery is None:
        return False
    move(conn, delivery, DeliveryState.DELIVERED, at)
    tell(conn, delivery, DeliveryState.DELIVERED, at, salts)
    return True
