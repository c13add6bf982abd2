"""Days, hours and counts as Vietnamese office papers write them.

In sentences a day below ten and the months 1 and 2 take a zero (`05/11/2022`, `31/3/2022`); tables are `dd/mm/yyyy`.
Instants are aware and shown in Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

from datetime import date, datetime

from daemon.clock import local

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def short_day(day: date) -> str:
    """Return a day without its year, as subjects and Zalo lines have it: "24/10", "04/11", "31/3"."""
    month = f"{day.month:02d}" if day.month <= 2 else f"{day.month}"
    return f"{day.day:02d}/{month}"


def day_in_sentence(day: date) -> str:
    """Return a day as it stands after the word "ngày" in a sentence: "24/10/2022", "05/11/2022", "31/3/2022"."""
    return f"{short_day(day)}/{day.year:04d}"


def table_day(day: date) -> str:
    """Return a day in the fixed width of a table: "31/03/2022"."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def weekday(day: date) -> str:
    """Return the name of the weekday: "thứ Hai" to "thứ Bảy", "Chủ nhật"."""
    return WEEKDAYS[day.weekday()]


def weekday_day(day: date) -> str:
    """Return a day with its weekday, for a sentence: "thứ Hai, ngày 24/10/2022"."""
    return f"{weekday(day)}, ngày {day_in_sentence(day)}"


def clock_in_letter(instant: datetime) -> str:
    """Return the hour as letters write it: "17 giờ 00"; ValueError if the instant is naive."""
    shown = local(instant)
    return f"{shown.hour:02d} giờ {shown.minute:02d}"


def clock_in_table(instant: datetime) -> str:
    """Return the hour as tables write it: "17:00"; ValueError if the instant is naive."""
    return f"{local(instant):%H:%M}"


def two_digits(n: int) -> str:
    """Return a count as letters write it: "03" below ten, "39", "1.026" from a thousand."""
    return f"{n:02d}" if n < 1000 else f"{n:,}".replace(",", ".")
