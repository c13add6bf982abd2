"""How far the mailbox was read, and the messages in it that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from daemon.domain.arrivals import ArrivalKind, Doubt
from daemon.store.side_tables import MAILBOX_NOTE, MAILBOX_PLACE

LARGEST_KEPT = 65_536  # bytes of a doubtful message
MOST_KEPT = 1_000
"""Notes at most: whoever floods the mailbox fills no disk; the messages themselves stay where they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last message read: its uid means something only together with `validity`."""

    validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class NewNote:
    """A message that waits for a person. `subject` holds no address; `content`: of doubtful ones alone."""

    kind: ArrivalKind
    subject: str
    size: int
    doubt: Doubt | None = None
    person: str | None = None
    letter: str | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A note as it lies in the database."""

    id: int
    arrived_at: datetime
    note: NewNote


def place(conn: Connection, folder: str) -> Place | None:
    """Return how far a folder was read, None before the first time."""
    row = conn.execute(select(MAILBOX_PLACE).where(MAILBOX_PLACE.c.folder == folder)).one_or_none()
    return None if row is None else Place(row.validity, row.uid)


def advance(conn: Connection, folder: str, known: Place | None, reached: Place, at: datetime) -> bool:
    """Move the place from `known` on; False if it is not there any more, because another reader was first."""
    if place(conn, folder) != known:
        return False
    values = {"validity": reached.validity, "uid": reached.uid, "read_at": at}
    statement = upsert(MAILBOX_PLACE).values({"folder": folder} | values)
    conn.execute(statement.on_conflict_do_update(index_elements=["folder"], set_=values))
    return True


def keep_note(conn: Connection, note: NewNote, at: datetime) -> None:
    """Keep a note; beyond the most that are kept, the oldest goes."""
    content = None if note.content is None else note.content[:LARGEST_KEPT]
    conn.execute(
        insert(MAILBOX_NOTE),
        {
            "arrived_at": at,
            "kind": note.kind,
            "doubt": note.doubt,
            "person": note.person,
            "letter": note.letter,
            "subject": note.subject,
            "size": note.size,
            "content": content,
        },
    )
    beyond = select(MAILBOX_NOTE.c.id).order_by(MAILBOX_NOTE.c.id.desc()).offset(MOST_KEPT).limit(-1)
    conn.execute(delete(MAILBOX_NOTE).where(MAILBOX_NOTE.c.id.in_(beyond)))


def notes(conn: Connection, limit: int | None = None) -> list[KeptNote]:
    """Return the notes, the latest first, without their content."""
    rows = conn.execute(select(MAILBOX_NOTE).order_by(MAILBOX_NOTE.c.id.desc()).limit(limit))
    return [
        KeptNote(
            row.id,
            row.arrived_at,
            NewNote(row.kind, row.subject, row.size, row.doubt, row.person, row.letter),
        )
        for row in rows
    ]


def note_content(conn: Connection, id_: int) -> bytes | None:
    """Return the first bytes of a doubtful message, None if there are none."""
    content: bytes | None = conn.execute(
        select(MAILBOX_NOTE.c.content).where(MAILBOX_NOTE.c.id == id_)
    ).scalar_one_or_none()
    return content


def forget_before(conn: Connection, day: datetime) -> int:
    """Delete the notes that came before an instant; return how many."""
    return conn.execute(delete(MAILBOX_NOTE).where(MAILBOX_NOTE.c.arrived_at < day)).rowcount
