"""Everything that is SQLite's: how the file is opened, how transactions begin, what its errors mean.

One connection writes, under a lock, each transaction BEGIN IMMEDIATE: a plain BEGIN that reads first and writes
later loses updates or is refused half-way. Reads are short plain transactions on connections that cannot write.
The rollback journal (TRUNCATE, synchronous=EXTRA) is chosen because SQLite before 3.51.3 can lose commits in WAL
mode, and because there is no second file without which a copy is incomplete.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError, StatementError

from daemon.errors import AlreadyRecorded, DatabaseRefused, StoreBusy, StoreError

BUSY_TIMEOUT = 5.0
"""Seconds a statement waits for another process's lock before it is called busy."""

PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
TWICE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID")


class Database:
    """One open database file, for every thread of this process. Close it when done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._writing = _engine(path, begin="BEGIN IMMEDIATE", reader=False)
        self._reading = _engine(path, begin="BEGIN", reader=True)
        with translated(path):
            self._writer = self._writing.connect()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all if the block raises.

        Keep it short and without network inside. StoreBusy: another process holds the lock, or the disk is full.
        AlreadyRecorded: a unique key refused.
        """
        with self._lock, translated(self.path):
            try:
                with self._writer.begin():
                    yield self._writer
            finally:
                # A COMMIT refused as busy leaves SQLite's transaction open, its lock with it; else this does nothing.
                with suppress(sqlite3.Error):
                    _driver(self._writer).rollback()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout and cannot write. Keep it short."""
        with translated(self.path), self._reading.connect() as conn, conn.begin():
            yield conn

    def data_version(self) -> int:
        """Return a number that changes when another process, or another `Database`, has committed."""
        with self._lock, translated(self.path):
            version: int = _driver(self._writer).execute("PRAGMA data_version").fetchone()[0]
            return version

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            self._writer.close()
            self._writing.dispose()
            self._reading.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _engine(path: Path, *, begin: str, reader: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",  # never creates
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )

    pool = QueuePool if reader else NullPool
    engine = create_engine("sqlite://", creator=connect, poolclass=pool, hide_parameters=True)  # people are in them

    @event.listens_for(engine, "connect")
    def _set(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = TRUNCATE")
        cursor.execute("PRAGMA synchronous = EXTRA")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")
        if reader:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        _driver(conn).execute(begin)  # as SQLAlchemy would send it, at a fifth of the cost

    return engine


def _driver(conn: Connection) -> sqlite3.Connection:
    driver = conn.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's errors inside the block into StoreBusy, AlreadyRecorded, DatabaseRefused or StoreError."""
    try:
        yield
    except (StatementError, sqlite3.Error) as error:
        raise _meaning(error, path) from error


def _meaning(error: Exception, path: Path) -> StoreError:
    original = error.orig if isinstance(error, StatementError) else error
    name = getattr(original, "sqlite_errorname", "") or ""
    if name.startswith(PASSING):
        return StoreBusy(f"{name}: {original}")
    if name.startswith(BROKEN):
        return DatabaseRefused(damaged(path, str(original)))
    if name.startswith(TWICE):
        return AlreadyRecorded(str(original))
    return StoreError(f"{name or type(original).__name__}: {original}")


def is_second_time(error: IntegrityError) -> bool:
    """Say whether a unique key refused, and not another constraint."""
    return str(getattr(error.orig, "sqlite_errorname", "")).startswith(TWICE)


def damaged(path: Path, why: str) -> str:
    """Return what a person is told of a damaged file."""
    return (
        f"Cơ sở dữ liệu {path} bị hỏng ({why}). dondoc không sửa và không tạo tệp mới đè lên. "
        "Hãy giữ nguyên tệp này và khôi phục từ bản sao lưu gần nhất."
    )
