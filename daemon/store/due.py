"""What is due and where it may go instead: letters whose hour has not come are put off, further roads are added."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, bindparam, case, insert, or_, select, update

from daemon.domain.words import Channel, DeliveryState
from daemon.store.columns import Instant
from daemon.store.moving import IS_LIVE, earliest
from daemon.store.tables import ATTEMPT, DELIVERY, LETTER

WAITING = IS_LIVE & DELIVERY.c.state.in_((DeliveryState.PENDING, DeliveryState.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose turn has come, as a worker's queue needs it."""

    id: int
    letter: str
    person: str
    channel: Channel
    agency: str
    attempts: int = 0


AT: BindParameter[datetime] = bindparam("at", type_=Instant)
"""The instant a statement is asked about: built once, for such statements cost more to build than to run."""
IS_DUE = WAITING & (DELIVERY.c.next_at <= AT) & or_(DELIVERY.c.expires_at.is_(None), DELIVERY.c.expires_at > AT)
"""A delivery that may be claimed: its hour come, its usefulness not ended."""
TURN: tuple[ColumnElement[Any], ...] = (
    case((LETTER.c.due_at > AT, 0), (LETTER.c.due_at <= AT, 1), else_=2),
    *(LETTER.c.due_at, LETTER.c.send_at, DELIVERY.c.letter, DELIVERY.c.position),
)
"""The order in which deliveries leave: nearest deadline first, then most overdue, then what has none."""
_DUE = (
    select(DELIVERY.c.id, DELIVERY.c.letter, DELIVERY.c.person, DELIVERY.c.channel, LETTER.c.agency)
    .add_columns(DELIVERY.c.attempts)
    .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
    .where(IS_DUE)
    .order_by(*TURN)
)


def due_deliveries(conn: Connection, now: datetime) -> list[Due]:
    """Return what may be claimed at `now`, in the order of its turn."""
    return [Due(*row) for row in conn.execute(_DUE, {"at": now})]


class Waiting(NamedTuple):
    """A delivery that is to leave, from the instant `at` on."""

    letter: str
    agency: str
    at: datetime


def waiting(conn: Connection, letters: Collection[str]) -> list[Waiting]:
    """Return what of these letters is still to leave, in order of time."""
    found = (
        select(DELIVERY.c.letter, LETTER.c.agency, DELIVERY.c.next_at)
        .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
        .where(WAITING, DELIVERY.c.next_at.is_not(None), DELIVERY.c.letter.in_(sorted(letters)))
        .order_by(DELIVERY.c.next_at)
    )
    return [Waiting(*row) for row in conn.execute(found)]


def starts_since(conn: Connection, channel: Channel, since: datetime) -> list[tuple[datetime, str, str]]:
    """Return (instant, agency, person) of each attempt by a channel from `since` on, oldest first."""
    rows = conn.execute(
        select(ATTEMPT.c.started_at, LETTER.c.agency, DELIVERY.c.person)
        .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery)
        .join(LETTER, LETTER.c.id == DELIVERY.c.letter)
        .where(DELIVERY.c.channel == channel, ATTEMPT.c.started_at >= since)
        .order_by(ATTEMPT.c.started_at)
    )
    return [(row.started_at, row.agency, row.person) for row in rows]


def postpone(conn: Connection, letter: str, until: datetime, now: datetime) -> int:
    """Put a letter's due deliveries off to `until`, or to the end of their usefulness; return how many."""
    due = conn.execute(
        select(DELIVERY.c.id, DELIVERY.c.expires_at).where(
            WAITING, DELIVERY.c.letter == letter, DELIVERY.c.next_at <= now
        )
    ).all()
    for row in due:
        next_at = earliest(until, row.expires_at)
        conn.execute(update(DELIVERY).where(DELIVERY.c.id == row.id, WAITING).values(next_at=next_at))
    return len(due)


class Fallen(NamedTuple):
    """What has failed of a letter. `tried`: every road it has; `people`: addressees all of whose roads failed for good.

    `nobody`: so did everybody's, those of the copies too.
    """

    tried: frozenset[tuple[str, Channel]]
    people: tuple[str, ...]
    nobody: bool


def fallen(conn: Connection, letter: str) -> Fallen:
    """Return whom a letter did not reach and cannot any more by the roads it has."""
    found = conn.execute(
        select(DELIVERY).where(DELIVERY.c.letter == letter).order_by(DELIVERY.c.version, DELIVERY.c.position)
    )
    # Asked for once more, a road has a second row: only its last one counts.
    rows = {(row.person, row.channel): row for row in found}
    open_to = {person for (person, _), row in rows.items() if not _failed_for_good(row)}
    people = dict.fromkeys(row.person for row in rows.values() if row.to_or_cc == "to" and row.person not in open_to)
    return Fallen(frozenset(rows), tuple(people), nobody=not open_to)


def _failed_for_good(row: Row[Any]) -> bool:
    # What Zalo left unknown is not sent again and counts as not delivered (design.md §4).
    lost = row.state is DeliveryState.UNKNOWN and row.channel is Channel.ZALO and row.next_at is None
    return lost or row.state in (DeliveryState.REFUSED, DeliveryState.BOUNCED)


def add_roads(conn: Connection, letter: str, roads: Iterable[tuple[str, Channel]], now: datetime) -> int:
    """Add pending deliveries of a letter's present version to further people or channels; return how many."""
    version = conn.execute(select(LETTER.c.version).where(LETTER.c.id == letter)).scalar_one()
    known = conn.execute(
        select(DELIVERY.c.position, DELIVERY.c.expires_at)
        .where(DELIVERY.c.letter == letter)
        .order_by(DELIVERY.c.position)
    ).all()
    last = known[-1]  # of a letter asked for once more, the end that was set then
    rows = [
        {
            "letter": letter,
            "version": version,
            "person": person,
            "channel": channel,
            "to_or_cc": "to",
            "position": last.position + n,
            "state": DeliveryState.PENDING,
            "not_before": now,
            "expires_at": last.expires_at,
            "next_at": now,
            "attempts": 0,
            "unknowns": 0,
            "token": 0,
        }
        for n, (person, channel) in enumerate(roads, 1)
    ]
    if rows:
        conn.execute(insert(DELIVERY), rows)
    return len(rows)
