"""A document sent back: a timely supplement keeps the first sending's time, what is not valid counts as not sent."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from daemon.clock import end_of
from daemon.domain.entries import Declared, Extended, PlanChanged, Received, Returned, Voided
from daemon.domain.obligations import ActTime, Settlement, TermCause
from daemon.domain.words import Return

if TYPE_CHECKING:
    from tests.unit.conftest import World


def receive(world: World, day: str, document: str = "12/BC") -> None:
    """Record at 16:00 of a day a document received on it."""
    world.record(f"{day} 16:00", Received(document, received=ActTime(world.day(day))), world.key())


def send_back(world: World, day: str, until: str = "") -> None:
    """Record at 17:00 of a day that the document is sent back, for a supplement if `until` is given."""
    how = Return.SUPPLEMENT if until else Return.INVALID
    body = Returned(how, "thiếu phụ lục", world.day(until) if until else None)
    world.record(f"{day} 17:00", body, world.key())


def settled(world: World) -> Settlement:
    """Return how the report was settled."""
    settlement = world.standing().settlement
    assert settlement is not None
    return settlement


@pytest.mark.parametrize(
    ("first", "supplement", "act", "on_time", "late_days"),
    [
        ("20/10", "3/11", "20/10", True, 0),  # by its date: the first sending counts
        ("20/10", "4/11", "4/11", False, 11),  # late: its own time against the earlier date, 24/10
        ("26/10", "3/11", "26/10", False, 2),  # by its date, but the first sending was late
        ("26/10", "4/11", "4/11", False, 11),
    ],
)
def test_a_supplement(report: World, first: str, supplement: str, act: str, on_time: bool, late_days: int) -> None:
    """A timely supplement keeps the first sending's time; a late one is judged by its own against the earlier date."""
    receive(report, first)
    send_back(report, "27/10", "3/11")
    standing = report.standing()
    assert (standing.settlement, standing.returned_on, standing.returned_how) == (
        None, report.day("27/10"), Return.SUPPLEMENT,
    )  # fmt: skip
    assert (standing.term.n, standing.term.cause, standing.term.deadline.last_day) == (
        2, TermCause.SUPPLEMENT, report.day("3/11"),
    )  # fmt: skip
    receive(report, supplement, "15/BC")
    found = settled(report)
    assert (found.act.day, found.on_time, found.late_days, found.document) == (
        report.day(act), on_time, late_days, "15/BC",
    )  # fmt: skip
    assert found.judged.last_day == report.day("24/10")


def test_two_supplements(report: World) -> None:
    """A second supplement in time still keeps the very first sending's time."""
    receive(report, "20/10")
    send_back(report, "21/10", "28/10")
    receive(report, "28/10", "15/BC")
    send_back(report, "31/10", "4/11")
    receive(report, "4/11", "16/BC")
    assert (settled(report).act.day, settled(report).on_time) == (report.day("20/10"), True)
    assert report.standing().term.n == 3


def test_sent_back_again_before_the_supplement(report: World) -> None:
    """A new date for the supplement, asked before it came, keeps the first sending too."""
    receive(report, "20/10")
    send_back(report, "21/10", "28/10")
    send_back(report, "28/10", "4/11")
    receive(report, "3/11", "15/BC")
    assert (settled(report).act.day, settled(report).on_time) == (report.day("20/10"), True)


@pytest.mark.parametrize(("resent", "on_time", "late_days"), [("24/10", True, 0), ("28/10", False, 4)])
def test_not_valid(report: World, resent: str, on_time: bool, late_days: int) -> None:
    """What is not valid counts as not sent: the old date stands, the next document is judged by its own time."""
    receive(report, "14/10")
    send_back(report, "17/10")
    standing = report.standing()
    assert (standing.term.n, standing.term.cause, standing.term.deadline.last_day, standing.returned_how) == (
        2, TermCause.INVALID, report.day("24/10"), Return.INVALID,
    )  # fmt: skip
    receive(report, resent, "15/BC")
    found = settled(report)
    assert (found.act.day, found.on_time, found.late_days) == (report.day(resent), on_time, late_days)


def test_a_supplement_that_is_not_valid(report: World) -> None:
    """A supplement found not valid forgets the first sending and the supplement's date: the plan's date stands."""
    receive(report, "20/10")
    send_back(report, "21/10", "28/10")
    receive(report, "28/10", "15/BC")
    send_back(report, "31/10")
    assert report.standing().term.deadline.last_day == report.day("24/10")
    receive(report, "2/11", "16/BC")
    assert (settled(report).on_time, settled(report).late_days) == (False, 9)


def test_not_valid_after_all(report: World) -> None:
    """A document first sent back for a supplement, then found not valid, lends its time to no later one."""
    receive(report, "17/10")
    send_back(report, "18/10", "21/10")
    send_back(report, "19/10")
    receive(report, "24/10", "15/BC")
    assert (settled(report).act.day, settled(report).on_time) == (report.day("24/10"), True)


def test_not_valid_under_an_extension(report: World) -> None:
    """What is not valid falls back on the extension in force, with its words and its authority."""
    until = report.day("4/11")
    report.record("20/10 10:00", Extended("trong ngày 4/11", end_of(until), until, "CV 99", "PCT"), report.key())
    receive(report, "1/11")
    send_back(report, "2/11")
    term = report.standing().term
    assert (term.n, term.deadline.last_day, term.due, term.authority) == (3, until, "trong ngày 4/11", "CV 99")


def test_a_return_ends_a_declaration(report: World) -> None:
    """After a return nothing is declared any more."""
    receive(report, "20/10")
    report.record("21/10 08:00", Declared("15/BC"), report.key())
    send_back(report, "21/10", "28/10")
    assert report.standing().declared_until is None


def test_a_return_taken_back(report: World) -> None:
    """A voided return leaves the document where it was."""
    receive(report, "20/10")
    before = report.standing()
    send_back(report, "21/10", "28/10")
    report.record("22/10 08:00", Voided(2, "nhầm"))
    assert report.standing() == before


def test_a_date_amended_while_a_supplement_is_awaited(report: World) -> None:
    """The plan's new date is then the one in force, and the first sending still counts if the supplement meets it."""
    receive(report, "20/10")
    send_back(report, "21/10", "28/10")
    was, now = date(2022, 10, 24), date(2022, 11, 4)
    body = PlanChanged("1026-kh-ubnd-2022", "han", "bao-cao", "once", "", end_of(now), now, "", end_of(was), was)
    report.due("bao-cao", "4/11").record("24/10 10:00", body)
    assert [t.deadline.last_day for t in report.standing().terms] == [was, report.day("28/10"), now]
    receive(report, "2/11", "15/BC")
    assert (settled(report).act.day, settled(report).on_time) == (report.day("20/10"), True)
