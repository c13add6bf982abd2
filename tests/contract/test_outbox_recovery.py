"""What a crash leaves behind is resolved by rule, never guessed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from daemon.domain.words import Channel, DeliveryState
from daemon.store.claiming import Recovered, claim, frozen, recover
from daemon.store.engine import Database
from daemon.store.results import Broken, Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import drop_items
from daemon.store.tables import ATTEMPT
from notifiers.base import Phase
from tests.support.claims_kit import (
    EMAIL,
    LEASE,
    MINUTE,
    NOW,
    ZALO,
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


def test_what_the_caller_has_in_hand_is_not_recovered(database: Database) -> None:
    """Its answer will come, however late; somebody else's claim beside it is resolved."""
    put(database, new("a"))
    mine = take(database, leaves=True)
    put(database, new("b"))
    take(database, leaves=True)
    with database.write() as conn:
        found = recover(conn, NOW + LEASE, salts, lambda _stuck: None, {mine.id})
    assert (found, found.given_up) == (Recovered(unknown=1), ("b",))
    assert end(database, mine, Sent("q1", "250"), NOW + 2 * LEASE) == DeliveryState.SENT


@pytest.mark.parametrize(("leaves", "state", "next_at"), [(False, "pending", NOW + MINUTE), (True, "unknown", None)])
def test_a_bug_of_ours_follows_the_same_rule_as_a_crash(
    database: Database, leaves: bool, state: str, next_at: datetime | None
) -> None:
    """Before the bytes leave it is tried again; afterwards only where sending again is allowed: here it is not."""
    put(database, new("a", channel=ZALO))
    end(database, take(database, leaves=leaves), Broken("a bug", NOW + MINUTE, None))
    assert (line(database).state, line(database).next_at) == (state, next_at)


def test_a_bug_met_at_each_try_ends_the_sending_again(database: Database) -> None:
    """Somebody may have the first copy; our program fails three times before the second leaves: it is given up."""
    put(database, new("a"))
    end(database, take(database, leaves=True), Unknown("no answer", NOW + LEASE))
    for minute in range(3):
        now = NOW + LEASE + minute * MINUTE
        end(database, take(database, now), Broken("a bug", now + MINUTE), now)
    assert (line(database).state, line(database).next_at) == (DeliveryState.UNKNOWN, None)
