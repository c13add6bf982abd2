"""The ledger folds into what each obligation's record says, whatever was entered, voided or amended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from daemon.clock import end_of
from daemon.domain.entries import (
    Accepted,
    Approved,
    Body,
    Called,
    Declared,
    Exempted,
    Extended,
    Mark,
    Muted,
    Nothing,
    Objected,
    Paused,
    PlanChanged,
    Promised,
    Rated,
    Received,
    Voided,
)
from daemon.domain.obligations import ActTime, Deadline, TermCause
from daemon.domain.words import JudgedBy
from daemon.judgement.standing import judged_act, marks, standing_entries

if TYPE_CHECKING:
    from tests.unit.conftest import World

PLAN = "1026-kh-ubnd-2022"
SENT, RECEIVED = ActTime(date(2022, 10, 24)), ActTime(date(2022, 10, 26))


def moved(world: World, last_day: str, was: str = "24/10") -> PlanChanged:
    """Return an edit of the files that moves the report's deadline from the end of one day to that of another."""
    now, before = (end_of(world.day(text)) for text in (last_day, was))
    return PlanChanged(PLAN, "han", "bao-cao", "once", "", now, world.day(last_day), "", before, world.day(was))


def extended(world: World, last_day: str, clock: str = "") -> Extended:
    """Return an extension to the end of a day, or to an hour of it."""
    last = world.day(last_day)
    due_at = world.on(f"{last_day} {clock}") if clock else end_of(last)
    return Extended("trong ngày", due_at, last, "CV 99/UBND", "Phó Chủ tịch")


def test_voided_entries_are_left_out(world: World) -> None:
    """A voided entry does not stand; it stands again once the voiding is voided; what is later is not yet known."""
    bodies: list[Body] = [Rated("A"), Rated("B"), Voided(1, "nhầm"), Voided(3, "nhầm"), Voided(2, "nhầm")]
    for minute, body in enumerate(bodies):
        world.record(f"24/10 10:0{minute}", body)
    known = [
        [entry.seq for entry in standing_entries(world.entries, until)]
        for until in (world.on("24/10 10:01"), world.on("24/10 10:02"), world.on("24/10 10:03"), None)
    ]
    assert known == [[1, 2], [2, 3], [1, 2, 4], [1, 4, 5]]


@pytest.mark.parametrize(
    ("sent", "received", "judged_by", "expected"),
    [
        (SENT, RECEIVED, JudgedBy.SENT, SENT),
        (SENT, RECEIVED, JudgedBy.RECEIVED, RECEIVED),
        (None, RECEIVED, JudgedBy.SENT, RECEIVED),
        (SENT, None, JudgedBy.RECEIVED, None),  # the recording
        (SENT, None, JudgedBy.SENT, SENT),
        (None, None, JudgedBy.SENT, None),
    ],
)
def test_the_time_judged(
    world: World, sent: ActTime | None, received: ActTime | None, judged_by: JudgedBy, expected: ActTime | None
) -> None:
    """If the time named is missing the next later one known is used: issued, sent, received, recorded."""
    recorded_at = world.on("27/10 09:00")
    found = judged_act(Received("12/BC", date(2022, 10, 20), sent, received), judged_by, recorded_at)
    assert found == (expected or ActTime.of(recorded_at))


def test_marks_are_the_latest_of_each_collector(world: World) -> None:
    """A mark said later does not take an earlier one's completeness back."""
    times = [("so-noi-vu", "24/10 17:00"), ("vp-ubnd", "20/10 17:00"), ("so-noi-vu", "21/10 17:00")]
    for collector, complete_to in times:
        world.record("25/10 08:00", Mark(collector, world.on(complete_to)))
    world.record("25/10 08:00", Called())
    assert marks(world.entries) == {"so-noi-vu": world.on("24/10 17:00"), "vp-ubnd": world.on("20/10 17:00")}


@pytest.mark.parametrize(
    ("day", "clock", "on_time", "late_days"),
    [
        ("24/10", "", True, 0),  # known only by its day: within that day
        ("24/10", "23:59", True, 0),
        ("25/10", "00:00", False, 1),
        ("28/10", "", False, 4),
    ],
)
@pytest.mark.parametrize("nothing", [False, True])
def test_a_document_settles(report: World, nothing: bool, day: str, clock: str, on_time: bool, late_days: int) -> None:
    """A document, an accepted declaration or a nothing-to-report settles, on time or so many calendar days late."""
    act = ActTime.of(report.on(f"{day} {clock}")) if clock else ActTime(report.day(day))
    body = Nothing("12/BC", received=act) if nothing else Accepted(1, "12/BC", received=act)
    report.record("29/10 10:00", body, report.key())
    settled = report.standing().settlement
    assert settled is not None
    assert (settled.document, settled.act, settled.on_time, settled.late_days) == ("12/BC", act, on_time, late_days)
    assert settled.nothing_to_report is nothing


def test_judged_by_the_sending(report: World) -> None:
    """Where the plan judges by the sending, a letter received later is on time if sent in time."""
    plan = report.rules.plans[0]
    milestone = replace(plan.milestones[0], judged_by=JudgedBy.SENT)
    report.rules = replace(report.rules, plans=(replace(plan, milestones=(milestone,)),))
    report.record("27/10 10:00", Received("12/BC", sent=SENT, received=RECEIVED), report.key())
    settled = report.standing().settlement
    assert settled is not None
    assert (settled.on_time, settled.act, settled.sent, settled.received) == (True, SENT, SENT, RECEIVED)


def test_the_first_document_counts(report: World) -> None:
    """A second document changes nothing, unless the first is voided."""
    first = report.record("20/10 10:00", Received("12/BC"), report.key())
    report.record("27/10 10:00", Received("15/BC"), report.key())
    assert report.standing().settlement == report.standing(now="21/10").settlement
    report.record("28/10 10:00", Voided(first.seq, "nhầm"))
    settled = report.standing().settlement
    assert settled is not None
    assert (settled.document, settled.late_days, settled.seq) == ("15/BC", 3, 2)


def test_a_declaration_pauses_for_three_working_days(report: World) -> None:
    """The declaring day is not counted; a later declaration starts again; a receipt ends it."""
    report.on_calendar("26/10").record("21/10 15:00", Declared("12/BC"), report.key())
    assert report.standing().declared_until == report.day("27/10")
    report.record("28/10 09:00", Declared("12/BC"), report.key())
    assert report.standing().declared_until == report.day("2/11")
    report.record("31/10 09:00", Accepted(2, "12/BC"), report.key())
    assert report.standing().declared_until is None


def test_an_extension_opens_a_term(report: World) -> None:
    """An extension is a new date in force from when it was recorded; to an hour, it needs the hour."""
    report.record("20/10 10:00", extended(report, "4/11"), report.key())
    report.record("21/10 10:00", extended(report, "10/11", "10:00"), report.key())
    standing = report.standing()
    assert [(t.n, t.deadline.last_day, t.deadline.hour_precise, t.cause) for t in standing.terms] == [
        (1, report.day("24/10"), False, TermCause.INITIAL),
        (2, report.day("4/11"), False, TermCause.EXTENDED),
        (3, report.day("10/11"), True, TermCause.EXTENDED),
    ]
    assert (standing.extended_to, standing.term.started_at) == (report.day("10/11"), report.on("21/10 10:00"))


def test_an_extension_after_the_document(report: World) -> None:
    """A document already in is judged by the date granted afterwards."""
    report.record("28/10 10:00", Received("12/BC", received=ActTime(report.day("27/10"))), report.key())
    report.record("29/10 10:00", extended(report, "26/10"), report.key())
    settled = report.standing().settlement
    assert settled is not None
    assert (settled.on_time, settled.late_days, settled.judged.last_day) == (False, 1, report.day("26/10"))
    report.record("30/10 10:00", extended(report, "27/10"), report.key())
    settled = report.standing().settlement
    assert settled is not None
    assert (settled.on_time, settled.late_days) == (True, 0)


def test_a_window_stays_shut_when_its_end_moves(report: World) -> None:
    """An extension or an amendment moves the end of a window, not the day before which nothing is sent."""
    report.due("bao-cao", "24/10", opens_on="10/10").record("20/9 10:00", extended(report, "4/11"), report.key())
    assert report.standing().term.deadline.opens_on == report.day("10/10")
    report.entries.clear()
    report.record("20/9 10:00", moved(report, "31/10", "21/10"))
    report.record("21/9 10:00", moved(report, "24/10", "31/10"))
    assert [t.deadline.opens_on for t in report.standing().terms] == [report.day("10/10")] * 3


@pytest.mark.parametrize(
    ("body", "about", "field", "expected"),
    [
        (Exempted("QĐ 5", "PCT"), True, "exempt", True),
        (Called("ông B"), True, "calls", 1),
        (Called("ông B"), True, "called_on", (date(2022, 10, 20),)),
        (Promised(date(2022, 10, 25)), True, "promised_on", date(2022, 10, 25)),
        (Muted(date(2022, 10, 25), ""), True, "muted_until", date(2022, 10, 25)),
        (Muted(date(2022, 10, 25), "", agency="so-tu-phap"), False, "muted_until", date(2022, 10, 25)),
        (Muted(date(2022, 10, 25), "", agency="so-y-te"), False, "muted_until", None),
        (Muted(date(2022, 10, 25), ""), False, "muted_until", None),  # about nobody
        (Paused(date(2022, 10, 25), ""), False, "paused_until", date(2022, 10, 25)),
        (Paused(date(2022, 10, 25), "", plan=PLAN), False, "paused_until", date(2022, 10, 25)),
        (Paused(date(2022, 10, 25), "", group="so-ban-nganh"), False, "paused_until", date(2022, 10, 25)),
        (Paused(date(2022, 10, 25), "", plan="khac"), False, "paused_until", None),
        (Approved(name="A"), True, "approved_start_at", "20/10 10:00"),
        (Approved(letter="thu-1", name="A"), True, "approved_start_at", None),
    ],
)
def test_one_entry(report: World, body: Body, about: bool, field: str, expected: object) -> None:
    """One entry sets one field of the record, of the obligations it is about."""
    report.record("20/10 10:00", body, report.key() if about else None)
    expected = report.on(expected) if isinstance(expected, str) else expected
    assert getattr(report.standing(), field) == expected
    assert report.standing().settlement is None


def test_the_longest_silence_holds(report: World) -> None:
    """Of a mute of the obligation and of its agency, and of pauses of several kinds, the longest holds."""
    day = report.day
    for n, until in enumerate(["25/10", "27/10", "26/10"]):
        scope = (report.key(), None) if n == 0 else (None, "so-tu-phap")
        report.record(f"20/10 10:0{n}", Muted(day(until), "", agency=scope[1]), scope[0])
    assert report.standing(now="20/10 10:01").muted_until == day("27/10")
    assert report.standing().muted_until == day("26/10")  # the later entry on the agency takes its earlier one's place
    report.record("20/10 11:00", Paused(day("28/10"), "bão"))
    report.record("20/10 12:00", Paused(day("25/10"), "bão", plan=PLAN))
    assert report.standing().paused_until == day("28/10")
    report.record("20/10 13:00", Paused(day("21/10"), "hết bão"))
    assert report.standing().paused_until == day("25/10")


@pytest.mark.parametrize("body", [Rated("Tốt"), Objected("đã gửi rồi"), PlanChanged(PLAN, "lien-he")])
def test_entries_without_bearing(report: World, body: Body) -> None:
    """A rating, an objection, or an edit that moves no date change nothing that is owed."""
    before = report.standing()
    report.record("20/10 10:00", body, None if isinstance(body, PlanChanged) else report.key())
    assert report.standing() == before


def test_amended_dates(report: World) -> None:
    """Each amendment opens a term from the date before it; the last one's date is the one the files give now."""
    report.due("bao-cao", "4/11")
    report.record("1/10 10:00", moved(report, "31/10"))
    report.record("10/10 10:00", moved(report, "3/11", "31/10"))
    assert [(t.n, t.deadline.last_day, t.cause) for t in report.standing().terms] == [
        (1, report.day("24/10"), TermCause.INITIAL),
        (2, report.day("31/10"), TermCause.AMENDED),
        (3, report.day("4/11"), TermCause.AMENDED),
    ]
    assert report.standing().term.deadline == Deadline(report.on("5/11"), report.day("4/11"))


def test_amended_before_it_was_known(report: World) -> None:
    """An obligation first known after an amendment owes the new date as its first term."""
    report.known("2/10 10:00").due("bao-cao", "31/10").record("1/10 10:00", moved(report, "31/10"))
    assert [t.deadline.last_day for t in report.standing().terms] == [report.day("31/10")]


@pytest.mark.parametrize(
    ("files", "last_day", "terms"), [("31/10", "4/11", 2), ("4/11", "4/11", 2), ("7/11", "7/11", 3)]
)
def test_an_amendment_does_not_undo_an_extension(report: World, files: str, last_day: str, terms: int) -> None:
    """A date granted to one agency stands against a general date before it, not against one after it."""
    report.due("bao-cao", files)
    report.record("1/10 10:00", extended(report, "4/11"), report.key())
    report.record("2/10 10:00", moved(report, files))
    standing = report.standing()
    assert (standing.term.deadline.last_day, len(standing.terms)) == (report.day(last_day), terms)


def test_an_amendment_after_the_document(report: World) -> None:
    """What is settled stays judged as it was when the plan's date moves afterwards."""
    report.record("20/10 10:00", Received("12/BC"), report.key())
    before = report.standing()
    report.due("bao-cao", "14/10").record("21/10 10:00", moved(report, "14/10"))
    assert report.standing().settlement == before.settlement
    assert report.standing().terms == before.terms
