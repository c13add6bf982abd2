"""Failures that cannot wait for tomorrow's note: whom to tell, by which road, and when - once, not one per letter.

A channel that stopped is told at once, by a channel that has not; another cause of it is news, `APART` from the first.
Letters nobody got are told together: when the outbox has come to rest or `PATIENCE` after the first, and then not again
within `APART`. Nothing is told at night, and each collector by itself: what another heard does not count for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daemon.clock import local_day
from daemon.domain.entries import Entry
from daemon.domain.failures import Alarmed, ChannelPause, DeadLetter, Unreached
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey, Standing
from daemon.domain.words import Channel, LetterKind, Level, Role, Tier
from daemon.judgement.recipients import ByChannel, contact_of, once, recipients
from daemon.judgement.rulebook import Rulebook

PATIENCE = timedelta(minutes=10)
APART = timedelta(hours=1)

Carries = Callable[[str, Channel], bool]
"""(person, channel) -> whether that road is set up and not paused."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A note to compose now, and the entry that says what it tells."""

    letter: Letter
    body: Alarmed


@dataclass(frozen=True, slots=True)
class Failures:
    """What does not get through: `pauses` running, or over and untold; letters nobody got.

    `at_work`: letters are being handed over, more may fail in a moment.
    """

    pauses: Sequence[ChannelPause] = ()
    dead: Sequence[DeadLetter] = ()
    at_work: bool = False


def owed_alarms(
    failures: Failures, entries: Iterable[Entry], rules: Rulebook, carries: Carries, now: datetime
) -> list[Alarm]:
    """Return the notes to compose at `now`; `entries` is the ledger. How many letters wait is for the caller to add.

    A collector whose operator no road reaches has none: what it should say is told when one is back.
    """
    told = [(entry.recorded_at, entry.body) for entry in entries if isinstance(entry.body, Alarmed)]
    found: list[Alarm] = []
    for collector in collectors(rules):
        if not rules.sending_days(collector).allows(now, soft=True, morning=False):
            continue
        to = operators(collector, rules, carries, local_day(now))
        heard = [(at, alarm) for at, alarm in told if alarm.collector == collector]
        bodies = [_stopped(pause, collector) for pause in failures.pauses if _is_news(pause, heard, now)]
        letters = _to_tell(failures, told, collector, rules, now)
        bodies += [Alarmed(collector, letters=letters)] if letters else []
        found += [Alarm(note_out_of_turn(collector, to, now), body) for body in bodies if to]
    return found


def collectors(rules: Rulebook) -> list[str]:
    """Return the collectors of the plans followed, in file order."""
    return list(dict.fromkeys(plan.collector for plan in rules.plans if plan.active))


def operators(collector: str, rules: Rulebook, carries: Carries, day: date) -> ByChannel:
    """Return who keeps a collector's record, by one channel that carries: a plan's contact, else its focal officers.

    It is the first channel the people have and allow, whatever the ladder asks; the office mailbox comes last.
    """
    contacts = [
        contact_of(plan, rules, frozenset(Channel), day)
        for plan in rules.plans
        if plan.active and plan.collector == collector
    ]
    agency = rules.agency(collector)
    officers, _ = once(recipients(agency, [(Role.FOCAL, frozenset(Channel))], day), {}, rules)
    office: ByChannel = {Channel.EMAIL: (agency.office_id,)} if agency.office_email else {}
    for to in (*contacts, officers, office):
        for channel, ids in to.items():
            if reached := tuple(id_ for id_ in ids if carries(id_, channel)):
                return {channel: reached}
    return {}


def untold(dead: Iterable[DeadLetter], told: Collection[tuple[datetime, Alarmed]]) -> list[DeadLetter]:
    """Return the dead letters no alarm has named since they died. A dead note is never told of by a note."""
    return [
        letter
        for letter in dead
        if letter.kind is not LetterKind.NOTE
        and not any(at >= letter.died_at and letter.id in alarm.letters for at, alarm in told)
    ]


def is_moot(letter: DeadLetter, standings: Mapping[ObligationKey, Standing]) -> bool:
    """Say whether a reminder asks for nothing any more: its documents have come, or are not owed; nobody need know."""
    if letter.kind is not LetterKind.REMINDER or not letter.items:
        return False
    owed = [standings.get(item.obligation) for item in letter.items]
    return all(one is None or one.settlement is not None or one.exempt for one in owed)


def is_of(letter: DeadLetter | Unreached, collector: str, rules: Rulebook) -> bool:
    """Say whether a letter is of a plan of `collector`; one that names no plan followed is everybody's."""
    of = {rules.plan_by_id[plan].collector for plan in letter.plans if plan in rules.plan_by_id}
    return not of or collector in of


def _is_news(pause: ChannelPause, heard: Iterable[tuple[datetime, Alarmed]], now: datetime) -> bool:
    """Whether a pause is unknown to a collector that `heard` so much; one that goes on is told again each day.

    A server that was out of reach and now refuses us asks for another person's work. A short silence is no pause.
    """
    known = [(at, one.silent) for at, one in heard if (one.route, one.since) == (pause.route, pause.since)]
    if not known:
        return pause.over_at is not None or pause.holds(now)
    at, silent = known[-1]
    other = silent != pause.silent and now - at >= APART
    return pause.holds(now) and (other or local_day(at) < local_day(now))


def _stopped(pause: ChannelPause, collector: str) -> Alarmed:
    return Alarmed(
        collector,
        pause.channel,
        pause.since,
        pause.over_at,
        code=pause.code,
        detail=pause.reason,
        route=pause.route,
        silent=pause.silent,
    )


def _to_tell(
    failures: Failures, told: Collection[tuple[datetime, Alarmed]], collector: str, rules: Rulebook, now: datetime
) -> tuple[str, ...]:
    mine = [letter for letter in untold(failures.dead, told) if is_of(letter, collector, rules)]
    before = [at for at, alarm in told if alarm.collector == collector and alarm.letters]
    if not mine or (before and now - max(before) < APART):
        return ()
    if failures.at_work and now - min(letter.died_at for letter in mine) < PATIENCE:
        return ()
    rank = rules.register.order
    mine.sort(key=lambda letter: (rank.get(letter.agency, len(rank)), letter.day, letter.id))
    return tuple(letter.id for letter in mine)


def note_out_of_turn(collector: str, to: ByChannel, now: datetime) -> Letter:
    """Return the letter by which a collector's operator is told now."""
    return Letter(
        kind=LetterKind.NOTE,
        agency=collector,
        tier=Tier.OFFICERS,
        day=local_day(now),
        send_at=now,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc={},
    )
