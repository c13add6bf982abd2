"""What is odd though valid, across files: warnings with their places, and how each milestone was understood."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations, islice

from daemon.domain.obligations import Deadline
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency
from daemon.domain.words import Channel, Role
from daemon.files.keys import ROLES
from daemon.files.matching import folded
from daemon.files.nodes import Findings, Place
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.periods import ONCE, deadline, echo, is_recurring, last_day_warning, periods
from daemon.judgement.rulebook import Rulebook

LIKE = 0.85  # difflib ratio above which two tasks are called like
MOST_PERIODS = 4  # periods of a recurring milestone that are echoed and checked
MOST_NAMED = 5  # agencies without an address that have a line each; more are named in one
MOST_COMPARED = 200  # milestones on one last day that are compared with each other

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ROLE_NAMES = {role: typed for typed, role in ROLES.items()}

Places = Mapping[tuple[str, ...], Place]


@dataclass(frozen=True, slots=True)
class Echo:
    """How one milestone was understood: "ngày cuối đúng hạn: thứ Hai, 24/10/2022", and by how many it is owed.

    An inactive plan has one echo, without a milestone.
    """

    plan: str
    text: str
    milestone: str | None = None
    debtors: int = 0

    def __str__(self) -> str:
        if self.milestone is None:
            return f"{self.plan}: {self.text}"
        return f"{self.plan} / {self.milestone}: {self.text}; {self.debtors} cơ quan phải gửi"


@dataclass(frozen=True, slots=True)
class _Dated:
    """A milestone in one period, resolved on the office calendar."""

    plan: Plan
    milestone: Milestone
    period: str
    deadline: Deadline


class Checks:
    """One pass over a valid set. `at` says where agencies, plans, milestones and phrases were declared."""

    def __init__(self, rules: Rulebook, findings: Findings, at: Places, today: date | None) -> None:
        self._rules = rules
        self._findings = findings
        self._at = at
        self._today = today

    def run(self) -> tuple[Echo, ...]:
        """Record every warning and return the echoes."""
        live: list[_Dated] = []
        echoes: list[Echo] = []
        for plan in self._rules.plans:
            if not plan.active:
                echoes.append(Echo(plan.id, "đang tắt (theo-doi: không), không nhắc ai"))
                continue
            dated = [one for milestone in plan.milestones for one in self._dated(plan, milestone)]
            echoes += [self._echo(plan, milestone, dated) for milestone in plan.milestones]
            if self._is_live(plan):
                live += dated
                self._check_plan(plan, dated)
        self._check_twins(live)
        self._check_addresses(live)
        return tuple(echoes)

    def _dated(self, plan: Plan, milestone: Milestone) -> Iterator[_Dated]:
        if not milestone.dated:
            return
        names: tuple[str, ...] = (ONCE,)
        if is_recurring(milestone.rule):
            starts = max(plan.starts or plan.issued, date(self._today.year, 1, 1) if self._today else date.min)
            until = min(plan.ends or date.max, date(starts.year + 2, 1, 1))
            names = tuple(islice(periods(milestone.rule, starts=starts, until=until), MOST_PERIODS))
        for period in names:
            due = deadline(milestone.rule, period, issued=plan.issued, calendar=self._rules.office, roll=milestone.roll)
            yield _Dated(plan, milestone, period, due)

    def _echo(self, plan: Plan, milestone: Milestone, dated: list[_Dated]) -> Echo:
        mine = [one for one in dated if one.milestone is milestone]
        said = [echo(one.deadline) if one.period == ONCE else f"{one.period}: {echo(one.deadline)}" for one in mine]
        said += [f"số liệu tính đến {milestone.cutoff}"] if milestone.cutoff else []
        return Echo(plan.id, "; ".join(said) or "không thời hạn", milestone.id, len(milestone.debtors))

    def _is_live(self, plan: Plan) -> bool:
        """Say whether an active plan is chased; one that has ended is reported."""
        if self._today is not None and plan.ends is not None and plan.ends < self._today:
            self._warn(
                (plan.id,), f"kế hoạch đã kết thúc theo dõi ngày {day_in_sentence(plan.ends)}: chỉ xem, không nhắc"
            )
            return False
        return True

    def _check_plan(self, plan: Plan, dated: list[_Dated]) -> None:
        self._check_year(plan.title, (plan.id,), "ve-viec", {one.deadline.last_day.year for one in dated})
        for one in dated:
            key = (plan.id, one.milestone.id, "due")
            off = last_day_warning(one.deadline, self._rules.office)
            if off:
                self._warn(key, off)
            if one.deadline.estimated:
                self._warn(key, f"lịch nghỉ {one.deadline.last_day.year}: tạm tính ({echo(one.deadline)})")
            if plan.ends is not None and one.period == ONCE and one.deadline.last_day > plan.ends:
                self._warn(key, f"hạn sau ngày kết thúc theo dõi {day_in_sentence(plan.ends)}: sẽ không được nhắc đủ")
            if one.period == ONCE:
                for field, text in (("viec", one.milestone.task), ("goi-tat", one.milestone.short)):
                    self._check_year(text, (plan.id, one.milestone.id), field, {one.deadline.last_day.year})
        for milestone in plan.milestones:
            if re.match(r"[^\W\d_][a-zà-ỹ]", milestone.task) and milestone.task[0].isupper():
                told = f"“{milestone.task[:40]}” bắt đầu bằng chữ hoa; phần này đứng giữa câu, thường viết chữ thường"
                self._warn((plan.id, milestone.id), told)

    def _check_year(self, text: str, key: tuple[str, ...], field: str, years: set[int]) -> None:
        named = {int(year) for year in _YEAR.findall(text)}
        if named and years and not named & years:
            said = ", ".join(str(year) for year in sorted(named))
            due = ", ".join(str(year) for year in sorted(years))
            self._warn(key, f"{field} ghi năm {said} nhưng thời hạn rơi vào năm {due}; kiểm tra lại")

    def _check_twins(self, live: list[_Dated]) -> None:
        """Report two live milestones with a debtor, a last day and a like task in common."""
        by_day: dict[date, list[_Dated]] = {}
        for one in live:
            by_day.setdefault(one.deadline.last_day, []).append(one)
        for day, same in by_day.items():
            for first, second in combinations(same[:MOST_COMPARED], 2):
                shared = set(first.milestone.debtors) & set(second.milestone.debtors)
                tasks = [_YEAR.sub("", folded(one.milestone.task)) for one in (first, second)]
                if shared and difflib.SequenceMatcher(None, tasks[0], tasks[1], autojunk=False).ratio() >= LIKE:
                    other = f"“{first.milestone.id}” của “{first.plan.id}”"
                    told = f"giống mốc {other}: cùng hạn {day_in_sentence(day)}, chung {len(shared)} cơ quan"
                    self._warn((second.plan.id, second.milestone.id), f"{told}; có thể bị nhắc hai lần")

    def _check_addresses(self, live: list[_Dated]) -> None:
        """Report agencies whose step would find neither a person nor an office mailbox with an address."""
        asked: dict[str, dict[Role, frozenset[Channel]]] = {}
        for one in live:
            ladder = self._rules.ladders[one.milestone.ladder or one.plan.ladder]
            for step in ladder.steps:
                for role in step.to:
                    head = role is Role.COLLECTOR_HEAD
                    for id_ in (one.plan.collector,) if head else one.milestone.debtors:
                        roles = asked.setdefault(id_, {})
                        wanted = Role.HEAD if head else role
                        roles[wanted] = roles.get(wanted, frozenset()) | ladder.roads(step)
        lost: dict[str, str] = {}
        for id_, roles in asked.items():
            agency = self._rules.agency(id_)
            missing = [role for role, roads in roles.items() if not self._reaches(agency, role, roads)]
            if missing:
                lost[id_] = ", ".join(_ROLE_NAMES[role] for role in missing)
        if len(lost) > MOST_NAMED:
            some = "; ".join(f"{id_} ({names})" for id_, names in list(lost.items())[:MOST_NAMED])
            told = f"{len(lost)} cơ quan không có địa chỉ nhận: {some}; …; thêm người hoặc van-thu"
            self._warn(("agency", next(iter(lost))), told)
            return
        for id_, names in lost.items():
            self._warn(("agency", id_), f"“{id_}”: không có địa chỉ nhận cho {names}; thêm người hoặc van-thu")

    def _reaches(self, agency: Agency, role: Role, asked: frozenset[Channel]) -> bool:
        if agency.office_email:  # an empty role goes there, whatever the channels asked for
            return True
        roads = agency.narrowed(asked)
        for person in agency.people:
            if person.role is role and (self._today is None or person.in_office(self._today)):
                own = roads if person.channels is None else roads & person.channels
                if (Channel.EMAIL in own and person.email) or (Channel.ZALO in own and person.zalo):
                    return True
        return False

    def _warn(self, key: tuple[str, ...], message: str) -> None:
        self._findings.warn(self._at[key], message)
