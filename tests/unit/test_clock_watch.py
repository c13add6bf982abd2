"""What two readings of wall and boot time say: fine, a step, a hold, a clock nobody should believe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.judgement.clock_watch import HOLD, RELEASE_YEAR, STEP, Reading, Trust, ledger_ahead, step, watch

NOW = datetime(RELEASE_YEAR + 1, 5, 4, 3, 0, tzinfo=UTC)
EARLIER = Reading(NOW, 1000.0)
HOUR, DAY, YEAR = 3600.0, 86_400.0, 365 * 86_400.0


def later(wall: float, boot: float) -> Reading:
    """Return a reading so many seconds of either clock after EARLIER."""
    return Reading(NOW + timedelta(seconds=wall), 1000.0 + boot)


@pytest.mark.parametrize("slept", [15.0, 600.0, 8 * HOUR, 30 * DAY])
def test_a_stop_or_a_suspend_is_no_jump(slept: float) -> None:
    """Both clocks went on: fine, however long it took."""
    found = watch(EARLIER, later(slept, slept), NOW)
    assert (found.trust, found.jumped, found.held) == (Trust.FINE, False, None)


def test_a_start_has_nothing_to_compare_with() -> None:
    """After a power cut the boot clock begins anew, and there is no earlier reading."""
    assert watch(None, later(5 * DAY, -990), NOW).trust is Trust.FINE


@pytest.mark.parametrize("moved", [-STEP, -1.0, 0.0, 3.5, STEP])
def test_a_small_correction_is_not_worth_an_entry(moved: float) -> None:
    """Up to a minute either way."""
    found = watch(EARLIER, later(15 + moved, 15), NOW - timedelta(hours=1))
    assert found.works
    assert not found.jumped


@pytest.mark.parametrize("moved", [STEP + 1, HOUR, HOLD, -STEP - 1, -HOUR, -HOLD])
def test_a_step_is_recorded_and_the_work_goes_on(moved: float) -> None:
    """Forwards or backwards by less than a day, where the ledger is not ahead."""
    found = watch(EARLIER, later(15 + moved, 15), None)
    assert found.works
    assert found.jumped
    assert found.moved == pytest.approx(moved)


@pytest.mark.parametrize("moved", [HOLD + 1, DAY, YEAR, -HOLD - 1, -DAY, -YEAR / 2])
def test_a_great_step_waits_for_a_person(moved: float) -> None:
    """It is held until somebody ends it, at every look."""
    found = watch(EARLIER, later(15 + moved, 15), None)
    assert (found.trust, found.works, found.jumped) == (Trust.HELD, False, True)
    again = watch(later(15 + moved, 15), later(30 + moved, 30), None, held=found.held)
    assert (again.trust, again.jumped, again.held) == (Trust.HELD, False, found.held)


def test_a_clock_set_right_again_ends_the_hold() -> None:
    """A year forward and back; not when a day of it is left."""
    wrong = watch(EARLIER, later(15 + YEAR, 15), None)
    right = watch(later(15 + YEAR, 15), later(30, 30), NOW, held=wrong.held)
    assert (right.trust, right.held, right.jumped) == (Trust.FINE, None, True)
    nearly = watch(later(15 + YEAR, 15), later(30 + DAY, 30), NOW, held=wrong.held)
    assert nearly.trust is Trust.HELD
    assert nearly.held == pytest.approx(DAY)


def test_the_entry_of_a_jump_takes_the_time_that_is_certain() -> None:
    """A ledger a year ahead could take no person's entry until that year is over."""
    forward = watch(EARLIER, later(15 + YEAR, 15), None)
    assert forward.likely(NOW + timedelta(seconds=15 + YEAR)) == NOW + timedelta(seconds=15)
    back = watch(EARLIER, later(15 - HOUR, 15), None)
    assert back.likely(NOW + timedelta(seconds=15 - HOUR)) == NOW + timedelta(seconds=15 - HOUR)


def test_a_year_before_the_program_was_made_is_wrong() -> None:
    """Nobody can be right that it is 1970."""
    for year in (1970, RELEASE_YEAR - 1):
        assert watch(None, Reading(datetime(year, 6, 1, tzinfo=UTC), 5.0), None).trust is Trust.BEFORE_RELEASE
    assert watch(None, Reading(datetime(RELEASE_YEAR, 1, 1, tzinfo=UTC), 5.0), None).works


@pytest.mark.parametrize(("minutes", "trust"), [(0, Trust.FINE), (10, Trust.FINE), (11, Trust.LEDGER_AHEAD)])
def test_a_ledger_ahead_of_the_clock(minutes: int, trust: Trust) -> None:
    """More than ten minutes ahead the clock is not believed, unless a person let that instant stand."""
    last = NOW + timedelta(minutes=minutes)
    assert watch(None, EARLIER, last).trust is trust
    assert watch(None, EARLIER, last, accepted=last).trust is Trust.FINE
    assert watch(None, EARLIER, last, accepted=NOW).trust is trust


def test_how_far_ahead() -> None:
    """In seconds; nothing for an empty ledger."""
    assert ledger_ahead(NOW, NOW + timedelta(hours=1), None) == HOUR
    assert ledger_ahead(NOW, None, None) is None


def test_a_step_back_is_recorded_though_the_ledger_is_ahead_then() -> None:
    """Both are said: the jump, and that letters wait until the time of the last entry has come again."""
    found = watch(EARLIER, later(15 - HOUR, 15), NOW)
    assert (found.trust, found.jumped) == (Trust.LEDGER_AHEAD, True)


@given(
    wall=st.floats(-1e8, 1e8),
    boot=st.floats(0, 1e8),
    rest=st.floats(0, 1e6),
)
def test_time_that_passes_on_both_clocks_changes_nothing(wall: float, boot: float, rest: float) -> None:
    """A step is what the wall clock gained on the boot clock, whatever both have counted since."""
    once = step(EARLIER, later(wall, boot))
    assert step(EARLIER, later(wall + rest, boot + rest)) == pytest.approx(once, abs=1e-3)
    assert once == pytest.approx(wall - boot, abs=1e-3)
