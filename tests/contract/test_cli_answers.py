"""Answers by command: the record as it stood on a day, the year to come, and what became of every letter."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from daemon.app import App
from daemon.cli import main
from daemon.clock import VirtualClock, at
from daemon.domain.settings import Pace
from daemon.domain.words import Channel
from daemon.files.settings import load_settings
from daemon.managers.reloader import read_generation
from daemon.store.opening import open_database
from notifiers.memory import MemoryNotifier
from tests.support.fresh import new_database

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type
STATUS_KEYS = [
    "plan", "milestone", "period", "agency", "status", "due_at", "last_day", "submitted_at", "recorded_at", "document",
    "late_days", "reminders", "extended_to", "returned_on", "nothing_to_report", "promised_on",
]  # fmt: skip
LETTER_KEYS = ["send_at", "agency", "tier", "level", "channel", "to", "cc", "waits_for", "items"]
ITEM_KEYS = [
    "plan", "milestone", "period", "agency", "term", "step", "occurrence", "due_at", "last_day", "reason",
]  # fmt: skip


def copy(folder: Path) -> Path:
    """Copy the shipped files; return the path of the settings."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), folder / name)
    return folder / "config" / "dondoc.yaml"


def told(config: Path, *words: str, code: int = 0) -> str:
    """Return what a command says."""
    with redirect_stdout(io.StringIO()) as said:
        assert main([*words, "--config", str(config)]) == code
    return said.getvalue()


def enter(config: Path, instant: str, *words: str) -> None:
    """Enter something at an instant of Vietnam's clock."""
    with freeze_time(datetime.fromisoformat(f"{instant}+07:00"), ignore=UNFROZEN):
        told(config, *words, "--as", "lan")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped files, and a record of October 2022 entered by commands."""
    path = copy(tmp_path_factory.mktemp("answers"))
    with freeze_time("2022-10-18T01:00:00+00:00", ignore=UNFROZEN):
        told(path, "init")
    enter(path, "2022-10-20 10:00", "submit", "so-tu-phap", "bao-cao", "--document", "812/BC-STP",
          "--issued", "19/10/2022", "--sent", "20/10/2022 09:00", "--received", "20/10/2022 09:05")  # fmt: skip
    enter(path, "2022-10-26 09:00", "submit", "so-y-te", "bao-cao", "ho-so-cham-diem", "--document", "99/BC-SYT",
          "--sent", "25/10/2022")  # fmt: skip
    enter(path, "2022-10-27 15:00", "submit", "so-xay-dung", "bao-cao", "--document", "7/BC-SXD",
          "--sent", "24/10/2022 23:59", "--received", "25/10/2022 08:00")  # fmt: skip
    return path


def status(config: Path, *words: str) -> list[dict[str, Any]]:
    """Return the rows of `status --format json`."""
    found: list[dict[str, Any]] = json.loads(told(config, "status", *words, "--format", "json"))
    return found


def test_the_keys_of_a_status(config: Path) -> None:
    """A row for each obligation, its keys exactly those promised, in their order."""
    rows = status(config, "--on", "24/10/2022")
    assert len(rows) == 118
    assert {tuple(row) for row in rows} == {tuple(STATUS_KEYS)}


@pytest.mark.parametrize(
    ("agency", "milestone", "on", "expected"),
    [
        ("so-tu-phap", "bao-cao", "19/10/2022", ("open", None, None, 0)),
        ("so-tu-phap", "bao-cao", "2022-10-20", ("on_time", "2022-10-20T09:00:00+07:00", "812/BC-STP", 0)),
        ("so-tu-phap", "ho-so-cham-diem", "24/10/2022", ("open", None, None, 0)),
        ("so-tu-phap", "ho-so-cham-diem", "25/10/2022", ("overdue", None, None, 1)),
        ("so-tu-phap", "ho-so-cham-diem", "31/10/2022", ("overdue", None, None, 7)),
        # Sent on the 25th, judged by that; the file of marks is judged by its coming, known only by its entry.
        ("so-y-te", "bao-cao", "25/10/2022", ("overdue", None, None, 1)),
        ("so-y-te", "bao-cao", "26/10/2022", ("late", "2022-10-25", "99/BC-SYT", 1)),
        ("so-y-te", "ho-so-cham-diem", "26/10/2022", ("late", "2022-10-26T09:00:00+07:00", "99/BC-SYT", 2)),
        # In time, though it was entered three days later: until then the record did not know.
        ("so-xay-dung", "bao-cao", "26/10/2022", ("overdue", None, None, 2)),
        ("so-xay-dung", "bao-cao", "27/10/2022", ("on_time", "2022-10-24T23:59:00+07:00", "7/BC-SXD", 0)),
        ("so-tu-phap", "ke-hoach", "24/10/2022", ("overdue", None, None, 207)),
        ("so-tu-phap", "ke-hoach", "1/1/2023", ("closed", None, None, 275)),
        ("so-tu-phap", "bao-cao", "1/1/2023", ("on_time", "2022-10-20T09:00:00+07:00", "812/BC-STP", 0)),
    ],
)
def test_status_as_recorded_by_a_day(
    config: Path, agency: str, milestone: str, on: str, expected: tuple[str, str | None, str | None, int]
) -> None:
    """What the record said by the end of that day, and not what became known afterwards."""
    (row,) = status(config, "--on", on, "--agency", agency, "--milestone", milestone)
    assert (row["status"], row["submitted_at"], row["document"], row["late_days"]) == expected
    day, last = ("2022-04-01", "2022-03-31") if milestone == "ke-hoach" else ("2022-10-25", "2022-10-24")
    assert (row["due_at"], row["last_day"]) == (f"{day}T00:00:00+07:00", last)
    assert (row["plan"], row["period"]) == ("1026-kh-ubnd-2022", "once")
    assert (row["reminders"], row["extended_to"], row["returned_on"], row["promised_on"]) == (0, None, None, None)
    assert row["nothing_to_report"] is False


def test_status_for_people(config: Path) -> None:
    """A table in Vietnamese that fits eighty columns, and how many have sent."""
    said = told(config, "status", "--on", "27/10/2022", "--milestone", "bao-cao")
    assert "Đã gửi 3/39 nội dung." in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "valid"),
    [
        (["status", "--agency", "so-yte"], "Có phải là: so-y-te"),
        (["status", "--milestone", "zzz"], "Các mốc: ke-hoach, bao-cao, ho-so-cham-diem, xep-loai."),
        (["status", "--plan", "1026-kh-ubnd"], "Có phải là: 1026-kh-ubnd-2022"),
        (["deliveries", "--agency", "so-yte"], "Có phải là: so-y-te"),
        (["show", "so-yte"], "Có phải là: so-y-te"),
    ],
)
def test_asked_about_what_is_not_there(
    config: Path, capsys: pytest.CaptureFixture[str], words: list[str], valid: str
) -> None:
    """A name mistyped is no empty answer: exit 2, and what is near."""
    told(config, *words, code=2)
    assert valid in capsys.readouterr().err


def test_now_is_the_machines_clock(config: Path) -> None:
    """Without a day the answer is of this instant, read from the machine's clock at the door."""
    with freeze_time("2022-10-24T16:59:59+00:00", ignore=UNFROZEN):  # one second before the deadline
        assert {r["status"] for r in status(config, "--agency", "so-cong-thuong", "--milestone", "bao-cao")} == {"open"}
    with freeze_time("2022-10-24T17:00:00+00:00", ignore=UNFROZEN):
        rows = status(config, "--agency", "so-cong-thuong", "--milestone", "bao-cao")
        assert {row["status"] for row in rows} == {"overdue"}


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The year of the plan as foreseen without a database."""
    path = copy(tmp_path_factory.mktemp("preview"))
    words = ("preview", "--from", "2022-03-25", "--to", "2022-12-31", "--format", "json")
    found: list[dict[str, Any]] = json.loads(told(path, *words))
    return found


def test_the_keys_of_a_preview(letters: list[dict[str, Any]]) -> None:
    """The keys are exactly those promised, in their order."""
    assert {tuple(row) for row in letters} == {tuple(LETTER_KEYS)}
    assert {tuple(item) for row in letters for item in row["items"]} == {tuple(ITEM_KEYS)}


def test_the_order_of_a_preview(letters: list[dict[str, Any]]) -> None:
    """By hour, agency, tier and channel."""
    order = [(row["send_at"], row["agency"], row["tier"], row["channel"]) for row in letters]
    assert order == sorted(order)
    assert {row["send_at"][-14:] for row in letters} == {"08:30:00+07:00"}


def test_the_days_of_a_preview(letters: list[dict[str, Any]]) -> None:
    """Thirty-nine agencies on each day of the ladders; Sở Nội vụ's own task and the leaders' letters apart."""
    counted = Counter(
        (row["send_at"][5:10], row["tier"]) for row in letters if row["agency"] not in {"so-noi-vu", "vp-ubnd"}
    )
    days = ["03-28", "03-31", "04-04", "04-07", "10-03", "10-13", "10-19", "10-24", "10-26", "10-31"]
    assert counted == {(day, "officers"): 37 for day in days} | {
        ("04-06", "head"): 37,
        ("10-27", "head"): 37,
        ("10-28", "head"): 37,
    }


@pytest.mark.parametrize("words", [["preview"], ["approve", "--preview", "--as", "lan"]])
def test_a_preview_that_ends_before_it_begins(
    config: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Days typed the wrong way round are refused, not answered with no letters."""
    assert main([*words, "--from", "01/12/2022", "--to", "30/11/2022", "--config", str(config)]) == 2
    assert capsys.readouterr().err == "Ngày cuối (--to), 30/11/2022, đứng trước ngày đầu, 01/12/2022.\n"


def test_one_letter_of_a_preview(letters: list[dict[str, Any]]) -> None:
    """The overdue letter of 26/10 to Sở Tư pháp, word for word."""
    (row,) = [r for r in letters if r["agency"] == "so-tu-phap" and r["send_at"].startswith("2022-10-26")]
    item = {
        "plan": "1026-kh-ubnd-2022", "period": "once", "agency": "so-tu-phap", "term": 1, "step": "qua-han",
        "occurrence": 1, "due_at": "2022-10-25T00:00:00+07:00", "last_day": "2022-10-24", "reason": "step_reached",
    }  # fmt: skip
    assert row == {
        "send_at": "2022-10-26T08:30:00+07:00",
        "agency": "so-tu-phap",
        "tier": "officers",
        "level": 3,
        "channel": "email",
        "to": ["so-tu-phap-dau-moi", "so-tu-phap-phu-trach"],
        "cc": ["so-tu-phap-van-thu"],
        "waits_for": ["mark"],
        "items": [item | {"milestone": "bao-cao"}, item | {"milestone": "ho-so-cham-diem"}],
    }


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose daemon has sent its first letters on 28/3."""
    path = copy(tmp_path_factory.mktemp("sent"))
    plan = path.parent.parent / "schedules" / "1026-kh-ubnd-2022.yaml"
    said = plan.read_text("utf-8").replace("[so-ban-nganh, cap-huyen, trung-uong]", "[so-tu-phap, so-y-te]")
    plan.write_text(said, "utf-8")
    settings = replace(load_settings(path), smtp=None, pace=Pace(in_turn=True), tomorrow_note=None, weekly_report=None)
    clock = VirtualClock(at(date(2022, 3, 25), time(17)))
    new_database(settings.database, now=clock.now())

    async def live() -> None:
        generation = read_generation(settings, clock.now())
        app = App(settings, generation, open_database(settings.database), {Channel.EMAIL: MemoryNotifier()}, clock)
        for instant in (clock.now(), at(date(2022, 3, 28), time(8, 30))):
            clock.move_to(instant)
            await app.tick()
            await app.settle()
        await app.aclose()

    asyncio.run(live())
    return path


def test_deliveries(sent: Path) -> None:
    """Each letter to each person, without an address."""
    said = told(sent, "deliveries", "--agency", "so-y-te", "--format", "json")
    rows = json.loads(said)
    assert [(row["person"], row["state"], row["cc"]) for row in rows] == [
        ("so-y-te-dau-moi", "sent", False),
        ("so-y-te-van-thu", "sent", True),
    ]
    assert "@" not in said
    assert json.loads(told(sent, "deliveries", "--state", "refused", "--format", "json")) == []
    assert "\n1 thư, 2 dòng: " in told(sent, "deliveries", "--agency", "so-y-te")
    assert told(sent, "deliveries", "--limit", "2").endswith("Chỉ in 2 dòng mới nhất; xem thêm bằng --limit SỐ.\n")


def test_show_says_why(sent: Path) -> None:
    """Every step that has come stands with its reason, for people and for programs."""
    found = json.loads(told(sent, "show", "so-y-te", "--format", "json"))
    reasons = {f"{d['milestone']} {d['step']}": (d["outcome"], d["reason"]) for d in found["decisions"]}
    assert reasons["bao-cao thong-bao"] == ("send", "first_letter")
    assert reasons["ke-hoach don-doc"] == ("send", "first_letter")
    assert reasons["ke-hoach nhac"] == ("pass_over", "before_first_day")
    assert "Sở Y tế" in told(sent, "show", "so-y-te")


def test_the_book(sent: Path) -> None:
    """The book for people, its export for others, and its check."""
    assert "Sổ nguyên vẹn: 6 mục." in told(sent, "ledger", "verify")
    exported = [json.loads(line) for line in told(sent, "ledger", "--format", "json").splitlines()]
    assert [line["seq"] for line in exported] == [1, 2, 3, 4, 5, 6]
    assert "Mã đối chiếu sổ" in told(sent, "ledger")
    assert "@" not in told(sent, "ledger", "--format", "json")
