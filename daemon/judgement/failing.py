"""When somebody must hear that the service does not get what it needs: at once, after a while, and then once a week."""

from __future__ import annotations

from datetime import datetime, timedelta

from daemon.domain.warnings import Failing

PATIENCE = timedelta(minutes=30)
"""How long something may fail that can mend itself."""

AGAIN = timedelta(days=7)
"""How long after a warning what still fails is told once more."""


def is_to_be_told(one: Failing, now: datetime) -> bool:
    """Say whether an operator is to be warned at `now`: what only a person can mend is not waited for."""
    if not one.grave and now - one.since < PATIENCE:
        return False
    return one.told_at is None or now - one.told_at >= AGAIN
