"""One whole demo for all its tests: played by whichever worker comes first, read by the others."""

from __future__ import annotations

import fcntl
import io
import os
from pathlib import Path

import pytest

from daemon.demo.play import play_script
from daemon.demo.scenario import load_scenario


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of one whole demo, played by whichever worker comes first."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out, told = root / "demo", root / "demo.txt"
    with (root / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            stream = io.StringIO()
            evidence = play_script(out, load_scenario(), stream, 0.0)
            assert evidence.refused == ()
            told.write_text(stream.getvalue(), encoding="utf-8")
    return out
