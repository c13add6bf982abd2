"""Dates, hours and counts are written as Vietnamese office papers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.judgement.dates_vi import (
    clock_in_letter,
    clock_in_table,
    day_in_sentence,
    short_day,
    table_day,
    two_digits,
    weekday,
    weekday_day,
)

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "sentence", "short", "table"),
    [
        (date(2022, 10, 24), "24/10/2022", "24/10", "24/10/2022"),
        (date(2022, 11, 5), "05/11/2022", "05/11", "05/11/2022"),
        (date(2022, 3, 31), "31/3/2022", "31/3", "31/03/2022"),
        (date(2021, 2, 13), "13/02/2021", "13/02", "13/02/2021"),
        (date(2023, 1, 1), "01/01/2023", "01/01", "01/01/2023"),
        (date(2022, 9, 10), "10/9/2022", "10/9", "10/09/2022"),
    ],
)
def test_zeros_stand_where_office_papers_put_them(day: date, sentence: str, short: str, table: str) -> None:
    """Days below ten and the first two months take a zero in sentences; tables are of fixed width."""
    assert (day_in_sentence(day), short_day(day), table_day(day)) == (sentence, short, table)


def test_the_week_runs_from_thu_hai_to_chu_nhat() -> None:
    """Monday 24/10/2022 is thứ Hai, and the six days after it follow in order."""
    monday = date(2022, 10, 24)
    names = [weekday(monday + timedelta(days=n)) for n in range(7)]
    assert names == ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"]


def test_a_weekday_stands_before_its_day() -> None:
    """A sentence names the weekday, then the day."""
    assert weekday_day(date(2022, 10, 24)) == "thứ Hai, ngày 24/10/2022"


def test_hours_are_vietnams() -> None:
    """10:00 UTC is 17 o'clock in the office, past 17:00 UTC the next day's small hours."""
    assert clock_in_letter(datetime(2022, 10, 21, 10, 0, tzinfo=UTC)) == "17 giờ 00"
    assert clock_in_letter(datetime(2022, 10, 21, 1, 5, tzinfo=UTC)) == "08 giờ 05"
    assert clock_in_table(datetime(2022, 10, 21, 10, 0, tzinfo=UTC)) == "17:00"
    assert clock_in_table(datetime(2022, 10, 21, 17, 30, tzinfo=UTC)) == "00:30"


def test_a_naive_instant_is_refused() -> None:
    """An hour without a zone is nobody's hour."""
    with pytest.raises(ValueError, match="naive"):
        clock_in_letter(datetime(2022, 10, 21, 10, 0))  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize(("n", "written"), [(0, "00"), (3, "03"), (9, "09"), (10, "10"), (39, "39"), (1026, "1.026")])
def test_counts_in_letters(n: int, written: str) -> None:
    """Counts below ten take a zero; thousands take a dot."""
    assert two_digits(n) == written


@given(DAYS)
def test_no_two_days_are_written_alike(day: date) -> None:
    """Each writing with a year can be read back to the one day it stands for."""
    for written in (day_in_sentence(day), table_day(day)):
        d, m, y = (int(part) for part in written.split("/"))
        assert date(y, m, d) == day
