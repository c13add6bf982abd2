"""Hard letters wait: for the word that the record is complete, and those to a head for a person's approval."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from daemon.domain.entries import Received

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

UP_TO_OVERDUE = """
21/9 so-tu-phap officers 1: bao-cao thong-bao
3/10 so-tu-phap officers 1: bao-cao nhac
13/10 so-tu-phap officers 1: bao-cao nhac-lai
19/10 so-tu-phap officers 2: bao-cao don-doc
24/10 so-tu-phap officers 2: bao-cao han-cuoi
"""


def waiting(office: Office) -> dict[str, str]:
    """Return, by step, why steps are held now."""
    return {row.step: row.reason for row in office.rows("SELECT step, reason FROM decision WHERE outcome = 'hold'")}


def said_to(office: Office, step: str) -> str:
    """Return the text of the last letter that holds a step."""
    keys = {key for key, outcome in office.outcomes().items() if any(f":{step}:" in item for item in outcome.items)}
    content = [message.content for _, message in office.mail.arrived if message.key in keys][-1]
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert body is not None
    said: str = body.get_content()
    return said


async def test_without_a_mark_the_overdue_letter_goes_a_day_later(
    report: Office, written: Callable[..., list[str]]
) -> None:
    """One working day after the first composition it missed it goes, saying that letters may have crossed."""
    await report.until("26/10")
    assert report.letters() == written(UP_TO_OVERDUE)
    assert waiting(report) == {"qua-han": "waits_mark"}
    told = [
        outcome for day, outcome in report.arrived() if outcome.letter_kind == "note" and day == report.day("26/10")
    ]
    assert {outcome.person for outcome in told} == {"chuyen-vien-xdcq"}  # who keeps the record is told on that day
    await report.until("27/10")
    assert report.letters(since="25/10") == ["27/10 so-tu-phap officers 3: bao-cao qua-han"]
    crossed = report.rows("SELECT crossed, reason FROM letter_item WHERE step = 'qua-han'")
    assert [tuple(row) for row in crossed] == [(1, "crossed")]
    assert "đã gửi" in said_to(report, "qua-han").lower()
    await report.until("31/12", approving=True)
    # Levels 4 and 5 wait for the mark for ever.
    assert report.letters(since="28/10") == ["1/11 so-tu-phap officers 3: bao-cao qua-han#2"]


async def test_a_mark_of_the_afternoon_before_does_not_cover_the_last_day(report: Office) -> None:
    """A mark of 17:00 ngày 24/10 leaves out the evening of the last day; one of 08:00 ngày 25/10 covers it."""
    await report.until("21/10")
    report.mark("24/10 17:00")
    await report.until("26/10")
    assert waiting(report) == {"qua-han": "waits_mark"}
    report.mark("26/10 09:00")
    await report.until("27/10")
    assert report.letters(since="25/10") == ["27/10 so-tu-phap officers 3: bao-cao qua-han"]


async def test_a_letter_to_a_head_waits_for_its_approval(report: Office) -> None:
    """Held until a person approves it; approved on a later day it leaves on that day, with the approver's name."""
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("31/10")
    assert report.letters(since="28/10") == ["31/10 so-tu-phap officers 3: bao-cao qua-han#2"]
    assert report.rows("SELECT count(*) FROM delivery WHERE state = 'held'")[0][0] == 3
    await report.at("1/11 10:00")
    assert report.approve_all() == 1
    await report.at("1/11 10:00")
    assert report.letters(since="1/11") == ["1/11 so-tu-phap head 4: bao-cao thu-truong"]
    assert "Nguyễn Văn A" in said_to(report, "thu-truong")


async def test_an_approval_in_the_afternoon_waits_for_the_morning(report: Office) -> None:
    """Letters to heads leave in the morning hours only, however late they are approved."""
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("28/10")
    await report.at("1/11 14:00")
    report.approve_all()
    await report.at("1/11 14:00")
    assert report.letters(since="1/11") == []
    await report.until("2/11")
    assert "2/11 so-tu-phap head 4: bao-cao thu-truong" in report.letters()


async def test_what_comes_in_while_a_letter_is_held_ends_it(report: Office) -> None:
    """The document arrives before the approval: the letter to the head is never sent, also if approved afterwards."""
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("28/10")
    await report.at("29/10 09:00")
    report.enter(Received("12/BC-STP"), report.key())
    await report.at("31/10 09:00")
    report.approve_all()
    await report.until("31/12")
    assert [line for line in report.letters(since="28/10") if "receipt" not in line] == []


async def test_one_agencys_mark_is_everybodys(offices: Offices, plan_text: Callable[..., str]) -> None:
    """The mark is the collector's: with it every debtor's overdue letter goes on its day."""
    office = offices({"a.yaml": plan_text(["so-tu-phap", "so-y-te"], ["bao-cao"])}, start="20/10 10:00")
    await office.at("20/10 10:00")
    await office.until("24/10")
    office.mark("25/10 08:00")
    await office.until("26/10")
    assert office.letters(since="25/10") == [
        "26/10 so-tu-phap officers 3: bao-cao qua-han",
        "26/10 so-y-te officers 3: bao-cao qua-han",
    ]
