"""A letter that was accepted and did not arrive: *sent* becomes *bounced*, and the key that shows who says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from daemon.domain.letters import DeliveryKey
from daemon.domain.words import ACCEPTED_STATES, Channel, DeliveryState
from daemon.store.ledger import Salts
from daemon.store.moving import IS_LIVE, move, tell
from daemon.store.side_tables import BOUNCE_KEY
from daemon.store.tables import ATTEMPT, DELIVERY


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """An e-mail a server accepted. `open`: nothing has been heard of it since."""

    id: int
    key: DeliveryKey
    open: bool


def bounce_key(conn: Connection, now: datetime, fresh: Callable[[], bytes]) -> bytes:
    """Return the key of envelope tokens and fingerprints, made from 32 bytes of `fresh` when first asked for."""
    kept = known_key(conn)
    if kept is not None:
        return kept
    secret = fresh()
    conn.execute(insert(BOUNCE_KEY), {"one": 1, "secret": secret, "made_at": now})
    return secret


def known_key(conn: Connection) -> bytes | None:
    """Return the key, None if none was made yet."""
    kept: bytes | None = conn.execute(select(BOUNCE_KEY.c.secret)).scalar_one_or_none()
    return kept


def accepted_since(conn: Connection, since: datetime) -> list[AcceptedMail]:
    """Return the e-mails accepted at or after `since`, bounced ones too, in the order of their acceptance."""
    return _accepted(conn, DELIVERY.c.accepted_at >= since)


def accepted_mail(conn: Connection, delivery: int) -> AcceptedMail | None:
    """Return one e-mail, None if there is none of this id or no server has accepted it."""
    return next(iter(_accepted(conn, DELIVERY.c.id == delivery)), None)


def under_way(conn: Connection) -> list[AcceptedMail]:
    """Return the e-mails being handed over: what a server answered, if it has, is not written yet."""
    sending = (DELIVERY.c.channel == Channel.EMAIL, DELIVERY.c.state == DeliveryState.SENDING)
    return [_mail(row) for row in conn.execute(select(DELIVERY).where(IS_LIVE, *sending))]


def bounce(conn: Connection, delivery: int, at: datetime, status: str, detail: str, salts: Salts) -> DeliveryKey | None:
    """Write that an accepted delivery did not arrive and return its key; None if it was not *sent*: nothing is done.

    `status` is the enhanced code ("5.1.1"), `detail` the far side's words without any address; both go into the ledger.
    """
    row = conn.execute(select(DELIVERY).where(DELIVERY.c.id == delivery)).one_or_none()
    if row is None or row.state is not DeliveryState.SENT:
        return None
    said = detail if detail.startswith(status) else f"{status} {detail}".strip()
    move(conn, row, DeliveryState.BOUNCED, at, detail=said)
    tell(conn, row, DeliveryState.BOUNCED, at, salts, detail=said)
    return DeliveryKey(row.letter, row.version, row.person, row.channel)


def note_report(conn: Connection, delivery: int, said: str) -> None:
    """Add what a report said to the last attempt of a delivery; a report heard twice is kept once."""
    row = conn.execute(
        select(ATTEMPT).where(ATTEMPT.c.delivery == delivery).order_by(ATTEMPT.c.n.desc()).limit(1)
    ).one_or_none()
    if row is None or said in (row.detail or ""):
        return
    this = (ATTEMPT.c.delivery == delivery, ATTEMPT.c.n == row.n)
    conn.execute(update(ATTEMPT).where(*this).values(detail="; ".join(filter(None, (row.detail, said)))))


def _accepted(conn: Connection, wanted: ColumnElement[bool]) -> list[AcceptedMail]:
    rows = conn.execute(
        select(DELIVERY)
        .where(wanted, DELIVERY.c.channel == Channel.EMAIL, DELIVERY.c.state.in_(sorted(ACCEPTED_STATES)))
        .order_by(DELIVERY.c.accepted_at, DELIVERY.c.id)
    )
    return [_mail(row) for row in rows]


def _mail(row: Row[Any]) -> AcceptedMail:
    key = DeliveryKey(row.letter, row.version, row.person, row.channel)
    return AcceptedMail(row.id, key, row.state is DeliveryState.SENT)
