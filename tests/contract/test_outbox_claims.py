"""A delivery has one holder at a time, every attempt a row, and every end is written once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from daemon.domain.letters import DeliveryKey
from daemon.domain.words import DeliveryState, LetterKind
from daemon.errors import StoreError
from daemon.store.claiming import Claim, Recovered, claim, dot_leaving, freeze, frozen
from daemon.store.engine import Database
from daemon.store.opening import open_database
from daemon.store.results import Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import drop_items
from notifiers.base import Phase
from tests.support.claims_kit import (
    EMAIL,
    LEASE,
    MINUTE,
    NOW,
    attempts,
    end,
    key,
    line,
    new,
    put,
    recovered,
    salts,
    take,
    told,
)


def test_the_nearest_deadline_goes_first_then_the_most_overdue(database: Database) -> None:
    """Deadlines ahead, the nearest first; then those past, the longest past first; a letter counts by its earliest."""
    put(
        database,
        new("far", date(2022, 12, 31)),
        new("late", date(2022, 10, 18)),
        new("near", date(2022, 10, 20), date(2022, 12, 31)),
        new("later", date(2022, 10, 1)),
        new("mixed", date(2022, 12, 31), date(2022, 10, 10)),
    )
    with database.write() as conn:
        first = claim(conn, "node-1", NOW, LEASE, 2)
        rest = claim(conn, "node-1", NOW, LEASE, 99)
    assert [taken.key.letter for taken in (*first, *rest)] == ["near", "far", "later", "mixed", "late"]


def test_nothing_leaves_before_its_hour_nor_after_its_use(database: Database) -> None:
    """A delivery is due from `not_before` on and until `expires_at`, that instant excluded."""
    put(database, new("a", not_before=NOW + MINUTE, expires_at=NOW + 2 * MINUTE))
    with database.write() as conn:
        for instant in (NOW, NOW + MINUTE - timedelta(microseconds=1), NOW + 2 * MINUTE):
            assert claim(conn, "node-1", instant, LEASE, 9) == []
        (taken,) = claim(conn, "node-1", NOW + MINUTE, LEASE, 9)
    assert taken == Claim(
        id=1,
        key=DeliveryKey("a", 1, "a-0", EMAIL),
        kind=LetterKind.REMINDER,
        token=1,
        attempt=1,
        lease_until=NOW + MINUTE + LEASE,
        unknowns=0,
        expires_at=NOW + 2 * MINUTE,
    )


def test_claims_of_several_workers_never_overlap(database: Database) -> None:
    """Four workers, each with its own connection, take a hundred and twenty deliveries once each."""
    put(database, *(new(f"a{n}", people=3) for n in range(40)))

    def work(node: int) -> list[int]:
        mine: list[int] = []
        with open_database(database.path, check=False) as own:
            while True:
                with own.write() as conn:
                    taken = claim(conn, f"node-{node}", NOW, LEASE, 7)
                if not taken:
                    return mine
                mine += [one.id for one in taken]

    with ThreadPoolExecutor(4) as pool:
        every = [id_ for ids in pool.map(work, range(4)) for id_ in ids]
    assert sorted(every) == list(range(1, 121))


def test_bytes_are_frozen_once_for_everybody_on_a_channel(database: Database) -> None:
    """The first bytes stay for all envelopes of a version; the database refuses others; a new version has its own."""
    put(database, new("a", date(2022, 10, 25), date(2022, 10, 26), people=2))
    with database.write() as conn:
        one, two = claim(conn, "node-1", NOW, LEASE, 9)
        assert frozen(conn, one.key) is None
        assert [freeze(conn, one, b"first", NOW), freeze(conn, two, b"second", NOW)] == [b"first", b"first"]
        assert frozen(conn, two.key) == b"first"
        drop_items(conn, "a", [key("a", "moc-0")], NOW, salts)
        one, two = claim(conn, "node-1", NOW, LEASE, 9)
        assert freeze(conn, one, b"third", NOW) == b"third"
    for statement in (
        "UPDATE content SET content = x'00'",
        "DELETE FROM content",
        "INSERT OR REPLACE INTO content SELECT letter, version, channel, x'00', sha256, frozen_at FROM content",
    ):
        with pytest.raises(StoreError, match="frozen"), database.write() as conn:
            conn.execute(text(statement))


def test_bytes_that_were_not_frozen_do_not_leave(database: Database) -> None:
    """Leaving without frozen bytes is a fault of the program, and is refused."""
    put(database, new("a"))
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, LEASE, 9)
    with pytest.raises(StoreError, match="before it was frozen"), database.write() as conn:
        dot_leaving(conn, taken, NOW)


def test_nothing_leaves_when_the_lease_has_ended(database: Database) -> None:
    """A holder that slept past its lease is told that its claim is stale."""
    put(database, new("a"))
    taken = take(database)
    with database.write() as conn:
        assert not dot_leaving(conn, taken, NOW + LEASE)
        assert dot_leaving(conn, taken, NOW + LEASE - timedelta(microseconds=1))


LATER = NOW + 5 * MINUTE
ENDS = [
    (Sent("q1", "250 ok"), "sent", None, ["sent"], ("answered", "sent", None, "250 ok")),
    (
        Temporary("450 greylisted", LATER, "450"),
        "pending",
        LATER,
        [],
        ("content", "temporary", "450", "450 greylisted"),
    ),
    (
        Temporary("refused connection", LATER, phase=Phase.CONNECT),
        "pending",
        LATER,
        [],
        ("connect", "temporary", None, "refused connection"),
    ),
    (Refused("550 5.1.1", "550"), "refused", None, ["refused"], ("content", "refused", "550", "550 5.1.1")),
    (Unknown("no answer", LATER), "unknown", LATER, ["unknown"], ("content", "unknown", None, "no answer")),
    (Unknown("no answer", None), "unknown", None, ["unknown"], ("content", "unknown", None, "no answer")),
]


@pytest.mark.parametrize(("result", "state", "next_at", "entered", "attempt"), ENDS)
def test_an_attempt_ends_as_its_result_says(
    database: Database,
    result: Result,
    state: str,
    next_at: datetime | None,
    entered: list[str],
    attempt: tuple[str | None, ...],
) -> None:
    """Each result has its state, its next instant, its line in the attempt's row and, if it is an end, its entry."""
    put(database, new("a"))
    taken = take(database, leaves=True)
    assert attempts(database) == [(1, 1, "content", None, None, None, False)]
    assert end(database, taken, result) == state
    assert (line(database).state, line(database).next_at) == (state, next_at)
    assert told(database) == entered
    assert attempts(database) == [(1, 1, *attempt, True)]
    assert (line(database).accepted_at == NOW) == (state == "sent")
    assert line(database).provider_id == ("q1" if state == "sent" else None)


def test_what_has_not_left_can_be_cancelled_and_what_may_have_cannot(database: Database) -> None:
    """Items settled between claim and first byte cancel the delivery; afterwards that is a fault."""
    put(database, new("a"), new("b"))
    with database.write() as conn:
        one, two = claim(conn, "node-1", NOW, LEASE, 9)
        freeze(conn, two, b"bytes", NOW)
        dot_leaving(conn, two, NOW)
    assert end(database, one, Cancelled("đã nhận văn bản")) is DeliveryState.CANCELLED
    assert told(database) == [DeliveryState.CANCELLED]
    with pytest.raises(ValueError, match="may have left"):
        end(database, two, Cancelled("đã nhận văn bản"))


def test_a_late_holder_changes_nothing(database: Database) -> None:
    """After its lease another worker has the delivery; the first one's finish writes nothing at all."""
    put(database, new("a"))
    late = take(database)
    assert recovered(database, NOW + LEASE) == Recovered(pending=1)
    taken = take(database, NOW + LEASE, node="node-2", leaves=True)
    assert taken.token != late.token
    before = database.path.read_bytes()
    assert end(database, late, Sent(None, "250"), NOW + LEASE) is None
    with database.write() as conn:
        assert not dot_leaving(conn, late, NOW + LEASE)
    assert database.path.read_bytes() == before
    assert end(database, taken, Sent(None, "250"), NOW + LEASE) is DeliveryState.SENT
    assert end(database, taken, Refused("550"), NOW + LEASE) is None
