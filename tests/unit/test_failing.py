"""When a failure besides the channels is told: at once if only a person can mend it, else when it has lasted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.domain.warnings import Failing
from daemon.domain.words import Matter
from daemon.judgement.failing import is_to_be_told

NOW = datetime(2022, 10, 27, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grave", "minutes", "told_days_ago", "told"),
    [
        (True, 0, None, True),
        (False, 29, None, False),
        (False, 30, None, True),
        (True, 9000, 6, False),
        (True, 19000, 7, True),
    ],
)
def test_when_it_is_told(grave: bool, minutes: int, told_days_ago: int | None, told: bool) -> None:
    """By how grave it is, how long it lasts and when somebody heard of it."""
    told_at = None if told_days_ago is None else NOW - timedelta(days=told_days_ago)
    one = Failing(Matter.MAILBOX, NOW - timedelta(minutes=minutes), "login refused", grave, told_at)
    assert is_to_be_told(one, NOW) is told
