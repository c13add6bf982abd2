"""Letters the office itself gets on its own hours: tomorrow's letters in the afternoon, the leaders' weekly report.

Each stands on an entry of the ledger that says it was composed, and has an id of its own day: the database refuses a
second one, whoever plans and however often it restarts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

import structlog
from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.entries import Reported
from daemon.domain.letters import Letter
from daemon.domain.settings import Settings
from daemon.domain.words import OfficeLetter
from daemon.judgement.flood import Expected
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import is_due, tomorrow, tomorrow_note
from daemon.judgement.weekly import is_report_hour, report_due, report_letter
from daemon.managers.planner import SYSTEM, expected, new_letter
from daemon.managers.record import Record
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append, head, head_code
from daemon.store.letters import stored_letters
from daemon.store.outbox import enqueue

log = structlog.get_logger(__name__)

Salts = Callable[[], bytes]
TOMORROW, REPORT = "tomorrow", "report"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One letter to compose: what it is, whose, and the day it stands for."""

    what: OfficeLetter
    agency: str
    day: date
    letter: Letter

    @property
    def id(self) -> str:
        """The letter's permanent id; the line of a month takes the place of a week's report."""
        what = OfficeLetter.WEEKLY if self.what is OfficeLetter.MONTHLY else self.what
        return office_letter_id(what, self.agency, self.day)


def office_letter_id(what: OfficeLetter, agency: str, day: date) -> str:
    """Return the id of the one letter of a kind to a collector for a day."""
    return sha256(f"{what}|{agency}|{day}".encode()).hexdigest()[:16]


def enqueue_office_letters(conn: Connection, wanted: Iterable[Wanted], now: datetime, salts: Salts) -> list[str]:
    """Put letters to the office into the outbox, each on an entry of its own; return the ids of those that are new."""
    new = {one.id: one for one in wanted}
    known = stored_letters(conn, new)
    composed: list[str] = []
    for id_, one in new.items():
        if id_ in known:
            continue
        at = head(conn)
        code = head_code(at.hash) if at.seq else None
        body = Reported(one.what, one.agency, one.day, head=at.seq or None, code=code)
        (entry,) = append(conn, [NewEntry(SYSTEM, None, body)], now, salts)
        composed += enqueue(conn, [replace(new_letter(one.letter, now, entry.seq), id=id_)], now, salts)
    return composed


class OfficeLetters:
    """Composes them for one node; `settings` say at which hours, None where one is switched off."""

    def __init__(self, database: Database, record: Record, settings: Settings, salts: Salts) -> None:
        self.database = database
        self.record = record
        self.tomorrow_at = settings.tomorrow_note
        self.report_at = settings.weekly_report
        self.limits = settings.limits
        self._salts = salts
        self._looked: set[tuple[str, date]] = (
            set()
        )  # what this day was already gone into, also where it came to nothing

    def run(self, rules: Rulebook, now: datetime) -> tuple[str, ...]:
        """Compose what is due at `now`; return the ids of new letters. Outside its hours it does not even look."""
        today = local_day(now)
        looks = [what for what in self._due(rules, now) if (what, today) not in self._looked]
        if not looks:
            return ()
        with self.database.read() as conn:
            snapshot = self.record.snapshot(conn, rules, now)
            seen = expected(conn, self.limits)
            wanted = [one for what in looks for one in self._wanted(what, snapshot, seen, now)]
            known = stored_letters(conn, [one.id for one in wanted])
        wanted = [one for one in wanted if one.id not in known]
        composed: list[str] = []
        if wanted:
            with self.database.write() as conn:
                composed = enqueue_office_letters(conn, wanted, now, self._salts)
        self._looked = {(what, today) for what in looks} | {one for one in self._looked if one[1] == today}
        for one in wanted:
            log.info("office_letter", what=one.what, collector=one.agency, day=one.day.isoformat())
        return tuple(composed)

    def _due(self, rules: Rulebook, now: datetime) -> list[str]:
        """Return what may be written at this hour."""
        due = []
        if self.tomorrow_at is not None and is_due(rules, now, self.tomorrow_at):
            due.append(TOMORROW)
        if self.report_at is not None and is_report_hour(rules, now, self.report_at):
            due.append(REPORT)
        return due

    def _wanted(self, what: str, snapshot: Snapshot, seen: Expected, now: datetime) -> list[Wanted]:
        collectors = dict.fromkeys(plan.collector for plan in snapshot.rules.plans if plan.active)
        found = (
            self._note(snapshot, collector, seen, now) if what == TOMORROW else self._report(snapshot, collector, now)
            for collector in collectors
        )
        return [one for one in found if one is not None]

    def _note(self, snapshot: Snapshot, collector: str, seen: Expected, now: datetime) -> Wanted | None:
        told = tomorrow(snapshot, self.record.entries, collector, local_day(now), seen)
        letter = tomorrow_note(told, snapshot.rules, collector, now)
        return Wanted(OfficeLetter.TOMORROW, collector, local_day(now), letter) if letter is not None else None

    def _report(self, snapshot: Snapshot, collector: str, now: datetime) -> Wanted | None:
        assert self.report_at is not None, "a report that is switched off is never due"
        due = report_due(snapshot, collector, now, self.report_at)
        letter = report_letter(snapshot, collector, now) if due is not None else None
        return Wanted(due.what, collector, due.day, letter) if due is not None and letter is not None else None
