"""What the service needs and does not get just now: since when, and why. A row each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from daemon.domain.warnings import Failing
from daemon.domain.words import Matter
from daemon.store.side_tables import FAILING


def note_failing(conn: Connection, matter: Matter, detail: str, now: datetime, *, grave: bool) -> None:
    """Note that something fails at `now`; since when stays as it was."""
    new = insert(FAILING).values(matter=matter, since=now, grave=grave, detail=detail)
    why = {"grave": grave, "detail": detail}
    differs = or_(FAILING.c.grave != grave, FAILING.c.detail != detail)
    conn.execute(new.on_conflict_do_update(index_elements=["matter"], set_=why, where=differs))


def note_well(conn: Connection, matter: Matter) -> None:
    """Forget a failure: it is over."""
    conn.execute(delete(FAILING).where(FAILING.c.matter == matter))


def failing(conn: Connection) -> list[Failing]:
    """Return what fails now."""
    rows = conn.execute(select(FAILING).order_by(FAILING.c.matter))
    return [Failing(row.matter, row.since, row.detail, row.grave) for row in rows]
