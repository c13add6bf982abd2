"""Deliveries to claim, to end and to recover."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from daemon.clock import at
from daemon.domain.entries import DeliveryOutcome
from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Reason, Tier
from daemon.store.claiming import Claim, Recovered, Stuck, claim, dot_leaving, finish, freeze, recover
from daemon.store.engine import Database
from daemon.store.ledger import read
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Result
from daemon.store.tables import ATTEMPT

NOW = at(date(2022, 10, 19), time(8, 30))
LEASE = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO


def salts() -> bytes:
    """Return a salt that never varies, so that runs are alike."""
    return b"0123456789abcdef"


def key(name: str, milestone: str = "bao-cao") -> ItemKey:
    """Return the key of an item of agency `name`."""
    return ItemKey(ObligationKey("1026-kh-ubnd-2022", milestone, "2022", name), 1, "don-doc", 1, Tier.OFFICERS)


def new(
    name: str,
    *last_days: date,
    channel: Channel = EMAIL,
    people: int = 1,
    not_before: datetime = NOW,
    expires_at: datetime | None = None,
) -> NewLetter:
    """Return a letter to agency `name` with an item for each last day, to `people` persons."""
    items = tuple(
        LetterItem(key(name, f"moc-{n}"), Level.PRESS, Reason.STEP_REACHED, Deadline(at(day), day), "don-doc")
        for n, day in enumerate(last_days or (date(2022, 10, 25),))
    )
    persons = tuple(f"{name}-{n}" for n in range(people))
    letter = Letter(
        LetterKind.REMINDER, name, Tier.OFFICERS, date(2022, 10, 19), NOW, Level.PRESS, items, {channel: persons}, {}
    )
    return NewLetter(name, letter, tuple(NewDelivery(person, channel, not_before, expires_at) for person in persons))


def put(database: Database, *letters: NewLetter) -> None:
    """Enqueue letters, all of them new."""
    with database.write() as conn:
        assert len(enqueue(conn, letters, NOW, salts)) == len(letters)


def take(database: Database, now: datetime = NOW, *, leaves: bool = False, node: str = "node-1") -> Claim:
    """Claim the one delivery that is due; with `leaves`, its bytes begin to leave."""
    with database.write() as conn:
        (taken,) = claim(conn, node, now, LEASE, 9)
        freeze(conn, taken, f"bytes of version {taken.key.version}".encode(), now)
    if leaves:
        with database.write() as conn:
            assert dot_leaving(conn, taken, now)
    return taken


def end(database: Database, taken: Claim, result: Result, now: datetime = NOW) -> DeliveryState | None:
    """Finish a claim."""
    with database.write() as conn:
        return finish(conn, taken, result, now, salts)


def recovered(database: Database, now: datetime, at_most: int | None = 2) -> Recovered:
    """Recover ended leases; e-mail goes again after fifteen minutes, Zalo never."""

    def resend_at(stuck: Stuck) -> datetime | None:
        assert (stuck.kind, stuck.agency, stuck.level) == (LetterKind.REMINDER, stuck.key.letter, Level.PRESS)
        goes = stuck.key.channel is EMAIL and (at_most is None or stuck.unknowns <= at_most)
        return now + LEASE if goes else None

    with database.write() as conn:
        return recover(conn, now, salts, resend_at)


def line(database: Database, letter: str = "a") -> DeliveryLine:
    """Return a letter's first delivery."""
    with database.read() as conn:
        return deliveries(conn, DeliveryFilter(letter=letter))[0]


def told(database: Database) -> list[DeliveryState]:
    """Return the states entered in the ledger, in order."""
    with database.read() as conn:
        return [entry.body.state for entry in read(conn) if isinstance(entry.body, DeliveryOutcome)]


def attempts(database: Database) -> list[tuple[Any, ...]]:
    """Return every attempt as (n, version, phase, outcome, code, detail, ended)."""
    with database.read() as conn:
        return [
            (row.n, row.version, row.phase, row.outcome, row.code, row.detail, row.ended_at is not None)
            for row in conn.execute(select(ATTEMPT).order_by(ATTEMPT.c.delivery, ATTEMPT.c.n))
        ]
