"""Wrongly chased: everybody who had the letter is told so, by the road he had it, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from daemon.cli.main import main
from daemon.domain.entries import Apologised, Received
from daemon.domain.obligations import ActTime
from daemon.domain.words import LetterKind
from daemon.errors import EntryRefused
from daemon.managers.apologies import Apologies, Apology
from daemon.managers.record import Record
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

DEAD = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550")
BUSY = Fault(FailureKind.TRANSIENT, Phase.ENVELOPE, "450")


def letter_of(office: Office, day: str) -> str:
    """Return the id of the reminder of a day."""
    (row,) = office.rows(
        "SELECT id FROM letter WHERE kind = 'reminder' AND day = :day", day=office.day(day).isoformat()
    )
    return str(row.id)


def apologise(office: Office, letter: str, name: str | None = None, title: str | None = None) -> Apology:
    """Apologise as the operator, now."""
    desk = Apologies(office.app.database, office.app.generation.rules, Record(), office.salts)
    return desk.apologise(letter, "chi-lan", office.clock.now(), agency="so-tu-phap", name=name, title=title)


def enter(office: Office, sent: str, milestone: str = "bao-cao") -> None:
    """Enter a document of Sở Tư pháp, sent and received at an instant."""
    when = ActTime.of(office.on(sent))
    office.enter(Received("812/BC-STP", sent=when, received=when), office.key(milestone))


def apologies(office: Office) -> list[EmailMessage]:
    """Return the apologies that arrived, one for each reader."""
    told = office.outcomes()
    mails = [m for _, m in office.mail.arrived if told[m.key].letter_kind is LetterKind.APOLOGY]
    return [message_from_bytes(mail.content, policy=default) for mail in mails]


def text(mail: EmailMessage) -> str:
    """Return a mail's plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.fixture
async def pressed(report: Office) -> Office:
    """Sở Tư pháp was pressed on 19/10: officer, deputy and office mailbox have the letter."""
    await report.until("18/10")
    await report.at("19/10 08:30")
    return report


async def test_all_who_had_it_are_told(pressed: Office) -> None:
    """To and copies as the letter had them; the document is named; the ledger says who apologised for what."""
    letter = letter_of(pressed, "19/10")
    await pressed.at("19/10 14:00")
    enter(pressed, "18/10 16:40")
    done = apologise(pressed, letter.upper())
    await pressed.at("19/10 14:01")
    mails = apologies(pressed)
    assert len(mails) == done.readers == 3
    assert {(mail["To"], mail["Cc"]) for mail in mails} == {
        ("dau-moi@so-tu-phap.example", "phu-trach@so-tu-phap.example, Văn thư Sở Tư pháp <van-thu@so-tu-phap.example>")
    }
    assert mails[0]["Subject"] == "Xin rút lại thư nhắc ngày 19/10: báo cáo dân vận 2022 - Sở Tư pháp"
    assert (
        "được gửi khi văn bản số 812/BC-STP của Sở Tư pháp đã đến nhưng chưa kịp cập nhật. Sở Nội vụ xin rút lại thư đó"
        in text(mails[0])
    )
    (entry,) = [entry for entry in pressed.entries() if isinstance(entry.body, Apologised)]
    assert isinstance(entry.body, Apologised)
    assert (entry.by, entry.subject, entry.body.letter) == ("chi-lan", pressed.key(), letter)
    with pytest.raises(EntryRefused, match="Đã xin lỗi"):
        apologise(pressed, letter)


async def test_without_a_document_it_is_refused(pressed: Office) -> None:
    """Nothing is entered, nothing sent: the apology names the document."""
    before = len(pressed.entries())
    with pytest.raises(EntryRefused, match="Hãy nhập văn bản trước"):
        apologise(pressed, letter_of(pressed, "19/10"))
    enter(pressed, "19/10 08:30")
    await pressed.at("19/10 14:00")
    with pytest.raises(EntryRefused, match="Không có thư"):
        apologise(pressed, "khong-co")
    assert len(apologies(pressed)) == 0
    assert not any(isinstance(entry.body, Apologised) for entry in pressed.entries()[before:])


async def test_an_overdue_letter_is_taken_back_by_name(report: Office) -> None:
    """From level 3 on somebody signs."""
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("25/10")
    await report.at("26/10 08:30")
    enter(report, "24/10 16:55")
    letter = letter_of(report, "26/10")
    with pytest.raises(EntryRefused, match="--name"):
        apologise(report, letter)
    apologise(report, letter, "Trần Văn B", "Giám đốc")
    await report.at("26/10 09:00")
    assert "Giám đốc Trần Văn B, Sở Nội vụ" in text(apologies(report)[0])


async def test_only_the_wrong_half_is_taken_back(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Of two contents one was in: the other still stands, and the letter says so. Two that were in are both named."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao", "ho-so-cham-diem"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("18/10")
    await office.at("19/10 08:30")
    await office.at("19/10 14:00")
    enter(office, "18/10 09:00", "ho-so-cham-diem")
    apologise(office, letter_of(office, "19/10"))
    enter(office, "18/10 09:00")
    apologise(office, letter_of(office, "19/10"))
    await office.at("19/10 14:01")
    said = dict.fromkeys(text(mail) for mail in apologies(office))  # each has several readers
    one, both = sorted(said, key=lambda words: "Nội dung khác" not in words)
    assert "về hồ sơ tự chấm điểm" in one
    assert "Nội dung khác nêu trong thư đó không thay đổi." in one
    assert "- Báo cáo kết quả công tác dân vận: văn bản số 812/BC-STP;\n- Hồ sơ tự chấm điểm: văn bản số" in both
    assert "Nội dung khác" not in both


async def test_who_was_refused_the_letter_gets_no_apology(report: Office) -> None:
    """The officer's mailbox was dead: deputy and office mailbox had the letter, and have the apology."""
    await report.until("18/10")
    report.mail.inner.always_fail("dau-moi@so-tu-phap.example", DEAD)
    await report.at("19/10 08:30")
    report.mail.inner.always_fail("dau-moi@so-tu-phap.example", None)
    await report.at("19/10 14:00")
    enter(report, "18/10 16:40")
    assert apologise(report, letter_of(report, "19/10")).readers == 2
    await report.at("19/10 14:01")
    (to, other) = apologies(report)
    assert (
        str(to["To"])
        == str(other["To"])
        == "phu-trach@so-tu-phap.example, Văn thư Sở Tư pháp <van-thu@so-tu-phap.example>"
    )


async def test_a_letter_nobody_has_is_only_stopped(report: Office) -> None:
    """It waits for a busy server: no apology; with a document in it is stopped, without one that is refused."""
    await report.until("18/10")
    for who in ("dau-moi", "phu-trach", "van-thu"):
        report.mail.inner.always_fail(f"{who}@so-tu-phap.example", BUSY)
    await report.at("19/10 08:30")
    letter = letter_of(report, "19/10")
    with pytest.raises(EntryRefused, match="chưa đến ai nên không cần xin lỗi"):
        apologise(report, letter)
    enter(report, "18/10 16:40")
    done = apologise(report, letter)
    assert (done.entry, done.readers, done.stopped) == (None, 0, 3)
    with pytest.raises(EntryRefused, match="đã hủy"):
        apologise(report, letter)


async def test_the_command(
    pressed: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person types, and what a program reads."""
    await pressed.at("19/10 14:00")
    enter(pressed, "18/10 16:40")
    config = ["--config", str(pressed.settings.file), "--as", "chi-lan"]
    assert main(["apologise", letter_of(pressed, "19/10"), "so-y-te", *config]) == 2
    assert "Thư này gửi Sở Tư pháp" in capsys.readouterr().err
    assert main(["apologise", letter_of(pressed, "19/10"), "so-tu-phap", "--format", "json", *config]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["readers"], told["stopped"]) == (3, 0)
    assert told["seq"] == pressed.entries()[-1].seq
