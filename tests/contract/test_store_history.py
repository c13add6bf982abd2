"""Judgement is told exactly what stands, and what it decided is written only where it changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.clock import at
from daemon.domain.letters import Decision, History, ItemKey, Letter, LetterItem, SentLetter
from daemon.domain.obligations import Deadline, KnownObligation, ObligationKey
from daemon.domain.words import Channel, LetterKind, Level, Outcome, Reason, Tier
from daemon.store.claiming import claim, dot_leaving, finish, freeze
from daemon.store.engine import Database
from daemon.store.history import (
    KnownObligations,
    PastLetters,
    decisions,
    record_composition,
    record_missed,
    remember,
    store_decisions,
)
from daemon.store.opening import open_database
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import expire, withdraw
from tests.support.fresh import new_database

DAY = date(2022, 10, 26)
NOW = at(DAY, time(8, 30))
LEASE = timedelta(minutes=15)
HOUR = timedelta(hours=1)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
OBLIGATION = ObligationKey("1026-kh-ubnd-2022", "bao-cao", "2022", "so-tu-phap")
KEY = ItemKey(OBLIGATION, 1, "qua-han", 1, Tier.OFFICERS)
OTHER = ItemKey(OBLIGATION, 2, "qua-han", 2, Tier.HEAD)
DECISION = Decision(KEY, Outcome.HOLD, Reason.WAITS_MARK, NOW, NOW + HOUR)


def salts() -> bytes:
    """Return a salt that never varies, so that runs are alike."""
    return b"0123456789abcdef"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database, open."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=NOW)
    with open_database(path) as opened:
        yield opened


def put(database: Database, *channels: Channel, held: bool = False, **changed: Any) -> None:
    """Enqueue the letter L1, of one level-3 item at level 2, to one person by these channels."""
    item = LetterItem(KEY, Level.PRESS, Reason.CROSSED, Deadline(at(DAY), DAY), "qua-han")
    letter = Letter(
        LetterKind.REMINDER, "so-tu-phap", Tier.OFFICERS, DAY, NOW, Level.OVERDUE, (item,), {}, {}, **changed
    )
    envelopes = tuple(NewDelivery("p1", channel, NOW, NOW + HOUR) for channel in channels)
    with database.write() as conn:
        assert enqueue(conn, [NewLetter("L1", letter, envelopes, held=held)], NOW, salts) == ["L1"]


def finished(database: Database, *results: Result) -> None:
    """Claim as many deliveries as there are results and end each with its own."""
    with database.write() as conn:
        for n, (taken, result) in enumerate(zip(claim(conn, "node-1", NOW, LEASE, len(results)), results, strict=True)):
            freeze(conn, taken, b"bytes", NOW)
            assert dot_leaving(conn, taken, NOW)
            finish(conn, taken, result, NOW + n * HOUR, salts)


def told(database: Database) -> History:
    """Return what judgement is told."""
    with database.read() as conn:
        return PastLetters().history(conn)


PLAIN = SentLetter("L1", "so-tu-phap", Tier.OFFICERS, DAY, Level.OVERDUE, (KEY,), {KEY: Level.PRESS}, live=True)


def test_a_waiting_letter_is_live_and_can_be_replaced(database: Database) -> None:
    """Held or pending: live, not in flight; its item's own level is kept beside the letter's."""
    put(database, EMAIL, held=True, milestone=OBLIGATION[:3])
    assert told(database) == History(letters=(dataclasses.replace(PLAIN, milestone=OBLIGATION[:3], held=True),))
    assert told(database).letters[0].replaceable


@pytest.mark.parametrize(
    ("results", "live", "in_flight", "accepted_after"),
    [
        ((Sent(None, "250"), Sent(None, "ok")), False, False, timedelta(0)),
        ((Refused("550"), Sent(None, "ok")), False, False, HOUR),
        ((Sent(None, "250"), Temporary("busy", NOW + HOUR)), True, False, timedelta(0)),
        ((Refused("550"), Temporary("busy", NOW + HOUR)), True, False, None),
        ((Refused("550"), Refused("-232")), False, False, None),
        ((Unknown("?", NOW + LEASE), Refused("-232")), True, True, None),
        ((Unknown("?", None), Refused("-232")), True, True, None),
        ((Refused("550"), Unknown("?", NOW + LEASE)), True, True, None),
        ((Refused("550"), Unknown("?", None)), False, False, None),
    ],
)
def test_a_letter_is_what_its_deliveries_make_it(
    database: Database, results: tuple[Result, ...], live: bool, in_flight: bool, accepted_after: timedelta | None
) -> None:
    """By mail, then by Zalo: unknown mail may have arrived, unknown Zalo counts as not delivered."""
    put(database, EMAIL, ZALO)
    finished(database, *results)
    accepted_at = None if accepted_after is None else NOW + accepted_after
    expected = dataclasses.replace(PLAIN, live=live, in_flight=in_flight, accepted_at=accepted_at)
    assert told(database).letters == (expected,)


def test_a_letter_in_the_sender_s_hands_is_in_flight(database: Database) -> None:
    """A claimed delivery is live and in flight, so that nothing takes its letter's place."""
    put(database, EMAIL)
    with database.write() as conn:
        claim(conn, "node-1", NOW, LEASE, 1)
    assert told(database).letters == (dataclasses.replace(PLAIN, in_flight=True),)


def test_a_letter_to_nobody_reached_nobody(database: Database) -> None:
    """Without a recipient, or once expired, a letter is neither live nor accepted, and its step stays taken."""
    put(database)
    assert told(database).letters == (dataclasses.replace(PLAIN, live=False),)


def test_an_expired_letter_is_still_told(database: Database) -> None:
    """What expired unsent stands in history as a letter that reached nobody."""
    put(database, EMAIL)
    with database.write() as conn:
        assert expire(conn, NOW + HOUR, salts) == 1
    assert told(database).letters == (dataclasses.replace(PLAIN, live=False),)


def test_a_withdrawn_letter_is_not_told(database: Database) -> None:
    """Judgement does not hear of letters nobody can have."""
    put(database, EMAIL)
    with database.write() as conn:
        withdraw(conn, "L1", NOW, salts)
    assert told(database) == History()


def test_a_decision_is_written_when_its_outcome_or_reason_changes(database: Database) -> None:
    """A later moment or another `until` alone is no change; a new reason replaces the old decision."""
    moved = dataclasses.replace(DECISION, until=None, moment=NOW + HOUR)
    paused = dataclasses.replace(DECISION, reason=Reason.PAUSED)
    with database.write() as conn:
        other = dataclasses.replace(DECISION, key=OTHER)
        assert store_decisions(conn, [DECISION, other], NOW) == 2
        assert store_decisions(conn, [DECISION, other, moved], NOW + HOUR) == 0
        assert decisions(conn) == {KEY: DECISION, OTHER: other}
        assert store_decisions(conn, [paused], NOW + HOUR) == 1
        assert decisions(conn) == {KEY: paused, OTHER: other}


def test_the_first_missed_mark_stays_the_first(database: Database) -> None:
    """Missing the mark again does not move the instant it was first missed."""
    with database.write() as conn:
        assert record_missed(conn, [KEY], NOW) == 1
        assert record_missed(conn, [KEY, OTHER], NOW + HOUR) == 1
    assert told(database).missed_at == {KEY: NOW, OTHER: NOW + HOUR}


def test_the_last_composition_of_a_day_is_kept(database: Database) -> None:
    """A later step hour moves it, an earlier or the same does not."""
    with database.write() as conn:
        kept = [record_composition(conn, DAY, instant) for instant in (NOW, NOW, NOW + HOUR, NOW)]
    assert kept == [True, False, True, False]
    assert told(database).composed_at == {DAY: NOW + HOUR}


def test_an_obligation_is_first_known_once_and_its_date_follows_the_plan(database: Database) -> None:
    """A changed date is kept, the instant it was first known never moves."""
    known = KnownObligation(OBLIGATION, NOW, "trước ngày 25/10/2022", at(date(2022, 10, 25)), date(2022, 10, 24))
    moved = dataclasses.replace(known, first_known_at=NOW + HOUR, due="chậm nhất ngày 24/10/2022")
    with database.write() as conn:
        assert [remember(conn, [one]) for one in (known, known, moved, moved)] == [1, 0, 1, 0]
        assert KnownObligations().known(conn) == {OBLIGATION: dataclasses.replace(moved, first_known_at=NOW)}


def test_what_is_known_already_changes_no_byte(database: Database) -> None:
    """Everything above, told a second time, leaves the file as it was."""
    known = KnownObligation(OBLIGATION, NOW, "trước ngày 25/10/2022", at(date(2022, 10, 25)), date(2022, 10, 24))

    def tell() -> bytes:
        with database.write() as conn:
            store_decisions(conn, [DECISION], NOW)
            record_missed(conn, [KEY], NOW)
            record_composition(conn, DAY, NOW)
            remember(conn, [known])
        return database.path.read_bytes()

    assert tell() == tell()
