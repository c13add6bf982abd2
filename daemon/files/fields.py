"""One text to one value: dates, hours, yes and no, lists, ids and names; Unreadable says in Vietnamese why not.

Nothing here guesses a type: the field asks for what it needs and the rest stays the text that was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from daemon.files.keys import YES_NO
from daemon.files.matching import folded, near_miss, slug

LONGEST_NAME = 200
LONGEST_SHORT = 30
YEARS = range(1990, 2101)

T = TypeVar("T")

_DATE = re.compile(r"(?P<d>[0-9]{1,2})(?P<sep>[/.-])(?P<m>[0-9]{1,2})(?P=sep)(?P<y>[0-9]{4})")
_ISO = re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})")
_DAY_MONTH = re.compile(r"(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})")
_CLOCK = re.compile(r"(?P<h>[0-9]{1,2})\s*(?::|h|g|giờ)\s*(?P<m>[0-9]{2})?\s*(?:phút)?", re.IGNORECASE)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COUNT = re.compile(r"[0-9]{1,6}")
_EMOJI = re.compile("[\u200d\u20e3\u2600-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e007f]")
_DURATION = re.compile(r"(?P<n>[0-9]{1,6}(?:[.,][0-9]+)?)\s*(?P<unit>\D*)")
_SECONDS = {
    **dict.fromkeys(("", "s", "giay", "second", "seconds"), 1),
    **dict.fromkeys(("phut", "m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("gio", "h", "hour", "hours"), 3600),
}


class Unreadable(ValueError):
    """A text that is not what its field asks for. The message is Vietnamese and names the way out."""


def line(text: str) -> str:
    """Return one line of text fit for a letter or a header, as typed; Unreadable if it holds what no header may."""
    for index, char in enumerate(text, start=1):
        kind = unicodedata.category(char)
        if char in "\r\n\u2028\u2029":
            raise Unreadable("chỉ được viết trên một dòng; bỏ dấu xuống dòng")
        if _EMOJI.match(char):
            raise Unreadable(f"ký tự thứ {index} là biểu tượng “{char}” (U+{ord(char):04X}); bỏ ký tự này")
        if kind in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise Unreadable(f"ký tự thứ {index} là ký tự không nhìn thấy U+{ord(char):04X}; xóa rồi gõ lại chỗ này")
    return text


def name(text: str) -> str:
    """Return a name or title of 1 to 200 characters."""
    if not text.strip():
        raise Unreadable("chưa có nội dung")
    if len(text) > LONGEST_NAME:
        raise Unreadable(f"dài {len(text)} ký tự, nhiều nhất {LONGEST_NAME}; viết gọn lại")
    return line(text)


def short(text: str) -> str:
    """Return a short name of 1 to 30 characters, for subjects and Zalo."""
    if len(text) > LONGEST_SHORT:
        raise Unreadable(f"dài {len(text)} ký tự, nhiều nhất {LONGEST_SHORT}; viết gọn lại")
    return name(text)


def identifier(text: str) -> str:
    """Return an id: small letters without marks, digits and hyphens."""
    if not _ID.fullmatch(text) or len(text) > 60:
        way = f"; ví dụ “{slug(text)[:60].strip('-')}”" if slug(text) else ""
        raise Unreadable(f"mã “{text[:60]}” chỉ được gồm chữ thường không dấu, số và dấu gạch nối{way}")
    return text


def day(text: str) -> date:
    """Return a date written d/m/yyyy, dd.mm.yyyy, d-m-yyyy or yyyy-mm-dd."""
    found = _DATE.fullmatch(text) or _ISO.fullmatch(text)
    if not found:
        missing = "; thiếu năm" if _DAY_MONTH.fullmatch(text) else ""
        raise Unreadable(f"“{text[:40]}” không phải ngày{missing}; viết như 25/10/2022")
    if int(found["y"]) not in YEARS:
        raise Unreadable(f"năm {found['y']} trong “{text}” có lẽ gõ nhầm; viết như 25/10/2022")
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        raise Unreadable(f"“{text}” không có trong lịch; viết ngày/tháng/năm như 25/10/2022") from None


def day_in(year: int, text: str) -> date:
    """Return a date of `year` written d/m, or in full."""
    found = _DAY_MONTH.fullmatch(text)
    if not found:
        given = day(text)
        if given.year != year:
            raise Unreadable(f"“{text}” không thuộc năm {year}; ghi ngày này ở mục của năm {given.year}")
        return given
    try:
        return date(year, int(found["m"]), int(found["d"]))
    except ValueError:
        raise Unreadable(f"năm {year} không có ngày “{text}”; viết ngày/tháng như 31/01") from None


def clock(text: str) -> time:
    """Return an hour of the day written 08:30, 8h30, 8h or 8 giờ 30."""
    found = _CLOCK.fullmatch(unicodedata.normalize("NFC", text.strip()))
    if not found or (found["m"] is None and ":" in text):
        raise Unreadable(f"“{text[:40]}” không phải giờ; viết như 08:30 hoặc 8h30")
    hour, minute = int(found["h"]), int(found["m"] or 0)
    if hour > 23 or minute > 59:
        raise Unreadable(f"không có giờ “{text}”; viết từ 00:00 đến 23:59")
    return time(hour, minute)


def hour_or_no(text: str) -> time | None:
    """Return an hour of the day, None for "không"."""
    if folded(text) in ("khong", "no"):
        return None
    try:
        return clock(text)
    except Unreadable as exc:
        raise Unreadable(f"{exc}, hoặc “không”") from None


def hours(text: str) -> tuple[time, time]:
    """Return a span of a day written 08:30-11:30."""
    ends = re.split(r"\s*[-–—]\s*|\s+đến\s+", text)
    if len(ends) != 2:
        raise Unreadable(f"“{text[:40]}” không phải khoảng giờ; viết như 08:30-11:30")
    opens, closes = clock(ends[0]), clock(ends[1])
    if opens >= closes:
        raise Unreadable(f"khoảng giờ “{text}” kết thúc trước khi bắt đầu")
    return opens, closes


def count(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not _COUNT.fullmatch(text) or not low <= int(text) <= high:
            raise Unreadable(f"“{text[:40]}” không hợp lệ; viết một số từ {low} đến {high}")
        return int(text)

    return read


def duration(text: str) -> float:
    """Return seconds, written 30, 30 giây, 15 phút or 2 giờ; zero is refused."""
    found = _DURATION.fullmatch(text)
    unit = _SECONDS.get(folded(found["unit"])) if found else None
    if not found or unit is None:
        raise Unreadable(f"“{text[:40]}” không phải thời lượng; viết như 30 giây, 15 phút hoặc 2 giờ")
    seconds = float(found["n"].replace(",", ".")) * unit
    if seconds <= 0:
        raise Unreadable("thời lượng phải lớn hơn 0; viết như 30 giây, 15 phút hoặc 2 giờ")
    return seconds


def word(table: Mapping[str, T], also: Mapping[str, T] | None = None) -> Callable[[str], T]:
    """Return a reader of one word of a closed list, without regard to case and marks.

    `also` holds further spellings that messages do not list; the members of a StrEnum are understood by their value.
    """
    by_fold = {folded(typed): value for typed, value in {**table, **(also or {})}.items()}
    for value in table.values():
        if isinstance(value, StrEnum):
            by_fold.setdefault(folded(str(value)), value)

    def read(text: str) -> T:
        value = by_fold.get(folded(text))
        if value is None:
            near = near_miss(text, table)
            way = f"{near} Dùng một trong" if near else "; dùng một trong"
            raise Unreadable(f"không hiểu “{text[:40]}”{way}: {', '.join(table)}")
        return value

    return read


def yes_no(text: str) -> bool:
    """Return an answer: có, không, and their English words."""
    return word({"có": True, "không": False}, YES_NO)(text)


def pieces(text: str) -> list[str]:
    """Split a list written as text at semicolons and commas; empty pieces fall away."""
    return [piece.strip() for piece in re.split("[;,]", text) if piece.strip()]


def phone(text: str) -> str:
    """Return a telephone number as typed: at least three digits, with spaces, dots, brackets and an extension."""
    line(text)
    if not re.fullmatch(r"\+?[0-9().\- /]+((máy lẻ|số máy|nội bộ|ext\.?)[ :]*[0-9]+)?", text, re.IGNORECASE):
        raise Unreadable(f"“{text[:40]}” không phải số điện thoại; viết như 0276 3822 233 hoặc 0276 3822 233 máy lẻ 12")
    if not 3 <= sum(char.isdigit() for char in text) <= 20:
        raise Unreadable(f"số điện thoại “{text[:40]}” thiếu hoặc thừa chữ số")
    return text


def token(text: str) -> str:
    """Return one word without spaces: an account, a key's name."""
    line(text)
    if not text or len(text) > LONGEST_NAME or re.search(r"\s", text):
        raise Unreadable(f"“{text[:40]}” không được trống, không có dấu cách và không quá {LONGEST_NAME} ký tự")
    return text
