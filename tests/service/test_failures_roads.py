"""A letter that is refused takes every road there is, and then a person hears of it: real servers, to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.domain.failures import Alarmed
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from notifiers.base import FailureKind
from notifiers.memory import Fault
from tests.support.real_channels import OPERATOR, by_mail, by_zalo, read, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.local.kept_mail import AcceptedMail
    from tests.service.conftest import Offices
    from tests.support.office import Office

FOCAL, MAILBOX = "dau-moi@so-tu-phap.example", "van-thu@so-tu-phap.example"
CHAT = "zalo-so-tu-phap"
TWELVE = (
    "thanh-tra", "so-tttt", "so-tai-chinh", "so-tu-phap", "so-gddt", "so-khcn",
    "so-ldtbxh", "so-vhttdl", "so-nnptnt", "so-ngoai-vu", "so-cong-thuong", "so-xay-dung",
)  # fmt: skip


def alarms(office: Office) -> list[Alarmed]:
    """What was told out of turn, as the ledger has it."""
    return [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]


def unreached(mail: LocalMail) -> list[AcceptedMail]:
    """The notes the operator got about letters that reached nobody."""
    got = [one for one in mail.accepted if one.recipients == (OPERATOR,)]
    return [one for one in got if "không đến được" in str(read(one)["Subject"])]


async def test_refused_by_mail_by_zalo_by_the_mailbox_the_operator_is_told(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """One pass tries all three roads; the next tick tells the operator who, what was tried, why and what to do."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="27/9 10:00")
    office.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {FOCAL}\n        zalo: {CHAT}\n")
    await office.reload()
    await office.at("27/9 10:00")
    await office.at("28/9 08:30")
    async with LocalMail(office.clock.now) as mail, LocalZaloBot(office.clock.now, chats=(CHAT,)) as zalo:
        mail.refuse(FOCAL)
        mail.refuse(MAILBOX)
        zalo.refusals[CHAT] = (400, "user not found")
        async with by_mail(office, mail.port), by_zalo(office, zalo):
            await office.at("3/10 08:30")
            tried = office.rows(
                "SELECT person, channel, delivery.state FROM delivery JOIN letter ON letter.id = delivery.letter "
                "WHERE letter.day = '2022-10-03' AND letter.kind = 'reminder' ORDER BY delivery.position"
            )
            assert [tuple(row) for row in tried] == [
                ("so-tu-phap-dau-moi", "email", "refused"),
                ("so-tu-phap-dau-moi", "zalo", "refused"),
                ("so-tu-phap-van-thu", "email", "refused"),
            ]
            assert unreached(mail) == []
            await office.at("3/10 08:31")
            await office.at("3/10 09:31")  # and not again in an hour
        (note,) = unreached(mail)
    (letter,) = alarms(office)[0].letters
    assert read(note)["Subject"] == "01 thư không đến được: Sở Tư pháp"
    said = words(note)
    assert "dù đã thử hết các đường gửi" in said
    assert f"Sở Tư pháp, thư nhắc (báo cáo dân vận 2022), mã thư {letter}." in said
    assert "đầu mối qua thư điện tử: địa chỉ không dùng được (mã 550 5.1.1)" in said
    assert "đầu mối qua Zalo: Zalo không biết người nhận này hoặc không đọc được tin (mã 400)" in said
    assert "văn thư qua thư điện tử: địa chỉ không dùng được" in said
    assert "sửa địa chỉ trong danh bạ nếu sai, rồi gửi lại bằng lệnh “dondoc retry MÃ_THƯ”" in said
    assert "chỉ có hiệu lực sau khi nạp lại: lệnh “systemctl reload dondoc”." in said
    assert FOCAL not in said  # the note names people and codes, never an address
    assert len(alarms(office)) == 1


async def test_twelve_refused_at_once_are_one_note(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Ten are named, two are counted; a thirteenth an hour later makes a note of its own."""
    office = offices({"a.yaml": plan_text(TWELVE, ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    async with LocalMail(office.clock.now) as mail:
        for agency in TWELVE:
            mail.refuse(f"dau-moi@{agency}.example")
            mail.refuse(f"van-thu@{agency}.example")
        async with by_mail(office, mail.port):
            await office.at("21/9 08:30")
            for clock in ("08:31", "08:32", "08:45", "09:31", "10:31"):
                await office.at(f"21/9 {clock}")
        (note,) = unreached(mail)
    (alarm,) = alarms(office)
    assert len(alarm.letters) == 12
    subject, said = str(read(note)["Subject"]), words(note)
    assert subject == "12 thư không đến được: Thanh tra tỉnh, Sở TT&TT và 10 cơ quan khác"
    assert said.count("mã thư") == 10
    assert "Và 02 thư khác; xem đủ bằng lệnh “dondoc deliveries --dead”." in said


async def test_a_letter_that_ends_at_night_is_told_in_the_morning(report: Office) -> None:
    """Useless from midnight on: nobody writes to the operator at that hour, but at the first that letters leave."""
    await report.at("21/9 08:30")
    for who in ("dau-moi", "phu-trach"):
        report.mail.inner.always_fail(f"{who}@so-tu-phap.example", Fault(FailureKind.TRANSIENT))
    await report.at("24/10 08:30")
    for quiet in ("24/10 23:59", "25/10 00:00", "25/10 03:00", "25/10 08:29"):
        await report.at(quiet)
        assert alarms(report) == []
    await report.at("25/10 08:30")
    (alarm,) = alarms(report)
    ended = report.rows("SELECT DISTINCT letter FROM delivery WHERE state = 'expired'")
    assert alarm.letters == tuple(row.letter for row in ended)
    got = [words(m) for at, m in report.mail.arrived if m.address == OPERATOR and at == report.on("25/10 08:30")]
    (said,) = [text for text in got if "mã thư" in text]
    assert "đầu mối qua thư điện tử: chưa gửi được thì đã quá thời gian thư còn cần thiết" in said
