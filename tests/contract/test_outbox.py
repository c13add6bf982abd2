"""A letter comes into the outbox whole and once, waits where it must, and leaves the record it should."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from daemon.clock import at
from daemon.domain.entries import DeliveryOutcome, Received
from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Reason, Tier
from daemon.errors import StoreError
from daemon.store.claiming import Claim, claim, content_leaving, finish, freeze
from daemon.store.engine import Database
from daemon.store.history import history
from daemon.store.ledger import NewEntry, append, read
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries, earlier_letters, next_at
from daemon.store.opening import create_database, open_database
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Refused, Sent, Temporary, Unknown
from daemon.store.settling import Settled, approve, drop_items, expire, release, withdraw

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database, open."""
    path = tmp_path / "dondoc.db"
    create_database(path, now=NOW, identity="thu-nghiem")
    with open_database(path) as opened:
        yield opened


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
        assert not leaves or content_leaving(conn, taken, now)
        assert finish(conn, taken, result, now, salts) is not None
    return taken


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
        assert [letter.id for letter in history(conn).letters] == ["L2"]
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


def test_withdrawing_before_anybody_has_it_frees_the_step(database: Database) -> None:
    """Nothing accepted: deliveries cancelled and told, the letter gone from history, its step free again."""
    put(database, new("L1"))
    with database.write() as conn:
        assert withdraw(conn, "L1", NOW, salts, "đã nhận 812/BC-STP") == Settled(1, cancelled=3, withdrawn=True)
        assert withdraw(conn, "L1", NOW, salts) == Settled(1, withdrawn=True)
        assert history(conn).letters == ()
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
        assert not content_leaving(conn, taken, NOW)
        assert finish(conn, taken, Sent(None, "250"), NOW, salts) is None
    assert set(states(database)) == {DeliveryState.CANCELLED}


def test_withdrawing_waits_for_bytes_that_are_leaving(database: Database) -> None:
    """What is being sent cannot be called back: the letter stands, and its end is still recorded."""
    put(database, new("L1"))
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, LEASE, 1)
        freeze(conn, taken, b"bytes", NOW)
        assert content_leaving(conn, taken, NOW)
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
        assert [letter.items for letter in history(conn).letters] == [(item().key, item("xep-loai").key)]
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
        assert not content_leaving(conn, taken, NOW)
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
