"""While the machine's clock is not believed nothing leaves but one note: that it is so, and how to let the work go on.

It is composed and handed over by the time that is certain, not by the one the clock shows, so that neither the ledger
nor the outbox keeps a wrong instant once the clock is right again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from daemon.clock import Clock
from daemon.domain.warnings import Warned
from daemon.domain.words import Matter
from daemon.errors import StoreBusy
from daemon.judgement.clock_watch import Trust, Watched, ledger_ahead
from daemon.judgement.judging import Judge
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.managers.delivering import Deliverer, Grounds
from daemon.managers.warning import Warnings
from daemon.store.clock_state import latest_entry_at
from daemon.store.due import Due, due_deliveries
from daemon.store.letters import letters_on

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shifted:
    """A clock that shows another time than the machine's, by as much all the while."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        """Return the instant that is taken for the present one."""
        return self.clock.now() + self.by


@dataclass(slots=True)
class ClockTelling:
    """Tells of one machine's clock."""

    warnings: Warnings
    deliverer: Deliverer
    clock: Clock
    _noted: bool = True  # a hold of an earlier process may have ended
    _by: timedelta | None = None  # how far the certain time was from the clock at the last look, if that was wrong

    def compose(self, rules: Rulebook, watched: Watched, wall: datetime) -> timedelta:
        """Compose the note unless somebody was told; return how far the time that is certain is from `wall`."""
        with self.warnings.database.read() as conn:
            last = latest_entry_at(conn)
        now = watched.likely(wall)
        if watched.trust is not Trust.HELD and last is not None:
            # How late it really is nobody knows, only that it is not before the last entry, and that time goes on.
            now = max(now, last, wall + self._by if self._by is not None and not watched.jumped else now)
        self._by = now - wall
        seconds = watched.held if watched.trust is Trust.HELD else -(ledger_ahead(wall, last, None) or 0.0)
        self.warnings.tell_of_clock(rules, watched.trust, seconds or 0.0, now)
        self._noted = True
        return self._by

    def well(self) -> None:
        """Forget that somebody was told: the clock is believed again."""
        self._by = None
        if self._noted:
            self.warnings.clock_is_well()
            self._noted = False

    async def deliver(self, rules: Rulebook, judge: Judge, by: timedelta) -> None:
        """Hand over what is due of the notes on the clock, by the machine's clock shifted `by` so much."""
        record, clock = self.warnings.record, Shifted(self.clock, by)
        deliverer = replace(self.deliverer, clock=clock)

        def look() -> tuple[Grounds, list[Due]]:
            with self.warnings.database.read() as conn:
                snapshot = record.snapshot(conn, rules, clock.now())
                told = [e.seq for e in record.entries if isinstance(e.body, Warned) and e.body.matter is Matter.CLOCK]
                notes = letters_on(conn, told)
                due = [one for one in due_deliveries(conn, clock.now()) if one.letter in notes]
            return Grounds(snapshot, judge, partial(address_of, rules)), due

        try:
            grounds, due = await asyncio.to_thread(look)
            for one in due:
                await deliverer.deliver(one, grounds)
        except StoreBusy as error:
            log.warning("clock_telling_postponed", error=str(error))
