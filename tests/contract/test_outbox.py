"""A letter comes into the outbox whole and once, waits where it must, and leaves the record it should."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from daemon.domain.entries import Received
from daemon.domain.words import DeliveryState, LetterKind
from daemon.errors import StoreError
from daemon.store.claiming import claim
from daemon.store.engine import Database
from daemon.store.history import PastLetters
from daemon.store.ledger import NewEntry, append
from daemon.store.letters import stored_letters
from daemon.store.opening import open_database
from daemon.store.results import Sent, Unknown
from daemon.store.settling import approve, release, withdraw
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


def test_a_letter_is_read_back_as_it_came_in(database: Database) -> None:
    """Items, recipients, their order and every field survive the way into the outbox."""
    level_5 = ("1026-kh-ubnd-2022", "xep-loai", "2022")
    until = NOW + timedelta(days=5)
    letter = reminder(item("xep-loai", step="thu-truong"), item(), approval=True, milestone=level_5, useful_until=until)
    assert put(database, new("L1", letter, held=True, expires_at=until)) == ["L1"]
    with database.read() as conn:
        stored = stored_letters(conn, ["L1", "no such letter"])
    assert stored["L1"].letter == letter
    assert (stored["L1"].version, stored["L1"].composed_at, stored["L1"].n) == (1, NOW, 1)
    assert stored.keys() == {"L1"}


def test_the_same_letter_comes_in_once(database: Database) -> None:
    """Planning twice is harmless: the second is left out whole, under its own id or another."""
    put(database, new("L1"))
    before = lines(database)
    assert put(database, new("L2")) == []
    assert put(database, new("L1", reminder(item("xep-loai")))) == []
    assert lines(database) == before
    with database.read() as conn:
        assert stored_letters(conn, ["L1", "L2"]).keys() == {"L1"}
    assert put(database, new("L3", reminder(item("xep-loai")))) == ["L3"]


def test_a_letter_with_one_known_item_is_left_out_whole(database: Database) -> None:
    """Of three letters the one that repeats a step is missing, with all its items and envelopes."""
    put(database, new("L1"))
    mixed = reminder(item("xep-loai"), item())
    other = reminder(item(agency="so-y-te"), agency="so-y-te")
    assert put(database, new("L2", mixed), new("L3", other)) == ["L3"]
    assert put(database, new("L4", reminder(item("xep-loai")))) == ["L4"]


def test_of_planners_at_once_one_wins_each_letter(database: Database) -> None:
    """Four planners with the same fifty letters, each with its own connection, enqueue fifty between them."""
    letters = [reminder(item(agency=f"a{n}"), agency=f"a{n}") for n in range(50)]

    def plan(node: int) -> int:
        with open_database(database.path, check=False) as own:
            return sum(len(put(own, new(f"{node}-{n}", letter))) for n, letter in enumerate(letters))

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(plan, range(4)))
    assert sum(won) == 50
    assert len({line.agency for line in lines(database)}) == len(lines(database)) / 3 == 50


def test_letters_of_one_day_to_one_tier_are_numbered(database: Database) -> None:
    """A second letter on a day, to the same agency and tier, is number two of that day."""
    put(
        database,
        new("L1"),
        new("L2", reminder(item("xep-loai"))),
        new("L3", reminder(item("ho-so"), day=date(2022, 10, 20))),
    )
    with database.read() as conn:
        assert {id_: stored.n for id_, stored in stored_letters(conn, ["L1", "L2", "L3"]).items()} == {
            "L1": 1,
            "L2": 2,
            "L3": 1,
        }


@pytest.mark.parametrize(
    ("kind", "seq", "agency", "comes_in"),
    [
        (LetterKind.RECEIPT, 1, "so-tu-phap", False),
        (LetterKind.APOLOGY, 1, "so-tu-phap", True),
        (LetterKind.RECEIPT, 2, "so-tu-phap", True),
        (LetterKind.RECEIPT, 1, "so-y-te", True),
    ],
)
def test_a_notice_answers_an_entry_once(
    database: Database, kind: LetterKind, seq: int, agency: str, comes_in: bool
) -> None:
    """Receipts, notices, apologies and notes are unique by kind, ledger entry and agency."""
    with database.write() as conn:
        append(conn, [NewEntry("lan", item().key.obligation, Received("812/BC-STP"))] * 2, NOW, salts)
    put(database, new("N1", reminder(kind=LetterKind.RECEIPT, items=()), source_seq=1))
    letter = reminder(kind=kind, items=(), agency=agency)
    assert put(database, new("N2", letter, source_seq=seq)) == (["N2"] if comes_in else [])


def test_a_notice_must_name_an_entry_that_exists(database: Database) -> None:
    """A letter that answers nothing, or an entry that is not there, is a fault and not a repetition."""
    for seq in (None, 99):
        with pytest.raises(StoreError, match="SQLITE_CONSTRAINT"):
            put(database, new("N1", reminder(kind=LetterKind.RECEIPT, items=()), source_seq=seq))
    assert lines(database) == []


def test_a_newer_letter_takes_the_place_of_one_that_waits(database: Database) -> None:
    """The waiting letter is withdrawn, names its successor, and its items go out in the new one."""
    put(database, new("L1"))
    assert put(database, new("L2", reminder(item(), item("xep-loai"), replaces=("L1",)))) == ["L2"]
    assert set(states(database, "L1")) == {DeliveryState.CANCELLED}
    with database.read() as conn:
        old = stored_letters(conn, ["L1"])["L1"]
        assert (old.withdrawn_at, old.replaced_by, old.letter.items) == (NOW, "L2", (item(),))
        assert [letter.id for letter in PastLetters().history(conn).letters] == ["L2"]
    assert [(told.letter, told.state, told.detail) for told in outcomes(database)] == [
        ("L1", DeliveryState.CANCELLED, "replaced by L2")
    ] * 3


@pytest.mark.parametrize("result", [None, Sent(None, "250"), Unknown("lost", None)])
def test_a_letter_that_may_have_left_keeps_its_place(database: Database, result: Any) -> None:
    """A letter being sent, sent or unknown is not replaced: the newer one is left out, nothing else changes."""
    put(database, new("L1"))
    if result is None:
        with database.write() as conn:
            claim(conn, "node-1", NOW, LEASE, 1)
    else:
        send(database, result)
    before = lines(database)
    assert put(database, new("L2", reminder(item(), item("xep-loai"), replaces=("L1",)))) == []
    assert lines(database) == before


def test_a_held_letter_waits_for_its_approval(database: Database) -> None:
    """Held deliveries are never claimed; approving records who and when, once, and lets them go in the hours given."""
    put(database, new("L1", held=True))
    tomorrow = NOW + timedelta(days=1)
    with database.write() as conn:
        assert claim(conn, "node-1", tomorrow, LEASE, 9) == []
        assert approve(conn, "L1", "lan.nguyen", NOW, not_before=tomorrow)
        assert not approve(conn, "L1", "minh.tran", NOW)
        assert claim(conn, "node-1", NOW, LEASE, 9) == []
        assert len(claim(conn, "node-1", tomorrow, LEASE, 9)) == 3
        stored = stored_letters(conn, ["L1"])["L1"]
    assert (stored.approved_by, stored.approved_at) == ("lan.nguyen", NOW)


def test_releasing_lets_a_held_letter_go_without_an_approval(database: Database) -> None:
    """`release` sets held deliveries going at their own hour, and a second time does nothing."""
    put(database, new("L1", held=True))
    with database.write() as conn:
        assert (release(conn, "L1", NOW), release(conn, "L1", NOW)) == (3, 0)
        assert stored_letters(conn, ["L1"])["L1"].approved_at is None
        assert len(claim(conn, "node-1", NOW, LEASE, 9)) == 3


def test_a_withdrawn_letter_cannot_be_approved(database: Database) -> None:
    """An approval that comes after the letter is gone changes nothing and says so."""
    put(database, new("L1", held=True))
    with database.write() as conn:
        withdraw(conn, "L1", NOW, salts)
        assert not approve(conn, "L1", "lan.nguyen", NOW)
    assert set(states(database)) == {DeliveryState.CANCELLED}
