"""Rows 33 to 36: a wall clock that jumps, a machine that slept, a daemon that was away."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from unittest.mock import patch

from daemon.clock import VirtualClock, utc
from daemon.domain.entries import ClockJump, Mark
from daemon.judgement import clock_watch
from daemon.local.mail import LocalMail
from daemon.managers.clock_guard import ClockGuard
from tests.faults.crashes import AT_ONCE, LETTERS
from tests.faults.offices import FOCAL, opened
from tests.faults.table import Seen, row
from tests.support.office import Office, on
from tests.support.station import stationed

LEASE = 2  # seconds, as the station has it


class WallClock(VirtualClock):
    """A wall clock that can be set, beside a boot time that cannot."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.clock.now())
        self.boot = 0.0
        office.clock = self
        app = office.app
        app.clock = app.clock_telling.clock = app.dispatcher.clock = app.dispatcher.deliverer.clock = self

    def pass_(self, **much: float) -> None:
        """Let time pass on both."""
        self._now += timedelta(**much)
        self.boot += timedelta(**much).total_seconds()

    def set_to(self, words: str | datetime) -> None:
        """Set the wall clock."""
        self._now = utc(on(words) if isinstance(words, str) else words)


async def looked_at(office: Office, clock: WallClock) -> str:
    """Tick fifteen seconds later; say what is thought of the clock."""
    clock.pass_(seconds=15)
    report = await office.app.tick()
    await office.app.settle()
    return str(report.clock)


def guarded(office: Office) -> WallClock:
    """Give the office a machine with both clocks."""
    clock = WallClock(office)
    office.app.watch_clock(ClockGuard(office.app.database, office.salts, clock.now, lambda: clock.boot))
    return clock


def chased(server: LocalMail) -> list[str]:
    """Return who got a reminder, in order: everybody but the office itself, which is told what it should know."""
    return [one.recipients[0] for one in server.accepted if not one.recipients[0].endswith("@so-noi-vu.example")]


def jumps(office: Office) -> list[float]:
    """Return the jumps in the ledger, in hours."""
    return [round(entry.body.seconds / 3600, 1) for entry in office.entries() if isinstance(entry.body, ClockJump)]


def told_of_clock(server: LocalMail) -> list[str]:
    """Return by how much the operator was told that the clock was set forward, note by note."""
    notes = [one.content for one in server.accepted if one.recipients[0].startswith("chuyen-vien-xdcq@")]
    bodies = [message_from_bytes(note, policy=policy.default).get_body(("plain",)) for note in notes]
    said = [str(body.get_content()) if body is not None else "" for body in bodies]
    return [
        how
        for text in said
        for how in re.findall(r"vì đồng hồ máy chủ bị chỉnh tới (\d+ giờ)\.", " ".join(text.split()))
    ]


@row(33)
async def forward(seen: Seen, folder: Path) -> None:
    """At 08:00 before a reminder: an hour, a day, a year; the operator is told in his hours, then it is right again."""
    with patch.object(clock_watch, "RELEASE_YEAR", 2022):
        for name, hours, trust, sent in (
            ("+1 h", 1, "fine", 1),
            ("+1 day", 24, "held", 0),
            ("+1 year", 8760, "held", 0),
        ):
            home = folder / name
            home.mkdir()
            async with opened(home) as (office, mail, _), LocalMail(office.clock.now) as server:
                await mail.lead_to(server.port)
                office.clock.move_to(on("3/10 08:00"))
                clock = guarded(office)
                await looked_at(office, clock)
                clock.set_to(clock.now() + timedelta(hours=hours))
                seen.equal(f"{name}: clock", await looked_at(office, clock), trust)
                seen.equal("letters sent by it", len(chased(server)), sent)
                seen.equal("ledger: jumps in hours", jumps(office), [float(hours)])
                if trust == "held":
                    clock.pass_(minutes=31)
                    seen.equal("in sending hours", await looked_at(office, clock), trust)
                    seen.equal("notes to the operator", told_of_clock(server), [f"{hours} giờ"])
                    clock.set_to(clock.now() - timedelta(hours=hours))
                    seen.equal("set right again", await looked_at(office, clock), "fine")
                    seen.equal("letters sent", len(chased(server)), 1)
        home = folder / "slept"
        home.mkdir()
        async with opened(home) as (office, mail, _), LocalMail(office.clock.now) as server:
            await mail.lead_to(server.port)
            clock = guarded(office)
            await looked_at(office, clock)
            clock.pass_(hours=30)
            seen.equal("30 h of suspend are no jump", (await looked_at(office, clock), jumps(office)), ("fine", []))


@row(34)
async def back(seen: Seen, folder: Path) -> None:
    """After a reminder has left the clock goes back an hour, then a day, and runs through that morning again."""
    with patch.object(clock_watch, "RELEASE_YEAR", 2022):
        for name, hours in (("-1 h", 1), ("-1 day", 24)):
            home = folder / name
            home.mkdir()
            async with opened(home) as (office, mail, _), LocalMail(office.clock.now) as server:
                await mail.lead_to(server.port)
                office.clock.move_to(on("3/10 08:29"))
                clock = guarded(office)
                await looked_at(office, clock)
                clock.pass_(minutes=2)
                await looked_at(office, clock)
                seen.equal(f"{name}: sent before", len(chased(server)), 1)
                clock.set_to(clock.now() - timedelta(hours=hours))
                await looked_at(office, clock)
                for _ in range(hours * 2 + 2):
                    clock.pass_(minutes=30)
                    await looked_at(office, clock)
                seen.equal("sent in all", chased(server), [FOCAL])
                seen.equal("ledger: jumps in hours", jumps(office), [float(-hours)])


@row(35)
async def slept(seen: Seen, folder: Path) -> None:
    """Asleep from 00:31 to 08:31 of a reminder's day; then from one reminder over the next to a third."""
    with patch.object(clock_watch, "RELEASE_YEAR", 2022):
        async with opened(folder) as (office, mail, _), LocalMail(office.clock.now) as server:
            await mail.lead_to(server.port)
            await office.at("3/10 00:31")
            clock = guarded(office)
            await looked_at(office, clock)
            clock.pass_(hours=8)
            await looked_at(office, clock)
            seen.equal("letters one tick after waking", len(chased(server)), 1)
            clock.pass_(days=16)  # to 19/10, over nhac-lai of 13/10
            await looked_at(office, clock)
            steps = office.rows(
                "SELECT step FROM letter_item JOIN letter ON letter.id = letter WHERE day = '2022-10-19'"
            )
            seen.equal("steps of the letter after a longer sleep", [one.step for one in steps], ["don-doc"])
            seen.equal("passed over", "bao-cao nhac-lai" in office.passed_over(), True)
            seen.equal("jumps", jumps(office), [])
    home = folder / "process"
    home.mkdir()
    await asyncio.to_thread(stopped_process, seen, home)


def stopped_process(seen: Seen, folder: Path) -> None:
    """Stop a daemon with four letters in the server's hands for longer than their lease, and let it go on."""
    with stationed(folder) as station:
        station.begin(LETTERS, lease=LEASE)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        daemon.send_signal(signal.SIGSTOP)
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(timeout=LEASE + 1)
        station.hold.unlink()
        daemon.send_signal(signal.SIGCONT)
        station.wait_for(daemon, lambda: station.waiting() == 0)
        seen.equal("process stopped past its lease: exit status", station.stop(daemon), 0)
        letters = station.letters()
        copies = sum(map(len, letters.values())) - len(letters)
        seen.equal("recipients reached", len(letters), LETTERS)
        seen.holds(f"{copies} copies, the same bytes", all(len(set(same)) == 1 for same in letters.values()))


@row(36)
async def away(seen: Seen, folder: Path) -> None:
    """Stopped on the evening of 23/10, started on 27/10: a deadline has passed, a step towards another too."""
    later = ("../schedules/a.yaml", "trước 25/10/2022", "trước 01/11/2022")
    agencies = ("so-tu-phap", "so-y-te")
    async with (
        opened(folder, agencies, [later], milestones=("bao-cao", "ho-so-cham-diem")) as (office, mail, _),
        LocalMail(office.clock.now) as server,
    ):
        await mail.lead_to(server.port)
        for instant in ("3/10 08:30", "13/10 08:30", "19/10 08:30", "20/10 08:30", "21/10 08:30"):
            await office.at(instant)
        await office.app.aclose()
        office.clock.move_to(on("27/10 08:20"))
        office.open()
        office.enter(Mark("so-noi-vu", office.clock.now()))
        await office.at("27/10 08:30")
        await office.at("27/10 13:30")
        found = office.rows(
            "SELECT letter.agency, letter.tier, item.milestone, step, reason "
            "FROM letter JOIN letter_item AS item ON letter = letter.id "
            "WHERE letter.day >= '2022-10-22' AND letter.kind = 'reminder' ORDER BY letter.agency, position"
        )
        letters = Counter((str(one.agency), str(one.tier)) for one in found)
        seen.equal("letters, items in each", letters, Counter({(agency, "officers"): 2 for agency in agencies}))
        items = {f"{one.milestone} {one.step}: {one.reason}" for one in found}
        seen.equal("items", items, {"bao-cao qua-han: catch_up", "ho-so-cham-diem don-doc: catch_up"})
        overdue = [one for one in server.accepted if FOCAL in one.recipients][-1]
        body = message_from_bytes(overdue.content, policy=policy.default).get_body(("plain",))
        said = str(body.get_content()) if body is not None else ""
        seen.holds("late ones under a heading of their own", "I. Đã qua thời hạn" in said)
        told = office.rows("SELECT count(*) AS n FROM letter WHERE kind = 'note' AND day = '2022-10-27'")
        seen.equal("notes to the operator", told[0].n, 1)
        note = [one for one in server.accepted if one.recipients[0].startswith("chuyen-vien-xdcq@")][-1]
        body = message_from_bytes(note.content, policy=policy.default).get_body(("plain",))
        said = str(body.get_content()) if body is not None else ""
        for words in (
            "từ sau 08 giờ 30 ngày 21/10/2022",
            "đến 08 giờ 30 ngày 27/10/2022, 03 ngày làm việc",
            "Bỏ qua hạn cuối (báo cáo dân vận 2022), vì đã đến lần nhắc sau: 02 cơ quan, gồm Sở Tư pháp; Sở Y tế.",
        ):
            seen.holds(f"told: {words}", words in said)
