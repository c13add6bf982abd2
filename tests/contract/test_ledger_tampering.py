"""What was entered cannot be changed by statement, and is found out when it was changed by force."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.domain.entries import Body, Called, Erased, Mark, Promised
from daemon.domain.obligations import ObligationKey
from daemon.errors import DatabaseRefused
from daemon.store.ledger import Head, NewEntry, Verdict, append, head, verify
from daemon.store.opening import open_database
from daemon.store.triggers import GENESIS, TRIGGERS
from tests.support.fresh import new_database

NOW = datetime(2022, 10, 24, 8, 42, tzinfo=UTC)
JUSTICE = ObligationKey("1026-kh-ubnd-2022", "bao-cao", "2022", "so-tu-phap")
BODIES: tuple[Body, ...] = (
    Called(said="sẽ gửi trước 16h"),
    Promised(date(2022, 10, 26)),
    Mark("so-noi-vu", NOW),
    Called(said="đã gửi 812/BC-STP"),
    Erased(1, "hết thời hạn lưu"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of five entries, closed."""
    made = tmp_path / "dondoc.db"
    new_database(made, now=NOW)
    with open_database(made) as database:
        for n, body in enumerate(BODIES):
            with database.write() as conn:
                append(conn, [NewEntry("lan", JUSTICE, body)], NOW + timedelta(minutes=n), lambda: b"s" * 16)
    return made


@pytest.fixture
def stranger(path: Path) -> Iterator[sqlite3.Connection]:
    """Another tool's connection, with SQLite's own defaults: no recursive triggers, no foreign keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def judged(path: Path, *anchors: Head) -> Verdict:
    """Verify the chain in a fresh opening."""
    with open_database(path) as database, database.read() as conn:
        return verify(conn, anchors)


NEXT = """
INSERT {how} INTO ledger (seq, recorded_at, kind, by_whom, prev, hash, body_hash)
SELECT {seq}, {at}, 'called', 'lan', {prev}, hash, body_hash FROM ledger WHERE seq = {like}
"""
LAST_HASH = "(SELECT hash FROM ledger WHERE seq = 5)"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET by_whom = 'ai đó' WHERE seq = 2",
        "UPDATE OR IGNORE ledger SET recorded_at = '2022-10-20T00:00:00.000000Z'",
        "UPDATE ledger SET seq = 9 WHERE seq = 5",
        "DELETE FROM ledger WHERE seq = 5",
        "DELETE FROM ledger",
        NEXT.format(how="OR REPLACE", seq=2, at="recorded_at", prev="prev", like=2),
        NEXT.format(how="OR REPLACE", seq=5, at="recorded_at", prev="prev", like=5),
        NEXT.format(how="OR IGNORE", seq=7, at="'2022-10-25T00:00:00.000000Z'", prev=LAST_HASH, like=5),
        NEXT.format(how="", seq="NULL", at="'2022-10-25T00:00:00.000000Z'", prev="prev", like=5),
        NEXT.format(how="", seq=6, at="'2022-10-25T00:00:00.000000Z'", prev="prev", like=5),
        NEXT.format(how="", seq=6, at="'2022-10-20T00:00:00.000000Z'", prev=LAST_HASH, like=5),
        NEXT.format(how="", seq=5, at="recorded_at", prev="prev", like=5)
        + " ON CONFLICT (seq) DO UPDATE SET by_whom = 'ai đó'",
        "UPDATE ledger_body SET body = replace(body, '812', '813')",
        "DELETE FROM ledger_body WHERE seq = 2",
        "DELETE FROM ledger_body WHERE seq = 5",  # an erased entry itself is never erased
        "DELETE FROM ledger_body",
        "INSERT OR REPLACE INTO ledger_body SELECT seq, salt, replace(body, '812', '813') FROM ledger_body "
        "WHERE seq = 4",
        "INSERT OR REPLACE INTO ledger_body SELECT seq, salt, '{}' FROM ledger_body WHERE seq = 5",
        "INSERT INTO ledger_body SELECT seq, salt, body FROM ledger_body WHERE seq = 4 "
        "ON CONFLICT (seq) DO UPDATE SET body = '{}'",
    ],
)
def test_no_statement_changes_what_was_entered(stranger: sqlite3.Connection, path: Path, statement: str) -> None:
    """Update, delete, replace, upsert, a wrong place, a wrong link and an earlier time are all refused."""
    with pytest.raises(sqlite3.IntegrityError, match=r"ledger(_body)?: "):
        stranger.execute(statement)
    assert judged(path) == judged(path, judged(path).head)
    assert judged(path).count == 5


def test_a_body_named_by_an_erased_entry_can_go_and_never_come_back(stranger: sqlite3.Connection, path: Path) -> None:
    """Erasing by rule passes the trigger once; another body in its place does not."""
    kept = stranger.execute("SELECT * FROM ledger_body WHERE seq = 1").fetchone()
    stranger.execute("DELETE FROM ledger_body WHERE seq = 1")
    with pytest.raises(sqlite3.IntegrityError, match="with its entry"):
        stranger.execute("INSERT INTO ledger_body VALUES (?, ?, ?)", kept)
    assert (judged(path).erased, judged(path).first_bad) == (1, None)


def by_force(stranger: sqlite3.Connection, *statements: str) -> None:
    """Drop every trigger, act, and put the triggers back word for word."""
    for name in TRIGGERS:
        stranger.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        stranger.execute(statement)
    for trigger in TRIGGERS.values():
        stranger.execute(trigger)


@pytest.mark.parametrize(
    ("statement", "first_bad", "why"),
    [
        ("UPDATE ledger_body SET body = replace(body, '812', '813') WHERE seq = 4", 4, "nội dung đã bị sửa"),
        ("UPDATE ledger_body SET salt = zeroblob(16) WHERE seq = 2", 2, "nội dung đã bị sửa"),
        ("UPDATE ledger_body SET body = CAST(x'7bff' AS TEXT) WHERE seq = 2", 2, "nội dung đã bị sửa"),
        ("UPDATE ledger_body SET body = '{' WHERE seq = 5", 5, "nội dung đã bị sửa"),
        ("UPDATE ledger SET recorded_at = '2022-10-24T08:43:00.000001Z' WHERE seq = 2", 2, "đã bị sửa"),
        ("UPDATE ledger SET kind = 'objected' WHERE seq = 1", 1, "đã bị sửa"),
        ("UPDATE ledger SET kind = 'no such kind' WHERE seq = 1", 1, "đã bị sửa"),
        ("UPDATE ledger SET by_whom = 'ai đó' WHERE seq = 3", 3, "người nhập"),
        ("UPDATE ledger SET agency = 'so-y-te' WHERE seq = 3", 3, "người nhập"),
        ("UPDATE ledger SET plan = NULL, milestone = NULL, period = NULL, agency = NULL WHERE seq = 3", 3, "đối tượng"),
        ("DELETE FROM ledger_body WHERE seq = 3", 3, "bị mất"),
        ("DELETE FROM ledger WHERE seq = 3", 3, "thiếu mục"),
        ("DELETE FROM ledger WHERE seq = 1", 1, "thiếu mục"),
        ("UPDATE ledger SET hash = '" + "a" * 64 + "' WHERE seq = 5", 5, "đã bị sửa"),
        ("UPDATE ledger SET prev = '" + "a" * 64 + "' WHERE seq = 4", 4, "không nối"),
    ],
)
def test_an_entry_changed_behind_dropped_triggers_is_named(
    stranger: sqlite3.Connection, path: Path, statement: str, first_bad: int, why: str
) -> None:
    """Triggers dropped, a row edited, triggers restored: the file opens, and verifying names the first bad entry."""
    by_force(stranger, statement)
    verdict = judged(path)
    assert (verdict.first_bad, verdict.count, verdict.head.seq) == (first_bad, first_bad - 1, first_bad - 1)
    assert verdict.why is not None
    assert why in verdict.why


def test_a_digit_flipped_in_the_file_is_found_though_sqlite_finds_nothing(path: Path) -> None:
    """One changed digit of a stored body passes `integrity_check` and fails the chain, by its number."""
    whole = path.read_bytes()
    assert whole.count("đã gửi 812/BC-STP".encode()) == 1
    path.write_bytes(whole.replace("đã gửi 812/BC-STP".encode(), "đã gửi 813/BC-STP".encode()))
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert judged(path).first_bad == 4


def test_a_dropped_trigger_is_found_at_the_next_opening(stranger: sqlite3.Connection, path: Path) -> None:
    """A missing, a weakened or an added trigger is refused by name."""
    changed = TRIGGERS["ledger_is_never_updated"].replace("RAISE(ABORT,", "coalesce(")
    for statements, name in (
        (["DROP TRIGGER ledger_is_never_updated"], "ledger_is_never_updated"),
        ([changed], "ledger_is_never_updated"),
        (["DROP TRIGGER ledger_is_never_updated", TRIGGERS["ledger_is_never_updated"]], None),
        (["CREATE TRIGGER quiet AFTER INSERT ON ledger BEGIN SELECT 1; END"], "quiet"),
    ):
        for statement in statements:
            stranger.execute(statement)
        if name is None:
            open_database(path).close()
        else:
            with pytest.raises(DatabaseRefused, match=name):
                open_database(path)


def rewritten(stranger: sqlite3.Connection) -> None:
    """Redo the whole chain after changing entry 4, as somebody who has read the code would."""
    by_force(stranger, "UPDATE ledger_body SET body = replace(body, '812', '813') WHERE seq = 4")
    for name in TRIGGERS:
        stranger.execute(f"DROP TRIGGER {name}")
    prev = GENESIS
    query = "SELECT seq, recorded_at, kind, salt, body FROM ledger JOIN ledger_body USING (seq) ORDER BY seq"
    for seq, at, kind, salt, body in stranger.execute(query).fetchall():
        body_hash = hashlib.sha256(salt + b"|" + body.encode()).hexdigest()
        chained = hashlib.sha256(f"{prev}|{seq}|{at}|{kind}|{body_hash}".encode()).hexdigest()
        row = (prev, chained, body_hash, seq)
        stranger.execute("UPDATE ledger SET prev = ?, hash = ?, body_hash = ? WHERE seq = ?", row)
        prev = chained
    for trigger in TRIGGERS.values():
        stranger.execute(trigger)


def test_a_body_lost_beside_an_unreadable_erasure_is_named(stranger: sqlite3.Connection, path: Path) -> None:
    """An erased entry that cannot be read excuses nothing."""
    by_force(stranger, "DELETE FROM ledger_body WHERE seq = 1", "UPDATE ledger_body SET body = '{\"by\"' WHERE seq = 5")
    assert (judged(path).first_bad, judged(path).why) == (1, "nội dung bị mất mà không có mục xóa theo quy định")


def test_a_time_that_goes_back_is_named_though_the_hashes_fit(stranger: sqlite3.Connection, path: Path) -> None:
    """A chain redone with an entry put before its predecessor's time is not sound."""
    by_force(stranger, "UPDATE ledger SET recorded_at = '2022-10-24T08:00:00.000000Z' WHERE seq = 3")
    rewritten(stranger)
    assert (judged(path).first_bad, judged(path).why) == (3, "thời điểm ghi sớm hơn mục trước")


def test_a_chain_redone_from_end_to_end_is_found_by_a_head_kept_outside(
    stranger: sqlite3.Connection, path: Path
) -> None:
    """Nothing in the file shows it; a head from a report does."""
    reported = judged(path).head
    rewritten(stranger)
    assert judged(path).first_bad is None
    verdict = judged(path, reported)
    assert (verdict.first_bad, verdict.why) == (5, "mã của mục này khác với mã đã ghi bên ngoài; sổ đã bị viết lại")


def test_a_chain_cut_short_is_found_by_a_head_kept_outside(stranger: sqlite3.Connection, path: Path) -> None:
    """A ledger rolled back to an earlier state is sound in itself, and too short for what was reported."""
    reported = judged(path).head
    by_force(stranger, "DELETE FROM ledger_body WHERE seq > 3", "DELETE FROM ledger WHERE seq > 3")
    assert judged(path).first_bad is None
    verdict = judged(path, reported)
    assert (verdict.count, verdict.first_bad) == (3, 4)
    assert verdict.why is not None
    assert "mục 5" in verdict.why


def test_heads_kept_outside_agree_with_an_untouched_ledger(path: Path) -> None:
    """Every head ever reported is one the chain passes through."""
    with open_database(path) as database:
        heads = [judged(path).head]
        with database.write() as conn:
            append(conn, [NewEntry("lan", None, BODIES[0])], NOW + timedelta(hours=1), lambda: b"s" * 16)
            heads.append(head(conn))
    assert judged(path, *heads) == Verdict(6, 0, heads[-1])
