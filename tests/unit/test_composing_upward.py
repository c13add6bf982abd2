"""Letters to heads wait for approval and level 3; letters to leaders are one per milestone and day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Extended, Muted, Received
from daemon.domain.ladders import Offset, Step, When
from daemon.domain.words import Channel, Level, Reason, Role, Tier

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

EMAIL = Channel.EMAIL


@pytest.fixture
def overdue(build: Build) -> World:
    """So Tư pháp and Sở Y tế owing report and file; level 3 was accepted on 26/10, the mark is there."""
    world = build(("so-tu-phap", "so-y-te"), ("bao-cao", "ho-so-cham-diem")).known("20/9 10:00")
    world.mark("25/10 08:00", "25/10 08:00")
    world.run("20/9", "26/10")
    return world


def test_letters_to_heads_wait_for_approval(overdue: World, lines: Lines) -> None:
    """A letter to a head names all it waits for and nothing is decided twice while it waits."""
    first, second = overdue.step("27/10 08:30", accept=False)
    assert lines([first, second]) == [
        "27/10 so-tu-phap head 4: ho-so-cham-diem thu-truong",
        "27/10 so-y-te head 4: ho-so-cham-diem thu-truong",
    ]
    assert (first.approval, first.waits_for, first.replaces) == (True, ("approval", "mark"), ())
    assert (first.to, first.cc) == (
        {EMAIL: ("so-tu-phap-thu-truong",)},
        {EMAIL: ("so-tu-phap-phu-trach", "so-tu-phap-van-thu")},
    )
    assert overdue.step("27/10 08:45") == []
    assert "ho-so-cham-diem thu-truong" not in overdue.reasons("27/10 09:00")


def test_a_waiting_letter_is_replaced_by_one_that_holds_more(overdue: World, lines: Lines) -> None:
    """The next day's step joins what still waits for approval: one letter, which replaces the other."""
    overdue.step("27/10 08:30", accept=False)
    waiting = {sent.agency: sent.id for sent in overdue.letters if sent.live}
    found = [x for x in overdue.step("28/10 08:30", accept=False) if x.tier is Tier.HEAD]
    assert lines(found) == [
        "28/10 so-tu-phap head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong",
        "28/10 so-y-te head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong",
    ]
    assert [x.replaces for x in found] == [(waiting["so-tu-phap"],), (waiting["so-y-te"],)]
    assert [i.reason for i in found[0].items] == [Reason.STEP_REACHED, Reason.CATCH_UP]


def test_a_late_approval_sends_the_items_as_they_stand(overdue: World, lines: Lines) -> None:
    """What is settled or muted meanwhile is not in the letter that replaces the waiting one."""
    overdue.step("27/10 08:30", accept=False)
    overdue.record("27/10 14:00", Received("12/BC"), overdue.key("ho-so-cham-diem"))
    overdue.record("27/10 14:00", Muted(overdue.day("30/11"), "nhầm"), overdue.key("ho-so-cham-diem", "so-y-te"))
    found = [x for x in overdue.step("28/10 08:30", accept=False) if x.tier is Tier.HEAD]
    assert lines(found) == ["28/10 so-tu-phap head 4: bao-cao thu-truong", "28/10 so-y-te head 4: bao-cao thu-truong"]


def test_a_letter_approved_in_time_is_not_written_again(overdue: World, lines: Lines) -> None:
    """Once the head's letter is accepted only what is new to him follows, on another day."""
    overdue.step("27/10 08:30", accept=False)
    overdue.accept_waiting("27/10 10:00")
    assert lines(x for x in overdue.step("28/10 08:30") if x.agency == "so-y-te") == [
        "28/10 so-y-te head 4: bao-cao thu-truong"
    ]


def test_leaders_get_one_letter_per_milestone_and_day(overdue: World, lines: Lines) -> None:
    """Level 5 is never mixed: each milestone's debtors together, outside the one-a-day rule."""
    overdue.record("26/10 15:00", Received("12/BC"), overdue.key("bao-cao", "so-y-te"))
    until = overdue.day("27/10")
    overdue.record("26/10 10:00", Extended("", overdue.on("28/10"), until, "CV", "PCT"), overdue.key("ho-so-cham-diem"))
    overdue.mark("28/10 07:00", "28/10 07:00")
    assert lines(x for x in overdue.run("27/10", "30/11") if x.tier is Tier.COLLECTOR) == [
        "28/10 so-noi-vu collector 5: ho-so-cham-diem trinh",  # so-y-te
        "2/11 so-noi-vu collector 5: bao-cao trinh",  # so-tu-phap
        "2/11 so-noi-vu collector 5: ho-so-cham-diem trinh",  # so-tu-phap newly qualifies
    ]


def test_the_debtors_of_a_milestone_share_the_letter_to_leaders(overdue: World) -> None:
    """The letter to leaders holds, in protocol order, every obligation that newly qualifies."""
    found = [x for x in overdue.run("27/10", "30/11") if x.tier is Tier.COLLECTOR]
    assert [[i.key.obligation.agency for i in x.items] for x in found] == [["so-tu-phap", "so-y-te"]] * 2
    assert [x.milestone for x in found] == [
        ("1026-kh-ubnd-2022", "ho-so-cham-diem", "once"), ("1026-kh-ubnd-2022", "bao-cao", "once"),
    ]  # fmt: skip
    assert {x.waits_for for x in found} == {("mark",)}


@pytest.mark.parametrize(("office", "addressed"), [("vp-ubnd", "vp-ubnd"), (None, "so-noi-vu")])
def test_what_the_collector_owes_goes_to_the_issuers_office(
    build: Build, lines: Lines, office: str | None, addressed: str
) -> None:
    """Where the collector itself owes, the issuer's office is told; without one its own leaders."""
    world = build(("so-noi-vu", "so-tu-phap"), ("bao-cao",)).known("20/9 10:00")
    register = replace(world.rules.register, issuer_office=office)
    world.rules = replace(world.rules, register=register)
    world.mark("25/10 08:00", "25/10 08:00")
    found = [x for x in world.run("20/9", "30/11") if x.tier is Tier.COLLECTOR]
    assert {(x.agency, x.to[EMAIL]) for x in found} == {
        ("so-noi-vu", ("so-noi-vu-thu-truong",)), (addressed, (f"{addressed}-thu-truong",)),
    }  # fmt: skip
    assert {x.day for x in found} == {world.day("2/11")}


@pytest.mark.parametrize(
    ("contact", "cc", "expected"),
    [
        (None, (), {}),
        ("so-noi-vu-dau-moi", (), {EMAIL: ("so-noi-vu-dau-moi",)}),
        ("so-noi-vu-dau-moi", (Role.DEPUTY,), {EMAIL: ("so-noi-vu-dau-moi", "so-noi-vu-phu-trach")}),
        ("so-noi-vu-thu-truong", (), {}),  # he is in To
    ],
)
def test_a_copy_for_the_plans_contact(
    build: Build, contact: str | None, cc: tuple[Role, ...], expected: dict[Channel, tuple[str, ...]]
) -> None:
    """The leaders' letter goes in copy to the plan's contact, beside the step's own copies."""
    world = build(("so-tu-phap",), ("bao-cao",), contact=contact).known("20/9 10:00")
    world.mark("25/10 08:00", "25/10 08:00")
    world.run("20/9", "1/11")
    steps = [replace(s, cc=cc) if s.id == "trinh" else s for s in world.rules.ladders["chuan"].steps]
    (letter,) = world.on_ladder(*steps).step("2/11 08:30")
    assert (letter.to, letter.cc) == ({EMAIL: ("so-noi-vu-thu-truong",)}, expected)


@pytest.mark.parametrize(("debtor", "leader"), [("so-tu-phap", "so-noi-vu"), ("so-noi-vu", "vp-ubnd")])
def test_leaders_in_copy_are_the_collectors(build: Build, debtor: str, leader: str) -> None:
    """`lanh-dao-dau-moi` in copy of any letter is the collector's head, never the owing agency's own."""
    world = build((debtor,), ("bao-cao",)).known("20/9 10:00")
    world.run("20/9", "21/9")
    world.on_ladder(Step("nhac", Offset(When.BEFORE, 3), Level.PRESS, (Role.FOCAL,), (Role.COLLECTOR_HEAD,)))
    (letter,) = world.step("19/10 08:30")
    assert letter.cc == {EMAIL: (f"{leader}-thu-truong",)}


def test_how_long_a_letter_is_of_use(world: World) -> None:
    """A letter is of use as long as the longest-lived of its items; one to a head until it is settled."""
    letters = world.rehearse("25/3", "31/10")
    (mixed,) = [x for x in letters if x.day == world.day("26/10") and len(x.items) == 3]
    assert mixed.useful_until == world.on("1/11")  # qua-han until 31/10, xep-loai's nhac-lai until 1/11
    assert mixed.waits_for == ("mark",)
    assert {x.waits_for for x in letters if x.level <= Level.PRESS} == {()}
    assert {x.useful_until for x in letters if x.tier is not Tier.OFFICERS} == {None}


def test_one_item_to_approve_is_enough(overdue: World) -> None:
    """A letter waits for approval if any of its steps asks for it."""
    steps = {step.id: step for step in overdue.rules.ladders["chuan"].steps}
    free = replace(steps["thu-truong"], approval=False)
    ladders = overdue.rules.ladders
    chuan = replace(ladders["chuan"], steps=tuple((steps | {"thu-truong": free}).values()))
    overdue.rules = replace(overdue.rules, ladders={**ladders, "chuan": chuan})
    overdue.step("27/10 08:30", accept=False)
    (letter, *_) = [x for x in overdue.step("28/10 08:30") if x.tier is Tier.HEAD]
    assert [item.waits_for for item in letter.items] == [frozenset({"mark"}), frozenset({"mark", "approval"})]
    assert letter.approval
