"""Intake: what people enter goes into the ledger, checked against the record it joins, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from daemon.domain.entries import Approved, Body, Entry, Voided
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import DeliveryState
from daemon.errors import EntryRefused
from daemon.judgement.admission import admit, resolve
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.dispatching import next_hour
from daemon.judgement.rulebook import Rulebook
from daemon.managers.clock_guard import refuse_held_clock
from daemon.managers.record import Record
from daemon.store import ledger, settling
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryFilter, deliveries


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
        # Each is admitted against the ledger as it stands, so two on one subject would not see each other.
        subjects = [one.subject for one in wanted if one.subject is not None]
        if twice := [subject for subject in subjects if subjects.count(subject) > 1]:
            raise EntryRefused(f"“{twice[0].milestone}” ghi hai lần trong một lệnh; mỗi mốc chỉ ghi một lần.")
        with self.database.write() as conn:
            refuse_held_clock(conn)
            snapshot = self.record.snapshot(conn, self.rules, now)
            # Which entries a person may void is asked of all there are, how letters ended among them.
            voids = any(isinstance(one.body, Voided) for one in wanted)
            entries = ledger.read(conn) if voids else self.record.entries
            for one in wanted:
                standing = snapshot.standings.get(one.subject) if one.subject is not None else None
                admit(one.body, standing, entries, self.rules, now)
            return append(conn, [NewEntry(by, one.subject, one.body) for one in wanted], now, self._salts)

    def approve(self, letter: str, by: str, now: datetime, *, name: str | None, title: str | None) -> Entry:
        """Let a held letter go in the next sending hours; EntryRefused naming those held.

        One to a head is signed by `name` and `title`, and needs both. It leaves with the items that still stand then.
        """
        with self.database.write() as conn:
            refuse_held_clock(conn)
            self.record.refresh(conn)
            self._refuse_unheld(conn, letter)
            signed = (name or "").strip() and (title or "").strip()
            if stored_letters(conn, [letter])[letter].letter.approval and not signed:
                raise EntryRefused("Cần ghi họ tên và chức danh người duyệt: thư gửi thủ trưởng đứng tên người duyệt.")
            body = Approved(letter=letter, name=name, title=title)
            admit(body, None, self.record.entries, self.rules, now)
            (entry,) = append(conn, [NewEntry(by, None, body)], now, self._salts)
            stored = stored_letters(conn, [letter])[letter]
            hour = next_hour(stored.letter, self.rules, now)
            settling.approve(conn, letter, by, now, not_before=hour)
            return entry

    def _refuse_unheld(self, conn: Connection, letter: str) -> None:
        held = DeliveryFilter(states=(DeliveryState.HELD,))
        if deliveries(conn, replace(held, letter=letter)):
            return
        lines = deliveries(conn, held)
        told = {line.key.letter: f"{line.key.letter} ({line.agency}, {day_in_sentence(line.day)})" for line in lines}
        waiting = f"Các thư đang chờ duyệt: {', '.join(told.values())}." if told else "Không có thư nào chờ duyệt."
        raise EntryRefused(f"Thư “{letter}” không chờ duyệt. {waiting}")
