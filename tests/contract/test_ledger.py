"""The ledger is appended to in order, reads back what was entered, and verifies inside and outside the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from daemon.domain.entries import (
    BODY_OF,
    Body,
    Called,
    ClockJump,
    DeliveryOutcome,
    Erased,
    Extended,
    Mark,
    Promised,
    Received,
    Returned,
)
from daemon.domain.obligations import ActTime, ObligationKey
from daemon.domain.words import Channel, DeliveryState, EntryKind, LetterKind, Return
from daemon.errors import EntryRefused, StoreError
from daemon.store.codec import body_of, canonical, plain
from daemon.store.engine import Database
from daemon.store.ledger import (
    EMPTY,
    Head,
    NewEntry,
    Salts,
    acts,
    append,
    export,
    head,
    head_code,
    holds,
    read,
    verify,
)
from daemon.store.opening import open_database
from tests.support.fresh import new_database

NOW = datetime(2022, 10, 24, 8, 42, tzinfo=UTC)
JUSTICE = ObligationKey("1026-kh-ubnd-2022", "bao-cao", "2022", "so-tu-phap")
REPORT = Received("812/BC-STP", date(2022, 10, 21), ActTime.of(NOW), ActTime(date(2022, 10, 24)), "trục liên thông")
CALL = Called(spoke_to="đ/c Trần Thị B", said="hẹn gửi chiều nay")


def counted() -> Salts:
    """Return salts that a test can foretell: 1, 2, 3 …, each in 16 bytes."""
    numbers = count(1)
    return lambda: next(numbers).to_bytes(16, "big")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database, open."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=NOW)
    with open_database(path) as opened:
        yield opened


def entered(database: Database, *bodies: Body, at: datetime = NOW, subject: ObligationKey | None = JUSTICE) -> None:
    """Append bodies in one transaction."""
    with database.write() as conn:
        append(conn, [NewEntry("lan.nguyen", subject, body) for body in bodies], at, counted())


def test_what_is_entered_is_read_back(database: Database) -> None:
    """Entries come back with their place, time, author, subject and body, counted from 1 without gaps."""
    with database.write() as conn:
        added = append(conn, [NewEntry("lan.nguyen", JUSTICE, REPORT), NewEntry("dondoc", None, CALL)], NOW, counted())
    with database.read() as conn:
        entries = read(conn)
        assert entries == added
    assert [(entry.seq, entry.by, entry.subject, entry.body) for entry in entries] == [
        (1, "lan.nguyen", JUSTICE, REPORT),
        (2, "dondoc", None, CALL),
    ]
    assert {entry.recorded_at for entry in entries} == {NOW}


def test_reading_stops_at_an_instant(database: Database) -> None:
    """`until` is inclusive: the record as it stood."""
    for n in range(3):
        entered(database, CALL, at=NOW + timedelta(hours=n))
    with database.read() as conn:
        assert [entry.seq for entry in read(conn, until=NOW + timedelta(hours=1))] == [1, 2]


def ended(letter: str) -> DeliveryOutcome:
    """How a letter to one person ended."""
    return DeliveryOutcome(letter, LetterKind.REMINDER, "so-tu-phap", "p1", Channel.EMAIL, DeliveryState.SENT)


def test_acts_are_read_without_the_ends_of_deliveries(database: Database) -> None:
    """What came between two entries, the first left out, the last not."""
    entered(database, CALL, ended("L1"), ended("L2"))
    with database.read() as conn:
        first = head(conn)
    entered(database, ended("L1"), CALL, CALL)
    with database.read() as conn:
        last = head(conn)
        assert [entry.seq for entry in acts(conn, 0, last.seq)] == [1, 5, 6]
        assert [entry.seq for entry in acts(conn, 0, first.seq)] == [1]
        assert [entry.seq for entry in acts(conn, first.seq, last.seq)] == [5, 6]
        assert acts(conn, last.seq, last.seq) == []


def test_a_head_seen_in_what_was_undone_is_not_held(database: Database) -> None:
    """Its place may be another entry's by now: only the hash tells."""
    entered(database, CALL)
    with database.read() as conn:
        known = head(conn)
    seen: list[Head] = []

    def undone() -> None:
        with database.write() as conn:
            append(conn, [NewEntry("lan.nguyen", JUSTICE, CALL)], NOW, counted())
            seen.append(head(conn))
            assert holds(conn, seen[0])
            raise EntryRefused("not to be")

    with pytest.raises(EntryRefused, match="not to be"):
        undone()
    with database.read() as conn:
        assert [holds(conn, one) for one in (EMPTY, known, *seen)] == [True, True, False]
    entered(database, REPORT)
    with database.read() as conn:
        assert [holds(conn, one) for one in (EMPTY, known, *seen)] == [True, True, False]


def test_nothing_to_enter_writes_nothing(database: Database) -> None:
    """An empty list of entries leaves the file as it was."""
    before = database.path.read_bytes()
    entered(database)
    assert database.path.read_bytes() == before


def test_the_hash_is_laid_out_as_documented(database: Database) -> None:
    """The first two links, computed here by hand from the module's docstring."""
    entered(database, CALL, Promised(date(2022, 10, 26)))
    said = (
        '{"body":{"said":"hẹn gửi chiều nay","spoke_to":"đ/c Trần Thị B"},"by":"lan.nguyen",'
        '"subject":["1026-kh-ubnd-2022","bao-cao","2022","so-tu-phap"]}',
        '{"body":{"on":"2022-10-26"},"by":"lan.nguyen","subject":["1026-kh-ubnd-2022","bao-cao","2022","so-tu-phap"]}',
    )
    prev = "0" * 64
    for seq, (kind, body) in enumerate(zip(("called", "promised"), said, strict=True), 1):
        body_hash = hashlib.sha256(bytes(15) + bytes([seq]) + b"|" + body.encode()).hexdigest()
        prev = hashlib.sha256(f"{prev}|{seq}|2022-10-24T08:42:00.000000Z|{kind}|{body_hash}".encode()).hexdigest()
    with database.read() as conn:
        assert head(conn) == Head(2, prev)


def test_the_head_of_an_empty_ledger_is_the_genesis(database: Database) -> None:
    """Before the first entry the head is seq 0 and 64 zeros, and the empty chain is sound."""
    with database.read() as conn:
        assert head(conn) == Head(0, "0" * 64)
        assert (verify(conn).count, verify(conn).first_bad) == (0, None)


def test_people_compare_a_short_code() -> None:
    """Sixteen digits of the head, in fours, as the weekly report prints them."""
    assert head_code("7f3a91c20b6ed418" + "0" * 48) == "7F3A-91C2-0B6E-D418"


@pytest.mark.parametrize(
    ("back", "body", "recorded_at"),
    [
        (timedelta(minutes=10), CALL, NOW),
        (timedelta(days=400), ClockJump(-34_560_000.0), NOW),
        (timedelta(minutes=10, microseconds=1), CALL, None),
        (timedelta(seconds=-1), CALL, NOW + timedelta(seconds=1)),
    ],
)
def test_time_in_the_ledger_never_goes_back(
    database: Database, back: timedelta, body: Body, recorded_at: datetime | None
) -> None:
    """A clock a little behind is given the last instant; far behind refuses a person but not the machine's own."""
    entered(database, CALL)
    if recorded_at is None:
        with pytest.raises(EntryRefused, match=r"15:42 ngày 24/10/2022.*chỉnh lại đồng hồ"):
            entered(database, body, at=NOW - back)
        return
    entered(database, body, at=NOW - back)
    with database.read() as conn:
        assert read(conn)[-1].recorded_at == recorded_at
        assert verify(conn).first_bad is None


def test_a_naive_time_is_refused(database: Database) -> None:
    """An instant without a zone never reaches the ledger."""
    with pytest.raises(ValueError, match="naive"):
        entered(database, CALL, at=datetime(2022, 10, 24, 8, 42))  # noqa: DTZ001 - the fault under test


def test_an_erased_body_is_left_out_and_the_chain_verifies(database: Database) -> None:
    """After an `erased` entry its body can go; the entry is counted, not read, and what is left still verifies."""
    entered(database, REPORT, CALL, Erased(2, "Luật Bảo vệ dữ liệu cá nhân"))
    with database.write() as conn:
        conn.execute(text("DELETE FROM ledger_body WHERE seq = 2"))
    with database.read() as conn:
        assert [entry.seq for entry in read(conn)] == [1, 3]
        verdict = verify(conn)
        assert (verdict.count, verdict.erased, verdict.first_bad) == (3, 1, None)
        assert [json.loads(line)["text"] is None for line in export(conn)] == [False, True, False]
    entered(database, CALL)


def test_the_export_alone_is_enough_to_verify(database: Database) -> None:
    """Somebody with the exported lines and a SHA-256 finds the same chain and the same head."""
    entered(database, REPORT, CALL, Extended("trước ngày 31/10", NOW, date(2022, 10, 30), "1200/UBND", "Chủ tịch"))
    entered(database, Mark("so-noi-vu", NOW), at=NOW + timedelta(hours=1), subject=None)
    with database.read() as conn:
        lines, known = list(export(conn)), head(conn)
        assert list(export(conn)) == lines
    prev = "0" * 64
    for seq, line in enumerate(map(json.loads, lines), 1):
        said = json.dumps(line["text"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        body_hash = hashlib.sha256(bytes.fromhex(line["salt"]) + b"|" + said.encode()).hexdigest()
        links = (line["prev"], str(seq), line["recorded_at"], line["kind"], body_hash)
        assert line["prev"] == prev
        prev = hashlib.sha256("|".join(links).encode()).hexdigest()
        assert (line["seq"], line["hash"], line["body_hash"]) == (seq, prev, body_hash)
    assert (seq, prev) == (known.seq, known.hash)


def test_a_body_of_another_shape_is_named_not_guessed(database: Database) -> None:
    """A body a newer program wrote is a StoreError when read, while the chain still verifies."""
    entered(database, CALL)
    said = canonical({"body": {"said": "x", "tone": "polite"}, "by": "lan.nguyen", "subject": None})
    with database.write() as conn:
        last = head(conn)
        body_hash = hashlib.sha256(b"s" * 16 + b"|" + said.encode()).hexdigest()
        at = "2022-10-25T00:00:00.000000Z"
        chained = hashlib.sha256(f"{last.hash}|2|{at}|called|{body_hash}".encode()).hexdigest()
        conn.execute(
            text(
                "INSERT INTO ledger (seq, recorded_at, kind, by_whom, prev, hash, body_hash) "
                "VALUES (2, :at, 'called', 'lan.nguyen', :prev, :hash, :body_hash)"
            ),
            {"at": at, "prev": last.hash, "hash": chained, "body_hash": body_hash},
        )
        conn.execute(text("INSERT INTO ledger_body VALUES (2, :salt, :said)"), {"salt": b"s" * 16, "said": said})
    with database.read() as conn:
        assert verify(conn).first_bad is None
        with pytest.raises(StoreError, match="tone"):
            read(conn)


ANYWHERE = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones())  # noqa: DTZ001 - zones are drawn
# An hour that a change of the clocks repeats is equal to no other datetime, not even to itself in UTC (PEP 495).
INSTANTS = ANYWHERE.filter(lambda instant: instant == instant.astimezone(UTC))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return what a field of this type may hold."""
    if hint is datetime:
        return INSTANTS
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is int:
        return st.integers(1, 10**9)
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if hint is ActTime:
        return st.builds(ActTime, day=st.dates(), at=st.none() | INSTANTS)
    parts = get_args(hint)
    return st.one_of([values(part) for part in parts]) if parts else st.from_type(hint)


def bodies() -> st.SearchStrategy[Body]:
    """Return bodies of every kind with anything in every field."""
    shapes: list[st.SearchStrategy[Any]] = [
        st.builds(body, **{field: values(hint) for field, hint in get_type_hints(body).items()})
        for body in BODY_OF.values()
    ]
    return st.one_of(shapes)


@given(bodies())
def test_every_body_survives_the_way_to_text_and_back(body: Body) -> None:
    """Whatever a body holds, its canonical text is read back as the same body and has only one spelling."""
    kind = next(kind for kind, shape in BODY_OF.items() if shape is type(body))
    said = canonical(plain(body))
    again = body_of(kind, json.loads(said))
    assert again == body
    assert canonical(plain(again)) == said


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EntryKind.CALLED, []),
        (EntryKind.CALLED, {"said": 5}),
        (EntryKind.CALLED, {"loud": True}),
        (EntryKind.PROMISED, {}),
        (EntryKind.PROMISED, {"on": "26/10/2022"}),
        (EntryKind.RETURNED, {"how": "politely", "reason": "x"}),
        (EntryKind.VOIDED, {"seq": True, "reason": "x"}),
        (EntryKind.CLOCK_JUMP, {"seconds": "5"}),
        (EntryKind.CLOCK_JUMP, {"seconds": True}),
        (EntryKind.MARK, {"collector": "so-noi-vu", "complete_to": "2022-10-24T08:42:00Z"}),
        (EntryKind.DELIVERY, {"items": "abc"}),
    ],
)
def test_text_of_another_shape_is_refused(kind: EntryKind, value: object) -> None:
    """What is not exactly a body's shape is a ValueError, never a guess."""
    with pytest.raises(ValueError, match=r"."):
        body_of(kind, value)


def test_text_reads_as_people_would_write_it() -> None:
    """Days, instants, words and act times have the documented spellings; what is None is not written."""
    outcome = DeliveryOutcome(
        "L1", LetterKind.REMINDER, "so-tu-phap", "p1", Channel.EMAIL, DeliveryState.SENT, items=("a", "b")
    )
    assert plain(REPORT)["sent"] == {"at": "2022-10-24T08:42:00.000000Z", "day": "2022-10-24"}
    assert plain(Returned(Return.INVALID, "thiếu chữ ký")) == {"how": "invalid", "reason": "thiếu chữ ký"}
    assert plain(outcome)["items"] == ["a", "b"]
    with pytest.raises(TypeError):
        plain({1, 2})
