"""What the service itself went through is told to the operator: once, and not lost by a crash."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain.entries import Mark
from daemon.domain.warnings import Warned
from daemon.domain.words import Channel, Matter
from daemon.managers import warning

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
    assert "gửi bù cho 01 cơ quan, mỗi nơi nhận một thư: Sở Tư pháp." in note
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
