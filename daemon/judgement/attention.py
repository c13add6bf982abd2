"""What waits for the operator today: asked once at the day's composition, told in one note.

A letter sent without a mark, a declaration about to lapse and a letter that waits for approval reach a person
(`design.md` §4). What did not get through cannot wait for the morning: `alarms` tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from daemon.clock import local_day
from daemon.domain.entries import Entry
from daemon.domain.failures import TemplateFailed, Undelivered, Unreached
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Channel, LetterKind, Level, Tier
from daemon.judgement.alarms import is_of
from daemon.judgement.recipients import contact_of
from daemon.judgement.snapshot import Snapshot

MONDAY = 0


@dataclass(frozen=True, slots=True)
class Attention:
    """What concerns one collector's operator.

    `held`: agencies whose letter to the head waits for approval: when it is new, and then on Mondays.
    `unmarked`: overdue items that wait for a mark; `crossed`: those sent today without one.
    `lapsing`: declarations whose last day is today.
    `faults`: of templates, for which letters have left in their plain form since the last composition.
    `unreached`: people who missed a letter that others of their agency got; each once, until one reaches him.
    `addresses`: people on the repair list, `new_address` if one has come on it since the last composition.
    """

    held: tuple[str, ...] = ()
    unmarked: tuple[ObligationKey, ...] = ()
    crossed: tuple[ObligationKey, ...] = ()
    lapsing: tuple[ObligationKey, ...] = ()
    faults: tuple[str, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    addresses: tuple[str, ...] = ()
    new_address: bool = False

    def __bool__(self) -> bool:
        waits = self.held or self.unmarked or self.crossed or self.lapsing
        return bool(waits or self.faults or self.unreached or self.new_address)


def attention(
    snapshot: Snapshot, entries: Sequence[Entry], undelivered: Undelivered, collector: str, now: datetime
) -> Attention:
    """Return what waits for the operator of `collector` at `now`; `entries` is the ledger."""
    rules, today = snapshot.rules, local_day(now)
    mine = {key: s for key, s in snapshot.standings.items() if rules.plan(key).collector == collector}
    missed = [key for key in snapshot.history.missed_at if key.obligation in mine and _unmarked(key, snapshot)]
    sent_on = {key: letter.day for letter in snapshot.history.letters for key in letter.items}
    held = [
        letter.agency
        for letter in snapshot.history.letters
        if letter.tier is Tier.HEAD
        and letter.replaceable
        and letter.items[0].obligation in mine
        and (letter.day > _last_told(snapshot, now) or today.weekday() == MONDAY)
    ]
    return Attention(
        held=tuple(rules.register.in_order(set(held))),
        unmarked=_in_order((k for k in missed if k not in sent_on and _owed(k, snapshot)), mine),
        crossed=_in_order((k for k in missed if sent_on.get(k) == today), mine),
        lapsing=tuple(k for k, s in mine.items() if s.declared_until == today and s.settlement is None),
        faults=_faults(snapshot, entries, now),
        unreached=_unreached(snapshot, undelivered, collector, now),
        addresses=tuple(dict.fromkeys(person for person, _ in undelivered.addresses)),
        new_address=any(_is_news(since, snapshot, now) for _, since in undelivered.addresses),
    )


def _last_told(snapshot: Snapshot, now: datetime) -> date:
    """The day of the composition before today's."""
    return max((day for day in snapshot.history.composed_at if day < local_day(now)), default=date.min)


def _in_order(keys: Iterable[ItemKey], mine: Mapping[ObligationKey, object]) -> tuple[ObligationKey, ...]:
    wanted = {key.obligation for key in keys}
    return tuple(key for key in mine if key in wanted)


def _unmarked(key: ItemKey, snapshot: Snapshot) -> bool:
    mark = snapshot.marks.get(snapshot.rules.plan(key.obligation).collector)
    return mark is None or mark < snapshot.standings[key.obligation].term.deadline.due_at


def _owed(key: ItemKey, snapshot: Snapshot) -> bool:
    standing = snapshot.standings[key.obligation]
    return standing.settlement is None and not standing.exempt and standing.term.n == key.term


def _since(snapshot: Snapshot, now: datetime) -> datetime | None:
    """The composition before today's; None if there was none."""
    return max((at for day, at in snapshot.history.composed_at.items() if day < local_day(now)), default=None)


def _faults(snapshot: Snapshot, entries: Sequence[Entry], now: datetime) -> tuple[str, ...]:
    """What is wrong with templates: told to every collector, for all write with the same ones."""
    since = _since(snapshot, now)
    failed = [(e.recorded_at, e.body) for e in entries if isinstance(e.body, TemplateFailed)]
    return tuple(dict.fromkeys(body.fault for at, body in failed if since is None or at > since))


def _is_news(at: datetime, snapshot: Snapshot, now: datetime) -> bool:
    """Whether it came up since the composition before today's; what comes up from today's on is tomorrow's news."""
    since = _since(snapshot, now)
    return (since is None or at >= since) and at < snapshot.history.composed_at.get(local_day(now), now)


def _unreached(snapshot: Snapshot, undelivered: Undelivered, collector: str, now: datetime) -> tuple[Unreached, ...]:
    """Who missed a letter on a plan of this collector for the first time; the last that he missed."""
    news = [one for one in undelivered.people if _is_news(one.since, snapshot, now)]
    return tuple({one.person: one for one in news if is_of(one, collector, snapshot.rules)}.values())


def daily_notes(
    snapshot: Snapshot,
    entries: Sequence[Entry],
    missed: Iterable[ItemKey],
    letters: Iterable[Letter],
    undelivered: Undelivered,
    now: datetime,
) -> list[Letter]:
    """Return the notes to compose with today's letters: one per collector that has something to see to.

    `missed` and `letters` are what this very composition missed for want of a mark, and what it composed.
    """
    known = snapshot.history
    telling = [letter for letter in letters if letter.approval or any(item.crossed for item in letter.items)]
    seen = replace(snapshot, history=replace(known, missed_at={**dict.fromkeys(missed, now), **known.missed_at}))
    found = []
    for collector in dict.fromkeys(plan.collector for plan in snapshot.rules.plans if plan.active):
        fresh = any(_is_of(letter, collector, snapshot) for letter in telling)
        if fresh or attention(seen, entries, undelivered, collector, now):
            found.append(_note(collector, snapshot, now))
    return [note for note in found if note.to]


def _is_of(letter: Letter, collector: str, snapshot: Snapshot) -> bool:
    return any(snapshot.rules.plan(item.key.obligation).collector == collector for item in letter.items)


def _note(collector: str, snapshot: Snapshot, now: datetime) -> Letter:
    rules, today = snapshot.rules, local_day(now)
    plans = [plan for plan in rules.plans if plan.active and plan.collector == collector]
    to: dict[Channel, tuple[str, ...]] = {}
    for plan in plans:
        to = to or contact_of(plan, rules, rules.ladders[plan.ladder].channels, today)
    send_at = rules.sending_days(collector).next_from(now, soft=True, morning=False)
    return Letter(
        kind=LetterKind.NOTE,
        agency=collector,
        tier=Tier.OFFICERS,
        day=local_day(send_at),
        send_at=send_at,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc={},
    )
