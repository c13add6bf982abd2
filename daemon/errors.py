"""The dondoc error tree.

    DondocError
    ├─ ConfigError          files that cannot be loaded: refuse to start (exit 2; `run` exits 78)
    │   └─ FilesRefused     holds every Problem found, as file:line:col
    ├─ StoreError           the database
    │   ├─ DatabaseRefused  missing, foreign, newer or damaged: never replaced (exit 2; `run` 78)
    │   ├─ StoreBusy        a passing trouble (locked, disk full): the tick is tried again
    │   └─ AlreadyRecorded  a unique key did its work: a normal outcome
    ├─ EntryRefused         an act that cannot be recorded; the text says what is valid (Vietnamese)
    └─ TemplateRefused      a template that does not load or render

`notifiers.base.DeliveryError` is the only error a notifier raises.
Messages a person reads are Vietnamese; the class docstring is the default message for programs.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass


class DondocError(Exception):
    """Something dondoc itself refuses or reports."""


class ConfigError(DondocError):
    """The configuration cannot be used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or warning in a file an operator edits.

    `line` and `col` count from 1; 0 means the file as a whole. `message` is Vietnamese.
    """

    file: str
    line: int
    col: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        mark = "cảnh báo: " if self.warning else ""
        place = f"{self.file}:{self.line}:{self.col}" if self.line else self.file
        return f"{place}: {mark}{self.message}"


class FilesRefused(ConfigError):
    """Files that cannot be loaded; `problems` holds every one found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class StoreError(DondocError):
    """The database failed."""


class DatabaseRefused(StoreError):
    """A database that is missing, foreign, newer than the code, or damaged."""


class StoreBusy(StoreError):
    """The database cannot be written just now; the same act may succeed later."""


class AlreadyRecorded(StoreError):
    """A unique key refused the second time."""


class EntryRefused(DondocError):
    """An entry that cannot be recorded."""


class TemplateRefused(DondocError):
    """A template that does not load or render."""


_OS_REASONS = {
    errno.EACCES: "không có quyền",
    errno.EPERM: "không có quyền",
    errno.ENOENT: "không có tệp hoặc thư mục này",
    errno.EISDIR: "đó là thư mục, không phải tệp",
    errno.ENOTDIR: "đường dẫn đi qua một tệp không phải thư mục",
    errno.EEXIST: "đã có tệp này",
    errno.ENOSPC: "ổ đĩa đầy",
    errno.EDQUOT: "hết hạn mức ổ đĩa",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
    errno.EIO: "ổ đĩa báo lỗi đọc, ghi",
    errno.ENAMETOOLONG: "tên tệp quá dài",
    errno.ELOOP: "liên kết vòng",
}


def os_reason(error: OSError) -> str:
    """Return in Vietnamese why the system refused; in its own words what is rare."""
    return _OS_REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
