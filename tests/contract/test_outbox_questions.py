"""What the outbox answers, and what it tells the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import event

from daemon.domain.entries import DeliveryOutcome
from daemon.domain.words import DeliveryState, LetterKind, Level, Tier
from daemon.store.claiming import claim, finish, freeze
from daemon.store.engine import Database
from daemon.store.listing import DeliveryFilter, earlier_letters, next_at
from daemon.store.outbox import enqueue
from daemon.store.results import Refused, Sent, Temporary
from daemon.store.settling import Settled, approve, drop_items, expire, release, withdraw
from tests.support.outbox_kit import (
    EMAIL,
    LEASE,
    NOW,
    ZALO,
    item,
    lines,
    new,
    outcomes,
    put,
    reminder,
    salts,
    send,
)


def test_the_ledger_has_the_person_and_the_digest_and_no_address(database: Database) -> None:
    """An outcome names the person by id, the items, the level and the SHA-256 of the bytes that left."""
    put(database, new("L1"))
    send(database, Sent("q1", "250 2.0.0 queued"))
    assert outcomes(database) == [
        DeliveryOutcome(
            letter="L1",
            letter_kind=LetterKind.REMINDER,
            agency="so-tu-phap",
            person="so-tu-phap-1",
            channel=EMAIL,
            state=DeliveryState.SENT,
            version=1,
            tier=Tier.OFFICERS,
            level=Level.PRESS,
            items=("1026-kh-ubnd-2022/bao-cao/2022/so-tu-phap#1:don-doc:1:officers",),
            sha256=hashlib.sha256(b"bytes of version 1").hexdigest(),
            detail="250 2.0.0 queued",
        )
    ]


def test_deliveries_are_found_by_what_is_asked(database: Database) -> None:
    """Each field of the filter narrows; the latest letter comes first; a limit cuts the rest."""
    later = reminder(item("xep-loai", agency="so-y-te"), agency="so-y-te", day=date(2022, 10, 20))
    put(database, new("L1"), new("L2", later, expires_at=NOW + timedelta(days=2)))
    send(database, Refused("550 5.1.1", "550"))

    def found(**wanted: Any) -> list[tuple[str, str, str]]:
        return [
            (line.key.letter, line.key.person, line.key.channel) for line in lines(database, DeliveryFilter(**wanted))
        ]

    everything = found()
    assert [letter for letter, _, _ in everything] == ["L2"] * 3 + ["L1"] * 3
    assert found(agency="so-y-te") == found(milestone="xep-loai") == found(since=date(2022, 10, 20)) == everything[:3]
    assert found(plan="1026-kh-ubnd-2022") == everything
    assert found(plan="1026-kh-ubnd-2022", milestone="bao-cao") == found(letter="L1") == everything[3:]
    assert found(channel=ZALO) == [("L2", "so-y-te-1", "zalo"), ("L1", "so-tu-phap-1", "zalo")]
    assert found(states=[DeliveryState.REFUSED]) == [("L1", "so-tu-phap-1", "email")]
    assert found(limit=1) == everything[:1]
    line = lines(database, DeliveryFilter(states=[DeliveryState.REFUSED]))[0]
    assert (line.detail, line.attempts, line.finished_at, line.cc) == ("550 5.1.1", 1, NOW, False)
    assert [line.cc for line in lines(database, DeliveryFilter(letter="L1"))] == [False, False, True]


def test_the_next_instant_worth_waking_for_is_known(database: Database) -> None:
    """The earliest of: an hour to leave, an expiry, a lease's end, a time to send again."""
    with database.read() as conn:
        assert next_at(conn) is None
    put(database, new("L1", reminder(to={EMAIL: ("p1",)}, cc={}), expires_at=NOW + timedelta(days=1)))
    seen = []
    with database.write() as conn:
        seen.append(next_at(conn))
        (taken,) = claim(conn, "node-1", NOW, LEASE, 1)
        seen.append(next_at(conn))
        finish(conn, taken, Temporary("450", NOW + timedelta(minutes=1)), NOW, salts)
        seen.append(next_at(conn))
        (taken,) = claim(conn, "node-1", NOW + LEASE, LEASE, 1)
        finish(conn, taken, Temporary("450", None), NOW + LEASE, salts)
        seen.append(next_at(conn))
    assert seen == [NOW, NOW + LEASE, NOW + timedelta(minutes=1), NOW + timedelta(days=1)]


def test_a_letter_knows_which_accepted_letters_it_follows(database: Database) -> None:
    """Earlier letters on the same obligations, accepted by that channel, in the order of their acceptance."""
    put(database, new("L1"), new("L2", reminder(item(step="han-cuoi"), item("xep-loai"))))
    put(database, new("L3", reminder(item(agency="so-y-te"), agency="so-y-te")))
    with database.write() as conn:
        for n, taken in enumerate(claim(conn, "node-1", NOW, LEASE, 99)):
            freeze(conn, taken, b"bytes", NOW)
            accepted = taken.key.letter != "L1" or taken.key.channel is EMAIL
            later = NOW + timedelta(minutes=(99 - n))
            finish(conn, taken, Sent(None, "250") if accepted else Refused("no"), later, salts)
        obligation, other = item().key.obligation, item("xep-loai").key.obligation
        assert earlier_letters(conn, [obligation], EMAIL) == [("L2", 1), ("L1", 1)]
        assert earlier_letters(conn, [other, obligation], ZALO) == [("L2", 1)]
        assert earlier_letters(conn, [item("ho-so").key.obligation], EMAIL) == []
        assert earlier_letters(conn, [], EMAIL) == []


def test_a_tick_that_finds_nothing_writes_nothing(database: Database) -> None:
    """Claiming, expiring, withdrawing, dropping and approving with nothing to do leave every byte as it was."""
    put(database, new("L1", expires_at=NOW + timedelta(days=9)))
    with database.write() as conn:
        approve(conn, "L1", "lan.nguyen", NOW)
        taken = claim(conn, "node-1", NOW, LEASE, 99)
        for one in taken:
            freeze(conn, one, b"bytes", NOW)
            finish(conn, one, Sent(None, "250"), NOW, salts)
    before = database.path.read_bytes()
    with database.write() as conn:
        later = NOW + timedelta(days=10)
        assert claim(conn, "node-1", later, LEASE, 99) == []
        assert expire(conn, later, salts) == 0
        assert withdraw(conn, "L1", later, salts) == Settled(1)
        assert drop_items(conn, "L1", [], later, salts) == Settled(1)
        assert (release(conn, "L1", later), approve(conn, "L1", "lan.nguyen", later)) == (0, False)
        assert freeze(conn, taken[0], b"others", later) == b"bytes"
        assert enqueue(conn, [], later, salts) == []
    assert database.path.read_bytes() == before


def test_what_is_due_is_found_by_its_index(database: Database) -> None:
    """The question each tick asks reads the index on `next_at`, not the whole table."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Sequence[Any], *_: Any) -> None:
        plan = sqlite.execute(f"EXPLAIN QUERY PLAN {statement}", parameters) if "FROM delivery" in statement else ()
        asked.extend(row[3] for row in plan)

    with database.write() as conn:
        sqlite: Any = conn.connection.driver_connection
        event.listen(conn, "before_cursor_execute", note)
        claim(conn, "node-1", NOW, LEASE, 1)
        expire(conn, NOW, salts)
        next_at(conn)
        event.remove(conn, "before_cursor_execute", note)
    assert len([step for step in asked if "delivery USING" in step and "ix_delivery_next_at" in step]) == 3
    assert not [step for step in asked if step == "SCAN delivery"]
