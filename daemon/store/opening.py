"""Opening and making the database file: what is not ours, not whole or not of this version is refused unchanged.

Only `create_database` makes a file, and only where there is none: an empty database beside a configured plan would
send every letter again. The file is looked at through SQLite alone, for closing a descriptor of one's own would drop
the locks other connections of the process hold.
"""

from __future__ import annotations

import os
import pwd
import sqlite3
import stat
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, text

from daemon.errors import DatabaseRefused, DondocError, os_reason
from daemon.store.engine import Database, damaged, translated
from daemon.store.schema import REVISIONS, faulty_triggers, migrate, revision
from daemon.store.tables import META

APPLICATION_ID = 0x646F6E64  # "dond"


def open_database(path: Path, *, check: bool = True) -> Database:
    """Open a database made by `create_database`; DatabaseRefused (Vietnamese) for anything else, file unchanged.

    `check` reads every page (`quick_check`); it does not see a changed digit, which only `ledger.verify` does.
    """
    refuse_not_ours(path)
    database = Database(path)
    try:
        with database.read() as conn:
            _refuse_other_version(path, revision(conn))
            if check:
                refuse_damaged(path, conn)
            if faulty := faulty_triggers(conn):
                raise DatabaseRefused(
                    f"Cơ sở dữ liệu {path} thiếu hoặc sai khóa bảo vệ sổ: {', '.join(faulty)}. Có người hoặc công cụ "
                    "khác đã sửa tệp này. Hãy giữ nguyên tệp, đối chiếu mã sổ với báo cáo tuần gần nhất và khôi phục "
                    "từ bản sao lưu."
                )
    except BaseException:
        database.close()
        raise
    return database


def create_database(path: Path, *, now: datetime, identity: str) -> None:
    """Make an empty database; DatabaseRefused if anything already lies at `path` or nothing can be written there.

    `identity` names this database for ever; it comes from an injected source. The file appears whole or not at all.
    """
    if path.exists() or path.is_symlink():
        raise DatabaseRefused(
            f"Đã có tệp {path}; dondoc không tạo đè lên. Nếu đúng là muốn làm lại từ đầu, hãy tự chuyển tệp này đi nơi "
            "khác rồi chạy lại dondoc init."
        )
    for left in (path.with_name(f"{path.name}-journal"), path.with_name(f"{path.name}-wal")):
        if left.exists() and left.stat().st_size:
            raise DatabaseRefused(
                f"Còn tệp {left} của một cơ sở dữ liệu cũ; nếu tạo mới bên cạnh, dữ liệu mới sẽ bị hỏng. Hãy khôi phục "
                "từ bản sao lưu, hoặc tự chuyển tệp này đi nơi khác rồi chạy lại dondoc init."
            )
    making = path.with_name(f".{path.name}.{os.getpid()}.making")
    try:
        os.close(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise DatabaseRefused(
            f"Không tạo được cơ sở dữ liệu {path}: {os_reason(error)}. Hãy kiểm tra thư mục {path.parent} có tồn tại "
            f"và tài khoản {_account(os.geteuid())} có quyền ghi ở đó."
        ) from error
    try:
        with Database(making) as database, database.write() as conn:
            conn.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))
            migrate(conn)
            conn.execute(insert(META), {"one": 1, "identity": identity, "created_at": now})
        _put_in_place(making, path)
    finally:
        making.unlink(missing_ok=True)
        making.with_name(f"{making.name}-journal").unlink(missing_ok=True)


def _put_in_place(made: Path, path: Path) -> None:
    try:
        path.hardlink_to(made)  # unlike a rename, never over another file
    except FileExistsError as error:
        raise DatabaseRefused(f"Vừa có tiến trình khác tạo tệp {path}; dondoc không tạo đè lên.") from error
    synced(path.parent)


def synced(path: Path) -> None:
    """Wait until what was written to a file, or put in a folder, is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refuse_not_ours(path: Path) -> None:
    """Raise DatabaseRefused unless `path` is a file this account may write and a database that dondoc made."""
    _refuse_unusable(path)
    _refuse_foreign(path)


def refuse_damaged(path: Path, conn: Connection) -> None:
    """Raise DatabaseRefused if a page of the database is not as SQLite left it."""
    if (found := conn.execute(text("PRAGMA quick_check(1)")).scalar_one()) != "ok":
        raise DatabaseRefused(damaged(path, str(found)))


def _refuse_unusable(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise DatabaseRefused(
            f"Chưa có cơ sở dữ liệu {path}. Lần đầu cài đặt: hãy chạy dondoc init. Nếu trước đây đã có dữ liệu: hãy "
            "khôi phục từ bản sao lưu; tạo mới sẽ làm mất lịch sử và gửi lại các thư đã gửi."
        ) from error
    except OSError as error:
        raise DatabaseRefused(f"Không đọc được cơ sở dữ liệu {path}: {os_reason(error)}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise DatabaseRefused(f"{path} không phải là một tệp thường. Hãy kiểm tra mục cơ sở dữ liệu trong cấu hình.")
    if status.st_size == 0:
        raise DatabaseRefused(
            f"Tệp {path} rỗng, không phải cơ sở dữ liệu của dondoc. Hãy khôi phục từ bản sao lưu; "
            "nếu là lần đầu cài đặt, hãy xóa tệp rỗng này rồi chạy dondoc init."
        )
    writable = status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) and os.access(path, os.R_OK | os.W_OK)
    if not writable or not os.access(path.parent, os.W_OK):
        owner = _account(status.st_uid)
        raise DatabaseRefused(
            f"Tài khoản {_account(os.geteuid())} không ghi được vào cơ sở dữ liệu {path} (chủ sở hữu: {owner}, quyền "
            f"{stat.filemode(status.st_mode)}). Hãy chạy bằng tài khoản {owner} (sudo -u {owner} dondoc ...), hoặc trả "
            "lại quyền ghi cho tệp và thư mục chứa tệp."
        )


def _refuse_foreign(path: Path) -> None:
    # Immutable: no journal is rolled back and no lock is taken in a file that may be somebody else's.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with translated(path), closing(sqlite3.connect(uri, uri=True)) as probe:
            found = probe.execute("PRAGMA application_id").fetchone()[0]
    except DatabaseRefused:
        raise
    except DondocError as error:
        raise DatabaseRefused(f"Không đọc được cơ sở dữ liệu {path}: {error}.") from error
    if found != APPLICATION_ID:
        raise DatabaseRefused(
            f"Tệp {path} là cơ sở dữ liệu của chương trình khác, không phải của dondoc; dondoc không động vào. "
            "Hãy kiểm tra đường dẫn cơ sở dữ liệu trong cấu hình."
        )


def _refuse_other_version(path: Path, found: str | None) -> None:
    refuse_newer(path, found)
    if found != REVISIONS[-1]:
        raise DatabaseRefused(
            f"Cơ sở dữ liệu {path} thuộc phiên bản cũ ({found}); chương trình cần {REVISIONS[-1]}. Hãy dừng dịch vụ "
            "rồi chạy dondoc db upgrade (lệnh này tự tạo bản sao trước)."
        )


def refuse_newer(path: Path, found: str | None) -> None:
    """Raise DatabaseRefused unless `found` is a revision this program knows."""
    if found is None:
        raise DatabaseRefused(damaged(path, "không có số phiên bản"))
    if found not in REVISIONS:
        raise DatabaseRefused(
            f"Cơ sở dữ liệu {path} thuộc phiên bản mới hơn chương trình ({found}; chương trình biết đến "
            f"{REVISIONS[-1]}). Hãy cài phiên bản dondoc mới hơn; không dùng chương trình cũ với tệp này."
        )


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
