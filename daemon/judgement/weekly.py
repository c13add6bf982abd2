"""When the collector's leaders get their report, and what it looks at.

On the first working day of a week, before the week's meeting: while something is due within thirty days or late, or
was due in the week before; else one line a month. Times of a week are Vietnam's, from Monday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from daemon.clock import at, local_day
from daemon.domain.letters import Letter
from daemon.domain.obligations import Standing
from daemon.domain.plans import Plan
from daemon.domain.words import Channel, LetterKind, Level, OfficeLetter, Role, Tier
from daemon.judgement.calendars import ONE_DAY, Calendar
from daemon.judgement.recipients import contact_of, once, recipients, together
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot

WEEK = timedelta(days=7)
AHEAD = timedelta(days=30)
CLOSES = time(17)
"""A report that could not go in the morning still goes until then, or on a later working day of its week."""

BY_MAIL = frozenset({Channel.EMAIL})
View = tuple[str, str, str]
"""(plan, milestone, period): what a line of the report is about."""


@dataclass(frozen=True, slots=True)
class Due:
    """A report to write now: which kind, and the report day it stands for."""

    what: OfficeLetter
    day: date


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - ONE_DAY * day.weekday()


def report_day(office: Calendar, day: date) -> date | None:
    """Return the first working day of the week of `day`; None if the office is closed all week."""
    days = (monday_of(day) + ONE_DAY * n for n in range(7))
    return next((one for one in days if office.is_working(one)), None)


def is_report_hour(rules: Rulebook, now: datetime, hour: time) -> bool:
    """Say whether a report could be written now: on a working day, from its hour on until work ends."""
    today = local_day(now)
    closes = max(at(today, CLOSES), at(today, hour) + timedelta(hours=1))
    return rules.office.is_working(today) and at(today, hour) <= now < closes


def report_due(snapshot: Snapshot, collector: str, now: datetime, hour: time) -> Due | None:
    """Return the report `now` asks for, None if none; that it was not written before is for the database to say."""
    office = snapshot.rules.office
    if not is_report_hour(snapshot.rules, now, hour):
        return None
    first = report_day(office, local_day(now))
    assert first is not None, "today is a working day of its week"
    if not _live(snapshot, collector, first, at(first, hour)):
        return None
    if in_view(snapshot, collector, first, at(first, hour)):
        return Due(OfficeLetter.WEEKLY, first)
    return Due(OfficeLetter.MONTHLY, first) if _is_first_of_month(office, first) else None


def report_letter(snapshot: Snapshot, collector: str, now: datetime) -> Letter | None:
    """Return the letter to the collector's head, copy to its deputies and the plans' contacts, by e-mail.

    None if nobody can be written to.
    """
    rules, today = snapshot.rules, local_day(now)
    agency = rules.agency(collector)
    heads = recipients(agency, [(Role.HEAD, BY_MAIL)], today)
    contacts = [contact_of(plan, rules, BY_MAIL, today) for plan in rules.plans if plan.collector == collector]
    deputies = {Channel.EMAIL: tuple(p.id for p in agency.people_in(Role.DEPUTY, today) if p.email)}
    if not heads:
        return None
    to, cc = once(heads, together(deputies, *contacts), rules)
    return Letter(
        kind=LetterKind.NOTE,
        agency=collector,
        tier=Tier.COLLECTOR,
        day=today,
        send_at=now,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc=cc,
        useful_until=at(monday_of(today) + WEEK),
    )


def live_plans(rules: Rulebook, collector: str, day: date) -> list[Plan]:
    """Return the collector's plans that are followed on `day`, in file order."""
    mine = [plan for plan in rules.plans if plan.active and plan.collector == collector]
    return [plan for plan in mine if plan.issued <= day and (plan.ends is None or day <= plan.ends)]


def in_view(snapshot: Snapshot, collector: str, day: date, known_by: datetime) -> list[View]:
    """Return what a report of `day` tells of, the nearest deadline first.

    That is what is late or due within thirty days for somebody, and what was due in the week before. What the daemon
    first heard of after `known_by` is left to the next report.
    """
    views = _live(snapshot, collector, day, known_by)
    wanted = {view: group for view, group in views.items() if any(_counts(standing, day) for standing in group)}
    last_days = {view: min(s.obligation.deadline.last_day for s in group) for view, group in wanted.items()}
    return sorted(wanted, key=lambda view: last_days[view])


def _live(snapshot: Snapshot, collector: str, day: date, known_by: datetime) -> Mapping[View, list[Standing]]:
    """What the collector's running plans ask for, by milestone and period, in file order."""
    plans = {plan.id for plan in live_plans(snapshot.rules, collector, day)}
    found: dict[View, list[Standing]] = {}
    for key, standing in snapshot.standings.items():
        if key.plan in plans and not standing.exempt and standing.obligation.first_known_at <= known_by:
            found.setdefault(key[:3], []).append(standing)
    return found


def _counts(standing: Standing, day: date) -> bool:
    last = standing.term.deadline.last_day
    late = standing.settlement is None and last < day
    return late or day - WEEK <= last <= day + AHEAD


def _is_first_of_month(office: Calendar, first: date) -> bool:
    earlier = (report_day(office, first - WEEK * n) for n in range(1, 5))
    return all(day is None or (day.year, day.month) != (first.year, first.month) for day in earlier)
