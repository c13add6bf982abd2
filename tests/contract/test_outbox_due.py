"""What is due can be put off, and what reached nobody can take another road; what succeeded is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from daemon.clock import at
from daemon.domain.entries import Received
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier
from daemon.store.claiming import claim, finish
from daemon.store.due import add_roads, due_deliveries, fallen, postpone
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append
from daemon.store.listing import DeliveryFilter, DeliveryLine, answered, deliveries
from daemon.store.opening import open_database
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Refused, Result, Sent, Unknown
from daemon.store.settling import withdraw
from tests.support.fresh import new_database

DAY = date(2022, 10, 19)
NOW = at(DAY, time(8, 30))
LEASE = timedelta(minutes=15)
HOUR = timedelta(hours=1)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
ROADS = frozenset({("p1", EMAIL), ("p1", ZALO)})


def salts() -> bytes:
    """Return a salt that never varies, so that runs are alike."""
    return b"0123456789abcdef"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with two entries and the letters R1 and R2 that answer them: one person, two channels each."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=NOW)
    subject = ObligationKey("1026-kh-ubnd-2022", "bao-cao", "2022", "so-tu-phap")
    people = {EMAIL: ("p1",), ZALO: ("p1",)}
    letter = Letter(LetterKind.RECEIPT, "so-tu-phap", Tier.OFFICERS, DAY, NOW, Level.NOTICE, (), people, {})
    envelopes = tuple(NewDelivery("p1", channel, NOW, NOW + 6 * HOUR) for channel in (EMAIL, ZALO))
    with open_database(path) as opened:
        with opened.write() as conn:
            append(conn, [NewEntry("lan", subject, Received("812/BC-STP"))] * 2, NOW, salts)
            letters = [NewLetter(f"R{seq}", letter, envelopes, source_seq=seq) for seq in (1, 2)]
            assert enqueue(conn, letters, NOW, salts) == ["R1", "R2"]
        yield opened


def lines(database: Database, letter: str) -> list[DeliveryLine]:
    """Return a letter's deliveries, in envelope order."""
    with database.read() as conn:
        return deliveries(conn, DeliveryFilter(letter=letter))


def finished(database: Database, *results: Result) -> None:
    """Claim the first deliveries due and end each with its result."""
    with database.write() as conn:
        taken = claim(conn, "node-1", NOW, LEASE, len(results))
        for one, result in zip(taken, results, strict=True):
            finish(conn, one, result, NOW, salts)


def due(database: Database, now: datetime) -> list[tuple[str, Channel]]:
    """Return (letter, channel) of what is due, in order."""
    with database.read() as conn:
        return [(one.letter, one.channel) for one in due_deliveries(conn, now)]


def test_deliveries_are_due_from_their_hour_until_they_are_done(database: Database) -> None:
    """A delivery is due while it waits with its hour come, to go or to go again, until it is of no more use."""
    assert due(database, NOW - timedelta(microseconds=1)) == []
    assert due(database, NOW) == [("R1", EMAIL), ("R1", ZALO), ("R2", EMAIL), ("R2", ZALO)]
    finished(database, Sent(None, "250"), Unknown("no answer", NOW + HOUR))
    assert due(database, NOW) == [("R2", EMAIL), ("R2", ZALO)]
    assert due(database, NOW + HOUR) == [("R1", ZALO), ("R2", EMAIL), ("R2", ZALO)]
    assert due(database, NOW + 6 * HOUR) == []


@pytest.mark.parametrize(("until", "next_at"), [(NOW + HOUR, NOW + HOUR), (NOW + 9 * HOUR, NOW + 6 * HOUR)])
def test_what_is_due_is_put_off_but_not_past_its_use(database: Database, until: datetime, next_at: datetime) -> None:
    """A letter put off is looked at again at that instant, or when it ends; another letter is not touched."""
    with database.write() as conn:
        assert postpone(conn, "R1", until, NOW) == 2
        assert postpone(conn, "R1", until, NOW) == 0
    assert [line.next_at for line in lines(database, "R1")] == [next_at] * 2
    assert [line.next_at for line in lines(database, "R2")] == [NOW] * 2


@pytest.mark.parametrize(
    ("results", "failed"),
    [
        ((Refused("550"),), False),
        ((Refused("550"), Sent(None, "ok")), False),
        ((Refused("550"), Refused("-232")), True),
        ((Refused("550"), Unknown("no answer", None)), True),
        ((Refused("550"), Unknown("no answer", NOW + HOUR)), False),
        ((Unknown("no answer", None), Refused("-232")), False),
    ],
)
def test_other_roads_are_opened_only_when_none_of_his_can_have_succeeded(
    database: Database, results: tuple[Result, ...], *, failed: bool
) -> None:
    """Zalo left unknown counts as not delivered; mail left unknown may have arrived."""
    finished(database, *results)
    people = ("p1",) if failed else ()
    with database.read() as conn:
        assert fallen(conn, "R1") == (ROADS, people, failed)


def test_a_further_road_starts_at_once_and_ends_with_the_letter(database: Database) -> None:
    """An added envelope is pending, comes last, addresses directly, and expires when the others do."""
    with database.write() as conn:
        assert add_roads(conn, "R1", [("so-tu-phap-van-thu", EMAIL)], NOW + HOUR) == 1
        assert add_roads(conn, "R1", [], NOW + HOUR) == 0
    added = lines(database, "R1")[-1]
    assert (added.key.person, added.key.version, added.state) == ("so-tu-phap-van-thu", 1, DeliveryState.PENDING)
    assert (added.next_at, added.expires_at, added.cc) == (NOW + HOUR, NOW + 6 * HOUR, False)
    assert len(lines(database, "R2")) == 2


def test_what_was_answered_is_not_answered_again(database: Database) -> None:
    """Every entry a notice was composed for is known by kind and agency, even when the notice was withdrawn."""
    with database.write() as conn:
        withdraw(conn, "R2", NOW, salts)
        assert answered(conn) == {(LetterKind.RECEIPT, 1, "so-tu-phap"), (LetterKind.RECEIPT, 2, "so-tu-phap")}
