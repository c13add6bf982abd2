"""Which receipts and notices the record owes an agency: one for each entry that says something to it.

They are level-triggered like reminders: an entry that stands and has no letter yet gets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.entries import Accepted, Body, Declared, Entry, Extended, Nothing, Received, Returned
from daemon.domain.letters import Letter
from daemon.domain.words import LetterKind, Level, Role, Tier
from daemon.judgement.recipients import recipients, without
from daemon.judgement.rulebook import Rulebook

KINDS: dict[type[Body], LetterKind] = {
    Received: LetterKind.RECEIPT,
    Accepted: LetterKind.RECEIPT,
    Nothing: LetterKind.RECEIPT,
    Declared: LetterKind.NOTICE,
    Returned: LetterKind.NOTICE,
    Extended: LetterKind.NOTICE,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter about one ledger entry, `source`."""

    letter: Letter
    source: Entry


def owed_notices(
    entries: Iterable[Entry], have: AbstractSet[tuple[LetterKind, int]], rules: Rulebook, now: datetime
) -> Sequence[Notice]:
    """Return the notices not yet composed: to the focal officer, copy to the office mailbox, in the next hours."""
    return [
        _notice(entry, kind, rules, now)
        for entry in entries
        if (kind := KINDS.get(type(entry.body))) is not None
        and (kind, entry.seq) not in have
        and entry.subject is not None
        and entry.subject.plan in rules.plan_by_id
        and entry.subject.milestone in rules.plan(entry.subject).by_id
        and entry.subject.agency in rules.register.by_id
    ]


def _notice(entry: Entry, kind: LetterKind, rules: Rulebook, now: datetime) -> Notice:
    subject = entry.subject
    assert subject is not None  # only such entries are noticed
    send_at = rules.sending_days(subject.agency).next_from(now, soft=True, morning=False)
    day = local_day(send_at)
    agency, roads = rules.agency(subject.agency), rules.ladder(subject).channels
    to = recipients(agency, [(Role.FOCAL, roads)], day)
    letter = Letter(
        kind=kind,
        agency=subject.agency,
        tier=Tier.OFFICERS,
        day=day,
        send_at=send_at,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc=without(recipients(agency, [(Role.OFFICE, roads)], day), to),
    )
    return Notice(letter, entry)
