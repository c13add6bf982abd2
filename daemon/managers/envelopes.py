"""Envelope senders: where reports about a letter go, one address for each delivery where the server allows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from daemon.domain.settings import Settings
from daemon.judgement.bounce_tokens import bounce_address
from daemon.managers.repairing import key_of
from daemon.store.engine import Database
from daemon.store.ledger import Salts

BouncesTo = Callable[[int], str | None]


def envelope_senders(settings: Settings, database: Database, salts: Salts, now: datetime) -> BouncesTo:
    """Return what gives the envelope sender of a delivery by its id; None where it is the channel's own."""
    smtp = settings.smtp
    if smtp is None or smtp.bounce == "none":
        return _own
    with database.write() as conn:
        key = key_of(conn, now, salts)
    domain = smtp.bounce_domain if smtp.bounce == "domain" else None
    return lambda delivery: bounce_address(settings.sender.address, delivery, key, domain)


def _own(_delivery: int) -> None:
    return None
