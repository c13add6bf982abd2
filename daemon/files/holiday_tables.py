"""A cross-check of the office calendar against the `holidays` package; the calendar file stays the authority."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from daemon.files.calendars import CalendarsFile
from daemon.files.nodes import Findings
from daemon.judgement.dates_vi import day_in_sentence, weekday


def differences(calendars: CalendarsFile, findings: Findings) -> None:
    """Warn, at the year that lists it, of every day of the listed years on which the two disagree."""
    if not calendars.year_at:
        return
    table = holidays.country_holidays("VN", years=sorted(calendars.year_at), language="vi")
    for year, place in calendars.year_at.items():
        day = date(year, 1, 1)
        while day.year == year:
            ours, theirs = calendars.office.is_working(day), table.is_working_day(day)
            if ours != theirs:
                name = f" ({table[day]})" if day in table else ""
                said = (
                    "là ngày làm việc, bảng ngày lễ tính sẵn ghi nghỉ"
                    if ours
                    else "nghỉ, bảng ngày lễ tính sẵn ghi làm việc"
                )
                findings.warn(place, f"{weekday(day)}, {day_in_sentence(day)} {said}{name}; đối chiếu với thông báo")
            day += timedelta(days=1)
