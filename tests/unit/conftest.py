"""A small Tây Ninh in Python: plan 1026 with its ladders and calendar, for judging without any file.

Tests reach it through the fixtures `world` and `build`; instants and days are written as people write them
("25/10 08:00", "24/10"), in 2022 and in Vietnam's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from daemon.clock import at, end_of, local_day
from daemon.domain.entries import Body, Entry, Mark
from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.letters import History, Letter, LetterItem, SentLetter
from daemon.domain.obligations import Deadline, Obligation, ObligationKey, Standing
from daemon.domain.plans import Milestone, OnDate, Plan
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Level, Reason, Role, Voice
from daemon.judgement.calendars import Calendar
from daemon.judgement.deciding import Verdict, decide
from daemon.judgement.judging import Judge
from daemon.judgement.rehearsal import composed_through, instants, rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold, marks, standing_entries

PLAN = "1026-kh-ubnd-2022"
COLLECTOR = "so-noi-vu"
FOCAL, DEPUTY, HEAD, OFFICE, LEADERS = Role.FOCAL, Role.DEPUTY, Role.HEAD, Role.OFFICE, Role.COLLECTOR_HEAD


def day_of(text: str) -> date:
    """Return the day of 2022 written d/m."""
    day, month = text.split("/")
    return date(2022, int(month), int(day))


def on(text: str) -> datetime:
    """Return the instant of 2022 written "d/m" (00:00) or "d/m hh:mm", Vietnam's time."""
    day, _, clock = text.partition(" ")
    return at(day_of(day), time.fromisoformat(clock) if clock else time(0, 0))


def calendar_of(off: str = "", worked: str = "", quiet: str = "", id_: str = "chung") -> Calendar:
    """Return the calendar of 2022 with further days off, worked Saturdays and quiet days ("d/m d/m")."""
    given = (f"{OFF_2022} {off}", worked, f"{QUIET_2022} {quiet}")
    days_off, swapped, silent = (frozenset(map(day_of, days.split())) for days in given)
    return Calendar(id_, days_off, swapped, silent, confirmed=frozenset({2022}))


OFF_2022 = "3/1 31/1 1/2 2/2 3/2 4/2 11/4 2/5 3/5 1/9 2/9"  # TB 119/TB-LĐTBXH
QUIET_2022 = "27/1 28/1 7/2"


def _ladder(name: str, head_after: int | None, superior_after: int) -> Ladder:
    steps = [
        Step("thong-bao", Offset(When.ISSUED), Level.NOTICE, (FOCAL,), (OFFICE,)),
        Step("nhac", Offset(When.BEFORE, 15), Level.NOTICE, (FOCAL,)),
        Step("nhac-lai", Offset(When.BEFORE, 7), Level.NOTICE, (FOCAL,)),
        Step("don-doc", Offset(When.BEFORE, 3), Level.PRESS, (FOCAL,), (DEPUTY, OFFICE)),
        Step("han-cuoi", Offset(When.ON), Level.PRESS, (FOCAL,), (DEPUTY,)),
        Step("qua-han", Offset(When.AFTER, 2), Level.OVERDUE, (FOCAL, DEPUTY), (OFFICE,), every=3, at_most=2),
        Step("trinh", Offset(When.AFTER, superior_after), Level.SUPERIOR, (LEADERS,), draft="báo cáo"),
    ]
    if head_after is not None:
        head = Step("thu-truong", Offset(When.AFTER, head_after), Level.HEAD, (HEAD,), (DEPUTY, OFFICE), approval=True)
        steps.insert(6, head)
    return Ladder(name, time(8, 30), tuple(steps))


LADDERS = {
    id_: _ladder(id_, *days) for id_, days in {"chuan": (4, 7), "cham-diem": (3, 4), "noi-bo": (None, 7)}.items()
}
DUE = {"ke-hoach": "31/3", "bao-cao": "24/10", "ho-so-cham-diem": "24/10", "xep-loai": "4/11"}
MILESTONE_LADDER = {"ho-so-cham-diem": "cham-diem", "xep-loai": "noi-bo"}


def _agency(id_: str, calendar: str | None = None) -> Agency:
    roles = {"dau-moi": FOCAL, "phu-trach": DEPUTY, "thu-truong": HEAD}
    people = tuple(Person(f"{id_}-{name}", role, email=f"{name}@{id_}.example") for name, role in roles.items())
    return Agency(
        id_, id_, id_, "so-ban-nganh", Voice.DEPARTMENT, f"Đồng chí Giám đốc {id_}", f"vt@{id_}.example",
        calendar=calendar, people=people,
    )  # fmt: skip


def _milestone(id_: str, debtors: tuple[str, ...]) -> Milestone:
    owing = (COLLECTOR,) if id_ == "xep-loai" else debtors
    due, rule = f"chậm nhất ngày {DUE[id_]}/2022", OnDate(day_of(DUE[id_]), before=False)
    ladder = MILESTONE_LADDER.get(id_)
    return Milestone(id_, f"gửi {id_}", id_, "IV.1", due, rule, owing, "UBND tỉnh", ladder=ladder)


@dataclass
class World:
    """The files, the ledger and the letters past; time is moved by hand.

    `deadlines` overrides the milestones' own; `known_at` overrides `default_known`, obligation by obligation.
    """

    rules: Rulebook
    entries: list[Entry] = field(default_factory=list)
    letters: list[SentLetter] = field(default_factory=list)
    deadlines: dict[str, Deadline] = field(default_factory=dict)
    known_at: dict[ObligationKey, datetime] = field(default_factory=dict)
    history: History = field(default_factory=History)
    default_known: datetime = field(default_factory=lambda: on("25/3 17:00"))
    made: int = 0  # letters ever made: an id is not given twice
    judge: Judge | None = None  # kept between instants, as the daemon keeps it

    on = staticmethod(on)
    day = staticmethod(day_of)

    def key(self, milestone: str = "bao-cao", agency: str = "so-tu-phap") -> ObligationKey:
        """Return the key of an obligation of plan 1026."""
        return ObligationKey(PLAN, milestone, "once", agency)

    def record(self, recorded_at: str, body: Body, subject: ObligationKey | None = None) -> Entry:
        """Enter in the ledger, in order of time, what is recorded at "d/m hh:mm"; it is seen from that instant on."""
        entry = Entry(len(self.entries) + 1, on(recorded_at), "chuyên viên", subject, body)
        in_time = sorted([*self.entries, entry], key=lambda e: e.recorded_at)
        self.entries = [replace(e, seq=seq) for seq, e in enumerate(in_time, start=1)]
        return entry

    def mark(self, recorded_at: str, complete_to: str) -> None:
        """Record that the collector has entered everything that came in up to `complete_to`."""
        self.record(recorded_at, Mark(COLLECTOR, on(complete_to)))

    def known(self, instant: str) -> World:
        """Let every obligation be first known at "d/m hh:mm"."""
        self.default_known = on(instant)
        return self

    def due(self, milestone: str, last_day: str, clock: str = "", opens_on: str = "") -> World:
        """Move a milestone's deadline: to the end of `last_day`, or to `clock` on it."""
        last = day_of(last_day)
        due_at = at(last, time.fromisoformat(clock)) if clock else end_of(last)
        opening = day_of(opens_on) if opens_on else None
        self.deadlines[milestone] = Deadline(due_at, last, hour_precise=bool(clock), opens_on=opening)
        return self

    def on_calendar(self, off: str = "", worked: str = "", quiet: str = "") -> World:
        """Edit the office's calendar: further days off, worked Saturdays, quiet days."""
        self.rules = replace(self.rules, office=calendar_of(off, worked, quiet))
        return self

    def on_ladder(self, *steps: Step, **changes: Any) -> World:
        """Give every milestone the one ladder of these steps."""
        ladder = replace(LADDERS["chuan"], steps=steps or LADDERS["chuan"].steps, **changes)
        self.rules = replace(self.rules, ladders=dict.fromkeys(LADDERS, ladder))
        return self

    def obligations(self) -> list[Obligation]:
        """Return what the plan asks for, before anything was recorded."""
        found = []
        for _, milestone in self.rules.dated():
            assert isinstance(milestone.rule, OnDate)
            deadline = self.deadlines.get(milestone.id, Deadline(end_of(milestone.rule.day), milestone.rule.day))
            for agency in milestone.debtors:
                key = self.key(milestone.id, agency)
                known_at = self.known_at.get(key, self.default_known)
                found.append(Obligation(key, deadline, milestone.judged_by, known_at))
        return found

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        """Return what is known at `now` (None: everything recorded)."""
        kept = standing_entries(self.entries, now)
        standings = fold(self.obligations(), kept, self.rules)
        return Snapshot(self.rules, standings, replace(self.history, letters=tuple(self.letters)), marks(kept))

    def standing(self, milestone: str = "bao-cao", agency: str = "so-tu-phap", *, now: str | None = None) -> Standing:
        """Return one obligation's record, as it stands or as it stood at "d/m hh:mm"."""
        return self.snapshot(on(now) if now else None).standings[self.key(milestone, agency)]

    def decide(self, now: datetime | str) -> Verdict:
        """Return what `now` asks for; nothing is remembered."""
        instant = on(now) if isinstance(now, str) else now
        if self.judge is None or self.judge.rules is not self.rules:
            self.judge = Judge(self.rules)
        return decide(self.snapshot(instant), instant, self.judge)

    def reasons(self, now: str) -> dict[str, Reason]:
        """Return why, by "milestone step" ("#n": the n-th occurrence), of so-tu-phap."""
        decisions = [d for d in self.decide(now).decisions if d.key.obligation.agency == "so-tu-phap"]
        return {f"{d.key.obligation.milestone} {_step(d.key.step, d.key.occurrence)}": d.reason for d in decisions}

    def step(self, now: datetime | str, *, accept: bool = True) -> list[Letter]:
        """Decide, remember the letters (accepted at once, or left waiting) and the composition."""
        now = on(now) if isinstance(now, str) else now
        verdict = self.decide(now)
        for letter in verdict.letters:
            self.made += 1
            self.letters = [kept for kept in self.letters if kept.id not in letter.replaces]
            self.letters.append(self._sent(letter, accepted_at=now if accept else None))
        waiting = {d.key: now for d in verdict.decisions if d.reason is Reason.WAITS_MARK}
        missed = {**waiting, **self.history.missed_at}
        composed = dict(self.history.composed_at)
        if composed_through(self.rules, composed.get(local_day(now)), now):
            composed[local_day(now)] = now
        self.history = replace(self.history, missed_at=missed, composed_at=composed)
        return list(verdict.letters)

    def _sent(self, letter: Letter, *, accepted_at: datetime | None) -> SentLetter:
        levels = {item.key: item.level for item in letter.items}
        return SentLetter(
            f"thu-{self.made}", letter.agency, letter.tier, letter.day, letter.level, tuple(levels), levels,
            live=accepted_at is None, accepted_at=accepted_at, milestone=letter.milestone,
        )  # fmt: skip

    def accept_waiting(self, now: str) -> None:
        """Let every waiting letter be accepted at "d/m hh:mm"."""
        self.letters = [replace(w, live=False, accepted_at=on(now)) if w.replaceable else w for w in self.letters]

    def run(self, start: str, end: str, *, accept: bool = True, every: timedelta | None = None) -> list[Letter]:
        """Step from the first day through the last: at step and opening hours, or `every` so often."""
        first, last = on(start), end_of(day_of(end))
        moments: Iterable[datetime] = instants(self.rules, first, last)
        if every is not None:
            moments = (first + every * n for n in range((last - first) // every))
        return [letter for now in moments for letter in self.step(now, accept=accept)]

    def rehearse(self, start: str, end: str) -> list[Letter]:
        """Return what `preview` shows from the first day through the last."""
        return rehearse(self.snapshot(on(start)), on(start), end_of(day_of(end)))


def _step(step: str, occurrence: int) -> str:
    return step if occurrence == 1 else f"{step}#{occurrence}"


def _item(item: LetterItem) -> str:
    wording = "" if item.wording == item.key.step else f" as {item.wording}"
    crossed = " crossed" if item.crossed else ""
    return f"{item.key.obligation.milestone} {_step(item.key.step, item.key.occurrence)}{wording}{crossed}"


def brief(letter: Letter) -> str:
    """Return a letter in one line: day, agency, tier, level, items."""
    day = f"{letter.day.day}/{letter.day.month}"
    return f"{day} {letter.agency} {letter.tier} {letter.level:d}: {', '.join(map(_item, letter.items))}"


def make_world(
    debtors: Sequence[str] = ("so-tu-phap", COLLECTOR),
    milestones: Sequence[str] = tuple(DUE),
    *,
    own: Mapping[str, str] | None = None,
    agencies: Sequence[Agency] = (),
    ends: date | None = date(2022, 12, 31),
    **plan_changes: Any,
) -> World:
    """Build a world: plan 1026 for these debtors, collected by so-noi-vu, issued 25/3/2022.

    `own` says in what So Tư pháp's own calendar differs; further keywords are fields of the plan.
    """
    ids = dict.fromkeys([*debtors, COLLECTOR, "vp-ubnd"])
    given = {"so-tu-phap": _agency("so-tu-phap", calendar="rieng")} if own is not None else {}
    given |= {agency.id: agency for agency in agencies}
    register = Register(
        (Group("so-ban-nganh", "Sở, ban, ngành"),),
        tuple(given.get(id_) or _agency(id_) for id_ in ids),
        issuer_office="vp-ubnd",
    )
    plan = Plan(
        PLAN, "Kế hoạch", "1026/KH-UBND", "thực hiện công tác dân vận chính quyền năm 2022", date(2022, 3, 25),
        "UBND tỉnh", COLLECTOR, "chuan", tuple(_milestone(m, tuple(debtors)) for m in milestones), ends=ends,
    )  # fmt: skip
    calendars = {} if own is None else {"rieng": calendar_of(id_="rieng", **own)}
    return World(Rulebook((replace(plan, **plan_changes),), register, dict(LADDERS), calendar_of(), calendars))


Build = Callable[..., World]
Lines = Callable[[Iterable[Letter]], list[str]]


@pytest.fixture
def world() -> World:
    """So Tư pháp and Sở Nội vụ owing all of plan 1026."""
    return make_world()


@pytest.fixture
def report() -> World:
    """So Tư pháp alone, owing the report of 24/10 alone."""
    return make_world(("so-tu-phap",), ("bao-cao",))


@pytest.fixture
def build() -> Build:
    """The builder itself, for tests that need another world."""
    return make_world


@pytest.fixture
def lines() -> Lines:
    """Letters in one line each, as expected letters are written by hand."""
    return lambda letters: [brief(letter) for letter in letters]
