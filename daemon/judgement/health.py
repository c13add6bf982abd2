"""What is not well, as one list: empty means that the outside may be told all is well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from daemon.domain.entries import Entry
from daemon.domain.failures import Alarmed, ChannelPause, DeadLetter
from daemon.domain.warnings import Failing
from daemon.domain.words import Channel, LetterKind, Matter
from daemon.judgement.alarms import APART, PATIENCE, untold
from daemon.judgement.calendars import ONE_DAY, SendingDays
from daemon.judgement.rulebook import Rulebook

STALE_AFTER = 3
"""Ticks: an engine that has not finished one for longer is not called alive."""


class Ailment(StrEnum):
    """What can be wrong."""

    NO_TICK = "no_tick"  # the engine has not finished a tick for too long
    NO_WRITE = "no_write"  # the database cannot be written
    CHANNEL = "channel"  # a channel is paused
    UNTOLD = "untold"  # nobody got a letter, and nobody could be told
    NOTE = "note"  # a note to an operator reached nobody, and none has since
    LATE_NOTE = "late_note"  # one waits for longer than a day, and none has reached him since
    NEED = "need"  # something the service needs fails until a person mends it


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not well, `since` when if known; `count` letters. `silent`: the far side cannot be reached.

    `matter`: what it is that is needed and fails.
    """

    what: Ailment
    since: datetime | None = None
    channel: Channel | None = None
    code: str | None = None
    detail: str | None = None
    count: int = 0
    route: str | None = None
    silent: bool = False
    matter: Matter | None = None


def troubles(
    pauses: Iterable[ChannelPause],
    dead: Collection[DeadLetter],
    entries: Iterable[Entry],
    reached: Mapping[str, datetime],
    rules: Rulebook,
    now: datetime,
    *,
    late: Collection[tuple[str, datetime]] = (),
    failing: Iterable[Failing] = (),
) -> list[Trouble]:
    """Return what the record shows to be not well at `now`.

    `entries` holds the ledger's alarms; `reached` says by collector when a note last reached it, `late` of each note
    still on its way whose it is and since when; `failing` is what the service needs and does not get.
    """
    found = [
        Trouble(
            Ailment.CHANNEL,
            pause.since,
            pause.channel,
            pause.code,
            pause.reason,
            route=pause.route,
            silent=pause.silent,
        )
        for pause in pauses
        if pause.holds(now)
    ]
    told = [(entry.recorded_at, entry.body) for entry in entries if isinstance(entry.body, Alarmed)]
    unknown = [letter for letter in untold(dead, told) if _should_be_known(letter, rules, now)]
    if unknown:
        found.append(Trouble(Ailment.UNTOLD, min(letter.died_at for letter in unknown), count=len(unknown)))
    notes = [(letter.agency, letter.died_at) for letter in dead if letter.kind is LetterKind.NOTE]
    lost = [at for collector, at in notes if not _made_good(collector, at, reached)]
    if lost:
        found.append(Trouble(Ailment.NOTE, min(lost), count=len(lost)))
    waits = [at for whose, at in late if _waits_too_long(at, rules, now) and not _made_good(whose, at, reached)]
    if waits:
        found.append(Trouble(Ailment.LATE_NOTE, min(waits), count=len(waits)))
    found += [Trouble(Ailment.NEED, one.since, detail=one.detail, matter=one.matter) for one in failing if one.grave]
    return found


def engine_troubles(
    ticked_at: datetime | None, tick: float, now: datetime, *, busy: bool, writable: bool
) -> list[Trouble]:
    """Return what is wrong with the engine itself: `ticked_at` its last finished tick, `tick` seconds between two.

    One that is `busy` handing letters over is alive however long that takes.
    """
    found: list[Trouble] = []
    limit = timedelta(seconds=STALE_AFTER * tick)
    if not busy and (ticked_at is None or now - ticked_at >= limit):
        found.append(Trouble(Ailment.NO_TICK, ticked_at))
    if not writable:
        found.append(Trouble(Ailment.NO_WRITE))
    return found


def _should_be_known(letter: DeadLetter, rules: Rulebook, now: datetime) -> bool:
    """Notes leave in sending hours, at most one an hour: later than that, nobody could be told."""
    days = SendingDays(rules.office, rules.office, rules.windows)
    opens = days.next_from(letter.died_at, soft=True, morning=False)
    latest = days.next_from(opens + APART + PATIENCE, soft=True, morning=False)
    return now - latest >= PATIENCE


def _waits_too_long(since: datetime, rules: Rulebook, now: datetime) -> bool:
    """A day is over, and an hour in which notes leave has begun since: it should have left in that."""
    days = SendingDays(rules.office, rules.office, rules.windows)
    return now >= days.next_from(since + ONE_DAY, soft=True, morning=False) + PATIENCE


def _made_good(collector: str, since: datetime, reached: Mapping[str, datetime]) -> bool:
    """A later note reached the same collector."""
    return collector in reached and reached[collector] > since
