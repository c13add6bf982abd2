"""While the machine's clock is not believed nothing leaves but one note: that it is so, and how to let the work go on.

It is composed and handed over by the time that is certain, not by the one the clock shows, so that neither the ledger
nor the outbox keeps a wrong instant once the clock is right again. Where the time is known it leaves in sending hours;
where all that is known is that it is not before the last entry, waiting for an hour would be waiting for nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

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
from daemon.store.due import Due, due_deliveries, postpone, waiting
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
    _is_known: bool = False  # whether that is the time, or only one it is not before

    def compose(self, rules: Rulebook, watched: Watched, wall: datetime) -> timedelta:
        """Compose the note unless somebody was told; return how far the time that is certain is from `wall`."""
        with self.warnings.database.read() as conn:
            last = latest_entry_at(conn)
        now = watched.likely(wall)
        if watched.trust is not Trust.HELD and last is not None:
            # How late it really is nobody knows, only that it is not before the last entry, and that time goes on.
            now = max(now, last, wall + self._by if self._by is not None and not watched.jumped else now)
        self._by, self._is_known = now - wall, watched.trust is Trust.HELD
        seconds = watched.held if watched.trust is Trust.HELD else -(ledger_ahead(wall, last, None) or 0.0)
        self.warnings.tell_of_clock(rules, watched.trust, seconds or 0.0, now)
        self._noted = True
        return self._by

    def well(self, rules: Rulebook, now: datetime) -> None:
        """The clock is believed again at `now`: forget that it was not, and put off what would leave at night."""
        self._by = None
        if self._noted:
            self.warnings.clock_is_well()
            self._keep_hours(rules, now)
            self._noted = False

    def _keep_hours(self, rules: Rulebook, now: datetime) -> None:
        """Put a note off that was composed for any hour, and has not left yet."""
        with self.warnings.database.read() as conn:
            self.warnings.record.refresh(conn)
            left = [(one, max(now, one.at)) for one in waiting(conn, self._notes(conn))]
        late = [(one.letter, at, hour) for one, at in left if (hour := _hour(one.agency, rules, at)) > at]
        if late:
            with self.warnings.database.write() as conn:
                for letter, at, hour in late:
                    postpone(conn, letter, hour, at)

    async def deliver(self, rules: Rulebook, judge: Judge, by: timedelta) -> None:
        """Hand over what is due of the notes on the clock, by the machine's clock shifted `by` so much."""
        record, clock = self.warnings.record, Shifted(self.clock, by)
        deliverer = replace(self.deliverer, clock=clock)

        def look() -> tuple[Grounds, list[Due]]:
            with self.warnings.database.read() as conn:
                snapshot = record.snapshot(conn, rules, clock.now())
                notes, now = self._notes(conn), clock.now()
                due = [one for one in due_deliveries(conn, now) if one.letter in notes]
            awake = [one for one in due if not self._is_known or _hour(one.agency, rules, now) == now]
            return Grounds(snapshot, judge, partial(address_of, rules)), awake

        try:
            grounds, due = await asyncio.to_thread(look)
            for one in due:
                await deliverer.deliver(one, grounds)
        except StoreBusy as error:
            log.warning("clock_telling_postponed", error=str(error))
        except Exception:  # nobody waits for this task: a claim ends with its lease, the next tick goes on without it
            log.exception("clock_telling_failed")

    def _notes(self, conn: Connection) -> frozenset[str]:
        """The letters that tell of the clock, so far as the record has been read."""
        entries = self.warnings.record.entries
        told = [e.seq for e in entries if isinstance(e.body, Warned) and e.body.matter is Matter.CLOCK]
        return letters_on(conn, told)


def _hour(agency: str, rules: Rulebook, at: datetime) -> datetime:
    """The first sending hour from `at` on; of an agency the files have lost since, it is taken back when claimed."""
    if agency not in rules.register.by_id:
        return at
    return rules.sending_days(agency).next_from(at, soft=True, morning=False)
