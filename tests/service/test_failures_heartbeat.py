"""The watcher outside hears of a daemon that is well, and of no other."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.domain.settings import Heartbeat, Mailbox
from daemon.domain.words import Channel, Matter
from daemon.judgement.failing import needs
from daemon.judgement.health import Ailment
from daemon.store.failing import note_failing
from daemon.store.pauses import pause_road, resume_road, tell_of_pause

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest

    from daemon.managers.planner import Planned
    from tests.support.office import Office


@asynccontextmanager
async def watched(office: Office, code: int = 200) -> AsyncIterator[list[str]]:
    """Let a watcher on loopback count the beats inside the block."""
    heard: list[str] = []

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1])
        writer.write(f"HTTP/1.1 {code} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    office.settings = replace(office.settings, heartbeat=Heartbeat(f"http://127.0.0.1:{port}/ping/canary"))
    await office.reopen()
    try:
        yield heard
    finally:
        server.close()
        await server.wait_closed()


async def beat(office: Office) -> list[Ailment]:
    """Beat once; return what is not well."""
    return [trouble.what for trouble in await office.app.beat()]


async def test_it_beats_after_a_tick_and_not_without_one(report: Office) -> None:
    """A daemon that never ticked, or ticked three ticks ago, says nothing."""
    async with watched(report) as heard:
        assert await beat(report) == [Ailment.NO_TICK]
        await report.at("20/9 10:01")
        assert await beat(report) == []
        report.clock.move_to(report.on("20/9 10:02"))
        assert await beat(report) == [Ailment.NO_TICK]
    assert heard == ["/ping/canary"]


async def test_a_tick_that_hangs_keeps_nobody_from_saying_so(report: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks at the engine does not wait for it."""
    async with watched(report) as heard:
        await report.at("20/9 10:01")
        entered, go_on, plain = threading.Event(), threading.Event(), report.app.planner.run

        def hanging(now: datetime) -> Planned:
            entered.set()
            go_on.wait()
            return plain(now)

        monkeypatch.setattr(report.app.planner, "run", hanging)
        tick = asyncio.create_task(report.app.tick())
        await asyncio.to_thread(entered.wait)
        report.clock.move_to(report.on("20/9 10:02"))
        try:
            async with asyncio.timeout(60):
                assert await beat(report) == [Ailment.NO_TICK]
        finally:
            go_on.set()
            await tick
    assert heard == []


async def test_it_is_silent_while_a_channel_is_paused(report: Office) -> None:
    """Silence is what raises the alarm outside; it ends with the pause."""
    async with watched(report) as heard:
        await report.at("20/9 10:01")
        with report.app.database.write() as conn:
            pause_road(conn, Channel.EMAIL, "email", "AUTH: 535", "535", report.clock.now())
            tell_of_pause(conn, "email", report.clock.now())
        assert await beat(report) == [Ailment.CHANNEL]
        assert heard == []
        with report.app.database.write() as conn:
            resume_road(conn, "email", report.clock.now())
        assert await beat(report) == []
    assert len(heard) == 1


async def test_it_is_silent_while_the_mailbox_refuses_us(report: Office, tmp_path: Path) -> None:
    """Reports of letters that came back are not read: a person must put in another password; not one set up no more."""
    async with watched(report) as heard:
        await report.at("20/9 10:01")
        with report.app.database.write() as conn:
            note_failing(conn, Matter.MAILBOX, "login refused", report.clock.now(), grave=True)
        assert await beat(report) == []
        mailbox = Mailbox("imap.example", "dondoc@so.example", tmp_path / "mk")
        report.app.alarms.needed = needs(replace(report.settings, mailbox=mailbox))
        assert await beat(report) == [Ailment.NEED]
        assert "Không đọc được hộp thư đến" in (await report.at("20/9 10:02")).line()
    assert len(heard) == 1


async def test_it_is_silent_when_nothing_can_be_written(report: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the file: reading still works, and that is not enough."""
    monkeypatch.setattr("daemon.store.engine.BUSY_TIMEOUT", 0)
    async with watched(report) as heard:
        await report.at("20/9 10:01")
        with closing(sqlite3.connect(report.settings.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await beat(report) == [Ailment.NO_WRITE]
        assert await beat(report) == []
    assert len(heard) == 1


async def test_a_watcher_that_cannot_be_reached_changes_nothing(
    report: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is logged without its address, and letters go on."""
    async with watched(report, code=503) as heard:
        await report.at("20/9 10:01")
        assert await beat(report) == []
        await report.at("21/9 08:30")
    assert len(heard) == 1
    assert report.letters() == ["21/9 so-tu-phap officers 1: bao-cao thong-bao"]
    logged = capsys.readouterr()
    assert "heartbeat_failed" in logged.out + logged.err
    assert "canary" not in logged.out + logged.err
