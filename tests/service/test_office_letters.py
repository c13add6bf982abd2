"""Letters the office itself gets: once each, whatever the daemon does, and with what is asked of their readers."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from daemon.app import App
from daemon.domain.entries import Called, Extended, Promised, Received, Reported
from daemon.domain.words import OfficeLetter
from daemon.store.opening import open_database
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault
from tests.support.office import plan_text

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices


def mails(office: Office, subject: str) -> list[EmailMessage]:
    """Return the mails whose subject holds some words, one for each reader, in order."""
    read = [message_from_bytes(message.content, policy=default) for _, message in office.mail.arrived]
    return [mail for mail in read if subject in str(mail["Subject"])]


def text(mail: EmailMessage) -> str:
    """Return a mail's plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def reported(office: Office) -> list[Reported]:
    """Return what the ledger says the office was told, the morning's notes left out."""
    told = [entry.body for entry in office.entries() if isinstance(entry.body, Reported)]
    return [body for body in told if body.what is not OfficeLetter.ATTENTION]


@pytest.fixture
async def report(offices: Offices) -> Office:
    """Sở Tư pháp alone owing the report of 24/10 alone, known since 20/9, in an office that writes to itself too."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, office_letters=True, start="20/9 10:00")
    await office.at("20/9 10:00")
    return office


@pytest.fixture
async def eve(report: Office) -> Office:
    """Sở Tư pháp's report, on the morning of 12/10: a reminder leaves on the 13th."""
    await report.until("11/10")
    return report


async def test_the_operator_hears_the_afternoon_before(eve: Office) -> None:
    """At 15:30: how many letters to how many agencies, which, to whom, and how to stop one."""
    await eve.at("12/10 15:29")
    assert mails(eve, "sẽ gửi") == []
    await eve.at("12/10 15:30")
    (note,) = mails(eve, "sẽ gửi")
    assert note["Subject"] == "08:30 ngày mai sẽ gửi 01 thư cho 01 cơ quan"
    assert note["To"] == "chuyen-vien-xdcq@so-noi-vu.example"
    said = text(note)
    assert "1. Gửi theo lịch: 01 thư\n- Nhắc lại (báo cáo dân vận 2022), gửi đầu mối: Sở Tư pháp (so-tu-phap)." in said
    assert "Muốn dừng thư nào, làm trước 08 giờ 30 ngày 13/10/2022" in said
    assert "dondoc submit so-tu-phap bao-cao --document SỐ_VĂN_BẢN" in said
    assert 'dondoc mute so-tu-phap --until 13/10/2022 --reason "LÝ DO"' in said
    await eve.at("13/10 08:30")
    assert len(eve.letters("13/10")) == 1


async def test_once_a_day_whatever_restarts(eve: Office) -> None:
    """Ticks, restarts and a second planner make no second note."""
    for clock in ("15:30", "15:31", "15:45"):
        await eve.at(f"12/10 {clock}")
        await eve.reopen()
    await eve.at("12/10 16:59")
    other = App(eve.settings, eve.generation, open_database(eve.settings.database), {}, eve.clock, salts=eve.salts)
    assert other.office_letters.run(eve.generation.rules, eve.clock.now()) == ()
    await other.aclose()
    assert len(mails(eve, "sẽ gửi")) == 1
    assert [body.what for body in reported(eve)][-1] is OfficeLetter.TOMORROW


@pytest.mark.parametrize(("clock", "notes"), [("15:50", 1), ("16:59", 1), ("17:00", 0)])
async def test_a_daemon_that_was_down_still_tells(eve: Office, clock: str, notes: int) -> None:
    """Up again at 15:50 it writes the note; at 17:00 nobody is there to read it."""
    await eve.at(f"12/10 {clock}")
    assert len(mails(eve, "sẽ gửi")) == notes


async def test_on_friday_it_speaks_of_monday(eve: Office) -> None:
    """The next sending day is named; a day without letters has no note; a weekend has none at all."""
    await eve.until("13/10")
    await eve.at("14/10 15:30")
    await eve.at("15/10 15:30")
    assert mails(eve, "sẽ gửi") == []
    await eve.until("20/10")
    await eve.at("21/10 15:30")
    (note,) = mails(eve, "sẽ gửi")
    assert note["Subject"] == "08:30 thứ Hai, ngày 24/10 sẽ gửi 01 thư cho 01 cơ quan"


async def test_letters_that_wait_are_named_as_waiting(eve: Office) -> None:
    """For the mark, and for an approval."""
    await eve.until("24/10")
    await eve.at("25/10 15:30")
    (note,) = mails(eve, "ngày mai")
    assert note["Subject"] == "08:30 ngày mai có 01 thư chờ xác nhận"
    assert "xác nhận bằng lệnh dondoc mark" in text(note)
    eve.mark("25/10 16:00")
    await eve.until("26/10")
    await eve.at("27/10 15:30")
    note = mails(eve, "ngày mai")[-1]
    assert note["Subject"] == "08:30 ngày mai có 01 thư chờ duyệt"
    assert "1. Chờ lãnh đạo duyệt: 01 thư\n- Gửi thủ trưởng (báo cáo dân vận 2022), gửi thủ trưởng;" in text(note)


async def test_switched_off_nothing_is_written(offices: Offices) -> None:
    """An office that wants neither gets neither."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, office_letters=True, start="20/9 10:00")
    office.settings = replace(office.settings, tomorrow_note=None, weekly_report=None)
    await office.reopen()
    await office.at("12/10 15:30")
    await office.at("17/10 07:30")
    assert reported(office) == []


async def test_an_empty_ledger_is_no_obstacle(offices: Offices) -> None:
    """The very first note of a new office comes before any entry."""
    office = offices(
        {"a.yaml": plan_text(["so-tu-phap", "so-y-te"], ["ke-hoach"])}, office_letters=True, start="24/3 09:00"
    )
    await office.at("24/3 09:00")
    await office.at("25/3 15:30")
    assert [body.what for body in reported(office)] == [OfficeLetter.TOMORROW]
    (note,) = mails(office, "sẽ gửi")
    assert note["Subject"] == "08:30 thứ Hai, ngày 28/3 sẽ gửi 02 thư cho 02 cơ quan"


async def test_the_leaders_read_how_things_stand(offices: Offices) -> None:
    """On Monday at 07:30, before the hours of other letters: figures, names, the week behind, the week ahead."""
    debtors = ["so-tu-phap", "so-y-te", "cuc-thue", "ubnd-h-go-dau"]
    office = offices({"a.yaml": plan_text(debtors, ["bao-cao"])}, office_letters=True, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("18/10")
    for who in ("dau-moi", "phu-trach", "van-thu"):
        office.mail.inner.fail(f"{who}@cuc-thue.example", Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550 5.1.1"))
    office.enter(Received("12/BC-SYT"), office.key(agency="so-y-te"))
    office.enter(Called("văn phòng", "đang trình ký"), office.key())
    office.enter(Promised(office.day("26/10")), office.key())
    last = office.day("15/11")
    granted = Extended(
        "chậm nhất ngày 15/11/2022", office.on("16/11"), last, "Công văn số 3412/UBND-NC", "Phó Chủ tịch"
    )
    office.enter(granted, office.key(agency="ubnd-h-go-dau"))
    await office.until("21/10")
    office.mark("21/10 17:00")
    await office.at("24/10 07:30")
    readers = mails(office, "Tiến độ")
    assert "\n- Đã gửi 04 thư nhắc.\n" in text(readers[0])  # of 17/10, on the week of 13/10
    report = readers[-1]
    assert report["Subject"] == "Tiến độ KH 1026/KH-UBND đến 17:00 ngày 21/10: 01/04 đã gửi báo cáo dân vận 2022"
    assert report["To"] == "thu-truong@so-noi-vu.example"
    assert report["Cc"] == "phu-trach@so-noi-vu.example, chuyen-vien-xdcq@so-noi-vu.example"
    said = text(report)
    for words in (
        "Kính gửi: Đồng chí Giám đốc Sở Nội vụ",
        "1. Số liệu đến 17 giờ 00 ngày 21/10/2022\nVăn thư xác nhận đã nhập đủ đến thời điểm này.",
        "- Báo cáo dân vận 2022: 01/04 đã gửi (25%): đúng hạn 01, quá hạn 0; chưa gửi 03 (trong đó được gia hạn 01). "
        "Hạn cuối hôm nay, 24/10.",
        "Đến hạn trong tuần (cơ quan, địa phương thuộc tỉnh):",
        "- Sở Tư pháp: báo cáo dân vận 2022 (nhắc 02 lần, gọi điện 01 lần, hẹn gửi 26/10).",
        "- Cục Thuế tỉnh: báo cáo dân vận 2022 (nhắc 02 lần, chưa phản hồi).",
        "3. Tuần qua (17/10 - 23/10)",
        "- 01 thư nhắc không đến được (Cục Thuế tỉnh).",
        "- Nhận 01 văn bản.",
        "- Gọi điện 01 cuộc: Sở Tư pháp.",
        "- Gia hạn: UBND huyện Gò Dầu, báo cáo dân vận 2022, chậm nhất ngày 15/11/2022 "
        "(theo Công văn số 3412/UBND-NC).",
        "- Thứ Hai, 24/10: hạn cuối báo cáo dân vận 2022; dự kiến 01 thư đôn đốc.",
        "- Thứ Sáu, 28/10: dự kiến 02 thư gửi thủ trưởng (cần duyệt trước).",
        "1. Duyệt các thư gửi thủ trưởng của tuần này: dự kiến 02 thư (ngày 28/10).",
    ):
        assert words in said
    told = reported(office)[-1]
    assert (told.what, told.day) == (OfficeLetter.WEEKLY, office.day("24/10"))
    assert f"Mã đối chiếu sổ: {told.code}, mục {told.head}." in said
    await office.at("24/10 08:30")
    await office.at("25/10 07:30")
    assert len(mails(office, "Tiến độ")) == len(readers)


async def test_a_report_missed_on_monday_comes_on_tuesday(report: Office) -> None:
    """The daemon was down; one report a week all the same."""
    await report.at("18/10 09:00")
    await report.at("19/10 07:30")
    assert len(mails(report, "Tiến độ")) == 3  # head, deputy, contact


async def test_a_quiet_month_has_one_line(report: Office) -> None:
    """Everything is in: the first Monday of the month says so, and what is next; the others nothing."""
    report.clock.move_to(report.on("21/9 09:00"))
    report.enter(Received("12/BC-STP"), report.key())
    for day in ("31/10", "7/11", "14/11"):
        await report.at(f"{day} 07:30")
    assert [body.what for body in reported(report)] == [OfficeLetter.WEEKLY, OfficeLetter.MONTHLY]
    note = mails(report, "Tiến độ")[-1]
    assert note["Subject"] == "Tiến độ KH 1026/KH-UBND, tháng 11/2022: không có nội dung đến hạn hoặc quá hạn"
    assert "không có nội dung nào quá hạn" in text(note)
