"""What the record shows of a standstill: the last sign of work before it, the first after it, what was left undone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, func, select

from daemon.domain.letters import Decision
from daemon.domain.warnings import DroppedLetter
from daemon.domain.words import LetterKind
from daemon.store.letters import item_key
from daemon.store.tables import ATTEMPT, COMPOSITION, DECISION, LETTER, LETTER_ITEM

_SIGNS = (COMPOSITION.c.at, DECISION.c.since, ATTEMPT.c.started_at)
"""What only a daemon at work writes; the commands of people leave other traces."""


def composed_on(conn: Connection, since: date) -> list[date]:
    """Return the days from `since` on that have a composition, in order, and before them the last one earlier."""
    day = COMPOSITION.c.day
    earlier = select(func.max(day)).where(day < since).scalar_subquery()
    return list(conn.execute(select(day).where((day >= since) | (day == earlier)).order_by(day)).scalars())


def last_sign(conn: Connection, before: datetime) -> datetime:
    """Return when the daemon was last seen at work before an instant; there is a composition before it."""
    found = [conn.execute(select(func.max(at)).where(at < before)).scalar_one() for at in _SIGNS]
    last: datetime = max(sign for sign in found if sign is not None)
    return last


def first_sign(conn: Connection, since: datetime) -> datetime:
    """Return when the daemon was first seen at work from an instant on; there is a composition after it."""
    found = [conn.execute(select(func.min(at)).where(at >= since)).scalar_one() for at in _SIGNS]
    first: datetime = min(sign for sign in found if sign is not None)
    return first


def decided_since(conn: Connection, since: datetime) -> list[Decision]:
    """Return the decisions in force that were made at an instant or later."""
    return [
        Decision(item_key(row), row.outcome, row.reason, row.moment, row.until)
        for row in conn.execute(select(DECISION).where(DECISION.c.since >= since))
    ]


def dropped_letters(conn: Connection, composed_by: datetime, withdrawn_from: datetime) -> list[DroppedLetter]:
    """Return the reminders composed by one instant and withdrawn at another or later, the oldest first."""
    letters = conn.execute(
        select(LETTER)
        .where(
            LETTER.c.kind == LetterKind.REMINDER,
            LETTER.c.composed_at <= composed_by,
            LETTER.c.withdrawn_at >= withdrawn_from,
        )
        .order_by(LETTER.c.day, LETTER.c.id)
    ).all()
    return [
        DroppedLetter(row.id, row.agency, row.day, _items(conn, row.id), row.replaced_by is not None or None)
        for row in letters
    ]


def _items(conn: Connection, letter: str) -> tuple[str, ...]:
    rows = conn.execute(select(LETTER_ITEM).where(LETTER_ITEM.c.letter == letter).order_by(LETTER_ITEM.c.position))
    return tuple(str(item_key(row)) for row in rows)
