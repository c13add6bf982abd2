"""Channels that carry nothing until a person mends them: since when, why, and when one letter tries again.

A pause is one row. Once the channel carries letters again the row goes, or, if nobody was told, stays with the
instant of its end until somebody has been.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from daemon.domain.failures import ChannelPause
from daemon.domain.words import Channel, DeliveryState
from daemon.store.moving import IS_LIVE
from daemon.store.side_tables import CHANNEL_PAUSE
from daemon.store.tables import DELIVERY
from notifiers.base import veil

PROBE_EVERY = timedelta(minutes=30)
"""How long a paused channel is left alone between two letters that try it."""


def pause_channel(conn: Connection, channel: Channel, reason: str, code: str | None, now: datetime) -> bool:
    """Pause a whole channel; True if it was not paused before. The next probe is due `PROBE_EVERY` from now.

    A channel paused already keeps its `since`; what stopped it last is kept with it.
    """
    why = {"reason": veil(reason), "code": code, "probe_at": now + PROBE_EVERY}
    running = conn.execute(
        update(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.channel == channel, CHANNEL_PAUSE.c.over_at.is_(None)).values(why)
    )
    if running.rowcount:
        return False
    conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.channel == channel))
    conn.execute(insert(CHANNEL_PAUSE), {"channel": channel, "since": now} | why)
    return True


def paused(conn: Connection) -> Mapping[Channel, ChannelPause]:
    """Return the channels that carry nothing now."""
    rows = conn.execute(select(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.over_at.is_(None)))
    return {row.channel: _pause(row) for row in rows}


def resume_channel(conn: Connection, channel: Channel, now: datetime) -> bool:
    """End a channel's pause; False if it was not paused. A pause nobody was told of is kept until somebody is."""
    running = (CHANNEL_PAUSE.c.channel == channel, CHANNEL_PAUSE.c.over_at.is_(None))
    known = conn.execute(delete(CHANNEL_PAUSE).where(*running, CHANNEL_PAUSE.c.told_at.is_not(None)))
    if known.rowcount:
        return True
    return bool(conn.execute(update(CHANNEL_PAUSE).where(*running).values(over_at=now)).rowcount)


def rests(conn: Connection, channel: Channel, now: datetime) -> bool:
    """Say whether a channel is paused and it is not yet time to try it: nothing of it is claimed."""
    row = select(CHANNEL_PAUSE.c.channel).where(
        CHANNEL_PAUSE.c.channel == channel, CHANNEL_PAUSE.c.over_at.is_(None), CHANNEL_PAUSE.c.probe_at > now
    )
    return conn.execute(row).first() is not None


def put_off_probe(conn: Connection, channel: Channel, at: datetime) -> bool:
    """Let the next letter try a paused channel at `at`, earlier or later than planned; False if it is not paused."""
    moved = conn.execute(
        update(CHANNEL_PAUSE)
        .where(CHANNEL_PAUSE.c.channel == channel, CHANNEL_PAUSE.c.over_at.is_(None))
        .values(probe_at=at)
    )
    return bool(moved.rowcount)


def pauses(conn: Connection) -> list[ChannelPause]:
    """Return every pause that is running, and those over that nobody was told of."""
    return [_pause(row) for row in conn.execute(select(CHANNEL_PAUSE).order_by(CHANNEL_PAUSE.c.channel))]


def waiting_letters(conn: Connection, now: datetime) -> Mapping[Channel, int]:
    """Return by channel how many letters wait whose hour has come."""
    due = (IS_LIVE, DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.not_before <= now)
    rows = conn.execute(
        select(DELIVERY.c.channel, func.count(DELIVERY.c.letter.distinct()).label("letters"))
        .where(*due)
        .group_by(DELIVERY.c.channel)
    )
    return {row.channel: row.letters for row in rows}


def tell_of_pause(conn: Connection, channel: Channel, now: datetime) -> None:
    """Record that a person is told now of a channel's pause; one that is over is forgotten."""
    conn.execute(delete(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.channel == channel, CHANNEL_PAUSE.c.over_at.is_not(None)))
    conn.execute(update(CHANNEL_PAUSE).where(CHANNEL_PAUSE.c.channel == channel).values(told_at=now))


def _pause(row: Row[Any]) -> ChannelPause:
    return ChannelPause(row.channel, row.since, row.reason, row.code, row.probe_at, row.told_at, row.over_at)
