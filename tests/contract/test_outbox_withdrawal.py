"""A letter is taken back only as far as nobody can have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daemon.domain.words import DeliveryState
from daemon.store.claiming import claim, dot_leaving, finish, freeze
from daemon.store.engine import Database
from daemon.store.history import PastLetters
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryFilter, next_at
from daemon.store.results import Sent, Unknown
from daemon.store.settling import Settled, drop_items, expire, withdraw
from tests.support.outbox_kit import (
    LEASE,
    NOW,
    item,
    lines,
    new,
    outcomes,
    put,
    reminder,
    salts,
    send,
    states,
)


def test_withdrawing_before_anybody_has_it_frees_the_step(database: Database) -> None:
    """Nothing accepted: deliveries cancelled and told, the letter gone from history, its step free again."""
    put(database, new("L1"))
    with database.write() as conn:
        assert withdraw(conn, "L1", NOW, salts, "đã nhận 812/BC-STP") == Settled(1, cancelled=3, withdrawn=True)
        assert withdraw(conn, "L1", NOW, salts) == Settled(1, withdrawn=True)
        assert PastLetters().history(conn).letters == ()
    assert [told.state for told in outcomes(database)] == [DeliveryState.CANCELLED] * 3
    assert {told.sha256 for told in outcomes(database)} == {None}
    assert put(database, new("L2")) == ["L2"]


@pytest.mark.parametrize(
    ("result", "left"),
    [(Sent("q1", "250 2.0.0 queued"), DeliveryState.SENT), (Unknown("lost", NOW + LEASE), DeliveryState.UNKNOWN)],
)
def test_withdrawing_after_somebody_may_have_it_stops_the_rest(
    database: Database, result: Any, left: DeliveryState
) -> None:
    """One copy may be out: the others are cancelled, sending again is given up, the step stays taken."""
    put(database, new("L1"))
    send(database, result)
    with database.write() as conn:
        assert withdraw(conn, "L1", NOW, salts) == Settled(1, cancelled=2)
        assert next_at(conn) is None
    assert states(database) == [left, DeliveryState.CANCELLED, DeliveryState.CANCELLED]
    assert put(database, new("L2")) == []


def test_withdrawing_overtakes_a_holder_whose_bytes_have_not_left(database: Database) -> None:
    """A claim taken before the withdrawal finds its token stale: nothing leaves, nothing is written."""
    put(database, new("L1"))
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, LEASE, 1)
        freeze(conn, taken, b"bytes", NOW)
        assert withdraw(conn, "L1", NOW, salts).withdrawn
        assert not dot_leaving(conn, taken, NOW)
        assert finish(conn, taken, Sent(None, "250"), NOW, salts) is None
    assert set(states(database)) == {DeliveryState.CANCELLED}


def test_withdrawing_waits_for_bytes_that_are_leaving(database: Database) -> None:
    """What is being sent cannot be called back: the letter stands, and its end is still recorded."""
    put(database, new("L1"))
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, LEASE, 1)
        freeze(conn, taken, b"bytes", NOW)
        assert dot_leaving(conn, taken, NOW)
        assert not withdraw(conn, "L1", NOW, salts).withdrawn
        assert finish(conn, taken, Sent(None, "250"), NOW, salts) is DeliveryState.SENT


def test_an_item_dropped_before_anybody_has_it_is_free_again(database: Database) -> None:
    """The letter goes on as version 2 without the item, whose step another letter may take."""
    put(database, new("L1", reminder(item(last=20), item("xep-loai"))))
    with database.write() as conn:
        assert drop_items(conn, "L1", [item("ho-so").key], NOW, salts) == Settled(1)
        assert drop_items(conn, "L1", [item().key], NOW, salts) == Settled(2)
        assert stored_letters(conn, ["L1"])["L1"].letter.items == (item("xep-loai"),)
        assert [taken.key.version for taken in claim(conn, "node-1", NOW, LEASE, 9)] == [2, 2, 2]
    assert put(database, new("L2")) == ["L2"]


def test_an_item_dropped_after_somebody_has_it_stays_taken(database: Database) -> None:
    """Who has version 1 has the item; who still waits gets version 2; the ledger says which of them had what."""
    put(database, new("L1", reminder(item(), item("xep-loai"))))
    send(database, Sent(None, "250"))
    with database.write() as conn:
        assert drop_items(conn, "L1", [item().key], NOW, salts) == Settled(2)
        assert [letter.items for letter in PastLetters().history(conn).letters] == [(item().key, item("xep-loai").key)]
    send(database, Sent(None, "250"))
    first, second = outcomes(database)
    assert (first.version, first.items) == (1, (str(item().key), str(item("xep-loai").key)))
    assert (second.version, second.items) == (2, (str(item("xep-loai").key),))
    assert first.sha256 != second.sha256
    assert put(database, new("L2")) == []


def test_dropping_items_overtakes_a_holder_and_gives_up_sending_again(database: Database) -> None:
    """A claim on version 1 goes stale and waits as version 2; an unknown copy of version 1 is not sent again."""
    put(database, new("L1", reminder(item(), item("xep-loai"))))
    send(database, Unknown("lost", NOW + LEASE))
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, LEASE, 1)
        freeze(conn, taken, b"version 1", NOW)
        drop_items(conn, "L1", [item().key], NOW, salts)
        assert not dot_leaving(conn, taken, NOW)
        again = claim(conn, "node-1", NOW + timedelta(days=1), LEASE, 9)
    assert [(claimed.key.version, claimed.key.person) for claimed in again] == [
        (2, "so-tu-phap-1"),
        (2, "so-tu-phap-van-thu"),
    ]
    assert states(database)[0] is DeliveryState.UNKNOWN


def test_dropping_every_item_withdraws_the_letter(database: Database) -> None:
    """A letter with nothing left to say is withdrawn."""
    put(database, new("L1"))
    with database.write() as conn:
        assert drop_items(conn, "L1", {item().key}, NOW, salts) == Settled(1, cancelled=3, withdrawn=True)


def test_what_is_no_longer_of_use_expires(database: Database) -> None:
    """Held or pending ends at its hour, told to the ledger; unknown stays unknown and is not sent again."""
    end = NOW + timedelta(hours=3)
    put(
        database,
        new("L1", expires_at=end),
        new("L2", reminder(item("xep-loai")), expires_at=end, held=True),
        new("L3", reminder(item("ho-so")), expires_at=end + LEASE),
    )
    send(database, Unknown("lost", end - timedelta(minutes=1)))
    with database.write() as conn:
        assert expire(conn, end - timedelta(seconds=1), salts) == 0
        assert claim(conn, "node-1", end, LEASE, 99)[0].key.letter == "L3"
        assert expire(conn, end, salts) == 5
        assert expire(conn, end, salts) == 0
    assert states(database) == [DeliveryState.UNKNOWN, DeliveryState.EXPIRED, DeliveryState.EXPIRED]
    assert [line.next_at for line in lines(database, DeliveryFilter(letter="L1"))] == [None, None, None]
    assert [told.state for told in outcomes(database)].count(DeliveryState.EXPIRED) == 5


@pytest.mark.parametrize("whole", [True, False])
def test_a_second_copy_in_the_sender_s_hands_is_called_back(database: Database, whole: bool) -> None:
    """Withdrawn or shortened before its first byte, it does not leave, and the first copy's outcome stays unknown."""
    put(database, new("L1", reminder(item(), item("xep-loai"))))
    send(database, Unknown("lost", NOW + LEASE))
    later = NOW + LEASE
    with database.write() as conn:
        again = next(taken for taken in claim(conn, "node-1", later, LEASE, 9) if taken.again)
        if whole:
            assert not withdraw(conn, "L1", later, salts).withdrawn
        else:
            assert drop_items(conn, "L1", [item().key], later, salts) == Settled(2)
        assert not dot_leaving(conn, again, later)
        assert finish(conn, again, Sent(None, "250"), later, salts) is None
    first = lines(database, DeliveryFilter(letter="L1"))[0]
    assert (first.state, first.next_at, first.key.version) == (DeliveryState.UNKNOWN, None, 1)
