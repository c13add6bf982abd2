"""What an office lives through - outages, extensions, returns, holidays, promises - yields the letters written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import (
    Body,
    Declared,
    Exempted,
    Extended,
    Muted,
    Nothing,
    Paused,
    Promised,
    Received,
    Returned,
)
from daemon.domain.words import Outcome, Reason, Return

if TYPE_CHECKING:
    from tests.unit.conftest import Build, Lines, World

FAR = date(2022, 12, 1)
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


def written(*blocks: str) -> list[str]:
    """Return the lines of text blocks."""
    return [line for block in blocks for line in block.strip().split("\n") if line]


@pytest.fixture
def known(report: World) -> World:
    """So Tư pháp owing the report, known in September; the record is complete on 25/10 at 08:00."""
    report.known("20/9 10:00").mark("25/10 08:00", "25/10 08:00")
    return report


def test_down_over_a_deadline(build: Build, lines: Lines) -> None:
    """Down from 18/10 to the night before 27/10, the daemon then sends one letter per agency and tier."""
    world = build(("so-tu-phap",), ("bao-cao", "ho-so-cham-diem")).known("20/9 10:00")
    world.run("20/9", "17/10")
    world.mark("25/10 08:00", "25/10 08:00")
    assert lines(world.run("27/10", "30/11")) == written("""
27/10 so-tu-phap officers 3: bao-cao qua-han, ho-so-cham-diem qua-han
28/10 so-tu-phap head 4: bao-cao thu-truong, ho-so-cham-diem thu-truong
28/10 so-noi-vu collector 5: ho-so-cham-diem trinh
31/10 so-tu-phap officers 3: bao-cao qua-han#2, ho-so-cham-diem qua-han#2
2/11 so-noi-vu collector 5: bao-cao trinh
""")
    passed = {d.key.step: d.reason for d in world.decide("3/11 09:00").decisions if d.outcome is Outcome.PASS_OVER}
    assert passed == {"don-doc": Reason.LATER_STEP, "han-cuoi": Reason.LATER_STEP}


def test_down_over_a_deadline_without_a_mark(report: World, lines: Lines) -> None:
    """Without a mark the overdue letter waits one working day from the first composition it missed."""
    report.known("20/9 10:00").run("20/9", "17/10")
    assert lines(report.run("27/10", "30/11")) == written("""
28/10 so-tu-phap officers 3: bao-cao qua-han crossed
1/11 so-tu-phap officers 3: bao-cao qua-han#2 crossed
""")


EXTENDED = """
25/10 so-tu-phap officers 1: bao-cao nhac
4/11 so-tu-phap officers 1: bao-cao nhac-lai
10/11 so-tu-phap officers 2: bao-cao don-doc
15/11 so-tu-phap officers 2: bao-cao han-cuoi
17/11 so-tu-phap officers 3: bao-cao qua-han
21/11 so-tu-phap head 4: bao-cao thu-truong
22/11 so-tu-phap officers 3: bao-cao qua-han#2
24/11 so-noi-vu collector 5: bao-cao trinh
"""
SUPPLEMENT = """
31/10 so-tu-phap officers 2: bao-cao don-doc
3/11 so-tu-phap officers 2: bao-cao han-cuoi
7/11 so-tu-phap officers 3: bao-cao qua-han
9/11 so-tu-phap head 4: bao-cao thu-truong
10/11 so-tu-phap officers 3: bao-cao qua-han#2
14/11 so-noi-vu collector 5: bao-cao trinh
"""
INVALID_AFTER = """
31/10 so-tu-phap officers 3: bao-cao qua-han
2/11 so-tu-phap head 4: bao-cao thu-truong
3/11 so-tu-phap officers 3: bao-cao qua-han#2
7/11 so-noi-vu collector 5: bao-cao trinh
"""
INVALID_BEFORE = f"""
19/10 so-tu-phap officers 2: bao-cao don-doc
24/10 so-tu-phap officers 2: bao-cao han-cuoi
{AFTER.strip()}
"""


def test_extended(known: World, lines: Lines) -> None:
    """An extension opens a term with its own ladder from the day after it was recorded."""
    until = known.day("15/11")
    known.record("20/10 10:00", Extended("", known.on("16/11"), until, "CV 99", "PCT"), known.key())
    known.mark("16/11 08:00", "16/11 08:00")
    assert lines(known.run("20/9", "31/12")) == written(BEFORE, EXTENDED)


@pytest.mark.parametrize(
    ("received", "returned", "how", "expected"),
    [
        ("20/10 09:00", "27/10 10:00", Return.SUPPLEMENT, BEFORE + SUPPLEMENT),
        ("20/10 09:00", "27/10 10:00", Return.INVALID, BEFORE + INVALID_AFTER),
        ("14/10 09:00", "17/10 10:00", Return.INVALID, BEFORE[: BEFORE.index("19/10")] + INVALID_BEFORE),
    ],
)
def test_returned(report: World, lines: Lines, received: str, returned: str, how: Return, expected: str) -> None:
    """A supplement is chased by its own date; what is not valid by the old one, its later steps from the return."""
    report.known("20/9 10:00")
    until = report.day("3/11") if how is Return.SUPPLEMENT else None
    report.record(received, Received("12/BC"), report.key())
    report.record(returned, Returned(how, "thiếu phụ lục", until), report.key())
    for day in ("25/10", "4/11"):
        report.mark(f"{day} 08:00", f"{day} 08:00")
    assert lines(report.run("20/9", "31/12")) == written(expected)


@pytest.mark.parametrize(
    ("edited", "off", "expected"),
    [
        ("20/10 17:00", "24/10", ["21/10 so-tu-phap officers 2: bao-cao han-cuoi", *written(AFTER)]),
        ("23/10 17:00", "24/10", written(AFTER)),  # too late to move back: nothing leaves on the day off
        (
            "25/10 17:00",
            "26/10",
            written("""
24/10 so-tu-phap officers 2: bao-cao han-cuoi
27/10 so-tu-phap officers 3: bao-cao qua-han
31/10 so-tu-phap head 4: bao-cao thu-truong
1/11 so-tu-phap officers 3: bao-cao qua-han#2
3/11 so-noi-vu collector 5: bao-cao trinh
"""),
        ),
    ],
)
def test_a_holiday_added_late(known: World, lines: Lines, edited: str, off: str, expected: list[str]) -> None:
    """A day off added late moves the steps still to come; what was sent stands."""
    day = edited.split(maxsplit=1)[0]
    found = known.run("20/9", day)
    known.on_calendar(off)
    found += known.run(f"{int(day.split('/')[0]) + 1}/10", "31/12")
    assert lines(found) == written(BEFORE) + expected


def test_a_holiday_that_moves_a_step_into_today(known: World, lines: Lines) -> None:
    """A step moved back to a day whose letters were already composed goes the next sending day, still of use."""
    known.run("20/9", "18/10")
    known.on_calendar("20/10")  # don-doc moves from 19/10 to 18/10
    assert lines(known.step("18/10 15:00")) == []
    assert known.reasons("18/10 15:00")["bao-cao don-doc"] is Reason.WAITS_NEXT_DAY
    assert lines(known.run("19/10", "19/10")) == ["19/10 so-tu-phap officers 2: bao-cao don-doc"]


LAST_DAY = "24/10 so-tu-phap officers 2: bao-cao han-cuoi"
LATE_BY_A_DAY = written(AFTER.replace("26/10", "27/10"))


@pytest.mark.parametrize(
    ("body", "about", "reason"),
    [
        (Promised(FAR), True, Reason.PROMISED),
        (Muted(FAR, "nhầm"), True, Reason.MUTED),
        (Muted(FAR, "tang lễ", agency="so-tu-phap"), False, Reason.MUTED),
        (Paused(FAR, "bão"), False, Reason.PAUSED),
        (Paused(FAR, "bão", plan="1026-kh-ubnd-2022"), False, Reason.PAUSED),
        (Paused(FAR, "bão", group="so-ban-nganh"), False, Reason.PAUSED),
        (Paused(FAR, "bão", plan="1026-kh-ubnd-2022", group="so-ban-nganh"), False, Reason.PAUSED),
        (Muted(FAR, "khác", agency="so-y-te"), False, None),
        (Paused(FAR, "khác", plan="khac"), False, None),
        (Paused(FAR, "khác", group="cap-huyen"), False, None),
    ],
)
@pytest.mark.parametrize(
    ("until", "expected"), [("26/10", LATE_BY_A_DAY), ("24/10", written(AFTER)), ("20/10", [LAST_DAY, *written(AFTER)])]
)
def test_silence(
    known: World, lines: Lines, body: Promised | Muted | Paused, about: bool, reason: Reason | None,
    until: str, expected: list[str],
) -> None:  # fmt: skip
    """A promise, a mute or a pause is silent to the end of the named day, and holds nobody else."""
    day = known.day(until)
    silent = replace(body, on=day) if isinstance(body, Promised) else replace(body, until=day)
    known.record("20/10 10:00", silent, known.key() if about else None)
    assert lines(known.run("20/9", "23/10")) == written(BEFORE)
    if reason is not None and until != "20/10":
        assert known.reasons("24/10 09:00")["bao-cao han-cuoi"] is reason
    assert lines(known.run("24/10", "31/12")) == (expected if reason else [LAST_DAY, *written(AFTER)])


def test_a_declaration_lapses(known: World, lines: Lines) -> None:
    """A declaration of Friday 21/10 pauses letters on the three working days after it, then the latest step goes."""
    known.record("21/10 15:00", Declared("15/BC"), known.key())
    assert lines(known.run("20/9", "23/10")) == written(BEFORE)
    assert known.reasons("24/10 09:00")["bao-cao han-cuoi"] is Reason.DECLARED
    assert lines(known.run("24/10", "31/12")) == LATE_BY_A_DAY


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (Received("12/BC"), Reason.SETTLED),
        (Nothing("13/BC"), Reason.SETTLED),
        (Exempted("QĐ 5", "PCT"), Reason.EXEMPT),
    ],
)
def test_nobody_who_has_sent_is_chased(known: World, lines: Lines, body: Body, reason: Reason) -> None:
    """Once the record is settled nothing more leaves, and each step that comes says why."""
    known.record("20/10 10:00", body, known.key())
    assert lines(known.run("20/9", "31/12")) == written(BEFORE)
    assert known.reasons("24/10 09:00") == {"bao-cao han-cuoi": reason}
