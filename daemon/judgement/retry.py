"""When to try again: (attempts, failure, now) -> an instant, or give up.

The schedule is 1, 5, 15, 30, then every 60 minutes with jitter, until the step's usefulness ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTES = (1, 5, 15, 30, 60)
JITTER = 0.2


def next_attempt_at(
    attempts: int, now: datetime, ends_at: datetime | None, *, jitter: float = 0.5, retry_after: float | None = None
) -> datetime | None:
    """Return when the next attempt may start, None to give up because the letter would no longer be of use.

    `attempts` made so far (at least 1); `jitter` in [0, 1) spreads a wait over ±20 %;
    `retry_after` in seconds is what the far side asked for, honoured as a minimum.
    """
    minutes = MINUTES[min(attempts, len(MINUTES)) - 1]
    seconds = minutes * 60 * (1 + JITTER * (2 * jitter - 1))
    instant = now + timedelta(seconds=max(seconds, retry_after or 0.0))
    return None if ends_at is not None and instant >= ends_at else instant
