"""What an edit of the files means for the record: obligations first met, dates amended.

A date is amended when the plan's own words changed; an edit of the calendar moves days, not the term (`design.md` §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from daemon.domain.entries import PlanChanged
from daemon.domain.obligations import KnownObligation, Obligation, ObligationKey
from daemon.domain.plans import Milestone
from daemon.judgement.phrases import PhraseUnreadable, parse_due
from daemon.judgement.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`remember`: obligations to keep as they now are. `new`: those first met. `changes`: for the ledger."""

    remember: tuple[KnownObligation, ...]
    new: tuple[ObligationKey, ...]
    changes: tuple[PlanChanged, ...]


def words_of(milestone: Milestone) -> str:
    """Return the words that fix a milestone's date: `means` where the phrase needs it, else the phrase."""
    return milestone.means or milestone.due


def reconcile(
    rules: Rulebook, owed: Iterable[Obligation], known: Mapping[ObligationKey, KnownObligation]
) -> Reconciled:
    """Compare the obligations of the files with those the daemon has met."""
    remember: list[KnownObligation] = []
    new: list[ObligationKey] = []
    changes: dict[tuple[str, str, str], PlanChanged] = {}
    for obligation in owed:
        key, deadline = obligation.key, obligation.deadline
        milestone = rules.milestone(key)
        now = KnownObligation(key, obligation.first_known_at, words_of(milestone), deadline.due_at, deadline.last_day)
        before = known.get(key)
        if before is None:
            new.append(key)
        elif _amended(before.due, milestone):
            changes.setdefault(key[:3], _change(before, now))
        if before is None or (before.due, before.due_at, before.last_day) != (now.due, now.due_at, now.last_day):
            remember.append(now)
    return Reconciled(tuple(remember), tuple(new), tuple(changes.values()))


def _amended(was: str, milestone: Milestone) -> bool:
    if was == words_of(milestone):
        return False
    try:
        return parse_due(was) != milestone.rule
    except PhraseUnreadable:
        return True  # words no longer understood: another date, as far as anyone can tell


def _change(before: KnownObligation, now: KnownObligation) -> PlanChanged:
    return PlanChanged(
        plan=now.key.plan,
        what="deadline amended",
        milestone=now.key.milestone,
        period=now.key.period,
        due=now.due,
        due_at=now.due_at,
        last_day=now.last_day,
        was_due=before.due,
        was_due_at=before.due_at,
        was_last_day=before.last_day,
    )
