"""The planner: decides at an instant and puts what was decided into the outbox, in one transaction.

Safe to repeat: what is there already is refused by the database, and a tick that changes nothing writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.entries import Reported
from daemon.domain.letters import Decision, ItemKey, Letter
from daemon.domain.settings import Limits
from daemon.domain.words import LetterKind, OfficeLetter, Outcome, Reason
from daemon.judgement.attention import daily_notes
from daemon.judgement.deciding import decide
from daemon.judgement.flood import Expected, held_back
from daemon.judgement.judging import Judge
from daemon.judgement.notices import Notice, owed_notices
from daemon.judgement.reconciling import reconcile
from daemon.judgement.rehearsal import composed_through
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.managers.record import Record
from daemon.managers.repairing import undelivered
from daemon.store.engine import Database
from daemon.store.foreseen import foreseen
from daemon.store.history import decisions, record_composition, record_missed, remember, store_decisions
from daemon.store.holding import HeldFor, held_for, hold_letters
from daemon.store.ledger import NewEntry, append
from daemon.store.listing import answered
from daemon.store.outbox import NewDelivery, NewLetter, enqueue

log = structlog.get_logger(__name__)

SYSTEM = "dondoc"


@dataclass(frozen=True, slots=True)
class Planned:
    """What one run of the planner wrote: ids of new letters, changed decisions, obligations first met."""

    letters: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    met: int = 0


def letter_id(letter: Letter, now: datetime, source: int | None = None) -> str:
    """Return a letter's permanent id: short, the same for the same letter composed at the same instant."""
    items = "|".join(str(item.key) for item in letter.items)
    told = f"{letter.kind}|{letter.agency}|{letter.tier}|{letter.day}|{letter.milestone}|{source}|{now}|{items}"
    return sha256(told.encode()).hexdigest()[:16]


class Planner:
    """Plans against one Rulebook at a time."""

    def __init__(
        self,
        database: Database,
        rules: Rulebook,
        record: Record,
        salts: Callable[[], bytes],
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
    ) -> None:
        self.database = database
        self.record = record
        self._salts = salts
        self.limits = limits
        self._kept: tuple[int, dict[ItemKey, Decision]] | None = None
        self.follow(rules)

    def follow(self, rules: Rulebook) -> None:
        """Plan by another generation of the files from now on."""
        self.rules = rules
        self.judge = Judge(rules)

    def run(self, now: datetime) -> Planned:
        """Decide at `now` and write what changed."""
        others = self.database.data_version()  # before the reading: whoever writes must not wait for it
        with self.database.read() as conn:
            known = self.record.known(conn)
            snapshot = self.record.snapshot_of(conn, self.rules, known, now)
            stored = self._decisions(conn, others)
            notices = owed_notices(standing_entries(self.record.entries), answered(conn), snapshot, now)
        reconciled = reconcile(self.rules, [s.obligation for s in snapshot.standings.values()], known)
        verdict = decide(snapshot, now, self.judge)
        changed = _changed(verdict.decisions, stored, snapshot) + _in_vain(stored, snapshot, self.judge, now)
        missed = [d.key for d in changed if d.reason is Reason.WAITS_MARK]
        today = local_day(now)
        composed = composed_through(self.rules, snapshot.history.composed_at.get(today), now)
        if not (verdict.letters or notices or changed or reconciled.remember or composed):
            return Planned()
        # One note a day, with the day's first composition, to whoever keeps the record.
        first_today = composed and today not in snapshot.history.composed_at
        notes = self._daily_notes(snapshot, missed, verdict.letters, now) if first_today else []
        with self.database.write() as conn:
            remember(conn, reconciled.remember)
            append(conn, [NewEntry(SYSTEM, None, change) for change in reconciled.changes], now, self._salts)
            letters = self._enqueue(conn, verdict.letters, notices, now)
            letters += self._enqueue_notes(conn, notes, now)
            store_decisions(conn, changed, now)
            self._kept = None  # whatever becomes of this transaction
            record_missed(conn, missed, now)
            if composed:
                record_composition(conn, today, now)
        self._kept = others, stored | {decision.key: decision for decision in changed}
        for decision in changed:
            log.info("decided", step=str(decision.key), outcome=decision.outcome, reason=decision.reason)
        return Planned(tuple(letters), tuple(changed), len(reconciled.new))

    def _decisions(self, conn: Connection, others: int) -> dict[ItemKey, Decision]:
        """What is stored, read again only when another process has committed: nobody else here writes it."""
        if self._kept is None or self._kept[0] != others:
            self._kept = others, decisions(conn)
        return self._kept[1]

    def _enqueue(
        self, conn: Connection, letters: Iterable[Letter], notices: Sequence[Notice], now: datetime
    ) -> list[str]:
        composed = list(letters)
        surprising = held_back(composed, expected(conn, self.limits)) if composed else frozenset()
        new = [new_letter(letter, now, flood=n in surprising) for n, letter in enumerate(composed)]
        waiting = {new[n].id for n in surprising}
        new += [new_letter(notice.letter, now, notice.source.seq) for notice in notices]
        came_in = enqueue(conn, new, now, self._salts)
        hold_letters(conn, [id_ for id_ in came_in if id_ in waiting], HeldFor.FLOOD, now)
        if waiting:
            log.warning("letters_held", letters=len(waiting), limit=self.limits.flood)
        return came_in

    def _daily_notes(
        self, snapshot: Snapshot, missed: Sequence[ItemKey], letters: Sequence[Letter], now: datetime
    ) -> list[Letter]:
        with self.database.read() as conn:
            lost = undelivered(conn, self.rules)
        return daily_notes(snapshot, self.record.entries, missed, letters, lost, now)

    def _enqueue_notes(self, conn: Connection, notes: Sequence[Letter], now: datetime) -> list[str]:
        """Each on an entry of its own: another note may stand on the last one, and an empty ledger has none."""
        told = [NewEntry(SYSTEM, None, Reported(OfficeLetter.ATTENTION, note.agency, note.day)) for note in notes]
        sources = append(conn, told, now, self._salts)
        new = [new_letter(note, now, source.seq) for note, source in zip(notes, sources, strict=True)]
        return enqueue(conn, new, now, self._salts)


def expected(conn: Connection, limits: Limits) -> Expected:
    """Return what a person has seen of the letters to come, and which wait because nobody had."""
    return Expected(foreseen(conn), limits.flood, held_for(conn, HeldFor.FLOOD))


def new_letter(letter: Letter, now: datetime, source: int | None = None, *, flood: bool = False) -> NewLetter:
    """Return a composed letter as the outbox takes it; `flood`: held because nobody foresaw so many."""
    deliveries = tuple(
        NewDelivery(person, channel, letter.send_at, letter.useful_until, cc=cc)
        for people, cc in ((letter.to, False), (letter.cc, True))
        for channel, ids in people.items()
        for person in ids
    )
    return NewLetter(
        letter_id(letter, now, source),
        letter,
        deliveries,
        held=flood or (letter.kind is LetterKind.REMINDER and letter.approval),
        source_seq=source,
    )


def _changed(decided: Iterable[Decision], stored: dict[ItemKey, Decision], snapshot: Snapshot) -> list[Decision]:
    """The decisions to keep: those whose outcome or reason is new, and holds of terms that are over."""
    fresh = {decision.key: decision for decision in decided}
    changed = [
        new
        for key, new in fresh.items()
        if (old := stored.get(key)) is None or (old.outcome, old.reason) != (new.outcome, new.reason)
    ]
    over = [
        replace(old, outcome=Outcome.PASS_OVER, reason=Reason.NEW_TERM, until=None)
        for key, old in stored.items()
        if old.outcome is Outcome.HOLD
        and key not in fresh
        and (standing := snapshot.standings.get(key.obligation)) is not None
        and standing.term.n > key.term
    ]
    return changed + over


def _in_vain(stored: dict[ItemKey, Decision], snapshot: Snapshot, judge: Judge, now: datetime) -> list[Decision]:
    """Steps whose letter was composed, reached nobody and is no longer of use: passed over after all."""
    found: list[Decision] = []
    for key in (key for letter in snapshot.history.letters if not letter.counts for key in letter.items):
        old, standing = stored.get(key), snapshot.standings.get(key.obligation)
        if old is None or old.outcome is not Outcome.SEND or standing is None or standing.term.n != key.term:
            continue
        planned = judge.planned(standing, first_letter=False)
        if not any(one.key == key and one.is_useful(now) for one in planned):
            found.append(replace(old, outcome=Outcome.PASS_OVER, reason=Reason.NO_LONGER_USEFUL, until=None))
    return found
