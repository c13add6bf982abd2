"""Whatever plan, calendar, record and outage is drawn, no letter breaks a rule and the size of a tick changes none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from daemon.clock import end_of, local, local_day
from daemon.domain.entries import (
    Approved,
    Body,
    Declared,
    Exempted,
    Extended,
    Muted,
    Nothing,
    Paused,
    Promised,
    Received,
    Returned,
    Voided,
)
from daemon.domain.ladders import When
from daemon.domain.words import Level, Return, Tier
from daemon.judgement.rehearsal import instants

if TYPE_CHECKING:
    from daemon.domain.letters import Letter
    from tests.unit.conftest import Build, World

DEBTORS = ("so-tu-phap", "so-noi-vu")
MILESTONES = ("bao-cao", "ho-so-cham-diem")
DAYS = [f"{day}/10" for day in range(3, 32)] + [f"{day}/11" for day in range(1, 9)]
WEEKDAYS = [day for n, day in enumerate(DAYS) if n % 7 < 5]
SATURDAYS = DAYS[5::7]

days = st.sampled_from(DAYS)


def some(pool: list[str], n: int) -> st.SearchStrategy[list[str]]:
    """Draw at most `n` different days."""
    return st.lists(st.sampled_from(pool), max_size=n, unique=True)


@dataclass(frozen=True)
class Act:
    """One entry: what, when, on which obligation, with which day in it."""

    kind: str
    recorded_at: str
    milestone: str
    agency: str
    until: str


acts = st.builds(
    Act,
    st.sampled_from(
        ["received", "nothing", "exempted", "declared", "promised", "muted", "paused", "extended", "bo-sung",
         "chua-hop-le", "mark", "mark", "mark", "voided", "approved"]
    ),
    st.builds("{} {}".format, days, st.sampled_from(["07:00", "12:00", "17:00"])),
    st.sampled_from(MILESTONES),
    st.sampled_from(DEBTORS),
    days,
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Everything that makes a world; `asleep` are days without a tick, `deaf` days on which nothing is accepted."""

    due: tuple[tuple[str, str], ...]
    known: str
    office: dict[str, list[str]]
    own: list[str]
    hours: list[time]
    acts: list[Act]
    asleep: list[str]
    deaf: list[str]

    def world(self, build: Build) -> World:
        """Build the world before its first day."""
        world = build(DEBTORS, MILESTONES, own={"off": " ".join(self.own)}).known(f"{self.known} 10:00")
        world.on_calendar(**{key: " ".join(value) for key, value in self.office.items()})
        for milestone, (last_day, clock) in zip(MILESTONES, self.due, strict=True):
            world.due(milestone, last_day, clock)
        ladders = {}
        for id_, ladder in world.rules.ladders.items():
            hours = self.hours * len(ladder.steps)
            steps = tuple(replace(step, at=hour) for step, hour in zip(ladder.steps, hours, strict=False))
            ladders[id_] = replace(ladder, steps=steps)
        world.rules = replace(world.rules, ladders=ladders)
        for act in sorted(self.acts, key=lambda a: world.on(a.recorded_at)):
            about = None if act.kind in ("paused", "voided") else world.key(act.milestone, act.agency)
            if act.kind == "mark":
                world.mark(act.recorded_at, act.recorded_at)
            else:
                world.record(act.recorded_at, self.body(world, act), about)
        return world

    def body(self, world: World, act: Act) -> Body:
        """Return the body of one entry."""
        until = world.day(act.until)
        bodies: dict[str, Body] = {
            "received": Received("1/BC"),
            "nothing": Nothing("2/BC"),
            "exempted": Exempted("QĐ", "PCT"),
            "declared": Declared(),
            "promised": Promised(until),
            "muted": Muted(until, ""),
            "paused": Paused(until, ""),
            "extended": Extended("", end_of(until), until, "CV", "PCT"),
            "bo-sung": Returned(Return.SUPPLEMENT, "", until),
            "chua-hop-le": Returned(Return.INVALID, ""),
            "approved": Approved(name="A"),
            "voided": Voided(max(1, len(world.entries)), ""),
        }
        return bodies[act.kind]

    def live(self, build: Build, ticks: str) -> tuple[World, list[tuple[datetime, Letter]]]:
        """Live through it all, looking `ticks` so often."""
        world = self.world(build)
        found = []
        for day in DAYS:
            if day in self.asleep:
                continue
            for now in moments(world, day, ticks):
                found += [(now, letter) for letter in world.step(now, accept=day not in self.deaf)]
            if day not in self.deaf:
                world.accept_waiting(f"{day} 16:00")
        return world, found


def moments(world: World, day: str, ticks: str) -> list[datetime]:
    """Return a day's looks: at step and opening hours, or every quarter of an hour or hour of the day's work."""
    first = world.on(day)
    if ticks == "hours":
        return list(instants(world.rules, first, first + timedelta(days=1)))
    if not world.rules.office.is_working(world.day(day)):
        return []
    every = timedelta(minutes=15) if ticks == "quarters" else timedelta(hours=1)
    return [first + timedelta(hours=8) + every * n for n in range(timedelta(hours=9) // every)]


drawn = st.builds(
    Drawn,
    due=st.tuples(*[st.tuples(st.sampled_from(DAYS[7:27]), st.sampled_from(["", "", "10:00", "14:00"]))] * 2),
    known=st.sampled_from(["12/9", "20/9", "3/10", "12/10", "21/10", "28/10"]),
    office=st.fixed_dictionaries({"off": some(WEEKDAYS, 3), "worked": some(SATURDAYS, 1), "quiet": some(WEEKDAYS, 3)}),
    own=some(WEEKDAYS, 3),
    hours=st.lists(st.sampled_from([time(7), time(8, 30), time(8, 30), time(9), time(14)]), min_size=1, max_size=3),
    acts=st.lists(acts, max_size=8),
    asleep=some(DAYS, 8),
    deaf=some(DAYS, 4),
)
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(shared, max_examples=40)
@given(drawn)
def test_no_letter_breaks_a_rule(build: Build, drawn: Drawn) -> None:
    """Every letter left on a day and at an hour it may, alone, to somebody who owes, with its turn come."""
    world, found = drawn.live(build, "hours")
    event(f"{min(len(found) // 5 * 5, 30)} letters or more")
    for now, letter in found:
        keeps_the_calendar(world, now, letter)
        keeps_the_record(world, now, letter)
    in_order(world, [letter for _, letter in found])


def keeps_the_calendar(world: World, now: datetime, letter: Letter) -> None:
    """Working days in both offices, sending hours, mornings for levels 3 to 5, softness on quiet days."""
    days, clock = world.rules.sending_days(letter.agency), local(now).time()
    assert letter.day == local_day(now)
    assert world.rules.office.is_working(letter.day)
    assert days.own.is_working(letter.day)
    assert any(w.opens <= clock < w.closes for w in world.rules.windows)
    if letter.level >= Level.OVERDUE:
        assert clock < world.rules.windows[0].closes
    if days.office.is_quiet(letter.day) or days.own.is_quiet(letter.day):
        steps = [world.rules.ladder(i.key.obligation).by_id[i.key.step] for i in letter.items]
        assert all(
            item.level is Level.NOTICE or step.when.when is When.ON
            for item, step in zip(letter.items, steps, strict=True)
        )


def keeps_the_record(world: World, now: datetime, letter: Letter) -> None:
    """Nobody who has sent, is exempt, has promised or is muted; nothing of before the deadline after it; the mark."""
    snapshot = world.snapshot(now)
    for item in letter.items:
        standing = snapshot.standings[item.key.obligation]
        step = world.rules.ladder(item.key.obligation).by_id[item.key.step]
        assert (standing.settlement, standing.exempt) == (None, False)
        silent = (standing.declared_until, standing.promised_on, standing.muted_until, standing.paused_until)
        assert all(day is None or day < letter.day for day in silent)
        assert item.key.term == standing.term.n
        if step.when.when is not When.AFTER:
            assert now < standing.term.deadline.due_at
        if step.level >= Level.OVERDUE and not item.crossed:
            assert snapshot.marks["so-noi-vu"] >= standing.term.deadline.due_at


def in_order(world: World, letters: list[Letter]) -> None:
    """One letter a day and tier, no step twice, the first letter soft, heads and leaders after level 3."""
    accepted = [(sent.accepted_at, sent) for sent in world.letters if sent.accepted_at is not None]
    assert set(Counter((x.agency, x.tier, x.day, x.milestone) for x in letters).values()) <= {1}
    assert set(Counter((s.agency, s.tier, local_day(on), s.milestone) for on, s in accepted).values()) <= {1}
    assert set(Counter(key for _, sent in accepted for key in sent.items).values()) <= {1}
    for accepted_at, sent in accepted:
        for key in sent.items:
            before = [(on, k, s) for on, s in accepted if on < accepted_at for k in s.items]
            about = [(on, k, s.levels[k]) for on, k, s in before if k.obligation == key.obligation]
            if key.term == 1 and not about:
                assert sent.levels[key] is Level.NOTICE
            if key.tier is not Tier.OFFICERS:
                pressed = [on for on, k, level in about if k.term == key.term and level is Level.OVERDUE]
                assert any(local_day(on) < sent.day for on in pressed)


@settings(shared, max_examples=4)
@given(drawn)
def test_the_size_of_a_tick_changes_nothing(build: Build, drawn: Drawn) -> None:
    """Looking at step hours, every quarter of an hour or every hour sends the same to the same on the same days."""
    told = [
        {(x.day, x.agency, x.tier, x.milestone): (x.items, x.to, x.cc) for _, x in drawn.live(build, ticks)[1]}
        for ticks in ("hours", "quarters", "each hour")
    ]
    assert told[0] == told[1] == told[2]
