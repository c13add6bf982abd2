"""What is no deadline is refused in words an operator can act on, and no date in a phrase is ever lost."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.plans import OnDate, Window
from daemon.judgement.phrases import PhraseUnreadable, Reading, read_due

UNREADABLE: list[tuple[str, str]] = [
    ("", "để trống"),
    ("   ", "để trống"),
    ("sớm nhất có thể", "không có ngày"),
    ("trước ngày 31/4/2022", "không có ngày 31/4/2022"),
    ("trước ngày 30/2 hằng năm", "không có ngày 30/2"),
    ("ngày 32 hằng tháng", "không có ngày 32"),
    ("ngày 00/10 hằng năm", "không có ngày 00/10"),
    ("trước ngày 29/2/2022", "không có ngày 29/2/2022"),
    ("trước ngày 25/13/2022", "không có ngày 25/13/2022"),
    ("trước ngày 2022-02-30", "không có ngày 2022-02-30"),
    ("trước ngày 25/10/2202", "năm 2202"),
    ("trước ngày 25/10/22", "bốn chữ số"),
    ("trước 25h00 ngày 25/10/2022", "không có giờ “25h00”"),
    ("trước 10h75 ngày 25/10/2022", "không có giờ “10h75”"),
    ("trước 24h30 ngày 25/10/2022", "không có giờ “24h30”"),
    ("trước ngày 25/10", "không có năm"),
    ("trước 20-4", "không có năm"),
    ("báo cáo năm 2022 trước ngày 25/10", "không có năm"),
    ("báo cáo 6 tháng đầu năm 2022 trước ngày 15/6", "không có năm"),
    ("22.2 - 27.2", "không có năm"),
    ("trước ngày 25", "không có tháng"),
    ("hằng năm, trước ngày 25", "không có tháng"),
    ("định kỳ 6 tháng, trước ngày 25", "không có tháng"),
    ("ngày 20 hằng quý", "không có tháng"),
    ("trước ngày 25/10/2022 và ngày 05/11/2022", "05/11/2022"),
    ("chậm nhất ngày 31/3/2022, trước ngày 25/10/2022", "nhiều hơn một thời hạn"),
    ("chậm nhất ngày 24/10/2022, trước ngày 24/10/2022", "nhiều hơn một thời hạn"),
    ("trước ngày 15/6 và 15/12 hằng năm", "15/6"),
    ("hằng năm, trước ngày 15/6 và trước ngày 15/12", "“ngày 15/12” không có năm"),
    ("trước ngày 15/6 hằng năm và trước ngày 15/12 hằng năm", "nhiều hơn một thời hạn"),
    ("trước ngày 25/10/20222", "25/10/20222"),
    ("trước 10/2022", "10/2022"),
    ("chậm nhất ngày 31/3/2022, trước ngày 25.10.22", "25.10.22"),
    ("trong 15 ngày kể từ ngày ban hành, chậm nhất ngày 31/3/2022", "nhiều hơn một thời hạn"),
    ("từ ngày 01/8 đến ngày 15/8/2022, chậm nhất ngày 31/8/2022", "nhiều hơn một thời hạn"),
    ("trong 5 ngày kể từ ngày ký, trong 10 ngày kể từ ngày ký", "nhiều hơn một thời hạn"),
    ("Báo cáo ngày 25/3/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("Báo cáo 25/3/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("trước giờ làm việc ngày 25/10/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("sau ngày 25/10/2022", "“sau”"),
    ("từ ngày 25/10/2022", "“từ”"),
    ("kể từ ngày 25/10/2022", "“kể từ”"),
    ("sau 15 ngày kể từ ngày ban hành", "“sau”"),
    ("trong 15 ngày", "15 ngày"),
    ("trong 15 ngày kể từ ngày kết thúc kiểm tra", "15 ngày"),
    ("trong 0 ngày kể từ ngày ban hành", "0 ngày"),
    ("within 0 days of issued", "0 ngày"),
    ("trước 5 ngày làm việc", "5 ngày làm việc"),
    ("trong 02 tháng kể từ ngày ban hành", "02 tháng"),
    ("trước ngày 25/10/2022 hằng năm", "vừa có năm"),
    ("định kỳ 6 tháng, trước ngày 15/6/2022", "vừa có năm"),
    ("trước ngày 25/10/2022, 17h00", "17h00"),
    ("chậm nhất 5 giờ chiều ngày 25/10/2022", "24 giờ"),
    ("chậm nhất 14 giờ sáng ngày 25/10/2022", "24 giờ"),
    ("chậm nhất chiều ngày 25/10/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("trước thứ Hai, ngày 25/10/2022", "thứ Ba"),
    ("trước ngày 25/10/2022 (Chủ nhật)", "thứ Ba"),
    ("từ ngày 15/8 đến ngày 01/8/2022", "ngày đầu sau ngày cuối"),
    ("từ ngày 20/12 đến ngày 10/01/2023", "ngày đầu sau ngày cuối"),
    ("từ 8h00 ngày 01/8 đến 17h00 ngày 15/8/2022", "không đọc giờ"),
    ("từ ngày 01/8 đến ngày 15/8 hằng năm", "hằng năm"),
    ("từ ngày 01/8 đến ngày 15/8", "không có năm"),
    ("hằng năm", "không có ngày"),
    ("thường xuyên, báo cáo hằng quý", "không có ngày"),
    ("hằng tháng, trước ngày 25/10", "mỗi tháng"),
    ("định kỳ tháng, quý, năm (trước ngày 15/12)", "nhiều kỳ"),
    ("hằng quý báo cáo, 6 tháng trước ngày 15/6", "nhiều kỳ"),
    ("định kỳ 6 tháng (trước ngày 15/6) và hằng quý", "hằng quý"),
    ("6 tháng (trước ngày 15/6), 9 tháng (trước ngày 15/9), năm (trước ngày 15/12)", "15/9"),
    ("trước cuối tháng 10/2022", "cuối tháng 10/2022"),
    ("Báo cáo 6 tháng ngày 25/3/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("trước hằng năm ngày 25/10", "“trước hằng năm ngày 25/10” không rõ"),
    ("trước hết ngày 25/10/2022", "không rõ là “trước” hay “chậm nhất”"),
    ("hằng quý, trước ngày cuối tháng", "nhiều kỳ"),
    ("hằng tháng, ngày 20 của tháng cuối quý", "nhiều kỳ"),
    ("từ ngày 22 đến ngày 15/8/2022", "ngày đầu sau ngày cuối"),
    ("từ ngày 29/2 đến ngày 15/3/2022", "không có ngày 29/2/2022"),
    ("trước ngày 25/10/2022, xong trước 17 giờ", "giờ “17 giờ”"),
    ("trong tháng 13/2022", "tháng 13"),
    ("trong tháng 9/2022 và trong tháng 10/2022", "nhiều hơn một thời hạn"),
    ("trong tháng 10", "không có ngày"),
    ("every half-year, and every year", "every half-year"),
    ("every quarter by 20", "every quarter"),
    ("by 31/3", "không có năm"),
    ("by 31/4/2022", "không có ngày 31/4/2022"),
    ("by 31/3/2022 25:00", "không có giờ “25:00”"),
    ("by the end of the month", "by the end"),
    ("between 15/8 and 1/8/2022", "ngày đầu sau ngày cuối"),
    ("every month by 32", "không có ngày 32"),
    ("every year by 30/2", "không có ngày 30/2"),
    ("every month, next year, by 5", "every month"),
    ("every half-year 3, last month, by 5", "every half-year 3"),
    ("every month, last month, by 5/6", "every month"),
    ("every year by 15/12, every year by 15/12", "every year"),
]


@pytest.mark.parametrize(("phrase", "said"), UNREADABLE)
def test_what_cannot_be_read_is_said_plainly(phrase: str, said: str) -> None:
    """The refusal names what it stumbled on, shows three phrases that can be read, and asks for `nghia-la`."""
    with pytest.raises(PhraseUnreadable) as refused:
        read_due(phrase)
    message = str(refused.value)
    assert said in message
    assert phrase.strip() in message
    assert message.count("“chậm nhất ngày") + message.count("“trước ngày") + message.count("“trong 15 ngày") >= 3
    assert "nghia-la" in message
    assert unicodedata.is_normalized("NFC", message)


def test_a_decomposed_phrase_is_quoted_composed() -> None:
    """The message is NFC even when the file was not."""
    with pytest.raises(PhraseUnreadable) as refused:
        read_due(unicodedata.normalize("NFD", "trước ngày mai"))
    assert "trước ngày mai" in str(refused.value)


FRAGMENTS = [
    "trước", "chậm nhất", "ngày", "đến", "hết", "từ", "kể từ", "sau", "trong", "hằng năm", "hằng tháng", "6 tháng",
    "năm", "quý", "định kỳ", "(", ")", ",", "-", "và", "10h00", "25h", "của tháng cuối quý", "năm sau", "15 ngày",
    "thứ Hai",
    "ngày 20", "ngày 25/10", "15/6", "24/10/2022", "ngày 31/3/2022", "30/2/2022", "kể từ ngày ban hành", "thường xuyên",
    "tháng 10/2022", "gửi báo cáo", "số 1026/KH-UBND", "every", "by", "chiều", "ngày cuối", "tháng", "25/10/22", "“",
    "*",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8))
def test_a_heap_of_words_is_read_whole_or_refused(words: list[str]) -> None:
    """Nothing but PhraseUnreadable is raised, and a phrase that is read has lost none of its dates."""
    phrase = " ".join(words)
    try:
        reading = read_due(phrase)
    except PhraseUnreadable:
        return
    cited = phrase.replace("số 1026/KH-UBND ngày 31/3/2022", "").replace("số 1026/KH-UBND , ngày 31/3/2022", "")
    named = {day for text, day in FULL_DATES.items() if text in cited}
    match reading.rule:
        case OnDate(day):
            assert named <= {day}
        case Window(start, end):
            assert named <= {start, end}
        case _:
            assert named == set()


FULL_DATES = {"24/10/2022": date(2022, 10, 24), "31/3/2022": date(2022, 3, 31)}


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a file holds, the answer is a reading or a refusal."""
    with suppress(PhraseUnreadable):
        assert isinstance(read_due(text), Reading)
