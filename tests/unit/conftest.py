"""A small Tây Ninh in Python: plan 1026 with its ladders and calendar, for judging without any file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

import pytest

from daemon.clock import at, end_of
from daemon.domain.entries import Body, Entry
from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.letters import History, Letter, SentLetter
from daemon.domain.obligations import Deadline, Obligation, ObligationKey
from daemon.domain.plans import Milestone, OnDate, Plan
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Level, Role, Voice
from daemon.judgement.calendars import Calendar
from daemon.judgement.deciding import Verdict, decide
from daemon.judgement.judging import Judge
from daemon.judgement.rehearsal import composed_through, rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold, marks, standing_entries

OFF_2022 = (
    "03/01 31/01 01/02 02/02 03/02 04/02 11/04 02/05 03/05 01/09 02/09"  # TB 119/TB-LĐTBXH
)
PLAN = "1026-kh-ubnd-2022"
FOCAL, DEPUTY, HEAD, OFFICE, LEADERS = (
    Role.FOCAL,
    Role.DEPUTY,
    Role.HEAD,
    Role.OFFICE,
    Role.COLLECTOR_HEAD,
)


def _days(text: str, year: int) -> frozenset[date]:
    pairs = (word.split("/") for word in text.split())
    return frozenset(date(year, int(month), int(day)) for day, month in pairs)


CALENDAR = Calendar(
    "chung",
    days_off=_days(OFF_2022, 2022),
    quiet=_days("27/01 28/01 07/02", 2022),
    confirmed=frozenset({2022}),
)


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
    "chuan": _ladder("chuan", 4, 7),
    "cham-diem": _ladder("cham-diem", 3, 4),
    "noi-bo": _ladder("noi-bo", None, 7),
}
DUE = {
    "ke-hoach": date(2022, 3, 31),
    "bao-cao": date(2022, 10, 24),
    "ho-so-cham-diem": date(2022, 10, 24),
    "xep-loai": date(2022, 11, 4),
}
MILESTONE_LADDER = {"ho-so-cham-diem": "cham-diem", "xep-loai": "noi-bo"}


def _agency(id_: str, voice: Voice = Voice.DEPARTMENT) -> Agency:
    roles = {"dau-moi": FOCAL, "phu-trach": DEPUTY, "thu-truong": HEAD}
    people = tuple(
        Person(f"{id_}-{name}", role, email=f"{name}@{id_}.example") for name, role in roles.items()
    )
    return Agency(id_, id_, id_, "so-ban-nganh", voice, f"Đồng chí Giám đốc {id_}", f"vt@{id_}.example", people=people)


def _milestone(id_: str, debtors: tuple[str, ...]) -> Milestone:
    owing = ("so-noi-vu",) if id_ == "xep-loai" else debtors
    return Milestone(
        id_, f"gửi {id_}", id_, "IV.1", f"chậm nhất ngày {DUE[id_]}", OnDate(DUE[id_], before=False), owing,
        "UBND tỉnh", ladder=MILESTONE_LADDER.get(id_), reply_after=2,
    )  # fmt: skip


@dataclass
class World:
    """The files, the ledger and the letters past; time is moved by hand."""

    rules: Rulebook
    entries: list[Entry] = field(default_factory=list)
    letters: list[SentLetter] = field(default_factory=list)
    known_at: dict[ObligationKey, datetime] = field(default_factory=dict)
    history: History = field(default_factory=History)
    default_known: datetime = at(date(2022, 3, 25), time(17))

    def key(self, milestone: str, agency: str) -> ObligationKey:
        return ObligationKey(PLAN, milestone, "once", agency)

    def record(self, recorded_at: datetime, body: Body, subject: ObligationKey | None = None) -> Entry:
        entry = Entry(len(self.entries) + 1, recorded_at, "chuyên viên", subject, body)
        self.entries.append(entry)
        return entry

    def obligations(self) -> list[Obligation]:
        return [
            Obligation(
                key := self.key(milestone.id, agency),
                Deadline(end_of(milestone.rule.day), milestone.rule.day),  # type: ignore[union-attr] - dates only here
                milestone.judged_by,
                self.known_at.get(key, self.default_known),
            )
            for _, milestone in self.rules.dated()
            for agency in milestone.debtors
        ]

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        kept = standing_entries(self.entries, now)
        standings = fold(self.obligations(), kept, self.rules)
        return Snapshot(self.rules, standings, replace(self.history, letters=tuple(self.letters)), marks(kept))

    def decide(self, now: datetime) -> Verdict:
        return decide(self.snapshot(now), now)

    def step(self, now: datetime, *, accept: bool = True) -> list[Letter]:
        """Decide, remember the letters (accepted at once, or left waiting) and the composition."""
        verdict = self.decide(now)
        for letter in verdict.letters:
            self.letters = [kept for kept in self.letters if kept.id not in letter.replaces]
            self.letters.append(
                SentLetter(
                    f"thu-{len(self.letters) + 1}-{now:%d%m%H%M}-{letter.agency}-{letter.tier}",
                    letter.agency,
                    letter.tier,
                    letter.day,
                    letter.level,
                    tuple(i.key for i in letter.items),
                    {i.key: i.level for i in letter.items},
                    live=not accept,
                    accepted_at=now if accept else None,
                    milestone=letter.milestone,
                )
            )
        missed = dict(self.history.missed_at)
        for decision in verdict.decisions:
            if decision.reason == "waits_mark":
                missed.setdefault(decision.key, now)
        composed = dict(self.history.composed_at)
        day = now.astimezone(at(date(2022, 1, 1)).tzinfo).date()
        if composed_through(self.rules, composed.get(day), now):
            composed[day] = now
        self.history = replace(self.history, missed_at=missed, composed_at=composed)
        return list(verdict.letters)

    def rehearse(self, start: date, end: date) -> list[Letter]:
        begin = at(start)
        return rehearse(self.snapshot(begin), begin, end_of(end))

    def judge(self) -> Judge:
        return Judge(self.rules)


def make_world(
    debtors: Sequence[str] = ("so-tu-phap", "so-noi-vu"),
    milestones: Sequence[str] = tuple(DUE),
    *,
    calendar: Calendar = CALENDAR,
    agencies: Sequence[Agency] = (),
    ends: date | None = date(2022, 12, 31),
    **plan_changes: object,
) -> World:
    """Build a world: plan 1026 for these debtors, collected by so-noi-vu, issued 25/3/2022."""
    ids = dict.fromkeys([*debtors, "so-noi-vu", "vp-ubnd"])
    given = {agency.id: agency for agency in agencies}
    register = Register(
        (Group("so-ban-nganh", "Sở, ban, ngành"),),
        tuple(given.get(id_) or _agency(id_) for id_ in ids),
        issuer_office="vp-ubnd",
    )
    plan = Plan(
        PLAN, "Kế hoạch", "1026/KH-UBND", "thực hiện công tác dân vận chính quyền năm 2022", date(2022, 3, 25),
        "UBND tỉnh", "so-noi-vu", "chuan", tuple(_milestone(m, tuple(debtors)) for m in milestones), ends=ends,
    )  # fmt: skip
    plan = replace(plan, **plan_changes)  # type: ignore[arg-type] - tests name the fields they change
    return World(Rulebook((plan,), register, dict(LADDERS), calendar))


@pytest.fixture
def world() -> World:
    """So Tư pháp and Sở Nội vụ owing all of plan 1026."""
    return make_world()


@pytest.fixture
def build() -> object:
    """The builder itself, for tests that need another world."""
    return make_world


