"""The afternoon before: what leaves on the next sending day, what it still waits for, and whom it is told to."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from daemon.domain.entries import Approved, Muted, Received
from daemon.domain.letters import SentLetter
from daemon.domain.words import Channel, LetterKind, Level, Tier
from daemon.judgement.dispatching import next_hour
from daemon.judgement.flood import Expected
from daemon.judgement.tomorrow import Tomorrow, awaiting_approval, is_due, tomorrow, tomorrow_note

COLLECTOR = "so-noi-vu"
HOUR = time(15, 30)
NO_FLOOD = Expected(frozenset(), 200)


def foreseen(world: Any, today: str, expected: Expected = NO_FLOOD) -> Tomorrow:
    """What the note of 15:30 on `today` tells."""
    return tomorrow(world.snapshot(world.on(f"{today} 15:30")), world.entries, COLLECTOR, world.day(today), expected)


def keys(letters: Any) -> frozenset[Any]:
    """The keys of every step in letters."""
    return frozenset(item.key for letter in letters for item in letter.items)


def steps(letters: Any) -> list[str]:
    """The agency and steps of each letter."""
    return [f"{letter.agency}: {', '.join(item.key.step for item in letter.items)}" for letter in letters]


@pytest.fixture
def autumn(build: Any) -> Any:
    """So Tư pháp and Sở Nội vụ owing the two documents of 24/10."""
    return build(milestones=("bao-cao", "ho-so-cham-diem"))


@pytest.mark.parametrize(
    ("instant", "due"),
    [
        ("24/10 15:29", False),
        ("24/10 15:30", True),
        ("24/10 15:50", True),
        ("24/10 16:59", True),
        ("24/10 17:00", False),
        ("22/10 15:30", False),
        ("2/9 15:30", False),
    ],
)
def test_the_note_has_its_hour(world: Any, instant: str, due: bool) -> None:
    """On a working day from 15:30 until 17:00, also for a daemon that comes up in between."""
    assert is_due(world.rules, world.on(instant), HOUR) is due


def test_it_tells_what_the_next_day_would_send(autumn: Any) -> None:
    """The steps of 3/10 are told on Friday 30/9: of Monday, not of the weekend."""
    autumn.run("28/3", "29/9")
    told = foreseen(autumn, "30/9")
    assert told.day == autumn.day("3/10")
    assert steps(told.leaving) == ["so-tu-phap: nhac, nhac", "so-noi-vu: nhac, nhac"]
    assert (told.letters, told.agencies, told.send_at) == (2, 2, autumn.on("3/10 08:30"))
    assert (told.unmarked, told.unapproved, told.waiting, told.held) == ((), (), (), ())


def test_a_quiet_day_has_nothing_to_tell(autumn: Any) -> None:
    """Without a letter there is no note."""
    autumn.run("28/3", "9/5")
    told = foreseen(autumn, "10/5")
    assert (told.letters, told.send_at) == (0, None)
    assert tomorrow_note(told, autumn.rules, COLLECTOR, autumn.on("10/5 15:30")) is None


def test_what_is_entered_or_silent_is_not_told(autumn: Any) -> None:
    """Who has sent, and who is not to be chased, is left out."""
    autumn.run("28/3", "29/9")
    for milestone in ("bao-cao", "ho-so-cham-diem"):
        autumn.record("30/9 09:00", Received("1/BC"), autumn.key(milestone))
    autumn.record("30/9 09:00", Muted(autumn.day("3/10"), "bão", COLLECTOR))
    assert foreseen(autumn, "30/9").letters == 0


def test_overdue_letters_are_told_as_waiting_for_the_mark(report: Any) -> None:
    """Until the record is said to be complete; then they leave by themselves, and so they do a day later without."""
    report.run("28/3", "24/10")
    assert steps(foreseen(report, "25/10").unmarked) == ["so-tu-phap: qua-han"]
    assert foreseen(report, "25/10").leaving == ()
    report.run("25/10", "26/10")
    assert steps(foreseen(report, "26/10").leaving) == ["so-tu-phap: qua-han"]
    report.mark("26/10 10:00", "25/10 08:00")
    assert steps(foreseen(report, "26/10").leaving) == ["so-tu-phap: qua-han"]
    assert foreseen(report, "26/10").unmarked == ()


def test_letters_to_heads_are_told_as_waiting_for_approval(report: Any) -> None:
    """Both the one foreseen and the one that was composed and goes on waiting."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "26/10")
    told = foreseen(report, "27/10")
    assert (steps(told.unapproved), told.held) == (["so-tu-phap: thu-truong"], ())
    report.run("27/10", "27/10")
    report.step("28/10 08:30", accept=False)
    told = foreseen(report, "28/10")
    assert [letter.tier for letter in told.held] == [Tier.HEAD]
    assert (told.waiting, told.letters, told.agencies) == ((), 1 + len(told.leaving) + len(told.unmarked), 1)


def test_an_approved_letter_waits_for_its_hour_alone(report: Any) -> None:
    """Approved in the afternoon it leaves in the morning."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "27/10")
    report.step("28/10 08:30", accept=False)
    (held,) = awaiting_approval(report.snapshot(), report.entries, COLLECTOR)
    report.record("28/10 14:00", Approved(held.id, "Trần Văn B", "Giám đốc"))
    told = foreseen(report, "28/10")
    assert ([letter.id for letter in told.waiting], told.held) == ([held.id], ())
    assert awaiting_approval(report.snapshot(), report.entries, COLLECTOR) == []


def test_a_letter_that_waits_for_nothing_any_more_is_not_told(report: Any) -> None:
    """Its content was sent meanwhile: it will be withdrawn as it is about to leave."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "27/10")
    report.step("28/10 08:30", accept=False)
    report.record("28/10 10:00", Received("1/BC"), report.key())
    assert foreseen(report, "28/10").letters == 0


def test_a_letter_of_a_plan_that_is_gone_is_not_told(report: Any) -> None:
    """What the files no longer hold concerns nobody."""
    item = report.decide("28/3 08:30").letters[0].items[0].key
    gone = item._replace(obligation=item.obligation._replace(plan="khac"))
    for n, key in enumerate((gone, item._replace(step="la"))):
        report.letters.append(
            SentLetter(
                f"t{n}", "so-tu-phap", Tier.HEAD, report.day("10/5"), Level.HEAD, (key,), {key: Level.HEAD}, True
            )
        )
    told = foreseen(report, "10/5")
    assert ([letter.id for letter in told.waiting], told.held) == (["t1"], ())


def test_a_letter_that_was_held_back_is_not_told_to_leave(report: Any) -> None:
    """It waits for a person as one of more than anybody foresaw; it is told all the same."""
    key = report.decide("28/3 08:30").letters[0].items[0].key._replace(step="la")
    report.letters.append(
        SentLetter(
            "t1", "so-tu-phap", Tier.HEAD, report.day("10/5"), Level.HEAD, (key,), {key: Level.HEAD}, True, held=True
        )
    )
    told = foreseen(report, "10/5")
    assert ([letter.id for letter in told.unforeseen], told.waiting, told.held) == (["t1"], (), ())
    alone = replace(told, leaving=(), unmarked=(), unapproved=())
    assert (alone.letters, alone.agencies, bool(alone)) == (1, 1, True)


def test_letters_that_will_be_held_as_too_many_are_not_told_to_leave(autumn: Any) -> None:
    """Nobody has seen them, and they are more than may leave unseen: none goes before somebody approves them."""
    autumn.run("28/3", "29/9")
    told = foreseen(autumn, "30/9", Expected(frozenset(), 1))
    assert steps(told.surprising) == ["so-tu-phap: nhac, nhac", "so-noi-vu: nhac, nhac"]
    assert (told.leaving, told.unmarked, told.unapproved) == ((), (), ())
    assert (told.letters, told.agencies, told.send_at, bool(told)) == (2, 2, autumn.on("3/10 08:30"), True)


def test_what_a_person_has_seen_is_told_to_leave(autumn: Any) -> None:
    """By the approved preview, or because they are few enough; only what is beyond both waits."""
    autumn.run("28/3", "29/9")
    letters = foreseen(autumn, "30/9").leaving
    assert foreseen(autumn, "30/9", Expected(keys(letters), 0)).leaving == letters
    assert foreseen(autumn, "30/9", Expected(frozenset(), 2)).leaving == letters
    one_seen = foreseen(autumn, "30/9", Expected(keys(letters[:1]), 0))
    assert (one_seen.leaving, one_seen.surprising) == (letters[:1], letters[1:])


def test_what_will_replace_a_held_letter_is_told_to_wait_too(autumn: Any) -> None:
    """Be it few: it takes the place of one that was held as too many."""
    autumn.run("28/3", "18/10")
    autumn.step("19/10 08:30", accept=False)
    held = [letter.id for letter in autumn.letters if letter.live]
    told = foreseen(autumn, "21/10", Expected(frozenset(), 200, held[:1]))
    assert [letter.replaces for letter in told.surprising] == [(held[0],)]
    assert [letter.replaces for letter in told.leaving] == [(held[1],)]


def test_overdue_letters_beyond_the_limit_wait_for_a_person_too(report: Any) -> None:
    """Said to be complete the record would not let them go: they are told with those that will be held."""
    report.run("28/3", "24/10")
    told = foreseen(report, "25/10", Expected(frozenset(), 0))
    assert (told.unmarked, steps(told.surprising)) == ((), ["so-tu-phap: qua-han"])


def test_what_needs_no_mark_is_judged_without_one(autumn: Any) -> None:
    """It leaves unless the mark is given: told as held back it would leave against what the operator was told."""
    autumn.due("ho-so-cham-diem", "31/10")
    autumn.run("28/3", "24/10")
    everything = foreseen(autumn, "25/10")
    assert steps(everything.leaving) == ["so-tu-phap: don-doc", "so-noi-vu: don-doc"]
    assert steps(everything.unmarked) == ["so-tu-phap: qua-han", "so-noi-vu: qua-han"]
    told = foreseen(autumn, "25/10", Expected(keys(everything.leaving), 1))
    assert (told.leaving, told.unmarked, told.surprising) == (everything.leaving, (), everything.unmarked)


def test_a_letter_that_replaces_a_waiting_one_is_counted_once(autumn: Any) -> None:
    """What waits and would be taken into tomorrow's letter is told as that letter."""
    autumn.run("28/3", "18/10")
    autumn.step("19/10 08:30", accept=False)
    told = foreseen(autumn, "21/10")
    assert told.agencies == 2
    assert told.waiting == ()
    assert {id_ for letter in told.leaving for id_ in letter.replaces} == {
        letter.id for letter in autumn.letters if letter.live
    }


def test_the_note_goes_to_the_plans_contact_until_the_first_letter_leaves(autumn: Any) -> None:
    """Or, where no contact is named, to the focal officer; of another collector nothing is told."""
    autumn.run("28/3", "29/9")
    now = autumn.on("30/9 15:30")
    told = foreseen(autumn, "30/9")
    note = tomorrow_note(told, autumn.rules, COLLECTOR, now)
    assert note is not None
    assert (note.kind, note.to, note.cc) == (LetterKind.NOTE, {Channel.EMAIL: ("so-noi-vu-dau-moi",)}, {})
    assert (note.day, note.send_at, note.useful_until) == (autumn.day("30/9"), now, autumn.on("3/10 08:30"))
    plan = replace(autumn.rules.plans[0], contact="so-noi-vu-phu-trach")
    named = tomorrow_note(told, replace(autumn.rules, plans=(plan,)), COLLECTOR, now)
    assert named is not None
    assert named.to == {Channel.EMAIL: ("so-noi-vu-phu-trach",)}
    other = tomorrow(autumn.snapshot(), autumn.entries, "so-tu-phap", autumn.day("30/9"), NO_FLOOD)
    assert other.letters == 0


def test_a_note_on_letters_composed_before_is_of_use_until_the_morning(report: Any) -> None:
    """There is no hour of a letter to come: the opening hour stands for it."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "27/10")
    report.step("28/10 08:30", accept=False)
    held = replace(foreseen(report, "28/10"), leaving=(), unmarked=(), unapproved=())
    assert tomorrow_note(held, report.rules, COLLECTOR, report.on("28/10 15:30")) is None  # the morning's note has it
    told = replace(held, waiting=held.held, held=())
    note = tomorrow_note(told, report.rules, COLLECTOR, report.on("28/10 15:30"))
    assert note is not None
    assert note.useful_until == report.on("31/10 08:30")


def test_nobody_to_tell_is_no_note(autumn: Any) -> None:
    """An office without officer and mailbox gets none."""
    autumn.run("28/3", "29/9")
    register = autumn.rules.register
    bare = tuple(replace(a, people=(), office_email=None) if a.id == COLLECTOR else a for a in register.agencies)
    rules = replace(autumn.rules, register=replace(register, agencies=bare))
    assert tomorrow_note(foreseen(autumn, "30/9"), rules, COLLECTOR, autumn.on("30/9 15:30")) is None


def test_a_note_keeps_no_sending_hours_on_its_own_day(autumn: Any) -> None:
    """It leaves when it was written, also outside the hours of letters; the day after it waits for them."""
    autumn.run("28/3", "29/9")
    note = tomorrow_note(foreseen(autumn, "30/9"), autumn.rules, COLLECTOR, autumn.on("30/9 15:30"))
    assert note is not None
    assert next_hour(note, autumn.rules, autumn.on("30/9 16:45")) == autumn.on("30/9 16:45")
    assert next_hour(note, autumn.rules, autumn.on("1/10 09:00")) == autumn.on("3/10 08:30")
