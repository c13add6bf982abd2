"""Judges one obligation at one instant: for each tier the step in force, and why anything else is not.

Nothing here knows of other obligations; grouping into letters is `composing`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, groupby
from typing import NamedTuple

from daemon.clock import local_day
from daemon.domain.ladders import When
from daemon.domain.letters import Decision, ItemKey, SentLetter
from daemon.domain.obligations import ObligationKey, Standing, Term
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

    `level` is as it would really be sent. `hold` says why it may not go.
    `waiting_in` names a waiting letter that holds it already. `crossed`: it goes without a mark.
    """

    planned: Planned
    standing: Standing
    level: Level
    first: bool
    hold: Reason | None = None
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


_NOTHING_YET = Judged((), ())


class _Steps(NamedTuple):
    """The steps of a term, by tier in the order in which they come (tiers without any left out)."""

    term: Term
    first_known_at: datetime
    by_tier: tuple[tuple[Planned, ...], ...]


class Judge:
    """Judges obligations against one Rulebook; keeps for each the steps it has worked out last."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self._steps: dict[tuple[ObligationKey, bool], _Steps] = {}
        self._before_start: dict[ObligationKey, tuple[tuple[Term, datetime, datetime | None], bool]] = {}
        self._past: tuple[tuple[SentLetter, ...], Mapping[ObligationKey, Past]] = (), {}

    def past(self, letters: tuple[SentLetter, ...]) -> Mapping[ObligationKey, Past]:
        """Return what letters past mean, by obligation; worked out once for the same tuple."""
        if self._past[0] is not letters:
            self._past = letters, past_by_obligation(letters)
        return self._past[1]

    def planned(self, standing: Standing, *, first_letter: bool) -> tuple[Planned, ...]:
        """Return the steps of the term in force, by tier."""
        return tuple(chain.from_iterable(self._by_tier(standing, first_letter=first_letter)))

    def _by_tier(self, standing: Standing, *, first_letter: bool) -> tuple[tuple[Planned, ...], ...]:
        key = standing.key
        kept = self._steps.get((key, first_letter))
        # Standings are the same objects from tick to tick; to hash their terms would cost more than to judge them.
        if kept is not None and kept[:2] == (standing.term, standing.first_known_at):
            return kept.by_tier
        plan, ladder = self.rules.plan(key), self.rules.ladder(key)
        planned = planned_steps(standing, plan, ladder, self.rules.sending_days(key.agency), first_letter=first_letter)
        by_tier = tuple(tuple(steps) for _, steps in groupby(planned, lambda one: one.key.tier))
        self._steps[key, first_letter] = _Steps(standing.term, standing.first_known_at, by_tier)
        return by_tier

    def is_before_start(self, standing: Standing) -> bool:
        """Say whether the ladder had passed before the obligation was first known."""
        key = standing.key
        of = (standing.term, standing.first_known_at, standing.approved_start_at)
        kept = self._before_start.get(key)
        if kept is None or kept[0] != of:
            kept = of, ladder_has_passed(standing, self.rules.ladder(key), self.rules.sending_days(key.agency))
            self._before_start[key] = kept
        return kept[1]

    def judge(self, standing: Standing, past: Past, snapshot: Snapshot, now: datetime) -> Judged:
        """Return what `now` asks of one obligation."""
        first_letter = standing.term.n == 1 and not past.reached
        today = local_day(now)
        tiers = [t for t in self._by_tier(standing, first_letter=first_letter) if t[0].day <= today]
        if not tiers:
            return _NOTHING_YET
        candidates: list[Candidate] = []
        decisions: list[Decision] = []
        nothing = self.nothing_owed(standing, today)
        for of_tier in tiers:
            come = [p for p in of_tier if p.day <= today]
            in_force = self._in_force(of_tier, come, past, now)
            unsent = [p for p in come if p.key not in past.used and p.moment <= now]
            if nothing is None:
                if in_force is not None:
                    first = first_letter and in_force.key.tier is Tier.OFFICERS
                    candidates.append(self._candidate(in_force, standing, past, snapshot, now, first=first))
                due_at = standing.term.deadline.due_at
                decisions += [_passed_over(p, come, due_at, now) for p in unsent if p is not in_force]
            elif nothing is Reason.BEFORE_START:
                decisions += [Decision(p.key, Outcome.PASS_OVER, nothing, p.moment) for p in unsent]
            else:
                # What came before keeps the reason it was given when it came.
                decisions += [Decision(p.key, Outcome.NOTHING, nothing, p.moment) for p in unsent if p is in_force]
        return Judged(tuple(candidates), tuple(decisions))

    def nothing_owed(self, standing: Standing, today: date) -> Reason | None:
        """Return why nobody is chased for the obligation, None if it is owed."""
        ends = self.rules.plan(standing.key).ends
        if standing.exempt:
            return Reason.EXEMPT
        if standing.settlement is not None:
            return Reason.SETTLED
        if ends is not None and today > ends:
            return Reason.CLOSED
        return Reason.BEFORE_START if self.is_before_start(standing) else None

    def _in_force(self, of_tier: Sequence[Planned], come: list[Planned], past: Past, now: datetime) -> Planned | None:
        """The latest step of the tier that is still of use, if nothing later was sent."""
        for planned in reversed(come):
            if planned.key in past.used:
                return None
            if planned.never is None and planned.is_useful(now):
                return None if self._was_overtaken(planned, of_tier, past) else planned
        return None

    def _was_overtaken(self, planned: Planned, of_tier: Sequence[Planned], past: Past) -> bool:
        """Say whether a step both lower in the ladder and later was sent, before an edit moved it on again."""
        rank = self.rules.ladder(planned.key.obligation).rank
        place = (rank[planned.step.id], planned.key.occurrence)
        sent = [p for p in of_tier if p.day > planned.day and p.key in past.used]
        return any((rank[p.step.id], p.key.occurrence) > place for p in sent)

    def _candidate(
        self, planned: Planned, standing: Standing, past: Past, snapshot: Snapshot, now: datetime, *, first: bool
    ) -> Candidate:
        level = Level.NOTICE if first else planned.step.level
        today = local_day(now)
        crossed = False
        hold = silence(standing, today)
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


def _passed_over(planned: Planned, come: list[Planned], due_at: datetime, now: datetime) -> Decision:
    before = planned.step.when.when is not When.AFTER
    if planned.never is not None:
        reason = planned.never
    elif any(later.day > planned.day for later in come):
        reason = Reason.LATER_STEP
    elif before and now >= due_at:
        reason = Reason.PAST_DUE
    else:
        reason = Reason.NO_LONGER_USEFUL
    return Decision(planned.key, Outcome.PASS_OVER, reason, planned.moment)


def silence(standing: Standing, today: date) -> Reason | None:
    """Return why letters on the obligation are held through today, None if they are not."""
    reasons = (
        (standing.declared_until, Reason.DECLARED),
        (standing.promised_on, Reason.PROMISED),
        (standing.muted_until, Reason.MUTED),
        (standing.paused_until, Reason.PAUSED),
    )
    return next((reason for day, reason in reasons if day is not None and today <= day), None)
