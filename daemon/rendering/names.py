"""How a body and what it owes are called in short; what the files have lost since keeps its id."""

from __future__ import annotations

from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Channel
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.labels import CHANNEL, ROLE


def agency_name(id_: str, rules: Rulebook) -> str:
    """Return an agency's short name: "Sở Tư pháp"."""
    known = rules.register.by_id.get(id_)
    return known.short_name if known is not None else id_


def task_name(key: ObligationKey, rules: Rulebook) -> str:
    """Return what is owed in a few words: "báo cáo dân vận 2022"."""
    plan = rules.plan_by_id.get(key.plan)
    return plan.by_id[key.milestone].short if plan is not None and key.milestone in plan.by_id else key.milestone


def channel_name(channel: Channel) -> str:
    """Return a channel as it stands within a sentence: "thư điện tử", "Zalo"."""
    return CHANNEL[channel] if channel is Channel.ZALO else CHANNEL[channel].lower()


def role_of(person: str, rules: Rulebook) -> str:
    """Return who a recipient id is within its agency, in a sentence: "đầu mối", "văn thư"; the id if nobody has it."""
    if person in rules.register.person_by_id:
        return ROLE[rules.register.person_by_id[person][1].role].lower()
    offices = {agency.office_id for agency in rules.register.agencies}
    return "văn thư" if person in offices else person
