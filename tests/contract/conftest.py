"""What several contract tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest

from daemon.clock import at
from daemon.store.engine import Database
from daemon.store.opening import open_database
from tests.support.fresh import new_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database, open."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=at(date(2022, 10, 19), time(8, 30)))
    with open_database(path) as opened:
        yield opened
