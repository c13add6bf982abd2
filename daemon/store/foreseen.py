"""What a person has seen and let happen: the steps of the last approved preview, and files that drop much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.sqlite import insert

from daemon.domain.letters import ItemKey
from daemon.store.letters import item_key, key_columns
from daemon.store.side_tables import ACCEPTED_FILES, FORESEEN


def foreseen(conn: Connection) -> frozenset[ItemKey]:
    """Return the steps the last approved preview foresaw; none if none was approved."""
    return frozenset(item_key(row) for row in conn.execute(select(FORESEEN)))


def store_foreseen(conn: Connection, keys: Iterable[ItemKey], now: datetime) -> None:
    """Let these steps take the place of those foreseen before."""
    conn.execute(delete(FORESEEN))
    rows = [key_columns(key) | {"approved_at": now} for key in keys]
    if rows:
        conn.execute(insert(FORESEEN), rows)


def accept_files(conn: Connection, digest: str, by: str, now: datetime) -> bool:
    """Let in the set of files of this digest, whatever it drops; False if it was let in before."""
    row = {"digest": digest, "accepted_at": now, "by_whom": by}
    return bool(conn.execute(insert(ACCEPTED_FILES).values(row).on_conflict_do_nothing()).rowcount)


def files_accepted(conn: Connection, digest: str) -> bool:
    """Say whether a person let in exactly these files."""
    return bool(conn.execute(select(exists().where(ACCEPTED_FILES.c.digest == digest))).scalar())
