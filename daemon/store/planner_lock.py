"""One planner to a database file: a lock that dies with its holder, and names the holder to the second."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.errors import DatabaseRefused, os_reason


def lock_path(database: Path) -> Path:
    """Return the lock file beside a database file."""
    return database.with_name(f"{database.name}.planner")


@contextmanager
def planner_lock(database: Path) -> Iterator[None]:
    """Be the only planner on this database inside the block; DatabaseRefused (with the holder's pid) if there is one.

    The file stays when the lock is given up: removing it would let two processes each lock a file of that name.
    """
    path = lock_path(database)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseRefused(
            f"Không mở được tệp khóa {path}: {os_reason(error)}. Hãy chạy bằng tài khoản của dịch vụ (thường là "
            "dondoc), hoặc trả lại quyền ghi cho tài khoản này ở thư mục ấy."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode("ascii", "replace").strip() or "không rõ"
            raise DatabaseRefused(
                f"Đã có một tiến trình dondoc khác (PID {holder}) đang chạy với cơ sở dữ liệu {database}. Mỗi cơ sở dữ "
                "liệu chỉ một tiến trình; hãy dừng tiến trình kia trước."
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
