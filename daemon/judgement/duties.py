"""Who owes what by when: milestones, their debtors and their periods make obligations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from daemon.clock import at
from daemon.domain.obligations import Deadline, Obligation, ObligationKey
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency
from daemon.judgement.calendars import Calendar
from daemon.judgement.periods import ONCE, deadline, period_bounds, periods
from daemon.judgement.rulebook import Rulebook


def known_at_issue(plan: Plan) -> datetime:
    """Return the start of the day of issue (UTC): when a preview without a database takes a plan to be known."""
    return at(plan.issued)


def obligations(
    rules: Rulebook,
    first_known: Mapping[ObligationKey, datetime],
    default_known: Callable[[Plan], datetime],
    *,
    until: date,
) -> tuple[Obligation, ...]:
    """Return every obligation of the active plans, recurring ones up to the period holding `until`.

    In the order of the files: plans, milestones, periods, then debtors in protocol order. Each deadline is counted
    on the owing agency's calendar. `first_known` says when the daemon first knew of an obligation (aware UTC);
    those it does not name were known when `default_known` says.
    """
    found: list[Obligation] = []
    for plan, milestone in rules.dated():
        default = default_known(plan)
        for period in _periods(plan, milestone, until):
            by_calendar: dict[str | None, Deadline] = {}
            for agency in (rules.agency(id_) for id_ in milestone.debtors):
                if agency.calendar not in by_calendar:
                    by_calendar[agency.calendar] = _deadline(plan, milestone, period, rules.calendar(agency.id))
                due = by_calendar[agency.calendar]
                if owes(agency, plan, period, due):
                    key = ObligationKey(plan.id, milestone.id, period, agency.id)
                    found.append(Obligation(key, due, milestone.judged_by, first_known.get(key, default)))
    return tuple(found)


def owes(agency: Agency, plan: Plan, period: str, due: Deadline) -> bool:
    """Say whether an agency is a debtor: followed, and in being on some day of the time in which it is to act.

    That time runs from the later of the day of issue and the first day of the period, to the last day. A body merged
    away half-way still owes, so that its obligation and its record do not vanish from the board: it is exempted by an
    entry, with the authority for it. A plan issued after its own last day asks of those in being on that last day.
    """
    start = plan.issued if period == ONCE else max(plan.issued, period_bounds(period)[0])
    start = min(start, due.last_day)
    return (
        agency.active
        and (agency.active_from is None or agency.active_from <= due.last_day)
        and (agency.active_until is None or start <= agency.active_until)
    )


def _periods(plan: Plan, milestone: Milestone, until: date) -> tuple[str, ...]:
    """Return the periods a milestone has so far. `ends` begins no new one; without `starts`, whole ones after issue."""
    if plan.ends is not None:
        until = min(until, plan.ends)
    return periods(milestone.rule, starts=plan.starts or plan.issued, until=until)


def _deadline(plan: Plan, milestone: Milestone, period: str, calendar: Calendar) -> Deadline:
    return deadline(milestone.rule, period, issued=plan.issued, calendar=calendar, roll=milestone.roll)
