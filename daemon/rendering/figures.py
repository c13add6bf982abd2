"""The counts letters state: how many have sent, how often an agency was reminded, up to which hour that is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from daemon.clock import local_day
from daemon.domain.letters import SentLetter
from daemon.domain.obligations import Deadline, ObligationKey, Standing, TermCause
from daemon.domain.plans import Plan
from daemon.domain.words import Level, Tier
from daemon.judgement.snapshot import Snapshot

FRESH = 3  # working days for which a mark made before the deadline still says how things stand

TO_THE_AGENCY = frozenset({Tier.OFFICERS, Tier.HEAD})


@dataclass(frozen=True, slots=True)
class Tally:
    """One milestone and period over its active debtors; each stands in exactly one of the tuples."""

    on_time: tuple[Standing, ...]
    late: tuple[Standing, ...]
    declared: tuple[Standing, ...]  # waiting for an operator's word: never listed as missing
    ahead: tuple[Standing, ...]  # still before the date in force
    missing: tuple[Standing, ...]  # unsettled past `due_at`
    exempt: tuple[Standing, ...]  # outside the total

    @property
    def sent(self) -> int:
        """How many have sent."""
        return len(self.on_time) + len(self.late)

    @property
    def total(self) -> int:
        """How many owe it, the exempt left out."""
        return self.sent + len(self.declared) + len(self.ahead) + len(self.missing)

    @property
    def extended(self) -> int:
        """How many are still before a date granted to them alone."""
        return sum(s.extended_to is not None and s.term.cause is not TermCause.SUPPLEMENT for s in self.ahead)

    @property
    def supplementing(self) -> int:
        """How many were asked for a supplement that is not yet due."""
        return sum(standing.term.cause is TermCause.SUPPLEMENT for standing in self.ahead)


def _place(standing: Standing, now: datetime) -> str:
    if standing.exempt:
        return "exempt"
    if standing.settlement is not None:
        return "on_time" if standing.settlement.on_time else "late"
    if standing.declared_until is not None and local_day(now) <= standing.declared_until:
        return "declared"
    return "missing" if now >= standing.term.deadline.due_at else "ahead"


def tally(milestone: tuple[str, str, str], snapshot: Snapshot, now: datetime) -> Tally:
    """Count one (plan, milestone, period) over the agencies active on the day of `now`, in protocol order."""
    register = snapshot.rules.register
    places: dict[str, list[Standing]] = {name: [] for name in Tally.__dataclass_fields__}
    by_agency = {key.agency: standing for key, standing in snapshot.standings.items() if key[:3] == milestone}
    for id_ in register.in_order(by_agency):
        if id_ in register.by_id and register.by_id[id_].is_active(local_day(now)):
            places[_place(by_agency[id_], now)].append(by_agency[id_])
    return Tally(**{name: tuple(standings) for name, standings in places.items()})


def known_to(plan: Plan, deadline: Deadline, snapshot: Snapshot, day: date, now: datetime) -> datetime | None:
    """Return the mark a letter of `day` may rest on: past the deadline one that covers it, before it a fresh one."""
    mark = snapshot.marks.get(plan.collector)
    if mark is None or mark > now:
        return None
    if mark >= deadline.due_at:
        return mark
    fresh = snapshot.rules.office.shift(day, -FRESH) <= local_day(mark)
    return mark if fresh and day <= deadline.last_day else None


def _holds(letter: SentLetter, key: ObligationKey, snapshot: Snapshot) -> bool:
    notice = snapshot.rules.ladder(key).notice
    return any(item.obligation == key and (notice is None or item.step != notice.id) for item in letter.items)


def reminder_days(
    key: ObligationKey, snapshot: Snapshot, before: date, tiers: Collection[Tier] = (Tier.OFFICERS,)
) -> list[date]:
    """Return the days before `before` on which reminders about an obligation reached `tiers`, thông báo left out.

    So a letter never counts itself, nor what was accepted of it on its day by another road or in an earlier version.
    """
    accepted = [
        letter.accepted_at
        for letter in snapshot.history.about.get(key, ())
        if letter.accepted_at is not None
        and local_day(letter.accepted_at) < before
        and letter.tier in tiers
        and _holds(letter, key, snapshot)
    ]
    return [local_day(instant) for instant in sorted(accepted)]


def reached_by_overdue(key: ObligationKey, snapshot: Snapshot) -> bool:
    """Say whether a letter of level 3 about the obligation was accepted."""
    return any(
        letter.accepted_at is not None and level >= Level.OVERDUE
        for letter in snapshot.history.about.get(key, ())
        if letter.tier is Tier.OFFICERS
        for item, level in letter.levels.items()
        if item.obligation == key
    )
