"""What leaves on the next sending day: the operator is told the afternoon before, while it can still be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from daemon.clock import at, end_of, local_day
from daemon.domain.entries import Approved, Entry
from daemon.domain.letters import ItemKey, Letter, SentLetter
from daemon.domain.words import Channel, LetterKind, Level, Role, Tier
from daemon.judgement.flood import Expected, held_back
from daemon.judgement.recipients import contact_of, recipients
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot

GRACE = timedelta(minutes=90)
"""How long after its hour the note is still worth writing: 15:30 gives until 17:00."""


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """What concerns one collector's operator on `day`, if nothing is entered before.

    `leaving` go by themselves. `unmarked` hold the items that also go if the record is said to be complete in time,
    `unapproved` go if somebody approves. `surprising` will be held as more than anybody foresaw, unless a preview with
    them is approved before. `waiting`, `held` and `unforeseen` were composed before: the first go, the others wait,
    for an approval or because they were more than anybody foresaw.
    """

    day: date
    leaving: tuple[Letter, ...] = ()
    unmarked: tuple[Letter, ...] = ()
    unapproved: tuple[Letter, ...] = ()
    surprising: tuple[Letter, ...] = ()
    waiting: tuple[SentLetter, ...] = ()
    held: tuple[SentLetter, ...] = ()
    unforeseen: tuple[SentLetter, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is something to tell: a letter that only goes on waiting for an approval is told by day."""
        return bool(self.foreseen or self.waiting or self.unforeseen)

    @property
    def letters(self) -> int:
        """How many letters it comes to if everything is marked and approved."""
        named = {(letter.agency, letter.tier, letter.milestone, letter.send_at) for letter in self.foreseen}
        return len(named) + len(self.composed)

    @property
    def agencies(self) -> int:
        """How many agencies they go to."""
        return len({letter.agency for letter in self.foreseen} | {letter.agency for letter in self.composed})

    @property
    def foreseen(self) -> tuple[Letter, ...]:
        """Those still to be composed; one of which only a part waits is there in parts."""
        return (*self.leaving, *self.unmarked, *self.unapproved, *self.surprising)

    @property
    def composed(self) -> tuple[SentLetter, ...]:
        """Those composed before."""
        return (*self.waiting, *self.held, *self.unforeseen)

    @property
    def send_at(self) -> datetime | None:
        """When the first of them leaves; None if there are only letters composed before."""
        return min((letter.send_at for letter in self.foreseen), default=None)


def is_due(rules: Rulebook, now: datetime, hour: time) -> bool:
    """Say whether the note is to be written now: on a working day, from its hour on and not much later."""
    today = local_day(now)
    return rules.office.is_working(today) and at(today, hour) <= now < at(today, hour) + GRACE


def tomorrow(snapshot: Snapshot, entries: Sequence[Entry], collector: str, today: date, expected: Expected) -> Tomorrow:
    """Return what is foreseen for the working day after `today`; `entries` is the ledger.

    What will be held back is judged over every collector's letters, as composition will: of those that need no mark
    without one, of the others with it. A period that begins on that day is first met on it, and so has no letter yet.
    """
    rules = snapshot.rules
    day = rules.office.shift(today, 1)
    everything = rehearse(snapshot, at(day), end_of(day))
    as_marked = rehearse(snapshot, at(day), end_of(day), marked=False)
    certain = {key for letter in as_marked for key in _keys(letter)}
    kept = _kept_back(as_marked, expected) | (_kept_back(everything, expected) - certain)
    foreseen = [letter for letter in everything if is_of(_keys(letter), collector, rules)]
    replaced = {id_ for letter in foreseen for id_ in letter.replaces}
    before = [letter for letter in _waiting(snapshot, collector) if letter.id not in replaced]
    held = [letter for letter in awaiting_approval(snapshot, entries, collector) if letter in before]
    plain = [letter for letter in foreseen if not letter.approval]
    return Tomorrow(
        day=day,
        leaving=tuple(_holding(plain, lambda key: key in certain - kept)),
        unmarked=tuple(_holding(plain, lambda key: key not in certain | kept)),
        unapproved=tuple(letter for letter in foreseen if letter.approval),
        surprising=tuple(_holding(plain, lambda key: key in kept)),
        waiting=tuple(letter for letter in before if letter not in held and not letter.held),
        held=tuple(held),
        unforeseen=tuple(letter for letter in before if letter not in held and letter.held),
    )


def awaiting_approval(snapshot: Snapshot, entries: Sequence[Entry], collector: str) -> list[SentLetter]:
    """Return a collector's letters that only a person's approval lets go, the oldest first."""
    approved = {entry.body.letter for entry in entries if isinstance(entry.body, Approved)}
    waiting = _waiting(snapshot, collector)
    return [letter for letter in waiting if letter.id not in approved and _needs_approval(letter, snapshot)]


def tomorrow_note(told: Tomorrow, rules: Rulebook, collector: str, now: datetime) -> Letter | None:
    """Return the note to the operator, of use until the first letter leaves; None without letters or reader."""
    today = local_day(now)
    to = operator(rules, collector, today)
    if not told or not to:
        return None
    return Letter(
        kind=LetterKind.NOTE,
        agency=collector,
        tier=Tier.OFFICERS,
        day=today,
        send_at=now,
        level=Level.NOTICE,
        items=(),
        to=to,
        cc={},
        useful_until=told.send_at or at(told.day, rules.windows[0].opens),
    )


def operator(rules: Rulebook, collector: str, day: date) -> dict[Channel, tuple[str, ...]]:
    """Return whom a collector's notes go to: the first plan's contact in office, else its focal officer."""
    plans = [plan for plan in rules.plans if plan.active and plan.collector == collector]
    for plan in plans:
        if found := contact_of(plan, rules, rules.ladders[plan.ladder].channels, day):
            return found
    return recipients(rules.agency(collector), [(Role.FOCAL, frozenset({Channel.EMAIL}))], day)


def _waiting(snapshot: Snapshot, collector: str) -> list[SentLetter]:
    """Letters that were composed and have not left, about something that is still owed."""
    return [
        letter
        for letter in snapshot.history.letters
        if letter.replaceable and _is_owed(letter, snapshot) and is_of(letter.items, collector, snapshot.rules)
    ]


def _kept_back(letters: Iterable[Letter], expected: Expected) -> frozenset[ItemKey]:
    """The items of the letters that composition will hold; those of one composition leave at one instant."""
    compositions = [list(together) for _, together in groupby(letters, lambda letter: letter.send_at)]
    held = (letters[n] for letters in compositions for n in held_back(letters, expected))
    return frozenset(key for letter in held for key in _keys(letter))


def _keys(letter: Letter) -> list[ItemKey]:
    return [item.key for item in letter.items]


def is_of(keys: Iterable[ItemKey], collector: str, rules: Rulebook) -> bool:
    """Say whether one of these items is of a plan of `collector`."""
    plans = (rules.plan_by_id.get(key.obligation.plan) for key in keys)
    return any(plan is not None and plan.collector == collector for plan in plans)


def _is_owed(letter: SentLetter, snapshot: Snapshot) -> bool:
    standings = ((key, snapshot.standings.get(key.obligation)) for key in letter.items)
    return any(s is not None and s.settlement is None and not s.exempt and s.term.n == key.term for key, s in standings)


def _needs_approval(letter: SentLetter, snapshot: Snapshot) -> bool:
    followed = [key for key in letter.items if key.obligation in snapshot.standings]
    steps = [snapshot.rules.ladder(key.obligation).by_id.get(key.step) for key in followed]
    return any(step is not None and step.approval for step in steps)


def _holding(letters: Iterable[Letter], wanted: Callable[[ItemKey], bool]) -> Iterator[Letter]:
    """The letters with only the items wanted, those without any left out."""
    for letter in letters:
        items = tuple(item for item in letter.items if wanted(item.key))
        if items:
            yield replace(letter, items=items)
