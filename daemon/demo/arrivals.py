"""Everything the script makes happen, in order: documents dealt out by rule, the operator's marks, the stories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from daemon.clock import at, local, local_day
from daemon.demo.scenario import Act, Deal, Scenario
from daemon.domain.entries import Accepted, Exempted, Mark, Received
from daemon.domain.obligations import ActTime
from daemon.judgement.calendars import ONE_DAY, Calendar
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.rulebook import Rulebook


def acts(script: Scenario, rules: Rulebook) -> list[Act]:
    """Return every act of the script in order of time; at one instant what was received comes before a mark."""
    told = [act for case in script.cases for act in case.acts]
    dealt = [act for deal in script.on_time.deals for act in _dealt(deal, script, rules)]
    found = [*dealt, *told, *_marks(script, rules.office)]
    return sorted(found, key=lambda act: (act.at, isinstance(act.body, Mark)))


def _without_a_story(milestone: str, script: Scenario, rules: Rulebook) -> list[str]:
    """The agencies, in protocol order, whose document for a milestone no case tells of."""
    owed = obligations(rules, {}, known_at_issue, until=local_day(script.end))
    debtors = [one.key.agency for one in owed if one.key.milestone == milestone]
    told = {
        act.agency
        for case in script.cases
        for act in case.acts
        if act.milestone == milestone and isinstance(act.body, Received | Accepted | Exempted)
    }
    return [id_ for id_ in debtors if id_ not in told and id_ not in script.never]


def _dealt(deal: Deal, script: Scenario, rules: Rulebook) -> Iterator[Act]:
    rule = script.on_time
    first, stride, rounds = deal.numbers
    for place, agency in enumerate(_without_a_story(deal.milestone, script, rules)):
        day, hour = deal.days[place % len(deal.days)], rule.hours[place % len(rule.hours)]
        sent = at(day, hour)
        number = first + place * stride % rounds
        body = Received(
            document=deal.paper.format(n=number, sign=rule.signs[agency]),
            issued_on=day,
            sent=ActTime.of(sent),
            received=ActTime.of(sent + timedelta(minutes=rule.arrives_after)),
            road=rule.road,
        )
        yield Act(_entered_at(sent, script, rules.office), script.operator, agency, deal.milestone, body)


def _entered_at(sent: datetime, script: Scenario, office: Calendar) -> datetime:
    """When the operator enters a document: the same afternoon, or the next working morning before her mark."""
    day, rule = local_day(sent), script.on_time
    if local(sent).time() < rule.same_day_before:
        return at(day, rule.entered_at)
    return at(office.on_or_after(day + ONE_DAY), rule.next_morning_at)


def _marks(script: Scenario, office: Calendar) -> Iterator[Act]:
    marks = script.marks
    for day in _working_days(marks.spans, office):
        if day not in marks.missing:
            body = Mark(marks.collector, at(office.shift(day, -1), marks.complete_to))
            yield Act(at(day, marks.at), script.operator, None, None, body)


def _working_days(spans: tuple[tuple[date, date], ...], office: Calendar) -> Iterator[date]:
    for first, last in spans:
        for n in range((last - first).days + 1):
            if office.is_working(first + ONE_DAY * n):
                yield first + ONE_DAY * n
