"""What judgement is told of the past, and what it decided: read whole, written only where something changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from daemon.domain.letters import Decision, History, ItemKey, SentLetter
from daemon.domain.obligations import KnownObligation, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level
from daemon.store.letters import item_key, key_columns, obligation_key
from daemon.store.tables import COMPOSITION, DECISION, DELIVERY, KNOWN, LETTER, LETTER_ITEM, META, MISSED


def history(conn: Connection) -> History:
    """Return the reminders that were not withdrawn, the marks that were missed, and the compositions made."""
    standing = (LETTER.c.kind == LetterKind.REMINDER, LETTER.c.withdrawn_at.is_(None))
    items: dict[str, list[Row[Any]]] = {}
    rows = conn.execute(
        select(LETTER_ITEM)
        .join(LETTER, LETTER.c.id == LETTER_ITEM.c.letter)
        .where(*standing, LETTER_ITEM.c.withdrawn.is_(False))
        .order_by(LETTER_ITEM.c.letter, LETTER_ITEM.c.position)
    )
    for row in rows:
        items.setdefault(row.letter, []).append(row)
    reached = {row.letter: row for row in conn.execute(_reached())}
    letters = conn.execute(select(LETTER).where(*standing).order_by(LETTER.c.composed_at, LETTER.c.id))
    return History(
        letters=tuple(_sent_letter(row, items.get(row.id, []), reached.get(row.id)) for row in letters),
        missed_at={item_key(row): row.at for row in conn.execute(select(MISSED))},
        composed_at={row.day: row.at for row in conn.execute(select(COMPOSITION))},
    )


def decisions(conn: Connection) -> dict[ItemKey, Decision]:
    """Return what holds for each step now."""
    return {
        key: Decision(key, row.outcome, row.reason, row.moment, row.until)
        for row in conn.execute(select(DECISION))
        for key in (item_key(row),)
    }


def store_decisions(conn: Connection, decided: Iterable[Decision], now: datetime) -> int:
    """Keep the decisions whose outcome or reason is new; return how many are."""
    known = decisions(conn)
    changed = [new for new in decided if (old := known.get(new.key)) is None or _said(old) != _said(new)]
    for new in changed:
        values = {"outcome": new.outcome, "reason": new.reason, "moment": new.moment, "until": new.until, "since": now}
        statement = insert(DECISION).values(key_columns(new.key) | values)
        conn.execute(statement.on_conflict_do_update(index_elements=list(DECISION.primary_key), set_=values))
    return len(changed)


def record_missed(conn: Connection, keys: Iterable[ItemKey], now: datetime) -> int:
    """Keep when items first missed a composition for want of a mark; return how many were new."""
    new = 0
    for key in keys:
        statement = insert(MISSED).values(key_columns(key) | {"at": now}).on_conflict_do_nothing()
        new += conn.execute(statement).rowcount
    return new


def record_composition(conn: Connection, day: date, at: datetime) -> bool:
    """Keep the last instant at which a step hour of `day` was worked through; False if it was known."""
    statement = insert(COMPOSITION).values(day=day, at=at)
    later = statement.excluded.at > COMPOSITION.c.at
    kept = conn.execute(statement.on_conflict_do_update(index_elements=["day"], set_={"at": at}, where=later))
    return bool(kept.rowcount)


def known_obligations(conn: Connection) -> dict[ObligationKey, KnownObligation]:
    """Return every obligation ever known."""
    return {
        key: KnownObligation(key, row.first_known_at, row.due, row.due_at, row.last_day)
        for row in conn.execute(select(KNOWN))
        for key in (obligation_key(row),)
    }


def remember(conn: Connection, obligations: Iterable[KnownObligation]) -> int:
    """Keep new obligations and new dates of known ones, whose `first_known_at` stands; return how many changed."""
    changed = 0
    for known in obligations:
        date_now = {"due": known.due, "due_at": known.due_at, "last_day": known.last_day}
        row = known.key._asdict() | {"first_known_at": known.first_known_at} | date_now
        statement = insert(KNOWN).values(row)
        differs = or_(*(statement.excluded[name].is_distinct_from(KNOWN.c[name]) for name in date_now))
        keys = list(KNOWN.primary_key)
        changed += conn.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=date_now, where=differs)
        ).rowcount
    return changed


def generation(conn: Connection) -> str | None:
    """Return the digest of the files last reconciled, None before the first time."""
    found: str | None = conn.execute(select(META.c.generation)).scalar_one()
    return found


def store_generation(conn: Connection, digest: str) -> bool:
    """Keep the digest of the files just reconciled; False if it was known."""
    changed = conn.execute(META.update().where(META.c.generation.is_distinct_from(digest)).values(generation=digest))
    return bool(changed.rowcount)


def _said(decision: Decision) -> tuple[str, str]:
    return decision.outcome, decision.reason


def _reached() -> Any:
    """Fold deliveries by letter. What Zalo left unknown and is not sent again counts as not delivered."""
    lost = (
        (DELIVERY.c.state == DeliveryState.UNKNOWN)
        & (DELIVERY.c.channel == Channel.ZALO)
        & DELIVERY.c.next_at.is_(None)
    )
    waits = DELIVERY.c.state.in_((DeliveryState.HELD, DeliveryState.PENDING))
    flies = DELIVERY.c.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN)) & ~lost
    return select(
        DELIVERY.c.letter,
        func.max(case((waits | flies, 1), else_=0)).label("live"),
        func.max(case((flies, 1), else_=0)).label("in_flight"),
        func.min(DELIVERY.c.accepted_at).label("accepted_at"),
    ).group_by(DELIVERY.c.letter)


def _sent_letter(row: Row[Any], items: list[Row[Any]], reached: Row[Any] | None) -> SentLetter:
    keys = tuple(item_key(item) for item in items)
    return SentLetter(
        id=row.id,
        agency=row.agency,
        tier=row.tier,
        day=row.day,
        level=Level(row.level),
        items=keys,
        levels={key: Level(item.level) for key, item in zip(keys, items, strict=True)},
        live=reached is not None and bool(reached.live),
        in_flight=reached is not None and bool(reached.in_flight),
        accepted_at=reached.accepted_at if reached is not None else None,
        milestone=None if row.plan is None else (row.plan, row.milestone, row.period),
    )
