"""A ladder: ordered steps, each saying when, how hard, to whom and by which road."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cached_property

from daemon.domain.words import Channel, Level, Role, Tier, Unit


class When(StrEnum):
    """Which side of the deadline a step lies on."""

    ISSUED = "issued"  # khi phát hành
    BEFORE = "before"  # trước n ngày
    ON = "on"  # đúng ngày
    AFTER = "after"  # sau n ngày


@dataclass(frozen=True, slots=True)
class Offset:
    """`n` days of `unit` before or after the last day; 0 for ISSUED and ON."""

    when: When
    n: int = 0
    unit: Unit = Unit.WORKING_DAY


@dataclass(frozen=True, slots=True)
class Step:
    """One rung. `every` is the repeat in working days, `at_most` counts all occurrences from the planned first.

    `useful_for` is in sending days, the step's own the first; None: the default of `design.md` §4.
    """

    id: str
    when: Offset
    level: Level
    to: tuple[Role, ...]
    cc: tuple[Role, ...] = ()
    channels: frozenset[Channel] | None = None  # None: the ladder's
    at: time | None = None  # None: the ladder's
    every: int | None = None
    at_most: int = 1
    useful_for: int | None = None
    approval: bool = False
    draft: str | None = None  # du-thao: a paper drafted for signature

    @property
    def tier(self) -> Tier:
        """The tier this step speaks to, by its first recipients."""
        if Role.COLLECTOR_HEAD in self.to:
            return Tier.COLLECTOR
        return Tier.HEAD if Role.HEAD in self.to else Tier.OFFICERS


@dataclass(frozen=True)
class Ladder:
    """An ordered list of steps; `at` is the hour at which a step's moment comes."""

    id: str
    at: time
    steps: tuple[Step, ...]
    channels: frozenset[Channel] = frozenset({Channel.EMAIL})

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """Steps by id."""
        return {step.id: step for step in self.steps}

    @cached_property
    def rank(self) -> Mapping[str, int]:
        """Position of each step; the greater is the lower in the ladder."""
        return {step.id: index for index, step in enumerate(self.steps)}

    @cached_property
    def notice(self) -> Step | None:
        """The step sent at issue (`thong-bao`), whose recipients every first letter takes."""
        return next((step for step in self.steps if step.when.when is When.ISSUED), None)

    @cached_property
    def overdue(self) -> Step | None:
        """The first level-3 step (`qua-han`), whose text a first letter after the deadline takes."""
        return next((step for step in self.steps if step.level is Level.OVERDUE), None)

    def hour(self, step: Step) -> time:
        """Return the hour at which `step` comes."""
        return step.at or self.at

    def roads(self, step: Step) -> frozenset[Channel]:
        """Return the channels `step` asks for."""
        return step.channels or self.channels
