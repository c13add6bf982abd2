"""Keeps the tokens of one Zalo OA for every process: one row, changed only by conditions in the statement itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from daemon.errors import StoreBusy
from daemon.store.engine import Database
from daemon.store.side_tables import ZALO_TOKEN
from notifiers.zalo_pair import Kept, Pair, StoreUnavailable


class StoredTokens:
    """The pair of one app at one OA, as `notifiers.zalo_pair.TokenStore` promises it."""

    def __init__(self, database: Database, app: str, oa: str) -> None:
        self._database = database
        self._app = app
        self._oa = oa
        self._mine = and_(ZALO_TOKEN.c.app == app, ZALO_TOKEN.c.oa == oa)

    def load(self) -> Kept | None:
        """Return what is kept."""
        with _available(), self._database.read() as conn:
            return self._kept(conn)

    def put(self, pair: Pair, now: datetime) -> int:
        """Put in a pair an operator brought, whatever was kept before; return its generation."""
        values = _columns(pair) | {"asked": 0, "refused": None, "lease_by": None, "lease_until": None, "saved_at": now}
        statement = insert(ZALO_TOKEN).values(values | {"app": self._app, "oa": self._oa, "generation": 1})
        statement = statement.on_conflict_do_update(
            index_elements=["app", "oa"], set_=values | {"generation": ZALO_TOKEN.c.generation + 1}
        )
        with self._database.write() as conn:
            conn.execute(statement)
            generation: int = conn.execute(select(ZALO_TOKEN.c.generation).where(self._mine)).scalar_one()
        return generation

    def try_lease(self, holder: str, generation: int, now: datetime, until: datetime) -> Kept | None:
        """Take the lease, if it is free or its time is over, of a pair still in force and not refused."""
        free = or_(ZALO_TOKEN.c.lease_by.is_(None), ZALO_TOKEN.c.lease_until <= now)
        statement = (
            update(ZALO_TOKEN)
            .where(self._mine, ZALO_TOKEN.c.generation == generation, ZALO_TOKEN.c.refused.is_(None), free)
            .values(lease_by=holder, lease_until=until)
        )
        with _available(), self._database.write() as conn:
            return self._kept(conn) if conn.execute(statement).rowcount else None

    def asking(self, holder: str) -> bool:
        """Count a refresh about to leave; False if the lease is no longer the holder's."""
        counted = update(ZALO_TOKEN).where(self._mine, ZALO_TOKEN.c.lease_by == holder)
        with _available(), self._database.write() as conn:
            return bool(conn.execute(counted.values(asked=ZALO_TOKEN.c.asked + 1)).rowcount)

    def save(self, pair: Pair, now: datetime) -> bool:
        """Replace the generation before the pair's, whoever holds the lease: what it brought is the only pair left."""
        values = _columns(pair) | {"asked": 0, "refused": None, "lease_by": None, "lease_until": None, "saved_at": now}
        statement = update(ZALO_TOKEN).where(self._mine, ZALO_TOKEN.c.generation == pair.generation - 1)
        with _available(), self._database.write() as conn:
            return bool(conn.execute(statement.values(values | {"generation": pair.generation})).rowcount)

    def release(self, holder: str, *, uncount: bool = False, refused: str | None = None) -> None:
        """End the holder's lease, if it has it still."""
        asked = case((ZALO_TOKEN.c.asked > 0, ZALO_TOKEN.c.asked - 1), else_=0) if uncount else ZALO_TOKEN.c.asked
        statement = (
            update(ZALO_TOKEN)
            .where(self._mine, ZALO_TOKEN.c.lease_by == holder)
            .values(lease_by=None, lease_until=None, asked=asked, refused=func.coalesce(refused, ZALO_TOKEN.c.refused))
        )
        with _available(), self._database.write() as conn:
            conn.execute(statement)

    def _kept(self, conn: Connection) -> Kept | None:
        row = conn.execute(select(ZALO_TOKEN).where(self._mine)).one_or_none()
        if row is None:
            return None
        pair = Pair(row.access, row.refresh, row.renew_at, row.expires_at, row.generation)
        return Kept(pair, row.asked, row.refused)


def _columns(pair: Pair) -> dict[str, object]:
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "renew_at": pair.renew_at,
        "expires_at": pair.expires_at,
    }


@contextmanager
def _available() -> Iterator[None]:
    busy = False
    try:
        yield
    except StoreBusy:
        busy = True
    if busy:
        raise StoreUnavailable
