"""Whole working days on which the daemon did nothing, and what they passed over: (days composed, rules) -> stretches.

Each working day leaves the instant of its composition in the record, and a day without one was stood through: the
daemon was stopped, its machine slept, or its clock was not believed. So a standstill is found again after any crash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from daemon.clock import at, local_day
from daemon.domain.entries import Entry
from daemon.domain.letters import Decision, ItemKey
from daemon.domain.warnings import DroppedLetter, PassedStep, Warned
from daemon.domain.words import Matter, Outcome, Reason
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.rulebook import Rulebook

STILL_NEWS = timedelta(days=7)
"""How long after work went on a standstill is worth telling."""

BY_TIME = frozenset({Reason.LATER_STEP, Reason.NO_LONGER_USEFUL, Reason.PAST_DUE})
"""Why a step is passed over only because time went by without it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Working days without a composition, one or more; `opens` is when the first could have begun, `closes` ended."""

    opens: datetime
    closes: datetime


def stretches(composed_on: Iterable[date], rules: Rulebook, today: date) -> list[Stretch]:
    """Return the stretches after which work went on lately, in order."""
    found: list[Stretch] = []
    for before, after in pairwise(sorted(composed_on)):
        missed = [day for day in _between(before, after) if rules.office.is_working(day)]
        if missed and today - after <= STILL_NEWS:
            found.append(Stretch(at(missed[0], rules.windows[0].opens), at(missed[-1], rules.windows[-1].closes)))
    return found


def is_told(stretch: Stretch, collector: str, entries: Iterable[Entry]) -> bool:
    """Say whether a collector's operator was warned of a stretch; `entries` is the ledger."""
    told = (entry.body for entry in entries if isinstance(entry.body, Warned))
    return any(
        body.matter is Matter.STANDSTILL
        and body.collector == collector
        and body.since < stretch.closes
        and (body.until is None or stretch.opens < body.until)
        for body in told
    )


def standstill(
    collector: str,
    since: datetime,
    until: datetime,
    decided: Collection[Decision],
    dropped: Sequence[DroppedLetter],
    rules: Rulebook,
) -> Warned:
    """Return what a collector's operator is told of a standstill from `since` to `until`.

    `decided` is what was decided after it, `dropped` the letters composed before it and withdrawn after it.
    """
    plans = frozenset(plan.id for plan in rules.plans if plan.collector == collector)
    mine = [d for d in decided if d.key.obligation.plan in plans and d.moment < until]
    passed = [d for d in mine if d.outcome is Outcome.PASS_OVER and d.reason in BY_TIME]
    late = {
        d.key.obligation.agency for d in mine if d.outcome is Outcome.SEND and local_day(d.moment) < local_day(until)
    }
    rank = rules.register.order
    passed.sort(key=lambda d: (d.moment, rank.get(d.key.obligation.agency, len(rank)), str(d.key)))
    return Warned(
        collector,
        Matter.STANDSTILL,
        since,
        until,
        steps=tuple(PassedStep(str(d.key), d.reason) for d in passed),
        letters=tuple(one for one in dropped if any(_plan(item) in plans for item in one.items)),
        late=tuple(rules.register.in_order(late)),
    )


def _plan(item: str) -> str:
    return ItemKey.parse(item).obligation.plan


def _between(before: date, after: date) -> list[date]:
    return [before + ONE_DAY * n for n in range(1, (after - before).days)]
