"""A database of an older program brought to this one's shape: a copy beside it first, then every step or none."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daemon.clock import local
from daemon.errors import DatabaseRefused, StoreBusy, os_reason
from daemon.store.engine import BUSY_TIMEOUT, Database, translated
from daemon.store.opening import refuse_damaged, refuse_newer, refuse_not_ours, synced
from daemon.store.planner_lock import planner_lock
from daemon.store.schema import REVISIONS, migrate, revision


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was done: from which revision to which, and the copy made before; no copy where nothing had to be done."""

    was: str
    now: str
    copy: Path | None


def upgrade_database(path: Path, now: datetime) -> Upgraded:
    """Bring a database to the newest revision; DatabaseRefused (Vietnamese) if it cannot be, and then it is as it was.

    Refused while a daemon plans on it, so that no letter leaves between the copy and the new shape.
    """
    refuse_not_ours(path)
    with planner_lock(path), Database(path) as database:
        with database.read() as conn:
            was = revision(conn)
            refuse_newer(path, was)
            refuse_damaged(path, conn)
        if was == REVISIONS[-1]:
            return Upgraded(was, was, None)
        copy = _copied(path, now)
        try:
            with database.write() as conn:
                migrate(conn)
        except RuntimeError as error:
            raise DatabaseRefused(
                f"Không nâng cấp được cơ sở dữ liệu {path}: {error}. Tệp vẫn như cũ; bản sao: {copy}. Có người hoặc "
                "công cụ khác đã sửa tệp này. Hãy giữ nguyên tệp và khôi phục từ bản sao lưu."
            ) from error
    return Upgraded(str(was), REVISIONS[-1], copy)


def _copied(path: Path, now: datetime) -> Path:
    """Copy the database beside itself, whole and for its owner's eyes alone, named by the second in Vietnam."""
    copy = path.with_name(f"{path.stem}-truoc-nang-cap-{local(now):%Y%m%d-%H%M%S}{path.suffix}")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # SQLite fills an empty file as it is
    except OSError as error:
        raise DatabaseRefused(
            f"Không tạo được bản sao {copy}: {os_reason(error)}. Cơ sở dữ liệu {path} chưa thay đổi; chưa nâng cấp."
        ) from error
    try:
        with translated(copy), closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)) as source:
            source.execute("VACUUM INTO ?", [str(copy)])
        synced(copy)
        synced(copy.parent)
    except BaseException as error:
        copy.unlink()
        if isinstance(error, OSError):
            raise StoreBusy(f"{copy}: {os_reason(error)}") from error
        raise
    return copy
