"""One deadline of a phrase: its tokens, already picked out by the grammar, made into a rule.

Every function takes the tokens of one match and raises Stumble for what they cannot mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time

from daemon.domain.plans import DueRule, Every, OnDate, Window, Within
from daemon.domain.words import Unit
from daemon.judgement.dates_vi import WEEKDAYS, day_in_sentence, weekday
from daemon.judgement.periods import MONTHS, period_bounds
from daemon.judgement.phrase_words import (
    Kind,
    Stumble,
    Token,
    check_year,
    clock_of,
    day_number,
    day_parts,
    full_day,
)

Read = tuple[DueRule, list[str]]
"""A rule and its Vietnamese warnings."""

PERIOD_OF: Mapping[Kind, str] = {
    Kind.YEARLY: "year",
    Kind.BARE_YEAR: "year",
    Kind.HALF_YEARLY: "half",
    Kind.QUARTERLY: "quarter",
    Kind.BARE_QUARTER: "quarter",
    Kind.MONTHLY: "month",
    Kind.BARE_MONTH: "month",
}
_END_PERIODS = {"tháng": "month", "quý": "quarter", "năm": "year"}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_NAMES = {
    "half": ("6 tháng đầu năm", "6 tháng cuối năm"),
    "quarter": ("quý I", "quý II", "quý III", "quý IV"),
}
_LEADS = (Kind.FROM, Kind.AFTER, Kind.LATEST, Kind.BY, Kind.BEFORE, Kind.TO)
_SUFFIXES = (Kind.NEXT_YEAR, Kind.NEXT_MONTH, Kind.MONTH_OF_QUARTER, Kind.LAST_MONTH)
_EVERYDAY = (Kind.HALF_YEARLY, Kind.BARE_YEAR, Kind.BARE_QUARTER, Kind.BARE_MONTH)
_WEEKDAYS = [name.lower() for name in WEEKDAYS]
UNCLEAR = "không rõ là “trước” hay “chậm nhất”"


def quoted(parts: Sequence[Token]) -> str:
    """Return the words of tokens between Vietnamese quotation marks."""
    return f"“{' '.join(token.text for token in parts)}”"


def _first(parts: Sequence[Token], *kinds: Kind) -> Token | None:
    return next((token for token in parts if token.kind in kinds), None)


def _bound(parts: Sequence[Token]) -> tuple[bool, list[str]]:
    """Return (before, warnings) of the words that lead to a date; none at all means by."""
    lead = [token for token in parts if token.kind in _LEADS]
    if (wrong := _first(lead, Kind.FROM, Kind.AFTER)) is not None:
        raise Stumble(f"“{wrong.text}” không cho biết hạn cuối")
    before = _first(lead, Kind.BEFORE) is not None
    if before and lead[-1].kind is not Kind.BEFORE:
        raise Stumble(f"{quoted(lead)} {UNCLEAR}")
    if before and _first(lead, Kind.LATEST) is not None:
        return True, ["“chậm nhất trước” mâu thuẫn: hiểu là “trước”, ngày ghi trong câu đã là quá hạn"]
    return before, []


def _hour(parts: Sequence[Token]) -> time | None:
    """Return the hour written, None for none and for 24h00."""
    clock, half_day = _first(parts, Kind.CLOCK), _first(parts, Kind.HALF_DAY)
    if clock is None:
        return None
    hour = clock_of(clock)
    if half_day is not None and hour is not None and ("sáng" in half_day.text) != (hour.hour < 12):
        raise Stumble(f"{quoted([clock, half_day])}: giờ viết theo 24 giờ, ví dụ “17h00”")
    return hour


def moment(parts: Sequence[Token]) -> tuple[bool, time | None, list[str]]:
    """Return (before, clock, warnings); midnight is written as the day it bounds."""
    before, warnings = _bound(parts)
    hour = _hour(parts)
    if hour is None and _first(parts, Kind.CLOCK) is not None:
        return False, None, warnings
    return before, None if before and hour == time(0) else hour, warnings


def _check_weekday(parts: Sequence[Token], day: date) -> None:
    for token in parts:
        if token.kind is Kind.WEEKDAY:
            name = token.parts["name"]
            named = int(name[-1]) - 2 if name[-1].isdigit() else _WEEKDAYS.index(name)
            if named != day.weekday():
                raise Stumble(f"ngày {day_in_sentence(day)} là {weekday(day)}, không phải {name}")


def _base(periods: Sequence[Token]) -> str | None:
    """Return the kind of period that words before or after a date name; "hằng năm" yields to a shorter one."""
    kinds = {PERIOD_OF[token.kind] for token in periods}
    if len(kinds) > 1 and _first(periods, Kind.YEARLY) is not None:
        kinds.discard("year")
    if len(kinds) > 1:
        raise Stumble(f"{quoted(periods)}: nhiều kỳ chung một ngày; mỗi kỳ ghi ngày riêng")
    return next(iter(kinds), None)


def read_item(parts: Sequence[Token], before_it: Sequence[Token], *, periodic: bool) -> Read:
    """Read one date with the words that lead to it and follow it.

    `before_it`: the period words met since the last deadline. `periodic`: the phrase says "định kỳ", so that
    "6 tháng", "quý" and "năm" name reporting periods even beside a date with a year.
    """
    before, clock, warnings = moment(parts)
    periods = [*before_it, *(token for token in parts if token.kind in PERIOD_OF)]
    suffix = _first(parts, *_SUFFIXES)
    if (token := _first(parts, Kind.DATE)) is not None:
        day, month, year = day_parts(token)
        if year is not None:
            clash = [word for word in periods if periodic or word.kind not in _EVERYDAY]
            if clash or suffix is not None:
                words = [*clash, suffix] if suffix is not None else clash
                raise Stumble(f"vừa có năm {year} vừa có {quoted(words)}")
            full = full_day(token)
            _check_weekday(parts, full)
            return OnDate(full, before, clock), warnings
        rule, more = _yearless(token, (day, month), periods, next_year=suffix is not None)
        return Every(rule.period, rule.day, rule.month, before, clock, rule.next_year, rule.only), warnings + more
    if (token := _first(parts, Kind.END)) is not None:
        kind = _END_PERIODS[token.parts["period"]]
        if _base(periods) not in (None, kind):
            raise Stumble(f"{quoted([*periods, token])}: nhiều kỳ chung một ngày; mỗi kỳ ghi ngày riêng")
        return Every(kind, 31, MONTHS[kind], before, clock), warnings
    kind, month = _month_named(parts, periods, suffix)
    day = next(day_number(token) for token in parts if token.kind is Kind.DAY)
    return Every(kind, day, month, before, clock), warnings


def _yearless(
    token: Token, day_month: tuple[int, int], periods: Sequence[Token], *, next_year: bool
) -> tuple[Every, list[str]]:
    """Return the recurring rule of "25/10"; its bound and hour are the caller's."""
    day, month = day_month
    kind = _base(periods) or ("year" if next_year else None)
    if kind is None:
        raise Stumble(f"“{token.text}” không có năm; hạn lặp lại thì viết thêm “hằng năm”")
    if kind == "month":
        raise Stumble(f"“{token.text}”: hạn mỗi tháng chỉ ghi ngày, không ghi tháng")
    if kind == "year":
        return Every(kind, day, month, before=False, next_year=next_year), []
    length = MONTHS[kind]
    half = _first(periods, Kind.HALF_YEARLY)
    which = {"đầu": 1, "cuối": 2}.get(half.parts.get("which", "")) if half is not None else None
    number = which or (12 // length if next_year else (month - 1) // length + 1)
    # A date earlier in the year than its period ("6 tháng cuối năm: trước ngày 15/01") lies in the next year.
    within = (month - 1 - length * (number - 1)) % 12 + 1
    rule = Every(kind, day, within, before=False, only=(number,))
    if which is None and not next_year and within != length:
        name = _NAMES[kind][number - 1]
        return rule, [f"“{token.text}” được hiểu là hạn của {name}; nếu không phải, ghi cách hiểu vào `nghia-la`"]
    return rule, []


def _month_named(parts: Sequence[Token], periods: Sequence[Token], suffix: Token | None) -> tuple[str, int]:
    """Return (kind of period, month within it) for "ngày 25" with the words around it."""
    base = _base(periods)
    named: tuple[str, int] | None = None
    if suffix is None:
        named = ("month", 1) if base == "month" else None
    elif suffix.kind is Kind.LAST_MONTH:
        named = (base, MONTHS[base]) if base is not None else None
    elif suffix.kind is Kind.NEXT_MONTH:
        named = ("month", 2)
    else:
        month = 3 if "third" in suffix.parts else 2 if "second" in suffix.parts else 1
        named = ("quarter", month + 3 if "next" in suffix.parts else month)
    if named is None:
        raise Stumble(f"{quoted([t for t in parts if t.kind is Kind.DAY])} không có tháng, hoặc không rõ kỳ nào")
    if base not in (None, named[0]):
        raise Stumble(f"{quoted([*periods, *parts])}: nhiều kỳ chung một ngày; mỗi kỳ ghi ngày riêng")
    return named


def read_within(parts: Sequence[Token]) -> Read:
    """Read "trong 15 ngày kể từ ngày ban hành"."""
    period = parts[-1]
    if (wrong := _first(parts, Kind.FROM, Kind.AFTER, Kind.BEFORE)) is not None:
        raise Stumble(f"“{wrong.text}” trước “{period.text}” không cho biết hạn cuối")
    n = int(period.parts["n"])
    if n == 0:
        raise Stumble(f"“{period.text}”: 0 ngày không phải là một thời hạn")
    unit = Unit.WORKING_DAY if "working" in period.parts else Unit.DAY
    if "held" not in period.parts:
        return Within(n, unit), []
    return Within(n, unit), ["ngày nhận của từng cơ quan không có trong kế hoạch: tính từ ngày ban hành"]


def read_window(parts: Sequence[Token]) -> Read:
    """Read "từ ngày 01/8 đến ngày 15/8/2022"; the first day borrows what it lacks from the last."""
    cut = next(i for i, token in enumerate(parts) if token.kind in (Kind.TO, Kind.DASH))
    opening, closing = parts[:cut], parts[cut:]
    if (word := _first(parts, Kind.CLOCK, Kind.YEARLY, Kind.NEXT_YEAR)) is not None:
        raise Stumble(f"khoảng “từ … đến …” chỉ đọc ngày có năm, không đọc giờ hay “hằng năm” (“{word.text}”)")
    end = next(full_day(token) for token in closing if token.kind is Kind.DATE)
    first = next(token for token in opening if token.kind in (Kind.DATE, Kind.DAY))
    if first.kind is Kind.DATE:
        start = full_day(first, year=end.year)
    else:
        day = day_number(first)
        if day > end.day:
            raise Stumble(f"ngày đầu sau ngày cuối ({quoted(parts)})")
        start = end.replace(day=day)
    if start > end:
        raise Stumble(f"ngày đầu sau ngày cuối ({quoted(parts)})")
    _check_weekday(opening, start)
    _check_weekday(closing, end)
    return Window(start, end), []


def read_span(parts: Sequence[Token]) -> Read:
    """Read "trong tháng 10/2022", "trước quý III/2022", "chậm nhất cuối tháng 02/2024"."""
    span = parts[-1]
    before, warnings = _bound(parts)
    part = span.parts.get("part")
    if part in ("đầu", "giữa") or (part == "cuối" and before):
        raise Stumble(f"{quoted(parts)} không cho biết đúng một ngày")
    year = int(span.parts.get("y") or span.parts.get("y2") or span.parts["y3"])
    check_year(year)
    if "m" in span.parts:
        if not 1 <= int(span.parts["m"]) <= 12:
            raise Stumble(f"lịch không có tháng {span.parts['m']}")
        name = f"{year}-{int(span.parts['m']):02d}"
    else:
        quarter = span.parts.get("q")
        name = f"{year}-Q{_ROMAN.get(quarter, quarter)}" if quarter is not None else f"{year}"
    first, last = period_bounds(name)
    return OnDate(first if before else last, before), warnings
