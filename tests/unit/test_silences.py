"""Whom letters are kept from, by which entries, and what may be chased at all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from daemon.domain.entries import Body, Called, Declared, Exempted, Muted, Paused, Promised, Received, Returned, Voided
from daemon.domain.words import Return
from daemon.judgement.judging import silence
from daemon.judgement.silences import concerned, owed, silencing
from daemon.judgement.standing import standing_entries

PLAN = "1026-kh-ubnd-2022"


def day(text: str) -> date:
    """Return the day of 2022 written d/m."""
    d, m = text.split("/")
    return date(2022, int(m), int(d))


def standings(world: Any, instant: str = "20/10 10:00") -> Any:
    """Return every obligation's standing at an instant."""
    return world.snapshot(world.on(instant)).standings


def held(world: Any, on: str, instant: str = "20/10 10:00") -> dict[tuple[str, str], list[int]]:
    """Return, by agency and milestone, the numbers of the entries that keep letters back on a day."""
    found = silencing(standing_entries(world.entries), standings(world, instant), world.rules, day(on))
    return {(key.agency, key.milestone): [entry.seq for entry in entries] for key, entries in found.items()}


def test_what_may_be_chased(world: Any) -> None:
    """Not what has come in, not what is not owed, and nothing once the plan has ended."""
    world.record("19/10 08:00", Received("1"), world.key("bao-cao", "so-tu-phap"))
    world.record("19/10 08:00", Exempted("CV", "PCT"), world.key("bao-cao", "so-noi-vu"))
    every = standings(world)
    gone = every.keys() - owed(every, world.rules, day("31/12")).keys()
    assert gone == {world.key("bao-cao", "so-tu-phap"), world.key("bao-cao", "so-noi-vu")}
    assert owed(every, world.rules, date(2023, 1, 1)) == {}


def test_a_plan_without_an_end_is_chased_for_ever(build: Any) -> None:
    """No day is too late for it."""
    world = build(ends=None)
    every = standings(world)
    assert owed(every, world.rules, date(2030, 1, 1)) == every


def test_whom_an_entry_speaks_of(world: Any) -> None:
    """Its subject, an agency, a plan, a group or all; an entry about nobody speaks of none."""
    every = standings(world)
    key = world.key("bao-cao", "so-tu-phap")

    def spoken_of(body: Body, subject: Any = None) -> set[Any]:
        return set(concerned(world.record("19/10 08:00", body, subject), every, world.rules))

    until = day("25/10")
    of_agency = {one for one in every if one.agency == "so-tu-phap"}
    assert spoken_of(Promised(until), key) == {key}
    assert spoken_of(Muted(until, "lũ", "so-tu-phap")) == of_agency
    assert spoken_of(Paused(until, "lũ")) == set(every)
    assert spoken_of(Paused(until, "lũ", plan=PLAN, group="so-ban-nganh")) == set(every)
    assert spoken_of(Paused(until, "lũ", plan="khac")) == set()
    assert spoken_of(Paused(until, "lũ", group="cap-huyen")) == set()
    assert spoken_of(Called("đồng chí B")) == set()


@pytest.mark.parametrize(
    "body",
    [
        Promised(day("25/10")),
        Muted(day("25/10"), "lũ"),
        Paused(day("25/10"), "lũ"),
        Muted(day("25/10"), "lũ", "so-noi-vu"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_the_named_day_is_silent_and_the_next_is_not(world: Any, body: Body) -> None:
    """As a decision has it: the same days, for the same obligations."""
    key = world.key("bao-cao", "so-noi-vu")
    of_one = isinstance(body, Promised) or (isinstance(body, Muted) and body.agency is None)
    world.record("20/10 08:00", body, key if of_one else None)
    assert held(world, "25/10")["so-noi-vu", "bao-cao"] == [1]
    assert held(world, "26/10") == {}
    for on in ("25/10", "26/10"):
        judged = {(k.agency, k.milestone) for k, s in standings(world).items() if silence(s, day(on)) is not None}
        assert held(world, on).keys() == judged


def test_of_several_on_one_scope_the_last_counts(world: Any) -> None:
    """A shorter one entered later replaces the longer; voided, the longer holds again. Others beside it stay."""
    key = world.key("bao-cao", "so-noi-vu")
    world.record("18/10 08:00", Muted(day("30/10"), "lũ"), key)
    world.record("18/10 09:00", Muted(day("22/10"), "lũ"), key)
    assert held(world, "25/10") == {}
    world.record("18/10 10:00", Promised(day("28/10")), key)
    world.record("18/10 11:00", Voided(2, "nhầm"))
    world.record("18/10 12:00", Called("đồng chí B"), key)
    assert held(world, "25/10") == {("so-noi-vu", "bao-cao"): [1, 3]}


def test_a_declaration_holds_until_it_is_answered(world: Any) -> None:
    """Three working days, or until the document it spoke of is sent back."""
    key = world.key("bao-cao", "so-noi-vu")
    world.record("19/10 08:00", Declared("9/BC"), key)
    assert held(world, "24/10") == {("so-noi-vu", "bao-cao"): [1]}
    assert held(world, "25/10") == {}
    world.record("19/10 09:00", Received("9/BC"), key)
    world.record("19/10 10:00", Returned(Return.INVALID, "thiếu chữ ký"), key)
    assert held(world, "20/10") == {}
