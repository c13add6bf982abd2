"""Roads that carry nothing until a person mends them: since when, why, and when one letter tries again.

A pause is one row, by the name of the server or app. Once that carries letters again the row goes, or, if nobody was
told, stays with the instant of its end until somebody has been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from daemon.domain.failures import ChannelPause
from daemon.domain.words import Channel, DeliveryState
from daemon.store.moving import IS_LIVE
from daemon.store.side_tables import CHANNEL_PAUSE
from daemon.store.tables import DELIVERY
from notifiers.base import veil

PROBE_EVERY = timedelta(minutes=30)
"""How long a paused road is left alone between two letters that try it."""

_GOING_ON = CHANNEL_PAUSE.c.over_at.is_(None)
# Built once: they are asked before each letter.
_RUNNING = select(CHANNEL_PAUSE).where(_GOING_ON).order_by(CHANNEL_PAUSE.c.route)


def pause_road(
    conn: Connection, channel: Channel, route: str, reason: str, code: str | None, now: datetime
) -> ChannelPause | None:
    """Pause a server or app that refuses us; the pause if it was not paused before. Its next probe is due later.

    One paused already keeps its `since`; what stopped it last is kept with it.
    """
    known = running(conn).get(route)
    why = _why(reason, code, now) | {"silent": False}
    if known is None:
        _put(conn, {"route": route, "channel": channel, "since": now} | why)
    else:
        since = known.since if known.holds(now) else now
        _change(conn, route, why | {"since": since})
    return None if known is not None and known.holds(now) else running(conn)[route]


def note_silence(
    conn: Connection, channel: Channel, route: str, reason: str, code: str | None, now: datetime
) -> ChannelPause:
    """Note that a server or app let a letter not even begin, since the first of them; return what stands of it.

    One that refuses us stays paused for that, with its cause: that it is out of reach besides mends nothing.
    """
    known = next((pause for pause in pauses(conn) if pause.route == route), None)
    if known is None:
        _put(conn, {"route": route, "channel": channel, "since": now, "silent": True} | _why(reason, code, now))
    elif known.over_at is None:
        why = _why(reason, code, now)
        _change(conn, route, {"failed_at": now} | (why if known.silent else {"probe_at": why["probe_at"]}))
    else:  # what somebody must still be told of comes first
        return known
    return running(conn)[route]


def running(conn: Connection) -> Mapping[str, ChannelPause]:
    """Return by route what is wrong now: what is paused, and what is silent but not yet paused for it."""
    return {row.route: _pause(row) for row in conn.execute(_RUNNING)}


def paused(conn: Connection, now: datetime) -> Mapping[str, ChannelPause]:
    """Return by route what carries nothing now."""
    return {route: pause for route, pause in running(conn).items() if pause.holds(now)}


def resume_road(conn: Connection, route: str, now: datetime) -> bool:
    """End a pause; False if there was none.

    One nobody was told of is kept until somebody is; a silence too short to be one is forgotten.
    """
    known = running(conn).get(route)
    if known is None:
        return False
    if known.told_at is not None or not known.holds(now):
        conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.route == route))
    else:
        _change(conn, route, {"over_at": now})
    return known.holds(now)


def resting(conn: Connection, now: datetime) -> frozenset[str]:
    """Return the routes that are paused and not yet to be tried: nothing that goes by them is claimed."""
    return frozenset(route for route, pause in paused(conn, now).items() if pause.probe_at > now)


def put_off_probe(conn: Connection, route: str, at: datetime) -> bool:
    """Let the next letter try a paused road at `at`, earlier or later than planned; False if it is not paused."""
    return _change(conn, route, {"probe_at": at})


def pauses(conn: Connection) -> list[ChannelPause]:
    """Return everything that is wrong, and pauses over that nobody was told of."""
    return [_pause(row) for row in conn.execute(select(CHANNEL_PAUSE).order_by(CHANNEL_PAUSE.c.route))]


def waiting_letters(conn: Connection, now: datetime) -> list[tuple[str, str, Channel]]:
    """Return (letter, person, channel) of what waits although its hour has come."""
    due = (IS_LIVE, DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.not_before <= now)
    rows = conn.execute(select(DELIVERY.c.letter, DELIVERY.c.person, DELIVERY.c.channel).where(*due))
    return [(row.letter, row.person, row.channel) for row in rows]


def tell_of_pause(conn: Connection, route: str, now: datetime) -> None:
    """Record that a person is told now of a pause; one that is over is forgotten."""
    conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.route == route, CHANNEL_PAUSE.c.over_at.is_not(None)))
    _change(conn, route, {"told_at": now})


def forget_pauses(conn: Connection, but_for: Collection[str]) -> None:
    """Forget what was wrong with roads that are no longer set up."""
    conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.route.not_in(sorted(but_for))))


def _why(reason: str, code: str | None, now: datetime) -> dict[str, Any]:
    return {"reason": veil(reason), "code": code, "probe_at": now + PROBE_EVERY}


def _put(conn: Connection, row: dict[str, Any]) -> None:
    """A new pause takes the place of one that is over."""
    conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.route == row["route"]))
    conn.execute(insert(CHANNEL_PAUSE), row)


def _change(conn: Connection, route: str, values: dict[str, Any]) -> bool:
    done = conn.execute(update(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.route == route, _GOING_ON).values(values))
    return bool(done.rowcount)


def _pause(row: Row[Any]) -> ChannelPause:
    return ChannelPause(
        row.channel,
        row.route,
        row.since,
        row.reason,
        row.code,
        row.probe_at,
        row.told_at,
        row.over_at,
        row.silent,
        row.failed_at,
    )
