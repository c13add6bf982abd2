"""One delivery, one holder at a time: claimed, its bytes frozen, its going recorded, its end written once.

A claim is held for a lease and named by a token. Whoever comes late - a process that was stopped, a letter cancelled
under its holder - finds the token moved on and changes nothing. Before the first byte of content leaves,
`dot_leaving` must be committed: a crash before it is definite, a crash after it is *unknown*.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select, update

from daemon.domain.letters import DeliveryKey
from daemon.domain.words import DeliveryState, LetterKind, Level
from daemon.errors import StoreError
from daemon.store.due import AT, IS_DUE, TURN
from daemon.store.ledger import Salts
from daemon.store.moving import IS_LIVE, earliest, end_attempt, move, tell
from daemon.store.results import Broken, Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.tables import ATTEMPT, CONTENT, DELIVERY, LETTER
from notifiers.base import Phase

ENOUGH = 3
"""How often our own program may fail on one letter before it is set aside, so that it never holds up the others."""

_BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery until `lease_until`. `attempt` counts from 1.

    `again`: an earlier attempt ended unknown, so only the frozen bytes may leave, and only as they are.
    """

    id: int
    key: DeliveryKey
    kind: LetterKind
    token: int
    attempt: int
    lease_until: datetime
    unknowns: int
    expires_at: datetime | None

    @property
    def again(self) -> bool:
        """Say whether somebody may have these bytes already."""
        return self.unknowns > 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """A delivery whose holder ended after its bytes began to leave. `unknowns` counts this attempt too."""

    key: DeliveryKey
    kind: LetterKind
    agency: str
    level: Level
    unknowns: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of claims whose lease had ended: certainly not sent and waiting again, or unknown.

    `given_up`: the letters of which something unknown does not go again by itself.
    """

    pending: int = 0
    unknown: int = 0
    given_up: tuple[str, ...] = field(default=(), compare=False)


# Built once: building and hashing such statements would cost more than running them.
_DUE = (
    select(DELIVERY, LETTER.c.kind, LETTER.c.version.label("current"))
    .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
    .where(IS_DUE)
)
_DUE_FIRST = _DUE.order_by(*TURN).limit(bindparam("most"))
_DUE_AMONG = _DUE_FIRST.where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
_HELD = (
    (DELIVERY.c.id == bindparam("held_id"))
    & (DELIVERY.c.token == bindparam("held_token"))
    & (DELIVERY.c.state == DeliveryState.SENDING)
)
_DELIVERY_HELD = select(DELIVERY).where(_HELD)
_KEPT = (
    (CONTENT.c.letter == bindparam("kept_letter"))
    & (CONTENT.c.version == bindparam("kept_version"))
    & (CONTENT.c.channel == bindparam("kept_channel"))
)
_CONTENT_KEPT = select(CONTENT.c.content).where(_KEPT)
_DOT_LEAVES = (
    update(DELIVERY).where(_HELD, DELIVERY.c.lease_until > AT, exists().where(_KEPT)).values(phase=Phase.CONTENT)
)
_ATTEMPT_LEAVES = (
    update(ATTEMPT)
    .where(ATTEMPT.c.delivery == bindparam("of_delivery"), ATTEMPT.c.n == bindparam("of_n"))
    .values(phase=Phase.CONTENT)
)
_FREEZE, _ATTEMPT = insert(CONTENT), insert(ATTEMPT)


def claim(
    conn: Connection, node: str, now: datetime, lease: timedelta, limit: int, among: Collection[int] | None = None
) -> list[Claim]:
    """Take up to `limit` deliveries that are due, of those `among` these ids, for `lease`, in the order of their turn.

    What is due: pending or, if it is to go again, unknown; its hour come and its usefulness not ended.
    """
    asked = {"at": now, "most": limit}
    if among is None:
        due = conn.execute(_DUE_FIRST, asked).all()
    else:
        due = conn.execute(_DUE_AMONG, asked | {"ids": among}).all()
    return [_take(conn, row, node, now, now + lease) for row in due]


def freeze(conn: Connection, taken: Claim, content: bytes, now: datetime) -> bytes:
    """Keep the bytes of a claimed letter's version for its channel and return them; what was kept first stays."""
    kept = frozen(conn, taken.key)
    if kept is not None:
        return kept
    row = {"content": content, "sha256": sha256(content).hexdigest(), "frozen_at": now}
    letter, version, _, channel = taken.key
    conn.execute(_FREEZE, {"letter": letter, "version": version, "channel": channel} | row)
    return content


def frozen(conn: Connection, key: DeliveryKey) -> bytes | None:
    """Return the bytes kept for a letter's version and channel, None if there are none yet."""
    content: bytes | None = conn.execute(_CONTENT_KEPT, _kept(key)).scalar_one_or_none()
    return content


def dot_leaving(conn: Connection, taken: Claim, now: datetime) -> bool:
    """Record that the bytes are about to leave; commit before they do. False: the claim is stale, send nothing.

    StoreError if the bytes were not frozen first.
    """
    begun = conn.execute(_DOT_LEAVES, {**_held(taken), **_kept(taken.key), "at": now})
    if not begun.rowcount and frozen(conn, taken.key) is None:
        raise StoreError(f"content of {taken.key} leaves before it was frozen")
    if begun.rowcount:
        conn.execute(_ATTEMPT_LEAVES, {"of_delivery": taken.id, "of_n": taken.attempt})
    return bool(begun.rowcount)


def finish(conn: Connection, taken: Claim, result: Result, now: datetime, salts: Salts) -> DeliveryState | None:
    """Write how an attempt ended and return the delivery's state; None if the claim is stale and nothing was written.

    An end state, and each *unknown*, is entered in the ledger in the same transaction. Once an attempt ended unknown,
    a later temporary failure or cancellation leaves the delivery unknown: somebody may have the first copy.
    """
    delivery = conn.execute(_DELIVERY_HELD, _held(taken)).one_or_none()
    if delivery is None:
        return None
    match result:
        case Sent():
            end_attempt(conn, delivery, now, "sent", phase=Phase.ANSWERED, detail=result.detail)
            gone = {"accepted_at": now, "provider_id": result.provider_id, "detail": result.detail}
            move(conn, delivery, DeliveryState.SENT, now, **gone)
            tell(conn, delivery, DeliveryState.SENT, now, salts, detail=result.detail)
            return DeliveryState.SENT
        case Temporary():
            _end(conn, delivery, now, "temporary", result)
            return _wait(conn, delivery, now, result.retry_at, result.detail)
        case Refused():
            _end(conn, delivery, now, "refused", result)
            move(conn, delivery, DeliveryState.REFUSED, now, detail=result.detail)
            tell(conn, delivery, DeliveryState.REFUSED, now, salts, detail=result.detail)
            return DeliveryState.REFUSED
        case Unknown():
            _end(conn, delivery, now, "unknown", result)
            return _doubt(conn, delivery, now, salts, retry_at=result.retry_at, detail=result.detail)
        case Cancelled():
            return _cancel(conn, delivery, now, salts, result.detail)
        case Broken():
            return _set_aside(conn, delivery, now, salts, result)


def recover(
    conn: Connection,
    now: datetime,
    salts: Salts,
    resend_at: Callable[[Stuck], datetime | None],
    in_hand: Collection[int] = (),
) -> Recovered:
    """Resolve the claims whose lease has ended: what had not begun to leave waits again, the rest is unknown.

    `resend_at` says when the same bytes go again to somebody who may have them already; None: never. `in_hand`: ids
    of deliveries the caller itself still hands over; their answer will come, however late.
    """
    ended = conn.execute(
        select(DELIVERY, LETTER.c.kind, LETTER.c.agency, LETTER.c.level)
        .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
        .where(
            IS_LIVE,
            DELIVERY.c.next_at <= now,
            DELIVERY.c.lease_until <= now,
            DELIVERY.c.state == DeliveryState.SENDING,
            DELIVERY.c.id.not_in(sorted(in_hand)),
        )
    ).all()
    pending, given_up = 0, []
    for delivery in ended:
        end_attempt(conn, delivery, now, "lease ended")
        if delivery.phase is None:
            state = _wait(conn, delivery, now, now, delivery.detail)
            pending += state is DeliveryState.PENDING
        else:
            retry_at = resend_at(_stuck(delivery))
            if _in_time(delivery, retry_at) is None:
                given_up.append(delivery.letter)
            _doubt(conn, delivery, now, salts, retry_at=retry_at, detail="the process ended before the answer came")
    return Recovered(pending, len(ended) - pending, tuple(dict.fromkeys(given_up)))


def _stuck(row: Row[Any]) -> Stuck:
    key = DeliveryKey(row.letter, row.version, row.person, row.channel)
    return Stuck(key, row.kind, row.agency, Level(row.level), row.unknowns + 1, row.expires_at)


def _take(conn: Connection, row: Row[Any], node: str, now: datetime, until: datetime) -> Claim:
    version = row.version if row.unknowns else row.current
    attempt = row.attempts + 1
    lease = {"lease_by": node, "lease_until": until, "next_at": until}
    move(conn, row, DeliveryState.SENDING, now, attempts=attempt, version=version, **lease)
    conn.execute(_ATTEMPT, {"delivery": row.id, "n": attempt, "version": version, "node": node, "started_at": now})
    key = DeliveryKey(row.letter, version, row.person, row.channel)
    return Claim(row.id, key, row.kind, row.token + 1, attempt, until, row.unknowns, row.expires_at)


def _kept(key: DeliveryKey) -> dict[str, Any]:
    return {"kept_letter": key.letter, "kept_version": key.version, "kept_channel": key.channel}


def _held(taken: Claim) -> dict[str, int]:
    return {"held_id": taken.id, "held_token": taken.token}


def _end(
    conn: Connection, delivery: Row[Any], now: datetime, outcome: str, result: Temporary | Refused | Unknown
) -> None:
    reached = {"phase": result.phase} if result.phase is not None else {}
    end_attempt(conn, delivery, now, outcome, code=result.code, detail=result.detail, **reached)


def _wait(
    conn: Connection, delivery: Row[Any], now: datetime, retry_at: datetime | None, detail: str | None
) -> DeliveryState:
    if delivery.unknowns:
        move(conn, delivery, DeliveryState.UNKNOWN, now, next_at=_in_time(delivery, retry_at), detail=detail)
        return DeliveryState.UNKNOWN
    next_at = earliest(retry_at, delivery.expires_at)
    move(conn, delivery, DeliveryState.PENDING, now, next_at=next_at, detail=detail)
    return DeliveryState.PENDING


def _doubt(
    conn: Connection, delivery: Row[Any], now: datetime, salts: Salts, *, retry_at: datetime | None, detail: str
) -> DeliveryState:
    doubt = {"unknowns": delivery.unknowns + 1, "detail": detail, "next_at": _in_time(delivery, retry_at)}
    move(conn, delivery, DeliveryState.UNKNOWN, now, **doubt)
    tell(conn, delivery, DeliveryState.UNKNOWN, now, salts, detail=detail)
    return DeliveryState.UNKNOWN


def _set_aside(conn: Connection, delivery: Row[Any], now: datetime, salts: Salts, broken: Broken) -> DeliveryState:
    """Refuse a letter our own program has failed on `ENOUGH` times; before that it may be tried again."""
    end_attempt(conn, delivery, now, _BROKEN, detail=broken.detail)
    if delivery.phase is not None:
        return _doubt(conn, delivery, now, salts, retry_at=broken.resend_at, detail=broken.detail)
    same = (ATTEMPT.c.delivery == delivery.id, ATTEMPT.c.outcome == _BROKEN)
    times = conn.execute(select(func.count()).select_from(ATTEMPT).where(*same)).scalar_one()
    if times < ENOUGH or delivery.unknowns:  # of what may have arrived, sending it again is given up
        return _wait(conn, delivery, now, broken.retry_at if times < ENOUGH else None, broken.detail)
    move(conn, delivery, DeliveryState.REFUSED, now, detail=broken.detail)
    tell(conn, delivery, DeliveryState.REFUSED, now, salts, detail=broken.detail)
    return DeliveryState.REFUSED


def _cancel(conn: Connection, delivery: Row[Any], now: datetime, salts: Salts, detail: str) -> DeliveryState:
    if delivery.phase is not None:
        raise ValueError("what may have left is not cancelled")
    end_attempt(conn, delivery, now, "cancelled", detail=detail)
    if delivery.unknowns:
        move(conn, delivery, DeliveryState.UNKNOWN, now)
        return DeliveryState.UNKNOWN
    move(conn, delivery, DeliveryState.CANCELLED, now, detail=detail)
    tell(conn, delivery, DeliveryState.CANCELLED, now, salts, detail=detail)
    return DeliveryState.CANCELLED


def _in_time(delivery: Row[Any], retry_at: datetime | None) -> datetime | None:
    in_time = retry_at is not None and (delivery.expires_at is None or retry_at < delivery.expires_at)
    return retry_at if in_time else None
