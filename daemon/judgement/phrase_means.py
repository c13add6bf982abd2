"""The plain English of `means`: one way to write each rule, and its reading back.

by 31/3/2022 · before 13/02/2021 14:00 · within 15 days of issued · within 5 working days of issued
every year before 25/10 · every year, next year, by 15/01 · every quarter, last month, by 20 · every month by 25
every month, next month, by 5 · every half-year before 15/6 (of the half in which that day falls)
every half-year 1, month 7, before 15 · every half-year before 15/6, and every year before 15/12
between 1/8 and 15/8/2022 · undated
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import time

from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated, Window, Within
from daemon.domain.words import Unit
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.periods import MONTHS, overlap
from daemon.judgement.phrase_items import moment
from daemon.judgement.phrase_words import Kind, Stumble, Token, day_number, day_parts, full_day, tokens

_STARTS = re.compile(r"(?:by|before|within|every|between|undated)\b")
_AND = re.compile(r"[,;]? and (?=every )|[,;] (?=every )")
_WITHIN = re.compile(r"within (?P<n>[0-9]{1,3}) (?P<working>working )?days? of issued?")
_BETWEEN = re.compile(r"between (?P<start>\S+) and (?P<end>\S+)")
_BOUND = r"(?P<bound>by|before)"
_CLOCK = r"(?: (?P<clock>[0-9]{1,2}:[0-9]{2}))?"
_BY = re.compile(rf"{_BOUND} (?P<day>\S+){_CLOCK}")
_ON_A_DAY = re.compile(
    rf"every (?P<period>quarter|half-year|year)(?P<next_year>, next year)?,? {_BOUND} (?P<day>[0-9]+/[0-9]+){_CLOCK}"
)
_IN_A_MONTH = re.compile(
    r"every (?P<period>month|quarter|half-year|year)(?: (?P<only>[1-4](?:(?:, | and )[1-4])*))?"
    r"(?P<next_year>, next year)?"
    rf"(?:, (?:(?P<last>last) month|(?P<next>next) month|month (?P<month>[0-9]+)))?,? {_BOUND} (?P<day>[0-9]+){_CLOCK}"
)
_PERIODS: Mapping[str, str] = {"month": "month", "quarter": "quarter", "half-year": "half", "year": "year"}
_NUMBERED: Mapping[str, int] = {"half": 2, "quarter": 4}  # how many a year has of what may be numbered
_WORDS: Mapping[str, str] = {period: word for word, period in _PERIODS.items()}


def is_means(text: str) -> bool:
    """Say whether a normalised phrase is English, and so to be read by this grammar."""
    return _STARTS.match(text) is not None


def read_means(text: str) -> DueRule:
    """Return the rule of a normalised English phrase; Stumble if it is not of this grammar."""
    text = text.rstrip(" .;,")
    if text == "undated":
        return Undated()
    if match := _WITHIN.fullmatch(text):
        if int(match["n"]) == 0:
            raise Stumble("0 ngày không phải là một thời hạn")
        return Within(int(match["n"]), Unit.WORKING_DAY if match["working"] else Unit.DAY)
    if match := _BETWEEN.fullmatch(text):
        end = full_day(_date(match["end"]))
        start = full_day(_date(match["start"]), year=end.year)
        if start > end:
            raise Stumble("ngày đầu sau ngày cuối")
        return Window(start, end)
    if match := _BY.fullmatch(text):
        return OnDate(full_day(_date(match["day"])), *_moment(match))
    rules = tuple(_every(part) for part in _AND.split(text))
    if overlap(rules):
        raise Stumble(f"“{text}” có nhiều hơn một thời hạn cho một kỳ")
    return rules[0] if len(rules) == 1 else Several(rules)


def _date(text: str) -> Token:
    """Return the one date a piece of text is; Stumble if it is something else."""
    found = tokens(text)
    if len(found) != 1 or found[0].kind is not Kind.DATE:
        raise Stumble(f"“{text}” không phải là một ngày")
    return found[0]


def _moment(match: re.Match[str]) -> tuple[bool, time | None]:
    """Return (before, clock) of "before 13/02/2021 14:00"."""
    bound = Token(Kind.BEFORE if match["bound"] == "before" else Kind.BY, match["bound"], {})
    before, clock, _ = moment([bound, *(tokens(match["clock"]) if match["clock"] else [])])
    return before, clock


def _every(text: str) -> Every:
    """Return the rule of one "every …"; Stumble for a period or a month there is not."""
    match = _ON_A_DAY.fullmatch(text) or _IN_A_MONTH.fullmatch(text)
    if match is None:
        raise _no_such(text)
    kind = _PERIODS[match["period"]]
    length = MONTHS[kind]
    next_year = match["next_year"] is not None
    only: tuple[int, ...]
    if match.re is _ON_A_DAY:
        day, month, _ = day_parts(_date(match["day"]))
        number = (month - 1) // length + 1
        month, only = month - length * (number - 1), () if kind == "year" else (number,)
    else:
        day, month = day_number(Token(Kind.DAY, match["day"], {"d": match["day"]})), _month(match, length)
        only = tuple(int(number) for number in re.findall("[0-9]", match["only"] or ""))
    if (
        not 1 <= month <= 24
        or any(number > _NUMBERED.get(kind, 0) for number in only)
        or (next_year and kind != "year")
    ):
        raise _no_such(text)
    return Every(kind, day, month, *_moment(match), next_year=next_year, only=only)


def _month(match: re.Match[str], length: int) -> int:
    """Return the month within the period, 0 where it had to be said and was not."""
    if match["last"]:
        return length
    if match["next"]:
        return length + 1
    return int(match["month"] or (1 if length == 1 else 0))


def _no_such(text: str) -> Stumble:
    return Stumble(f"“{text}” không theo mẫu “every year before 25/10”, “every quarter, last month, by 20”")


def in_words(rule: DueRule) -> str:
    """Return the rule in the grammar of `means`; reading it gives the same rule."""
    match rule:
        case Undated():
            return "undated"
        case Within(n, unit):
            return f"within {n} {'working ' if unit is Unit.WORKING_DAY else ''}{'day' if n == 1 else 'days'} of issued"
        case Window(start, end):
            return f"between {day_in_sentence(start)} and {day_in_sentence(end)}"
        case OnDate(day, before, clock):
            return _bounded(day_in_sentence(day), before=before, clock=clock)
        case Several(rules):
            return ", and ".join(in_words(each) for each in rules)
        case _:
            return _every_in_words(rule)


def _bounded(day: str, *, before: bool, clock: time | None) -> str:
    bound = "before" if before else "by"
    return f"{bound} {day}" if clock is None else f"{bound} {day} {clock:%H:%M}"


def _every_in_words(rule: Every) -> str:
    length = MONTHS[rule.period]
    words = [f"every {_WORDS[rule.period]}"]
    number = rule.only[0] if len(rule.only) == 1 else 1
    month = rule.month + length * (number - 1)
    named = (rule.period == "year" or len(rule.only) == 1) and rule.month <= length
    if named and rule.day <= calendar.monthrange(2000, month)[1]:
        words += ["next year"] if rule.next_year else []
        day = f"{rule.day}/{month}"
    else:
        words[0] += f" {', '.join(str(each) for each in rule.only)}" if rule.only else ""
        words += ["next year"] if rule.next_year else []
        spoken = {length: "last month", length + 1: "next month"}.get(rule.month, f"month {rule.month}")
        words += [spoken] if rule.month > 1 or length > 1 else []
        day = f"{rule.day}"
    comma = "," if len(words) > 1 else ""
    return f"{', '.join(words)}{comma} {_bounded(day, before=rule.before, clock=rule.clock)}"
