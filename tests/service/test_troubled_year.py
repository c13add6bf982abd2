"""What an office lives through - outages, extensions, returns, late holidays - reaches the far side as written here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Extended, Received, Returned
from daemon.domain.words import Return

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

Written = Callable[..., list[str]]
BEFORE = """
21/9 so-tu-phap officers 1: bao-cao thong-bao
3/10 so-tu-phap officers 1: bao-cao nhac
13/10 so-tu-phap officers 1: bao-cao nhac-lai
19/10 so-tu-phap officers 2: bao-cao don-doc
"""
AFTER = """
26/10 so-tu-phap officers 3: bao-cao qua-han
28/10 so-tu-phap head 4: bao-cao thu-truong
31/10 so-tu-phap officers 3: bao-cao qua-han#2
2/11 so-noi-vu collector 5: bao-cao trinh
"""
LAST_DAY = "24/10 so-tu-phap officers 2: bao-cao han-cuoi"
DAY_OFF_2022 = "      - 11/04                # nghỉ bù Giỗ Tổ Hùng Vương (10/4 là Chủ nhật)\n"


async def test_an_ordinary_autumn(report: Office, written: Written) -> None:
    """Nobody sends anything: each rung of the ladder comes on its day, and none is left over."""
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("31/12", approving=True)
    assert report.letters() == written(BEFORE, LAST_DAY, AFTER)
    assert report.passed_over() == {}


async def test_down_over_the_deadline(offices: Offices, plan_text: Callable[..., str], written: Written) -> None:
    """Down from 18/10 to the night before 27/10, the daemon then sends one letter per agency and tier."""
    plans = {"a.yaml": plan_text(["so-tu-phap"], ["bao-cao", "ho-so-cham-diem"])}
    office = offices(plans, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("17/10")
    await office.reopen()  # from here on nothing ticks; the mark is entered by a command
    office.mark("25/10 08:00")
    await office.reopen()
    await office.at("27/10 06:00")
    await office.until("30/11", approving=True)
    assert office.letters(since="18/10") == written("""
        27/10 so-tu-phap officers 3: bao-cao qua-han, ho-so-cham-diem qua-han
        28/10 so-tu-phap head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong
        28/10 so-noi-vu collector 5: ho-so-cham-diem trinh
        31/10 so-tu-phap officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2
        2/11 so-noi-vu collector 5: bao-cao trinh
    """)
    missed = {f"{milestone} {step}" for milestone in ("bao-cao", "ho-so-cham-diem") for step in ("don-doc", "han-cuoi")}
    assert office.passed_over() == dict.fromkeys(missed, "later_step")


async def test_extended(report: Office, written: Written) -> None:
    """An extension is told to the agency at once and opens a term with its own ladder."""
    await report.until("19/10")
    await report.at("20/10 10:00")
    day = report.day("15/11")
    report.enter(
        Extended("chậm nhất ngày 15/11/2022", report.on("16/11"), day, "Công văn số 99/UBND-NC", "PCT A"), report.key()
    )
    await report.until("15/11")
    report.mark("16/11 08:00")
    await report.until("31/12", approving=True)
    extended = """
        20/10 so-tu-phap notice
        25/10 so-tu-phap officers 1: bao-cao nhac
        4/11 so-tu-phap officers 1: bao-cao nhac-lai
        10/11 so-tu-phap officers 2: bao-cao don-doc
        15/11 so-tu-phap officers 2: bao-cao han-cuoi
        17/11 so-tu-phap officers 3: bao-cao qua-han
        21/11 so-tu-phap head 4: bao-cao thu-truong
        22/11 so-tu-phap officers 3: bao-cao qua-han#2
        24/11 so-noi-vu collector 5: bao-cao trinh
    """
    assert report.letters() == written(BEFORE, extended)


SUPPLEMENT = """
    31/10 so-tu-phap officers 2: bao-cao don-doc
    3/11 so-tu-phap officers 2: bao-cao han-cuoi
    7/11 so-tu-phap officers 3: bao-cao qua-han
    9/11 so-tu-phap head 4: bao-cao thu-truong
    10/11 so-tu-phap officers 3: bao-cao qua-han#2
    14/11 so-noi-vu collector 5: bao-cao trinh
"""
INVALID = """
    31/10 so-tu-phap officers 3: bao-cao qua-han
    2/11 so-tu-phap head 4: bao-cao thu-truong
    3/11 so-tu-phap officers 3: bao-cao qua-han#2
    7/11 so-noi-vu collector 5: bao-cao trinh
"""


@pytest.mark.parametrize(("how", "expected"), [(Return.SUPPLEMENT, SUPPLEMENT), (Return.INVALID, INVALID)])
async def test_returned(report: Office, written: Written, how: Return, expected: str) -> None:
    """A document gets its receipt, its return a notice; a supplement is chased by its own date, the rest by the old."""
    await report.until("19/10")
    await report.at("20/10 09:00")
    report.enter(Received("12/BC-STP"), report.key())
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("26/10")
    await report.at("27/10 10:00")
    until = report.day("3/11") if how is Return.SUPPLEMENT else None
    report.enter(Returned(how, "thiếu phụ lục", until), report.key())
    await report.until("3/11", approving=True)
    report.mark("4/11 08:00")
    await report.until("31/12", approving=True)
    assert report.letters(since="20/10") == written("20/10 so-tu-phap receipt", "27/10 so-tu-phap notice", expected)


@pytest.mark.parametrize(
    ("edited", "off", "expected"),
    [
        ("20/10 17:00", "24/10", ["21/10 so-tu-phap officers 2: bao-cao han-cuoi", AFTER]),
        ("23/10 17:00", "24/10", [AFTER]),  # too late to move back: nothing leaves on the day off
        (
            "25/10 17:00",
            "26/10",
            [
                LAST_DAY,
                """
                27/10 so-tu-phap officers 3: bao-cao qua-han
                31/10 so-tu-phap head 4: bao-cao thu-truong
                1/11 so-tu-phap officers 3: bao-cao qua-han#2
                3/11 so-noi-vu collector 5: bao-cao trinh
                """,
            ],
        ),
    ],
)
async def test_a_day_off_added_late(
    report: Office, written: Written, edited: str, off: str, expected: list[str]
) -> None:
    """A day off added to the calendar file moves the steps still to come; what was sent stands."""
    await report.until(edited.partition(" ")[0])
    await report.at(edited)
    report.edit("calendar.yaml", DAY_OFF_2022, f"{DAY_OFF_2022}      - {off}\n")
    await report.reload()
    if edited < "25/10":
        await report.until("24/10")
        report.mark("25/10 08:00")
    else:
        report.mark(edited)
    await report.until("31/12", approving=True)
    assert report.letters() == written(BEFORE, *expected)


async def test_an_address_corrected_between_steps(report: Office) -> None:
    """The next letter goes to the address as it stands in the register; the person stays the same in the record."""
    await report.until("18/10")
    report.edit("agencies.yaml", "email: dau-moi@so-tu-phap.example", "email: lan-moi@so-tu-phap.example")
    await report.reload()
    await report.until("24/10")
    to = [message.address for _, message in report.mail.arrived if "-dau-moi." in message.key]
    assert to == ["dau-moi@so-tu-phap.example"] * 3 + ["lan-moi@so-tu-phap.example"] * 2
    assert {outcome.person for _, outcome in report.arrived() if outcome.tier == "officers"} >= {"so-tu-phap-dau-moi"}
    assert not [line for line in map(str, report.entries()) if "@" in line]
