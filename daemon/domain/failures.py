"""What did not get through as meant: channels that carry nothing, letters nobody got, templates that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daemon.domain.letters import ItemKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier

SILENT_FOR = timedelta(minutes=30)
"""How long a server may let nobody in before its road counts as paused: shorter is a hiccup nobody need know of."""
TRIED_FOR = timedelta(minutes=15)
"""How long it must have been tried in vain: one letter that failed before the night says nothing of the night."""

GAVE_WAY = "the road is paused; another takes the letter"
"""What the ledger says of a letter that waited for a paused road and was taken off it."""


@dataclass(frozen=True, slots=True)
class ChannelPause:
    """A road that is paused, or was: `over_at` is when it carried a letter again. `route` names its server or app.

    `reason` is English and holds no address; `told_at`: when a person was last told of it. `silent`: nobody refused
    us, but no letter came as far as being named; it is a pause only once that has lasted `SILENT_FOR`, and was tried
    in vain `TRIED_FOR` at least. `failed_at`: when it failed again last, None if it has failed but once.
    """

    channel: Channel
    route: str
    since: datetime
    reason: str
    code: str | None
    probe_at: datetime
    told_at: datetime | None = None
    over_at: datetime | None = None
    silent: bool = False
    failed_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether the road is paused at `now`."""
        if self.over_at is not None or not self.silent:
            return self.over_at is None and now >= self.since
        tried = self.failed_at is not None and self.failed_at - self.since >= TRIED_FOR
        return tried and now - self.since >= SILENT_FOR


@dataclass(frozen=True, slots=True)
class Road:
    """One delivery of a letter that ended without reaching anybody; `code` is the far side's ("550 5.1.1")."""

    person: str
    channel: Channel
    state: DeliveryState
    version: int
    attempts: int
    ended_at: datetime
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter nobody got, with no road left that is still being tried; `roads` are the last try of each.

    `plans` are those it speaks of; empty where none is named.
    """

    id: str
    kind: LetterKind
    agency: str
    tier: Tier
    level: Level
    day: date
    plans: frozenset[str]
    items: tuple[ItemKey, ...]
    roads: tuple[Road, ...]

    @property
    def died_at(self) -> datetime:
        """When its last road ended."""
        return max(road.ended_at for road in self.roads)


@dataclass(frozen=True, slots=True)
class Unreached:
    """An addressee who did not get a letter that others of his agency have; `road` is the last that failed him.

    `since`: when he first missed one on the same `plans`, counted from the last letter that reached him.
    """

    letter: str
    agency: str
    person: str
    plans: frozenset[str]
    road: Road
    since: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What did not get through and cannot be told by letter: people, and the addresses to mend (whose, since when)."""

    people: tuple[Unreached, ...] = ()
    addresses: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Alarmed:
    """A note out of turn to a collector's operator: a channel that stopped, or letters that nobody got.

    With `channel`: its `route` is paused since `since` (until `until`, if over) for `detail` (English, no address)
    while `waiting` letters waited; `silent`: it could not be reached. With `letters`: their ids.
    """

    collector: str
    channel: Channel | None = None
    since: datetime | None = None
    until: datetime | None = None
    code: str | None = None
    detail: str | None = None
    waiting: int | None = None
    letters: tuple[str, ...] = ()
    route: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Retried:
    """Somebody asked for one more try: of a letter nobody got (as `version`), or of a channel that is paused."""

    letter: str | None = None
    version: int | None = None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class TemplateFailed:
    """A template failed when a letter's bytes were frozen: the plain letter left in its place.

    `fault` is Vietnamese: file:line: why.
    """

    letter: str
    agency: str
    fault: str
