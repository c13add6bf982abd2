"""Everything the files say, as one frozen value: plans, register, ladders, calendars, sending hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property

from daemon.domain.ladders import Ladder
from daemon.domain.obligations import ObligationKey
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency, Register
from daemon.domain.words import Channel, Voice
from daemon.judgement.calendars import Calendar, SendingDays, Window

DEFAULT_WINDOWS = (Window(time(8, 30), time(11, 30)), Window(time(13, 30), time(16, 30)))


@dataclass(frozen=True)
class Rulebook:
    """One validated generation of the files. `own` holds the calendars of agencies that have their own."""

    plans: tuple[Plan, ...]
    register: Register
    ladders: Mapping[str, Ladder]
    office: Calendar
    own: Mapping[str, Calendar] = field(default_factory=dict)
    windows: tuple[Window, ...] = DEFAULT_WINDOWS

    @cached_property
    def plan_by_id(self) -> Mapping[str, Plan]:
        """Plans by id."""
        return {plan.id: plan for plan in self.plans}

    @cached_property
    def _sending_days(self) -> dict[str, SendingDays]:
        return {}

    def plan(self, key: ObligationKey) -> Plan:
        """Return the plan of an obligation."""
        return self.plan_by_id[key.plan]

    def milestone(self, key: ObligationKey) -> Milestone:
        """Return the milestone of an obligation."""
        return self.plan_by_id[key.plan].by_id[key.milestone]

    def agency(self, id_: str) -> Agency:
        """Return an agency by id."""
        return self.register.by_id[id_]

    def ladder(self, key: ObligationKey) -> Ladder:
        """Return the ladder by which an obligation is chased: the milestone's own, else the plan's."""
        return self.ladders[self.milestone(key).ladder or self.plan(key).ladder]

    def calendar(self, agency: str) -> Calendar:
        """Return the calendar on which an agency's days are counted: its own, else the office's."""
        own = self.agency(agency).calendar
        return self.own[own] if own else self.office

    def sending_days(self, agency: str) -> SendingDays:
        """Return when letters to an agency may leave."""
        if agency not in self._sending_days:
            self._sending_days[agency] = SendingDays(self.office, self.calendar(agency), self.windows)
        return self._sending_days[agency]

    def voice(self, plan: Plan, agency: str) -> Voice:
        """Return how a plan's collector addresses an agency; to itself it speaks inwardly."""
        return Voice.INTERNAL if agency == plan.collector else self.agency(agency).voice

    def roads(self, agency: str, asked: frozenset[Channel]) -> frozenset[Channel]:
        """Return the channels of `asked` that an agency allows."""
        return self.agency(agency).narrowed(asked)

    def dated(self) -> Iterator[tuple[Plan, Milestone]]:
        """Yield every dated milestone of every active plan, in file order."""
        for plan in self.plans:
            if plan.active:
                yield from ((plan, milestone) for milestone in plan.milestones if milestone.dated)
