"""A station for each test: a real daemon and a real mail server, ended with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.station import Station, stationed


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A folder of its own; every process started there has ended when the test has."""
    with stationed(tmp_path) as found:
        yield found
