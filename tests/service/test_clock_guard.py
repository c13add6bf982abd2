"""A wall clock that jumps: an hour is entered and worked on with, more than a day waits for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.domain.entries import Called, ClockJump, Entry, Mark
from daemon.errors import EntryRefused
from daemon.judgement.clock_watch import Trust
from daemon.managers.clock_guard import boot_time, wall_time
from daemon.sd_notify import ServiceManager
from daemon.service import Service
from tests.support.machine import DAY, HOUR, Machine, told_of_clock

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type


def jumps(office: Office) -> list[tuple[float, str, bool | None]]:
    """Return what the ledger says of the clock: seconds, who, accepted."""
    return [(e.body.seconds, e.by, e.body.accepted) for e in office.entries() if isinstance(e.body, ClockJump)]


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
