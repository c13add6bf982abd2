"""A failed attempt is tried again after 1, 5, 15, 30, then every 60 minutes, while the letter is still of use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.judgement.retry import next_attempt_at

NOW = datetime(2022, 10, 24, 2, 0, tzinfo=UTC)


def minutes(instant: datetime | None) -> float:
    """Return how many minutes after NOW."""
    assert instant is not None
    return (instant - NOW).total_seconds() / 60


@pytest.mark.parametrize(("attempts", "wait"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 60), (99, 60)])
def test_schedule(attempts: int, wait: int) -> None:
    """The wait grows with the attempts made, then stays an hour."""
    assert minutes(next_attempt_at(attempts, NOW, None)) == wait


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 12.0), (0.5, 15.0), (0.75, 16.5)])
def test_jitter(jitter: float, wait: float) -> None:
    """Waits are spread over a fifth to either side."""
    assert minutes(next_attempt_at(3, NOW, None, jitter=jitter)) == pytest.approx(wait)


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (0.0, 5), (60.0, 5), (900.0, 15)])
def test_what_the_far_side_asks(retry_after: float | None, wait: int) -> None:
    """A wait the far side asks for is kept as a minimum."""
    assert minutes(next_attempt_at(2, NOW, None, retry_after=retry_after)) == wait


@pytest.mark.parametrize(("ends_after", "again"), [(4, False), (5, False), (6, True)])
def test_giving_up(ends_after: int, again: bool) -> None:
    """No attempt is made at or after the instant from which the letter is of no use."""
    assert (next_attempt_at(2, NOW, NOW + timedelta(minutes=ends_after)) is not None) is again


@given(
    attempts=st.integers(1, 200),
    jitter=st.floats(0, 1, exclude_max=True),
    retry_after=st.none() | st.floats(0, 1e6),
    ends_after=st.none() | st.integers(0, 10**6),
)
def test_never_at_once_never_too_late(
    attempts: int, jitter: float, retry_after: float | None, ends_after: int | None
) -> None:
    """An attempt is never sooner than 48 seconds or than asked, and never when it is of no use."""
    ends_at = None if ends_after is None else NOW + timedelta(seconds=ends_after)
    found = next_attempt_at(attempts, NOW, ends_at, jitter=jitter, retry_after=retry_after)
    if found is None:
        assert ends_at is not None
    else:
        assert found - NOW >= timedelta(seconds=max(48.0, retry_after or 0.0)) - timedelta(microseconds=1)
        assert ends_at is None or found < ends_at
