"""A database file is opened only if it is whole, ours and of this version; anything else stays as it was."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import daemon.store
from daemon.errors import DatabaseRefused, StoreError
from daemon.store import opening, schema, side_tables, tables
from daemon.store.base import METADATA
from daemon.store.engine import Database
from daemon.store.opening import create_database, open_database
from daemon.store.planner_lock import lock_path, planner_lock

NOW = datetime(2022, 3, 25, 1, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A fresh database, in a folder whose name a URI must quote."""
    folder = tmp_path / "sổ #1 100%?"
    folder.mkdir()
    made = folder / "dondoc.db"
    create_database(made, now=NOW, identity="thu-nghiem")
    return made


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE danh_ba (ten TEXT)")
        other.execute("PRAGMA journal_mode = DELETE")


def _text(path: Path) -> None:
    path.write_text("Danh sách cơ quan\n" * 400, encoding="utf-8")


def _broken_header(path: Path) -> None:
    path.write_bytes(b"\x00" * 16 + path.read_bytes()[16:])


def _broken_page(path: Path) -> None:
    with closing(sqlite3.connect(path)) as reader:
        root = reader.execute("SELECT rootpage FROM sqlite_master WHERE name = 'delivery'").fetchone()[0]
        size = reader.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(path.read_bytes())
    whole[(root - 1) * size : root * size] = b"\xff" * size
    path.write_bytes(whole)


def _version(found: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE alembic_version SET version_num = ?", [found])
            other.commit()

    return change


def _no_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TRIGGER ledger_is_never_updated")


def _read_only(path: Path) -> None:
    path.chmod(0o444)


REFUSED = [
    pytest.param(lambda path: path.write_bytes(b""), "rỗng", "dondoc init", id="empty"),
    pytest.param(_foreign, "chương trình khác", "kiểm tra đường dẫn", id="foreign"),
    pytest.param(_text, "bị hỏng", "bản sao lưu", id="not a database"),
    pytest.param(_broken_header, "bị hỏng", "bản sao lưu", id="broken header"),
    pytest.param(_broken_page, "bị hỏng", "bản sao lưu", id="broken page"),
    pytest.param(_version("0999"), "mới hơn chương trình", "cài phiên bản dondoc mới hơn", id="newer"),
    pytest.param(_version("0000"), "phiên bản cũ", "dondoc db upgrade", id="older"),
    pytest.param(_no_trigger, "ledger_is_never_updated", "bản sao lưu", id="a trigger dropped"),
    pytest.param(_read_only, "không ghi được", "sudo -u", id="read-only"),
]


@pytest.mark.parametrize(("spoil", "says", "way_out"), REFUSED)
def test_a_file_that_cannot_be_used_is_refused_by_name_and_left_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], says: str, way_out: str
) -> None:
    """The text names the file, the fault and the way out; not a byte changes, not a file appears."""
    monkeypatch.setattr(opening, "REVISIONS", ("0000", *schema.REVISIONS))
    spoil(path)
    before, beside = path.read_bytes(), sorted(path.parent.iterdir())
    with pytest.raises(DatabaseRefused) as refused:
        open_database(path)
    assert all(part in str(refused.value) for part in (str(path), says, way_out))
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside


def test_a_missing_database_is_never_made_by_opening(tmp_path: Path) -> None:
    """Opening tells of `dondoc init` and of the backup, and makes nothing."""
    missing = tmp_path / "dondoc.db"
    with pytest.raises(DatabaseRefused, match=r"dondoc init.*bản sao lưu"):
        open_database(missing)
    with pytest.raises(StoreError):
        Database(missing)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    """A path that is not a regular file is refused by name."""
    with pytest.raises(DatabaseRefused, match=re.escape(str(tmp_path))):
        open_database(tmp_path)


def test_what_is_made_can_be_opened_and_is_its_owners_alone(path: Path) -> None:
    """A fresh database opens, is empty, private, and alone in its folder."""
    with open_database(path) as database, database.read() as conn:
        assert conn.execute(text("SELECT identity FROM meta")).scalar() == "thu-nghiem"
        assert conn.execute(text("SELECT count(*) FROM ledger")).scalar() == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert {beside.name for beside in path.parent.iterdir()} <= {"dondoc.db", "dondoc.db-journal"}


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "truncate"),
        ("synchronous", 3),  # EXTRA
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 5000),
    ],
)
def test_every_connection_is_set_as_decided(path: Path, pragma: str, value: object) -> None:
    """Writers and readers alike have the pragmas that were tried; only readers are barred from writing."""
    with open_database(path) as database:
        for give, query_only in ((database.write, 0), (database.read, 1)):
            with give() as conn:
                assert conn.execute(text(f"PRAGMA {pragma}")).scalar() == value
                assert conn.execute(text("PRAGMA query_only")).scalar() == query_only


@pytest.mark.parametrize("there", ["empty file", "database", "dangling link", "old journal"])
def test_nothing_is_made_over_what_is_there(tmp_path: Path, there: str) -> None:
    """`create_database` refuses any file at its path, and a journal that would be played into the new one."""
    path = tmp_path / "dondoc.db"
    match there:
        case "empty file":
            path.touch()
        case "database":
            create_database(path, now=NOW, identity="cũ")
        case "dangling link":
            path.symlink_to(tmp_path / "nowhere")
        case _:
            (tmp_path / "dondoc.db-journal").write_bytes(b"old pages")
    before = {beside: beside.read_bytes() for beside in tmp_path.iterdir() if beside.exists()}
    with pytest.raises(DatabaseRefused, match=re.escape(str(tmp_path))):
        create_database(path, now=NOW, identity="mới")
    assert {beside: beside.read_bytes() for beside in tmp_path.iterdir() if beside.exists()} == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Making a database where there is no folder says which folder."""
    with pytest.raises(DatabaseRefused, match=re.escape(str(tmp_path / "không có"))):
        create_database(tmp_path / "không có" / "dondoc.db", now=NOW, identity="x")


KILLED_HALFWAY = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from daemon.store import opening
migrate = opening.migrate
def killed(conn):
    migrate(conn)
    os.kill(os.getpid(), signal.SIGKILL)
opening.migrate = killed
opening.create_database(Path(sys.argv[1]), now=datetime(2022, 3, 25, tzinfo=UTC), identity="x")
"""


def test_a_making_killed_halfway_leaves_no_database(tmp_path: Path) -> None:
    """A database appears whole or not at all, and making it again succeeds."""
    path = tmp_path / "dondoc.db"
    killed = subprocess.run([sys.executable, "-c", KILLED_HALFWAY, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not path.exists()
    create_database(path, now=NOW, identity="x")
    open_database(path).close()


def test_a_migration_that_fails_is_rolled_back_whole(tmp_path: Path) -> None:
    """All steps are one transaction: tables, indices and triggers come together or not at all."""
    path = tmp_path / "dondoc.db"
    sqlite3.connect(path).close()
    path.touch()
    with Database(path) as database:

        def half() -> None:
            with database.write() as conn:
                schema.migrate(conn)
                raise InterruptedError

        with pytest.raises(InterruptedError):
            half()
        with database.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0


def test_migrations_end_where_the_tables_are(path: Path) -> None:
    """The migrated schema is word for word what `tables.py` describes."""

    def shape(rows: list[tuple[str, str]]) -> dict[str, frozenset[str]]:
        parts = {name: re.sub(r"\s+", " ", sql).split(", ") for name, sql in rows}
        return {name: frozenset(part.strip("() ") for part in words) for name, words in parts.items()}

    query = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    engine = create_engine("sqlite://")
    assert tables.META.metadata is side_tables.FORESEEN.metadata is METADATA
    METADATA.create_all(engine)
    with engine.connect() as conn:
        described = shape([(row.name, row.sql) for row in conn.execute(text(query))])
    engine.dispose()
    with open_database(path) as database, database.read() as conn:
        migrated = shape([(row.name, row.sql) for row in conn.execute(text(query))])
    assert migrated.pop("alembic_version")
    assert migrated == described


def test_the_program_knows_every_revision_in_order() -> None:
    """The revisions opening compares with are those Alembic finds, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(daemon.store.__path__[0])))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


def test_a_second_planner_is_told_who_holds_the_database(path: Path) -> None:
    """The lock names its holder's pid, and falls with the holder."""
    with planner_lock(path), pytest.raises(DatabaseRefused, match=rf"PID {os.getpid()}\b"), planner_lock(path):
        pass
    with planner_lock(path):
        assert lock_path(path).read_text() == f"{os.getpid()}\n"


def test_a_lock_file_that_cannot_be_opened_is_named(path: Path) -> None:
    """What stands where the lock file should be is told by name."""
    lock_path(path).mkdir()
    told = f"Không mở được tệp khóa {lock_path(path)}: đó là thư mục, không phải tệp. Hãy chạy bằng tài khoản"
    with pytest.raises(DatabaseRefused, match=re.escape(told)), planner_lock(path):
        pass


HOLDING = """
import sys
from pathlib import Path
from daemon.store.planner_lock import planner_lock
with planner_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_planner_leaves_the_lock_free(path: Path) -> None:
    """Another process is kept out by its pid while it lives; kill -9 frees the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseRefused, match=rf"PID {holder.pid}\b"), planner_lock(path):
            pass
        holder.kill()
        holder.wait()
        with planner_lock(path):
            pass
