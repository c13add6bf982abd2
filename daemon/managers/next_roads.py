"""The next road of a letter that did not reach an addressee: opened in the same transaction, whoever else has it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.words import Channel
from daemon.judgement.dispatching import Road, next_roads
from daemon.judgement.rulebook import Rulebook
from daemon.store.due import add_roads, fallen
from daemon.store.letters import stored_letters

log = structlog.get_logger(__name__)


class Opened(NamedTuple):
    """How many roads were opened; `nobody`: there was none left, and nobody has the letter, not even as a copy."""

    roads: int
    nobody: bool


def open_next(conn: Connection, letter: str, channels: Collection[Channel], rules: Rulebook, now: datetime) -> Opened:
    """Open the next road of each addressee of a letter all of whose roads failed for good, while it is of use."""
    failed = fallen(conn, letter)
    if not failed.people and not failed.nobody:
        return Opened(0, nobody=False)
    one = stored_letters(conn, [letter])[letter].letter
    roads: list[Road] = []
    of_use = one.useful_until is None or one.useful_until > now
    if of_use and one.agency in rules.register.by_id:  # the files may have lost it since
        roads = next_roads(one, failed.people, failed.tried, channels, rules, local_day(now))
    add_roads(conn, letter, roads, now)
    if roads or failed.nobody:
        what = "nobody_reached" if failed.nobody else "person_unreached"
        log.warning(what, letter=letter, agency=one.agency, roads=len(roads))
    return Opened(len(roads), nobody=failed.nobody and not roads)
