"""What became of the tries by a channel, the latest first: read only as far back as somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, literal_column, select

from daemon.domain.words import Channel
from daemon.store.tables import ATTEMPT, DELIVERY

_LATEST_FIRST = (
    select(ATTEMPT.c.started_at, ATTEMPT.c.ended_at, ATTEMPT.c.outcome, ATTEMPT.c.code, DELIVERY.c.person)
    .add_columns(DELIVERY.c.channel)
    .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery)
    # Without a phase no far side was asked: our own hours, or our own database, put the letter off.
    .where(ATTEMPT.c.outcome.is_not(None), ATTEMPT.c.phase.is_not(None))
    .order_by(literal_column("attempt.rowid").desc())  # as they were begun; there is no index by time
)


def trials(conn: Connection, channel: Channel, since: datetime) -> Iterator[Row[Any]]:
    """Yield (ended_at, outcome, code, person) of each try by a channel that was begun after `since` and has ended."""
    rows = conn.execute(_LATEST_FIRST)
    try:
        for row in rows:
            if row.started_at < since:
                return
            if row.channel is channel:
                yield row
    finally:
        rows.close()
