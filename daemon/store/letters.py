"""Letters as they lie in the outbox: rows to the field's values and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, or_, select

from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, Level
from daemon.store.tables import DELIVERY, LETTER, LETTER_ITEM


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter of the outbox. `letter` holds the items open in `version`, the one to be rendered next.

    `source_seq`: the ledger entry a receipt, notice, apology or note answers. `approved_at`/`approved_by`: set once.
    """

    id: str
    version: int
    letter: Letter
    composed_at: datetime
    n: int = 1
    source_seq: int | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None
    withdrawn_at: datetime | None = None
    replaced_by: str | None = None


# Built once: building and hashing them would cost more than running them, and each letter that leaves asks all three.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LETTERS = select(LETTER).where(LETTER.c.id.in_(_IDS))
_OPEN_ITEMS = (
    select(LETTER_ITEM)
    .join(LETTER, LETTER.c.id == LETTER_ITEM.c.letter)
    .where(LETTER.c.id.in_(_IDS))
    .where(or_(LETTER_ITEM.c.dropped_in.is_(None), LETTER_ITEM.c.dropped_in > LETTER.c.version))
    .order_by(LETTER_ITEM.c.letter, LETTER_ITEM.c.position)
)
_ENVELOPES = (
    select(*(DELIVERY.c[name] for name in ("letter", "person", "channel", "to_or_cc", "expires_at")))
    .where(DELIVERY.c.letter.in_(_IDS))
    .order_by(DELIVERY.c.letter, DELIVERY.c.position)
)


def letters_on(conn: Connection, sources: Iterable[int]) -> frozenset[str]:
    """Return the ids of the letters that stand on entries of the ledger."""
    rows = conn.execute(select(LETTER.c.id).where(LETTER.c.source_seq.in_(sorted(sources))))
    return frozenset(rows.scalars())


def stored_letters(conn: Connection, ids: Iterable[str]) -> dict[str, StoredLetter]:
    """Return letters by id; unknown ids are left out."""
    wanted = {"ids": sorted(set(ids))}
    rows = conn.execute(_LETTERS, wanted).all()
    items = _grouped(conn.execute(_OPEN_ITEMS, wanted))
    envelopes = _grouped(conn.execute(_ENVELOPES, wanted))
    return {row.id: _stored(row, items.get(row.id, []), envelopes.get(row.id, [])) for row in rows}


def key_columns(key: ItemKey) -> dict[str, Any]:
    """Return an item's key as columns."""
    return {
        **key.obligation._asdict(),
        "term": key.term,
        "step": key.step,
        "occurrence": key.occurrence,
        "tier": key.tier,
    }


def item_key(row: Row[Any]) -> ItemKey:
    """Return the item's key of a row that has its columns."""
    return ItemKey(obligation_key(row), row.term, row.step, row.occurrence, row.tier)


def obligation_key(row: Row[Any]) -> ObligationKey:
    """Return the obligation's key of a row that has its columns."""
    return ObligationKey(row.plan, row.milestone, row.period, row.agency)


def item_columns(item: LetterItem) -> dict[str, Any]:
    """Return an item as columns."""
    return {
        **key_columns(item.key),
        "level": int(item.level),
        "reason": item.reason,
        "wording": item.wording,
        "first": item.first,
        "crossed": item.crossed,
        "waits_for": " ".join(sorted(item.waits_for)),
        "due_at": item.deadline.due_at,
        "last_day": item.deadline.last_day,
        "hour_precise": item.deadline.hour_precise,
        "opens_on": item.deadline.opens_on,
        "estimated": item.deadline.estimated,
    }


def _item(row: Row[Any]) -> LetterItem:
    return LetterItem(
        key=item_key(row),
        level=Level(row.level),
        reason=row.reason,
        deadline=Deadline(row.due_at, row.last_day, row.hour_precise, row.opens_on, row.estimated),
        wording=row.wording,
        first=row.first,
        crossed=row.crossed,
        waits_for=frozenset(row.waits_for.split()),
    )


def _stored(row: Row[Any], items: Sequence[Row[Any]], envelopes: Sequence[Row[Any]]) -> StoredLetter:
    letter = Letter(
        kind=row.kind,
        agency=row.agency,
        tier=row.tier,
        day=row.day,
        send_at=row.send_at,
        level=Level(row.level),
        items=tuple(_item(item) for item in items),
        to=_by_channel(envelopes, "to"),
        cc=_by_channel(envelopes, "cc"),
        approval=row.approval,
        milestone=None if row.plan is None else (row.plan, row.milestone, row.period),
        useful_until=max((row.expires_at for row in envelopes if row.expires_at is not None), default=None),
    )
    return StoredLetter(
        id=row.id,
        version=row.version,
        letter=letter,
        composed_at=row.composed_at,
        n=row.n,
        source_seq=row.source_seq,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        withdrawn_at=row.withdrawn_at,
        replaced_by=row.replaced_by,
    )


def _by_channel(envelopes: Sequence[Row[Any]], to_or_cc: str) -> Mapping[Channel, tuple[str, ...]]:
    people: dict[Channel, dict[str, None]] = {}
    for row in envelopes:
        if row.to_or_cc == to_or_cc:
            people.setdefault(row.channel, {})[row.person] = None  # revived, he stands here once more
    return {channel: tuple(ids) for channel, ids in people.items()}


def _grouped(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    groups: dict[str, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(row.letter, []).append(row)
    return groups
