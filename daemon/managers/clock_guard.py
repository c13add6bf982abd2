"""The clock guard: looks at wall and boot time at each tick, records a jump, and stops the work a wrong clock would do.

A step over a minute is entered and planned anew by the new time; one of a day waits for a person. What was sent
stays sent: its keys are taken. The clocks are given as readers, so that a clock that is moved on purpose has no guard.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from daemon.clock import SystemClock
from daemon.domain.entries import ClockJump
from daemon.errors import EntryRefused
from daemon.judgement.clock_watch import STEP, Reading, Trust, Watched, step, watch
from daemon.store.clock_state import ClockState, clock_state, latest_entry_at, store_clock_state
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append

log = structlog.get_logger(__name__)

SYSTEM = "dondoc"
TOGETHER = 1.0
"""Seconds within which both clocks must be read: a process stopped between the two would see a jump."""


wall_time = SystemClock().now


def boot_time() -> float:
    """Return the seconds since the machine was started, suspends included; nobody can set them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockGuard:
    """Watches one machine's clocks for one daemon."""

    def __init__(
        self,
        database: Database,
        salts: Callable[[], bytes],
        wall: Callable[[], datetime] = wall_time,
        boot: Callable[[], float] = boot_time,
    ) -> None:
        self.database = database
        self._salts = salts
        self._wall = wall
        self._boot = boot
        self._last: Reading | None = None
        self._trust = Trust.FINE

    def look(self) -> Watched:
        """Look at the clocks, enter a jump, and say whether the work may go on (`works`)."""
        now = self._read()
        with self.database.read() as conn:
            state, last_entry = clock_state(conn), latest_entry_at(conn)
        found = watch(self._last, now, last_entry, accepted=state.accepted_until, held=state.seconds)
        if found.jumped or found.held != state.seconds:
            self._write_down(found, now.wall)
        if found.trust is not self._trust or found.jumped:
            log.warning("clock", trust=found.trust, moved_seconds=round(found.moved))
        # Kept last: an unwritten jump is found again.
        self._last, self._trust = now, found.trust
        return found

    def steady(self) -> bool:
        """Say whether the last look's verdict was good and no jump has come since: asked before a letter is claimed."""
        return self._trust is Trust.FINE and (self._last is None or abs(step(self._last, self._read())) <= STEP)

    def _write_down(self, found: Watched, wall: datetime) -> None:
        likely = found.likely(wall)
        with self.database.write() as conn:
            before = clock_state(conn)
            since = None if found.held is None else before.held_since or likely
            store_clock_state(conn, ClockState(since, found.held, before.accepted_until))
            if found.jumped:
                append(conn, [NewEntry(SYSTEM, None, ClockJump(found.moved))], likely, self._salts)

    def _read(self) -> Reading:
        while True:
            before = self._boot()
            wall, after = self._wall(), self._boot()
            if after - before <= TOGETHER:
                return Reading(wall, after)


def refuse_held_clock(conn: Connection) -> None:
    """Raise EntryRefused while a jump of the clock waits for a person: an entry's time would stand for ever."""
    seconds = clock_state(conn).seconds
    if seconds is not None:
        way = "tới" if seconds > 0 else "lùi"
        raise EntryRefused(
            f"Đồng hồ máy chủ bị chỉnh {way} {abs(seconds) / 3600:.0f} giờ. Hãy chỉnh lại cho đúng; "
            "nếu giờ hiện nay đã đúng, chạy: dondoc approve --clock."
        )
