"""The ladder table of plan 1026, written out by hand from the calendar of 2022, is what the rehearsal shows."""

from __future__ import annotations

from collections import Counter
from datetime import time
from typing import TYPE_CHECKING

import pytest

from daemon.clock import local
from daemon.domain.words import Tier

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

M1 = """
28/3 so-tu-phap officers 1: ke-hoach don-doc as thong-bao
31/3 so-tu-phap officers 2: ke-hoach han-cuoi
4/4 so-tu-phap officers 3: ke-hoach qua-han
6/4 so-tu-phap head 4: ke-hoach thu-truong
7/4 so-tu-phap officers 3: ke-hoach qua-han#2
12/4 so-noi-vu collector 5: ke-hoach trinh
"""
M2 = """
28/3 so-tu-phap officers 1: bao-cao thong-bao
3/10 so-tu-phap officers 1: bao-cao nhac
13/10 so-tu-phap officers 1: bao-cao nhac-lai
19/10 so-tu-phap officers 2: bao-cao don-doc
24/10 so-tu-phap officers 2: bao-cao han-cuoi
26/10 so-tu-phap officers 3: bao-cao qua-han
28/10 so-tu-phap head 4: bao-cao thu-truong
31/10 so-tu-phap officers 3: bao-cao qua-han#2
2/11 so-noi-vu collector 5: bao-cao trinh
"""
M3 = """
28/3 so-tu-phap officers 1: ho-so-cham-diem thong-bao
3/10 so-tu-phap officers 1: ho-so-cham-diem nhac
13/10 so-tu-phap officers 1: ho-so-cham-diem nhac-lai
19/10 so-tu-phap officers 2: ho-so-cham-diem don-doc
24/10 so-tu-phap officers 2: ho-so-cham-diem han-cuoi
26/10 so-tu-phap officers 3: ho-so-cham-diem qua-han
27/10 so-tu-phap head 4: ho-so-cham-diem thu-truong
28/10 so-noi-vu collector 5: ho-so-cham-diem trinh
31/10 so-tu-phap officers 3: ho-so-cham-diem qua-han#2
"""
M4 = """
28/3 so-noi-vu officers 1: xep-loai thong-bao
14/10 so-noi-vu officers 1: xep-loai nhac
26/10 so-noi-vu officers 1: xep-loai nhac-lai
1/11 so-noi-vu officers 2: xep-loai don-doc
4/11 so-noi-vu officers 2: xep-loai han-cuoi
8/11 so-noi-vu officers 3: xep-loai qua-han
11/11 so-noi-vu officers 3: xep-loai qua-han#2
15/11 vp-ubnd collector 5: xep-loai trinh
"""
FIRST = """
28/3 so-noi-vu officers 1: ke-hoach don-doc as thong-bao, bao-cao thong-bao, ho-so-cham-diem thong-bao,"""
ALL_OF_SO_NOI_VU = f"""{FIRST} xep-loai thong-bao
31/3 so-noi-vu officers 2: ke-hoach han-cuoi
4/4 so-noi-vu officers 3: ke-hoach qua-han
6/4 so-noi-vu head 4: ke-hoach thu-truong
7/4 so-noi-vu officers 3: ke-hoach qua-han#2
12/4 vp-ubnd collector 5: ke-hoach trinh
3/10 so-noi-vu officers 1: bao-cao nhac, ho-so-cham-diem nhac
13/10 so-noi-vu officers 1: bao-cao nhac-lai, ho-so-cham-diem nhac-lai
17/10 so-noi-vu officers 1: xep-loai nhac
19/10 so-noi-vu officers 2: bao-cao don-doc, ho-so-cham-diem don-doc
24/10 so-noi-vu officers 2: bao-cao han-cuoi, ho-so-cham-diem han-cuoi
26/10 so-noi-vu officers 3: bao-cao qua-han, ho-so-cham-diem qua-han, xep-loai nhac-lai
27/10 so-noi-vu head 4: ho-so-cham-diem thu-truong
28/10 so-noi-vu head 4: bao-cao thu-truong
28/10 vp-ubnd collector 5: ho-so-cham-diem trinh
31/10 so-noi-vu officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2
2/11 so-noi-vu officers 2: xep-loai don-doc
2/11 vp-ubnd collector 5: bao-cao trinh
4/11 so-noi-vu officers 2: xep-loai han-cuoi
8/11 so-noi-vu officers 3: xep-loai qua-han
11/11 so-noi-vu officers 3: xep-loai qua-han#2
15/11 vp-ubnd collector 5: xep-loai trinh
"""


@pytest.mark.parametrize(
    ("milestone", "expected"), [("ke-hoach", M1), ("bao-cao", M2), ("ho-so-cham-diem", M3), ("xep-loai", M4)]
)
def test_one_milestone_alone(build: Build, lines: Lines, milestone: str, expected: str) -> None:
    """Each milestone alone follows its ladder from the day of issue to the report to the leaders."""
    world = build(("so-tu-phap",), (milestone,))
    assert lines(world.rehearse("25/3", "31/12")) == expected.split("\n")[1:-1]


def test_the_collectors_own_year(build: Build, lines: Lines) -> None:
    """What Sở Nội vụ itself owes is one letter a day; the gap moves 14/10 to 17/10 and 1/11 to 2/11."""
    world = build(("so-noi-vu",))
    assert lines(world.rehearse("25/3", "31/12")) == ALL_OF_SO_NOI_VU.split("\n")[1:-1]


def test_living_it_is_what_was_rehearsed(build: Build, lines: Lines) -> None:
    """With marks in time and everything accepted, the daemon sends exactly what `preview` showed."""
    rehearsed = lines(build().rehearse("25/3", "31/12"))
    world = build()
    for recorded_at, complete_to in [("1/4 08:00", "1/4 00:00"), ("25/10 08:00", "25/10 00:00"), ("5/11", "5/11")]:
        world.mark(recorded_at, complete_to)
    assert lines(world.run("25/3", "31/12")) == rehearsed


def test_preview_keeps_days_and_hours(world: World) -> None:
    """Nothing leaves on a day off, a weekend, outside hours, or before the first sending day after issue."""
    letters = world.rehearse("1/1", "31/12")
    off = {world.day(text) for text in ("11/4", "2/5", "3/5", "1/9", "2/9")}
    assert {letter.day for letter in letters} & off == set()
    assert {letter.day.weekday() for letter in letters} <= {0, 1, 2, 3, 4}
    assert {local(letter.send_at).time() for letter in letters} == {time(8, 30)}
    assert min(letter.day for letter in letters) == world.day("28/3")


def test_preview_keeps_one_a_day(world: World) -> None:
    """There is at most one letter per agency, tier and day; to leaders one per milestone and day."""
    letters = world.rehearse("1/1", "31/12")
    places = Counter((letter.agency, letter.tier, letter.day, letter.milestone) for letter in letters)
    assert set(places.values()) == {1}
    assert {letter.tier for letter in letters if letter.milestone} == {Tier.COLLECTOR}


@pytest.mark.parametrize(
    ("last_day", "off", "days"),
    [
        ("12/4", "", {"don-doc": "6/4", "han-cuoi": "12/4", "qua-han": "14/4"}),  # 11/4 is off
        ("4/5", "", {"don-doc": "27/4", "han-cuoi": "4/5", "qua-han": "6/5"}),  # 30/4 to 3/5 are off
        ("1/9", "", {"don-doc": "29/8", "han-cuoi": "31/8", "qua-han": "6/9"}),  # itself off: strictly from it
        ("24/10", "24/10", {"don-doc": "19/10", "han-cuoi": "21/10", "qua-han": "26/10"}),
        ("24/10", "20/10", {"don-doc": "18/10", "han-cuoi": "24/10", "qua-han": "26/10"}),
    ],
)
def test_days_off_move_steps(report: World, last_day: str, off: str, days: dict[str, str]) -> None:
    """Offsets count working days strictly from the last day; a step on a day off moves away from the deadline."""
    letters = report.on_calendar(off).due("bao-cao", last_day).rehearse("25/3", "31/12")
    found = {i.key.step: f"{x.day.day}/{x.day.month}" for x in reversed(letters) for i in x.items}
    assert {step: found[step] for step in days} == days
