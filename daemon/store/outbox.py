"""Letters into the outbox, each whole or not at all: the database refuses what it has already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from daemon.domain.letters import Letter
from daemon.domain.words import Channel, DeliveryState, LetterKind
from daemon.store.engine import is_second_time
from daemon.store.ledger import Salts
from daemon.store.letters import item_columns
from daemon.store.moving import earliest
from daemon.store.settling import withdraw
from daemon.store.tables import DELIVERY, LETTER, LETTER_ITEM


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One envelope of a new letter. It leaves not before `not_before` and not at or after `expires_at`."""

    person: str
    channel: Channel
    not_before: datetime
    expires_at: datetime | None = None
    cc: bool = False


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to put into the outbox. `id` comes from an injected source; `held`: waits for an approval.

    `source_seq`: the ledger entry a receipt, notice, apology or note answers; a reminder has none.
    `letter.replaces` are letters that only wait: they are withdrawn as this one comes in.
    """

    id: str
    letter: Letter
    deliveries: tuple[NewDelivery, ...]
    held: bool = False
    source_seq: int | None = None


class _NoLongerWaiting(Exception):
    """A letter to be replaced has left, or may have."""


def enqueue(conn: Connection, letters: Sequence[NewLetter], now: datetime, salts: Salts) -> list[str]:
    """Put letters into the outbox; return the ids of those that came in, in order.

    A letter is left out whole when one of its keys is there already (an item's step, a notice's ledger entry, its
    own id), or when a letter it replaces has left meanwhile: another planner, or an earlier tick, was first.
    """
    came_in = []
    for new in letters:
        try:
            with conn.begin_nested():
                _withdraw_replaced(conn, new, now, salts)
                _insert(conn, new, now)
                _name_successor(conn, new)
        except IntegrityError as error:
            if not is_second_time(error):
                raise
        except _NoLongerWaiting:
            continue
        else:
            came_in.append(new.id)
    return came_in


def _withdraw_replaced(conn: Connection, new: NewLetter, now: datetime, salts: Salts) -> None:
    for old in new.letter.replaces:
        sending = exists().where(DELIVERY.c.letter == old, DELIVERY.c.state == DeliveryState.SENDING)
        if (
            conn.execute(select(sending)).scalar()
            or not withdraw(conn, old, now, salts, f"replaced by {new.id}").withdrawn
        ):
            raise _NoLongerWaiting


def _name_successor(conn: Connection, new: NewLetter) -> None:
    if new.letter.replaces:
        conn.execute(update(LETTER).where(LETTER.c.id.in_(new.letter.replaces)).values(replaced_by=new.id))


def _insert(conn: Connection, new: NewLetter, now: datetime) -> None:
    letter = new.letter
    plan, milestone, period = letter.milestone or (None, None, None)
    conn.execute(
        insert(LETTER),
        {
            "id": new.id,
            "kind": letter.kind,
            "agency": letter.agency,
            "tier": letter.tier,
            "day": letter.day,
            "n": _number(conn, letter),
            "level": int(letter.level),
            "send_at": letter.send_at,
            "composed_at": now,
            "version": 1,
            "due_at": min((item.deadline.due_at for item in letter.items), default=None),
            "approval": letter.approval,
            "plan": plan,
            "milestone": milestone,
            "period": period,
            "source_seq": new.source_seq,
        },
    )
    items = [
        {"letter": new.id, "position": n, "kind": letter.kind, "withdrawn": False} | item_columns(item)
        for n, item in enumerate(letter.items)
    ]
    if items:
        conn.execute(insert(LETTER_ITEM), items)
    deliveries = [_delivery_columns(new, n, delivery) for n, delivery in enumerate(new.deliveries)]
    if deliveries:
        conn.execute(insert(DELIVERY), deliveries)


def _delivery_columns(new: NewLetter, position: int, delivery: NewDelivery) -> dict[str, Any]:
    return {
        "letter": new.id,
        "version": 1,
        "person": delivery.person,
        "channel": delivery.channel,
        "to_or_cc": "cc" if delivery.cc else "to",
        "position": position,
        "state": DeliveryState.HELD if new.held else DeliveryState.PENDING,
        "not_before": delivery.not_before,
        "expires_at": delivery.expires_at,
        "next_at": delivery.expires_at if new.held else earliest(delivery.not_before, delivery.expires_at),
        "attempts": 0,
        "unknowns": 0,
        "token": 0,
    }


def _number(conn: Connection, letter: Letter) -> int:
    if letter.kind is not LetterKind.REMINDER:
        return 1
    same = (LETTER.c.agency == letter.agency, LETTER.c.tier == letter.tier, LETTER.c.day == letter.day)
    last = conn.execute(select(func.max(LETTER.c.n)).where(LETTER.c.kind == LetterKind.REMINDER, *same)).scalar()
    return (last or 0) + 1
