"""A plan as its text fixes it: milestones with their phrases, undated duties, targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property

from daemon.domain.words import JudgedBy, Roll, Unit


@dataclass(frozen=True, slots=True)
class OnDate:
    """A calendar date. `before`: the day itself is too late; `clock`: an hour-precise deadline."""

    day: date
    before: bool
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """A period counted from the plan's issue, the triggering day excluded (Bộ luật Dân sự 2015, Đ.147)."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Every:
    """A recurring date.

    `period` is "month", "quarter", "half" or "year". `day` is the day of the month (a short month: its last day).
    `month` is the month in which it falls, counted from 1 within the period ("quarter, last month" is 3;
    a month's is 1) and past its end ("ngày 05 tháng sau" is 2); `next_year` moves a yearly date into the year
    after its period. `only` limits the halves or quarters to those numbers (empty: all).
    """

    period: str
    day: int
    month: int
    before: bool
    clock: time | None = None
    next_year: bool = False
    only: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """From one day to another, both included; nothing is sent before `start`."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Undated:
    """A standing duty: listed, never chased."""


@dataclass(frozen=True, slots=True)
class Several:
    """More than one rule in one phrase ("định kỳ 6 tháng (…), năm (…)")."""

    rules: tuple[Every, ...]


DueRule = OnDate | Within | Every | Window | Undated | Several


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document named in letters; `path` is relative to the plan's file."""

    name: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A named requirement with the phrase that fixes its deadline."""

    id: str
    task: str  # viec: lower case, stands inside a sentence
    short: str  # goi-tat: at most 30 characters
    clause: str  # muc
    due: str  # han: verbatim
    rule: DueRule
    debtors: tuple[str, ...]  # agency ids in protocol order, `tru` taken out
    send_to: str  # gui-ve
    via: str | None = None  # qua: agency id; None when sent direct
    means: str | None = None  # nghia-la
    send_by: str | None = None  # cach-gui
    judged_by: JudgedBy = JudgedBy.RECEIVED
    roll: Roll | None = None  # None: none for a date, next for a period
    cutoff: str | None = None  # shown, never judged
    reply_after: int = 2  # tra-loi-them, working days
    ladder: str | None = None
    sentence: str | None = None  # cau: when the verb is not "gửi"
    needs: tuple[str, ...] = ()  # can-co: milestone ids
    attachments: tuple[Attachment, ...] = ()

    @property
    def dated(self) -> bool:
        """Say whether anything is ever due."""
        return not isinstance(self.rule, Undated)


@dataclass(frozen=True, slots=True)
class UndatedDuty:
    """A duty the plan gives no date for."""

    id: str
    task: str
    clause: str


@dataclass(frozen=True, slots=True)
class Target:
    """A target of the plan (`chi-tieu`). `manual`: dondoc cannot compute it from its record."""

    id: str
    clause: str
    counts: str  # dem: what is counted, in words
    met_when: str  # dat-khi, in words
    manual: bool
    milestone: str | None = None
    rating: str | None = None
    at_least: tuple[int, bool] | None = None  # (percent, strictly more)


@dataclass(frozen=True)
class Plan:
    """One document and what it asks for. `contact` is a person id; `ends` freezes the plan after that day."""

    id: str
    kind: str  # loai
    number: str  # so
    title: str  # ve-viec
    issued: date
    issuer: str
    collector: str
    ladder: str
    milestones: tuple[Milestone, ...]
    file: str = ""
    published: date | None = None  # phat-hanh
    contact: str | None = None
    starts: date | None = None  # tu: first day of the first period of a recurring plan
    ends: date | None = None
    active: bool = True
    undated: tuple[UndatedDuty, ...] = ()
    targets: tuple[Target, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Milestone]:
        """Milestones by id."""
        return {milestone.id: milestone for milestone in self.milestones}
