"""The ledger: append only, each entry chained to the one before it, verifiable even where a body was erased.

    body_hash = SHA-256(salt + "|" + text)                                   salt: 16 bytes; text: UTF-8
    hash      = SHA-256(prev + "|" + seq + "|" + recorded_at + "|" + kind + "|" + body_hash)

`text` is the canonical JSON of {"body", "by", "subject"}: who entered it and on what are chained too. `prev`, `hash`
and `body_hash` are 64 lower-case hexadecimal digits, `seq` is decimal, `recorded_at` 27 characters of UTC ISO 8601,
`kind` the English key. The first entry's `prev` is 64 zeros. The columns beside the body serve queries; `verify`
compares them with it.

`recorded_at` never decreases. What the machine records of itself takes the last entry's instant when the clock has
gone back, for an outcome must not be lost to a bad clock; a person's entry may be at most `CLOCK_SLACK` behind, and
is refused beyond that.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, text

from daemon.clock import local, utc
from daemon.domain.entries import KIND_OF, Body, Entry, Erased
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import EntryKind
from daemon.errors import EntryRefused, StoreError
from daemon.store.codec import body_of, canonical, plain
from daemon.store.columns import instant_text
from daemon.store.tables import LEDGER, LEDGER_BODY
from daemon.store.triggers import GENESIS

CLOCK_SLACK = timedelta(minutes=10)
OWN_KINDS = frozenset(
    {
        EntryKind.DELIVERY,
        EntryKind.CLOCK_JUMP,
        EntryKind.ALARMED,
        EntryKind.REPORTED,
        EntryKind.TEMPLATE_FAILED,
        EntryKind.WARNED,
    }
)
"""What the machine records of itself."""

Salts = Callable[[], bytes]
"""Where salts come from: 16 unguessable bytes at each call."""


def random_salts() -> bytes:
    """Return sixteen bytes nobody can guess: what makes an erased body unrecoverable from its hash."""
    return secrets.token_bytes(16)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry before it has a place in the ledger. `by` is who enters it."""

    by: str
    subject: ObligationKey | None
    body: Body


# Built once, not at each tick and letter.
_LAST = select(LEDGER.c.seq, LEDGER.c.hash, LEDGER.c.recorded_at).order_by(LEDGER.c.seq.desc()).limit(1)
_HASH = select(LEDGER.c.hash).where(LEDGER.c.seq == bindparam("seq"))
_ENTRIES = (
    select(LEDGER.c.seq, LEDGER.c.recorded_at, LEDGER.c.kind, LEDGER_BODY.c.body)
    .join(LEDGER_BODY, LEDGER_BODY.c.seq == LEDGER.c.seq)
    .order_by(LEDGER.c.seq)
)
_ACTS = _ENTRIES.where(
    LEDGER.c.seq > bindparam("after"), LEDGER.c.seq <= bindparam("to"), LEDGER.c.kind != EntryKind.DELIVERY
)
_ENTER, _ENTER_BODY = insert(LEDGER), insert(LEDGER_BODY)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's place and hash; what is kept outside the file to show later that nothing was cut or redone."""

    seq: int
    hash: str


EMPTY = Head(0, GENESIS)
"""The head of a ledger without entries."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: `count` entries sound up to `head`; `first_bad` and `why` (Vietnamese) if one is not.

    `erased` counts the sound entries whose body was erased by rule.
    """

    count: int
    erased: int
    head: Head
    first_bad: int | None = None
    why: str | None = None


def append(conn: Connection, entries: Sequence[NewEntry], recorded_at: datetime, salts: Salts) -> list[Entry]:
    """Add entries in order, in the caller's transaction; return them with their place and time.

    EntryRefused (Vietnamese) if the clock is far behind the last entry. No entries: nothing is written.
    """
    if not entries:
        return []
    last = conn.execute(_LAST).one_or_none()
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    recorded_at = _not_before(last.recorded_at if last else None, utc(recorded_at), entries)
    added = []
    for new in entries:
        seq += 1
        entry = Entry(seq, recorded_at, new.by, new.subject, new.body)
        salt, said = salts(), _said(new)
        body_hash = sha256(salt + b"|" + said.encode()).hexdigest()
        subject = new.subject._asdict() if new.subject else {}
        row = {"seq": seq, "recorded_at": recorded_at, "kind": entry.kind, "by_whom": new.by, **subject}
        chained = _hash(prev, seq, instant_text(recorded_at), entry.kind.value, body_hash)
        conn.execute(_ENTER, row | {"prev": prev, "hash": chained, "body_hash": body_hash})
        conn.execute(_ENTER_BODY, {"seq": seq, "salt": salt, "body": said})
        prev = chained
        added.append(entry)
    return added


def read(conn: Connection, *, until: datetime | None = None) -> list[Entry]:
    """Return the entries recorded not later than `until`, in order.

    Entries whose body was erased are left out. StoreError for a body this program cannot read.
    """
    return _read(conn, _ENTRIES if until is None else _ENTRIES.where(LEDGER.c.recorded_at <= until), {})


def acts(conn: Connection, after: int, to: int) -> list[Entry]:
    """Return the entries with a seq above `after` and up to `to`, in order, but for how deliveries ended.

    StoreError as `read`.
    """
    return _read(conn, _ACTS, {"after": after, "to": to})


def head(conn: Connection) -> Head:
    """Return the last entry's place and hash; `EMPTY` for a ledger without entries."""
    row = conn.execute(_LAST).one_or_none()
    return Head(row.seq, row.hash) if row else EMPTY


def holds(conn: Connection, known: Head) -> bool:
    """Say whether `known` is or was this ledger's head; one seen in a transaction that was undone never was."""
    return known == EMPTY or conn.execute(_HASH, {"seq": known.seq}).scalar_one_or_none() == known.hash


def head_code(chained: str) -> str:
    """Return the short code of a hash, as people compare it: "7F3A-91C2-0B6E-D418"."""
    digits = chained[:16].upper()
    return "-".join(digits[n : n + 4] for n in range(0, 16, 4))


def verify(conn: Connection, anchors: Sequence[Head] = ()) -> Verdict:
    """Recompute the whole chain; `anchors` are heads kept outside the file, which it must pass through."""
    known = {anchor.seq: anchor.hash for anchor in anchors}
    erasures = _erasures(conn)
    at, erased, latest = EMPTY, 0, ""
    for row in conn.execute(text(_AS_STORED)):
        why = _fault(row, at, latest, erasures)
        if why is None and known.pop(row.seq, row.hash) != row.hash:
            why = "mã của mục này khác với mã đã ghi bên ngoài; sổ đã bị viết lại"
        if why is not None:
            return Verdict(at.seq, erased, at, at.seq + 1, why)
        at, erased, latest = Head(row.seq, row.hash), erased + (row.body is None), row.recorded_at
    if cut := [seq for seq in known if seq > at.seq]:
        return Verdict(at.seq, erased, at, at.seq + 1, f"sổ bị cắt ngắn: bên ngoài đã ghi đến mục {max(cut)}")
    return Verdict(at.seq, erased, at)


def export(conn: Connection) -> Iterator[str]:
    """Yield one canonical JSON line an entry, with all that is needed to verify the chain without the database.

    "text" is {"body", "by", "subject"} as hashed (canonical JSON again); it and "salt" (hex) are null once erased.
    """
    for row in conn.execute(text(_AS_STORED)):
        line = {name: getattr(row, name) for name in ("seq", "recorded_at", "kind", "prev", "hash", "body_hash")}
        line["salt"] = None if row.salt is None else row.salt.hex()
        line["text"] = None if row.body is None else json.loads(row.body)
        yield canonical(line)


# As stored, and the body as bytes: a damaged row must not stop the reading of the others.
_AS_STORED = """
SELECT seq, recorded_at, kind, by_whom, plan, milestone, period, agency, prev, hash, body_hash, salt,
       CAST(body AS BLOB) AS body
FROM ledger LEFT JOIN ledger_body USING (seq) ORDER BY seq
"""


def _erasures(conn: Connection) -> frozenset[int]:
    rows = conn.execute(text(f"SELECT body FROM ({_AS_STORED}) WHERE kind = 'erased'"))  # noqa: S608 - our own text
    return frozenset(seq for row in rows if (seq := _erased_by(row.body)) is not None)


def _erased_by(body: bytes | None) -> int | None:
    value = None if body is None else _parsed(body)
    try:
        erased = None if value is None else body_of(EntryKind.ERASED, value["body"])
    except ValueError:
        return None
    return erased.seq if isinstance(erased, Erased) else None


def _fault(row: Row[Any], last: Head, latest: str, erasures: frozenset[int]) -> str | None:
    if row.seq != last.seq + 1:
        return f"thiếu mục: sau mục {last.seq} là mục {row.seq}"
    if row.prev != last.hash:
        return "không nối với mục trước: mục này hoặc mục trước đã bị sửa"
    if row.hash != _hash(row.prev, row.seq, row.recorded_at, row.kind, row.body_hash):
        return "thời điểm, loại hoặc mã của mục đã bị sửa"
    if row.recorded_at < latest:
        return "thời điểm ghi sớm hơn mục trước"
    if row.body is None:
        return None if row.seq in erasures else "nội dung bị mất mà không có mục xóa theo quy định"
    if row.body_hash != sha256(row.salt + b"|" + row.body).hexdigest():
        return "nội dung đã bị sửa"
    value = _parsed(row.body)
    if value is None:
        return "nội dung không đọc được"
    beside = [row.plan, row.milestone, row.period, row.agency]
    if row.by_whom != value["by"] or beside != (value["subject"] or [None] * 4):
        return "người nhập hoặc đối tượng ghi bên cạnh khác với nội dung"
    return None


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.keys() == {"body", "by", "subject"} else None


def _not_before(last: datetime | None, recorded_at: datetime, entries: Sequence[NewEntry]) -> datetime:
    if last is None or last <= recorded_at:
        return recorded_at
    own = all(KIND_OF[type(new.body)] in OWN_KINDS for new in entries)
    if not own and last - recorded_at > CLOCK_SLACK:
        raise EntryRefused(
            f"Đồng hồ máy đang là {local(recorded_at):%H:%M ngày %d/%m/%Y}, sớm hơn mục cuối của sổ "
            f"({local(last):%H:%M ngày %d/%m/%Y}). Hãy chỉnh lại đồng hồ rồi nhập lại."
        )
    return last


def _said(new: NewEntry) -> str:
    return canonical({"body": plain(new.body), "by": new.by, "subject": list(new.subject) if new.subject else None})


def _read(conn: Connection, query: Select[Any], asked: Mapping[str, Any]) -> list[Entry]:
    try:
        return [_entry(row.seq, row.recorded_at, row.kind, row.body) for row in conn.execute(query, asked)]
    except ValueError as error:
        raise StoreError(f"a ledger body cannot be read: {error}") from error


def _entry(seq: int, recorded_at: datetime, kind: EntryKind, said: str) -> Entry:
    value = json.loads(said)
    subject = ObligationKey(*value["subject"]) if value["subject"] else None
    return Entry(seq, recorded_at, value["by"], subject, body_of(kind, value["body"]))


def _hash(prev: str, seq: int, recorded_at: str, kind: str, body_hash: str) -> str:
    return sha256(f"{prev}|{seq}|{recorded_at}|{kind}|{body_hash}".encode()).hexdigest()
