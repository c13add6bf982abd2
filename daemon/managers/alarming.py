"""Alarms: what does not get through is put before a person, each composed and entered in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from daemon.domain.failures import DeadLetter
from daemon.domain.words import Channel, LetterKind, Matter
from daemon.judgement.alarms import Alarm, Failures, is_moot, owed_alarms
from daemon.judgement.health import Trouble, troubles
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.managers.planner import SYSTEM, new_letter
from daemon.managers.record import Record
from daemon.managers.road_watch import RoadWatch
from daemon.store.dead import at_work, dead_letters, notes_reached, notes_under_way
from daemon.store.engine import Database
from daemon.store.failing import failing
from daemon.store.ledger import NewEntry, append, head
from daemon.store.outbox import enqueue
from daemon.store.pauses import forget_pauses, pauses, put_off_probe, tell_of_pause, waiting_letters
from notifiers.base import Notifier

log = structlog.get_logger(__name__)

AFRESH = timedelta(minutes=1)
"""How long the dead set is taken as read while the ledger does not grow: few deaths enter nothing there."""


def lost_letters(conn: Connection, record: Record, rules: Rulebook, now: datetime) -> list[DeadLetter]:
    """Return the dead letters that still matter to somebody."""
    dead = dead_letters(conn)
    if not dead:
        return []
    standings = record.snapshot(conn, rules, now).standings
    return [letter for letter in dead if not is_moot(letter, standings)]


def count_waiting(conn: Connection, roads: RoadWatch, rules: Rulebook, now: datetime) -> Mapping[str, int]:
    """Return by road how many letters wait although their hour has come."""
    found: dict[str, set[str]] = {}
    for letter, person, channel in waiting_letters(conn, now):
        found.setdefault(roads.route(channel, address_of(rules, person, channel)), set()).add(letter)
    return {route: len(letters) for route, letters in found.items()}


def ills(
    conn: Connection,
    record: Record,
    dead: list[DeadLetter],
    needed: Collection[Matter],
    rules: Rulebook,
    now: datetime,
) -> list[Trouble]:
    """Return what the record shows to be not well; `dead` are the lost letters, `needed` is what else may fail."""
    stopped, late = pauses(conn), notes_under_way(conn)
    fails = [one for one in failing(conn) if one.matter in needed]
    if not stopped and not dead and not late and not fails:
        return []
    record.refresh(conn)
    return troubles(stopped, dead, record.entries, notes_reached(conn), rules, now, late=late, failing=fails)


class Alarms:
    """Composes the notes out of turn, for one node: `notifiers` are the channels, `needed` is what else may fail."""

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
        self._roads = RoadWatch(notifiers)
        self._salts = salts
        self._dead: tuple[int, datetime, list[DeadLetter]] | None = None

    def run(self, rules: Rulebook, now: datetime) -> list[str]:
        """Compose what is owed at `now`; return the new letters' ids. A quiet tick writes nothing."""
        with self.database.read() as conn:
            alarms = self._owed(conn, rules, now)
        if not alarms:
            return []
        with self.database.write() as conn:
            self._dead = None  # another node may have told it since
            alarms = self._counted(conn, self._owed(conn, rules, now), rules, now)
            composed = [id_ for alarm in alarms for id_ in self._compose(conn, alarm, now)]
        for alarm in alarms:
            body = alarm.body
            log.warning("operator_told", collector=body.collector, channel=body.channel, letters=len(body.letters))
        return composed

    def troubles(self, rules: Rulebook, now: datetime) -> list[Trouble]:
        """Return what the record shows to be not well."""
        with self.database.read() as conn:
            return ills(conn, self.record, self._deaths(conn, rules, now), self.needed, rules, now)

    def probe(self, now: datetime) -> list[str]:
        """Let the next letter of every paused road try it at once, as after a restart; return the roads' names.

        What is no longer set up is forgotten: no letter will ever tell whether it carries.
        """
        with self.database.read() as conn:
            stopped = pauses(conn)
        if stopped:
            with self.database.write() as conn:
                forget_pauses(conn, self._roads.names())
                return [pause.route for pause in stopped if put_off_probe(conn, pause.route, now)]
        return []

    def _owed(self, conn: Connection, rules: Rulebook, now: datetime) -> list[Alarm]:
        self.record.refresh(conn)
        stopped = pauses(conn)
        dead = self._deaths(conn, rules, now)
        if not stopped and not dead:
            return []
        working = set(self.notifiers) - {pause.channel for pause in stopped if pause.holds(now)}
        failures = Failures(stopped, dead, at_work=at_work(conn, now, working))
        closed = {pause.route for pause in stopped if pause.holds(now)}
        carries = self._roads.carrying(rules, closed, LetterKind.NOTE)
        return owed_alarms(failures, self.record.entries, rules, carries, now)

    def _counted(self, conn: Connection, alarms: list[Alarm], rules: Rulebook, now: datetime) -> list[Alarm]:
        """The same, those on pauses with how many letters wait meanwhile."""
        if all(alarm.body.route is None for alarm in alarms):
            return alarms
        waiting = count_waiting(conn, self._roads, rules, now)
        return [
            alarm
            if (route := alarm.body.route) is None
            else replace(alarm, body=replace(alarm.body, waiting=waiting.get(route, 0)))
            for alarm in alarms
        ]

    def _deaths(self, conn: Connection, rules: Rulebook, now: datetime) -> list[DeadLetter]:
        seq = head(conn).seq
        if self._dead is None or self._dead[0] != seq or not now - AFRESH < self._dead[1] <= now:
            self._dead = seq, now, lost_letters(conn, self.record, rules, now)
        return self._dead[2]

    def _compose(self, conn: Connection, alarm: Alarm, now: datetime) -> list[str]:
        (entry,) = append(conn, [NewEntry(SYSTEM, None, alarm.body)], now, self._salts)
        if alarm.body.route is not None:
            tell_of_pause(conn, alarm.body.route, now)
        return enqueue(conn, [new_letter(alarm.letter, now, entry.seq)], now, self._salts)
