"""Letters: what was decided, what is composed, and what the outbox says has become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Channel, LetterKind, Level, Outcome, Reason, Tier


class ItemKey(NamedTuple):
    """What the database refuses a second time: one step of one obligation, term and tier."""

    obligation: ObligationKey
    term: int
    step: str
    occurrence: int
    tier: Tier

    def __str__(self) -> str:
        return f"{self.obligation}#{self.term}:{self.step}:{self.occurrence}:{self.tier}"

    @classmethod
    def parse(cls, text: str) -> ItemKey:
        """Read back what `str` wrote; ValueError if it did not."""
        obligation, _, rest = text.partition("#")
        term, step, occurrence, tier = rest.split(":")
        plan, milestone, period, agency = obligation.split("/")
        key = ObligationKey(plan, milestone, period, agency)
        return cls(key, int(term), step, int(occurrence), Tier(tier))


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one step, and why. `until`: when a hold is looked at again, if known."""

    key: ItemKey
    outcome: Outcome
    reason: Reason
    moment: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One obligation's place in a letter.

    `level` is as really sent (a first letter counts 1). `wording` is the step whose text it takes.
    `first`: the first letter on the obligation. `crossed`: sent without a mark, with the crossed-letters sentence.
    """

    key: ItemKey
    level: Level
    reason: Reason
    deadline: Deadline
    wording: str
    first: bool = False
    crossed: bool = False
    waits_for: frozenset[str] = frozenset()  # "mark", "approval"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to compose: one per addressed agency, tier and sending day (level 5: and milestone).

    `to` and `cc` map a channel to recipient ids (person ids, or an agency's office id), in order.
    `useful_until`: when the last of its items is no longer of use (None: not before it is settled).
    """

    kind: LetterKind
    agency: str
    tier: Tier
    day: date
    send_at: datetime
    level: Level
    items: tuple[LetterItem, ...]
    to: Mapping[Channel, tuple[str, ...]]
    cc: Mapping[Channel, tuple[str, ...]]
    approval: bool = False
    milestone: tuple[str, str, str] | None = None  # (plan, milestone, period) of a level-5 letter
    replaces: tuple[str, ...] = ()  # ids of waiting letters this one takes the place of
    useful_until: datetime | None = None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """What must be said before it leaves: the union over its items, sorted."""
        return tuple(sorted(frozenset().union(*(item.waits_for for item in self.items))))


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A reminder the outbox knows, withdrawn ones left out.

    `live`: held, pending, sending or unknown. `in_flight`: a delivery of it is sending or unknown. `held`: one waits
    for a person.
    `accepted_at`: first acceptance of any of its deliveries. Neither live nor accepted: it reached nobody.
    """

    id: str
    agency: str
    tier: Tier
    day: date
    level: Level
    items: tuple[ItemKey, ...]
    levels: Mapping[ItemKey, Level]
    live: bool
    in_flight: bool = False
    accepted_at: datetime | None = None
    milestone: tuple[str, str, str] | None = None
    held: bool = False

    @property
    def replaceable(self) -> bool:
        """Say whether it only waits: nobody can have it, so a newer letter may take its place."""
        return self.live and not self.in_flight and self.accepted_at is None

    @property
    def counts(self) -> bool:
        """Say whether somebody has it or may come to have it."""
        return self.live or self.accepted_at is not None


@dataclass(frozen=True)
class History:
    """What judgement must know of letters past.

    `missed_at`: when a level-3 item first missed a composition for want of a mark.
    `composed_at`: by day, the last instant at which a step hour of that day was worked through.
    """

    letters: tuple[SentLetter, ...] = ()
    missed_at: Mapping[ItemKey, datetime] = field(default_factory=dict)
    composed_at: Mapping[date, datetime] = field(default_factory=dict)

    @cached_property
    def about(self) -> Mapping[ObligationKey, tuple[SentLetter, ...]]:
        """The letters that hold each obligation, in the order of `letters`."""
        found: dict[ObligationKey, list[SentLetter]] = {}
        for letter in self.letters:
            for obligation in dict.fromkeys(item.obligation for item in letter.items):
                found.setdefault(obligation, []).append(letter)
        return {obligation: tuple(letters) for obligation, letters in found.items()}


class DeliveryKey(NamedTuple):
    """What names a delivery: one version of one letter to one person by one channel."""

    letter: str
    version: int
    person: str
    channel: Channel
