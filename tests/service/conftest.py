"""Offices for a test, and how their plans and expected letters are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from daemon.judgement import clock_watch
from tests.support.machine import Machine
from tests.support.office import Office, make_office, plan_text, written

__all__ = ["Office", "Offices"]

Offices = Callable[..., Office]


@pytest.fixture
async def offices(tmp_path: Path) -> AsyncIterator[Offices]:
    """Make offices, as `make_office` does, each in a folder of its own; close them at the end."""
    made: list[Office] = []

    def make(plans: Mapping[str, str] | None = None, **named: Any) -> Office:
        folder = tmp_path / f"office-{len(made)}"
        folder.mkdir()
        made.append(make_office(folder, plans, **named))
        return made[-1]

    yield make
    for office in made:
        await office.app.aclose()


@pytest.fixture
async def report(offices: Offices) -> Office:
    """Sở Tư pháp alone owing the report of 24/10 alone, known since 20/9."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    return office


OWN_CALENDAR = """
rieng:
  lich-so-y-te:
    - nam: 2022
      da-cong-bo: có
      can-cu: [thông báo của Sở Y tế]
      ngay-nghi: [03/01, 31/01-04/02, 11/04, 02/05-03/05, 01/09-02/09, 21/09]
"""


@pytest.fixture
async def shared(report: Office) -> Office:
    """The office of one report, with a plan that Sở Y tế collects: it has Wednesday 21/9 off, Sở Nội vụ has not."""
    theirs = plan_text(["so-tu-phap"], ["ho-so-cham-diem"], plan="ke-hoach-so-y-te")
    theirs = theirs.replace("dau-moi: so-noi-vu", "dau-moi: so-y-te").replace("chuyen-vien-xdcq", "so-y-te-dau-moi")
    (report.folder.parent / "schedules" / "b.yaml").write_text(theirs, "utf-8")
    report.edit("agencies.yaml", "    ten-ngan: Sở Y tế\n", "    ten-ngan: Sở Y tế\n    lich: lich-so-y-te\n")
    with (report.folder / "calendar.yaml").open("a", encoding="utf-8") as calendars:
        calendars.write(OWN_CALENDAR)
    await report.reload()
    return report


@pytest.fixture
async def machine(report: Office, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The office of one report on a machine of 2022, the morning of its reminder of 13/10."""
    monkeypatch.setattr(clock_watch, "RELEASE_YEAR", 2022)
    await report.until("12/10")
    found = Machine(report)
    await found.pass_(15)
    return found


@pytest.fixture(name="plan_text")
def _plan_text() -> Callable[..., str]:
    """How a plan file is written."""
    return plan_text


@pytest.fixture(name="written")
def _written() -> Callable[..., list[str]]:
    """How expected letters are written."""
    return written
