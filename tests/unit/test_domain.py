"""The field's words hold together: every kind has its body, every key can be read back, values refuse nonsense."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from datetime import UTC, date, datetime, time
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import daemon.domain
from daemon.clock import VirtualClock, at, end_of, local_day, utc
from daemon.domain.entries import BODY_OF, KIND_OF, Entry, Mark, Rated
from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.letters import History, ItemKey, Letter, LetterItem, SentLetter
from daemon.domain.obligations import ActTime, Deadline, ObligationKey
from daemon.domain.plans import Undated
from daemon.domain.register import Agency, Person, Register
from daemon.domain.words import (
    ACCEPTED_STATES,
    Channel,
    DeliveryState,
    EntryKind,
    LetterKind,
    Level,
    Reason,
    Role,
    Tier,
)

if TYPE_CHECKING:
    from tests.unit.conftest import World

KEY = ObligationKey("1026-kh-ubnd-2022", "bao-cao", "2022-H1", "so-tu-phap")
DAY = date(2022, 10, 24)
WORD = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


def test_every_kind_of_entry_has_its_body() -> None:
    """Kinds and bodies correspond one to one."""
    assert set(BODY_OF) == set(EntryKind)
    assert len(KIND_OF) == len(BODY_OF)
    entry = Entry(1, at(DAY), "chuyên viên", None, Mark("so-noi-vu", at(DAY)))
    assert (entry.kind, replace(entry, body=Rated("Tốt")).kind) == (EntryKind.MARK, EntryKind.RATED)


@given(st.tuples(WORD, WORD, WORD, WORD), st.integers(1, 99), WORD, st.integers(1, 9), st.sampled_from(Tier))
def test_keys_are_read_back(
    obligation: tuple[str, str, str, str], term: int, step: str, occurrence: int, tier: Tier
) -> None:
    """A step's key is written in one line and read back the same."""
    key = ItemKey(ObligationKey(*obligation), term, step, occurrence, tier)
    assert ItemKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text", ["", "a/b/c/d", "a/b/c#1:nhac:1:officers", "a/b/c/d#1:nhac:1:nobody", "a/b/c/d#x:nhac:1:head"]
)
def test_nonsense_is_no_key(text: str) -> None:
    """What is not a key is refused."""
    with pytest.raises(ValueError, match=r".+"):
        ItemKey.parse(text)


@pytest.mark.parametrize(
    ("act", "deadline", "in_time"),
    [
        (ActTime(DAY), Deadline(end_of(DAY), DAY), True),
        (ActTime(date(2022, 10, 25)), Deadline(end_of(DAY), DAY), False),
        (ActTime.of(at(DAY, time(23, 59, 59))), Deadline(end_of(DAY), DAY), True),
        (ActTime.of(end_of(DAY)), Deadline(end_of(DAY), DAY), False),  # half-open
        (ActTime.of(at(DAY, time(10, 0))), Deadline(at(DAY, time(10, 1)), DAY, hour_precise=True), True),
        (ActTime.of(at(DAY, time(10, 1))), Deadline(at(DAY, time(10, 1)), DAY, hour_precise=True), False),
    ],
)
def test_in_time(act: ActTime, deadline: Deadline, in_time: bool) -> None:
    """On time means before due_at; known by its day alone an act counts as within that day."""
    assert act.in_time_for(deadline) is in_time


def test_acts_and_instants() -> None:
    """An act known by its hour is at that instant, else at the latest by the end of its day, in Vietnam."""
    late = datetime(2022, 10, 24, 17, 30, tzinfo=UTC)
    assert ActTime.of(late) == ActTime(date(2022, 10, 25), late)
    assert (local_day(late), end_of(DAY)) == (date(2022, 10, 25), datetime(2022, 10, 24, 17, 0, tzinfo=UTC))


def test_naive_instants_are_refused() -> None:
    """An instant without a zone is refused wherever it enters; a deadline is kept in UTC."""
    naive = datetime(2022, 10, 24, 10, 0)  # noqa: DTZ001 - a naive instant is what is refused
    for use in (utc, ActTime.of, lambda instant: Deadline(instant, DAY), VirtualClock):
        with pytest.raises(ValueError, match="naive instant: 2022-10-24T10:00:00"):
            use(naive)
    assert Deadline(at(DAY, time(10)), DAY).due_at.tzinfo is UTC


def test_a_virtual_clock_runs_forwards() -> None:
    """A virtual clock moves when told to, never back."""
    clock = VirtualClock(at(DAY))
    clock.move_to(end_of(DAY))
    assert clock.now() == end_of(DAY)
    with pytest.raises(ValueError, match="does not run backwards"):
        clock.move_to(at(DAY))


@pytest.mark.parametrize(
    ("to", "tier"),
    [
        ((Role.FOCAL,), Tier.OFFICERS),
        ((Role.FOCAL, Role.DEPUTY), Tier.OFFICERS),
        ((Role.OFFICE,), Tier.OFFICERS),
        ((Role.HEAD,), Tier.HEAD),
        ((Role.DEPUTY, Role.HEAD), Tier.HEAD),
        ((Role.COLLECTOR_HEAD, Role.HEAD), Tier.COLLECTOR),
    ],
)
def test_tiers(to: tuple[Role, ...], tier: Tier) -> None:
    """A step speaks to officers, to the head, or to the collector's leaders."""
    assert Step("lan", Offset(When.ON), Level.PRESS, to).tier is tier


def test_ladders(world: World) -> None:
    """A ladder knows its steps, their order, its notice, its first overdue step, their hours and roads."""
    ladder = world.rules.ladders["chuan"]
    assert (ladder.by_id["nhac"].level, ladder.rank["qua-han"] > ladder.rank["nhac"]) == (Level.NOTICE, True)
    assert (ladder.notice, ladder.overdue) == (ladder.by_id["thong-bao"], ladder.by_id["qua-han"])
    own = Step("lan", Offset(When.ON), Level.PRESS, (Role.FOCAL,), channels=frozenset({Channel.ZALO}), at=time(14))
    assert (ladder.hour(own), ladder.hour(ladder.steps[0])) == (time(14), time(8, 30))
    assert [set(ladder.roads(step)) for step in (own, ladder.steps[0])] == [{Channel.ZALO}, {Channel.EMAIL}]
    assert (Ladder("khong", time(8), ()).notice, Ladder("khong", time(8), ()).overdue) == (None, None)


@pytest.mark.parametrize(
    ("live", "in_flight", "accepted", "replaceable", "counts"),
    [
        (True, False, False, True, True),
        (True, True, False, False, True),
        (True, False, True, False, True),  # accepted by one, waiting for another
        (False, False, True, False, True),
        (False, False, False, False, False),
    ],
)
def test_letters_past(live: bool, in_flight: bool, accepted: bool, replaceable: bool, counts: bool) -> None:
    """A letter that only waits may be replaced; it counts while somebody has it or may come to have it."""
    sent = SentLetter("thu", "a", Tier.HEAD, DAY, Level.HEAD, (), {}, live, in_flight, at(DAY) if accepted else None)
    assert (sent.replaceable, sent.counts) == (replaceable, counts)


def test_what_a_letter_waits_for() -> None:
    """A letter waits for everything any of its items waits for."""
    key = ItemKey(KEY, 1, "thu-truong", 1, Tier.HEAD)
    waits: list[frozenset[str]] = [frozenset({"mark"}), frozenset(), frozenset({"approval", "mark"})]
    items = tuple(
        LetterItem(key, Level.HEAD, Reason.STEP_REACHED, Deadline(end_of(DAY), DAY), "thu-truong", waits_for=w)
        for w in waits
    )
    letter = Letter(LetterKind.REMINDER, "so-tu-phap", Tier.HEAD, DAY, at(DAY), Level.HEAD, items, {}, {})
    assert letter.waits_for == ("approval", "mark")
    assert replace(letter, items=()).waits_for == ()


@pytest.mark.parametrize(
    ("start", "end", "within"),
    [(None, None, True), (DAY, DAY, True), (date(2022, 10, 25), None, False), (None, date(2022, 10, 23), False)],
)
def test_days_in_office(world: World, start: date | None, end: date | None, within: bool) -> None:
    """People and agencies are there on the days given, both included; an agency also has a switch."""
    assert Person("an", Role.FOCAL, start=start, end=end).in_office(DAY) is within
    agency: Agency = replace(world.rules.agency("so-tu-phap"), active_from=start, active_until=end)
    assert agency.is_active(DAY) is within
    assert not replace(agency, active=False).is_active(DAY)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ((None, None), (None, None), True),
        ((None, date(2022, 1, 31)), (date(2022, 2, 1), None), False),
        ((None, date(2022, 1, 31)), (date(2022, 1, 31), None), True),
        ((date(2022, 1, 1), date(2022, 3, 1)), (date(2022, 2, 1), date(2022, 2, 2)), True),
    ],
)
def test_terms_of_office(
    first: tuple[date | None, date | None], second: tuple[date | None, date | None], both: bool
) -> None:
    """Two people overlap if there is one day on which both are in office, whichever is asked."""
    one, other = (Person("a", Role.FOCAL, start=start, end=end) for start, end in (first, second))
    assert (one.overlaps(other), other.overlaps(one)) == (both, both)


def test_the_register(world: World) -> None:
    """Agencies stand in protocol order, unknown ones last; groups list their members."""
    register: Register = world.rules.register
    assert register.in_order(["zz", "so-noi-vu", "aa", "so-tu-phap"]) == ["so-tu-phap", "so-noi-vu", "aa", "zz"]
    assert [agency.id for agency in register.members("so-ban-nganh")] == ["so-tu-phap", "so-noi-vu", "vp-ubnd"]
    assert register.members("cap-huyen") == ()
    assert register.person_by_id["so-noi-vu-dau-moi"][0].id == "so-noi-vu"


def test_undated_milestones(world: World) -> None:
    """A milestone without a date is never due."""
    milestone = world.rules.plans[0].milestones[0]
    assert (milestone.dated, replace(milestone, rule=Undated()).dated) == (True, False)


def test_accepted_states() -> None:
    """What a server or Zalo took was sent, delivered, seen or came back."""
    assert DeliveryState.SENT in ACCEPTED_STATES
    assert not ACCEPTED_STATES & {
        DeliveryState.UNKNOWN,
        DeliveryState.REFUSED,
        DeliveryState.PENDING,
        DeliveryState.HELD,
    }


def test_every_value_is_frozen() -> None:
    """No module of this floor has a dataclass that can be changed once it is made."""
    names = [f"{daemon.domain.__name__}.{found.name}" for found in iter_modules(daemon.domain.__path__)]
    values = {
        f"{name}.{value.__name__}": vars(value)["__dataclass_params__"].frozen
        for name in names
        for value in vars(import_module(name)).values()
        if isinstance(value, type) and is_dataclass(value)
    }
    assert len(values) > 50
    assert [name for name, frozen in values.items() if not frozen] == []


def test_letters_past_are_found_by_what_they_are_about() -> None:
    """A letter of two items on one obligation stands once with it, and with each other obligation it holds."""
    one, other = (ObligationKey("k", milestone, "2022", "so-tu-phap") for milestone in ("bao-cao", "ke-hoach"))

    def letter(id_: str, *held: tuple[ObligationKey, str]) -> SentLetter:
        keys = tuple(ItemKey(key, 1, step, 1, Tier.OFFICERS) for key, step in held)
        return SentLetter(id_, "so-tu-phap", Tier.OFFICERS, date(2022, 10, 3), Level.NOTICE, keys, {}, live=False)

    both, single = letter("L1", (one, "a"), (one, "b"), (other, "a")), letter("L2", (one, "c"))
    past = History((both, single))
    assert past.about == {one: (both, single), other: (both,)}
    assert past.about is past.about
