"""What a person lets happen that is not one letter: the letters of a preview, a late start, files, the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from daemon.clock import local_day
from daemon.domain.entries import Approved, ClockJump, Entry
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Consent, Reason
from daemon.errors import EntryRefused
from daemon.judgement.clock_watch import ledger_ahead
from daemon.judgement.flood import foreseen_steps
from daemon.judgement.judging import Judge
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.managers.clock_guard import refuse_held_clock
from daemon.managers.intake import Intake, Wanted
from daemon.managers.record import Record
from daemon.store.clock_state import ClockState, clock_state, latest_entry_at, store_clock_state
from daemon.store.engine import Database
from daemon.store.foreseen import accept_files, store_foreseen
from daemon.store.ledger import NewEntry, append


class Approvals:
    """Records what was let happen, each with its entry in one transaction."""

    def __init__(self, database: Database, rules: Rulebook, record: Record, salts: Callable[[], bytes]) -> None:
        self.database = database
        self.rules = rules
        self.record = record
        self._salts = salts

    def preview(self, letters: Sequence[Letter], until: date, by: str, now: datetime) -> Entry:
        """Let the letters of a preview through the day `until` be no surprise; they take an earlier preview's place."""
        with self.database.write() as conn:
            refuse_held_clock(conn)
            past = self.record.snapshot(conn, self.rules, now).history.letters
            store_foreseen(conn, foreseen_steps(letters, past), now)
            body = Approved(what=Consent.PREVIEW, letters=len(letters), until=until)
            return append(conn, [NewEntry(by, None, body)], now, self._salts)[0]

    def files(self, digest: str, by: str, now: datetime) -> Entry:
        """Let in the files of this digest, whatever they drop; EntryRefused if they were let in before."""
        with self.database.write() as conn:
            refuse_held_clock(conn)
            if not accept_files(conn, digest, by, now):
                raise EntryRefused("Các tệp này đã được duyệt trước đó; chỉ cần nạp lại (systemctl reload dondoc).")
            body = Approved(what=Consent.REMOVAL, digest=digest)
            return append(conn, [NewEntry(by, None, body)], now, self._salts)[0]

    def late_starts(self, now: datetime) -> list[ObligationKey]:
        """Return the obligations whose whole ladder had passed before they were first known."""
        with self.database.read() as conn:
            return _late_starts(self.record.snapshot(conn, self.rules, now), now)

    def start(self, keys: Sequence[ObligationKey], by: str, now: datetime) -> list[Entry]:
        """Let obligations be chased that became known too late for their ladder; EntryRefused for any other."""
        late = self.late_starts(now)
        for key in keys:
            if key not in late:
                raise EntryRefused(f"“{key.milestone}” của {key.agency} không chờ duyệt bắt đầu muộn.{_which(late)}")
        intake = Intake(self.database, self.rules, self.record, self._salts)
        return intake.enter([Wanted(Approved(), key) for key in keys], by, now)

    def clock(self, by: str, now: datetime) -> Entry:
        """Say that the wall clock is right now; EntryRefused if nobody doubts it."""
        with self.database.write() as conn:
            state, last = clock_state(conn), latest_entry_at(conn)
            ahead = ledger_ahead(now, last, state.accepted_until)
            if state.held_since is None and ahead is None:
                raise EntryRefused("Đồng hồ máy chủ không có gì phải duyệt.")
            seconds = state.seconds if state.seconds is not None else -(ahead or 0.0)
            accepted = last if ahead is not None else state.accepted_until
            store_clock_state(conn, ClockState(accepted_until=accepted))
            return append(conn, [NewEntry(by, None, ClockJump(seconds, accepted=True))], now, self._salts)[0]


def _late_starts(snapshot: Snapshot, now: datetime) -> list[ObligationKey]:
    judge = Judge(snapshot.rules)
    today = local_day(now)
    return [
        key
        for key, standing in snapshot.standings.items()
        if judge.nothing_owed(standing, today) is Reason.BEFORE_START
    ]


def _which(late: Sequence[ObligationKey]) -> str:
    return f" Đang chờ: {', '.join(f'{key.agency} {key.milestone}' for key in late)}." if late else ""
