"""When a letter that waits for a road stops waiting, and which road it takes instead.

For a paused one it waits a day at most, and no more than a quarter of the time in which it is of use; where that would
leave it no hour to be sent in, it does not wait at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.clock import local_day
from daemon.domain.letters import Letter
from daemon.judgement.dispatching import Road, fallback_roads, hours_of
from daemon.judgement.rulebook import Rulebook

LONGEST = timedelta(days=1)
SHARE = 4


@dataclass(frozen=True, slots=True)
class Detour:
    """What becomes of a letter: these roads are given up, those are opened."""

    given_up: tuple[Road, ...]
    opened: tuple[Road, ...]


def gives_way(letter: Letter, since: datetime, expires_at: datetime | None, rules: Rulebook, now: datetime) -> bool:
    """Say whether a letter that has waited for a paused road since `since` is to leave by another now."""
    hours = hours_of(letter, rules)
    if hours.next_from(rules, now) > now:
        return False
    patience = LONGEST if expires_at is None else min(LONGEST, (expires_at - since) / SHARE)
    until = hours.next_from(rules, since + patience)
    return now >= until or (expires_at is not None and until >= expires_at)


def comes_too_late(letter: Letter, at: datetime, expires_at: datetime | None, rules: Rulebook, now: datetime) -> bool:
    """Say whether a far side that takes a letter again only `at` an hour is not waited for: another road may be open.

    It is waited for until the letter is of no more use; one that always is, a day, and till the next sending hour.
    """
    if expires_at is not None:
        return at >= expires_at
    return at > hours_of(letter, rules).next_from(rules, now + LONGEST)


def detour(
    letter: Letter,
    waiting: Sequence[Road],
    tried: Collection[Road],
    carries: Callable[[Road], bool],
    rules: Rulebook,
    now: datetime,
) -> Detour | None:
    """Return the way round for a letter of which `waiting` are on paused roads; None if no working road is left.

    `tried`: every road it has, those that wait among them. Who is given another channel gives up the one that waits;
    where the office mailbox stands in, all the addressees do. Whoever else waits goes on waiting for his own.
    """
    roads = fallback_roads(letter, tried, rules, local_day(now))
    opened = [road for road in roads if carries(road)]
    if roads and not opened:  # the other channels are paused too: the office mailbox may not be
        opened = [road for road in fallback_roads(letter, {*tried, *roads}, rules, local_day(now)) if carries(road)]
    if not opened:
        return None
    to = {person for people in letter.to.values() for person in people}
    served = {person for person, _ in opened}
    leaving = served if served <= to else to
    return Detour(tuple(road for road in waiting if road[0] in leaving), tuple(opened))
