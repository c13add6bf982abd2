"""A wall clock that jumps: an hour is entered and worked on with, more than a day waits for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.domain.entries import Called, ClockJump, Entry, Mark
from daemon.errors import EntryRefused
from daemon.judgement import clock_watch
from daemon.judgement.clock_watch import Trust
from daemon.managers.clock_guard import ClockGuard, boot_time, wall_time
from daemon.managers.intake import Wanted
from daemon.sd_notify import ServiceManager
from daemon.service import Service
from daemon.store.pauses import paused, pauses
from notifiers.base import DeliveryError, FailureKind, Message, Phase

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type
HOUR, DAY = 3600.0, 86_400.0


@dataclass
class Machine:
    """A machine whose boot time runs with the office's clock, and whose wall clock can be set; and the guard."""

    office: Office
    leapt: float = 0.0  # seconds the office's clock moved that did not pass
    moved: float = 0.0  # seconds the wall clock shows more than the office's

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the daemon's guard, as after a restart."""
        self.office.app.guard = ClockGuard(self.office.app.database, self.office.salts, self.wall, self.boot)

    @property
    def guard(self) -> ClockGuard:
        """The guard."""
        assert self.office.app.guard is not None
        return self.office.app.guard

    def wall(self) -> datetime:
        """What the wall clock shows."""
        return self.office.clock.now() + timedelta(seconds=self.moved)

    def boot(self) -> float:
        """The seconds that really passed since the machine was started."""
        return (self.office.clock.now() - self.office.on("1/1")).total_seconds() - self.leapt

    async def pass_(self, seconds: float) -> Trust:
        """Let time pass on both clocks, and tick."""
        report = await self.office.at(self.office.clock.now() + timedelta(seconds=seconds))
        return report.clock

    async def jump(self, seconds: float) -> Trust:
        """Set the wall clock forward, and tick fifteen seconds later."""
        self.leapt += seconds
        return await self.pass_(seconds + 15)

    async def jump_back(self, seconds: float) -> Trust:
        """Set the wall clock back (what the daemon plans by cannot go back in a test), and tick."""
        self.moved -= seconds
        return await self.pass_(15)


@pytest.fixture
async def machine(report: Office, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The office of one report on a machine of 2022, the morning of its reminder of 13/10."""
    monkeypatch.setattr(clock_watch, "RELEASE_YEAR", 2022)
    await report.until("12/10")
    found = Machine(report)
    await found.pass_(15)
    return found


def jumps(office: Office) -> list[tuple[float, str, bool | None]]:
    """Return what the ledger says of the clock: seconds, who, accepted."""
    return [(e.body.seconds, e.by, e.body.accepted) for e in office.entries() if isinstance(e.body, ClockJump)]


def told_of_clock(office: Office) -> list[str]:
    """Return the notes to the operator that by the machine's clock nothing is sent."""
    read = [message_from_bytes(message.content, policy=default) for _, message in office.mail.arrived]
    bodies = [mail.get_body(("plain",)) for mail in read if "Tạm dừng gửi thư" in str(mail["Subject"])]
    return [str(body.get_content()) for body in bodies if body is not None]


def last(office: Office) -> Entry:
    """Return the last entry of the ledger."""
    return office.entries()[-1]


async def test_time_that_passes_is_no_jump(machine: Machine) -> None:
    """A suspend of a day and a half: the letter leaves, nothing is entered."""
    assert await machine.pass_(36 * HOUR) is Trust.FINE
    await machine.office.until("14/10")
    assert machine.office.letters(since="13/10") == ["14/10 so-tu-phap officers 1: bao-cao nhac-lai"]
    assert jumps(machine.office) == []


async def test_an_hour_forward_is_entered_and_worked_on_with(machine: Machine) -> None:
    """The entry bears the time that is certain; the next letter leaves by the new time."""
    before = machine.office.clock.now()
    assert await machine.jump(HOUR) is Trust.FINE
    assert jumps(machine.office) == [(HOUR, "dondoc", None)]
    assert last(machine.office).recorded_at == before + timedelta(seconds=15)
    await machine.office.until("13/10")
    assert machine.office.letters(since="13/10") == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]


async def test_more_than_a_day_forward_sends_nothing(machine: Machine) -> None:
    """Ten days: every later step would be due at once. Nothing leaves, is planned or entered until a person says so."""
    office = machine.office
    assert await machine.jump(10 * DAY) is Trust.HELD
    assert await machine.pass_(HOUR) is Trust.HELD
    assert office.letters(since="13/10") == []
    assert not machine.guard.steady()
    with pytest.raises(EntryRefused, match=r"bị chỉnh tới 240 giờ.*dondoc approve --clock"):
        office.enter(Mark("so-noi-vu", office.on("12/10")))
    machine.start()  # a restart does not forget it
    assert await machine.pass_(15) is Trust.HELD
    assert office.rows("SELECT count(*) FROM letter WHERE day > '2022-10-12'")[0][0] == 0
    assert [seconds for seconds, _, _ in jumps(office)] == [10 * DAY]


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
    assert last(office).recorded_at <= after
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


@pytest.fixture
def busy(machine: Machine) -> list[str]:
    """What the mail server says instead of taking a letter, as long as there is something."""
    answers = ["421 4.3.2 busy"]

    async def be_busy(_message: Message) -> None:
        if answers:
            raise DeliveryError(FailureKind.TRANSIENT, answers.pop(), phase=Phase.ENVELOPE, code="421 4.3.2")

    machine.office.mail.on_offer = be_busy
    return answers


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


async def test_a_person_says_that_the_clock_is_right(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """The list shows the hold; once he has said so, the work goes on by the new time with the letter of that day."""
    office = machine.office
    await machine.jump(10 * DAY)
    config = ("--config", str(office.settings.file))
    with freeze_time(office.clock.now().replace(tzinfo=None), ignore=UNFROZEN):
        assert main(["approve", *config]) == 0
        assert "Đồng hồ máy chủ bị chỉnh tới 240 giờ; việc gửi thư đang tạm dừng." in capsys.readouterr().out
        assert main(["approve", "--clock", "--as", "chi-lan", *config]) == 0
        assert "tiếp tục ở lượt sau" in capsys.readouterr().out
    assert jumps(office)[-1] == (10 * DAY, "chi-lan", True)
    assert await machine.pass_(15) is Trust.FINE
    await office.until("24/10")
    assert len(office.letters(since="13/10")) == 1
    office.enter(Called(), office.key())


async def test_a_clock_set_right_again(machine: Machine) -> None:
    """Forward by a year and back: no person is needed, the ledger is not a year ahead, and no letter was sent twice."""
    office = machine.office
    machine.moved = 365 * DAY
    assert await machine.pass_(15) is Trust.HELD
    assert await machine.jump_back(365 * DAY) is Trust.FINE
    assert [round(seconds / DAY) for seconds, _, _ in jumps(office)] == [365, -365]
    office.enter(Called(), office.key())
    await office.until("13/10")
    assert office.letters(since="13/10") == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]


async def test_an_hour_back_waits_until_the_time_has_come_again(machine: Machine) -> None:
    """The jump is entered; the ledger lies ahead, so nothing is sent by that clock; nothing leaves twice."""
    office = machine.office
    await office.until("13/10")
    office.enter(Called(), office.key())
    assert await machine.jump_back(HOUR) is Trust.LEDGER_AHEAD
    assert jumps(office) == [(-HOUR, "dondoc", None)]
    assert "chậm hơn mục cuối của sổ" in told_of_clock(office)[0]
    assert await machine.pass_(52 * 60) is Trust.FINE
    await office.until("14/10")
    assert len(office.letters(since="13/10")) == 1


async def test_a_ledger_ahead_that_a_person_lets_stand(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong clock had made entries three hours ahead: he says that the clock is right now, and work goes on."""
    office = machine.office
    office.enter(Called(), office.key())
    machine.moved = -3 * HOUR
    machine.start()
    assert await machine.pass_(0) is Trust.LEDGER_AHEAD
    with freeze_time(machine.wall().replace(tzinfo=None), ignore=UNFROZEN):
        assert main(["approve", "--clock", "--as", "chi-lan", "--config", str(office.settings.file)]) == 0
        assert main(["approve", "--clock", "--as", "chi-lan", "--config", str(office.settings.file)]) == 2
    assert "không có gì phải duyệt" in capsys.readouterr().err
    assert jumps(office) == [(-3 * HOUR, "chi-lan", True)]
    assert await machine.pass_(15) is Trust.FINE


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


async def test_between_two_ticks_the_guard_is_asked_before_each_letter(machine: Machine) -> None:
    """A jump that no tick has seen yet is not steady; the same clocks are."""
    assert machine.guard.steady()
    machine.moved = 2 * HOUR
    assert not machine.guard.steady()


async def test_a_process_stopped_between_the_two_clocks_sees_no_jump(machine: Machine) -> None:
    """Both clocks are read again until they were read together."""
    boot = machine.boot()
    readings = iter([boot, boot + 7200, boot + 7200, boot + 7200.1])
    machine.office.clock.move_to(machine.office.clock.now() + timedelta(seconds=7200))
    machine.guard._boot = lambda: next(readings)
    assert machine.guard.look().trust is Trust.FINE
    assert jumps(machine.office) == []


async def test_an_app_without_real_clocks_has_no_guard(offices: Offices, plan_text: Callable[..., str]) -> None:
    """A virtual clock leaps by days, and nobody minds."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.at("13/10 08:30")
    assert office.app.guard is None
    assert jumps(office) == []


def test_the_machines_own_clocks() -> None:
    """They can be read, and boot time does not go back."""
    first = boot_time()
    assert 0 < first <= boot_time()
    assert wall_time().tzinfo is not None


async def test_a_clock_set_back_does_not_let_the_daemon_sleep(report: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler counts by the wall clock and would wake at the old time: the jobs are called back to now."""
    service = Service(report.app, ServiceManager.from_environment({}))
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    scheduler = service._scheduler()
    scheduler.start(paused=True)
    asleep, slept = datetime.now(UTC) + timedelta(hours=1), 0

    async def nap(seconds: float) -> None:
        nonlocal slept
        assert seconds == report.settings.pace.tick
        slept += 1
        if slept > 1:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", nap)
    in_time = scheduler.get_job("watchdog").next_run_time
    scheduler.get_job("tick").modify(next_run_time=asleep)
    with pytest.raises(asyncio.CancelledError):
        await service._keep_time(scheduler)
    woken, alive = scheduler.get_job("tick").next_run_time, scheduler.get_job("watchdog").next_run_time
    scheduler.shutdown(wait=False)
    assert woken < asleep
    assert alive == in_time  # what is to come within its own interval is left as it is
