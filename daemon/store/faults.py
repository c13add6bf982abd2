"""The repair list: addresses that letters could not reach, until somebody has put another in their place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from daemon.domain.words import Channel
from daemon.store.side_tables import ADDRESS_FAULT

Road = tuple[str, Channel]


@dataclass(frozen=True, slots=True)
class AddressFault:
    """One entry of the list. `times`: how often the address failed since it came on the list."""

    person: str
    channel: Channel
    since: datetime
    last_at: datetime
    times: int
    status: str
    detail: str
    fingerprint: str

    @property
    def road(self) -> Road:
        """Whose address it is, by which channel."""
        return self.person, self.channel


def report_fault(conn: Connection, road: Road, fingerprint: str, status: str, detail: str, at: datetime) -> None:
    """Put an address on the list; one that stands there already counts once more."""
    person, channel = road
    said = {"last_at": at, "status": status, "detail": detail}
    anew = said | {"since": at, "times": 1, "fingerprint": fingerprint, "mended_at": None}
    known = conn.execute(select(ADDRESS_FAULT).where(*_this(road))).one_or_none()
    if known is None or known.mended_at is not None or known.fingerprint != fingerprint:
        statement = insert(ADDRESS_FAULT).values({"person": person, "channel": channel} | anew)
        conn.execute(statement.on_conflict_do_update(index_elements=["person", "channel"], set_=anew))
        return
    conn.execute(update(ADDRESS_FAULT).where(*_this(road)).values(said | {"times": known.times + 1}))


def faults(conn: Connection) -> list[AddressFault]:
    """Return the addresses still to be mended, the oldest fault first."""
    rows = conn.execute(
        select(ADDRESS_FAULT)
        .where(ADDRESS_FAULT.c.mended_at.is_(None))
        .order_by(ADDRESS_FAULT.c.since, ADDRESS_FAULT.c.person, ADDRESS_FAULT.c.channel)
    )
    return [
        AddressFault(
            row.person, row.channel, row.since, row.last_at, row.times, row.status, row.detail, row.fingerprint
        )
        for row in rows
    ]


def mark_mended(conn: Connection, roads: Collection[Road], at: datetime) -> int:
    """Take addresses off the list; return how many stood there."""
    named = tuple_(ADDRESS_FAULT.c.person, ADDRESS_FAULT.c.channel).in_([(p, str(c)) for p, c in roads])
    done = conn.execute(update(ADDRESS_FAULT).where(named, ADDRESS_FAULT.c.mended_at.is_(None)).values(mended_at=at))
    return done.rowcount


def _this(road: Road) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ADDRESS_FAULT.c.person == road[0], ADDRESS_FAULT.c.channel == road[1]
