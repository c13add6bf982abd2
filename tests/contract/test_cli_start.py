"""What a command loads before it answers: help and slips of the hand no database, an answer no road to send by."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = "import sys; from daemon.cli import main; code = main(sys.argv[1:]); print('====', code, *sys.modules, sep='\\n')"


def loaded(*words: str, code: int) -> tuple[str, set[str]]:
    """Run a command in a process of its own; return what it said and the modules it had loaded at its end."""
    command = [sys.executable, "-P", "-c", RUN, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said, _, end = done.stdout.rpartition("====\n")
    status, *modules = end.split()
    assert int(status) == code, done.stderr
    return said + done.stderr, set(modules)


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--help"], 0, "Các lệnh:"),
        ([], 2, "Các lệnh:"),
        (["stats"], 2, "Không có lệnh “stats”. Có phải là: status?"),
        (["--hlep"], 2, "Không có tùy chọn “--hlep”. Có phải là: --help?"),
    ],
)
def test_help_and_a_mistyped_command_load_no_store(words: list[str], code: int, expected: str) -> None:
    """Who only asks how a command is called does not wait for the database's library."""
    said, modules = loaded(*words, code=code)
    assert expected in said
    assert modules & {"sqlalchemy", "sqlmodel", "jinja2", "httpx"} == set()
