"""Entries by command: what is recorded is said back, what cannot be is refused with what is valid."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.store import engine, ledger
from daemon.store.opening import open_database
from tests.support.fresh import new_database

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type
AFTERNOON = "2022-10-24T09:55:00+00:00"  # 16:55 in Vietnam


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shipped files with an empty database, at 16:55 on 24/10/2022."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    monkeypatch.delenv("SUDO_USER", raising=False)
    path = tmp_path / "config" / "dondoc.yaml"
    new_database(tmp_path / "dondoc.db", now=datetime.fromisoformat(AFTERNOON))
    with freeze_time(AFTERNOON, ignore=UNFROZEN):
        yield path


def recorded(config: Path) -> list[tuple[str, str, str]]:
    """Return (kind, by, subject) of every entry."""
    with open_database(config.parent.parent / "dondoc.db") as database, database.read() as conn:
        return [(entry.kind.value, entry.by, str(entry.subject)) for entry in ledger.read(conn)]


def submit(config: Path, *words: str, by: str = "lan") -> int:
    """Enter a document as typed."""
    return main(["submit", *words, "--as", by, "--config", str(config)])


def test_a_document_answers_several_milestones(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said back: its number in the book, what it is and when, for whom and what."""
    words = ("so-tu-phap", "bao-cao", "ho-so-cham-diem", "--document", "812/BC-STP", "--sent", "24/10/2022 16:30")
    assert submit(config, *words) == 0
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "Đã ghi mục 1: Nhận văn bản, lúc 16:55 ngày 24/10/2022.",
        "  Sở Tư pháp: báo cáo dân vận 2022; 812/BC-STP; gửi 16:30 ngày 24/10/2022",
        "Đã ghi mục 2: Nhận văn bản, lúc 16:55 ngày 24/10/2022.",
        "  Sở Tư pháp: hồ sơ chấm điểm dân vận 2022; 812/BC-STP; gửi 16:30 ngày",
        "  24/10/2022",
    ]
    assert recorded(config) == [
        ("received", "lan", "1026-kh-ubnd-2022/bao-cao/once/so-tu-phap"),
        ("received", "lan", "1026-kh-ubnd-2022/ho-so-cham-diem/once/so-tu-phap"),
    ]


REFUSED = {
    "an agency that is not there": (["so-tu-phapp", "bao-cao", "--document", "1"], "Có phải là: so-tu-phap"),
    "a milestone that is not there": (["so-tu-phap", "bao-caoo", "--document", "1"], "Có phải là: bao-cao"),
    "nothing like any agency": (["zzz", "bao-cao", "--document", "1"], "Các cơ quan hợp lệ: vp-ubnd"),
    "what it does not owe": (["so-tu-phap", "xep-loai", "--document", "1"], "phải gửi: bao-cao, ho-so-cham-diem"),
    "another plan": (["so-tu-phap", "bao-cao", "--document", "1", "--plan", "x"], "1026-kh-ubnd-2022"),
    "another period": (["so-tu-phap", "bao-cao", "--document", "1", "--period", "2022"], "trong kỳ 2022"),
    "an act in the future": (
        ["so-tu-phap", "bao-cao", "--document", "1", "--received", "24/10/2022 16:56"],
        "ở tương lai: bây giờ là 16:55",
    ),
    "a day to come": (["so-tu-phap", "bao-cao", "--document", "1", "--sent", "25/10/2022"], "ở tương lai"),
    "received before it was sent": (
        ["so-tu-phap", "bao-cao", "--document", "1", "--sent", "21/10/2022", "--received", "20/10/2022"],
        "Ngày gửi (21/10/2022) không thể sau ngày đến (20/10/2022)",
    ),
    "sent before it was written": (
        ["so-tu-phap", "bao-cao", "--document", "1", "--issued", "2022-10-21", "--sent", "20/10/2022"],
        "không thể sau",
    ),
    "no number": (["so-tu-phap", "bao-cao", "--document", " "], "Cần ghi số, ký hiệu văn bản"),
    "a day that is none": (["so-tu-phap", "bao-cao", "--document", "1", "--sent", "31/9/2022"], "Không có ngày"),
    "an hour that is none": (["so-tu-phap", "bao-cao", "--document", "1", "--sent", "20/10/2022 25:00"], "16:55"),
    "no document": (["so-tu-phap", "bao-cao"], "--document"),
}


@pytest.mark.parametrize(("words", "valid"), REFUSED.values(), ids=REFUSED)
def test_refused(config: Path, capsys: pytest.CaptureFixture[str], words: list[str], valid: str) -> None:
    """Exit 2, one sentence that says what would be valid, and the book as it was."""
    assert submit(config, *words) == 2
    captured = capsys.readouterr()
    assert valid in captured.err
    assert "Traceback" not in captured.err
    assert recorded(config) == []


def test_one_of_several_refused_refuses_all(config: Path) -> None:
    """Two milestones, one of them not owed: neither is recorded."""
    assert submit(config, "so-tu-phap", "bao-cao", "xep-loai", "--document", "1") == 2
    assert recorded(config) == []


def test_a_document_twice(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is refused naming the first and the command that corrects it, also within one command."""
    words = ("so-tu-phap", "bao-cao", "--document", "812/BC-STP")
    assert submit(config, *words) == 0
    assert submit(config, *words) == 2
    said = capsys.readouterr().err
    assert "đã có văn bản số 812/BC-STP, mục 1" in said
    assert "dondoc void 1 --reason LÝ_DO" in said
    assert submit(config, "so-y-te", "bao-cao", "bao-cao", "--document", "9/BC") == 2
    assert len(recorded(config)) == 1


def void(config: Path, *words: str) -> int:
    """Take an entry back as typed."""
    return main(["void", *words, "--as", "lan", "--config", str(config)])


def test_a_document_of_the_wrong_agency(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Voided: what it was, that it is owed again and by when, that letters go on; then it can be entered anew."""
    words = ("so-tu-phap", "bao-cao", "--document", "812/BC-SYT")
    assert submit(config, *words) == 0
    capsys.readouterr()
    assert void(config, "1", "--reason", "nhầm cơ quan") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Đã ghi mục 2: Hủy mục nhập nhầm, lúc 16:55 ngày 24/10/2022.",
        "  Sở Tư pháp: báo cáo dân vận 2022; mục 1; lý do: nhầm cơ quan",
        "Đã hủy mục 1, Nhận văn bản: 812/BC-SYT.",
        "Sở Tư pháp lại phải gửi báo cáo dân vận 2022; thời hạn là ngày 24/10/2022.",
        "Thư nhắc lại được gửi theo lịch.",
    ]
    assert submit(config, *words) == 0
    assert [kind for kind, _, _ in recorded(config)] == ["received", "voided", "received"]


def test_a_void_is_answered_to_programs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own number, and the entry it voids as recorded."""
    assert submit(config, "so-tu-phap", "bao-cao", "--document", "812/BC") == 0
    capsys.readouterr()
    assert void(config, "1", "--reason", "nhầm", "--format", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["seq"], said["voided"]["seq"], said["voided"]["kind"]) == (2, 1, "received")
    assert said["voided"]["body"]["document"] == "812/BC"


@pytest.mark.parametrize(
    ("words", "valid"),
    [
        (["1", "--reason", "nhầm lần nữa"], "Mục 1 đã được hủy ở mục 2, không phải hủy nữa."),
        (["7", "--reason", "nhầm"], "Sổ không có mục 7 (mục cuối là mục 2). Xem các mục: dondoc ledger"),
        (["2", "--reason", " "], "Cần ghi lý do."),
        (["2"], "Còn thiếu “--reason”"),
        (["hai", "--reason", "nhầm"], "phải là một số"),
        (["--reason", "nhầm"], "Còn thiếu “MỤC”"),
    ],
)
def test_a_void_refused(config: Path, capsys: pytest.CaptureFixture[str], words: list[str], valid: str) -> None:
    """With what is there; the book stays as it was."""
    assert submit(config, "so-tu-phap", "bao-cao", "--document", "812/BC") == 0
    assert void(config, "1", "--reason", "nhầm") == 0
    capsys.readouterr()
    assert void(config, *words) == 2
    assert valid in capsys.readouterr().err
    assert len(recorded(config)) == 2


@pytest.mark.parametrize("nobody", ["root", "dondoc", " "])
def test_an_entry_is_a_persons(config: Path, capsys: pytest.CaptureFixture[str], nobody: str) -> None:
    """Root and the daemon enter nothing; the answer says how to give one's name."""
    assert submit(config, "so-tu-phap", "bao-cao", "--document", "1", by=nobody) == 2
    assert "--as TÊN" in capsys.readouterr().err
    assert recorded(config) == []


def test_who_called_sudo_is_who_enters(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is the person behind sudo, and `--as` goes before."""
    monkeypatch.setenv("SUDO_USER", "chi-hoa")
    assert main(["submit", "so-tu-phap", "bao-cao", "--document", "1", "--config", str(config)]) == 0
    assert submit(config, "so-y-te", "bao-cao", "--document", "1") == 0
    assert [by for _, by, _ in recorded(config)] == ["chi-hoa", "lan"]


@pytest.mark.parametrize(
    "words", ["08:00 24/10/2022", "24/10/2022 08:00", "08:00 ngày 24/10/2022", "8h00 2022-10-24", "8h 24/10/2022"]
)
def test_a_mark_as_it_is_spoken(config: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    """The hour may stand before or after the day."""
    assert main(["mark", words, "--as", "lan", "--config", str(config)]) == 0
    assert "Đã ghi mục 1" in capsys.readouterr().out
    assert [kind for kind, _, _ in recorded(config)] == ["mark"]


@pytest.mark.parametrize(
    ("words", "valid"),
    [
        (["17:00 24/10/2022"], "bây giờ là 16:55"),
        (["24/10/2022"], "cần cả giờ và ngày"),
        (["16h 24/10"], "cần cả giờ và ngày"),
        (["16:00 24/10/2022", "--collector", "so-y-te"], "so-noi-vu"),
    ],
)
def test_a_mark_refused(config: Path, capsys: pytest.CaptureFixture[str], words: list[str], valid: str) -> None:
    """Nobody can say at 16:55 that all is entered up to 17:00; the hour is needed; the collector is the plan's."""
    assert main(["mark", *words, "--as", "lan", "--config", str(config)]) == 2
    assert valid in capsys.readouterr().err
    assert recorded(config) == []


def test_while_another_process_writes(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is held by somebody else for longer than a command waits: said in Vietnamese, exit 1, try again."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0.05)
    with closing(sqlite3.connect(config.parent.parent / "dondoc.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert submit(config, "so-tu-phap", "bao-cao", "--document", "1") == 1
        other.execute("ROLLBACK")
    assert "đang bận" in capsys.readouterr().err
    assert submit(config, "so-tu-phap", "bao-cao", "--document", "1") == 0


def test_init_never_replaces(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second `init` leaves the database as it is and exits 2."""
    database = config.parent.parent / "dondoc.db"
    before = database.read_bytes()
    assert main(["init", "--config", str(config)]) == 2
    assert "không tạo đè" in capsys.readouterr().err
    assert database.read_bytes() == before


def test_no_database_yet(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but `init` makes a database: an entry without one is refused with what to do."""
    (config.parent.parent / "dondoc.db").unlink()
    assert submit(config, "so-tu-phap", "bao-cao", "--document", "1") == 2
    assert "dondoc init" in capsys.readouterr().err
    assert not (config.parent.parent / "dondoc.db").exists()
