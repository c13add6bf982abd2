"""Periods and the dates in them: a rule, a period and a calendar make one deadline.

A period is named "once", "2022", "2022-H1", "2022-Q1" or "2022-03".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, rrule

from daemon.clock import at, end_of, local_day
from daemon.domain.obligations import Deadline
from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated, Window, Within
from daemon.domain.words import Roll, Unit
from daemon.judgement.calendars import ONE_DAY, Calendar
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence, weekday

ONCE = "once"
MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
ONE_MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)

_NAME = re.compile(r"(?P<year>[0-9]{4})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


def _parts(period: str) -> tuple[str, int, int]:
    """Return (kind, year, number within the year); ValueError for a name that is no recurring period's."""
    match = _NAME.fullmatch(period)
    if match is None:
        raise ValueError(f"not a recurring period: {period!r}")
    for kind in ("half", "quarter", "month"):
        if match[kind]:
            return kind, int(match["year"]), int(match[kind])
    return "year", int(match["year"]), 1


def _name(kind: str, first: date) -> str:
    number = number_in_year(kind, first)
    ending = {"year": "", "half": f"-H{number}", "quarter": f"-Q{number}", "month": f"-{number:02d}"}
    return f"{first.year:04d}{ending[kind]}"


def number_in_year(kind: str, day: date) -> int:
    """Return which period of its kind in the year holds `day`, from 1."""
    return (day.month - 1) // MONTHS[kind] + 1


def period_bounds(period: str) -> tuple[date, date]:
    """Return the first and last day of a recurring period; ValueError for "once" and unknown names."""
    kind, year, number = _parts(period)
    first = date(year, MONTHS[kind] * (number - 1) + 1, 1)
    return first, first + relativedelta(months=MONTHS[kind]) - ONE_DAY


def opens_on(period: str, calendar: Calendar) -> date:
    """Return the day a recurring period opens: its first working day."""
    return calendar.on_or_after(period_bounds(period)[0])


def is_recurring(rule: DueRule) -> bool:
    """Say whether the rule comes back, so that the plan must say from when (`tu`)."""
    return isinstance(rule, Every | Several)


def overlap(rules: Sequence[Every]) -> bool:
    """Say whether two rules claim the same period, so that it would have two deadlines."""
    slots = [(rule.period, number) for rule in rules for number in rule.only or range(1, 12 // MONTHS[rule.period] + 1)]
    return len(set(slots)) < len(slots)


def _of_one(rule: Every, starts: date, until: date) -> Iterable[str]:
    firsts = rrule(
        MONTHLY,
        interval=MONTHS[rule.period],
        dtstart=datetime.combine(date(starts.year, 1, 1), time()),
        until=datetime.combine(until, time()),
    )
    for first in firsts:
        day = first.date()
        if day >= starts and (not rule.only or number_in_year(rule.period, day) in rule.only):
            yield _name(rule.period, day)


def periods(rule: DueRule, *, starts: date, until: date) -> tuple[str, ...]:
    """Return the periods of a rule that begin in [`starts`, `until`], in the order in which they end.

    One-off rules have the one period "once", whatever the days; an undated rule has none.
    """
    if isinstance(rule, Undated):
        return ()
    if not isinstance(rule, Every | Several):
        return (ONCE,)
    parts = rule.rules if isinstance(rule, Several) else (rule,)
    names = {name for part in parts for name in _of_one(part, starts, until)}
    return tuple(sorted(names, key=lambda name: (period_bounds(name)[1], name)))


def _day_in(rule: Every, period: str) -> date:
    """Return the date the plan names in a period; a month too short for it gives its last day."""
    first, _ = period_bounds(period)
    months = rule.month - 1 + (12 if rule.next_year else 0)
    return first + relativedelta(months=months, day=rule.day)


def _rule_for(rule: Every | Several, period: str) -> Every:
    """Return the one rule a period belongs to; ValueError if it belongs to none."""
    kind, _, number = _parts(period)
    parts = rule.rules if isinstance(rule, Several) else (rule,)
    for part in parts:
        if part.period == kind and (not part.only or number in part.only):
            return part
    raise ValueError(f"no rule for the period {period!r}")


def _instant(day: date, *, before: bool, clock: time | None) -> datetime:
    """Return the first instant that is too late. "Chậm nhất 10h00": the minute counts, so 10:01."""
    if clock is None:
        return at(day) if before else end_of(day)
    return at(day, clock) if before else at(day, clock) + ONE_MINUTE


def _rolled(day: date, calendar: Calendar, roll: Roll) -> date:
    if roll is Roll.NEXT:
        return calendar.on_or_after(day)
    return calendar.on_or_before(day) if roll is Roll.PREVIOUS else day


def _resolve(
    due_at: datetime, calendar: Calendar, roll: Roll, *, counted_from: date | None = None, opens: date | None = None
) -> Deadline:
    """Roll a deadline and mark what it rests on; `counted_from` is the day a period was counted from."""
    named = local_day(due_at - MOMENT)
    last_day = _rolled(named, calendar, roll)
    due_at += last_day - named
    years = {named.year, last_day.year}
    if counted_from is not None:
        years.update(range(counted_from.year, last_day.year + 1))
    return Deadline(
        due_at=due_at,
        last_day=last_day,
        hour_precise=due_at != end_of(last_day),
        opens_on=opens,
        estimated=not years <= calendar.confirmed,
    )


def deadline(rule: DueRule, period: str, *, issued: date, calendar: Calendar, roll: Roll | None = None) -> Deadline:
    """Resolve a rule for one period into the first instant that is too late and the last day that is not.

    - by D: due at the end of D. Before D: due at its start, last day D-1. With a clock: "chậm nhất 10h00" is due
      at 10:01, "trước 14h00" at 14:00; the last day is the day of the last good instant (before 0:00 of D: D-1),
      and the deadline is hour-precise unless it coincides with the end of that day.
    - within n days of `issued`: due at the end of the n-th day, `issued` itself not counted.
    - a window: due at the end of its last day, open from its first. A recurring date: open from the period's
      first working day.
    - `roll` moves a last day that is off work to the next or previous working day; a clock keeps its hour on the day
      moved to. None: a date stays where the plan put it, a period counted in days rolls to the next working day
      (Bộ luật Dân sự 2015, Đ.148).
    - `estimated`: the last day, the day it was moved from, a day of a counted period, or the opening of a recurring
      one lies in a year `calendar` has no official notices for.

    ValueError for an undated rule and for a period the rule has not.
    """
    if isinstance(rule, Every | Several):
        part = _rule_for(rule, period)
        due_at = _instant(_day_in(part, period), before=part.before, clock=part.clock)
        opens = opens_on(period, calendar)
        return _resolve(due_at, calendar, roll or Roll.NONE, counted_from=opens, opens=opens)
    if isinstance(rule, Undated) or period != ONCE:
        raise ValueError(f"no deadline in the period {period!r}")
    if isinstance(rule, OnDate):
        return _resolve(_instant(rule.day, before=rule.before, clock=rule.clock), calendar, roll or Roll.NONE)
    if isinstance(rule, Window):
        return _resolve(end_of(rule.end), calendar, roll or Roll.NONE, opens=rule.start)
    return _resolve(end_of(_nth(rule, issued, calendar)), calendar, roll or Roll.NEXT, counted_from=issued + ONE_DAY)


def _nth(rule: Within, issued: date, calendar: Calendar) -> date:
    """Return the n-th day after `issued`."""
    return calendar.shift(issued, rule.n) if rule.unit is Unit.WORKING_DAY else issued + timedelta(days=rule.n)


def last_day_warning(deadline: Deadline, calendar: Calendar) -> str | None:
    """Return a Vietnamese warning when the last day is off work, else None."""
    day = deadline.last_day
    if calendar.is_working(day):
        return None
    return f"ngày cuối đúng hạn {day_in_sentence(day)} là {weekday(day)}, trùng ngày nghỉ"


def echo(deadline: Deadline) -> str:
    """Say in Vietnamese how a deadline was understood: "ngày cuối đúng hạn: thứ Hai, 24/10/2022".

    An hour-precise one adds the last minute that is in time ("trước 14h00" is "chậm nhất lúc 13:59").
    """
    said = f"ngày cuối đúng hạn: {weekday(deadline.last_day)}, {day_in_sentence(deadline.last_day)}"
    if deadline.hour_precise:
        said += f", chậm nhất lúc {clock_in_table(deadline.due_at - ONE_MINUTE)}"
    if deadline.estimated:
        said += f" (lịch nghỉ {deadline.last_day.year}: tạm tính)"
    return said
