"""What `repair` and `mailbox` say: addresses to mend, messages to look at; nothing that could pose as a command."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, time
from importlib.resources import files
from pathlib import Path

import pytest

from daemon.cli import main
from daemon.clock import at
from daemon.domain.arrivals import ArrivalKind, Doubt
from daemon.domain.words import Channel
from daemon.files.settings import load_settings
from daemon.judgement.bounce_tokens import fingerprint
from daemon.rendering.mail_labels import ARRIVAL, DOUBT, fault_label
from daemon.store.arrivals import LARGEST_KEPT, MOST_KEPT, NewNote, keep_note, note_content, notes
from daemon.store.bouncing import bounce_key
from daemon.store.engine import Database
from daemon.store.faults import report_fault
from daemon.store.opening import create_database, open_database

NOW = at(date(2022, 10, 3), time(9, 15))
KEY = b"k" * 32


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped files with an empty database."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    path = tmp_path / "config" / "dondoc.yaml"
    create_database(load_settings(path).database, now=NOW, identity="thu-nghiem")
    return path


def opened(config: Path) -> Database:
    """Return the database of the settings."""
    return open_database(load_settings(config).database, check=False)


def told(config: Path, *words: str, code: int = 0) -> str:
    """Return what a command says, on either stream."""
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as complained:
        assert main([*words, "--config", str(config)]) == code
    return said.getvalue() + complained.getvalue()


def accuse(config: Path, person: str, address: str, status: str, channel: Channel = Channel.EMAIL) -> None:
    """Put an address on the list."""
    with opened(config) as database, database.write() as conn:
        bounce_key(conn, NOW, lambda: KEY)
        report_fault(conn, (person, channel), fingerprint(address, KEY), status, f"{status} …", NOW)


def test_addresses_to_mend_are_listed_with_their_reason(config: Path) -> None:
    """People and office mailboxes; one changed in the files since is no longer there, nor one nobody has."""
    assert told(config, "repair") == "Không có địa chỉ nào phải sửa.\n"
    accuse(config, "so-tu-phap-dau-moi", "dau-moi@so-tu-phap.example", "5.1.1")
    accuse(config, "so-tu-phap-dau-moi", "dau-moi@so-tu-phap.example", "5.1.1")
    accuse(config, "so-y-te-van-thu", "van-thu@so-y-te.example", "5.4.4")
    accuse(config, "so-tai-chinh-dau-moi", "cu@so-tai-chinh.example", "5.1.1")
    accuse(config, "khong-con-ai", "x@y.example", "5.1.1")
    said = told(config, "repair")
    for expected in ("không có địa chỉ", "(5.1.1)", "không còn tên", "Văn thư", "03/10"):
        assert expected in said
    assert said.endswith("2 địa chỉ. Hỏi lại cơ quan, sửa trong agencies.yaml rồi nạp lại:\nsystemctl reload dondoc.\n")
    assert max(map(len, said.splitlines())) <= 80
    rows = json.loads(told(config, "repair", "--format", "json"))
    assert [(row["person"], row["agency"], row["times"], row["status"]) for row in rows] == [
        ("so-tu-phap-dau-moi", "so-tu-phap", 2, "5.1.1"),
        ("so-y-te-van-thu", "so-y-te", 1, "5.4.4"),
    ]
    assert rows[0]["since"] == "2022-10-03T09:15:00+07:00"
    assert "@" not in said + str(rows)


def test_messages_that_wait_for_a_person_are_listed(config: Path) -> None:
    """A reply with who wrote, a doubtful report with why; the latest first."""
    assert told(config, "mailbox") == "Không có thư nào cần xem.\n"
    with opened(config) as database, database.write() as conn:
        keep_note(conn, NewNote(ArrivalKind.REPLY, "Re: báo cáo", 300, person="so-tu-phap-dau-moi", letter="L1"), NOW)
        keep_note(conn, NewNote(ArrivalKind.REPLY, "Hỏi", 20, person="so-noi-vu-van-thu"), NOW)
        keep_note(conn, NewNote(ArrivalKind.REPLY, "Chào", 10), NOW)
        raw = b"Subject: x\r\n\r\n\x1b[31mred\xff" + b"y" * LARGEST_KEPT
        keep_note(conn, NewNote(ArrivalKind.REPORT, "Returned", 9, Doubt.FORGED, content=raw), NOW)
    said = told(config, "mailbox")
    words = " ".join(said.split())
    for expected in ("Thư trả lời", "người ngoài danh bạ", "mã báo lỗi", "03/10/2022 09:15", "4 thư."):
        assert expected in words
    assert max(map(len, said.splitlines())) <= 80
    rows = json.loads(told(config, "mailbox", "--format", "json"))
    assert [(row["id"], row["kind"], row["doubt"], row["person"], row["letter"]) for row in rows] == [
        (4, "report", "forged", None, None),
        (3, "reply", None, None, None),
        (2, "reply", None, "so-noi-vu-van-thu", None),
        (1, "reply", None, "so-tu-phap-dau-moi", "L1"),
    ]
    assert len(json.loads(told(config, "mailbox", "--limit", "1", "--format", "json"))) == 1
    shown = told(config, "mailbox", "--show", "4")
    assert shown.startswith("Subject: x\n\n·[31mred")
    with opened(config) as database, database.read() as conn:
        assert len(note_content(conn, 4) or b"") == LARGEST_KEPT
    assert told(config, "mailbox", "--show", "1", code=2).startswith("Không giữ nội dung thư số 1.")
    assert told(config, "mailbox", "--show", "99", code=2).startswith("Không giữ nội dung thư số 99.")


def test_a_flood_of_mail_fills_no_disk(config: Path) -> None:
    """Beyond the most that are kept, the oldest note goes."""
    with opened(config) as database, database.write() as conn:
        for n in range(MOST_KEPT + 5):
            keep_note(conn, NewNote(ArrivalKind.REPLY, str(n), 1), NOW)
        assert len(notes(conn, 2 * MOST_KEPT)) == MOST_KEPT
    assert json.loads(told(config, "mailbox", "--format", "json"))[0]["subject"] == str(MOST_KEPT + 4)


def test_every_word_has_a_label() -> None:
    """And every status something to say."""
    assert set(ARRIVAL) == set(ArrivalKind)
    assert set(DOUBT) == set(Doubt)
    said = [fault_label(status) for status in ("5.1.1", "5.1.10", "5.1.2", "5.2.1", "5.4.4", "5.0.0", "5.1")]
    assert said == [
        "không có địa chỉ này",
        "tên miền không nhận thư",
        "không còn tên miền này",
        "hộp thư đã khóa",
        "không còn tên miền này",
        "máy chủ không chuyển được thư",
        "không có địa chỉ này",
    ]
