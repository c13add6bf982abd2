"""The operator's day: what waits for a person, and that it is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.domain.entries import Declared, Exempted, Received
from daemon.domain.failures import Road, TemplateFailed, Undelivered, Unreached
from daemon.domain.letters import SentLetter
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier
from daemon.judgement.attention import attention, daily_notes

COLLECTOR = "so-noi-vu"
NONE = Undelivered()


def seen(world: Any, now: str, undelivered: Undelivered = NONE) -> Any:
    """What waits for the operator of Sở Nội vụ at `now`."""
    instant = world.on(now)
    return attention(world.snapshot(instant), world.entries, undelivered, COLLECTOR, instant)


def test_a_quiet_day_has_nothing_to_tell(report: Any) -> None:
    """Without held, unmarked or lapsing letters there is no note."""
    assert not seen(report, "3/10 08:30")
    assert daily_notes(report.snapshot(), report.entries, [], [], NONE, report.on("3/10 08:30")) == []


def test_overdue_items_without_a_mark_are_told_while_they_wait_and_when_they_leave(report: Any) -> None:
    """They wait one working day from the composition they missed, then leave without the mark."""
    report.run("28/3", "25/10")
    report.step("26/10 08:30")
    assert seen(report, "26/10 09:00").unmarked == (report.key(),)
    report.step("27/10 08:30")
    told = seen(report, "27/10 09:00")
    assert (told.unmarked, told.crossed) == ((), (report.key(),))
    assert not seen(report, "28/10 08:30").crossed


def test_an_item_missed_in_this_very_composition_makes_a_note(report: Any) -> None:
    """The note is composed with the letters, not a day later."""
    report.run("28/3", "25/10")
    verdict = report.decide("26/10 08:30")
    missed = [d.key for d in verdict.decisions if d.reason == "waits_mark"]
    contact = replace(report.rules.plans[0], contact="so-noi-vu-dau-moi")
    report.rules = replace(report.rules, plans=(contact,))
    (note,) = daily_notes(report.snapshot(), report.entries, missed, [], NONE, report.on("26/10 08:30"))
    assert (note.kind, note.agency, note.to) == (
        LetterKind.NOTE,
        COLLECTOR,
        {Channel.EMAIL: ("so-noi-vu-dau-moi",)},
    )


def test_letters_crossed_in_this_composition_make_a_note(report: Any) -> None:
    """A letter that leaves without the mark is told the same morning."""
    report.rules = replace(report.rules, plans=(replace(report.rules.plans[0], contact="so-noi-vu-dau-moi"),))
    report.run("28/3", "26/10")
    verdict = report.decide("27/10 08:30")
    assert verdict.letters[0].items[0].crossed
    assert daily_notes(report.snapshot(), report.entries, [], verdict.letters, NONE, report.on("27/10 08:30"))


def test_a_plan_without_a_contact_has_nobody_to_tell(report: Any) -> None:
    """A note to nobody is not composed."""
    report.run("28/3", "26/10")
    assert daily_notes(report.snapshot(), report.entries, [], [], NONE, report.on("26/10 09:00")) == []


def test_what_is_marked_or_settled_or_exempt_no_longer_waits(build: Any) -> None:
    """A mark, a document or an exemption ends the waiting."""
    for body in (Received("1/BC"), Exempted("CV", "PCT"), None):
        world = build(("so-tu-phap",), ("bao-cao",))
        world.run("28/3", "26/10")
        if body is None:
            world.mark("26/10 10:00", "25/10 08:00")
        else:
            world.record("26/10 10:00", body, world.key())
        assert not seen(world, "26/10 11:00").unmarked


def test_letters_to_heads_wait_for_approval(report: Any) -> None:
    """The agencies are named in protocol order, once each."""
    item = report.decide("28/3 08:30").letters[0].items[0].key
    for n, agency in enumerate(("so-noi-vu", "so-tu-phap", "so-tu-phap")):
        held = SentLetter(
            f"h{n}", agency, Tier.HEAD, report.day("28/10"), Level.HEAD, (item,), {item: Level.HEAD}, True
        )
        report.letters.append(held)
    assert seen(report, "28/10 09:00").held == ("so-tu-phap", "so-noi-vu")


def test_a_letter_that_goes_on_waiting_is_told_again_on_mondays(report: Any) -> None:
    """New, it is told at once; then it is not repeated every morning."""
    item = report.decide("28/3 08:30").letters[0].items[0].key
    held = SentLetter("h", "so-tu-phap", Tier.HEAD, report.day("27/10"), Level.HEAD, (item,), {item: Level.HEAD}, True)
    report.letters.append(held)
    assert seen(report, "27/10 09:00").held == ("so-tu-phap",)
    report.history = replace(report.history, composed_at={report.day("27/10"): report.on("27/10 08:30")})
    assert not seen(report, "28/10 08:30").held
    assert seen(report, "31/10 09:00").held == ("so-tu-phap",)
    assert not seen(report, "1/11 08:30").held


def test_a_letter_held_from_this_composition_makes_a_note(report: Any) -> None:
    """The operator hears of an approval to be asked for the same morning."""
    report.rules = replace(report.rules, plans=(replace(report.rules.plans[0], contact="so-noi-vu-dau-moi"),))
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "27/10")
    verdict = report.decide("28/10 08:30")
    assert [letter.approval for letter in verdict.letters] == [True]
    assert daily_notes(report.snapshot(), report.entries, [], verdict.letters, NONE, report.on("28/10 08:30"))


def test_a_declaration_is_told_on_its_last_day(report: Any) -> None:
    """Declared on Monday it pauses letters through Thursday: Thursday the operator is told."""
    report.record("17/10 10:00", Declared("1/BC"), report.key())
    assert not seen(report, "19/10 08:30").lapsing
    assert seen(report, "20/10 08:30").lapsing == (report.key(),)


def test_a_template_that_failed_is_told_once_with_its_place(report: Any) -> None:
    """Letters left in their plain form: each fault is named once, and no more the working day after."""
    for at, fault in (("20/10 09:00", "nhac.j2:3: lỗi"), ("20/10 09:01", "nhac.j2:3: lỗi"), ("20/10 09:02", "khác")):
        report.record(at, TemplateFailed("thu", "so-tu-phap", fault))
    told = seen(report, "21/10 08:30")
    assert told.faults == ("nhac.j2:3: lỗi", "khác")
    assert told
    composed = {report.day("20/10"): report.on("20/10 08:30"), report.day("21/10"): report.on("21/10 08:30")}
    report.history = replace(report.history, composed_at=composed)
    assert seen(report, "21/10 09:00").faults == ("nhac.j2:3: lỗi", "khác")
    assert not seen(report, "24/10 08:30").faults


def missed(world: Any, at: str, plans: frozenset[str], person: str = "so-tu-phap-dau-moi") -> Unreached:
    """Somebody who missed a letter that others have, and has since an instant."""
    road = Road(person, Channel.EMAIL, DeliveryState.REFUSED, 1, 1, world.on(at))
    return Unreached("thu", "so-tu-phap", person, plans, road, world.on(at))


def test_who_missed_a_letter_is_told_once(report: Any) -> None:
    """In the note of the morning after, whatever he misses after that; what came up during a composition comes next."""
    ours = frozenset({report.key().plan})
    first = missed(report, "20/10 09:00", ours)
    again = replace(first, letter="thu-2")
    told = seen(report, "21/10 08:30", Undelivered((first, again)))
    assert told
    assert told.unreached == (again,)
    composed = {report.day(day): report.on(f"{day} 08:30") for day in ("20/10", "21/10")}
    report.history = replace(report.history, composed_at=composed)
    assert seen(report, "21/10 09:00", Undelivered((first,))).unreached == (first,)
    late = Undelivered((missed(report, "21/10 08:31", ours),))
    assert not seen(report, "21/10 09:00", late)
    assert seen(report, "24/10 08:30", late)
    assert not seen(report, "24/10 08:30", Undelivered((first,)))


def test_of_another_collectors_plan_one_is_not_told(report: Any) -> None:
    """One that names no plan followed is everybody's."""
    other = replace(report.rules.plans[0], id="khac", collector="so-y-te")
    report.rules = replace(report.rules, plans=(*report.rules.plans, other))
    assert not seen(report, "21/10 08:30", Undelivered((missed(report, "20/10 09:00", frozenset({"khac"})),)))
    assert seen(report, "21/10 08:30", Undelivered((missed(report, "20/10 09:00", frozenset()),)))


def test_addresses_to_mend_are_counted_and_a_new_one_makes_a_note(report: Any) -> None:
    """An old one is told where there is a note anyway."""
    report.history = replace(report.history, composed_at={report.day("20/10"): report.on("20/10 08:30")})
    old, new = ("p1", report.on("19/10 09:00")), ("p2", report.on("20/10 09:00"))
    assert not seen(report, "21/10 08:30", Undelivered(addresses=(old,)))
    told = seen(report, "21/10 08:30", Undelivered(addresses=(old, new, new)))
    assert told
    assert told.addresses == ("p1", "p2")
