"""What judgement is told of the past, and what it decided: read whole, written only where something changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, case, func, or_, select, type_coerce
from sqlalchemy.dialects.sqlite import insert

from daemon.domain.letters import Decision, History, ItemKey, SentLetter
from daemon.domain.obligations import KnownObligation, ObligationKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level
from daemon.store.columns import instant_of
from daemon.store.letters import item_key, key_columns
from daemon.store.tables import COMPOSITION, DECISION, DELIVERY, KNOWN, LETTER, LETTER_ITEM, MISSED

_MOST_NAMED = 500
"""Ids in one statement: SQLite before 3.32 takes at most 999 parameters."""


# Built once, for they are asked at each tick.
_VERSIONS = (
    select(LETTER.c.id, LETTER.c.version)
    .where(LETTER.c.kind == LetterKind.REMINDER, LETTER.c.withdrawn_at.is_(None))
    .order_by(LETTER.c.composed_at, LETTER.c.id)
)
_MISSED, _COMPOSITIONS = select(MISSED), select(COMPOSITION)
_KNOWN = select(*(type_coerce(column, Text) for column in KNOWN.c))
"""As stored: it is read again and again, and seldom different."""


def _reached() -> Any:
    """Fold deliveries by letter.

    What came back reached nobody; what Zalo left unknown and is not sent again counts as not delivered.
    """
    lost = (
        (DELIVERY.c.state == DeliveryState.UNKNOWN)
        & (DELIVERY.c.channel == Channel.ZALO)
        & DELIVERY.c.next_at.is_(None)
    )
    waits = DELIVERY.c.state.in_((DeliveryState.HELD, DeliveryState.PENDING))
    flies = DELIVERY.c.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN)) & ~lost
    return select(
        DELIVERY.c.letter,
        func.max(case((waits | flies, 1), else_=0)),
        func.max(case((flies, 1), else_=0)),
        # As stored: most are read again and again, and seldom looked at.
        type_coerce(func.min(case((DELIVERY.c.state != DeliveryState.BOUNCED, DELIVERY.c.accepted_at))), Text),
        func.max(case((DELIVERY.c.state == DeliveryState.HELD, 1), else_=0)),
    ).group_by(DELIVERY.c.letter)


_FATES = _reached()
_NO_FATE = (0, 0, None, 0)


def _deciding() -> Any:
    """A new decision, or one whose outcome or reason differs from what is kept."""
    new = insert(DECISION)
    set_ = {name: new.excluded[name] for name in ("outcome", "reason", "moment", "until", "since")}
    differs = or_(*(new.excluded[name] != DECISION.c[name] for name in ("outcome", "reason")))
    return new.on_conflict_do_update(index_elements=list(DECISION.primary_key), set_=set_, where=differs)


_DECIDE = _deciding()


class PastLetters:
    """The reminders known, kept between readings: one is read again when its version or its fate has changed."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, SentLetter]] = {}
        self._read: tuple[object, ...] = ()
        self._letters: tuple[SentLetter, ...] = ()

    def history(self, conn: Connection) -> History:
        """Return the reminders that were not withdrawn, the marks that were missed, and the compositions made.

        As long as nothing becomes of the reminders, `letters` is the same tuple.
        """
        return History(
            letters=self._reminders(conn),
            missed_at={item_key(row): row.at for row in conn.execute(_MISSED)},
            composed_at={row.day: row.at for row in conn.execute(_COMPOSITIONS)},
        )

    def _reminders(self, conn: Connection) -> tuple[SentLetter, ...]:
        read = [tuple(row) for row in conn.execute(_VERSIONS)], [tuple(row) for row in conn.execute(_FATES)]
        if read == self._read:
            return self._letters
        versions: dict[str, int] = dict(read[0])
        new = [id_ for id_, version in versions.items() if id_ not in self._kept or self._kept[id_][0] != version]
        for chunk in (new[n : n + _MOST_NAMED] for n in range(0, len(new), _MOST_NAMED)):
            self._kept |= {row.id: (row.version, _sent_letter(row, items)) for row, items in _letters(conn, chunk)}
        fates = {letter: fate for letter, *fate in read[1]}
        self._kept = {
            id_: (version, _of_fate(self._kept[id_][1], *fates.get(id_, _NO_FATE))) for id_, version in versions.items()
        }
        self._read, self._letters = read, tuple(letter for _, letter in self._kept.values())
        return self._letters


def _letters(conn: Connection, ids: Sequence[str]) -> list[tuple[Row[Any], list[Row[Any]]]]:
    items: dict[str, list[Row[Any]]] = {}
    rows = conn.execute(
        select(LETTER_ITEM)
        .where(LETTER_ITEM.c.letter.in_(ids), LETTER_ITEM.c.withdrawn.is_(False))
        .order_by(LETTER_ITEM.c.letter, LETTER_ITEM.c.position)
    )
    for row in rows:
        items.setdefault(row.letter, []).append(row)
    return [(row, items.get(row.id, [])) for row in conn.execute(select(LETTER).where(LETTER.c.id.in_(ids)))]


def decisions(conn: Connection) -> dict[ItemKey, Decision]:
    """Return what holds for each step now."""
    return {
        key: Decision(key, row.outcome, row.reason, row.moment, row.until)
        for row in conn.execute(select(DECISION))
        for key in (item_key(row),)
    }


def store_decisions(conn: Connection, decided: Iterable[Decision], now: datetime) -> int:
    """Keep the decisions whose outcome or reason is new; return how many are."""
    changed = 0
    for new in decided:
        values = {"outcome": new.outcome, "reason": new.reason, "moment": new.moment, "until": new.until, "since": now}
        changed += conn.execute(_DECIDE, key_columns(new.key) | values).rowcount
    return changed


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


class KnownObligations:
    """The obligations ever known, kept between readings: made anew only when a row has changed."""

    def __init__(self) -> None:
        self._read: list[tuple[Any, ...]] = []
        self._known: Mapping[ObligationKey, KnownObligation] = {}

    def known(self, conn: Connection) -> Mapping[ObligationKey, KnownObligation]:
        """Return every obligation ever known; as long as none has changed, the same mapping."""
        read = [tuple(row) for row in conn.execute(_KNOWN)]
        if read != self._read:
            self._read, self._known = read, {known.key: known for known in map(_known, read)}
        return self._known


def _known(row: tuple[Any, ...]) -> KnownObligation:
    *key, first_known_at, due, due_at, last_day = row
    return KnownObligation(
        ObligationKey(*key), instant_of(first_known_at), due, instant_of(due_at), date.fromisoformat(last_day)
    )


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


def _sent_letter(row: Row[Any], items: list[Row[Any]]) -> SentLetter:
    keys = tuple(item_key(item) for item in items)
    return SentLetter(
        id=row.id,
        agency=row.agency,
        tier=row.tier,
        day=row.day,
        level=Level(row.level),
        items=keys,
        levels={key: Level(item.level) for key, item in zip(keys, items, strict=True)},
        live=False,
        milestone=None if row.plan is None else (row.plan, row.milestone, row.period),
    )


def _of_fate(letter: SentLetter, live: int, in_flight: int, accepted_at: str | None, held: int) -> SentLetter:
    """The letter with what has become of its deliveries; the same value if nothing has changed."""
    found = bool(live), bool(in_flight), None if accepted_at is None else instant_of(accepted_at), bool(held)
    if found == (letter.live, letter.in_flight, letter.accepted_at, letter.held):
        return letter
    return replace(letter, live=found[0], in_flight=found[1], accepted_at=found[2], held=found[3])
