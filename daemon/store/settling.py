"""What a changed record, an approval or the clock does to letters that wait: withdrawn, shortened, let go, expired."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from daemon.domain.letters import ItemKey
from daemon.domain.words import DeliveryState
from daemon.store.ledger import Salts
from daemon.store.letters import item_key
from daemon.store.moving import IS_LIVE, earliest, end_attempt, maybe_gone, move, tell
from daemon.store.tables import DELIVERY, LETTER, LETTER_ITEM


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a letter: deliveries cancelled; `withdrawn` when nobody can have it, so that its steps are free.

    `version` is the one to be rendered next.
    """

    version: int
    cancelled: int = 0
    withdrawn: bool = False


def withdraw(conn: Connection, letter: str, now: datetime, salts: Salts, detail: str | None = None) -> Settled:
    """Cancel every delivery of a letter whose bytes have not begun to leave; give up sending again what is unknown.

    If nobody can have any of it, the letter is withdrawn and its items' keys are free. Nothing to do: no write.
    """
    row = conn.execute(select(LETTER).where(LETTER.c.id == letter)).one()
    if row.withdrawn_at is not None:
        return Settled(row.version, withdrawn=True)
    cancelled = 0
    for delivery in _live(conn, letter):
        if delivery.state is DeliveryState.UNKNOWN or delivery.unknowns:
            _give_up_resend(conn, delivery, now)
        elif delivery.phase is None:
            if delivery.state is DeliveryState.SENDING:
                end_attempt(conn, delivery, now, "cancelled")
            move(conn, delivery, DeliveryState.CANCELLED, now, detail=detail)
            tell(conn, delivery, DeliveryState.CANCELLED, now, salts, detail=detail)
            cancelled += 1
    if maybe_gone(conn, letter):
        return Settled(row.version, cancelled)
    conn.execute(update(LETTER).where(LETTER.c.id == letter).values(withdrawn_at=now, due_at=None))
    conn.execute(
        update(LETTER_ITEM)
        .where(LETTER_ITEM.c.letter == letter, LETTER_ITEM.c.dropped_in.is_(None))
        .values(withdrawn=True, dropped_in=row.version + 1)
    )
    return Settled(row.version, cancelled, withdrawn=True)


def drop_items(conn: Connection, letter: str, keys: Collection[ItemKey], now: datetime, salts: Salts) -> Settled:
    """Take items out of a letter: what has not left yet is rendered without them, as the next version.

    Their keys are free again if nobody can have them. A letter that would be empty is withdrawn.
    """
    row = conn.execute(select(LETTER).where(LETTER.c.id == letter)).one()
    items = conn.execute(
        select(LETTER_ITEM).where(LETTER_ITEM.c.letter == letter, LETTER_ITEM.c.dropped_in.is_(None))
    ).all()
    dropped = [item.position for item in items if item_key(item) in keys]
    if not dropped:
        return Settled(row.version)
    if len(dropped) == len(items):
        return withdraw(conn, letter, now, salts)
    version = row.version + 1
    conn.execute(
        update(LETTER_ITEM)
        .where(LETTER_ITEM.c.letter == letter, LETTER_ITEM.c.position.in_(dropped))
        .values(dropped_in=version, withdrawn=not maybe_gone(conn, letter))
    )
    due_at = min(item.due_at for item in items if item.position not in dropped)
    conn.execute(update(LETTER).where(LETTER.c.id == letter).values(version=version, due_at=due_at))
    for delivery in _live(conn, letter):
        if delivery.state is DeliveryState.UNKNOWN or (delivery.unknowns and delivery.phase is None):
            _give_up_resend(conn, delivery, now)
        elif delivery.state is DeliveryState.SENDING and delivery.phase is None:
            end_attempt(conn, delivery, now, "superseded")
            move(conn, delivery, DeliveryState.PENDING, now, next_at=now)
    return Settled(version)


def release(conn: Connection, letter: str, now: datetime, *, not_before: datetime | None = None) -> int:
    """Let a held letter go, not before `not_before` if given; return how many deliveries it sets going."""
    held = [row for row in _live(conn, letter) if row.state is DeliveryState.HELD]
    for delivery in held:
        start = max(delivery.not_before, not_before or delivery.not_before)
        next_at = earliest(start, delivery.expires_at)
        move(conn, delivery, DeliveryState.PENDING, now, not_before=start, next_at=next_at)
    return len(held)


def approve(conn: Connection, letter: str, by: str, now: datetime, *, not_before: datetime | None = None) -> bool:
    """Record who approved a letter and let it go; False if it was approved or withdrawn before: nothing is written."""
    approved = conn.execute(
        update(LETTER)
        .where(LETTER.c.id == letter, LETTER.c.approved_at.is_(None), LETTER.c.withdrawn_at.is_(None))
        .values(approved_at=now, approved_by=by)
    )
    if approved.rowcount:
        release(conn, letter, now, not_before=not_before)
    return bool(approved.rowcount)


def expire(conn: Connection, now: datetime, salts: Salts) -> int:
    """End what waits and would no longer be of use; return how many deliveries expired.

    What is unknown stays unknown: only sending it again is given up.
    """
    over = conn.execute(
        select(DELIVERY).where(
            IS_LIVE,
            DELIVERY.c.next_at <= now,
            DELIVERY.c.expires_at <= now,
            DELIVERY.c.state != DeliveryState.SENDING,
        )
    ).all()
    expired = 0
    for delivery in over:
        if delivery.state is DeliveryState.UNKNOWN:
            _give_up_resend(conn, delivery, now)
        else:
            move(conn, delivery, DeliveryState.EXPIRED, now)
            tell(conn, delivery, DeliveryState.EXPIRED, now, salts)
            expired += 1
    return expired


def _live(conn: Connection, letter: str) -> Sequence[Row[Any]]:
    return conn.execute(
        select(DELIVERY).where(DELIVERY.c.letter == letter, IS_LIVE).order_by(DELIVERY.c.position)
    ).all()


def _give_up_resend(conn: Connection, delivery: Row[Any], now: datetime) -> None:
    if delivery.state is DeliveryState.UNKNOWN:
        if delivery.next_at is not None:
            conn.execute(update(DELIVERY).where(DELIVERY.c.id == delivery.id).values(next_at=None))
    elif delivery.phase is None:
        end_attempt(conn, delivery, now, "cancelled")
        move(conn, delivery, DeliveryState.UNKNOWN, now)
