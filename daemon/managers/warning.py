"""Warnings: what the service itself went through is put before the operator, once, by a road that works.

Each is composed and entered in one transaction, and found again from the record as long as it was not: a crash in
between neither loses it nor tells it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.warnings import Failing, Warned
from daemon.domain.words import Channel, LetterKind, Matter
from daemon.judgement.alarms import collectors, note_out_of_turn, operators
from daemon.judgement.clock_watch import Trust
from daemon.judgement.failing import is_to_be_told, told_at
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.standstill import STILL_NEWS, Stretch, is_told, standstill, stretches
from daemon.managers.planner import SYSTEM, new_letter
from daemon.managers.record import Record
from daemon.managers.road_watch import RoadWatch
from daemon.store.engine import Database
from daemon.store.failing import failing, note_failing, note_well
from daemon.store.ledger import NewEntry, append
from daemon.store.outbox import enqueue
from daemon.store.pauses import paused
from daemon.store.standstill import composed_on, decided_since, dropped_letters, first_sign, last_sign
from notifiers.base import Notifier

log = structlog.get_logger(__name__)

NONE: frozenset[Channel] = frozenset()
_GONE = {Matter.ZALO_TOKENS: frozenset({Channel.ZALO})}
"""Channels by which a matter is not told: it is about them."""


class Warnings:
    """Composes the warnings for one node: `notifiers` are the channels set up, `needed` what may fail."""

    def __init__(
        self,
        database: Database,
        record: Record,
        salts: Callable[[], bytes],
        notifiers: Mapping[Channel, Notifier],
        needed: Collection[Matter],
    ) -> None:
        self.database = database
        self.record = record
        self.notifiers = notifiers
        self.needed = needed
        self._salts = salts

    def run(self, rules: Rulebook, now: datetime) -> list[str]:
        """Compose what is owed at `now`, after the planner; return the new letters' ids. At night nothing is told."""
        awake = [one for one in collectors(rules) if rules.sending_days(one).allows(now, soft=True, morning=False)]
        if not awake:
            return []
        with self.database.read() as conn:
            owed = self._owed(conn, awake, rules, now)
        if not owed:
            return []
        with self.database.write() as conn:  # another node may have told it since
            return self._compose(conn, self._owed(conn, awake, rules, now), rules, now)

    def tell_of_clock(self, rules: Rulebook, trust: Trust, seconds: float, now: datetime) -> None:
        """Compose the note that by the machine's clock nothing is sent, for each collector that was not told of it.

        `now` is the time that is certain; where it is known, nothing is told at night.
        """
        awake = [
            one
            for one in collectors(rules)
            if trust is not Trust.HELD or rules.sending_days(one).allows(now, soft=True, morning=False)
        ]
        wrong = Failing(Matter.CLOCK, now, trust.value, grave=True)
        with self.database.read() as conn:
            if not self._of_clock(conn, wrong, awake, seconds):
                return
        with self.database.write() as conn:  # another node may have told it since
            note_failing(conn, wrong.matter, wrong.detail, now, grave=wrong.grave)
            self._compose(conn, self._of_clock(conn, wrong, awake, seconds), rules, now)

    def clock_is_well(self) -> None:
        """Forget that the clock was wrong: when it is again, that is told anew."""
        with self.database.write() as conn:
            note_well(conn, Matter.CLOCK)

    def _compose(self, conn: Connection, owed: Sequence[Warned], rules: Rulebook, now: datetime) -> list[str]:
        """Enter warnings and enqueue their letters; nothing where no working channel reaches an operator."""
        composed: list[str] = []
        for warned in owed:
            gone = _GONE.get(warned.matter, NONE)
            left = RoadWatch({channel: one for channel, one in self.notifiers.items() if channel not in gone})
            carries = left.carrying(rules, paused(conn, now), LetterKind.NOTE)
            to = operators(warned.collector, rules, carries, local_day(now))
            if not to:
                continue
            (entry,) = append(conn, [NewEntry(SYSTEM, None, warned)], now, self._salts)
            letter = note_out_of_turn(warned.collector, to, now)
            composed += enqueue(conn, [new_letter(letter, now, entry.seq)], now, self._salts)
            log.warning("operator_warned", collector=warned.collector, matter=warned.matter)
        return composed

    def _owed(self, conn: Connection, awake: list[str], rules: Rulebook, now: datetime) -> list[Warned]:
        """What is to be told and was not."""
        today = local_day(now)
        fails = [one for one in failing(conn) if one.matter in self.needed]
        found = stretches(composed_on(conn, today - STILL_NEWS), rules, today)
        if not found and not fails:
            return []
        self.record.refresh(conn)
        owed = [
            _standstill(conn, one, collector, rules)
            for one in found
            for collector in awake
            if not is_told(one, collector, self.record.entries)
        ]
        owed += [
            Warned(collector, one.matter, one.since, detail=one.detail)
            for one in fails
            for collector in awake
            if is_to_be_told(one, collector, self.record.entries, now)
        ]
        return owed

    def _of_clock(self, conn: Connection, wrong: Failing, awake: list[str], seconds: float) -> list[Warned]:
        """What is to be told of the clock and was not; `wrong` since now, unless that is known since before."""
        known = next((one for one in failing(conn) if one.matter is wrong.matter), wrong)
        self.record.refresh(conn)
        return [
            Warned(collector, wrong.matter, known.since, detail=wrong.detail, seconds=seconds)
            for collector in awake
            if told_at(known, collector, self.record.entries) is None
        ]


def _standstill(conn: Connection, stretch: Stretch, collector: str, rules: Rulebook) -> Warned:
    since, until = last_sign(conn, stretch.opens), first_sign(conn, stretch.closes)
    return standstill(collector, since, until, decided_since(conn, until), dropped_letters(conn, since, until), rules)
