"""config/calendar.yaml: days off, worked Saturdays and quiet days, year by year, each year with its notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from daemon.files import keys
from daemon.files.fields import YEARS, Unreadable, count, day_in, line, yes_no
from daemon.files.forms import Form, entries, is_english
from daemon.files.nodes import Findings, Node, Pairs, Place
from daemon.judgement.calendars import Calendar

OFFICE = "chung"
LONGEST_SPAN = 31  # days
MOST_OFF = 60  # weekdays off in a year; beyond it a run was mistyped, and working days could not be counted


@dataclass
class _Year:
    off: frozenset[date]
    worked: frozenset[date]
    quiet: frozenset[date]
    confirmed: bool


@dataclass
class CalendarsFile:
    """One reading of the file. `year_at` keeps where each year of the common calendar was declared."""

    office: Calendar
    own: dict[str, Calendar] = field(default_factory=dict)
    year_at: dict[int, Place] = field(default_factory=dict)


def read_calendars(node: Node, findings: Findings) -> CalendarsFile:
    """Return the common calendar and the own ones, which replace it in the years they list."""
    english = is_english(node, keys.CALENDARS)
    form = Form(node, keys.CALENDARS, findings, english=english)
    if form.node("office") is None:
        form.missing("office")
    year_at: dict[int, Place] = {}
    common = _years(form, "office", year_at)
    own = {}
    if (node_of_own := form.node("own")) is not None:
        for typed, body in entries(node_of_own, findings, "tên lịch"):
            listed = Form(Pairs(body.place, ((typed, body),)), {typed.value: typed.value}, findings, english=english)
            own[typed.value] = _calendar(typed.value, common | _years(listed, typed.value, {}))
    return CalendarsFile(_calendar(OFFICE, common), own, year_at)


def _calendar(id_: str, years: dict[int, _Year]) -> Calendar:
    return Calendar(
        id=id_,
        days_off=frozenset().union(*(year.off for year in years.values())),
        worked=frozenset().union(*(year.worked for year in years.values())),
        quiet=frozenset().union(*(year.quiet for year in years.values())),
        confirmed=frozenset(number for number, year in years.items() if year.confirmed),
    )


def _years(form: Form, key: str, year_at: dict[int, Place]) -> dict[int, _Year]:
    years: dict[int, _Year] = {}
    for one in form.forms(key, keys.CALENDAR_YEAR):
        number = one.must("year", count(YEARS.start, YEARS.stop - 1), 0)
        if number in years:
            one.error("year", f"năm {number} khai hai lần; giữ một")
        if number:
            year_at[number] = one.at("year")
            years[number] = _year(one, number)
    return years


def _year(form: Form, number: int) -> _Year:
    off = _days(form, "days_off", number)
    worked = _days(form, "worked", number)
    quiet = _days(form, "quiet", number)
    confirmed = form.must("confirmed", yes_no, False)
    notices = form.several("notices", line)
    if confirmed and not notices:
        form.warn("confirmed", f"năm {number} ghi đã công bố nhưng chưa có {form.named('notices')}")
    for one in sorted(worked):
        if one.weekday() < 5:
            form.error("worked", f"{one:%d/%m/%Y} không phải thứ Bảy, Chủ nhật; ngày thường không cần làm bù")
        elif one in off:
            form.error("worked", f"{one:%d/%m/%Y} vừa nghỉ vừa làm bù; giữ một")
    weekdays_off = frozenset(one for one in off if one.weekday() < 5)
    if len(weekdays_off) > MOST_OFF:
        form.error(
            "days_off", f"năm {number} nghỉ {len(weekdays_off)} ngày làm việc, nhiều nhất {MOST_OFF}; kiểm tra lại"
        )
    return _Year(weekdays_off, worked, quiet, confirmed)


def _days(form: Form, key: str, year: int) -> frozenset[date]:
    return frozenset(one for run in form.several(key, _run(year)) for one in run)


def _run(year: int) -> Callable[[str], list[date]]:
    """Return a reader of one day, or of a run of days written 31/01-04/02."""

    def read(text: str) -> list[date]:
        try:
            return [day_in(year, text)]
        except Unreadable:
            ends = re.split(r"\s*[-–—]\s*|\s+đến\s+", text.removeprefix("từ ").strip())
            if len(ends) != 2:
                raise
        first, last = (day_in(year, end) for end in ends)
        if last < first:
            raise Unreadable(f"“{text}” kết thúc trước khi bắt đầu; ghi riêng từng năm")
        if (last - first).days >= LONGEST_SPAN:
            raise Unreadable(f"“{text}” dài hơn {LONGEST_SPAN} ngày; kiểm tra lại")
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    return read
