"""When somebody must hear that the service does not get what it needs: at once, after a while, and then once a week.

Each collector is told by itself, as the ledger shows: one may sleep, or be out of reach, while another hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from daemon.domain.entries import Entry
from daemon.domain.settings import Settings
from daemon.domain.warnings import Failing, Warned
from daemon.domain.words import Matter

PATIENCE = timedelta(minutes=30)
"""How long something may fail that can mend itself."""

AGAIN = timedelta(days=7)
"""How long after a warning what still fails is told once more."""


def needs(settings: Settings) -> frozenset[Matter]:
    """Return what a service of these settings needs besides its channels."""
    mailbox = {Matter.MAILBOX} if settings.mailbox is not None else set()
    oa = settings.zalo is not None and settings.zalo.kind in {"oa", "zbs"}
    return frozenset(mailbox | ({Matter.ZALO_TOKENS} if oa else set()))


def is_to_be_told(one: Failing, collector: str, entries: Sequence[Entry], now: datetime) -> bool:
    """Say whether a collector's operator is to be warned at `now`: what only a person can mend is not waited for."""
    if not one.grave and now - one.since < PATIENCE:
        return False
    told = told_at(one, collector, entries)
    return told is None or now - told >= AGAIN


def told_at(one: Failing, collector: str, entries: Sequence[Entry]) -> datetime | None:
    """Return when a collector's operator was last warned of this failure, if ever; `entries` is the ledger in order."""
    return next((entry.recorded_at for entry in reversed(entries) if _tells_of(one, collector, entry)), None)


def _tells_of(one: Failing, collector: str, entry: Entry) -> bool:
    body = entry.body
    if not isinstance(body, Warned):
        return False
    return (body.collector, body.matter, body.since) == (collector, one.matter, one.since)
