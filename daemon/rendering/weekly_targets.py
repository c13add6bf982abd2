"""A plan's targets in one line each: what the record can count, and what only a person can say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from daemon.domain.entries import Entry, Rated
from daemon.domain.obligations import ObligationKey
from daemon.domain.plans import Plan, Target
from daemon.judgement.dates_vi import two_digits
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import capital
from daemon.rendering.figures import tally
from daemon.rendering.report import percent

NO_FIGURES = "chưa có số liệu"


def counted(n: int) -> str:
    """Return a count of the report: "0", "03", "39"."""
    return two_digits(n) if n else "0"


def share(part: int, whole: int) -> str:
    """Return how many of how many: "31/39", "0/39"."""
    return f"{counted(part)}/{two_digits(whole)}"


def target_lines(snapshot: Snapshot, stand: Sequence[Entry], plans: Iterable[Plan], now: datetime) -> list[str]:
    """Return one line for each target the record counts, and one for all that a person enters."""
    found: list[str] = []
    for plan in plans:
        found += [_counted(plan, target, snapshot, stand, now) for target in plan.targets if not target.manual]
        by_hand = [target.clause for target in plan.targets if target.manual]
        if by_hand:
            others = f"Chỉ tiêu khác của {phrases.document(plan)} ({', '.join(by_hand)})"
            found.append(f"{others}: {NO_FIGURES}, do người phụ trách tổng hợp")
    return found


def _counted(plan: Plan, target: Target, snapshot: Snapshot, stand: Sequence[Entry], now: datetime) -> str:
    assert target.milestone is not None, "a target the record counts names a milestone"
    short = plan.by_id[target.milestone].short
    name = capital(f"{target.met_when} {target.counts.replace(target.milestone, short)} ({target.clause})")
    period = _period(plan.id, target.milestone, snapshot, now)
    if period is None:
        return f"{name}: {NO_FIGURES}"
    figures = tally((plan.id, target.milestone, period), snapshot, now)
    if target.rating is None:
        part, ended = figures.sent, not figures.ahead
    else:
        ratings = _ratings((plan.id, target.milestone, period), stand)
        if not ratings:
            return f"{name}: {NO_FIGURES}"
        part, ended = sum(rating == target.rating for rating in ratings.values()), len(ratings) == figures.total
    if not figures.total:
        return f"{name}: {NO_FIGURES}"
    told = f"{name}: {share(part, figures.total)} ({percent(part, figures.total)})"
    if _is_met(target, part, figures.total):
        return f"{told}, đạt"
    return f"{told}{', chưa đạt' if ended else ', đang thực hiện'}"


def _period(plan: str, milestone: str, snapshot: Snapshot, now: datetime) -> str | None:
    """The latest period of a milestone that has opened, else its first."""
    opened = {
        key.period: standing.obligation.deadline.due_at
        for key, standing in snapshot.standings.items()
        if (key.plan, key.milestone) == (plan, milestone)
    }
    over = [period for period, due_at in opened.items() if due_at <= now]
    return (
        max(over, key=lambda period: opened[period])
        if over
        else min(opened, key=lambda period: opened[period], default=None)
    )


def _ratings(view: tuple[str, str, str], stand: Sequence[Entry]) -> dict[ObligationKey, str]:
    """The last rating each agency was given."""
    return {
        entry.subject: entry.body.rating
        for entry in stand
        if isinstance(entry.body, Rated) and entry.subject is not None and entry.subject[:3] == view
    }


def _is_met(target: Target, part: int, whole: int) -> bool:
    if target.at_least is None:
        return False
    least, strictly = target.at_least
    return part * 100 > least * whole if strictly else part * 100 >= least * whole
