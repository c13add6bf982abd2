"""Who acts: an entry of the ledger is some person's, never root's and never the daemon's own."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

from daemon.errors import EntryRefused

NOBODY = frozenset({"root", "dondoc"})


def who(named: str | None, environ: Mapping[str, str]) -> str:
    """Return the person acting: `--as`, else SUDO_USER, else the login; EntryRefused for root and dondoc."""
    person = (named or environ.get("SUDO_USER") or _login()).strip()
    if not person or person in NOBODY:
        raise EntryRefused(
            f"Mục ghi sổ phải có tên người nhập; tài khoản “{person or 'không tên'}” không phải là người. "
            "Hãy thêm --as TÊN, ví dụ: --as nguyen-thi-a."
        )
    return person


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this uid: 3.13 raises OSError, earlier versions KeyError
        return ""
