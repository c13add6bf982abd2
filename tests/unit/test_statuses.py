"""Status is asked in a fixed order; lateness and reminders are counted as the board and the letters show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from daemon.clock import end_of
from daemon.domain.entries import (
    Body,
    Called,
    Declared,
    DeliveryOutcome,
    Exempted,
    Extended,
    Nothing,
    Promised,
    Received,
    Returned,
)
from daemon.domain.letters import ItemKey
from daemon.domain.obligations import ActTime, ObligationKey, StatusLine
from daemon.domain.words import Channel, DeliveryState, LetterKind, Return, Status, Tier
from daemon.judgement.statuses import last_instant, late_days, reminders_by_obligation, status_lines, status_of

if TYPE_CHECKING:
    from tests.unit.conftest import World

ON_TIME = ("20/10 10:00", Received("12/BC"))
LATE = ("28/10 10:00", Received("12/BC"))
DECLARED = ("21/10 10:00", Declared("12/BC"))  # a Friday: through Wednesday 26/10
SUPPLEMENT = ("21/10 10:00", Returned(Return.SUPPLEMENT, "thiếu", date(2022, 10, 28)))
INVALID = ("21/10 10:00", Returned(Return.INVALID, "thiếu chữ ký"))
UNTIL = date(2022, 11, 4)
EXTENDED = ("21/10 10:00", Extended("", end_of(UNTIL), UNTIL, "CV 99", "PCT"))
EXEMPT = ("21/10 10:00", Exempted("QĐ 5", "PCT"))


def line(world: World, now: str) -> StatusLine:
    """Return the report's row as asked at "d/m hh:mm"."""
    instant = world.on(now)
    snapshot = world.snapshot(instant)
    known = [entry for entry in world.entries if entry.recorded_at <= instant]
    (found,) = status_lines(snapshot.standings, known, world.rules, instant)
    return found


@pytest.mark.parametrize(
    ("entries", "now", "status", "days"),
    [
        ([], "24/10 23:59", Status.OPEN, 0),
        ([], "25/10 00:00", Status.OVERDUE, 1),
        ([], "28/10 09:00", Status.OVERDUE, 4),
        ([], "9/10 23:59", Status.SCHEDULED, 0),
        ([], "10/10 00:00", Status.OPEN, 0),
        ([], "30/11 23:59", Status.OVERDUE, 37),
        ([], "1/12 00:00", Status.CLOSED, 37),  # frozen: late no further than the plan's end
        ([ON_TIME], "20/10 10:00", Status.ON_TIME, 0),
        ([ON_TIME], "20/10 09:59", Status.OPEN, 0),
        ([ON_TIME], "1/12 00:00", Status.ON_TIME, 0),  # settled before closed
        ([LATE], "29/10 10:00", Status.LATE, 4),
        ([("28/10 10:00", Nothing("12/BC"))], "29/10 10:00", Status.LATE, 4),
        ([("20/10 10:00", Nothing("12/BC"))], "29/10 10:00", Status.ON_TIME, 0),
        ([DECLARED], "21/10 10:00", Status.DECLARED, 0),
        ([DECLARED], "26/10 23:59", Status.DECLARED, 2),  # before overdue
        ([DECLARED], "27/10 00:00", Status.OVERDUE, 3),
        ([("1/10 10:00", Declared("12/BC"))], "4/10 10:00", Status.SCHEDULED, 0),  # before declared
        ([("29/11 10:00", Declared("12/BC"))], "1/12 10:00", Status.CLOSED, 37),
        ([ON_TIME, SUPPLEMENT], "28/10 23:59", Status.RETURNED, 0),
        ([ON_TIME, SUPPLEMENT], "29/10 00:00", Status.OVERDUE, 1),
        ([ON_TIME, INVALID], "24/10 10:00", Status.RETURNED, 0),
        ([ON_TIME, INVALID], "25/10 10:00", Status.OVERDUE, 1),
        ([EXTENDED], "4/11 23:59", Status.EXTENDED, 0),
        ([EXTENDED], "5/11 00:00", Status.OVERDUE, 1),
        ([EXTENDED, ("1/11 10:00", Received("12/BC"))], "2/11 10:00", Status.ON_TIME, 0),
        ([EXTENDED, ("25/10 10:00", Returned(Return.INVALID, ""))], "26/10 10:00", Status.RETURNED, 0),
        ([LATE, EXEMPT], "29/10 10:00", Status.EXEMPT, 0),  # before everything
        ([EXEMPT], "1/12 10:00", Status.EXEMPT, 0),
    ],
)
def test_the_order_of_the_question(
    report: World, entries: list[tuple[str, Body]], now: str, status: Status, days: int
) -> None:
    """Exempt, settled, closed, scheduled, declared, overdue, returned, extended, open: the first that holds."""
    report.due("bao-cao", "24/10", opens_on="10/10")
    report.rules = replace(report.rules, plans=(replace(report.rules.plans[0], ends=report.day("30/11")),))
    for recorded_at, body in entries:
        report.record(recorded_at, body, report.key())
    found = line(report, now)
    assert (found.status, found.late_days) == (status, days)


def test_late_by_less_than_a_day(report: World) -> None:
    """Past an hour on the last day itself an obligation is overdue, by no calendar day yet."""
    report.due("bao-cao", "24/10", "10:00")
    assert [(line(report, f"24/10 {t}").status, line(report, f"24/10 {t}").late_days) for t in ("09:59", "10:00")] == [
        (Status.OPEN, 0), (Status.OVERDUE, 0),
    ]  # fmt: skip


def test_without_an_end(report: World) -> None:
    """A plan without an end is never closed, and lateness runs on."""
    now = report.on("30/12")
    assert (status_of(report.standing(), None, now), late_days(report.standing(), None, now)) == (Status.OVERDUE, 67)


def test_a_settled_row(report: World) -> None:
    """A settled row shows the document, the time judged and the date it was judged by, with flags beside it."""
    act = ActTime.of(report.on("24/10 22:40"))
    report.record("21/10 10:00", Promised(report.day("24/10")), report.key())
    report.record("25/10 08:00", Received("12/BC", received=act), report.key())
    found = line(report, "26/10 08:00")
    assert found == StatusLine(
        key=report.key(),
        status=Status.ON_TIME,
        deadline=report.standing().obligation.deadline,
        submitted_at=act.at,
        recorded_at=report.on("25/10 08:00"),
        document="12/BC",
        late_days=0,
        reminders=0,
        extended_to=None,
        returned_on=None,
        nothing_to_report=False,
        promised_on=report.day("24/10"),
        muted_until=None,
    )


def test_flags_and_dates_of_other_rows(report: World) -> None:
    """A row known by its day shows the day; an open one the date in force; a supplement's the earlier date."""
    report.record("20/10 10:00", Nothing("12/BC", received=ActTime(report.day("20/10"))), report.key())
    found = line(report, "20/10 10:00")
    assert (found.submitted_at, found.nothing_to_report) == (report.day("20/10"), True)
    report.record(*SUPPLEMENT, report.key())
    found = line(report, "22/10 10:00")
    assert (found.submitted_at, found.document, found.returned_on, found.deadline.last_day) == (
        None, None, report.day("21/10"), report.day("28/10"),
    )  # fmt: skip
    report.record("28/10 10:00", Received("15/BC"), report.key())
    assert line(report, "29/10 10:00").deadline.last_day == report.day("24/10")


def outcome(letter: str, *items: ItemKey, state: DeliveryState = DeliveryState.SENT, person: str = "dau-moi",
            kind: LetterKind = LetterKind.REMINDER) -> DeliveryOutcome:  # fmt: skip
    """Return how one delivery of a letter ended."""
    written = tuple(str(item) for item in items)
    return DeliveryOutcome(letter, kind, "so-tu-phap", person, Channel.EMAIL, state, items=written)


def test_reminders_are_counted(world: World) -> None:
    """Accepted reminders that hold the item count once each, thông báo left out; calls count too."""
    report, file = world.key("bao-cao"), world.key("ho-so-cham-diem")

    def item(key: ObligationKey, step: str) -> ItemKey:
        return ItemKey(key, 1, step, 1, Tier.OFFICERS)

    bodies = [
        outcome("thu-1", item(report, "thong-bao"), item(file, "thong-bao")),
        outcome("thu-2", item(report, "nhac"), item(file, "nhac")),
        outcome("thu-2", item(report, "nhac"), item(file, "nhac"), person="van-thu"),  # the same letter
        outcome("thu-2", item(report, "nhac"), item(file, "nhac"), state=DeliveryState.BOUNCED),
        outcome("thu-3", item(report, "nhac-lai"), state=DeliveryState.REFUSED),
        outcome("thu-4", item(report, "nhac-lai"), state=DeliveryState.UNKNOWN),
        outcome("thu-5", item(report, "don-doc"), kind=LetterKind.NOTICE),
        outcome("thu-6", item(report, "don-doc")),
    ]
    for body in bodies:
        world.record("20/10 10:00", body)
    world.record("21/10 10:00", Called("ông B"), report)
    assert reminders_by_obligation(world.entries, world.rules) == {report: 2, file: 1}
    snapshot = world.snapshot()
    rows = status_lines(snapshot.standings, world.entries, world.rules, world.on("22/10"))
    assert {row.key: row.reminders for row in rows if row.reminders} == {report: 3, file: 1}
    assert [row.key for row in rows] == list(snapshot.standings)


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        (ObligationKey("ke-hoach-cu", "bao-cao", "once", "so-tu-phap"), 1),
        (ObligationKey("1026-kh-ubnd-2022", "moc-cu", "once", "so-tu-phap"), 1),
        (ObligationKey("1026-kh-ubnd-2022", "bao-cao", "once", "so-tu-phap"), 0),
    ],
)
def test_letters_on_what_the_files_no_longer_hold(world: World, key: ObligationKey, counted: int) -> None:
    """What was sent on a plan or a milestone since removed still counts; a notice of a living one does not."""
    entry = world.record("20/10 10:00", outcome("thu-1", ItemKey(key, 1, "thong-bao", 1, Tier.OFFICERS)))
    assert reminders_by_obligation([entry], world.rules).get(key, 0) == counted


def test_a_ladder_without_notice_counts_every_letter(report: World) -> None:
    """Where the ladder has no notice step no letter is left out."""
    report.on_ladder(report.rules.ladders["chuan"].steps[1])
    entry = report.record("3/10 10:00", outcome("thu-1", ItemKey(report.key(), 1, "nhac", 1, Tier.OFFICERS)))
    assert reminders_by_obligation([entry], report.rules) == {report.key(): 1}


def test_the_end_of_a_day(report: World) -> None:
    """What is asked by the end of a day is asked at its last instant in Vietnam."""
    assert last_instant(report.day("24/10")) < report.on("25/10") == end_of(report.day("24/10"))
    assert last_instant(report.day("24/10")) > report.on("24/10 23:59")
