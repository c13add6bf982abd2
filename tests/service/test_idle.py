"""A tick that changes nothing writes nothing: the file stays as it is, byte for byte, and its version with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Received
from daemon.store.opening import open_database
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office


@pytest.mark.parametrize("hour", ["07:00", "08:45", "12:00", "15:00", "20:00"])
@pytest.mark.parametrize("day", ["4/10", "8/10", "26/10"])
async def test_idle_ticks_write_nothing(report: Office, day: str, hour: str) -> None:
    """An ordinary day, a Saturday, and a day on which an overdue letter waits for its mark."""
    await report.until("3/10" if day != "26/10" else "25/10")
    await report.at(f"{day} {hour}")
    await report.at(report.clock.now() + timedelta(seconds=15))
    database = report.settings.database
    with open_database(database) as beside:
        before = database.read_bytes(), beside.data_version()
        for _ in range(20):
            result = await report.at(report.clock.now() + timedelta(seconds=15))
            assert not result.changed
            assert not result.dispatching
        assert (database.read_bytes(), beside.data_version()) == before
    assert not database.with_name(f"{database.name}-journal").exists() or not (
        database.with_name(f"{database.name}-journal").stat().st_size
    )


async def test_a_letter_that_waits_for_its_hour_is_put_off_once(report: Office) -> None:
    """A receipt composed at night is looked at again when the office opens, not at each tick of the night."""
    await report.until("3/10")
    await report.at("3/10 20:00")
    report.enter(Received("12/BC-STP"), report.key())
    await report.at("3/10 20:00")
    assert [row.next_at for row in report.rows("SELECT DISTINCT next_at FROM delivery WHERE state = 'pending'")] == [
        "2022-10-04T01:30:00.000000Z"
    ]
    with open_database(report.settings.database) as beside:
        before = beside.data_version()
        for _ in range(20):
            await report.at(report.clock.now() + timedelta(minutes=15))
        assert beside.data_version() == before
    await report.at("4/10 08:30")
    assert report.letters(since="4/10") == ["4/10 so-tu-phap receipt"]


async def test_the_hour_of_an_outage_costs_no_writes_either(report: Office) -> None:
    """Between two attempts at a server that is down, ticks write nothing."""
    await report.until("30/9")
    report.mail.inner.always_fail("dau-moi@so-tu-phap.example", Fault(FailureKind.TRANSIENT, Phase.CONNECT))
    await report.at("3/10 09:00")
    with open_database(report.settings.database) as beside:
        before = beside.data_version()
        for _ in range(3):
            await report.at(report.clock.now() + timedelta(seconds=10))
        assert beside.data_version() == before
        await report.at("3/10 09:03")
        assert beside.data_version() != before
