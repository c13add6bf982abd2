"""Letters that wait for a person: which, why, since when, and until when they would still be of use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select

from daemon.domain.words import DeliveryState
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.side_tables import HELD_LETTER
from daemon.store.tables import DELIVERY


class HeldFor(StrEnum):
    """Why a letter waits for a person."""

    APPROVAL = "approval"  # its step needs a name: a letter to a head
    FLOOD = "flood"  # one of more letters than the last approved preview foresaw


@dataclass(frozen=True, slots=True)
class HeldLetter:
    """A letter that waits. `reasons` has at least one; at `expires_at` it is of no more use (None: never)."""

    letter: StoredLetter
    reasons: tuple[HeldFor, ...]
    since: datetime
    expires_at: datetime | None


def hold_letters(conn: Connection, letters: Iterable[str], why: HeldFor, now: datetime) -> None:
    """Note why letters just enqueued as held are; one to a head needs no note."""
    rows = [{"letter": letter, "reason": why, "since": now} for letter in letters]
    if rows:
        conn.execute(insert(HELD_LETTER), rows)


def held_for(conn: Connection, why: HeldFor) -> frozenset[str]:
    """Return the ids of the letters that wait for this reason now."""
    rows = conn.execute(
        select(HELD_LETTER.c.letter)
        .join(DELIVERY, DELIVERY.c.letter == HELD_LETTER.c.letter)
        .where(HELD_LETTER.c.reason == why, DELIVERY.c.state == DeliveryState.HELD)
        .distinct()
    )
    return frozenset(row.letter for row in rows)


def held_letters(conn: Connection) -> list[HeldLetter]:
    """Return every letter that waits for a person, the first to be of no more use first."""
    waiting = conn.execute(
        select(DELIVERY.c.letter, func.max(DELIVERY.c.expires_at).label("expires_at"))
        .where(DELIVERY.c.state == DeliveryState.HELD)
        .group_by(DELIVERY.c.letter)
    ).all()
    ends = {row.letter: row.expires_at for row in waiting}
    notes = {row.letter: HeldFor(row.reason) for row in conn.execute(select(HELD_LETTER))}
    found = [
        HeldLetter(letter, _reasons(letter, notes.get(id_)), letter.composed_at, ends[id_])
        for id_, letter in stored_letters(conn, ends).items()
    ]
    return sorted(found, key=lambda held: (held.expires_at is None, held.expires_at, held.since, held.letter.id))


def _reasons(stored: StoredLetter, noted: HeldFor | None) -> tuple[HeldFor, ...]:
    own = (HeldFor.APPROVAL,) if stored.letter.approval else ()
    return (*own, noted) if noted is not None else own
