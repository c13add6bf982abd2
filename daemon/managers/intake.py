"""Intake: what people enter goes into the ledger, checked against the record it joins, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.domain.entries import Body, Entry
from daemon.domain.obligations import ObligationKey
from daemon.judgement.admission import admit, resolve
from daemon.judgement.rulebook import Rulebook
from daemon.managers.record import Record
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry somebody wants recorded: about an obligation, or about none (`subject` None)."""

    body: Body
    subject: ObligationKey | None = None


class Intake:
    """Records entries; each is admitted against the ledger as it stands inside the same transaction."""

    def __init__(self, database: Database, rules: Rulebook, record: Record, salts: Callable[[], bytes]) -> None:
        self.database = database
        self.rules = rules
        self.record = record
        self._salts = salts

    def find(
        self, now: datetime, agency: str, milestone: str, plan: str | None = None, period: str | None = None
    ) -> ObligationKey:
        """Return the obligation meant; EntryRefused naming what is valid."""
        with self.database.read() as conn:
            standings = self.record.snapshot(conn, self.rules, now).standings
        return resolve(self.rules, standings, agency, milestone, plan, period)

    def enter(self, wanted: Sequence[Wanted], by: str, now: datetime) -> list[Entry]:
        """Record all of `wanted` or none; EntryRefused with what would be valid."""
        with self.database.write() as conn:
            snapshot = self.record.snapshot(conn, self.rules, now)
            entries = self.record.entries
            for one in wanted:
                standing = snapshot.standings.get(one.subject) if one.subject is not None else None
                admit(one.body, standing, entries, self.rules, now)
            return append(conn, [NewEntry(by, one.subject, one.body) for one in wanted], now, self._salts)
