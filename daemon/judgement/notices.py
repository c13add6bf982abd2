"""Which receipts and notices the record owes an agency: one for each entry that says something to it.

They are level-triggered like reminders: an entry that stands and has no letter yet gets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.entries import Accepted, Body, Declared, Entry, Extended, Nothing, PlanChanged, Received, Returned
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import LetterKind, Level, Role, Tier
from daemon.judgement.recipients import once, recipients
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot

KINDS: dict[type[Body], LetterKind] = {
    Received: LetterKind.RECEIPT,
    Accepted: LetterKind.RECEIPT,
    Nothing: LetterKind.RECEIPT,
    Declared: LetterKind.NOTICE,
    Returned: LetterKind.NOTICE,
    Extended: LetterKind.NOTICE,
    PlanChanged: LetterKind.NOTICE,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter to one obligation's agency about one ledger entry, `source`."""

    letter: Letter
    source: Entry
    subject: ObligationKey


def owed_notices(
    entries: Iterable[Entry], have: AbstractSet[tuple[LetterKind, int, str]], snapshot: Snapshot, now: datetime
) -> Sequence[Notice]:
    """Return the notices not yet composed: to the focal officer, copy to the office mailbox, in the next hours.

    `have`: (kind, ledger seq, agency) of those composed before. An amended date is told to all who still owe.
    """
    return [
        _notice(entry, subject, kind, snapshot.rules, now)
        for entry in entries
        if (kind := KINDS.get(type(entry.body))) is not None
        for subject in _told(entry, snapshot)
        if (kind, entry.seq, subject.agency) not in have
    ]


def _told(entry: Entry, snapshot: Snapshot) -> list[ObligationKey]:
    """The obligations whose agencies an entry says something to; none of what the files no longer hold."""
    body = entry.body
    if isinstance(body, PlanChanged):
        moved = (body.plan, body.milestone, body.period)
        return [
            key
            for key, standing in snapshot.standings.items()
            if key[:3] == moved and standing.settlement is None and not standing.exempt
        ]
    return [entry.subject] if entry.subject is not None and entry.subject in snapshot.standings else []


def _notice(entry: Entry, subject: ObligationKey, kind: LetterKind, rules: Rulebook, now: datetime) -> Notice:
    send_at = rules.sending_days(subject.agency).next_from(now, soft=True, morning=False)
    day = local_day(send_at)
    agency, roads = rules.agency(subject.agency), rules.ladder(subject).channels
    to, cc = once(
        recipients(agency, [(Role.FOCAL, roads)], day), recipients(agency, [(Role.OFFICE, roads)], day), rules
    )
    letter = Letter(
        kind=kind,
        agency=subject.agency,
        tier=Tier.OFFICERS,
        day=day,
        send_at=send_at,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc=cc,
    )
    return Notice(letter, entry, subject)
