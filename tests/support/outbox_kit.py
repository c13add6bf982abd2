"""Letters to put into an outbox, and what has become of them there."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from typing import Any

from daemon.clock import at
from daemon.domain.entries import DeliveryOutcome
from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Reason, Tier
from daemon.store.claiming import Claim, claim, dot_leaving, finish, freeze
from daemon.store.engine import Database
from daemon.store.ledger import read
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries
from daemon.store.outbox import NewDelivery, NewLetter, enqueue

DAY = date(2022, 10, 19)
NOW = at(DAY, time(8, 30))
LEASE = timedelta(minutes=15)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO


def salts() -> bytes:
    """Return a salt that never varies, so that runs are alike."""
    return b"0123456789abcdef"


def item(milestone: str = "bao-cao", agency: str = "so-tu-phap", step: str = "don-doc", last: int = 24) -> LetterItem:
    """Return an item whose last day is `last` October 2022."""
    deadline = Deadline(at(date(2022, 10, last + 1)), date(2022, 10, last), opens_on=date(2022, 8, 1), estimated=True)
    key = ItemKey(ObligationKey("1026-kh-ubnd-2022", milestone, "2022", agency), 1, step, 1, Tier.OFFICERS)
    waits = frozenset({"mark", "approval"}) if step == "thu-truong" else frozenset[str]()
    return LetterItem(key, Level.PRESS, Reason.STEP_REACHED, deadline, step, first=True, crossed=True, waits_for=waits)


def reminder(*items: LetterItem, agency: str = "so-tu-phap", day: date = DAY, **changed: Any) -> Letter:
    """Return a reminder to the focal officer by both channels, copy to the office mailbox."""
    letter = Letter(
        kind=LetterKind.REMINDER,
        agency=agency,
        tier=Tier.OFFICERS,
        day=day,
        send_at=NOW,
        level=Level.PRESS,
        items=items or (item(agency=agency),),
        to={EMAIL: (f"{agency}-1",), ZALO: (f"{agency}-1",)},
        cc={EMAIL: (f"{agency}-van-thu",)},
    )
    return dataclasses.replace(letter, **changed)


def new(id_: str, letter: Letter | None = None, *, expires_at: datetime | None = None, **changed: Any) -> NewLetter:
    """Return a letter ready to put into the outbox, an envelope for everybody it names."""
    letter = letter or reminder()
    envelopes = [
        NewDelivery(person, channel, letter.send_at, expires_at, cc=cc)
        for cc, people in ((False, letter.to), (True, letter.cc))
        for channel, persons in people.items()
        for person in persons
    ]
    return NewLetter(id_, letter, tuple(envelopes), **changed)


def put(database: Database, *letters: NewLetter) -> list[str]:
    """Enqueue letters in one transaction."""
    with database.write() as conn:
        return enqueue(conn, letters, NOW, salts)


def lines(database: Database, wanted: DeliveryFilter | None = None) -> list[DeliveryLine]:
    """Return the outbox's deliveries."""
    with database.read() as conn:
        return deliveries(conn, wanted)


def states(database: Database, letter: str = "L1") -> list[DeliveryState]:
    """Return the states of a letter's deliveries, in envelope order."""
    return [line.state for line in lines(database, DeliveryFilter(letter=letter))]


def outcomes(database: Database) -> list[DeliveryOutcome]:
    """Return the deliveries' outcomes in the ledger."""
    with database.read() as conn:
        return [entry.body for entry in read(conn) if isinstance(entry.body, DeliveryOutcome)]


def send(database: Database, result: Any, *, now: datetime = NOW, leaves: bool = True, limit: int = 1) -> Claim:
    """Claim one delivery, let its bytes leave, and finish it."""
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", now, LEASE, limit)
        freeze(conn, taken, f"bytes of version {taken.key.version}".encode(), now)
        assert not leaves or dot_leaving(conn, taken, now)
        assert finish(conn, taken, result, now, salts) is not None
    return taken
