"""Whether the wall clock is believed: a hold that waits for a person, and what he has let stand. One row at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from daemon.store.side_tables import CLOCK_STATE
from daemon.store.tables import LEDGER


@dataclass(frozen=True, slots=True)
class ClockState:
    """`seconds`: by how much the clock was moved since `held_since`; both None where there is no hold.

    `accepted_until`: an instant of the ledger ahead of the clock that a person has seen and let stand.
    """

    held_since: datetime | None = None
    seconds: float | None = None
    accepted_until: datetime | None = None


def clock_state(conn: Connection) -> ClockState:
    """Return what is kept of the clock."""
    row = conn.execute(select(CLOCK_STATE)).one_or_none()
    return ClockState(row.held_since, row.seconds, row.accepted_until) if row is not None else ClockState()


def store_clock_state(conn: Connection, state: ClockState) -> None:
    """Keep this of the clock."""
    values = {
        "held_since": state.held_since,
        "seconds": state.seconds,
        "accepted_until": state.accepted_until,
    }
    statement = insert(CLOCK_STATE).values(one=1, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["one"], set_=values))


def latest_entry_at(conn: Connection) -> datetime | None:
    """Return when the last entry of the ledger was made; None for an empty one."""
    found: datetime | None = conn.execute(
        select(LEDGER.c.recorded_at).order_by(LEDGER.c.seq.desc()).limit(1)
    ).scalar_one_or_none()
    return found
