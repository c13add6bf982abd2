"""Acts of several tasks are committed together; one that fails takes no other with it, and none is told too early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from daemon.errors import AlreadyRecorded, StoreBusy, StoreError
from daemon.store.engine import Database
from daemon.store.group_commit import TOGETHER, GroupCommit
from daemon.store.opening import open_database
from tests.support.fresh import new_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=datetime(2022, 3, 25, tzinfo=UTC))
    with open_database(path) as opened:
        yield opened


def note(day: int) -> Callable[[Connection], int]:
    """Return an act that writes one row and returns its day."""

    def act(conn: Connection) -> int:
        conn.execute(
            text("INSERT INTO composition VALUES (:day, '2022-03-25T00:00:00.000000Z')"), {"day": f"2022-10-{day:02}"}
        )
        return day

    return act


def noted(database: Database) -> list[int]:
    """Return the days written."""
    with open_database(database.path) as other, other.read() as conn:
        return [int(row.day[-2:]) for row in conn.execute(text("SELECT day FROM composition ORDER BY day"))]


def transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows by one with each transaction begun."""
    begun: list[None] = []
    plain = database.write

    def counted() -> AbstractContextManager[Connection]:
        begun.append(None)
        return plain()

    monkeypatch.setattr(database, "write", counted)
    return begun


async def test_what_waits_is_committed_together(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one act holds the writer, thirty more wait; they take two transactions, not thirty."""
    begun, writer, go = transactions(database, monkeypatch), GroupCommit(database), threading.Event()

    def slow(conn: Connection) -> int:
        go.wait(30)
        return note(1)(conn)

    tasks = [asyncio.create_task(writer.write(act)) for act in (slow, *map(note, range(2, 32)))]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*tasks) == list(range(1, 32))
    assert noted(database) == list(range(1, 32))
    assert len(begun) <= 1 + 30 // TOGETHER + 1
    writer.close()


async def test_one_that_fails_takes_no_other_with_it(database: Database) -> None:
    """A bug and a key refused are told to whoever asked; what they had written is undone, the rest stands."""
    writer = GroupCommit(database)

    def broken(conn: Connection) -> int:
        note(5)(conn)
        raise KeyError("a bug")

    acts = (note(1), broken, note(1), note(2))
    first, bug, twice, last = await asyncio.gather(*map(writer.write, acts), return_exceptions=True)
    assert (first, last) == (1, 2)
    assert isinstance(bug, KeyError)
    assert isinstance(twice, AlreadyRecorded)
    assert noted(database) == [1, 2]
    writer.close()


async def test_none_is_told_before_the_commit(database: Database) -> None:
    """What was answered is on disk already, as another process sees it."""
    writer = GroupCommit(database)
    for day in (1, 2, 3):
        assert await writer.write(note(day)) == day
        assert noted(database)[-1] == day
    writer.close()


async def test_a_transaction_that_cannot_be_committed_fails_all_its_acts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the lock nothing is written, and everybody hears it; afterwards it works again."""
    writer = GroupCommit(database)
    with open_database(database.path) as other:
        monkeypatch.setattr("daemon.store.engine.BUSY_TIMEOUT", 0)
        with database.write() as conn:
            conn.execute(text("PRAGMA busy_timeout = 0"))
        with other.write():
            failed = await asyncio.gather(*map(writer.write, (note(1), note(2))), return_exceptions=True)
    assert all(isinstance(error, StoreBusy) for error in failed)
    assert noted(database) == []
    assert await writer.write(note(3)) == 3
    writer.close()


async def test_closing_commits_what_waits(database: Database) -> None:
    """An act whose waiter went away is written all the same; a closed writer starts again when asked."""
    writer = GroupCommit(database)
    task = asyncio.create_task(writer.write(note(7)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(writer.close)
    assert noted(database) == [7]
    assert await writer.write(note(8)) == 8
    writer.close()


async def together(writer: GroupCommit, *acts: Callable[[Connection], int]) -> list[object]:
    """Write acts of which all but the first wait while it is being written; return what each was told."""
    go = threading.Event()

    def slow(conn: Connection) -> int:
        go.wait(30)
        return acts[0](conn)

    tasks = [asyncio.create_task(writer.write(act)) for act in (slow, *acts[1:])]
    await asyncio.sleep(0)
    go.set()
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def test_one_that_spoils_the_transaction_costs_the_others_nothing(database: Database) -> None:
    """A statement SQLite refuses, not for being busy: whoever asked is told, the others' acts are committed."""
    writer = GroupCommit(database)

    def wrong(conn: Connection) -> int:
        conn.execute(text("INSERT INTO no_such_table VALUES (1)"))
        return 0

    told = await together(writer, note(1), note(2), wrong, note(3))
    assert (told[0], told[1], told[3]) == (1, 2, 3)
    assert isinstance(told[2], StoreError)
    assert noted(database) == [1, 2, 3]
    writer.close()


async def test_a_disk_that_fills_up_is_told_as_busy(database: Database) -> None:
    """The act for which there is no room may be tried again; what fits beside it is written."""
    writer = GroupCommit(database)

    def large(conn: Connection) -> int:
        pages = conn.execute(text("PRAGMA page_count")).scalar_one()
        conn.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
        conn.execute(text("INSERT INTO composition VALUES (:day, '2022')"), {"day": "9" * 100_000})
        return 0

    told = await together(writer, note(1), note(2), large, note(3))
    assert (told[0], told[1], told[3]) == (1, 2, 3)
    assert isinstance(told[2], StoreBusy)
    assert noted(database) == [1, 2, 3]
    writer.close()


async def test_no_error_ends_the_writing_thread(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something nobody foresaw goes wrong with the connection itself: those who wait are told, the next are served."""
    writer, plain = GroupCommit(database), database.write

    def failing() -> AbstractContextManager[Connection]:
        raise MemoryError

    acts = [note(1), note(2), note(3)]
    monkeypatch.setattr(database, "write", failing)
    told = await together(writer, *acts)
    assert all(isinstance(error, MemoryError) for error in told)
    monkeypatch.setattr(database, "write", plain)
    assert await together(writer, *acts) == [1, 2, 3]
    writer.close()
