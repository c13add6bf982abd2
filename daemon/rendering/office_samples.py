"""Slots of every letter to the office itself, for trying its templates: full ones, and such as have nothing to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from daemon.clock import local_day
from daemon.domain.entries import Reported
from daemon.domain.letters import Letter
from daemon.domain.words import OfficeLetter
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import Tomorrow
from daemon.rendering.clean import Slot
from daemon.rendering.tomorrow import tomorrow_context
from daemon.rendering.weekly import report_context


def office_slots(snapshot: Snapshot, letters: Sequence[Letter], collector: str, day: date) -> list[dict[str, Slot]]:
    """Return slots as of the sending hour of the first of `letters`, which are foreseen for `day`."""
    now = letters[0].send_at
    first, second, rest = tuple(letters[:1]), tuple(letters[1:2]), tuple(letters[2:])
    tellings = (
        Tomorrow(day, first, second, rest),
        Tomorrow(day, surprising=first),
        Tomorrow(day, waiting=snapshot.history.letters[:1]),
        Tomorrow(day),
    )
    found = [tomorrow_context(told, snapshot, collector, letter_id="MAU-5", now=now) for told in tellings]
    for what in (OfficeLetter.WEEKLY, OfficeLetter.MONTHLY):
        for code in ("7F3A-91C2-0B6E-D418", None):
            body = Reported(what, collector, local_day(now), head=412 if code else None, code=code)
            found.append(report_context(body, snapshot, (), letter_id="MAU-6", now=now))
    return found
