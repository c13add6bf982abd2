"""Groups candidates into letters: one per agency, tier and sending day; level 5 one per milestone and day.

A letter is composed at the day's first step hour from all steps of that day. What arises later waits for the
next sending day, unless that would pass its deadline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from daemon.clock import at, local_day
from daemon.domain.ladders import Ladder, When
from daemon.domain.letters import Decision, Letter, LetterItem, SentLetter
from daemon.domain.words import Channel, LetterKind, Level, Outcome, Reason, Role, Tier
from daemon.judgement.calendars import ONE_DAY, SendingDays
from daemon.judgement.judging import Candidate
from daemon.judgement.recipients import ByChannel, addressee, contact_of, leaders_over, once, recipients, together
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot

GAP = 2  # an officers' step waits for the second working day after the agency's last reminder (design.md §4)

Group = tuple[str, Tier, tuple[str, str, str] | None]


@dataclass
class Composed:
    """The letters to enqueue and what was decided of every candidate."""

    letters: list[Letter] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def compose(candidates: Iterable[Candidate], snapshot: Snapshot, now: datetime) -> Composed:
    """Return the letters that leave at `now` and why every other candidate does not."""
    rules = snapshot.rules
    groups: dict[Group, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        key = candidate.key
        milestone = key.obligation[:3] if key.tier is Tier.COLLECTOR else None
        groups[addressee(rules.plan(key.obligation), key, rules), key.tier, milestone].append(candidate)
    if not groups:
        return Composed()
    letters_of: dict[Group, list[SentLetter]] = defaultdict(list)
    for letter in snapshot.history.letters:
        letters_of[letter.agency, letter.tier, letter.milestone].append(letter)
    composed = Composed()
    for group, members in groups.items():
        _Composition(group, members, letters_of[group], snapshot, now).run(composed)
    composed.letters.sort(key=lambda letter: (rules.register.order[letter.agency], letter.tier))
    return composed


class _Composition:
    """One group at one instant."""

    def __init__(
        self, group: Group, members: list[Candidate], letters: list[SentLetter], snapshot: Snapshot, now: datetime
    ) -> None:
        self.agency, self.tier, self.milestone = group
        self.members = members
        self.letters = letters
        self.snapshot = snapshot
        self.rules: Rulebook = snapshot.rules
        self.now = now
        self.today: date = local_day(now)
        self.days: SendingDays = self.rules.sending_days(self.agency)
        self.hour: datetime = min(self._hour(member) for member in members)

    def run(self, composed: Composed) -> None:
        if self.now < self.hour:
            return
        ready: list[Candidate] = []
        for member in self.members:
            hold = self._hold(member)
            if hold is None:
                ready.append(member)
            elif member.waiting_in is None:
                composed.decisions.append(self._held(member, hold))
        new = [member for member in ready if member.waiting_in is None]
        new = self._after_the_hour(new, composed)
        new = self._after_the_gap(new, ready, composed)
        if not new:
            return
        items = new + [member for member in ready if member.waiting_in is not None]
        letter = self._letter(items)
        composed.letters.append(letter)
        composed.decisions += [
            Decision(item.key, Outcome.SEND, item.reason, member.planned.moment)
            for item, member in zip(letter.items, self._in_order(items), strict=True)
        ]

    def _hour(self, member: Candidate) -> datetime:
        """From when on it is composed today; carried from an hour after which nothing leaves, at the opening."""
        windows = self.days.windows[:1] if _morning_only(member) else self.days.windows
        carried = member.planned.day < self.today and windows[-1].closes <= member.planned.hour
        return at(self.today, windows[0].opens if carried else member.planned.hour)

    def _may_leave(self, member: Candidate) -> bool:
        return self.days.allows(self.now, soft=member.planned.soft, morning=_morning_only(member))

    def _hold(self, member: Candidate) -> Reason | None:
        if member.hold is Reason.WAITS_MARK:
            # A composition counts as missed only where it could have taken place.
            known = member.key in self.snapshot.history.missed_at
            return member.hold if known or self._may_leave(member) else self._closed(member)
        if member.hold is not None:
            return member.hold
        if self._may_leave(member):
            return None
        return Reason.WAITS_MARK if member.crossed else self._closed(member)

    def _closed(self, member: Candidate) -> Reason:
        open_today = self.days.is_open(self.today, soft=member.planned.soft)
        return Reason.WAITS_HOUR if open_today else Reason.WAITS_SENDING_DAY

    def _held(self, member: Candidate, reason: Reason, until: datetime | None = None) -> Decision:
        return Decision(member.key, Outcome.HOLD, reason, member.planned.moment, until)

    def _leaves_at(self, day: date, member: Candidate) -> datetime:
        """The first instant at which it could leave if it is not to leave before `day`."""
        soft = member.planned.soft
        hour = at(self.days.first_from(day, soft=soft), member.planned.hour)
        return self.days.next_from(hour, soft=soft, morning=_morning_only(member))

    def _after_the_hour(self, new: list[Candidate], composed: Composed) -> list[Candidate]:
        """Leave to the next sending day what arose after today's composition or found a letter sent today."""
        one_a_day = any(self._is_todays(letter) for letter in self.letters if not letter.replaceable)
        made_at = self.snapshot.history.composed_at.get(self.today)
        made = made_at is not None and made_at >= self.hour
        going: list[Candidate] = []
        for member in new:
            due_at = member.standing.term.deadline.due_at
            next_at = self._leaves_at(self.today + ONE_DAY, member)
            last_chance = member.before_deadline and next_at >= due_at
            if one_a_day or (made and not last_chance):
                composed.decisions.append(self._held(member, Reason.WAITS_NEXT_DAY, next_at))
            else:
                going.append(member)
        return going

    def _is_todays(self, letter: SentLetter) -> bool:
        accepted_on = letter.accepted_at and local_day(letter.accepted_at)
        return self.today in (letter.day, accepted_on)

    def _after_the_gap(self, new: list[Candidate], ready: Sequence[Candidate], composed: Composed) -> list[Candidate]:
        """Hold officers' steps before their deadline back from a reminder just had, unless a letter leaves anyway."""
        gap_until = self._gap_until()
        leaves_anyway = any(member.waiting_in is not None for member in ready)
        if gap_until is None or leaves_anyway or not all(self._is_gapped(m, gap_until) for m in new):
            return new
        composed.decisions += [self._held(m, Reason.GAP, self._leaves_at(gap_until, m)) for m in new]
        return []

    def _gap_until(self) -> date | None:
        if self.tier is not Tier.OFFICERS:
            return None
        reached = [letter for letter in self.letters if letter.counts and not letter.replaceable]
        reminded = [local_day(letter.accepted_at) if letter.accepted_at else letter.day for letter in reached]
        if not reminded:
            return None
        gap_until = self.days.own.shift(max(reminded), GAP)
        return gap_until if gap_until > self.today else None

    def _is_gapped(self, member: Candidate, gap_until: date) -> bool:
        if not member.before_deadline or member.planned.step.when.when is When.ON:
            return False
        return member.planned.is_useful(self._leaves_at(gap_until, member))

    def _in_order(self, items: Iterable[Candidate]) -> list[Candidate]:
        def place(member: Candidate) -> tuple[datetime, int, int, str, int]:
            key = member.key.obligation
            plan = self.rules.plan(key)
            return (
                member.standing.term.deadline.due_at,
                self.rules.plans.index(plan),
                plan.milestones.index(plan.by_id[key.milestone]),
                key.period,
                self.rules.register.order[key.agency],
            )

        return sorted(items, key=place)

    def _in_role(self, member: Candidate, role: Role, roads: frozenset[Channel]) -> ByChannel:
        key = member.key.obligation
        leaders = role is Role.COLLECTOR_HEAD
        agency = leaders_over(self.rules.plan(key), key.agency, self.rules) if leaders else self.agency
        return recipients(self.rules.agency(agency), [(role, roads)], self.today)

    def _letter(self, members: list[Candidate]) -> Letter:
        items = tuple(self._item(member) for member in self._in_order(members))
        to: ByChannel = {}
        cc: ByChannel = {}
        for member in members:
            ladder = self.rules.ladder(member.key.obligation)
            step = ladder.notice if member.first and ladder.notice is not None else member.planned.step
            roads = ladder.roads(step)
            to = together(to, *(self._in_role(member, role, roads) for role in step.to))
            cc = together(cc, *(self._in_role(member, role, roads) for role in step.cc))
            if self.tier is Tier.COLLECTOR:
                cc = together(contact_of(self.rules.plan(member.key.obligation), self.rules, roads, self.today), cc)
        to, cc = once(to, cc, self.rules)
        return Letter(
            kind=LetterKind.REMINDER,
            agency=self.agency,
            tier=self.tier,
            day=self.today,
            send_at=self.now,
            level=max(item.level for item in items),
            items=items,
            to=to,
            cc=cc,
            approval=any(member.planned.step.approval for member in members),
            milestone=self.milestone,
            replaces=tuple(letter.id for letter in self.letters if letter.replaceable),
            useful_until=_useful_until(members),
        )

    def _item(self, member: Candidate) -> LetterItem:
        step = member.planned.step
        waits = {"mark"} if step.level >= Level.OVERDUE else set()
        return LetterItem(
            key=member.key,
            level=member.level,
            reason=self._reason(member),
            deadline=member.standing.term.deadline,
            wording=self._wording(member),
            first=member.first,
            crossed=member.crossed,
            waits_for=frozenset(waits | ({"approval"} if step.approval else set())),
        )

    def _wording(self, member: Candidate) -> str:
        ladder: Ladder = self.rules.ladder(member.key.obligation)
        step = member.planned.step
        if member.first:
            past_due = self.now >= member.standing.term.deadline.due_at
            step = (ladder.overdue if past_due else ladder.notice) or step
        return step.id

    def _reason(self, member: Candidate) -> Reason:
        if member.first:
            return Reason.FIRST_LETTER
        if member.crossed:
            return Reason.CROSSED
        if member.planned.day < self.today:
            return Reason.CATCH_UP
        return Reason.REPEAT if member.key.occurrence > 1 else Reason.STEP_REACHED


def _morning_only(member: Candidate) -> bool:
    return member.level >= Level.OVERDUE


def _useful_until(members: Iterable[Candidate]) -> datetime | None:
    ends = [member.planned.ends_at for member in members]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
