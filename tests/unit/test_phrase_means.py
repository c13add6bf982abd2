"""Every rule can be written in the English of `means`, and what is written is read back as the same rule."""

from __future__ import annotations

import calendar
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated, Window, Within
from daemon.domain.words import Unit
from daemon.judgement.periods import MONTHS
from daemon.judgement.phrase_means import in_words
from daemon.judgement.phrases import PhraseUnreadable, parse_due

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))
CLOCKS = st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0))


def _no_midnight_before(rule: OnDate | Every) -> bool:
    """Say whether the rule is not "before 0:00", which is read as the plain "before" it equals."""
    return not (rule.before and rule.clock == time(0))


ON_DATE = st.builds(OnDate, DAYS, st.booleans(), CLOCKS).filter(_no_midnight_before)
WITHIN = st.builds(Within, st.integers(1, 999), st.sampled_from(Unit))
WINDOWS = st.tuples(DAYS, DAYS).map(lambda pair: Window(min(pair), max(pair)))


@st.composite
def every(draw: st.DrawFn, period: str | None = None) -> Every:
    """Draw a recurring rule a plan could hold."""
    kind = period or draw(st.sampled_from(sorted(MONTHS)))
    numbers = {"half": 2, "quarter": 4}.get(kind, 0)
    only = draw(st.sets(st.integers(1, numbers))) if numbers else set()
    month = draw(st.integers(1, 12 if kind == "year" else MONTHS[kind] + 2))
    longest = calendar.monthrange(2000, month)[1] if kind == "year" else 31
    return Every(
        kind,
        draw(st.integers(1, longest)),
        month,
        draw(st.booleans()),
        draw(CLOCKS),
        next_year=kind == "year" and draw(st.booleans()),
        only=tuple(sorted(only)),
    )


EVERY = every().filter(_no_midnight_before)
SEVERAL = st.lists(EVERY, min_size=2, max_size=4, unique_by=lambda rule: rule.period).map(
    lambda rules: Several(tuple(rules))
)


@given(st.one_of(ON_DATE, WITHIN, WINDOWS, EVERY, SEVERAL, st.just(Undated())))
def test_what_is_written_is_read_back(rule: DueRule) -> None:
    """Reading a rule's words gives the rule."""
    assert parse_due(in_words(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (OnDate(date(2022, 3, 31), before=False), "by 31/3/2022"),
        (OnDate(date(2021, 2, 13), before=True, clock=time(14)), "before 13/02/2021 14:00"),
        (Within(1, Unit.DAY), "within 1 day of issued"),
        (Within(5, Unit.WORKING_DAY), "within 5 working days of issued"),
        (Every("year", 25, 10, before=True), "every year before 25/10"),
        (Every("year", 15, 1, before=False, next_year=True), "every year, next year, by 15/1"),
        (Every("year", 31, 4, before=False), "every year, month 4, by 31"),
        (Every("year", 31, 4, before=False, next_year=True), "every year, next year, month 4, by 31"),
        (Every("quarter", 20, 3, before=False), "every quarter, last month, by 20"),
        (Every("quarter", 20, 2, before=False, only=(1, 3)), "every quarter 1, 3, month 2, by 20"),
        (Every("month", 25, 1, before=False, clock=time(17, 30)), "every month by 25 17:30"),
        (Every("month", 5, 2, before=False), "every month, next month, by 5"),
        (Every("half", 15, 6, before=True, only=(1,)), "every half-year before 15/6"),
        (Every("half", 15, 6, before=True, only=(2,)), "every half-year before 15/12"),
        (Every("half", 15, 7, before=True, only=(1,)), "every half-year 1, next month, before 15"),
        (Every("half", 31, 6, before=True, only=(1,)), "every half-year 1, last month, before 31"),
        (Window(date(2022, 8, 1), date(2022, 8, 15)), "between 01/8/2022 and 15/8/2022"),
        (Undated(), "undated"),
    ],
)
def test_a_rule_has_one_wording(rule: DueRule, words: str) -> None:
    """The wording is the one the design's table shows."""
    assert in_words(rule) == words
    assert parse_due(words) == rule


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("BY 31/3/2022.", OnDate(date(2022, 3, 31), before=False)),
        ("by 2022-03-31", OnDate(date(2022, 3, 31), before=False)),
        ("by 31/3/2022 24:00", OnDate(date(2022, 3, 31), before=False)),
        ("every year before 25/10; every month by 5", None),
        ("every quarter 1 and 3, last month, by 20", Every("quarter", 20, 3, before=False, only=(1, 3))),
        ("every quarter by 20/5", Every("quarter", 20, 2, before=False, only=(2,))),
        ("every half-year, last month, by 15", Every("half", 15, 6, before=False)),
    ],
)
def test_other_wordings_are_read_too(words: str, rule: DueRule | None) -> None:
    """Case, ISO dates, a final stop and a semicolon are no obstacle."""
    expected = rule or Several((Every("year", 25, 10, before=True), Every("month", 5, 1, before=False)))
    assert parse_due(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "by tomorrow",
        "every half-year, last month, by 15, every half-year, last month, by 20",
        "every half-year 1, last month, by 15, and every half-year before 20/6",
        "every month 2 by 5",
        "every year, month 0, by 5",
        "every year, month 25, by 5",
        "every week by 5",
    ],
)
def test_other_english_is_refused(words: str) -> None:
    """The English grammar is exactly its own examples."""
    with pytest.raises(PhraseUnreadable):
        parse_due(words)
