"""Whether the database can be written, by writing: a lock held elsewhere or a full disk shows only then."""

from __future__ import annotations

from sqlalchemy import update

from daemon.errors import StoreError
from daemon.store.engine import Database
from daemon.store.tables import META


def is_writable(database: Database) -> bool:
    """Write one row as it is, through to the disk; False if that is refused."""
    try:
        with database.write() as conn:
            conn.execute(update(META).values(one=META.c.one))
    except StoreError:
        return False
    return True
