"""Every change of a delivery's state goes through here: along the table, fenced by its token, told to the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from daemon.domain.entries import DeliveryOutcome
from daemon.domain.words import DeliveryState, Level
from daemon.judgement.transitions import allowed
from daemon.store.columns import one_of
from daemon.store.ledger import NewEntry, Salts, append
from daemon.store.letters import item_key
from daemon.store.tables import ATTEMPT, CONTENT, DELIVERY, LETTER, LETTER_ITEM, LIVE
from notifiers.base import Phase

BY_DONDOC = "dondoc"
"""Who enters what the machine records of itself."""

IS_LIVE: ColumnElement[bool] = literal_column(one_of("delivery.state", LIVE))
"""As the index on `next_at` has it, word for word, or SQLite would not use it."""

MAYBE_GONE = or_(DELIVERY.c.accepted_at.is_not(None), DELIVERY.c.unknowns > 0, DELIVERY.c.phase == Phase.CONTENT)
"""True of a delivery whose bytes somebody has or may have."""


# Built once: each letter's end asks them all, and building them would cost more than running them.
_THIS_DELIVERY = update(DELIVERY).where(DELIVERY.c.id == bindparam("this"))
_THIS_ATTEMPT = update(ATTEMPT).where(
    ATTEMPT.c.delivery == bindparam("this"), ATTEMPT.c.n == bindparam("this_n"), ATTEMPT.c.ended_at.is_(None)
)
_SHA256_OF_WHAT_LEFT = (
    select(CONTENT.c.sha256)
    .where(
        CONTENT.c.letter == LETTER.c.id,
        CONTENT.c.version == bindparam("of_version"),
        CONTENT.c.channel == bindparam("of_channel"),
        exists().where(
            ATTEMPT.c.delivery == bindparam("this"),
            ATTEMPT.c.version == CONTENT.c.version,
            ATTEMPT.c.phase.in_((Phase.CONTENT, Phase.ANSWERED)),
        ),
    )
    .correlate(LETTER)
    .scalar_subquery()
)
_IN_VERSION = or_(LETTER_ITEM.c.dropped_in.is_(None), LETTER_ITEM.c.dropped_in > bindparam("of_version"))
_TOLD: Select[Any] = (
    select(
        *(LETTER.c[name].label(f"letter_{name}") for name in ("kind", "agency", "tier", "level")),
        _SHA256_OF_WHAT_LEFT.label("sha256"),
        LETTER_ITEM,
    )
    .outerjoin(LETTER_ITEM, and_(LETTER_ITEM.c.letter == LETTER.c.id, _IN_VERSION))
    .where(LETTER.c.id == bindparam("of_letter"))
    .order_by(LETTER_ITEM.c.position)
)
"""A row for each item a version of a letter held; one without an item for a letter that has none."""


def move(conn: Connection, delivery: Row[Any], following: DeliveryState, now: datetime, **changed: Any) -> None:
    """Take a delivery, as read in this transaction, to another state; ValueError if the table forbids it.

    The token moves on, so that whoever holds a claim on it finds it stale. `changed` are further columns.
    """
    if not allowed(delivery.state, following):
        raise ValueError(f"a delivery does not go from {delivery.state} to {following}")
    values: dict[str, Any] = {"state": following, "token": delivery.token + 1}
    values |= dict.fromkeys(("lease_by", "lease_until", "next_at", "phase", "finished_at"))
    if following not in LIVE:
        values["finished_at"] = now
    values |= changed
    conn.execute(_THIS_DELIVERY, {"this": delivery.id} | values)


def earliest(*instants: datetime | None) -> datetime:
    """Return the earliest of the instants that are known; ValueError if none is."""
    return min(instant for instant in instants if instant is not None)


def end_attempt(conn: Connection, delivery: Row[Any], now: datetime, outcome: str, **changed: Any) -> None:
    """Write the end of the attempt a delivery is in: `outcome`, and further columns (phase, code, detail)."""
    this = {"this": delivery.id, "this_n": delivery.attempts}
    conn.execute(_THIS_ATTEMPT, this | {"ended_at": now, "outcome": outcome} | changed)


def tell(
    conn: Connection,
    delivery: Row[Any],
    state: DeliveryState,
    now: datetime,
    salts: Salts,
    *,
    detail: str | None = None,
) -> None:
    """Enter in the ledger how a delivery ended, or that its outcome is unknown. An address is never entered."""
    asked = {"of_letter": delivery.letter, "of_version": delivery.version, "of_channel": delivery.channel}
    rows = conn.execute(_TOLD, asked | {"this": delivery.id}).all()
    letter = rows[0]
    outcome = DeliveryOutcome(
        letter=delivery.letter,
        letter_kind=letter.letter_kind,
        agency=letter.letter_agency,
        person=delivery.person,
        channel=delivery.channel,
        state=state,
        version=delivery.version,
        tier=letter.letter_tier,
        level=Level(letter.letter_level),
        items=tuple(str(item_key(row)) for row in rows if row.position is not None),
        sha256=letter.sha256,
        detail=detail,
    )
    append(conn, [NewEntry(BY_DONDOC, None, outcome)], now, salts)


def maybe_gone(conn: Connection, letter: str) -> bool:
    """Say whether anybody has, or may have, some version of a letter."""
    return bool(conn.execute(select(exists().where(DELIVERY.c.letter == letter, MAYBE_GONE))).scalar())
