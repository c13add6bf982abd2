"""A letter waits for a paused road as long as that costs it little; then it leaves by one that carries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from daemon.domain.letters import Letter
from daemon.domain.words import Channel, Level
from daemon.judgement.detours import Detour, comes_too_late, detour, gives_way
from daemon.judgement.dispatching import Road

EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
OFFICE = ("so-tu-phap-van-thu", EMAIL)
FOCAL, DEPUTY = "so-tu-phap-dau-moi", "so-tu-phap-phu-trach"


@pytest.fixture
def letter(report: Any) -> Letter:
    """The letter of 28/3 to the focal officer of Sở Tư pháp, who has mail and Zalo, by Zalo."""
    (found,) = (letter for letter in report.step("28/3 08:30") if letter.agency == "so-tu-phap")
    first, *others = report.rules.register.agencies
    focal = replace(first.people[0], zalo="zalo-1")
    agencies = (replace(first, people=(focal, *first.people[1:])), *others)
    report.rules = replace(report.rules, register=replace(report.rules.register, agencies=agencies))
    assert isinstance(found, Letter)
    return replace(found, to={ZALO: (FOCAL,)}, cc={EMAIL: (OFFICE[0],)})


@pytest.mark.parametrize(
    ("expires", "now", "gone"),
    [
        ("19/10 08:30", "14/10 08:29", False),  # of use for days: one of them is spent waiting
        ("19/10 08:30", "14/10 08:30", True),
        (None, "13/10 16:00", False),
        (None, "14/10 08:30", True),
        ("14/10 00:00", "13/10 11:00", False),  # of use today alone: a quarter of what is left of it
        ("14/10 00:00", "13/10 13:30", True),
        ("13/10 11:30", "13/10 09:00", False),
        ("13/10 11:30", "13/10 09:15", True),
        ("13/10 23:59", "13/10 12:30", False),  # nothing leaves at noon
    ],
)
def test_it_waits_a_day_or_a_quarter_of_its_time(
    report: Any, letter: Letter, expires: str | None, now: str, gone: bool
) -> None:
    """Since 08:30 of 13/10; in sending hours alone."""
    until = report.on(expires) if expires else None
    assert gives_way(letter, report.on("13/10 08:30"), until, report.rules, report.on(now)) is gone


def test_what_has_no_later_hour_does_not_wait(report: Any, letter: Letter) -> None:
    """An overdue letter leaves in the morning only: at noon there is no hour left before its evening."""
    overdue = replace(letter, level=Level.OVERDUE)
    since = report.on("13/10 11:00")
    assert gives_way(overdue, since, since + timedelta(hours=8), report.rules, since)
    assert not gives_way(overdue, since, since + timedelta(days=8), report.rules, since)


@pytest.mark.parametrize(
    ("expires", "at", "late"),
    [
        ("24/10 00:00", "21/10 16:00", False),
        ("24/10 00:00", "24/10 08:30", True),  # the first sending hour after a weekend
        (None, "24/10 08:30", False),  # a day after Friday morning is Monday
        (None, "24/10 08:31", True),
        (None, "1/11 08:30", True),
    ],
)
def test_a_far_side_is_waited_for_a_day_or_until_the_end(
    report: Any, letter: Letter, expires: str | None, at: str, *, late: bool
) -> None:
    """As of Friday 21/10 08:30."""
    until, rules = report.on(expires) if expires else None, report.rules
    assert comes_too_late(letter, report.on(at), until, rules, report.on("21/10 08:30")) is late


def way(report: Any, letter: Letter, waiting: list[Road], paused: Collection[Road], *more: Road) -> Detour | None:
    """The way round for a letter whose roads are those that wait and `more`."""
    return detour(
        letter, waiting, {*waiting, *more}, lambda road: road not in paused, report.rules, report.on("14/10 08:30")
    )


def test_his_other_channel_then_the_office_mailbox(report: Any, letter: Letter) -> None:
    """As after a refusal; a road that is paused too is passed by."""
    zalo, mail = (FOCAL, ZALO), (FOCAL, EMAIL)
    assert way(report, letter, [zalo], [zalo]) == Detour((zalo,), (mail,))
    assert way(report, letter, [zalo], [zalo, mail]) == Detour((zalo,), (OFFICE,))
    assert way(report, letter, [zalo], [zalo], mail) == Detour((zalo,), (OFFICE,))


def test_without_a_road_that_carries_it_goes_on_waiting(report: Any, letter: Letter) -> None:
    """Everything is paused, or was tried."""
    zalo, mail = (FOCAL, ZALO), (FOCAL, EMAIL)
    assert way(report, letter, [zalo], [zalo, mail, OFFICE]) is None
    assert way(report, letter, [zalo, OFFICE], [zalo, OFFICE], mail) is None


def test_only_who_is_served_gives_up_his_own(report: Any, letter: Letter) -> None:
    """Mail is paused: who has Zalo gets it there, the others' mail waits on; the office stands in for them all."""
    several = replace(letter, to={EMAIL: (FOCAL, DEPUTY)})
    waiting = [(FOCAL, EMAIL), (DEPUTY, EMAIL), ("khac", EMAIL)]
    assert way(report, several, waiting, waiting) == Detour(((FOCAL, EMAIL),), ((FOCAL, ZALO),))
    office = way(report, several, waiting, waiting, (FOCAL, ZALO))
    assert office == Detour(((FOCAL, EMAIL), (DEPUTY, EMAIL)), (OFFICE,))
