"""What the service itself went through is told to the operator: once, and not lost by a crash."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from daemon.clock import local
from daemon.domain.entries import Mark
from daemon.domain.warnings import Warned
from daemon.domain.words import Channel, Matter
from daemon.managers import warning
from daemon.managers.mailbox_reader import MailboxReader
from daemon.store.failing import note_failing
from daemon.store.pauses import pause_road, resume_road
from notifiers.base import FailureKind
from notifiers.imap_mailbox import MailboxUnavailable, Page
from tests.support.office import FarSide

if TYPE_CHECKING:
    from tests.service.conftest import Office


def warned(office: Office) -> list[Warned]:
    """Return what the ledger says the operator was warned of."""
    return [entry.body for entry in office.entries() if isinstance(entry.body, Warned)]


def notes(office: Office, subject: str) -> list[str]:
    """Return the texts of the mails whose subject holds some words."""
    read = [message_from_bytes(message.content, policy=default) for _, message in office.mail.arrived]
    bodies = [mail.get_body(("plain",)) for mail in read if subject in str(mail["Subject"])]
    return [str(body.get_content()) for body in bodies if body is not None]


@pytest.fixture
async def stopped(report: Office) -> Office:
    """The office of one report, stopped on the evening of Friday 21/10 over the last day, started on 27/10."""
    await report.until("21/10")
    await report.app.aclose()
    report.clock.move_to(report.on("27/10 08:20"))
    report.open()
    report.enter(Mark("so-noi-vu", report.clock.now()))
    return report


async def test_a_stop_of_some_days_is_told_when_work_goes_on(stopped: Office) -> None:
    """One note with the days, the step passed over and why, the agency caught up with; it is in the ledger, once."""
    await stopped.at("27/10 08:29")
    assert warned(stopped) == []
    await stopped.at("27/10 08:30")
    (told,) = warned(stopped)
    assert (told.matter, told.collector, told.since) == (Matter.STANDSTILL, "so-noi-vu", stopped.on("21/10 08:30"))
    (note,) = notes(stopped, "Dịch vụ đã ngừng từ 21/10 đến 27/10: 01 lần nhắc bị bỏ qua")
    assert "Bỏ qua hạn cuối (báo cáo dân vận 2022), vì đã đến lần nhắc sau: Sở Tư pháp." in note
    assert "gửi bù cho 01 cơ quan: Sở Tư pháp." in note
    await stopped.reopen()
    await stopped.until("31/10")
    assert len(warned(stopped)) == 1


async def test_a_crash_while_it_is_told_loses_nothing(stopped: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is undone with the letter; the next start tells it, and only once."""

    def crash(*_given: Any) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr(warning, "enqueue", crash)
    await stopped.at("27/10 08:30")
    assert warned(stopped) == []
    monkeypatch.undo()
    await stopped.reopen()
    await stopped.at("28/10 08:30")
    assert len(warned(stopped)) == 1
    assert len(notes(stopped, "Dịch vụ đã ngừng")) == 1


async def test_it_waits_for_a_road_that_works(stopped: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can be reached in the morning: nothing is entered; in the afternoon it is told."""
    monkeypatch.setattr(stopped.app.warnings, "notifiers", {Channel.ZALO: stopped.zalo})
    await stopped.at("27/10 08:30")
    assert warned(stopped) == []
    monkeypatch.undo()
    await stopped.at("27/10 13:30")
    assert len(notes(stopped, "Dịch vụ đã ngừng")) == 1


class Shut:
    """A mailbox that lets nobody in until it is `open`."""

    open = False

    def fetch(self, _validity: int | None, _after: int, _since: date, _limit: int) -> Page:
        """Refuse, or hold nothing."""
        if not self.open:
            raise MailboxUnavailable(FailureKind.MISCONFIGURED, "login refused: NO [AUTHENTICATIONFAILED]")
        return Page(1, (), more=False)


async def test_a_mailbox_that_lets_nobody_in_is_told_once(report: Office) -> None:
    """Not at each reading, not after a restart; a week later once more; then it is read, and shut again: told anew."""
    needed = {Matter.MAILBOX}
    box = Shut()
    reader = MailboxReader(report.app.database, report.settings, box, report.salts, (Channel.EMAIL,), "hop-thu")

    async def day(words: str) -> int:
        await report.at(words)
        await reader.read_once(report.app.generation.rules, report.clock.now())
        report.app.warnings.needed = needed
        await report.at(report.clock.now())
        return len(notes(report, "Không đọc được hộp thư đến từ 09:00 ngày 21/9"))

    assert [await day(f"21/9 {clock}") for clock in ("09:00", "09:05", "10:00")] == [1, 1, 1]
    assert "máy chủ không chấp nhận tài khoản, mật khẩu" in notes(report, "Không đọc được hộp thư")[0]
    assert [await day(f"{n}/9 09:00") for n in (22, 23, 26, 27, 28)] == [1, 1, 1, 1, 2]
    box.open = True
    await day("29/9 09:00")
    box.open = False
    await day("29/9 10:00")
    assert len(notes(report, "Không đọc được hộp thư đến từ 10:00 ngày 29/9")) == 1
    assert [body.matter for body in warned(report)] == [Matter.MAILBOX] * 3


def told(office: Office, matter: Matter) -> list[tuple[str, str]]:
    """Return which collectors were warned of a matter, in order, and when ("d/m hh:mm")."""
    found = [(entry.body, local(entry.recorded_at)) for entry in office.entries() if isinstance(entry.body, Warned)]
    return [(body.collector, f"{at.day}/{at.month} {at:%H:%M}") for body, at in found if body.matter is matter]


async def test_each_collector_is_told_by_itself(shared: Office) -> None:
    """One has the day off and hears of it the next morning, once; each is told again after a week of its own."""
    shared.app.warnings.needed = {Matter.MAILBOX}
    with shared.app.database.write() as conn:
        note_failing(conn, Matter.MAILBOX, "login refused", shared.on("21/9 09:00"), grave=True)
    for n in (21, 22, 23, 26, 27, 28, 29):
        await shared.at(f"{n}/9 09:00")
        await shared.at(f"{n}/9 10:00")
    first = [("so-noi-vu", "21/9 09:00"), ("so-y-te", "22/9 09:00")]
    assert told(shared, Matter.MAILBOX) == [*first, ("so-noi-vu", "28/9 09:00"), ("so-y-te", "29/9 09:00")]
    assert {body.since for body in warned(shared)} == {shared.on("21/9 09:00")}


class OwnServers(FarSide):
    """Mail whose every domain has a server of its own."""

    def route(self, address: str) -> str:
        """Name the server by its domain."""
        return f"email {address.rpartition('@')[2]}"

    def routes(self) -> tuple[str, ...]:
        """Name the servers there are."""
        return ("email so-noi-vu.example", "email so-y-te.example")


async def test_a_collector_whose_server_is_down_is_told_when_it_is_back(shared: Office) -> None:
    """Another hears of the failure meanwhile; that does not count for the one who could not be reached."""
    shared.app.warnings.needed = {Matter.MAILBOX}
    shared.app.warnings.notifiers = {Channel.EMAIL: OwnServers(shared.clock, "email")}
    with shared.app.database.write() as conn:
        note_failing(conn, Matter.MAILBOX, "login refused", shared.on("21/9 17:00"), grave=True)
        pause_road(conn, Channel.EMAIL, "email so-y-te.example", "AUTH: 535", "535", shared.on("21/9 17:00"))
    await shared.at("22/9 08:30")
    with shared.app.database.write() as conn:
        resume_road(conn, "email so-y-te.example", shared.clock.now())
    await shared.at("22/9 10:00")
    assert told(shared, Matter.MAILBOX) == [("so-noi-vu", "22/9 08:30"), ("so-y-te", "22/9 10:00")]


async def test_dead_zalo_tokens_are_told_by_mail(report: Office) -> None:
    """Only where an OA is set up, and by another road than the one they open."""
    with report.app.database.write() as conn:
        note_failing(conn, Matter.ZALO_TOKENS, "the refresh token was refused", report.clock.now(), grave=True)
    await report.at("21/9 09:00")
    assert warned(report) == []
    report.app.warnings.needed = {Matter.ZALO_TOKENS}
    await report.at("21/9 09:01")
    (note,) = notes(report, "Không đổi được mã truy cập Zalo từ 10:00 ngày 20/9")
    assert "nhập bằng lệnh “dondoc zalo token”" in note
    await report.at("21/9 10:00")
    assert len(warned(report)) == 1
