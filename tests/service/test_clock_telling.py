"""The note that by the machine's clock nothing is sent: to each collector once, in hours where the time is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from daemon.domain.entries import Mark
from daemon.judgement import clock_watch
from daemon.judgement.clock_watch import Trust
from daemon.managers.delivering import Deliverer, Grounds
from daemon.managers.intake import Wanted
from daemon.store.due import Due
from daemon.store.pauses import paused, pauses
from notifiers.base import DeliveryError, FailureKind, Message, Phase
from tests.support.machine import DAY, HOUR, Machine, told_of_clock

if TYPE_CHECKING:
    from tests.service.conftest import Office


@pytest.fixture
def busy(machine: Machine) -> list[str]:
    """What the mail server says instead of taking a letter, as long as there is something."""
    answers = ["421 4.3.2 busy"]

    async def be_busy(_message: Message) -> None:
        if answers:
            raise DeliveryError(FailureKind.TRANSIENT, answers.pop(), phase=Phase.ENVELOPE, code="421 4.3.2")

    machine.office.mail.on_offer = be_busy
    return answers


async def test_a_hold_is_told_once_with_how_to_end_it(machine: Machine) -> None:
    """In sending hours of the time that is certain; nothing kept of it bears the wrong one; a new hold is told anew."""
    office = machine.office
    await machine.pass_(HOUR)  # 14:30 on 12/10
    held = office.clock.now()
    await machine.jump(10 * DAY)
    await machine.pass_(HOUR)
    machine.start()
    await machine.pass_(60)
    (note,) = told_of_clock(office)
    assert "đồng hồ máy chủ bị chỉnh tới 240 giờ" in note
    assert "chạy lệnh “dondoc approve --clock”" in note
    after = held + timedelta(minutes=1)
    assert office.entries()[-1].recorded_at <= after
    (attempt,) = office.rows("SELECT max(started_at) FROM attempt")
    assert datetime.fromisoformat(attempt[0]) <= after
    assert office.letters(since="13/10") == []
    machine.moved -= 10 * DAY
    assert await machine.pass_(15) is Trust.FINE
    machine.moved += 3 * DAY
    assert await machine.pass_(15) is Trust.HELD
    assert len(told_of_clock(office)) == 2


async def test_a_hold_that_begins_at_night_is_told_in_the_morning(machine: Machine) -> None:
    """By the time that is certain."""
    await machine.pass_(12 * HOUR)
    await machine.jump(10 * DAY)
    assert told_of_clock(machine.office) == []
    await machine.pass_(8 * HOUR)
    assert len(told_of_clock(machine.office)) == 1


async def test_a_note_that_could_not_leave_by_day_waits_for_the_morning(machine: Machine, busy: list[str]) -> None:
    """The server has no time for it a minute before the day's last hour ends, by the time that is certain."""
    office = machine.office
    await machine.pass_((office.on("12/10 16:29") - office.clock.now()).total_seconds())
    await machine.jump(10 * DAY)
    assert busy == []
    await machine.pass_(600)
    await machine.pass_(15 * HOUR)
    assert told_of_clock(office) == []
    await machine.pass_(HOUR)
    assert len(told_of_clock(office)) == 1


async def test_a_note_composed_at_any_hour_keeps_hours_once_the_clock_is_believed(
    machine: Machine, busy: list[str]
) -> None:
    """It lay behind the ledger at 20:00 and the server had no time for the note; at 22:55 the clock is right again."""
    office = machine.office
    await machine.pass_((office.on("12/10 20:00") - office.clock.now()).total_seconds())
    now = office.clock.now()
    office.app.intake.enter([Wanted(Mark("so-noi-vu", now))], "chi-lan", now + timedelta(hours=3))
    assert await machine.pass_(15) is Trust.LEDGER_AHEAD
    assert busy == []
    await office.reopen()
    machine.start()
    assert await machine.pass_((office.on("12/10 22:55") - office.clock.now()).total_seconds()) is Trust.FINE
    await machine.pass_(HOUR)
    assert told_of_clock(office) == []
    await office.at("13/10 08:30")
    assert len(told_of_clock(office)) == 1


async def test_each_collector_is_told_of_a_hold(shared: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has the day off by the time that is certain: it hears of it the next morning; both of the next."""
    monkeypatch.setattr(clock_watch, "RELEASE_YEAR", 2022)
    machine = Machine(shared)
    await shared.at("21/9 09:00")
    await machine.jump(10 * DAY)
    assert len(told_of_clock(shared)) == 1
    await machine.pass_(24 * HOUR)
    await machine.pass_(HOUR)
    assert len(told_of_clock(shared)) == 2
    machine.moved -= 10 * DAY
    assert await machine.pass_(15) is Trust.FINE
    machine.moved += 3 * DAY
    assert await machine.pass_(15) is Trust.HELD
    assert len(told_of_clock(shared)) == 4


async def test_a_year_before_the_program(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose battery is empty wakes in another year: nothing is sent, and the status line says why."""
    monkeypatch.setattr(clock_watch, "RELEASE_YEAR", 2023)
    found = await machine.office.app.tick()
    assert found.clock is Trust.BEFORE_RELEASE
    assert "đồng hồ máy chủ" in found.line()
    await machine.office.app.settle()
    (note,) = told_of_clock(machine.office)
    assert "chỉ một năm đã qua" in note
    assert "approve --clock" not in note  # that would not help


async def test_its_note_meets_a_server_that_refuses_us_before_any_letter_was_looked_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by a wrong clock, with a password that is wrong too: the road is paused, the note waits and leaves."""

    async def refuse(_message: Message) -> None:
        raise DeliveryError(FailureKind.MISCONFIGURED, "AUTH: 535 5.7.8", phase=Phase.CONNECT, code="535 5.7.8")

    office = machine.office
    await office.reopen()
    machine.start()
    monkeypatch.setattr(clock_watch, "RELEASE_YEAR", 2023)
    office.mail.on_offer = refuse
    await machine.pass_(15)
    with office.app.database.read() as conn:
        assert [pause.code for pause in pauses(conn)] == ["535 5.7.8"]
    office.mail.on_offer = None
    await machine.pass_(HOUR)
    assert len(told_of_clock(office)) == 1
    with office.app.database.read() as conn:
        assert not paused(conn, office.clock.now())


async def test_time_goes_on_while_the_clock_is_behind_the_ledger(machine: Machine, busy: list[str]) -> None:
    """The server has no time for the note at first: it is tried again after a while, not when the clock is right."""
    office = machine.office
    now = office.clock.now()
    office.app.intake.enter([Wanted(Mark("so-noi-vu", now))], "chi-lan", now + timedelta(days=2))
    assert await machine.pass_(15) is Trust.LEDGER_AHEAD
    assert busy == []
    assert told_of_clock(office) == []
    assert await machine.pass_(300) is Trust.LEDGER_AHEAD
    (note,) = told_of_clock(office)
    assert "chậm hơn mục cuối của sổ 48 giờ" in note


async def test_a_fault_of_our_own_while_a_note_is_handed_over_is_logged_and_the_next_look_goes_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for what hands it over: what goes wrong there is said, ends no tick and no later try."""
    faults = [ZeroDivisionError()]
    right = Deliverer.deliver

    async def fail_once(self: Deliverer, due: Due, grounds: Grounds) -> None:
        if faults:
            raise faults.pop()
        await right(self, due, grounds)

    monkeypatch.setattr(Deliverer, "deliver", fail_once)
    with capture_logs() as logs:
        assert await machine.jump(10 * DAY) is Trust.HELD
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["clock_telling_failed"]
    assert told_of_clock(machine.office) == []
    assert await machine.pass_(15) is Trust.HELD
    assert len(told_of_clock(machine.office)) == 1


async def test_a_fault_while_it_is_forgotten_keeps_back_no_letter(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is right again and that cannot be noted: the letters leave, but the tick does not count as finished."""

    def fail() -> None:
        raise ZeroDivisionError

    office = machine.office
    await office.reopen()  # a hold of an earlier process may have ended
    machine.start()
    monkeypatch.setattr(office.app.warnings, "clock_is_well", fail)
    assert (await office.at("13/10 08:30")).clock is Trust.FINE
    assert office.letters(since="13/10") == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]
    assert office.app.ticked_at is None
