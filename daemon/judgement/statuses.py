"""What an obligation is at one instant, asked in the fixed order of `design.md` §4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from daemon.clock import end_of, local_day
from daemon.domain.entries import DeliveryOutcome, Entry
from daemon.domain.letters import ItemKey
from daemon.domain.obligations import Deadline, ObligationKey, Standing, StatusLine, TermCause
from daemon.domain.words import DeliveryState, LetterKind, Status
from daemon.judgement.rulebook import Rulebook


def last_instant(day: date) -> datetime:
    """Return the last instant of a day: what "by the end of that day" asks for."""
    return end_of(day) - timedelta(microseconds=1)


def status_of(standing: Standing, ends: date | None, now: datetime) -> Status:
    """Return the status at `now`; `ends` is the day after which the plan is frozen."""
    today = local_day(now)
    term = standing.term
    if standing.exempt:
        return Status.EXEMPT
    if standing.settlement is not None:
        return Status.ON_TIME if standing.settlement.on_time else Status.LATE
    if ends is not None and today > ends:
        return Status.CLOSED
    if term.deadline.opens_on is not None and today < term.deadline.opens_on:
        return Status.SCHEDULED
    if standing.declared_until is not None and today <= standing.declared_until:
        return Status.DECLARED
    if now >= term.deadline.due_at:
        return Status.OVERDUE
    if term.cause in (TermCause.SUPPLEMENT, TermCause.INVALID):
        return Status.RETURNED
    if standing.extended_to is not None:
        return Status.EXTENDED
    return Status.OPEN


def judged_deadline(standing: Standing) -> Deadline:
    """Return the deadline to show: the one a settled document was judged by, else the one in force."""
    return standing.settlement.judged if standing.settlement else standing.term.deadline


def late_days(standing: Standing, ends: date | None, now: datetime) -> int:
    """Return calendar days from the last day to the act, else to the day asked (no further than `ends`)."""
    if standing.exempt:
        return 0
    if standing.settlement is not None:
        return standing.settlement.late_days
    asked = local_day(now) if ends is None else min(local_day(now), ends)
    return max(0, (asked - standing.term.deadline.last_day).days) if now >= standing.term.deadline.due_at else 0


def reminders_by_obligation(entries: Iterable[Entry], rules: Rulebook) -> Mapping[ObligationKey, int]:
    """Count accepted reminders holding each obligation, one per letter, thông báo left out (calls not added)."""
    letters: dict[str, set[ObligationKey]] = {}
    for entry in entries:
        body = entry.body
        if (
            isinstance(body, DeliveryOutcome)
            and body.letter_kind is LetterKind.REMINDER
            and body.state is DeliveryState.SENT
        ):
            held = letters.setdefault(body.letter, set())
            held.update(key.obligation for key in map(ItemKey.parse, body.items) if not _is_notice(key, rules))
    return Counter(key for held in letters.values() for key in held)


def _is_notice(key: ItemKey, rules: Rulebook) -> bool:
    plan = rules.plan_by_id.get(key.obligation.plan)
    if plan is None or key.obligation.milestone not in plan.by_id:
        return False  # the files have moved on; what was sent still counts
    notice = rules.ladder(key.obligation).notice
    return notice is not None and key.step == notice.id


def status_lines(
    standings: Mapping[ObligationKey, Standing], entries: Iterable[Entry], rules: Rulebook, now: datetime
) -> list[StatusLine]:
    """Return one line per obligation, in the order of `standings`; `entries` are those that stand."""
    counts = reminders_by_obligation(entries, rules)
    return [_line(standing, counts.get(key, 0), rules, now) for key, standing in standings.items()]


def _line(standing: Standing, reminders: int, rules: Rulebook, now: datetime) -> StatusLine:
    ends = rules.plan(standing.key).ends
    settled = standing.settlement
    return StatusLine(
        key=standing.key,
        status=status_of(standing, ends, now),
        deadline=judged_deadline(standing),
        submitted_at=(settled.act.at or settled.act.day) if settled else None,
        recorded_at=settled.recorded_at if settled else None,
        document=settled.document if settled else None,
        late_days=late_days(standing, ends, now),
        reminders=reminders + standing.calls,
        extended_to=standing.extended_to,
        returned_on=standing.returned_on,
        nothing_to_report=settled.nothing_to_report if settled else False,
        promised_on=standing.promised_on,
        muted_until=standing.muted_until,
    )
