"""The command line itself: help in Vietnamese, exit status, every problem of the files at once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from daemon.cli import main


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped files, copied."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    return tmp_path / "config" / "dondoc.yaml"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statuss"], "Không có lệnh"),
        ([""], "Không có lệnh “”."),
        (["status", "--agancy", "x"], "Có phải là: --agency"),
        (["submit", "so-tu-phap"], "Còn thiếu"),
        (["submit"], "Còn thiếu"),
        (["status", "--on"], "--on"),
        (["show", "so-tu-phap", "thua"], "Thừa từ trong câu lệnh: thua.\n"),
        (["ledger", "verify", "mục", "5"], "Thừa từ trong câu lệnh: mục 5.\n"),
        (["status", "--format", "xml"], "table"),
        (
            ["deliveries", "--limit", "0"],
            "“--limit” không hợp lệ: phải từ 1 trở lên.\nXem cách dùng: dondoc deliveries --help",
        ),
        (["deliveries", "--limit", "x"], "“--limit” không hợp lệ: phải là một số.\n"),
        (["retry", "--channel", "fax"], "“--channel” không hợp lệ. Chọn một trong: email, zalo.\n"),
        (["apologise"], "Còn thiếu “MÃ_THƯ”.\nXem cách dùng: dondoc apologise --help"),
    ],
)
def test_typed_wrongly(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    """What was typed wrongly and what is valid, exit 2."""
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["status"], ["check"], ["preview"], ["ledger", "verify"], ["init"]])
def test_no_settings(
    capsys: pytest.CaptureFixture[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A settings file that is not there is named, exit 2; `run` says the same with 78."""
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--config", "khong-co.yaml"]) == 2
    assert "khong-co.yaml" in capsys.readouterr().err
    monkeypatch.setenv("DONDOC_CONFIG", "cung-khong-co.yaml")
    assert main(words) == 2
    assert "cung-khong-co.yaml" in capsys.readouterr().err


def test_check_of_the_shipped_files(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings do not stop: exit 0, each phrase echoed as it was understood."""
    assert main(["check", "--config", str(config)]) == 0
    captured = capsys.readouterr()
    assert "24/10/2022" in captured.out
    assert "Các tệp hợp lệ" in captured.out


def spoil(config: Path) -> None:
    """Make a mistake in each kind of file."""
    edits = {
        "agencies.yaml": ("khoi: cap-huyen\n", "khoi: cap-huyenn\n"),
        "ladders.yaml": ("trước 15 ngày", "truoc mười lăm ngày"),
        "calendar.yaml": ("- 03/01 ", "- 31/02 "),
        "../schedules/1026-kh-ubnd-2022.yaml": ("han: trước ngày 25/10/2022", "han: khoảng cuối tháng 10"),
    }
    for name, (old, new) in edits.items():
        path = config.parent / name
        said = path.read_text("utf-8")
        assert old in said
        path.write_text(said.replace(old, new, 1), "utf-8")


PLACES = {"config/agencies.yaml", "config/ladders.yaml", "config/calendar.yaml", "schedules/1026-kh-ubnd-2022.yaml"}


def test_check_tells_all_problems(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in each of four files: four places at once, file:line:col, exit 2."""
    spoil(config)
    assert main(["check", "--config", str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    errors = [line for line in lines if "cảnh báo:" not in line]
    places = [re.match(r"(\S+):(\d+):(\d+): ", line) for line in errors]
    assert {place and place[1] for place in places} == PLACES


@pytest.mark.parametrize(
    "words", [["preview"], ["status"], ["submit", "so-y-te", "bao-cao", "--document", "1", "--as", "lan"]]
)
def test_bad_files_stop_every_command(config: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """No command works on files that cannot be loaded; each says why with the places, exit 2."""
    assert main(["init", "--config", str(config)]) == 0
    spoil(config)
    assert main([*words, "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert {name for name in PLACES if f"{name}:" in said} == PLACES
    assert said.endswith("Lệnh chưa được thực hiện, vì các tệp có lỗi như trên. Sửa xong, xin chạy lại lệnh.\n")


def test_check_for_programs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The warnings as rows with English keys."""
    assert main(["check", "--config", str(config), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows
    assert {tuple(row) for row in rows} == {("file", "line", "col", "message", "warning")}


def test_a_reader_that_stops_reading(config: Path) -> None:
    """`dondoc preview | head -1` ends without a traceback."""
    program = Path(sys.executable).with_name("dondoc")
    command = [str(program), "preview", "--from", "2022-03-25", "--to", "2022-12-31", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
