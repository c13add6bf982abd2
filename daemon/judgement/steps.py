"""When each step of a ladder comes for one obligation, and how long it is of use.

Offsets count working days from the last day on the owing agency's calendar; letters leave on days working
both there and at the office. Rules: `design.md` §4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from daemon.clock import at, end_of, local, local_day
from daemon.domain.ladders import Ladder, Step, When
from daemon.domain.letters import ItemKey
from daemon.domain.obligations import Standing, Term
from daemon.domain.plans import Plan
from daemon.domain.words import Level, Reason, Tier, Unit
from daemon.judgement.calendars import ONE_DAY, Calendar, SendingDays

LAST_STEP_USEFUL_FOR = 5  # sending days, for the last step of a tier (design.md §4)


@dataclass(frozen=True, slots=True)
class Planned:
    """One occurrence of one step.

    `day` is the day it comes, `moment` the instant; it is of use until `ends_at` (exclusive; None: until settled).
    `never` says why it will not be sent at all. `soft`: it may leave on quiet days and worked Saturdays.
    """

    key: ItemKey
    step: Step
    day: date
    moment: datetime
    soft: bool
    ends_at: datetime | None = None
    never: Reason | None = None

    @property
    def hour(self) -> time:
        """The hour of the day at which it comes, on this day and on any it is carried to."""
        return local(self.moment).time()

    def is_useful(self, now: datetime) -> bool:
        """Say whether sending it at `now` would still be of use."""
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True)
class _Frame:
    """What the days of one term are counted from."""

    term: Term
    first_day: date  # steps before it never exist
    after_base: date  # steps after the deadline count from here
    calendar: Calendar
    days: SendingDays
    first_letter: bool


def planned_steps(
    standing: Standing, plan: Plan, ladder: Ladder, days: SendingDays, *, first_letter: bool
) -> tuple[Planned, ...]:
    """Return every occurrence of the term in force, by tier and moment; `first_letter`: term 1, none sent yet."""
    frame = _frame(standing, plan, days, first_letter=first_letter)
    found = [occurrence for step in ladder.steps for occurrence in _occurrences(standing, ladder, step, frame)]
    tiers = [[p for p in found if p.key.tier is tier] for tier in Tier]
    return tuple(p for tier in tiers for p in _with_ends(_in_order(tier, ladder), frame))


def ladder_has_passed(standing: Standing, ladder: Ladder, days: SendingDays) -> bool:
    """Say whether the whole ladder, counted from the last day alone, lay before the obligation was first known.

    True only in term 1 and until a person approves a late start.
    """
    if standing.approved_start_at is not None or standing.term.n > 1:
        return False
    last_day = standing.term.deadline.last_day
    frame = _Frame(standing.term, date.min, last_day, days.own, days, first_letter=False)
    counted = [step for step in ladder.steps if step.when.when is not When.ISSUED]
    moments = [p.moment for step in counted for p in _occurrences(standing, ladder, step, frame)]
    return bool(moments) and max(moments) < standing.first_known_at


def _frame(standing: Standing, plan: Plan, days: SendingDays, *, first_letter: bool) -> _Frame:
    term = standing.term
    first = term.n == 1
    known = local_day(standing.first_known_at if first else term.started_at)
    told = max(known, plan.issued, plan.published or plan.issued) if first else known
    first_day = days.first_from(told + ONE_DAY, soft=True)
    if term.deadline.opens_on is not None:
        first_day = max(first_day, days.first_from(term.deadline.opens_on, soft=True))
    base = max(term.deadline.last_day, known)
    return _Frame(term, first_day, base, days.own, days, first_letter)


def _occurrences(standing: Standing, ladder: Ladder, step: Step, frame: _Frame) -> Iterator[Planned]:
    if step.when.when is When.ISSUED and frame.term.n > 1:
        return
    officers = step.tier is Tier.OFFICERS
    soft = step.level is Level.NOTICE or step.when.when is When.ON or (frame.first_letter and officers)
    first = _counted_day(step, ladder.hour(step), frame)
    for occurrence in range(1, step.at_most + 1):
        counted = frame.calendar.shift(first, (step.every or 0) * (occurrence - 1))
        if step.when.when is When.AFTER:
            day = frame.days.first_from(counted, soft=soft)
        elif step.when.when is When.ISSUED:
            day = counted
        else:
            day = frame.days.last_until(counted, soft=soft)
        key = ItemKey(standing.key, frame.term.n, step.id, occurrence, step.tier)
        never = Reason.BEFORE_FIRST_DAY if day < frame.first_day else None
        yield Planned(key, step, day, at(day, ladder.hour(step)), soft, never=never)


def _counted_day(step: Step, hour: time, frame: _Frame) -> date:
    """The day as counted, before it is moved to a day on which letters leave."""
    deadline, offset = frame.term.deadline, step.when
    match offset.when:
        case When.ISSUED:
            return frame.first_day
        case When.ON:
            # A letter of the last day that could only go at or after due_at goes the working day before.
            leaves_at = frame.days.next_from(at(deadline.last_day, hour), soft=True, morning=False)
            return deadline.last_day if leaves_at < deadline.due_at else frame.calendar.shift(deadline.last_day, -1)
        case When.BEFORE:
            if offset.unit is Unit.WORKING_DAY:
                return frame.calendar.shift(deadline.last_day, -offset.n)
            return frame.calendar.on_or_before(deadline.last_day - timedelta(days=offset.n))
        case _:
            if offset.unit is Unit.WORKING_DAY:
                return frame.calendar.shift(frame.after_base, offset.n)
            return frame.calendar.on_or_after(frame.after_base + timedelta(days=offset.n))


def _in_order(planned: Sequence[Planned], ladder: Ladder) -> list[Planned]:
    """By day; on one day the lower in the ladder, and the later occurrence, last."""
    return sorted(planned, key=lambda p: (p.day, ladder.rank[p.step.id], p.key.occurrence))


def _with_ends(tier: list[Planned], frame: _Frame) -> Iterator[Planned]:
    for planned, following in zip(tier, [*tier[1:], None], strict=False):
        same_day = following is not None and following.day == planned.day
        never = planned.never or (Reason.SAME_DAY if same_day else None)
        yield replace(planned, never=never, ends_at=_ends_at(planned, following, frame))


def _ends_at(planned: Planned, following: Planned | None, frame: _Frame) -> datetime | None:
    step = planned.step
    ends: datetime | None
    if step.useful_for is not None:
        ends = end_of(frame.days.nth(planned.day, step.useful_for, soft=planned.soft))
    elif step.level >= Level.HEAD:
        ends = None
    elif following is not None:
        ends = at(following.day)
    else:
        ends = end_of(frame.days.nth(planned.day, LAST_STEP_USEFUL_FOR, soft=planned.soft))
    if step.when.when is When.AFTER:
        return ends
    due_at = frame.term.deadline.due_at
    return due_at if ends is None else min(ends, due_at)
