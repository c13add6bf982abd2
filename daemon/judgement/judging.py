"""Judges one obligation at one instant: for each tier the step in force, and why anything else is not.

Nothing here knows of other obligations; grouping into letters is `composing`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from daemon.clock import at, local_day
from daemon.domain.ladders import When
from daemon.domain.letters import Decision, ItemKey, SentLetter
from daemon.domain.obligations import ObligationKey, Standing
from daemon.domain.words import Level, Outcome, Reason, Tier
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.steps import Planned, ladder_has_passed, planned_steps


@dataclass
class Past:
    """What letters past mean for one obligation.

    `used`: steps held by a letter somebody has, may have, or could not be given. `waiting`: steps in letters that
    only wait, with the letter's id. `reached`: some letter counts. `level_3_on`: by term, the first day on which
    a level-3 letter was accepted.
    """

    used: set[ItemKey] = field(default_factory=set)
    waiting: dict[ItemKey, str] = field(default_factory=dict)
    reached: bool = False
    level_3_on: dict[int, date] = field(default_factory=dict)


NO_PAST = Past()


def past_by_obligation(letters: Iterable[SentLetter]) -> Mapping[ObligationKey, Past]:
    """Return what letters past mean, by obligation."""
    found: dict[ObligationKey, Past] = defaultdict(Past)
    for letter in letters:
        for key in letter.items:
            past = found[key.obligation]
            if letter.replaceable:
                past.waiting[key] = letter.id
            else:
                past.used.add(key)
                past.reached = past.reached or letter.counts
            if letter.accepted_at is not None and letter.levels[key] is Level.OVERDUE:
                day = local_day(letter.accepted_at)
                past.level_3_on[key.term] = min(day, past.level_3_on.get(key.term, day))
    return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step in force that no letter holds for good.

    `level` is as it would really be sent. `hold` says why it may not go, `until` when that is looked at again.
    `waiting_in` names a waiting letter that holds it already. `crossed`: it goes without a mark.
    """

    planned: Planned
    standing: Standing
    level: Level
    first: bool
    hold: Reason | None = None
    until: datetime | None = None
    waiting_in: str | None = None
    crossed: bool = False

    @property
    def key(self) -> ItemKey:
        """The step's key."""
        return self.planned.key

    @property
    def before_deadline(self) -> bool:
        """Say whether the step belongs before or on the last day."""
        return self.planned.step.when.when is not When.AFTER


@dataclass(frozen=True, slots=True)
class Judged:
    """One obligation judged: candidates (one per tier at most) and what was decided of every other step."""

    candidates: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]


class Judge:
    """Judges obligations against one Rulebook; keeps the planned steps it has worked out."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self._planned: dict[tuple[object, ...], tuple[Planned, ...]] = {}
        self._before_start: dict[tuple[object, ...], bool] = {}

    def planned(self, standing: Standing, *, first_letter: bool) -> tuple[Planned, ...]:
        """Return the steps of the term in force."""
        key = standing.key
        cache_key = (key, standing.term, standing.first_known_at, first_letter)
        if cache_key not in self._planned:
            self._planned[cache_key] = planned_steps(
                standing,
                self.rules.plan(key),
                self.rules.ladder(key),
                self.rules.sending_days(key.agency),
                first_letter=first_letter,
            )
        return self._planned[cache_key]

    def is_before_start(self, standing: Standing) -> bool:
        """Say whether the ladder had passed before the obligation was first known."""
        key = standing.key
        cache_key = (key, standing.term, standing.first_known_at, standing.approved_start_at)
        if cache_key not in self._before_start:
            days = self.rules.sending_days(key.agency)
            self._before_start[cache_key] = ladder_has_passed(standing, self.rules.ladder(key), days)
        return self._before_start[cache_key]

    def judge(self, standing: Standing, past: Past, snapshot: Snapshot, now: datetime) -> Judged:
        """Return what `now` asks of one obligation."""
        first_letter = standing.term.n == 1 and not past.reached
        candidates: list[Candidate] = []
        decisions: list[Decision] = []
        today = local_day(now)
        planned = [p for p in self.planned(standing, first_letter=first_letter) if p.day <= today]
        for tier in Tier:
            come = [p for p in planned if p.key.tier is tier]
            in_force = _in_force(come, past, now)
            for step in come:
                if step is in_force:
                    candidates.append(self._candidate(step, standing, past, snapshot, now))
                elif step.key not in past.used and step.moment <= now:
                    decisions.append(_passed_over(step, come, now))
        nothing = self._nothing_owed(standing, today)
        if nothing is not None:
            outcome = Outcome.PASS_OVER if nothing is Reason.BEFORE_START else Outcome.NOTHING
            decisions += [
                Decision(c.key, outcome, nothing, c.planned.moment) for c in candidates if c.planned.moment <= now
            ]
            candidates = []
        return Judged(tuple(candidates), tuple(decisions))

    def _nothing_owed(self, standing: Standing, today: date) -> Reason | None:
        ends = self.rules.plan(standing.key).ends
        if standing.exempt:
            return Reason.EXEMPT
        if standing.settlement is not None:
            return Reason.SETTLED
        if ends is not None and today > ends:
            return Reason.CLOSED
        return Reason.BEFORE_START if self.is_before_start(standing) else None

    def _candidate(
        self, planned: Planned, standing: Standing, past: Past, snapshot: Snapshot, now: datetime
    ) -> Candidate:
        first = standing.term.n == 1 and not past.reached and planned.key.tier is Tier.OFFICERS
        level = Level.NOTICE if first else planned.step.level
        today = local_day(now)
        crossed = False
        hold = _silence(standing, today)
        if hold is None and planned.step.level >= Level.HEAD:
            hold = self._waits_level_3(standing, past, today)
        if hold is None and planned.step.level >= Level.OVERDUE and not self._marked(standing, snapshot):
            crossed = planned.step.level is Level.OVERDUE and self._mark_overdue(planned, snapshot, today)
            hold = None if crossed else Reason.WAITS_MARK
        return Candidate(
            planned, standing, level, first, hold, waiting_in=past.waiting.get(planned.key), crossed=crossed
        )

    def _marked(self, standing: Standing, snapshot: Snapshot) -> bool:
        mark = snapshot.marks.get(self.rules.plan(standing.key).collector)
        return mark is not None and mark >= standing.term.deadline.due_at

    def _mark_overdue(self, planned: Planned, snapshot: Snapshot, today: date) -> bool:
        """One working day after the first composition missed, a level-3 item goes without the mark."""
        missed = snapshot.history.missed_at.get(planned.key)
        return missed is not None and today >= self.rules.office.shift(local_day(missed), 1)

    def _waits_level_3(self, standing: Standing, past: Past, today: date) -> Reason | None:
        accepted_on = past.level_3_on.get(standing.term.n)
        calendar = self.rules.calendar(standing.key.agency)
        ready = accepted_on is not None and calendar.shift(accepted_on, 1) <= today
        return None if ready else Reason.WAITS_LEVEL_3


def _in_force(come: list[Planned], past: Past, now: datetime) -> Planned | None:
    """The latest step of the tier that is still of use, if nothing later was sent."""
    for planned in reversed(come):
        if planned.key in past.used:
            return None
        if planned.never is None and planned.is_useful(now):
            return planned
    return None


def _passed_over(planned: Planned, come: list[Planned], now: datetime) -> Decision:
    before = planned.step.when.when is not When.AFTER
    if planned.never is not None:
        reason = planned.never
    elif any(later.day > planned.day for later in come):
        reason = Reason.LATER_STEP
    elif before and planned.ends_at is not None and now >= planned.ends_at:
        reason = Reason.PAST_DUE
    else:
        reason = Reason.NO_LONGER_USEFUL
    return Decision(planned.key, Outcome.PASS_OVER, reason, planned.moment)


def _silence(standing: Standing, today: date) -> Reason | None:
    reasons = (
        (standing.declared_until, Reason.DECLARED),
        (standing.promised_on, Reason.PROMISED),
        (standing.muted_until, Reason.MUTED),
        (standing.paused_until, Reason.PAUSED),
    )
    return next((reason for day, reason in reasons if day is not None and today <= day), None)

