"""Asked again when a letter is about to leave: may it leave now, what in it still stands, who else can be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from daemon.clock import local_day
from daemon.domain.ladders import When
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import ObligationKey, Standing
from daemon.domain.register import Person
from daemon.domain.words import Channel, LetterKind, Level, Role, Tier
from daemon.judgement.judging import Judge, silence
from daemon.judgement.recipients import channels_of, place_of
from daemon.judgement.rulebook import Rulebook

Road = tuple[str, Channel]


class Hours(NamedTuple):
    """Which sending hours a letter keeps: whose calendar, soft (also on quiet days), mornings only.

    `free_on`: the day on which it keeps none, a note to the office on its own.
    """

    agency: str
    soft: bool
    morning: bool
    free_on: date | None = None

    def next_from(self, rules: Rulebook, instant: datetime) -> datetime:
        """Return the first instant not before `instant` at which such a letter may leave."""
        if self.free_on == local_day(instant):
            return instant
        return rules.sending_days(self.agency).next_from(instant, soft=self.soft, morning=self.morning)


def hours_of(letter: Letter, rules: Rulebook) -> Hours:
    """Return the sending hours a letter keeps; levels 3 to 5 leave in the morning."""
    reminder = letter.kind is LetterKind.REMINDER
    own_day = letter.day if letter.kind is LetterKind.NOTE else None
    soft = not reminder or all(_is_soft(item.key, item.level, rules) for item in letter.items)
    return Hours(letter.agency, soft, reminder and letter.level >= Level.OVERDUE, own_day)


def next_hour(letter: Letter, rules: Rulebook, now: datetime) -> datetime:
    """Return the first instant not before `now` at which the letter may leave."""
    return hours_of(letter, rules).next_from(rules, now)


def _is_soft(key: ItemKey, level: Level, rules: Rulebook) -> bool:
    if level is Level.NOTICE:
        return True
    if key.obligation.plan not in rules.plan_by_id or key.obligation.milestone not in rules.plan(key.obligation).by_id:
        return False
    step = rules.ladder(key.obligation).by_id.get(key.step)
    return step is not None and step.when.when is When.ON


def closed_items(
    letter: Letter, standings: Mapping[ObligationKey, Standing], judge: Judge, now: datetime
) -> frozenset[ItemKey]:
    """Return the items nobody should be chased for any more: settled, silent, of an older term, or of no more use."""
    return frozenset(
        item.key for item in letter.items if not _stands(item.key, standings.get(item.key.obligation), judge, now)
    )


def _stands(key: ItemKey, standing: Standing | None, judge: Judge, now: datetime) -> bool:
    if standing is None or standing.term.n != key.term:
        return False
    today = local_day(now)
    if judge.nothing_owed(standing, today) is not None or silence(standing, today) is not None:
        return False
    planned = judge.planned(standing, first_letter=False)
    return any(p.key == key and p.is_useful(now) for p in planned)


def next_roads(
    letter: Letter,
    fallen: Collection[str],
    tried: Collection[Road],
    channels: Collection[Channel],
    rules: Rulebook,
    day: date,
) -> list[Road]:
    """Return the next road of each addressee in `fallen`, whoever else has the letter; `channels` are those set up.

    It is his other channels, else the office mailbox, each only if it is not among the roads `tried`. Empty when there
    is none left: then the operator is told.
    """
    found: list[Road] = []
    closed = {(person, channel) for person in fallen for channel in Channel if channel not in channels}
    for person in _addressees(letter):
        if person in fallen:
            found += fallback_roads(letter, {*tried, *closed, *found}, rules, day, among=(person,))
    return [road for road in found if road[1] in channels]


def fallback_roads(
    letter: Letter, tried: Collection[Road], rules: Rulebook, day: date, *, among: Collection[str] | None = None
) -> list[Road]:
    """Return whom to try when none of the addressees (or of those `among` them) could be given the letter.

    It is their other channels, else the office mailbox, else the other channels of officers who read an addressee's
    mailbox; no road ends where one of `tried` does. Empty when there is no road left.
    """
    agency = rules.agency(letter.agency)
    people = [id_ for id_ in _addressees(letter) if among is None or id_ in among]
    known = [rules.register.person_by_id[id_][1] for id_ in people if id_ in rules.register.person_by_id]
    taken = {_end(road, rules) for road in tried}

    def roads_of(some: Iterable[Person]) -> list[Road]:
        found = ((p.id, way) for p in some if p.in_office(day) for way in channels_of(agency, p, frozenset(Channel)))
        untaken: dict[tuple[str, Channel], Road] = {}
        for road in found:
            if (end := _end(road, rules)) not in taken:
                untaken.setdefault(end, road)
        return list(untaken.values())

    others = roads_of(known)
    office = (agency.office_id, Channel.EMAIL)
    if others:
        return others
    if agency.office_email and _end(office, rules) not in taken:
        return [office]
    # One letter goes to a mailbox once, for the first whose it is: it was the others' too.
    mailboxes = {_end((id_, Channel.EMAIL), rules) for id_ in people}
    return roads_of(
        p for p in agency.people if p.role in _readers(letter) and _end((p.id, Channel.EMAIL), rules) in mailboxes
    )


def _addressees(letter: Letter) -> list[str]:
    return list(dict.fromkeys(id_ for ids in letter.to.values() for id_ in ids))


def _readers(letter: Letter) -> tuple[Role, ...]:
    """Whose a mailbox may be besides: what goes to officers is nothing for their head, and the other way round."""
    return (Role.FOCAL, Role.DEPUTY) if letter.tier is Tier.OFFICERS else ()


def _end(road: Road, rules: Rulebook) -> Road:
    """Where a road ends: the same for all who have the address."""
    return place_of(rules, *road), road[1]
