"""Letters leave no faster than a server allows: even spacing, a sliding hour, a gap for each agency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.judgement.rates import HOUR, Rate, RateState

NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seconds(state: RateState, after: float, agency: str | None = None) -> float:
    """Return how many seconds after NOW the next delivery may start, asked `after` seconds past NOW."""
    return (state.may_start_at(NOW + timedelta(seconds=after), agency) - NOW).total_seconds()


def send(state: RateState, after: float, agency: str = "so-y-te") -> None:
    """Count a delivery `after` seconds past NOW."""
    state.started(NOW + timedelta(seconds=after), agency)


def test_the_first_starts_at_once() -> None:
    """Nothing has left yet."""
    assert seconds(RateState(Rate(5, 300, 60)), 0, "so-y-te") == 0


def test_letters_are_spaced_evenly() -> None:
    """Five a second is one every fifth of a second, however long it was quiet before."""
    state = RateState(Rate(5, None, 0))
    for after in (100, 100.2, 100.4):
        assert seconds(state, after) == after
        send(state, after)
        assert seconds(state, after) == pytest.approx(after + 0.2)


@pytest.mark.parametrize(("late", "next_turn"), [(0.05, 10.2), (0.25, 10.2), (0.26, 10.46), (7, 17.2)])
def test_who_is_a_moment_late_puts_off_nobody_else(late: float, next_turn: float) -> None:
    """The turns stay where they were; after longer quiet they begin anew, so that nothing is caught up in a burst."""
    state = RateState(Rate(5, None, 0))
    send(state, 9.8)
    send(state, 10 + late)
    assert seconds(state, 10 + late) == pytest.approx(max(next_turn, 10 + late))


def test_who_was_late_makes_no_second_fuller() -> None:
    """Four came late; the fifth has its turn at one second, and waits until the first is a second old."""
    state = RateState(Rate(4, None, 0))
    for after in (0, 0.25, 0.5, 0.75):
        send(state, after + 0.2)
    assert seconds(state, 1.0) == 1.2


def test_less_than_one_a_second() -> None:
    """Half a letter a second is one every two seconds."""
    state = RateState(Rate(0.5, None, 0))
    send(state, 0)
    assert seconds(state, 1) == 2
    assert seconds(state, 2.5) == 2.5


def test_the_hour_slides() -> None:
    """The fourth of three an hour waits until the first is an hour old, not until the clock strikes."""
    state = RateState(Rate(None, 3, 0))
    for after in (0, 600, 1200):
        send(state, after)
    assert seconds(state, 1201) == 3600
    send(state, 3600)
    assert seconds(state, 3601) == 4200


def test_an_agency_is_left_its_gap() -> None:
    """The next letter to one agency waits; one to another does not."""
    state = RateState(Rate(None, None, 60))
    send(state, 0, "so-y-te")
    assert seconds(state, 10, "so-y-te") == 60
    assert seconds(state, 10, "so-noi-vu") == 10
    assert seconds(state, 10) == 10
    assert seconds(state, 60, "so-y-te") == 60


def test_without_limits_nothing_waits() -> None:
    """No limit is no wait, and nothing is kept."""
    state = RateState(Rate(None, None, 0))
    for _ in range(50):
        send(state, 0)
    assert seconds(state, 0, "so-y-te") == 0
    assert len(state) == 0


def test_a_restart_reads_the_last_hour_back() -> None:
    """Limits hold across a restart."""
    starts = [(NOW + timedelta(seconds=n), "so-y-te") for n in (0, 1, 2)]
    state = RateState(Rate(1, 3, 60), starts)
    assert seconds(state, 2.5, "so-noi-vu") == 3600
    assert RateState(Rate(1, 4, 60), starts).may_start_at(NOW + 2 * SECOND, "so-noi-vu") == NOW + 3 * SECOND
    assert RateState(Rate(1, 4, 60), starts).may_start_at(NOW + 2 * SECOND, "so-y-te") == NOW + 62 * SECOND


def test_what_is_kept_is_bounded() -> None:
    """An hour's allowance at most, and the agencies whose gap is not over."""
    state = RateState(Rate(None, 100, 30))
    for n in range(1000):
        send(state, n, f"co-quan-{n}")
    assert len(state) == 100 + 30


def test_an_hour_that_the_spacing_keeps_costs_nothing() -> None:
    """Where the rate a second alone keeps the hour, its starts are not remembered."""
    state = RateState(Rate(1, 3600, 0))
    for n in range(5000):
        send(state, n)
    assert len(state) == 1
    assert Rate(1, 3599, 0).hourly == 3599
    assert Rate(7, 25_206, 0).hourly is None
    assert Rate(7, 25_205, 0).hourly == 25_205


def test_a_clock_set_back_makes_nobody_wait_for_the_old_time() -> None:
    """An hour back: the spacing, the gap and the window go back with it."""
    state = RateState(Rate(1, 2, 60))
    send(state, 7000)
    send(state, 7200, "so-noi-vu")
    back = 3600.0
    assert seconds(state, back, "so-y-te") == back - 200 + 3600
    state = RateState(Rate(0.1, None, 60))
    send(state, 7200, "so-noi-vu")
    assert seconds(state, back, "so-y-te") == back + 10
    assert seconds(state, back + 20, "so-noi-vu") == back + 60


def test_readings_out_of_order_shorten_no_wait() -> None:
    """A start counted with a reading some milliseconds old is as late as the one before it."""
    state = RateState(Rate(5, None, 0))
    send(state, 1.0)
    send(state, 0.9)
    assert seconds(state, 0.95) == pytest.approx(1.2)


@pytest.mark.parametrize("rate", [(0, None, 0), (-1, None, 0), (float("nan"), None, 0), (None, 0, 0), (None, None, -1)])
def test_a_rate_at_which_nothing_leaves_is_refused(rate: tuple[float | None, int | None, float]) -> None:
    """It would be a stop nobody asked for."""
    with pytest.raises(ValueError, match=r"letters|seconds"):
        Rate(*rate)


@given(
    per_second=st.none() | st.floats(0.01, 50),
    per_hour=st.none() | st.integers(1, 40),
    gap=st.sampled_from([0.0, 0.3, 45.0]),
    asked=st.lists(
        st.tuples(
            st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 2000)),
            st.sampled_from("abc"),
            st.just(0.0) | st.floats(0, 0.5),
        ),
        max_size=120,
    ),
    restart=st.integers(0, 120),
)
def test_no_window_holds_more_than_is_allowed(
    per_second: float | None, per_hour: int | None, gap: float, asked: list[tuple[float, str, float]], restart: int
) -> None:
    """Whoever asks and waits keeps every limit in every window, wherever it begins and whenever the daemon restarts."""
    rate = Rate(per_second, per_hour, gap)
    state, starts, now = RateState(rate), list[tuple[datetime, str]](), NOW
    for n, (pause, agency, late) in enumerate(asked):
        now += timedelta(seconds=pause)
        if n == restart:
            state = RateState(rate, [(start, to) for start, to in starts if start > now - HOUR])
        start = state.may_start_at(now, agency)
        assert start >= now
        assert state.may_start_at(start, agency) == start
        start += timedelta(seconds=late)
        state.started(start, agency)
        starts.append((start, agency))
        now = start
    for n, (first, agency) in enumerate(starts):
        if per_second is not None:
            within = sum(start - first < SECOND for start, _ in starts[n:])
            assert within <= max(1, -(-per_second // 1))
        if per_hour is not None:
            assert sum(start - first < HOUR for start, _ in starts[n:]) <= per_hour
        later = [start for start, to in starts[n + 1 :] if to == agency]
        assert all(start - first >= timedelta(seconds=gap) for start in later)
