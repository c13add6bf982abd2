"""What was committed is there, what was not is not: under threads, kill -9, a full disk and a foreign lock."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from daemon.errors import AlreadyRecorded, DatabaseRefused, StoreBusy, StoreError
from daemon.store import engine
from daemon.store.engine import Database
from daemon.store.history import record_composition
from daemon.store.ledger import read, verify
from daemon.store.opening import open_database
from daemon.store.tables import META
from tests.support.fresh import new_database

NOW = datetime(2022, 3, 25, 1, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A fresh database."""
    made = tmp_path / "dondoc.db"
    new_database(made, now=NOW)
    return made


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """The fresh database, open."""
    with open_database(path) as opened:
        yield opened


@contextmanager
def foreign_lock(path: Path) -> Iterator[None]:
    """Hold the write lock as another tool would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("shared", [True, False], ids=["one database", "four connections"])
def test_no_update_is_lost_between_threads(path: Path, shared: bool) -> None:
    """Four threads reading a number and writing it one higher thirty times each make it 120."""
    with open_database(path) as first:
        opened = [first if shared else open_database(path, check=False) for _ in range(4)]
        with first.write() as conn:
            conn.execute(text("CREATE TABLE tally (n INTEGER)"))
            conn.execute(text("INSERT INTO tally VALUES (0)"))
        start = threading.Barrier(4)

        def count(database: Database) -> None:
            start.wait()
            for _ in range(30):
                with database.write() as conn:
                    n: int = conn.execute(text("SELECT n FROM tally")).scalar_one()
                    conn.execute(text("UPDATE tally SET n = :n"), {"n": n + 1})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, opened))
        with first.read() as conn:
            assert conn.execute(text("SELECT n FROM tally")).scalar() == 120
        for database in opened:
            database.close()


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    """A transaction is whole or nothing, and the next one starts clean."""

    def half() -> None:
        with database.write() as conn:
            record_composition(conn, NOW.date(), NOW)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half()
    with database.write() as conn:
        assert record_composition(conn, NOW.date(), NOW)


def test_a_reader_sees_one_state_throughout(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading is a snapshot of one moment: a commit waits for it, and is busy if it takes too long."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0.05)
    with open_database(path) as database, open_database(path) as other:

        def commit() -> None:
            with other.write() as conn:
                record_composition(conn, NOW.date(), NOW)

        with database.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM composition")).scalar() == 0
            with pytest.raises(StoreBusy):
                commit()
            assert conn.execute(text("SELECT count(*) FROM composition")).scalar() == 0
        commit()
        with database.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM composition")).scalar() == 1


def test_a_reader_cannot_write(database: Database) -> None:
    """A write on a reading connection is refused."""
    with pytest.raises(StoreError), database.read() as conn:
        conn.execute(text("DELETE FROM composition"))


def test_another_tools_lock_is_waited_for_then_called_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign write lock is a passing trouble: StoreBusy, nothing lost, and the next try succeeds."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0.05)
    with open_database(path) as database:
        with foreign_lock(path), pytest.raises(StoreBusy, match="SQLITE_BUSY"), database.write():
            pass
        with database.write() as conn:
            assert record_composition(conn, NOW.date(), NOW)


def test_a_full_disk_is_passing_and_heals_by_itself(database: Database) -> None:
    """Without room a write is StoreBusy and leaves nothing; reads go on; with room the same write succeeds."""

    def fill() -> None:
        with database.write() as conn:
            conn.execute(text("CREATE TABLE heap (bytes BLOB)"))
            conn.execute(text("INSERT INTO heap VALUES (zeroblob(1000000))"))

    with database.write() as conn:
        conn.execute(text("PRAGMA max_page_count = 1"))  # never below what there is
    with pytest.raises(StoreBusy, match="SQLITE_FULL"):
        fill()
    with database.read() as conn:
        assert conn.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert conn.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'heap'")).scalar() == 0
    with database.write() as conn:
        conn.execute(text("PRAGMA max_page_count = 1000000"))
    fill()


def test_a_second_row_of_one_key_is_already_recorded(database: Database) -> None:
    """A unique key's refusal is a normal outcome with its own name; another constraint's is a fault."""
    row = {"one": 1, "identity": "khác", "created_at": NOW}
    with pytest.raises(AlreadyRecorded), database.write() as conn:
        conn.execute(insert(META), row)
    with pytest.raises(StoreError) as fault, database.write() as conn:
        conn.execute(insert(META), row | {"one": 2})
    assert not isinstance(fault.value, AlreadyRecorded)


def test_damage_met_by_a_statement_is_named_as_damage(path: Path) -> None:
    """A page found broken later is told as it is at the start, with the way out."""
    with closing(sqlite3.connect(path)) as reader:
        root = reader.execute("SELECT rootpage FROM sqlite_master WHERE name = 'composition'").fetchone()[0]
        size = reader.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as raw:
        raw.seek((root - 1) * size)
        raw.write(b"\xff" * size)
    with (
        open_database(path, check=False) as database,
        pytest.raises(DatabaseRefused, match=r"bị hỏng.*bản sao lưu"),
        database.read() as conn,
    ):
        conn.execute(text("SELECT * FROM composition")).all()


def test_others_commits_are_noticed_and_ones_own_are_not(database: Database, path: Path) -> None:
    """`data_version` moves with another connection's commit, not with reading, nor with one's own commit."""
    before = database.data_version()
    with database.write() as conn:
        record_composition(conn, NOW.date(), NOW)
    with database.read() as conn:
        conn.execute(text("SELECT * FROM composition")).all()
    assert database.data_version() == before
    with open_database(path) as other, other.write() as conn:
        record_composition(conn, datetime(2022, 3, 28, tzinfo=UTC).date(), NOW)
    assert database.data_version() != before


def test_a_write_that_changes_nothing_leaves_the_file_alone(database: Database, path: Path) -> None:
    """Recording what is recorded already commits no page."""
    with database.write() as conn:
        record_composition(conn, NOW.date(), NOW)
    before = path.read_bytes()
    with database.write() as conn:
        assert not record_composition(conn, NOW.date(), NOW)
    assert path.read_bytes() == before


WRITING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from daemon.domain.entries import Called
from daemon.store.ledger import NewEntry, append
from daemon.store.opening import open_database
now = datetime(2022, 3, 25, 1, 30, tzinfo=UTC)
with open_database(Path(sys.argv[1])) as database:
    n = int(sys.argv[2])
    while True:
        n += 1
        with database.write() as conn:
            append(conn, [NewEntry("lan", None, Called(said=str(n)))], now, lambda: b"s" * 16)
        print(n, flush=True)
"""


def test_kill_9_in_the_middle_of_commits_loses_nothing_acknowledged(path: Path) -> None:
    """Of a process killed while it writes, every entry it reported is there, in order, and the chain verifies."""
    said = 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITING, str(path), str(said)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(25):
                said = int(writer.stdout.readline())
            writer.kill()
            said = max([said, *(int(line) for line in writer.stdout if line.endswith("\n"))])
            assert writer.wait() == -signal.SIGKILL
        with open_database(path) as database, database.read() as conn:
            entries = read(conn)
            assert len(entries) >= said
            assert verify(conn).count == len(entries)
            said = len(entries)


def test_an_image_taken_in_the_middle_of_a_write_opens_at_the_last_commit(
    database: Database, path: Path, tmp_path: Path
) -> None:
    """Pages of an open transaction that reached the file are rolled back from the journal copied with it."""
    with database.write() as conn:
        record_composition(conn, NOW.date(), NOW)
    image = tmp_path / "image" / path.name
    image.parent.mkdir()
    committed = path.read_bytes()
    with database.write() as conn:
        conn.execute(text("PRAGMA cache_size = 1"))
        conn.execute(text("DELETE FROM composition"))
        conn.execute(text("CREATE TABLE heap AS SELECT zeroblob(3000) FROM sqlite_master, sqlite_master AS twice"))
        for name in (path.name, f"{path.name}-journal"):
            shutil.copy(path.with_name(name), image.with_name(name))
    assert image.read_bytes() != committed
    with open_database(image) as opened, opened.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM composition")).scalar() == 1
        assert conn.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'heap'")).scalar() == 0
