"""Whose a failure is, the letter's own or its road's: (this try, what became of the tries before it) -> a word.

One answer does not tell a wrong address from a server that knows us no more; what becomes of others' letters does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daemon.domain.failures import SILENT_FOR
from daemon.domain.words import Channel
from daemon.judgement.calendars import ONE_DAY


class Fault(StrEnum):
    """How a letter failed, where that alone does not say whose fault it is."""

    STOPPED = "stopped"  # in words that mean every letter
    DENIED = "denied"  # in words that mean this recipient or every one
    DEFERRED = "deferred"  # for a while, after the recipient was named


class Blame(StrEnum):
    """Whose a failure is."""

    LETTER = "letter"
    ROAD = "road"
    OPEN = "open"  # nobody can tell yet


@dataclass(frozen=True, slots=True)
class Trial:
    """How one try by a road ended: when, to whom, of which `party`, in the outbox's word, with the far side's code."""

    at: datetime
    person: str
    party: str
    outcome: str
    code: str | None = None

    @property
    def passed(self) -> bool:
        """Say whether it was accepted."""
        return self.outcome == "sent"


def party(channel: Channel, address: str | None, person: str) -> str:
    """Return whom an answer may be about besides the recipient himself: of a mailbox its domain, else nobody."""
    if channel is Channel.EMAIL and address is not None:
        return address.rpartition("@")[2].lower()
    return person


def blame(fault: Fault, this: Trial, before: Iterable[Trial]) -> Blame:
    """Return whose a failure is; `before` are the earlier tries by the same road, the latest first.

    Others have passed since this person first failed so: it is the letter's, of what is meant for every letter once he
    has met it for a day. The last letter to another party failed in the same way, and nothing has passed since: it is
    the road's. What was denied to one party alone, with nobody to compare it with for `SILENT_FOR`, is that party's.
    """
    if fault is Fault.DEFERRED:
        last = next((one for one in before if one.party != this.party), None)
        return Blame.ROAD if last is not None and last.outcome == "temporary" else Blame.OPEN
    first = last = None
    passed = since = False
    for one in before:
        if one.party != this.party:
            last = last or one
        if one.person != this.person:
            passed = passed or one.passed
        elif one.passed:
            break
        elif one.code == this.code:
            first, since = one, passed
    if first is not None and since:
        # A quota may be used up time and again, each time under another letter.
        waits = fault is Fault.STOPPED and this.at - first.at < ONE_DAY
        return Blame.OPEN if waits else Blame.LETTER
    if fault is Fault.STOPPED or (last is not None and not last.passed and last.code == this.code):
        return Blame.ROAD
    return Blame.LETTER if first is not None and this.at - first.at >= SILENT_FOR else Blame.OPEN
