"""Slots of every letter to the office itself, for trying its templates: full ones, and such as have nothing to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from daemon.clock import local_day
from daemon.domain.entries import Entry, Reported
from daemon.domain.letters import Letter
from daemon.domain.words import OfficeLetter
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import Tomorrow
from daemon.rendering.clean import Slot
from daemon.rendering.office import office_context
from daemon.rendering.tomorrow import tomorrow_context


def office_slots(snapshot: Snapshot, letters: Sequence[Letter], collector: str, day: date) -> list[dict[str, Slot]]:
    """Return slots as of the sending hour of the first of `letters`, which are foreseen for `day`."""
    now = letters[0].send_at
    full = Tomorrow(day, tuple(letters[:1]), tuple(letters[1:2]), tuple(letters[2:]))
    found = [
        tomorrow_context(told, snapshot, collector, letter_id="MAU-5", now=now)
        for told in (full, Tomorrow(day), Tomorrow(day, waiting=snapshot.history.letters[:1]))
    ]
    for what in (OfficeLetter.WEEKLY, OfficeLetter.MONTHLY):
        for code in ("7F3A-91C2-0B6E-D418", None):
            body = Reported(what, collector, local_day(now), head=412 if code else None, code=code)
            source = Entry(413, now, "dondoc", None, body)
            found.append(office_context(source, snapshot, (), letter_id="MAU-6", now=now))
    return found
