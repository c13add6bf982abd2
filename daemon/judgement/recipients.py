"""Whom a letter reaches: roles become people in office, each by the channels he has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from daemon.domain.letters import ItemKey
from daemon.domain.plans import Plan
from daemon.domain.register import Agency, Person, same_place
from daemon.domain.words import Channel, Role, Tier
from daemon.judgement.rulebook import Rulebook

ByChannel = Mapping[Channel, tuple[str, ...]]


def leaders_over(plan: Plan, debtor: str, rules: Rulebook) -> str:
    """Return the agency whose leaders hear of a debtor: the collector, for its own duties the issuer's office."""
    if debtor == plan.collector and rules.register.issuer_office is not None:
        return rules.register.issuer_office
    return plan.collector


def addressee(plan: Plan, key: ItemKey, rules: Rulebook) -> str:
    """Return the agency a step's letter is addressed to."""
    debtor = key.obligation.agency
    return leaders_over(plan, debtor, rules) if key.tier is Tier.COLLECTOR else debtor


def _address(person: Person, channel: Channel) -> str | None:
    return person.email if channel is Channel.EMAIL else person.zalo


def channels_of(agency: Agency, person: Person, asked: frozenset[Channel]) -> list[Channel]:
    """Return the channels of those asked for by which a person can be written to."""
    allowed = agency.narrowed(asked)
    if person.channels is not None:
        allowed &= person.channels
    return [channel for channel in Channel if channel in allowed and _address(person, channel)]


def _in_role(agency: Agency, role: Role, asked: frozenset[Channel], day: date) -> list[tuple[Channel, str]]:
    """The (channel, id) pairs of a role; an empty role goes to the office mailbox, by e-mail."""
    wanted = Role.HEAD if role is Role.COLLECTOR_HEAD else role
    pairs = [
        (road, person.id) for person in agency.people_in(wanted, day) for road in channels_of(agency, person, asked)
    ]
    if not pairs and agency.office_email:
        return [(Channel.EMAIL, agency.office_id)]
    return pairs


def recipients(
    agency: Agency, roles: Iterable[tuple[Role, frozenset[Channel]]], day: date
) -> dict[Channel, tuple[str, ...]]:
    """Return recipient ids by channel for roles, each with the channels its step asks for; no id twice."""
    found: dict[Channel, dict[str, None]] = {}
    for role, asked in roles:
        for channel, id_ in _in_role(agency, role, asked, day):
            found.setdefault(channel, {})[id_] = None
    return {channel: tuple(found[channel]) for channel in Channel if channel in found}


def together(*several: ByChannel) -> dict[Channel, tuple[str, ...]]:
    """Return recipients joined channel by channel, in order; no id twice."""
    joined = {channel: [id_ for each in several for id_ in each.get(channel, ())] for channel in Channel}
    return {channel: tuple(dict.fromkeys(ids)) for channel, ids in joined.items() if ids}


def once(to: ByChannel, cc: ByChannel, rules: Rulebook) -> tuple[ByChannel, ByChannel]:
    """Return To and Cc with each address once by each channel: the first whose it is keeps it, To before Cc.

    Who has no address by a channel is kept: he may have one when the letter leaves.
    """
    had: set[tuple[Channel, str]] = set()
    return _unserved(to, rules, had), _unserved(cc, rules, had)


def _unserved(people: ByChannel, rules: Rulebook, had: set[tuple[Channel, str]]) -> ByChannel:
    """Those of `people` whose addresses are not in `had`; they are put there."""
    found: dict[Channel, tuple[str, ...]] = {}
    for channel, ids in people.items():
        for id_ in ids:
            place = channel, place_of(rules, id_, channel)
            if place not in had:
                had.add(place)
                found[channel] = (*found.get(channel, ()), id_)
    return found


def contact_of(plan: Plan, rules: Rulebook, asked: frozenset[Channel], day: date) -> dict[Channel, tuple[str, ...]]:
    """Return the plan's contact by the channels he has (copy of a level-5 letter)."""
    if plan.contact is None or plan.contact not in rules.register.person_by_id:
        return {}
    agency, person = rules.register.person_by_id[plan.contact]
    if not person.in_office(day):
        return {}
    return dict.fromkeys(channels_of(agency, person, asked), (person.id,))


def address_of(rules: Rulebook, recipient: str, channel: Channel) -> str | None:
    """Return the address of a recipient id today, None if it has none by that channel."""
    if recipient in rules.register.person_by_id:
        return _address(rules.register.person_by_id[recipient][1], channel)
    for agency in rules.register.agencies:
        if agency.office_id == recipient:
            return agency.office_email if channel is Channel.EMAIL else None
    return None


def place_of(rules: Rulebook, recipient: str, channel: Channel) -> str:
    """Return what a recipient's road has in common with those that end where it does; his id if he has no address."""
    address = address_of(rules, recipient, channel)
    return recipient if address is None else same_place(channel, address)
