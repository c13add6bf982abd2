"""config/calendar.yaml: the days as the notices give them, and what cannot be a calendar."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.files.calendars import CalendarsFile, read_calendars
from daemon.files.holiday_tables import differences
from daemon.files.nodes import Findings, Place
from daemon.files.reader import read

COMMON = """\
chung:
  - nam: 2022
    da-cong-bo: có
    can-cu: [TB 119/TB-LĐTBXH]
    ngay-nghi: [03/01, 31/01-04/02, 11/4; 02/05, 03/05/2022, 01/09 đến 02/09]
    lam-bu: []
    ngay-yen-lang: [27/01, 28/01, 07/02]
"""


def calendars_of(text: str) -> tuple[CalendarsFile, list[str], list[str]]:
    """Read a file; return its calendars, its errors and its warnings."""
    findings = Findings()
    node = read(text.encode(), "calendar.yaml", findings)
    assert node is not None
    calendars = read_calendars(node, findings)
    return calendars, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


def test_a_year_is_read_as_its_notice_gives_it() -> None:
    """Days d/m or in full, runs of days, lists split as typed; a year not listed has weekends only, unconfirmed."""
    calendars, errors, warnings = calendars_of(COMMON)
    office = calendars.office
    assert (errors, warnings) == ([], [])
    assert office.days_off == {
        date(2022, 1, 3),
        *(date(2022, 1, 31), date(2022, 2, 1), date(2022, 2, 2), date(2022, 2, 3), date(2022, 2, 4)),
        *(date(2022, 4, 11), date(2022, 5, 2), date(2022, 5, 3), date(2022, 9, 1), date(2022, 9, 2)),
    }
    assert office.quiet == {date(2022, 1, 27), date(2022, 1, 28), date(2022, 2, 7)}
    assert (office.id, set(office.worked), set(office.confirmed)) == ("chung", set(), {2022})
    assert office.is_working(date(2023, 9, 1))
    assert 2023 not in office.confirmed


def test_days_of_a_weekend_are_off_without_being_listed() -> None:
    """A run over a weekend, or a Sunday's holiday, lists nothing twice."""
    calendars, errors, _ = calendars_of("chung:\n  - {nam: 2022, da-cong-bo: không, ngay-nghi: [29/04-02/05]}\n")
    assert errors == []
    assert calendars.office.days_off == {date(2022, 4, 29), date(2022, 5, 2)}


def test_an_own_calendar_replaces_the_years_it_lists_and_inherits_the_others() -> None:
    """The common list stands where the own one says nothing of a year."""
    calendars, errors, _ = calendars_of(
        COMMON
        + "  - {nam: 2023, da-cong-bo: không, ngay-nghi: [02/01]}\n"
        + "rieng:\n  hai-quan:\n    - {nam: 2022, da-cong-bo: không, ngay-nghi: [02/09], lam-bu: [10/09]}\n"
    )
    own = calendars.own["hai-quan"]
    assert errors == []
    assert own.days_off == {date(2022, 9, 2), date(2023, 1, 2)}
    assert own.worked == {date(2022, 9, 10)}
    assert own.quiet == frozenset()
    assert own.confirmed == frozenset()
    assert calendars.year_at.keys() == {2022, 2023}


def test_a_calendar_may_be_written_in_english() -> None:
    """The own ones are English too."""
    calendars, errors, _ = calendars_of(
        "office:\n  - {year: 2022, confirmed: no, days_off: [02/09]}\n"
        "own:\n  customs:\n    - {year: 2022, confirmed: no, worked: [10/09]}\n"
    )
    assert errors == []
    assert calendars.own["customs"].worked == {date(2022, 9, 10)}


@pytest.mark.parametrize(
    ("year", "told"),
    [
        ("{nam: 2022, da-cong-bo: không, ngay-nghi: [§30/02]}", "ngay-nghi: năm 2022 không có ngày “30/02”"),
        (
            "{nam: 2022, da-cong-bo: không, ngay-nghi: [§02/09/2023]}",
            "ngay-nghi: “02/09/2023” không thuộc năm 2022",
        ),
        (
            "{nam: 2022, da-cong-bo: không, ngay-nghi: [§30/12-02/01]}",
            "ngay-nghi: “30/12-02/01” kết thúc trước khi",
        ),
        ("{nam: 2022, da-cong-bo: không, ngay-nghi: [§01/02-30/11]}", "ngay-nghi: “01/02-30/11” dài hơn 31 ngày"),
        (
            "{nam: 2022, da-cong-bo: không, ngay-nghi: §[01/01-31/01, 01/02-28/02, 01/03-31/03]}",
            "ngay-nghi: năm 2022 nghỉ 64 ngày làm việc, nhiều nhất 60; kiểm tra lại",
        ),
        ("{nam: 2022, da-cong-bo: không, ngay-nghi: [§mùng 1]}", "ngay-nghi: “mùng 1” không phải ngày"),
        ("{nam: 2022, da-cong-bo: không, lam-bu: §[02/09]}", "lam-bu: 02/09/2022 không phải thứ Bảy, Chủ nhật"),
        (
            "{nam: 2022, da-cong-bo: không, ngay-nghi: [03/09], lam-bu: §[03/09]}",
            "lam-bu: 03/09/2022 vừa nghỉ vừa làm bù",
        ),
        ("{nam: §22, da-cong-bo: không}", "nam: “22” không hợp lệ; viết một số từ 1990 đến 2100"),
        ("§{da-cong-bo: không}", "nam: thiếu mục này"),
        ("§{nam: 2022}", "da-cong-bo: thiếu mục này"),
        ("{nam: 2022, da-cong-bo: §chưa}", "da-cong-bo: không hiểu “chưa”"),
    ],
)
def test_what_no_calendar_can_say_is_refused(year: str, told: str) -> None:
    """Days that do not exist, runs over a year's end, swaps that contradict; § is where the message points."""
    (error,) = calendars_of(f"chung:\n  - {year.replace('§', '')}\n")[1]
    assert error.startswith(f"calendar.yaml:2:{len('  - ') + year.index('§') + 1}: {told}")


def test_a_year_or_a_calendar_given_twice_is_refused() -> None:
    """The second is named."""
    text = "chung:\n  - {nam: 2022, da-cong-bo: không}\n  - {nam: 2022, da-cong-bo: không}\n"
    own = "rieng:\n  a:\n    - {nam: 2022, da-cong-bo: không}\n  a: []\n"
    assert calendars_of(text + own)[1] == [
        "calendar.yaml:3:11: nam: năm 2022 khai hai lần; giữ một",
        "calendar.yaml:7:3: tên lịch “a” ghi hai lần, lần đầu ở dòng 5; giữ một",
    ]


def test_a_calendar_without_the_common_list_is_refused() -> None:
    """Days would be counted on nothing."""
    assert calendars_of("rieng:\n  a: []\n")[1] == ["calendar.yaml:1:1: chung: thiếu mục này"]


def test_a_year_called_official_names_its_notice() -> None:
    """A confirmed year without a document is warned of."""
    _, errors, warnings = calendars_of("chung:\n  - {nam: 2022, da-cong-bo: có}\n")
    assert errors == []
    assert warnings == ["calendar.yaml:2:29: cảnh báo: da-cong-bo: năm 2022 ghi đã công bố nhưng chưa có can-cu"]


def test_the_holidays_table_is_only_a_cross_check() -> None:
    """Each differing date of a listed year is one warning, at that year; nothing changes."""
    calendars, _, _ = calendars_of(COMMON.replace("02/05, ", "").replace("11/4; ", "11/4; 04/10; "))
    findings = Findings()
    differences(calendars, findings)
    assert findings.errors == []
    assert [str(p) for p in findings.warnings] == [
        "calendar.yaml:2:10: cảnh báo: thứ Hai, 02/5/2022 là ngày làm việc, "
        "bảng ngày lễ tính sẵn ghi nghỉ (Ngày Chiến thắng (nghỉ bù)); đối chiếu với thông báo",
        "calendar.yaml:2:10: cảnh báo: thứ Ba, 04/10/2022 nghỉ, bảng ngày lễ tính sẵn ghi làm việc; "
        "đối chiếu với thông báo",
    ]
    assert calendars.year_at == {2022: Place("calendar.yaml", 2, 10)}
    empty = Findings()
    differences(CalendarsFile(calendars.office), empty)
    assert empty.warnings == []
