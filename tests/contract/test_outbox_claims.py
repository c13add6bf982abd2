"""A delivery has one holder at a time, every attempt a row, and every end is written once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from daemon.clock import at
from daemon.domain.entries import DeliveryOutcome
from daemon.domain.letters import DeliveryKey, ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Reason, Tier
from daemon.errors import StoreError
from daemon.store.claiming import Claim, Recovered, Stuck, claim, content_leaving, finish, freeze, frozen, recover
from daemon.store.engine import Database
from daemon.store.ledger import read
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries
from daemon.store.opening import create_database, open_database
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import drop_items
from daemon.store.tables import ATTEMPT
from notifiers.base import Phase

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database, open."""
    path = tmp_path / "dondoc.db"
    create_database(path, now=NOW, identity="thu-nghiem")
    with open_database(path) as opened:
        yield opened


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
            assert content_leaving(conn, taken, now)
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
        content_leaving(conn, taken, NOW)


def test_nothing_leaves_when_the_lease_has_ended(database: Database) -> None:
    """A holder that slept past its lease is told that its claim is stale."""
    put(database, new("a"))
    taken = take(database)
    with database.write() as conn:
        assert not content_leaving(conn, taken, NOW + LEASE)
        assert content_leaving(conn, taken, NOW + LEASE - timedelta(microseconds=1))


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
        content_leaving(conn, two, NOW)
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
        assert not content_leaving(conn, late, NOW + LEASE)
    assert database.path.read_bytes() == before
    assert end(database, taken, Sent(None, "250"), NOW + LEASE) is DeliveryState.SENT
    assert end(database, taken, Refused("550"), NOW + LEASE) is None


def test_a_lease_that_has_not_ended_is_left_alone(database: Database) -> None:
    """Recovery touches no claim before its end, and writes nothing when there is none to touch."""
    put(database, new("a"))
    take(database, leaves=True)
    before = database.path.read_bytes()
    assert recovered(database, NOW + LEASE - timedelta(microseconds=1)) == Recovered()
    assert database.path.read_bytes() == before


@pytest.mark.parametrize(
    ("leaves", "channel", "at_most", "state", "again_after"),
    [
        (False, EMAIL, 2, "pending", timedelta(0)),
        (False, ZALO, 2, "pending", timedelta(0)),
        (True, EMAIL, 2, "unknown", LEASE),
        (True, EMAIL, None, "unknown", LEASE),
        (True, EMAIL, 0, "unknown", None),
        (True, ZALO, 2, "unknown", None),
    ],
)
def test_a_crash_is_resolved_by_rule(
    database: Database,
    leaves: bool,
    channel: Channel,
    at_most: int | None,
    state: str,
    again_after: timedelta | None,
) -> None:
    """Before the first byte a crash is definite; after it the outcome is unknown, and sent again only by e-mail."""
    put(database, new("a", channel=channel))
    take(database, leaves=leaves)
    ended = NOW + LEASE
    assert recovered(database, ended, at_most) == (Recovered(unknown=1) if leaves else Recovered(pending=1))
    assert line(database).state == state
    assert line(database).next_at == (None if again_after is None else ended + again_after)
    assert told(database) == (["unknown"] if leaves else [])
    assert attempts(database)[0][3] == "lease ended"


def test_what_is_unknown_goes_again_with_the_same_bytes_twice_at_most(database: Database) -> None:
    """Three crashes after the first byte: two more copies, the same version and bytes, then unknown for good."""
    put(database, new("a"))
    now, bytes_sent = NOW, []
    for crash in range(3):
        taken = take(database, now, leaves=True)
        assert (taken.again, taken.unknowns, taken.attempt) == (crash > 0, crash, crash + 1)
        with database.read() as conn:
            bytes_sent.append((taken.key, frozen(conn, taken.key)))
        assert recovered(database, now + LEASE) == Recovered(unknown=1)
        now += 2 * LEASE
    assert len(set(bytes_sent)) == 1
    assert (line(database).state, line(database).next_at) == (DeliveryState.UNKNOWN, None)
    with database.write() as conn:
        assert claim(conn, "node-1", now + timedelta(days=9), LEASE, 9) == []
    assert told(database) == [DeliveryState.UNKNOWN] * 3


AFTER = NOW + 2 * LEASE


@pytest.mark.parametrize(
    ("leaves", "result", "state", "next_at", "entered"),
    [
        (True, Sent("q2", "250"), "sent", None, ["unknown", "sent"]),
        (True, Temporary("421", AFTER, "421"), "unknown", AFTER, ["unknown"]),
        (False, Temporary("no connection", None), "unknown", None, ["unknown"]),
        (False, Cancelled("đã nhận văn bản"), "unknown", None, ["unknown"]),
        (True, Refused("550"), "refused", None, ["unknown", "refused"]),
        (True, Unknown("no answer", AFTER), "unknown", AFTER, ["unknown", "unknown"]),
    ],
)
def test_a_second_copy_never_makes_the_first_one_unsent(
    database: Database, leaves: bool, result: Result, state: str, next_at: datetime | None, entered: list[str]
) -> None:
    """Once somebody may have it, only the far side's own word ends the doubt; failing to send again does not."""
    put(database, new("a"))
    end(database, take(database, leaves=True), Unknown("no answer", NOW + LEASE))
    taken = take(database, NOW + LEASE, leaves=leaves)
    assert taken.again
    assert end(database, taken, result, NOW + LEASE) == state
    assert (line(database).state, line(database).next_at) == (state, next_at)
    assert told(database) == entered


@pytest.mark.parametrize(("minutes", "again"), [(59, True), (60, False), (61, False)])
def test_what_is_unknown_is_not_sent_again_once_useless(database: Database, minutes: int, again: bool) -> None:
    """A resend that would fall on or after the end of its usefulness is not planned."""
    put(database, new("a", expires_at=NOW + 60 * MINUTE))
    retry_at = NOW + minutes * MINUTE
    end(database, take(database, leaves=True), Unknown("no answer", retry_at))
    assert line(database).next_at == (retry_at if again else None)


def test_a_crash_during_the_second_copy_before_its_first_byte_costs_no_copy(database: Database) -> None:
    """The outcome is still the first copy's: unknown, and it goes again at once."""
    put(database, new("a"))
    end(database, take(database, leaves=True), Unknown("no answer", NOW + LEASE))
    take(database, NOW + LEASE)
    assert recovered(database, NOW + 2 * LEASE) == Recovered(unknown=1)
    assert (line(database).state, line(database).next_at, line(database).unknowns) == (
        DeliveryState.UNKNOWN,
        NOW + 2 * LEASE,
        1,
    )


def test_every_attempt_has_its_row_from_the_first_moment(database: Database) -> None:
    """Three tries leave three rows, each with its node, its bounds and its outcome."""
    put(database, new("a"))
    end(database, take(database), Temporary("no connection", NOW + MINUTE, phase=Phase.CONNECT))
    end(database, take(database, NOW + MINUTE, leaves=True), Temporary("451", NOW + LEASE, "451", Phase.ANSWERED))
    take(database, NOW + LEASE, node="node-2")
    assert [row[:4] for row in attempts(database)] == [
        (1, 1, "connect", "temporary"),
        (2, 1, "answered", "temporary"),
        (3, 1, None, None),
    ]
    with database.read() as conn:
        rows = conn.execute(select(ATTEMPT.c.node, ATTEMPT.c.started_at, ATTEMPT.c.ended_at)).all()
    assert [tuple(row) for row in rows] == [
        ("node-1", NOW, NOW),
        ("node-1", NOW + MINUTE, NOW),
        ("node-2", NOW + LEASE, None),
    ]


def test_a_failure_that_is_definite_makes_room_for_a_newer_version(database: Database) -> None:
    """After a temporary failure the letter goes on as the version its items then make."""
    put(database, new("a", date(2022, 10, 25), date(2022, 10, 26)))
    end(database, take(database, leaves=True), Temporary("451", NOW + MINUTE, "451", Phase.ANSWERED))
    with database.write() as conn:
        drop_items(conn, "a", [key("a", "moc-0")], NOW, salts)
    taken = take(database, NOW + MINUTE, leaves=True)
    assert taken.key.version == 2
    assert [row[:2] for row in attempts(database)] == [(1, 1), (2, 2)]
