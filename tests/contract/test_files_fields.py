"""Each field reads its own text: what it takes, and what it says of what it does not take."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.ladders import Offset, When
from daemon.domain.words import Level, Role, Unit, Voice
from daemon.files import keys
from daemon.files.addresses import email
from daemon.files.fields import (
    Unreadable,
    clock,
    count,
    day,
    day_in,
    duration,
    hours,
    identifier,
    line,
    name,
    phone,
    short,
    token,
    word,
    yes_no,
)
from daemon.files.matching import folded, near_miss, slug
from daemon.files.offsets import offset, working_days

BIDI = "\u202e"
ZERO_WIDTH = "\u200b"


def refusal(read: Callable[[str], object], text: str) -> str:
    """Return what a field says of a text it does not take."""
    with pytest.raises(Unreadable) as refused:
        read(text)
    return str(refused.value)


@pytest.mark.parametrize("text", ["31/3/2022", "31/03/2022", "31.3.2022", "31.03.2022", "31-3-2022", "2022-03-31"])
def test_a_date_is_written_as_people_write_it(text: str) -> None:
    """Day, month, year with one kind of sign, or ISO."""
    assert day(text) == date(2022, 3, 31)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("25/10", "“25/10” không phải ngày; thiếu năm; viết như 25/10/2022"),
        ("31/02/2022", "“31/02/2022” không có trong lịch; viết ngày/tháng/năm như 25/10/2022"),
        ("10/25/2022", "“10/25/2022” không có trong lịch; viết ngày/tháng/năm như 25/10/2022"),
        ("25/10-2022", "“25/10-2022” không phải ngày; viết như 25/10/2022"),
        ("25/10/22", "“25/10/22” không phải ngày; viết như 25/10/2022"),
        ("25/10/0202", "năm 0202 trong “25/10/0202” có lẽ gõ nhầm; viết như 25/10/2022"),
        ("mai", "“mai” không phải ngày; viết như 25/10/2022"),
        ("٢٥/١٠/٢٠٢٢", "“٢٥/١٠/٢٠٢٢” không phải ngày; viết như 25/10/2022"),
    ],
)
def test_what_is_no_date_is_refused(text: str, told: str) -> None:
    """American order, short years and missing years are never guessed."""
    assert refusal(day, text) == told


def test_a_day_of_a_year_may_leave_the_year_out() -> None:
    """The calendar's days are d/m; a full date must be of that year."""
    assert day_in(2022, "31/01") == date(2022, 1, 31)
    assert day_in(2022, "31/01/2022") == date(2022, 1, 31)
    assert day_in(2024, "29/2") == date(2024, 2, 29)
    told = "năm 2022 không có ngày “29/2”; viết ngày/tháng như 31/01"
    assert refusal(lambda text: day_in(2022, text), "29/2") == told
    told = "“31/01/2023” không thuộc năm 2022; ghi ngày này ở mục của năm 2023"
    assert refusal(lambda text: day_in(2022, text), "31/01/2023") == told


@pytest.mark.parametrize(
    ("text", "read"),
    [("08:30", time(8, 30)), ("8h30", time(8, 30)), ("8h", time(8)), ("8 giờ 30", time(8, 30)), ("17g00", time(17))],
)
def test_an_hour_is_written_as_people_write_it(text: str, read: time) -> None:
    """With a colon, or with the letter."""
    assert clock(text) == read


@pytest.mark.parametrize("text", ["8", "25:00", "08:60", "0830", "8:", "sáng"])
def test_what_is_no_hour_is_refused(text: str) -> None:
    """The text and the way to write it are shown."""
    assert f"“{text}”" in refusal(clock, text)


def test_a_span_of_hours_runs_forward() -> None:
    """Two hours and a hyphen, or Word's dash."""
    assert hours("08:30-11:30") == hours("8h30 – 11h30") == hours("08:30 đến 11:30") == (time(8, 30), time(11, 30))
    assert refusal(hours, "11:30-08:30") == "khoảng giờ “11:30-08:30” kết thúc trước khi bắt đầu"
    assert refusal(hours, "08:30") == "“08:30” không phải khoảng giờ; viết như 08:30-11:30"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("30 giây", 30), ("15 phút", 900), ("2 giờ", 7200), ("1,5 giờ", 5400), ("30s", 30), ("5 min", 300)],
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    """A bare number is seconds."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["0", "0 giây", "-5", "5 ngày", "nửa giờ", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Zero, days and words are no pace of work."""
    assert refusal(duration, text).endswith("viết như 30 giây, 15 phút hoặc 2 giờ")


@pytest.mark.parametrize("text", ["có", "Có", "CO", "yes", "true"])
def test_yes_is_read_in_both_languages(text: str) -> None:
    """Without regard to case and marks."""
    assert yes_no(text) is True


@pytest.mark.parametrize("text", ["không", "Khong", "no", "False"])
def test_no_is_a_word_and_not_a_type(text: str) -> None:
    """YAML's famous NO is an answer only where one was asked."""
    assert yes_no(text) is False


def test_a_word_of_a_closed_list_has_near_misses() -> None:
    """The nearest is offered and all are listed; English values are understood."""
    assert word(keys.ROLES)("focal") is Role.FOCAL
    assert word(keys.VOICES)("Vũ-Trang") is Voice.ARMED
    assert word(keys.LEVELS, keys.LEVEL_NAMES)("gửi thủ trưởng") is Level.HEAD
    assert refusal(word(keys.ROLES), "dau-moj") == (
        "không hiểu “dau-moj”; có phải là “dau-moi”? "
        "Dùng một trong: dau-moi, phu-trach, thu-truong, van-thu, lanh-dao-dau-moi"
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("khi phát hành", Offset(When.ISSUED)),
        ("issued", Offset(When.ISSUED)),
        ("đúng ngày", Offset(When.ON)),
        ("on", Offset(When.ON)),
        ("trước 15 ngày", Offset(When.BEFORE, 15)),
        ("Trước  15 ngày làm việc", Offset(When.BEFORE, 15)),
        ("before 15 working days", Offset(When.BEFORE, 15)),
        ("before 1 day", Offset(When.BEFORE, 1)),
        ("sau 4 ngày", Offset(When.AFTER, 4)),
        ("sau 4 ngày lịch", Offset(When.AFTER, 4, Unit.DAY)),
        ("after 4 calendar days", Offset(When.AFTER, 4, Unit.DAY)),
        ("after 2 days", Offset(When.AFTER, 2)),
    ],
)
def test_the_moment_of_a_step_is_in_words(text: str, read: Offset) -> None:
    """A day is a working day unless the calendar is named, in both languages."""
    assert offset(text) == read


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("-10wd 08:00", "trước 10 ngày"),
        ("+2wd", "sau 2 ngày"),
        ("-3d", "trước 3 ngày lịch"),
        ("0d", "đúng ngày"),
    ],
)
def test_code_once_written_for_a_moment_is_put_into_words(text: str, better: str) -> None:
    """Who copies an old file is shown the new words."""
    assert f"; nay viết “{better}”; viết như: khi phát hành" in refusal(offset, text)


@pytest.mark.parametrize("text", ["trước ngày", "sau 0 ngày", "trước 999 ngày", "sau hai ngày", "trước -1 ngày", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """Nothing near is taken for what was meant."""
    assert "“" in refusal(offset, text)


def test_a_number_of_working_days() -> None:
    """Repeats and answers count working days; calendar days and old code are refused."""
    assert [working_days(text) for text in ("3 ngày", "3 ngày làm việc", "3", "3 days")] == [3, 3, 3, 3]
    assert refusal(working_days, "5wd").startswith("không hiểu “5wd”; nay viết “5 ngày”")
    assert refusal(working_days, "3 ngày lịch") == "“3 ngày lịch”: chỗ này chỉ tính ngày làm việc; viết như 3 ngày"
    assert refusal(working_days, "0 ngày") == "“0 ngày” không hợp lệ; từ 1 đến 250 ngày"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Báo cáo\r\nBcc: a@b.example", "chỉ được viết trên một dòng; bỏ dấu xuống dòng"),
        ("Báo\ncáo", "chỉ được viết trên một dòng; bỏ dấu xuống dòng"),
        (f"Báo {BIDI}cáo", "ký tự thứ 5 là ký tự không nhìn thấy U+202E; xóa rồi gõ lại chỗ này"),
        (f"Báo{ZERO_WIDTH} cáo", "ký tự thứ 4 là ký tự không nhìn thấy U+200B; xóa rồi gõ lại chỗ này"),
        ("Báo\x07", "ký tự thứ 4 là ký tự không nhìn thấy U+0007; xóa rồi gõ lại chỗ này"),
        ("Báo\tcáo", "ký tự thứ 4 là ký tự không nhìn thấy U+0009; xóa rồi gõ lại chỗ này"),
        ("Gấp 🔥", "ký tự thứ 5 là biểu tượng “🔥” (U+1F525); bỏ ký tự này"),
        ("Gấp ☎", "ký tự thứ 5 là biểu tượng “☎” (U+260E); bỏ ký tự này"),
        ("x" * 201, "dài 201 ký tự, nhiều nhất 200; viết gọn lại"),
        ("x" * 2000, "dài 2000 ký tự, nhiều nhất 200; viết gọn lại"),
        ("", "chưa có nội dung"),
        ("  ", "chưa có nội dung"),
    ],
)
def test_a_name_that_no_header_could_carry_is_refused(text: str, told: str) -> None:
    """Line ends, marks of direction, the unseen, pictures and lengths are named with their place."""
    assert refusal(name, text) == told


def test_names_hold_what_offices_write() -> None:
    """Marks, quotes, dashes and signs of papers pass as typed."""
    for text in ("Sở VH,TT&DL", "Kế hoạch số 1026/KH-UBND – Mục IV.2.a", "“Dân vận khéo”", "100% (từ 50%)", "x" * 200):
        assert name(text) == text


def test_a_short_name_has_thirty_characters() -> None:
    """A phone's subject line and Zalo hold no more."""
    assert short("tham mưu quyết định xếp loại n") == "tham mưu quyết định xếp loại n"
    assert refusal(short, "x" * 31) == "dài 31 ký tự, nhiều nhất 30; viết gọn lại"


def test_an_id_is_small_letters_digits_and_hyphens() -> None:
    """What it could be is shown."""
    assert identifier("1026-kh-ubnd-2022") == "1026-kh-ubnd-2022"
    told = "mã “Báo cáo năm” chỉ được gồm chữ thường không dấu, số và dấu gạch nối; ví dụ “bao-cao-nam”"
    assert refusal(identifier, "Báo cáo năm") == told
    for text in ("", "a/b", "a_b", "-a", "a--b", "x" * 61, "a\n"):
        assert refusal(identifier, text).startswith("mã “")


@pytest.mark.parametrize(
    "text", ["a@thanhtra.example", "van-thu@so-noi-vu.example", "A.b+c@X.example", f"{'a' * 64}@b.example"]
)
def test_an_address_of_an_example_domain_passes(text: str) -> None:
    """Reserved example domains are usable; the domain comes back in small letters."""
    local, _, domain = text.partition("@")
    assert email()(text) == f"{local}@{domain.lower()}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a@b.example\r\nRCPT TO:<c@d.example>", "chỉ được viết trên một dòng"),
        (f"a{ZERO_WIDTH}@b.example", "ký tự thứ 2 là ký tự không nhìn thấy U+200B"),
        ('"a b"@c.example', "có dấu nháy; bỏ dấu nháy"),
        ("a@[192.0.2.1]", "dùng số IP; ghi tên miền"),
        (f"{'a' * 65}@b.example", "dài quá 64 ký tự trước dấu @"),
        ("bảo@b.example", "có chữ có dấu"),
        ("a@việt.example", "có chữ có dấu"),
        ("a.example", "phải có đúng một dấu @"),
        ("a@b@c.example", "phải có đúng một dấu @"),
        ("@b.example", "phải có đúng một dấu @"),
        ("Nguyễn A <a@b.example>", "chỉ ghi địa chỉ, không ghi tên, dấu < > hay dấu cách"),
        ("a@b.example; c@b.example", "có nhiều địa chỉ; mỗi chỗ ghi một địa chỉ, mỗi người một mục riêng"),
        ("a b@c.example", "chỉ ghi địa chỉ, không ghi tên, dấu < > hay dấu cách"),
        ("a..b@c.example", "không hợp lệ"),
        ("a@b", "không hợp lệ"),
        ("a@-b.example", "không hợp lệ"),
        ("a@b.invalid", "không hợp lệ"),
        ("", "phải có đúng một dấu @"),
    ],
)
def test_an_address_that_would_harm_or_fail_is_refused(text: str, told: str) -> None:
    """Injections, quoted parts, numbers, lengths and other scripts are refused before any server sees them."""
    assert told in refusal(email(), text)


def test_addresses_beyond_ascii_pass_only_when_configured() -> None:
    """The mail server must know SMTPUTF8."""
    assert email(international=True)("bảo@việt.example") == "bảo@việt.example"
    assert email(international=True)("bao@Việt.example") == "bao@xn--vit-5kz.example"
    assert "dài quá 64" in refusal(email(international=True), "ả" * 22 + "@b.example")


@pytest.mark.parametrize(
    "text", ["0276 3822 233", "0912345678", "(0276) 3.822.233", "+84 276 3822233", "0276 3822 233 máy lẻ 12"]
)
def test_a_telephone_number_is_text(text: str) -> None:
    """The first zero and the spacing stay."""
    assert phone(text) == text


@pytest.mark.parametrize("text", ["không có", "12", "0" * 25, "0912\n345678", "0912 345 abc"])
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    """Words, too few digits and too many."""
    assert refusal(phone, text)


def test_whole_numbers_have_bounds() -> None:
    """Both bounds are named."""
    assert count(1, 5)("5") == 5
    for text in ("0", "6", "1.0", "12345678", "một", "", "²"):
        assert refusal(count(1, 5), text) == f"“{text}” không hợp lệ; viết một số từ 1 đến 5"


def test_a_token_has_no_spaces() -> None:
    """Accounts and key names are one word."""
    assert token("dondoc@so.example") == "dondoc@so.example"
    for text in ("", "a b", "a\u3000b", "x" * 201):
        assert refusal(token, text).endswith("không có dấu cách và không quá 200 ký tự")


def test_folding_leaves_only_what_distinguishes() -> None:
    """Case, marks, tone placement, dashes and spacing are not distinctions."""
    assert folded("Sở  Hoà Bình") == folded("SỞ HÒA BÌNH") == folded("so hoa binh")
    assert folded("Sở LĐ – TB & XH") == folded("Sở LĐ-TB&XH")
    assert folded("Sở Văn hóa, Thể thao") == folded("sở văn hoá ,thể thao")
    assert slug("Đề cương báo cáo (lần 2)") == "de-cuong-bao-cao-lan-2"
    assert near_miss("so-noi-vi", ["so-noi-vu", "so-tu-phap"]) == "; có phải là “so-noi-vu”?"
    assert near_miss("zzz", ["so-noi-vu"]) == ""


@given(st.text(max_size=250))
def test_a_line_is_returned_as_typed_or_refused(text: str) -> None:
    """Nothing is stripped, folded or guessed."""
    with suppress(Unreadable):
        assert line(text) == text


@given(st.text(max_size=30))
def test_no_field_raises_anything_else(text: str) -> None:
    """Every reader answers any text with a value or with a sentence."""
    readers: list[Callable[[str], object]] = [day, clock, hours, duration, identifier, offset, working_days, email()]
    readers += [email(international=True), phone, token, count(0, 9), word(keys.ROLES), lambda t: day_in(2022, t)]
    for read in readers:
        with suppress(Unreadable):
            read(text)
