"""What a command loads before it answers: help and slips of the hand no database, an answer no road to send by."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from daemon.cli import main

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


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shipped files, copied, with an empty database."""
    folder = tmp_path_factory.mktemp("start")
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), folder / name)
    path = str(folder / "config" / "dondoc.yaml")
    assert main(["init", "--config", path]) == 0
    return path


def test_check_loads_no_store(config: str) -> None:
    """The files are read without what reads the database, also where there is one."""
    said, modules = loaded("check", "--config", config, code=0)
    assert "Các tệp hợp lệ" in said
    assert modules & {"sqlalchemy", "sqlmodel", "daemon.managers"} == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["status"], "Đã gửi 0/118 nội dung."),
        (["show", "so-tu-phap"], "Sở Tư pháp"),
        (["deliveries"], "Chưa có thư nào."),
        (["deliveries", "--dead"], "Không có thư nào không đến được."),
        (["ledger"], "Mã đối chiếu sổ"),
        (["ledger", "verify"], "Sổ nguyên vẹn"),
        (["mailbox"], "Không có thư nào cần xem."),
        (["repair"], "Không có địa chỉ nào phải sửa."),
    ],
)
def test_an_answer_loads_no_road(config: str, words: list[str], expected: str) -> None:
    """Who asks the record loads the store, and nothing that sends, writes letters or waits for the hour."""
    said, modules = loaded(*words, "--config", config, code=0)
    assert expected in said
    assert "daemon.store.engine" in modules
    sending = {"apscheduler", "aiosmtplib", "httpx", "imap_tools", "jinja2", "daemon.app", "daemon.channels"}
    assert modules & sending == set()
