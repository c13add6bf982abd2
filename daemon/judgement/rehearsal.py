"""Rehearses the future: what would be sent if nobody submits more, everything is accepted and approved in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from daemon.clock import at, local_day
from daemon.domain.letters import History, Letter, SentLetter
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.deciding import decide
from daemon.judgement.judging import Judge
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot


def step_hours(rules: Rulebook) -> tuple[time, ...]:
    """Return every hour of the day at which a step of some ladder can come, in order."""
    return tuple(sorted({ladder.hour(step) for ladder in rules.ladders.values() for step in ladder.steps}))


def instants(rules: Rulebook, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants in [start, end) at which a letter can come to leave: step hours and opening hours."""
    hours = sorted({*step_hours(rules), *(window.opens for window in rules.windows)})
    day = local_day(start)
    while at(day) < end:
        if rules.office.is_working(day):
            yield from (instant for hour in hours if start <= (instant := at(day, hour)) < end)
        day += ONE_DAY


def composed_through(rules: Rulebook, composed_at: datetime | None, now: datetime) -> bool:
    """Say whether `now` is the first look since a step hour of its day went by while letters may leave.

    What arises after such a look belongs to the next sending day.
    """
    today, clock = local_day(now), now
    inside = any(at(today, window.opens) <= clock < at(today, window.closes) for window in rules.windows)
    if not inside or not rules.office.is_working(today):
        return False
    passed = [instant for hour in step_hours(rules) if (instant := at(today, hour)) <= now]
    return bool(passed) and (composed_at is None or composed_at < max(passed))


def rehearse(snapshot: Snapshot, start: datetime, end: datetime, *, marked: bool = True) -> list[Letter]:
    """Return the letters that would leave in [start, end), in order of leaving.

    Marks are taken as given in time (`marked` False: as the snapshot has them), approvals as given at once; letters
    that wait at the start are not shown again.
    """
    rules = snapshot.rules
    judge = Judge(rules)
    complete = {plan.collector: end + timedelta(days=1) for plan in rules.plans} if marked else snapshot.marks
    letters: list[Letter] = []
    past = list(snapshot.history.letters)
    composed_at = dict(snapshot.history.composed_at)
    for now in instants(rules, start, end):
        history = History(tuple(past), snapshot.history.missed_at, composed_at)
        verdict = decide(replace(snapshot, history=history, marks=complete), now, judge)
        letters += verdict.letters
        replaced = {id_ for letter in verdict.letters for id_ in letter.replaces}
        past = [_taken(letter, now) for letter in past if letter.id not in replaced]
        past += [_accepted(letter, now, len(past) + n) for n, letter in enumerate(verdict.letters)]
        today: date = local_day(now)
        if composed_through(rules, composed_at.get(today), now):
            composed_at[today] = now
    return letters


def _taken(letter: SentLetter, now: datetime) -> SentLetter:
    """A letter that waited, accepted at the first instant that did not replace it."""
    if not letter.live:
        return letter
    return replace(letter, live=False, in_flight=False, accepted_at=letter.accepted_at or now)


def _accepted(letter: Letter, now: datetime, n: int) -> SentLetter:
    return SentLetter(
        id=f"rehearsed-{n}",
        agency=letter.agency,
        tier=letter.tier,
        day=letter.day,
        level=letter.level,
        items=tuple(item.key for item in letter.items),
        levels={item.key: item.level for item in letter.items},
        live=False,
        accepted_at=now,
        milestone=letter.milestone,
    )
