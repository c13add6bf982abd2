"""Every phrase of the plan ends at the instant its words and the law say, in every kind of year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import VIETNAM, at, end_of
from daemon.domain.obligations import ActTime, Deadline
from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated, Window, Within
from daemon.domain.words import Roll, Unit
from daemon.judgement.calendars import Calendar
from daemon.judgement.periods import (
    MONTHS,
    deadline,
    echo,
    is_recurring,
    last_day_warning,
    opens_on,
    overlap,
    period_bounds,
    periods,
)
from daemon.judgement.phrases import parse_due


def days(year: int, *written: str) -> set[date]:
    """Return days of a year written d/m."""
    return {date(year, int(day.split("/")[1]), int(day.split("/")[0])) for day in written}


# The civil-service calendar: weekdays off and Saturdays worked, as officially announced; 2027 was not.
OFFICE = Calendar(
    "chung",
    days_off=frozenset(
        days(2021, "1/1", "10/2", "11/2", "12/2", "15/2", "16/2", "21/4", "30/4", "3/5", "2/9", "3/9")
        | days(2022, "3/1", "31/1", "1/2", "2/2", "3/2", "4/2", "11/4", "2/5", "3/5", "1/9", "2/9")
        | days(2023, "2/1", "20/1", "23/1", "24/1", "25/1", "26/1", "1/5", "2/5", "3/5", "1/9", "4/9")
        | days(2024, "1/1", "8/2", "9/2", "12/2", "13/2", "14/2", "18/4", "29/4", "30/4", "1/5", "2/9", "3/9")
        | days(2027, "1/1")
    ),
    worked=frozenset(days(2024, "4/5")),
    confirmed=frozenset({2020, 2021, 2022, 2023, 2024}),
)
ISSUED = date(2022, 3, 25)


def vn(text: str) -> datetime:
    """Return an instant as Vietnam's clocks show it: "24/10/2022 23:59:59"."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=VIETNAM)


def due(phrase: str, period: str = "once", *, issued: date = ISSUED, roll: Roll | None = None) -> Deadline:
    """Return the deadline of a phrase on the office's calendar."""
    return deadline(parse_due(phrase), period, issued=issued, calendar=OFFICE, roll=roll)


# phrase, period | the last second in time | the first second too late | the last day
BOUNDARIES: list[tuple[str, str, str, str, date]] = [
    # 1026/KH-UBND: M1 is inclusive; M2, M3 and M4 are exclusive.
    ("chậm nhất ngày 31/3/2022", "once", "31/03/2022 23:59:59", "01/04/2022 00:00:00", date(2022, 3, 31)),
    ("trước ngày 25/10/2022", "once", "24/10/2022 23:59:59", "25/10/2022 00:00:00", date(2022, 10, 24)),
    ("trước 25/10/2022", "once", "24/10/2022 23:59:59", "25/10/2022 00:00:00", date(2022, 10, 24)),
    ("trước ngày 05/11/2022", "once", "04/11/2022 23:59:59", "05/11/2022 00:00:00", date(2022, 11, 4)),
    # The rest of the design's table.
    ("chậm nhất trước ngày 1-3-2020", "once", "29/02/2020 23:59:59", "01/03/2020 00:00:00", date(2020, 2, 29)),
    ("chậm nhất 10h00 ngày 27/4/2020", "once", "27/04/2020 10:00:59", "27/04/2020 10:01:00", date(2020, 4, 27)),
    ("trước 14h00 ngày 13/02/2021", "once", "13/02/2021 13:59:59", "13/02/2021 14:00:00", date(2021, 2, 13)),
    ("trong 15 ngày kể từ ngày ban hành", "once", "12/04/2022 23:59:59", "13/04/2022 00:00:00", date(2022, 4, 12)),
    ("trong 5 ngày làm việc kể từ ngày ký", "once", "01/04/2022 23:59:59", "02/04/2022 00:00:00", date(2022, 4, 1)),
    ("trước ngày 25/10 hằng năm", "2023", "24/10/2023 23:59:59", "25/10/2023 00:00:00", date(2023, 10, 24)),
    ("chậm nhất ngày 15/01 năm sau", "2022", "15/01/2023 23:59:59", "16/01/2023 00:00:00", date(2023, 1, 15)),
    ("ngày 20 của tháng cuối quý", "2022-Q1", "20/03/2022 23:59:59", "21/03/2022 00:00:00", date(2022, 3, 20)),
    ("ngày 20 của tháng cuối quý", "2022-Q4", "20/12/2022 23:59:59", "21/12/2022 00:00:00", date(2022, 12, 20)),
    ("ngày 25 hằng tháng", "2022-03", "25/03/2022 23:59:59", "26/03/2022 00:00:00", date(2022, 3, 25)),
    ("từ ngày 01/8 đến ngày 15/8/2022", "once", "15/08/2022 23:59:59", "16/08/2022 00:00:00", date(2022, 8, 15)),
    # Short months, leap days, year ends.
    ("ngày 31 hằng tháng", "2022-02", "28/02/2022 23:59:59", "01/03/2022 00:00:00", date(2022, 2, 28)),
    ("ngày 31 hằng tháng", "2024-02", "29/02/2024 23:59:59", "01/03/2024 00:00:00", date(2024, 2, 29)),
    ("ngày cuối tháng", "2022-04", "30/04/2022 23:59:59", "01/05/2022 00:00:00", date(2022, 4, 30)),
    ("trước ngày cuối hằng tháng", "2022-04", "29/04/2022 23:59:59", "30/04/2022 00:00:00", date(2022, 4, 29)),
    ("ngày 29/02 hằng năm", "2023", "28/02/2023 23:59:59", "01/03/2023 00:00:00", date(2023, 2, 28)),
    ("ngày 29/02 hằng năm", "2024", "29/02/2024 23:59:59", "01/03/2024 00:00:00", date(2024, 2, 29)),
    ("chậm nhất ngày 31/12/2022", "once", "31/12/2022 23:59:59", "01/01/2023 00:00:00", date(2022, 12, 31)),
    ("trước ngày 01/01/2023", "once", "31/12/2022 23:59:59", "01/01/2023 00:00:00", date(2022, 12, 31)),
    ("chậm nhất ngày 05 tháng sau", "2022-12", "05/01/2023 23:59:59", "06/01/2023 00:00:00", date(2023, 1, 5)),
    ("trước ngày 05 của tháng đầu quý sau", "2022-Q4", "04/01/2023 23:59:59", "05/01/2023 00:00:00", date(2023, 1, 4)),
    ("6 tháng đầu năm: trước ngày 15/7", "2022-H1", "14/07/2022 23:59:59", "15/07/2022 00:00:00", date(2022, 7, 14)),
    # Inside Tết a date stays where the plan put it.
    ("trước ngày 02/02/2022", "once", "01/02/2022 23:59:59", "02/02/2022 00:00:00", date(2022, 2, 1)),
    # Midnight belongs to the day it ends or begins.
    ("chậm nhất 23h59 ngày 24/10/2022", "once", "24/10/2022 23:59:59", "25/10/2022 00:00:00", date(2022, 10, 24)),
    ("trước 0h00 ngày 25/10/2022", "once", "24/10/2022 23:59:59", "25/10/2022 00:00:00", date(2022, 10, 24)),
    ("chậm nhất 24h00 ngày 24/10/2022", "once", "24/10/2022 23:59:59", "25/10/2022 00:00:00", date(2022, 10, 24)),
    ("trước 17h00 ngày 25/10 hằng năm", "2022", "25/10/2022 16:59:59", "25/10/2022 17:00:00", date(2022, 10, 25)),
]


@pytest.mark.parametrize(("phrase", "period", "in_time", "too_late", "last_day"), BOUNDARIES)
def test_the_last_second_in_time_and_the_first_too_late(
    phrase: str, period: str, in_time: str, too_late: str, last_day: date
) -> None:
    """Half-open: what is done before `due_at` is on time, what is done at it is late."""
    resolved = due(phrase, period)
    assert resolved.last_day == last_day
    assert ActTime.of(vn(in_time)).in_time_for(resolved)
    assert not ActTime.of(vn(too_late)).in_time_for(resolved)


def test_half_yearly_and_yearly_dates_of_one_phrase() -> None:
    """Each period of a double phrase takes its own date, and only the half the date names is owed."""
    phrase = "định kỳ 6 tháng (trước ngày 15/6), năm (trước ngày 15/12)"
    assert due(phrase, "2022-H1").last_day == date(2022, 6, 14)
    assert due(phrase, "2022").last_day == date(2022, 12, 14)
    assert due(phrase, "2022-H1").opens_on == date(2022, 1, 4)
    for foreign in ("2022-H2", "2022-Q1"):
        with pytest.raises(ValueError, match=foreign):
            due(phrase, foreign)


# n | unit | issued | last day
WITHIN: list[tuple[int, Unit, date, date]] = [
    (1, Unit.DAY, date(2022, 3, 28), date(2022, 3, 29)),  # the day of issue is not counted
    (15, Unit.DAY, ISSUED, date(2022, 4, 12)),  # 9/4 is a Saturday, 11/4 off for Giỗ Tổ: 15 days end on 9/4, rolled
    (6, Unit.DAY, ISSUED, date(2022, 3, 31)),
    (1, Unit.WORKING_DAY, ISSUED, date(2022, 3, 28)),  # Friday to Monday
    (5, Unit.WORKING_DAY, date(2022, 1, 28), date(2022, 2, 11)),  # over Tết: 7, 8, 9, 10, 11/2
    (3, Unit.DAY, date(2022, 1, 28), date(2022, 2, 7)),  # ends on 31/1, the first day of Tết
    (1, Unit.WORKING_DAY, date(2024, 5, 3), date(2024, 5, 4)),  # a Saturday worked by swap counts
    (4, Unit.DAY, date(2024, 4, 30), date(2024, 5, 4)),
    (10, Unit.DAY, date(2024, 2, 19), date(2024, 2, 29)),  # a leap day is a day
    (5, Unit.DAY, date(2021, 12, 27), date(2022, 1, 4)),  # ends on Saturday 1/1; Monday 3/1 is off in its stead
]


@pytest.mark.parametrize(("n", "unit", "issued", "last_day"), WITHIN)
def test_periods_count_as_the_civil_code_has_them(n: int, unit: Unit, issued: date, last_day: date) -> None:
    """The first day is excluded; an end on a day off moves to the end of the next working day (Đ.147-148)."""
    resolved = deadline(Within(n, unit), "once", issued=issued, calendar=OFFICE)
    assert (resolved.last_day, resolved.due_at) == (last_day, end_of(last_day))


SATURDAY = date(2022, 11, 5)
ROLLS: list[tuple[DueRule, Roll | None, date, datetime]] = [
    (OnDate(SATURDAY, before=False), None, SATURDAY, at(date(2022, 11, 6))),
    (OnDate(SATURDAY, before=False), Roll.NONE, SATURDAY, at(date(2022, 11, 6))),
    (OnDate(SATURDAY, before=False), Roll.NEXT, date(2022, 11, 7), at(date(2022, 11, 8))),
    (OnDate(SATURDAY, before=False), Roll.PREVIOUS, date(2022, 11, 4), at(date(2022, 11, 5))),
    (OnDate(date(2022, 11, 7), before=True), Roll.NEXT, date(2022, 11, 7), at(date(2022, 11, 8))),
    (OnDate(date(2022, 11, 7), before=True), Roll.PREVIOUS, date(2022, 11, 4), at(date(2022, 11, 5))),
    (OnDate(SATURDAY, before=False, clock=time(10)), Roll.NEXT, date(2022, 11, 7), at(date(2022, 11, 7), time(10, 1))),
    (OnDate(SATURDAY, before=True, clock=time(14)), Roll.PREVIOUS, date(2022, 11, 4), at(date(2022, 11, 4), time(14))),
    (OnDate(date(2022, 11, 4), before=False), Roll.NEXT, date(2022, 11, 4), at(SATURDAY)),
    (Window(date(2022, 11, 1), SATURDAY), Roll.NEXT, date(2022, 11, 7), at(date(2022, 11, 8))),
    (Window(date(2022, 11, 1), SATURDAY), None, SATURDAY, at(date(2022, 11, 6))),
    (Within(11, Unit.DAY), Roll.NONE, date(2022, 4, 5), at(date(2022, 4, 6))),
    (Within(8, Unit.DAY), Roll.NONE, date(2022, 4, 2), at(date(2022, 4, 3))),
    (Within(8, Unit.DAY), Roll.PREVIOUS, date(2022, 4, 1), at(date(2022, 4, 2))),
    (Within(8, Unit.DAY), None, date(2022, 4, 4), at(date(2022, 4, 5))),
]


@pytest.mark.parametrize(("rule", "roll", "last_day", "due_at"), ROLLS)
def test_a_last_day_off_work_moves_only_as_the_milestone_says(
    rule: DueRule, roll: Roll | None, last_day: date, due_at: datetime
) -> None:
    """A date stays, a counted period rolls on; a clock keeps its hour on the day moved to."""
    resolved = deadline(rule, "once", issued=ISSUED, calendar=OFFICE, roll=roll)
    assert (resolved.last_day, resolved.due_at) == (last_day, due_at)


def test_only_a_clock_that_cuts_a_day_short_makes_a_deadline_hour_precise() -> None:
    """An act known by its day alone can be judged against the end of a day, not against 10:00."""
    assert due("chậm nhất 10h00 ngày 27/4/2020").hour_precise
    assert due("trước 14h00 ngày 13/02/2021").hour_precise
    assert not due("chậm nhất ngày 31/3/2022").hour_precise
    assert not due("chậm nhất 23h59 ngày 24/10/2022").hour_precise
    midnight = deadline(OnDate(date(2022, 10, 25), before=True, clock=time(0)), "once", issued=ISSUED, calendar=OFFICE)
    assert (midnight.last_day, midnight.hour_precise) == (date(2022, 10, 24), False)


def test_a_period_opens_on_its_first_working_day() -> None:
    """Nothing is sent for a recurring date before its period has opened at the office; a window opens as it says."""
    assert due("trước ngày 25/10 hằng năm", "2022").opens_on == date(2022, 1, 4)
    assert due("ngày 25 hằng tháng", "2022-05").opens_on == date(2022, 5, 4)
    assert due("ngày 20 của tháng cuối quý", "2022-Q2").opens_on == date(2022, 4, 1)
    assert due("từ ngày 01/8 đến ngày 15/8/2022").opens_on == date(2022, 8, 1)
    assert due("trước ngày 25/10/2022").opens_on is None
    assert opens_on("2022-09", OFFICE) == date(2022, 9, 5)


@pytest.mark.parametrize(
    ("rule", "period", "issued", "estimated"),
    [
        (OnDate(date(2024, 12, 31), before=False), "once", ISSUED, False),
        (OnDate(date(2027, 1, 1), before=True), "once", ISSUED, True),  # the last day is in 2026
        (OnDate(date(2027, 3, 1), before=False), "once", ISSUED, True),
        (Within(10, Unit.WORKING_DAY), "once", date(2024, 12, 25), True),  # ends in 2025
        (Within(2, Unit.WORKING_DAY), "once", date(2024, 12, 25), False),
        (Within(10, Unit.DAY), "once", date(2019, 12, 31), False),  # the day of issue itself is not counted
        (Every("year", 15, 1, before=False, next_year=True), "2024", ISSUED, True),
        (Every("year", 15, 1, before=False), "2024", ISSUED, False),
        (Every("year", 15, 1, before=False, next_year=True), "2019", ISSUED, True),  # opened in 2019
    ],
)
def test_a_date_that_rests_on_an_unannounced_year_is_an_estimate(
    rule: DueRule, period: str, issued: date, estimated: bool
) -> None:
    """The year of the last day, of every counted day and of a period's opening must be officially announced."""
    assert deadline(rule, period, issued=issued, calendar=OFFICE).estimated is estimated


def test_a_date_rolled_over_the_year_end_rests_on_both_years() -> None:
    """Sunday 31/12/2023 moves into 2024: an office that knows only 2024 knows too little."""
    only_2024 = Calendar("riêng", days_off=frozenset({date(2024, 1, 1)}), confirmed=frozenset({2024}))
    rule = OnDate(date(2023, 12, 31), before=False)
    moved = deadline(rule, "once", issued=ISSUED, calendar=only_2024, roll=Roll.NEXT)
    assert (moved.last_day, moved.estimated) == (date(2024, 1, 2), True)


@pytest.mark.parametrize(
    ("rule", "period"),
    [
        (Undated(), "once"),
        (OnDate(date(2022, 1, 1), before=False), "2022"),
        (Within(3, Unit.DAY), "2022-01"),
        (Every("year", 1, 1, before=False), "once"),
        (Every("year", 1, 1, before=False), "2022-H3"),
        (Every("year", 1, 1, before=False), "2022-13"),
        (Every("year", 1, 1, before=False), "2022-Q1"),
        (Every("quarter", 1, 3, before=False, only=(1, 2)), "2022-Q3"),
    ],
)
def test_a_rule_has_no_deadline_in_a_period_not_its_own(rule: DueRule, period: str) -> None:
    """Asking for a foreign or unknown period is a programming error and says so."""
    with pytest.raises(ValueError, match=period):
        deadline(rule, period, issued=ISSUED, calendar=OFFICE)


HALVES = Every("half", 15, 6, before=True, only=(1,))
YEARS = Every("year", 15, 12, before=True)


@pytest.mark.parametrize(
    ("rule", "starts", "until", "names"),
    [
        (YEARS, date(2022, 1, 1), date(2024, 5, 1), ("2022", "2023", "2024")),
        (YEARS, date(2022, 1, 2), date(2023, 1, 1), ("2023",)),  # the period that had begun is not whole
        (YEARS, date(2022, 1, 1), date(2021, 12, 31), ()),
        (HALVES, date(2022, 1, 1), date(2023, 12, 31), ("2022-H1", "2023-H1")),
        (
            Every("half", 15, 6, before=False),
            date(2022, 7, 1),
            date(2023, 6, 30),
            ("2022-H2", "2023-H1"),
        ),
        (Every("quarter", 20, 3, before=False), date(2022, 10, 1), date(2023, 4, 1), ("2022-Q4", "2023-Q1", "2023-Q2")),
        (
            Every("quarter", 20, 3, before=False, only=(2, 4)),
            date(2022, 1, 1),
            date(2022, 12, 31),
            ("2022-Q2", "2022-Q4"),
        ),
        (Every("month", 31, 1, before=False), date(2022, 12, 1), date(2023, 2, 28), ("2022-12", "2023-01", "2023-02")),
        (Several((HALVES, YEARS)), date(2022, 1, 1), date(2023, 3, 1), ("2022-H1", "2022", "2023-H1", "2023")),
        (OnDate(date(2022, 1, 1), before=False), date(2030, 1, 1), date(2030, 1, 1), ("once",)),
        (Within(3, Unit.DAY), date(2030, 1, 1), date(2029, 1, 1), ("once",)),
        (Window(date(2022, 1, 1), date(2022, 1, 2)), date(2030, 1, 1), date(2030, 1, 1), ("once",)),
        (Undated(), date(2022, 1, 1), date(2030, 1, 1), ()),
    ],
)
def test_periods_begin_between_two_days(rule: DueRule, starts: date, until: date, names: tuple[str, ...]) -> None:
    """A recurring rule has the periods that begin from `starts` to `until`, both included."""
    assert periods(rule, starts=starts, until=until) == names


def test_only_a_returning_rule_needs_a_first_period() -> None:
    """A plan with such a rule has to say from when."""
    assert is_recurring(YEARS)
    assert is_recurring(Several((HALVES, YEARS)))
    assert not is_recurring(Window(date(2022, 1, 1), date(2022, 1, 2)))


def test_two_rules_for_one_period_overlap() -> None:
    """The two halves of a year do not overlap, all halves and the first do."""
    second = Every("half", 15, 6, before=True, only=(2,))
    assert not overlap([HALVES, second, YEARS])
    assert overlap([HALVES, Every("half", 20, 6, before=False)])
    assert overlap([YEARS, YEARS])


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022-H1", date(2022, 1, 1), date(2022, 6, 30)),
        ("2022-H2", date(2022, 7, 1), date(2022, 12, 31)),
        ("2022-Q1", date(2022, 1, 1), date(2022, 3, 31)),
        ("2022-Q4", date(2022, 10, 1), date(2022, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2022-12", date(2022, 12, 1), date(2022, 12, 31)),
    ],
)
def test_bounds_of_a_period(period: str, first: date, last: date) -> None:
    """A period runs from its first calendar day to its last."""
    assert period_bounds(period) == (first, last)


@pytest.mark.parametrize("name", ["once", "", "2022-H3", "2022-Q5", "2022-00", "2022-1", "22", "2022 ", "2022-H1x"])
def test_unknown_periods_have_no_bounds(name: str) -> None:
    """A name that is no recurring period's is refused."""
    with pytest.raises(ValueError, match="not a recurring period"):
        period_bounds(name)


def test_the_echo_says_what_was_understood() -> None:
    """Operators read back the weekday, the day, the last good minute, and whether the year is an estimate."""
    assert echo(due("trước ngày 25/10/2022")) == "ngày cuối đúng hạn: thứ Hai, 24/10/2022"
    assert echo(due("trước ngày 05/11/2022")) == "ngày cuối đúng hạn: thứ Sáu, 04/11/2022"
    assert echo(due("chậm nhất 10h00 ngày 27/4/2020")) == "ngày cuối đúng hạn: thứ Hai, 27/4/2020, chậm nhất lúc 10:00"
    assert echo(due("trước 14h00 ngày 13/02/2021")).endswith("thứ Bảy, 13/02/2021, chậm nhất lúc 13:59")
    assert echo(due("chậm nhất ngày 01/3/2027")).endswith("thứ Hai, 01/3/2027 (lịch nghỉ 2027: tạm tính)")


def test_a_last_day_off_work_is_a_warning() -> None:
    """Read the lenient way, M4's own date is a Saturday; Tết and Sundays are named too."""
    assert last_day_warning(due("trước ngày 05/11/2022"), OFFICE) is None
    said = "ngày cuối đúng hạn 05/11/2022 là thứ Bảy, trùng ngày nghỉ"
    assert last_day_warning(due("chậm nhất ngày 05/11/2022"), OFFICE) == said
    assert "01/02/2022 là thứ Ba" in (last_day_warning(due("trước ngày 02/02/2022"), OFFICE) or "")
    assert "Chủ nhật" in (last_day_warning(due("chậm nhất ngày 07/02/2021"), OFFICE) or "")


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2024, 11, 30))
CLOCKS = st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0))
UNITS = st.sampled_from(Unit)
SOME_ROLL = st.none() | st.sampled_from(Roll)


@given(DAYS, st.booleans(), CLOCKS, SOME_ROLL)
def test_a_deadline_without_an_hour_ends_with_its_last_day(
    day: date, before: bool, clock: time | None, roll: Roll | None
) -> None:
    """`due_at` is the start of the day after the last day, or, hour-precise, lies within the last day."""
    resolved = deadline(OnDate(day, before, clock), "once", issued=ISSUED, calendar=OFFICE, roll=roll)
    if resolved.hour_precise:
        assert clock is not None
        assert at(resolved.last_day) < resolved.due_at < end_of(resolved.last_day)
    else:
        assert resolved.due_at == end_of(resolved.last_day)


@given(st.integers(1, 60), UNITS, DAYS)
def test_a_longer_period_never_ends_earlier(n: int, unit: Unit, issued: date) -> None:
    """Within: one day more is the same last day or a later one, and the last day is worked."""
    shorter = deadline(Within(n, unit), "once", issued=issued, calendar=OFFICE)
    longer = deadline(Within(n + 1, unit), "once", issued=issued, calendar=OFFICE)
    assert issued < shorter.last_day <= longer.last_day
    assert OFFICE.is_working(shorter.last_day)
    assert shorter.due_at == end_of(shorter.last_day)


@given(st.integers(1, 60), DAYS)
def test_working_days_are_counted_one_by_one(n: int, issued: date) -> None:
    """Exactly n working days lie between the issue and the last day, the last day among them."""
    resolved = deadline(Within(n, Unit.WORKING_DAY), "once", issued=issued, calendar=OFFICE)
    assert OFFICE.working_days(issued, resolved.last_day) == n


@given(st.integers(1990, 2100), st.sampled_from(sorted(MONTHS)))
def test_periods_of_one_kind_share_the_year_out(year: int, kind: str) -> None:
    """Every day of a year lies in exactly one period of each kind."""
    rule = Every(kind, 1, 1, before=False)
    bounds = [period_bounds(name) for name in periods(rule, starts=date(year, 1, 1), until=date(year, 12, 31))]
    assert len(bounds) == 12 // MONTHS[kind]
    assert (bounds[0][0], bounds[-1][1]) == (date(year, 1, 1), date(year, 12, 31))
    for (_, last), (following, _) in pairwise(bounds):
        assert following == last + timedelta(days=1)


@given(st.integers(2020, 2023), st.integers(1, 12), st.integers(1, 31), st.booleans())
def test_a_monthly_date_stays_in_its_month(year: int, month: int, day: int, before: bool) -> None:
    """The date named is the day asked for or, in a short month, the last day there is."""
    name = f"{year}-{month:02d}"
    resolved = deadline(Every("month", day, 1, before), name, issued=ISSUED, calendar=OFFICE)
    first, last = period_bounds(name)
    named = resolved.last_day + timedelta(days=1) if before else resolved.last_day
    assert first <= named <= last
    assert named.day == min(day, last.day)
