"""The rehearsal looks at every instant at which a letter can come to leave, and only at those."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Received
from daemon.domain.ladders import Offset, Step, When
from daemon.domain.words import Level, Role
from daemon.judgement.rehearsal import composed_through, instants, step_hours

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World


@pytest.fixture
def hours(world: World) -> World:
    """A ladder with steps at 08:30 and 14:00."""
    steps = [
        Step(f"b{n}", Offset(When.BEFORE, n), Level.NOTICE, (Role.FOCAL,), at=at)
        for n, at in [(3, None), (2, time(14))]
    ]
    return world.on_ladder(*steps)


def test_instants(hours: World) -> None:
    """They are step hours and opening hours of working days, from the start on, before the end."""
    found = instants(hours.rules, hours.on("21/10 13:30"), hours.on("24/10 14:00"))
    assert list(found) == [hours.on(text) for text in ("21/10 13:30", "21/10 14:00", "24/10 08:30", "24/10 13:30")]
    assert step_hours(hours.rules) == (time(8, 30), time(14, 0))


@pytest.mark.parametrize(
    ("composed_at", "now", "expected"),
    [
        (None, "24/10 08:29", False),  # nothing leaves yet
        (None, "24/10 08:30", True),
        ("24/10 08:30", "24/10 08:45", False),
        ("24/10 08:30", "24/10 13:45", False),
        ("24/10 08:30", "24/10 14:00", True),  # the second step hour
        ("24/10 08:30", "24/10 16:00", True),
        ("24/10 14:00", "24/10 14:15", False),
        (None, "24/10 12:00", False),  # midday
        (None, "24/10 16:30", False),
        (None, "22/10 09:00", False),  # a Saturday
    ],
)
def test_when_a_step_hour_was_worked_through(hours: World, composed_at: str | None, now: str, expected: bool) -> None:
    """The first look inside sending hours since a step hour is that hour's composition."""
    known = hours.on(composed_at) if composed_at else None
    assert composed_through(hours.rules, known, hours.on(now)) is expected


def test_before_any_step_hour(hours: World) -> None:
    """Where offices open before the first step hour, nothing is composed until it comes."""
    hours.on_ladder(at=time(9, 0))
    assert [composed_through(hours.rules, None, hours.on(f"24/10 {t}")) for t in ("08:30", "09:00")] == [False, True]


AFTER = [
    "28/10 so-tu-phap head 4: bao-cao thu-truong",
    "31/10 so-tu-phap officers 3: bao-cao qua-han#2",
    "2/11 so-noi-vu collector 5: bao-cao trinh",
]


def test_a_rehearsal_starts_from_the_record(build: Build, lines: Lines) -> None:
    """From the middle of the year it shows what is left, of those who have not sent by then, as if marked."""
    world = build(("so-tu-phap", "so-y-te"), ("bao-cao",)).known("20/9 10:00")
    world.run("20/9", "19/10")
    world.record("19/10 15:00", Received("12/BC"), world.key("bao-cao", "so-y-te"))
    world.record("20/10 09:00", Received("12/BC"), world.key("bao-cao", "so-tu-phap"))  # not yet known at its start
    assert lines(world.rehearse("20/10", "31/12")) == [
        "24/10 so-tu-phap officers 2: bao-cao han-cuoi",
        "26/10 so-tu-phap officers 3: bao-cao qua-han",
        *AFTER,
    ]


def test_letters_that_wait_are_taken_as_accepted(report: World, lines: Lines) -> None:
    """What waits for the server at the start leaves at the first instant, and gives its credit."""
    report.known("20/9 10:00").mark("25/10 08:00", "25/10 08:00")
    report.run("20/9", "25/10")
    report.step("26/10 08:30", accept=False)
    assert lines(report.rehearse("27/10", "31/12")) == AFTER


def test_letters_that_wait_may_be_replaced(report: World, lines: Lines) -> None:
    """What waits at the start is replaced by a stronger letter of the first instant."""
    report.known("20/9 10:00").run("20/9", "18/10")
    report.step("19/10 08:30", accept=False)
    found = report.rehearse("24/10", "24/10")
    assert lines(found) == ["24/10 so-tu-phap officers 2: bao-cao han-cuoi"]
    assert found[0].replaces == (report.letters[-1].id,)
