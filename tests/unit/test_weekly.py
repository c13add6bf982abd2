"""When the leaders get their report, what it looks at, and who reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from daemon.domain.entries import Exempted, Received
from daemon.domain.words import Channel, LetterKind, OfficeLetter, Tier
from daemon.judgement.weekly import Due, in_view, live_plans, report_day, report_due, report_letter

COLLECTOR = "so-noi-vu"
HOUR = time(7, 30)


def due(world: Any, instant: str, hour: time = HOUR) -> Due | None:
    """What report is due at an instant."""
    now = world.on(instant)
    return report_due(world.snapshot(now), COLLECTOR, now, hour)


@pytest.fixture
def settled(report: Any) -> Any:
    """So Tư pháp's report of 24/10, in on 10/10."""
    report.record("10/10 09:00", Received("1/BC"), report.key())
    return report


def test_the_report_day_is_the_weeks_first_working_day(world: Any) -> None:
    """Monday; Tuesday where Monday is off; none in a week without work."""
    office = world.rules.office
    assert report_day(office, world.day("21/10")) == world.day("17/10")
    assert report_day(office, world.day("13/4")) == world.day("12/4")
    assert report_day(office, world.day("2/2")) is None


@pytest.mark.parametrize(
    ("instant", "is_due"),
    [
        ("24/10 07:29", False),
        ("24/10 07:30", True),
        ("24/10 16:59", True),
        ("24/10 17:00", False),
        ("26/10 09:00", True),
        ("22/10 09:00", False),
    ],
)
def test_the_report_has_its_hour(report: Any, instant: str, is_due: bool) -> None:
    """From 07:30 of a working day until work ends; a daemon that was down on Monday writes it later in the week."""
    assert due(report, instant) == (Due(OfficeLetter.WEEKLY, report.day("24/10")) if is_due else None)


def test_a_late_hour_is_an_hour_long(report: Any) -> None:
    """An office that wants it in the evening gets it then."""
    assert due(report, "24/10 18:30", time(18)) is not None
    assert due(report, "24/10 19:00", time(18)) is None


@pytest.mark.parametrize(
    ("instant", "what"),
    [
        ("19/9 07:30", None),
        ("26/9 07:30", OfficeLetter.WEEKLY),  # due in 28 days
        ("31/10 07:30", OfficeLetter.WEEKLY),  # was due last week: how it ended
        ("7/11 07:30", OfficeLetter.MONTHLY),  # nothing ahead; the first Monday of its month
        ("14/11 07:30", None),
    ],
)
def test_weekly_only_around_a_deadline(settled: Any, instant: str, what: OfficeLetter | None) -> None:
    """While something is due within thirty days or was due last week; else one line a month."""
    found = due(settled, instant)
    assert (found.what if found else None) is what


def test_weekly_while_something_is_late(report: Any) -> None:
    """Who has not sent keeps the report weekly."""
    found = due(report, "14/11 07:30")
    assert found is not None
    assert found.what is OfficeLetter.WEEKLY


def test_no_report_of_what_has_ended_or_has_not_begun(report: Any, build: Any) -> None:
    """Nor for a plan that is off, or one the daemon hears of after the report's hour."""
    assert due(build(ends=date(2022, 10, 1)), "24/10 07:30") is None
    assert due(build(active=False), "24/10 07:30") is None
    assert due(build(issued=date(2022, 10, 25)), "24/10 07:30") is None
    report.known("24/10 10:00")
    assert due(report, "24/10 11:00") is None
    assert live_plans(report.rules, "so-tu-phap", report.day("24/10")) == []


def test_the_exempt_are_not_looked_at(report: Any) -> None:
    """Nobody owes: there is nothing to report of."""
    report.record("10/10 09:00", Exempted("CV", "PCT"), report.key())
    assert due(report, "24/10 07:30") is None


def test_the_nearest_deadline_stands_first(world: Any) -> None:
    """What was due long ago, is due now and is due soon; what is further off is left out."""
    now = world.on("24/10 07:30")
    views = in_view(world.snapshot(now), COLLECTOR, world.day("24/10"), now)
    assert [view[1] for view in views] == ["ke-hoach", "bao-cao", "ho-so-cham-diem", "xep-loai"]
    spring = world.on("28/3 07:30")
    assert [v[1] for v in in_view(world.snapshot(spring), COLLECTOR, world.day("28/3"), spring)] == ["ke-hoach"]


def test_the_head_reads_it_with_copies(report: Any) -> None:
    """To the collector's head, by e-mail; copy to its deputies and the plan's contact; of use all week."""
    plan = replace(report.rules.plans[0], contact="so-noi-vu-dau-moi")
    report.rules = replace(report.rules, plans=(plan,))
    letter = report_letter(report.snapshot(), COLLECTOR, report.on("24/10 07:30"))
    assert letter is not None
    assert (letter.kind, letter.tier, letter.agency) == (LetterKind.NOTE, Tier.COLLECTOR, COLLECTOR)
    assert letter.to == {Channel.EMAIL: ("so-noi-vu-thu-truong",)}
    assert letter.cc == {Channel.EMAIL: ("so-noi-vu-phu-trach", "so-noi-vu-dau-moi")}
    assert (letter.day, letter.send_at) == (report.day("24/10"), report.on("24/10 07:30"))
    assert letter.useful_until == report.on("31/10")


def test_leaders_who_share_a_mailbox_get_one_report(report: Any) -> None:
    """The head keeps it: the deputy and the contact who read there too have no copy of their own."""
    register = report.rules.register
    office = report.rules.agency(COLLECTOR)
    people = tuple(replace(one, email="lanh-dao@so-noi-vu.example") for one in office.people)
    agencies = tuple(replace(a, people=people) if a is office else a for a in register.agencies)
    plan = replace(report.rules.plans[0], contact="so-noi-vu-dau-moi")
    report.rules = replace(report.rules, plans=(plan,), register=replace(register, agencies=agencies))
    letter = report_letter(report.snapshot(), COLLECTOR, report.on("24/10 07:30"))
    assert letter is not None
    assert (letter.to, letter.cc) == ({Channel.EMAIL: ("so-noi-vu-thu-truong",)}, {})


def test_nobody_to_read_it_is_no_report(report: Any) -> None:
    """An office without head and mailbox gets none."""
    register = report.rules.register
    bare = tuple(replace(a, people=(), office_email=None) if a.id == COLLECTOR else a for a in register.agencies)
    report.rules = replace(report.rules, register=replace(register, agencies=bare))
    assert report_letter(report.snapshot(), COLLECTOR, report.on("24/10 07:30")) is None
