"""An edit of the files is taken in whole, at a tick's boundary, or not at all; what was sent stands."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain.entries import PlanChanged
from daemon.errors import FilesRefused
from daemon.judgement import deciding
from daemon.managers import planner
from daemon.managers.removals import RemovalHeld

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

OLD, NEW = "han: trước ngày 25/10/2022", "han: trước ngày 28/10/2022"
PLAN = "../schedules/a.yaml"


def changes(office: Office) -> list[PlanChanged]:
    """Return what the ledger says of edits."""
    return [entry.body for entry in office.entries() if isinstance(entry.body, PlanChanged)]


async def test_a_deadline_amended(report: Office) -> None:
    """An amended date is entered once, told to who still owes, and chased by a ladder of its own."""
    await report.until("19/10")
    report.edit(PLAN, OLD, NEW)
    await report.reload()
    await report.at("20/10 09:00")
    await report.at("20/10 09:15")
    (change,) = changes(report)
    assert (change.was_last_day, change.last_day) == (report.day("24/10"), report.day("27/10"))
    await report.until("27/10")
    assert report.letters(since="20/10") == [
        "20/10 so-tu-phap notice",
        "24/10 so-tu-phap officers 2: bao-cao don-doc",
        "27/10 so-tu-phap officers 2: bao-cao han-cuoi",
    ]


async def test_files_taken_in_while_a_tick_is_at_work(report: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick under way ends by the files it began with; what it writes never mixes two of their generations."""
    await report.until("19/10")
    report.clock.move_to(report.on("20/10 09:00"))
    half_way, go_on, files_read = threading.Event(), threading.Event(), asyncio.Event()
    decide, read = deciding.decide, report.app._read

    def slow(*arguments: Any) -> Any:
        half_way.set()
        assert go_on.wait(60)
        return decide(*arguments)

    def noted(*arguments: Any) -> Any:
        found = read(*arguments)
        loop.call_soon_threadsafe(files_read.set)
        return found

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(planner, "decide", slow)
    monkeypatch.setattr(report.app, "_read", noted)
    tick = asyncio.create_task(report.app.tick())
    assert await asyncio.to_thread(half_way.wait, 60)
    report.edit(PLAN, OLD, NEW)
    reloading = asyncio.create_task(report.app.reload())
    await files_read.wait()
    for _ in range(500):
        await asyncio.to_thread(int)  # as far as the reload can come
    go_on.set()
    await tick
    await reloading
    assert changes(report) == []
    await report.at("20/10 09:15")
    (change,) = changes(report)
    assert (change.was_last_day, change.last_day) == (report.day("24/10"), report.day("27/10"))
    assert (change.was_due_at, change.due_at) == (report.on("25/10"), report.on("28/10"))


async def test_a_bad_edit_changes_nothing(report: Office) -> None:
    """A phrase that cannot be read is refused with its place; the old date stays in force."""
    await report.until("19/10")
    report.edit(PLAN, OLD, "han: cuối tháng 10")
    with pytest.raises(FilesRefused, match=r"a\.yaml:\d+:\d+: "):
        await report.reload()
    await report.until("24/10")
    assert changes(report) == []
    assert report.letters(since="20/10") == ["24/10 so-tu-phap officers 2: bao-cao han-cuoi"]


async def test_a_plan_that_is_gone_is_missed(offices: Offices, plan_text: Callable[..., str]) -> None:
    """A plan's file deleted, or most of its debtors: the old set stays until a person lets the new one in."""
    six = ("so-tu-phap", "so-y-te", "so-xay-dung", "so-tai-chinh", "so-gtvt", "so-tnmt")
    office = offices({"a.yaml": plan_text(six, ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    path = office.folder / PLAN
    said = path.read_text("utf-8")
    path.write_text(plan_text(six[:2], ["bao-cao"]), "utf-8")
    with pytest.raises(RemovalHeld, match="4/6"):
        await office.reload()
    path.unlink()
    path.with_name("b.yaml").write_text(plan_text(("so-y-te",), ["ke-hoach"], "khac"), "utf-8")
    with pytest.raises(RemovalHeld, match="6/6"):
        await office.reload()
    path.with_name("b.yaml").write_text(said, "utf-8")  # the same plan in another file
    await office.reload()
    path.with_name("b.yaml").write_text(plan_text(six[:5], ["bao-cao"]), "utf-8")
    await office.reload()
    await office.until("3/10")
    assert len([line for line in office.letters() if line.startswith("3/10")]) == 5
