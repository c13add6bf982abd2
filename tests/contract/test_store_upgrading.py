"""A database of an older program is brought to this one's shape whole, a copy beside it first, or stays as it was."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, text

import daemon.store
from daemon.cli import main
from daemon.domain.entries import Mark
from daemon.errors import DatabaseRefused, StoreBusy
from daemon.store import ledger, schema
from daemon.store.engine import Database
from daemon.store.opening import APPLICATION_ID, create_database, open_database
from daemon.store.planner_lock import planner_lock
from daemon.store.tables import META
from daemon.store.upgrading import Upgraded, upgrade_database

NOW = datetime(2022, 10, 24, 9, 55, 7, tzinfo=UTC)  # 16:55:07 in Vietnam
COPY = "dondoc-truoc-nang-cap-20221024-165507.db"
NEWEST = schema.REVISIONS[-1]


def _make_first(path: Path) -> None:
    """A database as the first program made it, with two entries in its book."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    config = Config()
    config.set_main_option("script_location", str(Path(daemon.store.__path__[0])))
    with Database(path) as database, database.write() as conn:
        conn.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        conn.execute(insert(META), {"one": 1, "identity": "đời đầu", "created_at": NOW})
        marks = [ledger.NewEntry(by, None, Mark("so-noi-vu", NOW)) for by in ("lan", "minh")]
        ledger.append(conn, marks, NOW, lambda: b"0123456789abcdef")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A database of the first revision."""
    path = tmp_path / "data" / "dondoc.db"
    _make_first(path)
    return path


def dump(path: Path) -> list[str]:
    """Return everything a database holds, as SQL."""
    with closing(sqlite3.connect(path)) as conn:
        return list(conn.iterdump())


def test_from_the_first_revision_with_all_data_kept(first: Path) -> None:
    """Every old row stands, the book verifies, and the program that refused the file opens it."""
    before = [line for line in dump(first) if line.startswith("INSERT") and "alembic_version" not in line]
    with pytest.raises(DatabaseRefused, match=r"phiên bản cũ \(0001\).*dondoc db upgrade"):
        open_database(first)
    assert upgrade_database(first, NOW) == Upgraded("0001", NEWEST, first.with_name(COPY))
    after = dump(first)
    assert [line for line in after if line in before] == before
    with open_database(first) as database, database.read() as conn:
        assert ledger.verify(conn).first_bad is None
        assert ledger.verify(conn).count == 2
        assert conn.execute(text("SELECT identity FROM meta")).scalar() == "đời đầu"


def test_it_ends_with_the_shape_of_a_database_made_new(first: Path, tmp_path: Path) -> None:
    """Upgraded and made new, two databases have the same tables, indices and triggers."""
    fresh = tmp_path / "fresh.db"
    create_database(fresh, now=NOW, identity="mới")
    upgrade_database(first, NOW)

    def shape(path: Path) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(path)) as conn:
            return conn.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()

    assert shape(first) == shape(fresh)


def test_the_copy_is_the_old_database_whole_and_private(first: Path) -> None:
    """What an older program would need to go on is there, for its owner alone."""
    before = dump(first)
    copy = upgrade_database(first, NOW).copy
    assert copy is not None
    assert dump(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert conn.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_the_newest_is_left_alone(first: Path) -> None:
    """Asked twice, the second time does nothing and makes no copy."""
    upgrade_database(first, NOW)
    before, beside = first.read_bytes(), sorted(first.parent.iterdir())
    assert upgrade_database(first, NOW) == Upgraded(NEWEST, NEWEST, None)
    assert first.read_bytes() == before
    assert sorted(first.parent.iterdir()) == beside


def test_not_while_a_daemon_plans(first: Path) -> None:
    """The planner that runs is named by its process; nothing is copied or changed."""
    before = dump(first)
    with planner_lock(first), pytest.raises(DatabaseRefused, match=rf"PID {os.getpid()}\b.*dừng tiến trình"):
        upgrade_database(first, NOW)
    assert dump(first) == before
    assert not first.with_name(COPY).exists()


def test_a_copy_of_that_second_is_never_written_over(first: Path) -> None:
    """A file already at the copy's name stops the upgrade."""
    first.with_name(COPY).write_text("cái khác")
    before = dump(first)
    with pytest.raises(DatabaseRefused, match=f"{COPY}.*chưa nâng cấp"):
        upgrade_database(first, NOW)
    assert dump(first) == before
    assert first.with_name(COPY).read_text() == "cái khác"


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '0999'")
        conn.commit()


def _unnumbered(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DROP TABLE alembic_version")


def _broken(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        root = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_body'").fetchone()[0]
        size = conn.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(path.read_bytes())
    whole[(root - 1) * size : root * size] = b"\xff" * size
    path.write_bytes(whole)


def _without_a_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DROP TRIGGER ledger_is_never_updated")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda path: path.unlink(), "dondoc init", id="missing"),
        pytest.param(lambda path: path.write_text("Danh sách" * 999), "bị hỏng", id="not a database"),
        pytest.param(_newer, "mới hơn chương trình", id="newer"),
        pytest.param(_unnumbered, "không có số phiên bản", id="without a revision"),
        pytest.param(_broken, "bị hỏng", id="a broken page"),
        pytest.param(_without_a_trigger, "ledger_is_never_updated", id="a trigger dropped"),
    ],
)
def test_what_cannot_be_upgraded_is_refused_and_stays(first: Path, spoil: object, says: str) -> None:
    """The text names the file and the way out; the file keeps every byte that says something."""
    assert callable(spoil)
    spoil(first)
    before = first.read_bytes() if first.exists() else None
    with pytest.raises(DatabaseRefused, match=says) as refused:
        upgrade_database(first, NOW)
    assert str(first) in str(refused.value)
    assert (first.read_bytes() if first.exists() else None) == before


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes: to SQLite a disk that is full."""
    found = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, found[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, found)


def test_a_disk_that_is_full_leaves_no_half_a_copy(first: Path) -> None:
    """What of the copy was written goes again, and nothing is upgraded without one."""
    before = dump(first)
    with no_file_beyond(first.stat().st_size // 2), pytest.raises(StoreBusy):
        upgrade_database(first, NOW)
    assert dump(first) == before
    assert not first.with_name(COPY).exists()


def test_a_copy_that_does_not_reach_the_disk_is_none(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An fsync that fails is told as a passing trouble, and the old database stays."""

    def torn(_handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    before = dump(first)
    monkeypatch.setattr(os, "fsync", torn)
    with pytest.raises(StoreBusy, match=COPY):
        upgrade_database(first, NOW)
    assert dump(first) == before
    assert not first.with_name(COPY).exists()


HALFWAY = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from daemon.store import upgrading
migrate = upgrading.migrate
def stopped(conn):
    migrate(conn)
    os.kill(os.getpid(), signal.SIGKILL)
upgrading.migrate = stopped
upgrading.upgrade_database(Path(sys.argv[1]), datetime(2022, 10, 24, 9, 55, 7, tzinfo=UTC))
"""


def test_killed_halfway_it_is_the_old_database_still(first: Path) -> None:
    """Killed after the last step and before the commit: the old shape, every row, and a second try succeeds."""
    before = dump(first)
    killed = subprocess.run([sys.executable, "-c", HALFWAY, str(first)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with Database(first) as database, database.read() as conn:  # a journal left behind is played back here
        assert schema.revision(conn) == "0001"
    assert dump(first) == before
    assert upgrade_database(first, NOW.replace(second=8)).now == NEWEST
    open_database(first).close()


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was done is told in Vietnamese, with the copy's name; a faulty plan does not stand in the way."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    (tmp_path / "schedules" / "hang-nam.yaml").write_text("moc: [")
    config = tmp_path / "config" / "dondoc.yaml"
    path = tmp_path / "dondoc.db"
    _make_first(path)
    assert main(["db", "upgrade", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"Đã sao lưu cơ sở dữ liệu cũ vào {tmp_path}/dondoc-truoc-nang-cap-\d{{8}}-\d{{6}}\.db\.", said)
    assert f"Đã nâng cấp cơ sở dữ liệu {path} từ phiên bản 0001 lên {NEWEST}." in said
    assert main(["db", "upgrade", "--config", str(config)]) == 0
    assert f"đã ở phiên bản mới nhất ({NEWEST})" in capsys.readouterr().out


def test_by_command_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing database is named with what makes one, exit 2."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    assert main(["db", "upgrade", "--config", str(tmp_path / "config" / "dondoc.yaml")]) == 2
    assert "dondoc init" in capsys.readouterr().err
