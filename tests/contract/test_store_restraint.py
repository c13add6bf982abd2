"""What a person has seen and let happen, why letters wait, and what is kept of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.domain.letters import ItemKey
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Tier
from daemon.errors import StoreError
from daemon.store import clock_state as clock
from daemon.store import foreseen as seen
from daemon.store.clock_state import ClockState
from daemon.store.engine import Database
from daemon.store.holding import HeldFor, held_for, held_letters, hold_letters
from daemon.store.outbox import NewLetter, enqueue
from daemon.store.settling import approve, withdraw
from tests.support.outbox_kit import NOW, new, reminder, salts


def step(n: int) -> ItemKey:
    """Return the key of a step of the n-th agency."""
    return ItemKey(ObligationKey("ke-hoach", "bao-cao", "once", f"so-{n}"), 1, "nhac", n, Tier.OFFICERS)


def test_the_last_preview_is_the_one_that_counts(database: Database) -> None:
    """A later approval takes the earlier one's place, whole."""
    with database.write() as conn:
        assert seen.foreseen(conn) == frozenset()
        seen.store_foreseen(conn, [step(1), step(2)], NOW)
        seen.store_foreseen(conn, [step(2), step(3)], NOW)
        assert seen.foreseen(conn) == {step(2), step(3)}
        seen.store_foreseen(conn, [], NOW)
        assert seen.foreseen(conn) == frozenset()


def test_files_are_let_in_by_their_digest(database: Database) -> None:
    """Once; others are not; what is no digest is refused."""
    with database.write() as conn:
        assert [seen.accept_files(conn, "a" * 64, "chi-lan", NOW) for _ in range(2)] == [True, False]
        assert seen.files_accepted(conn, "a" * 64)
        assert not seen.files_accepted(conn, "b" * 64)
    with pytest.raises(StoreError), database.write() as conn:
        seen.accept_files(conn, "a", "chi-lan", NOW)


def test_the_state_of_the_clock(database: Database) -> None:
    """One row, written over; none means that nothing is the matter."""
    with database.write() as conn:
        assert clock.clock_state(conn) == ClockState()
        for state in (ClockState(NOW, 90_000.5), ClockState(accepted_until=NOW)):
            clock.store_clock_state(conn, state)
            assert clock.clock_state(conn) == state
        assert clock.latest_entry_at(conn) is None


def held(agency: str, hours: int, *, approval: bool = False) -> NewLetter:
    """Return a letter to an agency that comes in held and is of use for so many hours."""
    letter = replace(reminder(agency=agency), approval=approval)
    return new(agency, letter, expires_at=NOW + timedelta(hours=hours), held=True)


def test_why_letters_wait(database: Database) -> None:
    """A name needed, too many at once, or both; the first to be of no more use first; what went is gone."""
    with database.write() as conn:
        letters = [held("a", 9), held("b", 5, approval=True), held("c", 7, approval=True)]
        assert enqueue(conn, letters, NOW, salts) == ["a", "b", "c"]
        hold_letters(conn, ["a", "c"], HeldFor.FLOOD, NOW)
        hold_letters(conn, [], HeldFor.FLOOD, NOW)
        found = held_letters(conn)
        assert [(one.letter.id, one.reasons) for one in found] == [
            ("b", (HeldFor.APPROVAL,)),
            ("c", (HeldFor.APPROVAL, HeldFor.FLOOD)),
            ("a", (HeldFor.FLOOD,)),
        ]
        assert {one.since for one in found} == {NOW}
        assert found[0].expires_at == NOW + timedelta(hours=5)
        assert held_for(conn, HeldFor.FLOOD) == {"a", "c"}
        approve(conn, "a", "chi-lan", NOW)
        withdraw(conn, "b", NOW, salts)
        assert [one.letter.id for one in held_letters(conn)] == ["c"]
        assert held_for(conn, HeldFor.FLOOD) == {"c"}
