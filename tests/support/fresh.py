"""Fresh databases for tests: each kind is made once in a process and then copied, for making one takes its time."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.store.opening import create_database


def new_database(path: Path, *, now: datetime, identity: str = "thu-nghiem") -> None:
    """Put at `path`, where nothing may lie, the database `create_database` would make there."""
    whole = _made(now, identity)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(whole)


@cache
def _made(now: datetime, identity: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "dondoc.db"
        create_database(path, now=now, identity=identity)
        return path.read_bytes()
