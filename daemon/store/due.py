"""What is due and where it may go instead: letters whose hour has not come are put off, further roads are added."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from daemon.domain.words import Channel, DeliveryState
from daemon.store.moving import IS_LIVE, earliest
from daemon.store.tables import DELIVERY, LETTER

WAITING = IS_LIVE & DELIVERY.c.state.in_((DeliveryState.PENDING, DeliveryState.UNKNOWN))


def due_letters(conn: Connection, now: datetime) -> list[str]:
    """Return the letters of which some delivery is due, to be sent or to be sent again."""
    rows = conn.execute(select(DELIVERY.c.letter).where(WAITING, DELIVERY.c.next_at <= now).distinct())
    return sorted(row.letter for row in rows)


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


def tried_roads(conn: Connection, letter: str) -> frozenset[tuple[str, Channel]] | None:
    """Return the (person, channel) pairs of a letter once all have failed; None while one may succeed or has."""
    rows = conn.execute(
        select(DELIVERY.c.person, DELIVERY.c.channel, DELIVERY.c.state, DELIVERY.c.next_at).where(
            DELIVERY.c.letter == letter
        )
    ).all()
    failed = all(
        row.state in (DeliveryState.REFUSED, DeliveryState.BOUNCED)
        # What Zalo left unknown is not sent again and counts as not delivered (design.md §4).
        or (row.state is DeliveryState.UNKNOWN and row.channel is Channel.ZALO and row.next_at is None)
        for row in rows
    )
    return frozenset((row.person, row.channel) for row in rows) if failed else None


def add_roads(conn: Connection, letter: str, roads: Iterable[tuple[str, Channel]], now: datetime) -> int:
    """Add pending deliveries of a letter's present version to further people or channels; return how many."""
    known = conn.execute(
        select(
            LETTER.c.version, func.max(DELIVERY.c.position).label("last"), func.max(DELIVERY.c.expires_at).label("ends")
        )
        .join(DELIVERY, DELIVERY.c.letter == LETTER.c.id)
        .where(LETTER.c.id == letter)
        .group_by(LETTER.c.version)
    ).one()
    rows = [
        {
            "letter": letter,
            "version": known.version,
            "person": person,
            "channel": channel,
            "to_or_cc": "to",
            "position": known.last + n,
            "state": DeliveryState.PENDING,
            "not_before": now,
            "expires_at": known.ends,
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
