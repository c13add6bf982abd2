"""The same script twice, in processes that hash and live differently, leaves the same folder byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)  # two demos of three weeks on a busy machine

SPRING = """
import io, sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from daemon.clock import at
from daemon.demo.play import play_script
from daemon.demo.scenario import load_scenario
script = load_scenario()
play_script(Path(sys.argv[1]), replace(script, end=at(date(2022, 4, 8)), boards=script.boards[:2]), io.StringIO(), 0.0)
"""


def held(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_two_runs_are_alike(tmp_path: Path) -> None:
    """Letters, ledger, database, pages and summary do not depend on the process, its hashing or its time zone."""
    lives = [{"PYTHONHASHSEED": "1", "TZ": "Pacific/Apia"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Ho_Chi_Minh"}]
    folders = [tmp_path / "one", tmp_path / "other"]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SPRING, str(folder)],
            env={**os.environ, **life},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for folder, life in zip(folders, lives, strict=True)
    ]
    for process in running:
        _, complaint = process.communicate(timeout=500)
        assert process.returncode == 0, complaint.decode()
    one, other = map(held, folders)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert {"so-theo-doi.jsonl", "tom-tat.json", "dondoc.db", "hop-thu/index.html"} <= one.keys()
    assert len(one) > 200
