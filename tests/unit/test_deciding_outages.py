"""A deaf server or a sleeping daemon costs no agency a letter too many, and what was passed over has its reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Received
from daemon.domain.words import Channel, Outcome, Reason, Tier

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

AGENCIES = ("so-tu-phap", "so-y-te", "so-noi-vu")


@pytest.fixture
def three(build: Build) -> World:
    """Three agencies owing report and file, told on 21/9; the mark is there on 25/10."""
    world = build(AGENCIES, ("bao-cao", "ho-so-cham-diem")).known("20/9 10:00")
    world.mark("25/10 08:00", "25/10 08:00")
    return world


def both(day: str, level: int, step: str) -> list[str]:
    """Return one letter to each agency's officers with the same step of report and file."""
    return [f"{day} {agency} officers {level}: bao-cao {step}, ho-so-cham-diem {step}" for agency in AGENCIES]


@pytest.mark.parametrize(
    ("deaf_from", "deaf_to", "back", "expected", "passed"),
    [
        # Deaf on the day of don-doc alone: the letter that waits is the one that leaves; nothing new is written.
        ("19/10", "19/10", "20/10", [], {}),
        # Deaf until the last day: its letter takes the place of what waited.
        ("19/10", "21/10", "24/10", both("24/10", 2, "han-cuoi"), {"don-doc": Reason.LATER_STEP}),
        # Deaf on the last day: what waited is of no use on the day after.
        ("24/10", "24/10", "25/10", [], {"han-cuoi": Reason.PAST_DUE}),
        # Deaf over the deadline: the overdue letter, and only it.
        (
            "19/10", "25/10", "26/10", both("26/10", 3, "qua-han"),
            {"don-doc": Reason.LATER_STEP, "han-cuoi": Reason.LATER_STEP},
        ),
    ],
)  # fmt: skip
def test_a_deaf_server(
    three: World, lines: Lines, deaf_from: str, deaf_to: str, back: str, expected: list[str], passed: dict[str, Reason]
) -> None:
    """After a deaf server each agency gets one letter, the strongest still useful; decisions keep what was passed."""
    three.run("20/9", f"{int(deaf_from.split('/', maxsplit=1)[0]) - 1}/10")
    three.run(deaf_from, deaf_to, accept=False)
    assert set(Counter(sent.agency for sent in three.letters if sent.live).values()) == {1}
    last = three.decide(f"{back} 08:30")
    assert lines(last.letters) == expected
    overtaken = {d.key.step: d.reason for d in last.decisions if d.outcome is Outcome.PASS_OVER}
    assert overtaken == passed
    three.step(f"{back} 08:30", accept=False)
    waiting = [sent for sent in three.letters if sent.live]
    assert Counter(sent.agency for sent in waiting) == dict.fromkeys(AGENCIES, 1)
    if expected:
        assert {sent.day for sent in waiting} == {three.day(back)}


def test_a_deaf_server_over_the_heads_day(three: World, lines: Lines) -> None:
    """Level 3 that nobody accepted gives no credit: heads and leaders hear only after it has left."""
    three.run("20/9", "25/10")
    three.run("26/10", "28/10", accept=False)
    assert [sent.tier for sent in three.letters if sent.live] == [Tier.OFFICERS] * 3
    three.accept_waiting("28/10 15:00")
    assert lines(three.run("31/10", "31/10")) == [
        "31/10 so-tu-phap head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong",
        "31/10 so-tu-phap officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2",
        "31/10 so-y-te head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong",
        "31/10 so-y-te officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2",
        "31/10 so-noi-vu collector 5: ho-so-cham-diem trinh, ho-so-cham-diem trinh",
        "31/10 so-noi-vu head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong",
        "31/10 so-noi-vu officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2",
        "31/10 vp-ubnd collector 5: ho-so-cham-diem trinh",
    ]


def test_who_sent_while_the_server_was_deaf(three: World, lines: Lines) -> None:
    """What came in meanwhile is not chased; the letter that replaces the waiting one holds the rest."""
    three.run("20/9", "18/10")
    three.run("19/10", "21/10", accept=False)
    three.record("21/10 15:00", Received("12/BC"), three.key("bao-cao"))
    assert lines(three.decide("24/10 08:30").letters)[0] == "24/10 so-tu-phap officers 2: ho-so-cham-diem han-cuoi"


@pytest.mark.parametrize(
    ("asleep_from", "awake", "expected"),
    [
        ("26/9", "6/10", both("6/10", 1, "nhac")),
        ("26/9", "17/10", both("17/10", 1, "nhac-lai")),
        ("26/9", "24/10", both("24/10", 2, "han-cuoi")),
        ("26/9", "25/10", []),
        ("26/9", "26/10", both("26/10", 3, "qua-han")),
        ("26/9", "1/11", both("1/11", 3, "qua-han#2")),
        ("26/9", "4/11", both("4/11", 3, "qua-han#2")),
        ("26/9", "7/11", []),
    ],
)
def test_a_daemon_that_slept(three: World, lines: Lines, asleep_from: str, awake: str, expected: list[str]) -> None:
    """A daemon that slept a week sends one useful letter per agency, not seven and not none."""
    three.run("20/9", asleep_from)
    assert lines(three.run(awake, awake)) == expected


def test_asleep_from_the_first_day(three: World, lines: Lines) -> None:
    """Down since before the notice, the first letter after the deadline has the overdue text at level 1."""
    found = three.run("31/10", "31/10")
    assert lines(found) == both("31/10", 1, "qua-han#2")
    assert found[0].to == {Channel.EMAIL: ("so-tu-phap-dau-moi",)}
    assert found[0].cc == {Channel.EMAIL: ("so-tu-phap-van-thu",)}


def test_awake_in_the_afternoon(three: World, lines: Lines) -> None:
    """Woken at 14:00 the daemon sends what may leave in the afternoon; level 3 leaves the next morning."""
    three.run("20/9", "13/10")
    assert lines(three.step("20/10 14:00")) == both("20/10", 2, "don-doc")
    assert lines(three.step("26/10 14:00")) == []
    assert lines(three.step("27/10 08:30")) == both("27/10", 3, "qua-han")
