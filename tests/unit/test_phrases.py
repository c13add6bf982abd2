"""Every way a plan writes a deadline is read as the date it means, and no other way is read at all."""

from __future__ import annotations

import unicodedata
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated, Window, Within
from daemon.domain.words import Unit
from daemon.judgement.phrases import parse_due, read_due

OCT_24 = OnDate(date(2022, 10, 24), before=False)
OCT_25 = OnDate(date(2022, 10, 25), before=True)
MARCH_31 = OnDate(date(2022, 3, 31), before=False)
HALF_AND_YEAR = Several((Every("half", 15, 6, before=True, only=(1,)), Every("year", 15, 12, before=True)))
QUARTERLY = Every("quarter", 20, 3, before=False)
MONTHLY = Every("month", 25, 1, before=False)
YEARLY = Every("year", 25, 10, before=True)

# design.md §2, row by row: the plan's words, then what may stand beside them in `nghia-la`.
TABLE: list[tuple[str, DueRule]] = [
    ("chậm nhất ngày 31/3/2022", MARCH_31),
    ("by 31/3/2022", MARCH_31),
    ("trước ngày 25/10/2022", OCT_25),
    ("trước 25/10/2022", OCT_25),
    ("before 25/10/2022", OCT_25),
    ("chậm nhất trước ngày 1-3-2020", OnDate(date(2020, 3, 1), before=True)),
    ("chậm nhất 10h00 ngày 27/4/2020", OnDate(date(2020, 4, 27), before=False, clock=time(10, 0))),
    ("by 27/4/2020 10:00", OnDate(date(2020, 4, 27), before=False, clock=time(10, 0))),
    ("trước 14h00 ngày 13/02/2021", OnDate(date(2021, 2, 13), before=True, clock=time(14, 0))),
    ("before 13/02/2021 14:00", OnDate(date(2021, 2, 13), before=True, clock=time(14, 0))),
    ("trong 15 ngày kể từ ngày ban hành", Within(15, Unit.DAY)),
    ("within 15 days of issued", Within(15, Unit.DAY)),
    ("trong 5 ngày làm việc kể từ ngày ban hành", Within(5, Unit.WORKING_DAY)),
    ("within 5 working days of issued", Within(5, Unit.WORKING_DAY)),
    ("trước ngày 25/10 hằng năm", YEARLY),
    ("every year before 25/10", YEARLY),
    ("chậm nhất ngày 15/01 năm sau", Every("year", 15, 1, before=False, next_year=True)),
    ("every year, next year, by 15/01", Every("year", 15, 1, before=False, next_year=True)),
    ("ngày 20 của tháng cuối quý", QUARTERLY),
    ("every quarter, last month, by 20", QUARTERLY),
    ("ngày 25 hằng tháng", MONTHLY),
    ("every month by 25", MONTHLY),
    ("định kỳ 6 tháng (trước ngày 15/6), năm (trước ngày 15/12)", HALF_AND_YEAR),
    ("every half-year before 15/6, and every year before 15/12", HALF_AND_YEAR),
    ("từ ngày 01/8 đến ngày 15/8/2022", Window(date(2022, 8, 1), date(2022, 8, 15))),
    ("between 1/8 and 15/8/2022", Window(date(2022, 8, 1), date(2022, 8, 15))),
    ("thường xuyên", Undated()),
    ("undated", Undated()),
]

# The same words as people type, paste and scan them (domain.md §3.3, §6).
MANNERS: list[tuple[str, DueRule]] = [
    ("Thời gian gửi kế hoạch về UBND tỉnh (qua Sở Nội vụ) chậm nhất ngày 31/3/2022", MARCH_31),
    ("Báo cáo kết quả năm 2022 về UBND tỉnh (qua Sở Nội vụ) **trước ngày 25/10/2022**.", OCT_25),
    ("gửi hồ sơ chấm điểm về Sở Nội vụ trước 25/10/2022;", OCT_25),
    (
        "tham mưu UBND tỉnh ban hành quyết định đánh giá, xếp loại trước ngày 05/11/2022",
        OnDate(date(2022, 11, 5), before=True),
    ),
    ("Theo Kế hoạch số 1026/KH-UBND ngày 25/3/2022, gửi báo cáo trước ngày 25/10/2022", OCT_25),
    ("thực hiện điểm 3.1 Mục III.2, gửi trước ngày 25/10/2022", OCT_25),
    ("TRƯỚC NGÀY 25/10/2022", OCT_25),
    ("trước\u00a0ngày\u00a025/10/2022", OCT_25),
    (unicodedata.normalize("NFD", "trước ngày 25/10/2022"), OCT_25),
    ("trước ngày\u200b 25/10/2022", OCT_25),
    ("  trước   ngày 25 / 10 / 2022  ", OCT_25),
    ("trước ngày 25.10.2022.", OCT_25),
    ("trước ngày 25-10-2022", OCT_25),
    ("trước ngày 25\u201310\u20132022", OCT_25),
    ("trước ngày 2022-10-25", OCT_25),
    ("trước ngày 25/10 năm 2022", OCT_25),
    ("trước ngày 25 tháng 10 năm 2022", OCT_25),
    ("trước thứ Ba, ngày 25/10/2022", OCT_25),
    ("trước ngày 25/10/2022 (thứ ba)", OCT_25),
    ("Thời hạn: trước ngày 25/10/2022", OCT_25),
    ("trước ngày 4 tháng 3 năm 2021", OnDate(date(2021, 3, 4), before=True)),
    ("trước ngày 20.7.2020", OnDate(date(2020, 7, 20), before=True)),
    ("chậm nhất là ngày 24/10/2022", OCT_24),
    ("chậm nhất đến ngày 24/10/2022", OCT_24),
    ("chậm nhất đến hết ngày 24/10/2022", OCT_24),
    ("chậm nhất vào ngày 24/10/2022", OCT_24),
    ("chậm nhất 24/10/2022", OCT_24),
    ("muộn nhất ngày 24/10/2022", OCT_24),
    ("không quá ngày 24/10/2022", OCT_24),
    ("trước hoặc trong ngày 24/10/2022", OCT_24),
    ("trong hoặc trước ngày 24/10/2022", OCT_24),
    ("hết ngày 24/10/2022", OCT_24),
    ("đến hết ngày 24/10/2022", OCT_24),
    ("đến ngày 24/10/2022", OCT_24),
    ("trong ngày 24/10/2022", OCT_24),
    ("trong ngày thứ Hai 24/10/2022", OCT_24),
    ("hạn cuối: 24/10/2022", OCT_24),
    ("24/10/2022", OCT_24),
    ("ngày 24/10/2022", OCT_24),
    ("chậm nhất ngày 24/10/2022 (trong ngày 24/10/2022)", OCT_24),
    ("chậm nhất ngày 24/10/2022 (24/10/2022)", OCT_24),
    ("chậm nhất 10h00' ngày 24/10/2022", OnDate(date(2022, 10, 24), before=False, clock=time(10, 0))),
    ("trước 16h00’ ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(16, 0))),
    ("trước 16g00 ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(16, 0))),
    ("trước 8h ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(8, 0))),
    ("trước 14 giờ 00 ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(14, 0))),
    ("trước 14 giờ 30 phút, ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(14, 30))),
    ("trước 17:00 ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(17, 0))),
    ("trước 17 giờ 00, thứ Hai, ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(17, 0))),
    ("trước lúc 8 giờ sáng ngày 24/10/2022", OnDate(date(2022, 10, 24), before=True, clock=time(8, 0))),
    ("chậm nhất 14h chiều ngày 24/10/2022", OnDate(date(2022, 10, 24), before=False, clock=time(14, 0))),
    ("chậm nhất 24h00 ngày 24/10/2022", OCT_24),
    ("trước 24h00 ngày 24/10/2022", OCT_24),
    ("trước 0h00 ngày 25/10/2022", OCT_25),
    ("trong 15 (mười lăm) ngày kể từ ngày ban hành Kế hoạch này", Within(15, Unit.DAY)),
    ("trong vòng 01 ngày kể từ ngày ký", Within(1, Unit.DAY)),
    ("trong thời hạn 5 ngày làm việc kể từ ngày ký ban hành", Within(5, Unit.WORKING_DAY)),
    ("trong thời hạn 05 (năm) ngày làm việc, kể từ ngày nhận được văn bản này", Within(5, Unit.WORKING_DAY)),
    ("chậm nhất 10 ngày tính từ ngày phát hành", Within(10, Unit.DAY)),
    ("chậm nhất sau 10 ngày kể từ khi ban hành", Within(10, Unit.DAY)),
    ("15 ngày kể từ ngày ban hành", Within(15, Unit.DAY)),
    ("within 1 working day of issue", Within(1, Unit.WORKING_DAY)),
    ("hằng năm, trước ngày 25/10", YEARLY),
    ("Hàng năm, các sở gửi báo cáo trước ngày 25 tháng 10", YEARLY),
    ("trước ngày 25/10 hàng năm", YEARLY),
    ("trước ngày 25 tháng 10 của mỗi năm", YEARLY),
    ("trước 14h00 ngày 25/10 hằng năm", Every("year", 25, 10, before=True, clock=time(14, 0))),
    ("hằng năm chậm nhất ngày 15/01 của năm sau", Every("year", 15, 1, before=False, next_year=True)),
    ("báo cáo năm: trước ngày 15/01 năm tiếp theo", Every("year", 15, 1, before=True, next_year=True)),
    ("ngày 29/02 hằng năm", Every("year", 29, 2, before=False)),
    ("ngày cuối năm", Every("year", 31, 12, before=False)),
    ("ngày 25 hàng tháng", MONTHLY),
    ("hằng tháng, chậm nhất vào ngày 25", MONTHLY),
    ("chậm nhất hằng tháng vào ngày 25", MONTHLY),
    ("chậm nhất hằng tháng: ngày 25", MONTHLY),
    ("trước ngày 25 mỗi tháng", Every("month", 25, 1, before=True)),
    ("chậm nhất 17h00 ngày 25 hằng tháng", Every("month", 25, 1, before=False, clock=time(17, 0))),
    ("ngày cuối tháng", Every("month", 31, 1, before=False)),
    ("ngày cuối cùng của hằng tháng", Every("month", 31, 1, before=False)),
    ("hằng tháng, trước ngày cuối tháng", Every("month", 31, 1, before=True)),
    ("chậm nhất ngày 05 tháng sau", Every("month", 5, 2, before=False)),
    ("hằng tháng, trước ngày 05 của tháng tiếp theo", Every("month", 5, 2, before=True)),
    ("trước ngày 20 tháng cuối của quý", Every("quarter", 20, 3, before=True)),
    ("hằng quý, chậm nhất ngày 20 của tháng cuối quý", QUARTERLY),
    ("ngày 20 của tháng cuối mỗi quý", QUARTERLY),
    ("ngày 10 của tháng đầu quý", Every("quarter", 10, 1, before=False)),
    ("ngày 10 tháng thứ hai của quý", Every("quarter", 10, 2, before=False)),
    ("trước ngày 05 của tháng đầu quý sau", Every("quarter", 5, 4, before=True)),
    ("ngày cuối quý", Every("quarter", 31, 3, before=False)),
    ("định kỳ hằng quý, chậm nhất vào ngày 25 của tháng cuối kỳ báo cáo", Every("quarter", 25, 3, before=False)),
    ("định kỳ 6 tháng, chậm nhất ngày 25 của tháng cuối kỳ", Every("half", 25, 6, before=False)),
    ("định kỳ hằng năm, chậm nhất ngày 25 của tháng cuối kỳ", Every("year", 25, 12, before=False)),
    ("hằng tháng, chậm nhất ngày 25 của tháng cuối kỳ", MONTHLY),
    ("định kỳ 6 tháng trước ngày 15/6, năm trước ngày 15/12", HALF_AND_YEAR),
    ("Báo cáo định kỳ 06 tháng (trước ngày 15/6) và năm (trước ngày 15/12)", HALF_AND_YEAR),
    ("Định kỳ 6 tháng (trước ngày 15/6), 01 năm (trước ngày 15/12)", HALF_AND_YEAR),
    ("hằng năm, định kỳ 6 (sáu) tháng (trước ngày 15/6), năm (trước ngày 15/12)", HALF_AND_YEAR),
    ("6 tháng đầu năm (trước ngày 15/6), hằng năm (trước ngày 15/12)", HALF_AND_YEAR),
    ("6 tháng đầu năm: trước ngày 15/7", Every("half", 15, 7, before=True, only=(1,))),
    ("6 tháng cuối năm: chậm nhất ngày 15/01 năm sau", Every("half", 15, 7, before=False, only=(2,))),
    ("định kỳ 6 tháng, trước ngày 15/12", Every("half", 15, 6, before=True, only=(2,))),
    (
        "định kỳ hằng tháng (ngày 25), hằng quý (ngày 20 của tháng cuối quý), năm (trước ngày 15/12)",
        Several((MONTHLY, QUARTERLY, Every("year", 15, 12, before=True))),
    ),
    (
        "định kỳ tháng (trước ngày 20), quý (trước ngày 20/3)",
        Several((Every("month", 20, 1, before=True), Every("quarter", 20, 3, before=True, only=(1,)))),
    ),
    ("từ ngày 01 đến ngày 15/8/2022", Window(date(2022, 8, 1), date(2022, 8, 15))),
    ("từ 01/8/2022 đến hết ngày 15/8/2022", Window(date(2022, 8, 1), date(2022, 8, 15))),
    ("từ ngày 20/12/2022 đến ngày 10/01/2023", Window(date(2022, 12, 20), date(2023, 1, 10))),
    ("kiểm tra từ 22.2.2022 - 27.2.2022", Window(date(2022, 2, 22), date(2022, 2, 27))),
    ("từ ngày 22 đến ngày 27 tháng 2 năm 2022", Window(date(2022, 2, 22), date(2022, 2, 27))),
    ("Thường xuyên, kịp thời.", Undated()),
    ("không quy định thời hạn", Undated()),
    ("hoàn thành trong tháng 10/2022", OnDate(date(2022, 10, 31), before=False)),
    ("trước tháng 10 năm 2022", OnDate(date(2022, 10, 1), before=True)),
    ("chậm nhất cuối tháng 02/2024", OnDate(date(2024, 2, 29), before=False)),
    ("trong quý III/2022", OnDate(date(2022, 9, 30), before=False)),
    ("Quý III/2022", OnDate(date(2022, 9, 30), before=False)),
    ("hết quý 4 năm 2022", OnDate(date(2022, 12, 31), before=False)),
    ("hoàn thành trong năm 2022", OnDate(date(2022, 12, 31), before=False)),
    ("trong năm 2022, chậm nhất ngày 24/10/2022", OCT_24),
]


@pytest.mark.parametrize(("phrase", "rule"), TABLE)
def test_the_table_of_phrases(phrase: str, rule: DueRule) -> None:
    """Each row of the design's table gives its rule."""
    assert parse_due(phrase) == rule


@pytest.mark.parametrize(("phrase", "rule"), MANNERS)
def test_manners_of_writing(phrase: str, rule: DueRule) -> None:
    """Spelling, punctuation and surrounding words do not change a date."""
    assert parse_due(phrase) == rule


WARNED: list[tuple[str, str]] = [
    ("chậm nhất trước ngày 1-3-2020", "“chậm nhất trước”"),
    ("tháng 10/2022", "hiểu là “chậm nhất”"),
    ("24/10/2022", "hiểu là “chậm nhất”"),
    ("trong 5 ngày làm việc kể từ ngày nhận được văn bản", "ngày ban hành"),
    ("định kỳ 6 tháng (trước ngày 15/7)", "6 tháng cuối năm"),
    ("định kỳ quý (trước ngày 05/4)", "quý II"),
]


@pytest.mark.parametrize(("phrase", "said"), WARNED)
def test_a_doubtful_phrase_is_read_with_a_warning(phrase: str, said: str) -> None:
    """What is read one way though another was possible is said, once."""
    (warning,) = read_due(phrase).warnings
    assert said in warning


@pytest.mark.parametrize("phrase", [phrase for phrase, _ in TABLE if "chậm nhất trước" not in phrase])
def test_a_plain_phrase_is_read_without_a_warning(phrase: str) -> None:
    """The design's own phrases need no remark."""
    assert read_due(phrase).warnings == ()


DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))
LEADS = [
    ("trước ngày ", True),
    ("trước ", True),
    ("Thời hạn: trước  ngày ", True),
    ("chậm nhất ngày ", False),
    ("chậm nhất là ngày ", False),
    ("CHẬM NHẤT ĐẾN HẾT NGÀY ", False),
    ("trước hoặc trong ngày ", False),
    ("đến hết ngày ", False),
]
SHAPES = [
    "{d}/{m}/{y}",
    "{d:02}/{m:02}/{y}",
    "{d}.{m}.{y}",
    "{d}-{m}-{y}",
    "{d} tháng {m} năm {y}",
    "{y}-{m:02}-{d:02}",
]
ENDINGS = ["", ".", "./.", ";", " (theo mẫu)", "**", " để tổng hợp, báo cáo"]


@given(DAYS, st.sampled_from(LEADS), st.sampled_from(SHAPES), st.sampled_from(ENDINGS), st.booleans())
def test_every_day_in_every_manner(
    day: date, lead: tuple[str, bool], shape: str, ending: str, decomposed: bool
) -> None:
    """No day of the calendar reads differently for the way it is written."""
    words, before = lead
    phrase = words + shape.format(d=day.day, m=day.month, y=day.year) + ending
    assert parse_due(unicodedata.normalize("NFD", phrase) if decomposed else phrase) == OnDate(day, before)


@given(DAYS, st.booleans(), st.times())
def test_every_minute_of_a_day(day: date, before: bool, clock: time) -> None:
    """An hour stands before its day; midnight is written as the day it bounds."""
    written = f"{'trước' if before else 'chậm nhất'} {clock:%H}h{clock:%M} ngày {day:%d/%m/%Y}"
    minute = clock.replace(second=0, microsecond=0)
    assert parse_due(written) == OnDate(day, before, None if before and minute == time(0) else minute)
