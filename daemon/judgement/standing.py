"""Folds the ledger: what each obligation's record says, as recorded up to one instant.

Corrections add: a voided entry is passed by, the entry that voids it too once it is itself voided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from daemon.clock import end_of, local_day
from daemon.domain.entries import (
    Accepted,
    Approved,
    Called,
    Declared,
    Entry,
    Exempted,
    Extended,
    Mark,
    Muted,
    Nothing,
    Paused,
    PlanChanged,
    Promised,
    Received,
    Returned,
    Voided,
)
from daemon.domain.obligations import (
    ActTime,
    Deadline,
    Obligation,
    ObligationKey,
    Settlement,
    Standing,
    Term,
    TermCause,
)
from daemon.domain.words import JudgedBy, Return
from daemon.judgement.rulebook import Rulebook

DECLARED_FOR = 3  # working days a declaration pauses letters, the declaring day not counted (design.md §4)

Document = Received | Accepted | Nothing


def standing_entries(entries: Sequence[Entry], until: datetime | None = None) -> list[Entry]:
    """Return the entries recorded by `until` that stand, in ledger order: voided ones left out."""
    voided: set[int] = set()
    kept: list[Entry] = []
    for entry in reversed(entries):
        if entry.seq in voided or (until is not None and entry.recorded_at > until):
            continue
        if isinstance(entry.body, Voided):
            voided.add(entry.body.seq)
        kept.append(entry)
    kept.reverse()
    return kept


def judged_act(document: Document, judged_by: JudgedBy, recorded_at: datetime) -> ActTime:
    """Return the time a document is judged by; where it is missing, the next later one known."""
    named = document.sent if judged_by is JudgedBy.SENT else None
    return named or document.received or ActTime.of(recorded_at)


def marks(entries: Iterable[Entry]) -> dict[str, datetime]:
    """Return, by collector, the latest instant up to which its record was said to be complete."""
    latest: dict[str, datetime] = {}
    for entry in entries:
        if isinstance(entry.body, Mark):
            known = latest.get(entry.body.collector)
            latest[entry.body.collector] = max(known, entry.body.complete_to) if known else entry.body.complete_to
    return latest


@dataclass
class _General:
    """Entries about more than one obligation."""

    muted: dict[str, date] = field(default_factory=dict)
    paused: dict[tuple[str | None, str | None], date] = field(default_factory=dict)
    amended: dict[tuple[str, str, str], list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def take(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, Muted) and body.agency is not None:
            self.muted[body.agency] = body.until
        elif isinstance(body, Paused):
            self.paused[body.plan, body.group] = body.until
        elif isinstance(body, PlanChanged) and body.milestone is not None and body.period is not None:
            self.amended[body.plan, body.milestone, body.period].append(entry)

    def paused_until(self, plan: str, group: str) -> date | None:
        scopes = ((None, None), (plan, None), (None, group), (plan, group))
        return max((self.paused[scope] for scope in scopes if scope in self.paused), default=None)


def fold(
    obligations: Iterable[Obligation], entries: Sequence[Entry], rules: Rulebook
) -> Mapping[ObligationKey, Standing]:
    """Return the standing of each obligation after `entries` (those that stand, in ledger order)."""
    general = _General()
    subjects: dict[ObligationKey, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.subject is not None:
            subjects[entry.subject].append(entry)
        else:
            general.take(entry)
    return {item.key: _fold_one(item, subjects.get(item.key, []), general, rules) for item in obligations}


def _fold_one(obligation: Obligation, entries: list[Entry], general: _General, rules: Rulebook) -> Standing:
    key = obligation.key
    amendments = [e for e in general.amended[key[:3]] if e.recorded_at > obligation.first_known_at]
    folding = _Folding(obligation, rules, amendments)
    for entry in sorted([*entries, *amendments], key=lambda e: e.seq):
        folding.take(entry)
    standing = folding.standing
    silent = [day for day in (standing.muted_until, general.muted.get(key.agency)) if day is not None]
    return replace(
        standing,
        muted_until=max(silent, default=None),
        paused_until=general.paused_until(key.plan, rules.agency(key.agency).group),
    )


class _Folding:
    """One obligation's fold, entry by entry."""

    def __init__(self, obligation: Obligation, rules: Rulebook, amendments: list[Entry]) -> None:
        self.rules = rules
        self.last_amendment = amendments[-1].seq if amendments else None
        first = _deadline_before(amendments[0]) if amendments else obligation.deadline
        self.opens_on = obligation.deadline.opens_on
        term = Term(1, replace(first, opens_on=self.opens_on), obligation.first_known_at, TermCause.INITIAL)
        self.standing = Standing(obligation, (term,))
        self.returned: Settlement | None = None  # the first sending, kept while a supplement is awaited

    def take(self, entry: Entry) -> None:
        body, now = entry.body, self.standing
        day = local_day(entry.recorded_at)
        match body:
            case Received() | Accepted() | Nothing():
                if now.settlement is None:
                    self._settle(body, entry)
            case Returned():
                self._send_back(body, entry)
            case Extended():
                self._open(_extended(body), entry.recorded_at, TermCause.EXTENDED, body.due, body.authority)
                settlement = now.settlement and _judge_again(now.settlement, _extended(body))
                self.standing = replace(self.standing, extended_to=body.last_day, settlement=settlement)
            case PlanChanged():
                self._amend(entry, body)
            case Exempted():
                self.standing = replace(now, exempt=True)
            case Declared():
                until = self.rules.office.shift(day, DECLARED_FOR)
                self.standing = replace(now, declared_until=until)
            case Muted():
                self.standing = replace(now, muted_until=body.until)
            case Promised():
                self.standing = replace(now, promised_on=body.on)
            case Called():
                self.standing = replace(now, calls=now.calls + 1, called_on=(*now.called_on, day))
            case Approved(letter=None):
                self.standing = replace(now, approved_start_at=entry.recorded_at)
            case _:
                pass  # rated, objected: kept for the dossier, no bearing on what is owed

    def _open(
        self,
        deadline: Deadline,
        started_at: datetime,
        cause: TermCause,
        due: str | None = None,
        authority: str | None = None,
    ) -> None:
        if cause is not TermCause.SUPPLEMENT:  # its own date, for a document already in
            deadline = replace(deadline, opens_on=self.opens_on)
        term = Term(self.standing.term.n + 1, deadline, started_at, cause, due, authority)
        self.standing = replace(self.standing, terms=(*self.standing.terms, term))

    def _settle(self, document: Document, entry: Entry) -> None:
        act = judged_act(document, self.standing.obligation.judged_by, entry.recorded_at)
        judged = self.standing.term.deadline
        if self.returned is not None:
            supplement_in_time = act.in_time_for(judged)
            judged = self.returned.judged
            if supplement_in_time:  # the first sending counts (design.md §5)
                act = self.returned.act
        settlement = Settlement(
            seq=entry.seq,
            document=document.document,
            act=act,
            judged=judged,
            on_time=act.in_time_for(judged),
            late_days=_late_days(act, judged),
            recorded_at=entry.recorded_at,
            nothing_to_report=isinstance(document, Nothing),
            sent=document.sent,
            received=document.received,
        )
        self.standing = replace(self.standing, settlement=settlement, declared_until=None)

    def _send_back(self, body: Returned, entry: Entry) -> None:
        day = local_day(entry.recorded_at)
        settled = self.standing.settlement
        if body.how is Return.SUPPLEMENT and body.until is not None:
            self.returned = settled or self.returned
            self._open(Deadline(end_of(body.until), body.until), entry.recorded_at, TermCause.SUPPLEMENT)
        else:
            self.returned = None
            owed = self._term_but_for_supplements()
            self._open(owed.deadline, entry.recorded_at, TermCause.INVALID, owed.due, owed.authority)
        self.standing = replace(
            self.standing,
            settlement=None,
            declared_until=None,
            returned_on=day,
            returned_how=body.how,
        )

    def _term_but_for_supplements(self) -> Term:
        """The term whose date a document that is not valid still owes."""
        return next(t for t in reversed(self.standing.terms) if t.cause is not TermCause.SUPPLEMENT)

    def _amend(self, entry: Entry, body: PlanChanged) -> None:
        last = entry.seq == self.last_amendment
        deadline = self.standing.obligation.deadline if last else _amended(body)
        extended = self.standing.extended_to
        # An extension granted to one agency is not undone by a general date before it.
        if self.standing.settlement is None and (extended is None or deadline.last_day > extended):
            self._open(deadline, entry.recorded_at, TermCause.AMENDED)


def _late_days(act: ActTime, judged: Deadline) -> int:
    return 0 if act.in_time_for(judged) else (act.day - judged.last_day).days


def _judge_again(settled: Settlement, judged: Deadline) -> Settlement:
    """A document already in is judged by the date granted afterwards."""
    on_time, days = settled.act.in_time_for(judged), _late_days(settled.act, judged)
    return replace(settled, judged=judged, on_time=on_time, late_days=days)


def _extended(body: Extended) -> Deadline:
    return Deadline(body.due_at, body.last_day, hour_precise=body.due_at != end_of(body.last_day))


def _deadline_before(entry: Entry) -> Deadline:
    body = entry.body
    assert isinstance(body, PlanChanged) and body.was_due_at is not None and body.was_last_day is not None
    return Deadline(body.was_due_at, body.was_last_day, hour_precise=body.was_due_at != end_of(body.was_last_day))


def _amended(body: PlanChanged) -> Deadline:
    assert body.due_at is not None and body.last_day is not None
    return Deadline(body.due_at, body.last_day, hour_precise=body.due_at != end_of(body.last_day))
