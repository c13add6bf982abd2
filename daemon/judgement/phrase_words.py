"""The words a deadline phrase is made of: a phrase becomes a row of tokens, each of one kind.

A kind is one character, so that the grammar (`phrases.py`) is a regular expression over the row of kinds.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

YEARS = range(1990, 2101)  # outside these a year is a slip of the keyboard


class Stumble(ValueError):
    """What a phrase could not be read for, in Vietnamese; `read_due` adds the phrase and the examples."""


class Kind(StrEnum):
    """What a token is. Lower and upper case are different kinds."""

    LATEST = "L"  # chậm nhất
    BY = "B"  # trong, hết, trước hoặc trong, hạn cuối
    TO = "T"  # đến
    DASH = "-"
    BEFORE = "R"  # trước
    AFTER = "A"  # sau
    FROM = "F"  # từ
    CLOCK = "C"
    HALF_DAY = "M"  # sáng, chiều
    WEEKDAY = "W"
    DATE = "D"  # 25/10/2022, 25/10
    DAY = "N"  # ngày 25
    END = "E"  # ngày cuối tháng
    WITHIN = "I"  # 15 ngày kể từ ngày ban hành
    COUNT = "#"  # 15 ngày
    SPAN = "S"  # tháng 10/2022
    YEARLY = "y"  # hằng năm
    QUARTERLY = "q"
    HALF_YEARLY = "h"  # 6 tháng
    MONTHLY = "k"
    BARE_YEAR = "Y"  # năm (trước ngày 15/12): a period only beside "định kỳ" or "6 tháng"
    BARE_QUARTER = "Q"
    BARE_MONTH = "K"
    MANY = "*"  # tháng, quý, năm
    BROKEN = "!"  # 25/10/22
    PERIODIC = "p"  # định kỳ
    NEXT_YEAR = "z"  # năm sau
    NEXT_MONTH = "x"  # tháng sau
    MONTH_OF_QUARTER = "t"  # của tháng cuối quý
    LAST_MONTH = "e"  # của tháng cuối kỳ
    UNDATED = "U"  # thường xuyên
    CITATION = "c"  # Kế hoạch số 1026/KH-UBND ngày 25/3/2022
    WORD = "."


@dataclass(frozen=True, slots=True)
class Token:
    """One word or group of words of the phrase. `parts` holds what was written in its named places."""

    kind: Kind
    text: str
    parts: dict[str, str]


# Vietnamese words that several patterns share.
_EACH = r"(?:hằng|hàng|mỗi|từng)"
_OF = r"(?:của )?"
_SIX = r"(?:0?6|sáu) tháng"
_NEXT = r"(?:sau|tiếp theo|kế tiếp|liền kề)(?: liền kề)?"
_NOT_NUMBERED = r"(?! ?[0-9])"
_D = r"[0-9]{1,2}"
_Y = r"[0-9]{4}"
_DATE = (
    rf"(?:ngày )?(?:(?P<iso>{_Y}-[0-9]{{2}}-[0-9]{{2}})"
    rf"|(?P<d>{_D}) ?(?P<sep>[/.-]) ?(?P<m>{_D})(?: ?(?P=sep) ?(?P<y>{_Y})|,? năm (?P<y2>{_Y}))?"
    rf"|(?P<d2>{_D}) tháng (?P<m2>{_D})(?:(?:,? năm | ?/ ?)(?P<y3>{_Y}))?)(?![/.-]?[0-9])"
)
_CITED_DATE = rf"ngày (?:{_D} ?[/.-] ?{_D} ?[/.-] ?{_Y}|{_D} tháng {_D} năm {_Y})(?![0-9])"
_PERIOD = rf"(?:{_EACH} )?(?:{_SIX}|tháng|quý|năm)"
_FOLLOWED = rf"(?=[ (:,]*(?:trước (?:ngày|[0-9])|chậm|muộn|không quá|ngày|hết|{_D}[/.h:-]))"

_PATTERNS: list[tuple[Kind, str]] = [
    (Kind.CITATION, rf"(?:số )?[0-9]+(?: ?/ ?|-)(?:{_Y}/)?[^\W\d_]+(?:[-/&][^\W_]+)*(?:,? {_CITED_DATE})?"),
    (Kind.CITATION, r"(?:mục|điểm|khoản|điều|chương|phần|phụ lục|lần) (?:[ivx]+|[a-zđ]|[0-9]+)(?:\.\w+)*"),
    (
        Kind.WITHIN,
        r"(?P<n>[0-9]{1,3}) ngày(?P<working> làm việc)?,? (?:kể |tính )?từ (?:ngày |khi )?"
        r"(?:ký ban hành|ban hành|phát hành|ký|(?P<held>nhận)(?: được)?)",
    ),
    (Kind.COUNT, r"[0-9]{1,3} (?:ngày(?: làm việc)?|(?:tuần|tháng|năm)(?=,? (?:kể|tính|từ)))"),
    (Kind.DATE, _DATE),
    (Kind.BROKEN, rf"(?:ngày )?(?:{_D}(?:/[0-9]+)+|{_D}[.-]{_D}[.-][0-9]+)"),
    (Kind.CLOCK, rf"(?P<h>{_D})(?: ?(?:h|g|giờ) ?(?P<min>[0-9]{{2}})?(?: ?phút)?|:(?P<min2>[0-9]{{2}}))'?"),
    (Kind.DAY, rf"ngày (?P<d>{_D})(?![/.-]?[0-9])"),
    (Kind.END, rf"ngày cuối(?: cùng)? {_OF}(?:{_EACH} )?(?P<period>tháng|quý|năm)(?! ?[0-9]| cuối)"),
    (
        Kind.MONTH_OF_QUARTER,
        rf"{_OF}tháng (?:(?P<third>cuối(?: cùng)?|thứ ba)|(?P<second>giữa|thứ hai)|đầu(?: tiên)?|thứ nhất) "
        rf"{_OF}(?:{_EACH} )?quý(?P<next> {_NEXT})?",
    ),
    (Kind.LAST_MONTH, rf"{_OF}tháng cuối(?: cùng)? {_OF}kỳ(?: báo cáo)?"),
    (Kind.NEXT_MONTH, rf"{_OF}tháng {_NEXT}"),
    (Kind.NEXT_YEAR, rf"{_OF}năm {_NEXT}"),
    (Kind.MANY, rf"{_PERIOD}(?:(?: ?, ?| và | hoặc ){_PERIOD})+{_NOT_NUMBERED}"),
    (Kind.HALF_YEARLY, rf"(?:{_EACH} )?{_SIX}(?! (?:đầu |cuối )?năm [0-9])(?: (?P<which>đầu|cuối)(?: năm)?)?"),
    (Kind.YEARLY, rf"{_OF}{_EACH} năm"),
    (Kind.QUARTERLY, rf"{_OF}{_EACH} quý"),
    (Kind.MONTHLY, rf"{_OF}{_EACH} tháng"),
    (
        Kind.SPAN,
        rf"(?:(?:ngày )?(?P<part>đầu|giữa|cuối)(?: cùng)? {_OF})?(?:tháng (?P<m>{_D})(?: ?[/-] ?|,? năm )(?P<y>{_Y})"
        rf"|quý (?P<q>iii|ii|iv|i|[1-4])(?: ?[/-] ?|,? năm )(?P<y2>{_Y})|năm (?P<y3>{_Y}))",
    ),
    (Kind.BARE_MONTH, rf"tháng{_FOLLOWED}"),
    (Kind.BARE_QUARTER, rf"quý{_FOLLOWED}"),
    (Kind.BARE_YEAR, rf"(?:0?1 )?năm{_NOT_NUMBERED}{_FOLLOWED}"),
    (Kind.WORD, r"[0-9]+ tháng"),
    (Kind.WEEKDAY, r"(?:ngày )?(?P<name>thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật)"),
    (Kind.HALF_DAY, r"(?:buổi )?(?:sáng|trưa|chiều|tối)"),
    (Kind.PERIODIC, r"định kỳ"),
    (Kind.UNDATED, r"thường xuyên|không (?:có |quy định |ấn định )?thời hạn"),
    (Kind.LATEST, r"(?:chậm|muộn|trễ) nhất(?: (?:là|đến|tới|vào|trong|sau|hết))*"),
    (Kind.BY, r"không (?:quá|muộn hơn|chậm hơn|sau)|trước (?:hoặc|và) (?:trong|vào|đúng)|trong (?:hoặc|và) trước"),
    (Kind.BY, r"(?:thời )?hạn(?: (?:cuối|chót))?(?: cùng)?(?: là)?|trong|vòng|vào|hết"),
    (Kind.TO, r"(?:cho )?(?:đến|tới)"),
    (Kind.DASH, r"-"),
    (Kind.BEFORE, r"trước"),
    (Kind.AFTER, r"sau"),
    (Kind.FROM, r"(?:kể |tính |bắt đầu )?từ"),
    (Kind.WORD, r"\w+"),
]
_COMPILED = [(kind, re.compile(rf"(?:{pattern})(?!\w)")) for kind, pattern in _PATTERNS]
_FILLER = re.compile(r"[^\w-]+|(?:lúc|thời điểm)(?!\w)|-(?! )|(?<! )-")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212\u2019\u2032\u2044\u2215", "------''//")
_IN_WORDS = re.compile(r"(?<=[0-9]) ?\([^()0-9]*\)(?= ?(?:ngày|tháng|giờ))")


def composed(phrase: str) -> str:
    """Return the phrase as it is quoted: NFC, without invisible characters, runs of white space made one space."""
    visible = (c for c in unicodedata.normalize("NFC", phrase) if unicodedata.category(c) != "Cf")
    return " ".join("".join(visible).split())


def normalised(phrase: str) -> str:
    """Return the phrase as it is read: composed, lower case, plain dashes, no bold marks, no "15 (mười lăm) ngày"."""
    text = re.sub(r"[*_]+", "", composed(phrase).lower().translate(_DASHES))
    return _IN_WORDS.sub("", " ".join(text.split()))


def tokens(text: str) -> list[Token]:
    """Return the tokens of a normalised phrase; punctuation and filler words leave none."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if filler := _FILLER.match(text, at):
            at = filler.end()
            continue
        kind, match = next((kind, match) for kind, pattern in _COMPILED if (match := pattern.match(text, at)))
        parts = {name: part for name, part in match.groupdict().items() if part is not None}
        found.append(Token(kind, match[0], parts))
        at = match.end()
    return found


def clock_of(token: Token) -> time | None:
    """Return the hour of a CLOCK token, None for 24h00; Stumble for an hour no clock shows."""
    hour, minute = int(token.parts["h"]), int(token.parts.get("min") or token.parts.get("min2") or 0)
    if (hour, minute) == (24, 0):
        return None
    if hour > 23 or minute > 59:
        raise Stumble(f"không có giờ “{token.text}”")
    return time(hour, minute)


def day_parts(token: Token) -> tuple[int, int, int | None]:
    """Return (day, month, year or None) of a DATE token; Stumble for a day no calendar has."""
    parts = token.parts
    if "iso" in parts:
        written = parts["iso"]
        year, month, day = (int(part) for part in written.split("-"))
    else:
        written = token.text.removeprefix("ngày ")
        day, month = int(parts.get("d") or parts["d2"]), int(parts.get("m") or parts["m2"])
        year = int(parts.get("y") or parts.get("y2") or parts.get("y3") or 0)
    check_year(year or YEARS.start)
    # A yearless 29/2 is a day of some years.
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 2000, month)[1]):
        raise Stumble(f"lịch không có ngày {written}")
    return day, month, year or None


def check_year(year: int) -> None:
    """Raise Stumble for a year no plan of this office can mean."""
    if year not in YEARS:
        raise Stumble(f"năm {year} ngoài khoảng {YEARS.start}-{YEARS.stop - 1}")


def full_day(token: Token, *, year: int | None = None) -> date:
    """Return the date of a DATE token, `year` lent to one that has none; Stumble without either."""
    day, month, own = day_parts(token)
    if own is None and year is None:
        raise Stumble(f"“{token.text}” không có năm; hạn lặp lại thì viết thêm “hằng năm”")
    chosen = own or year or 0
    if day > calendar.monthrange(chosen, month)[1]:
        raise Stumble(f"lịch không có ngày {day}/{month}/{chosen}")
    return date(chosen, month, day)


def day_number(token: Token) -> int:
    """Return the day of the month of a DAY token ("ngày 25"); Stumble unless 1 to 31."""
    day = int(token.parts["d"])
    if not 1 <= day <= 31:
        raise Stumble(f"lịch không có ngày {token.parts['d']}")
    return day
