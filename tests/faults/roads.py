"""Rows 8 to 12 and 16 to 19: a mail server that refuses, is silent, full, talkative or small."""

from __future__ import annotations

import asyncio
import tracemalloc
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from unittest.mock import patch

from daemon.domain.settings import Smtp
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import Fault, ScriptedMail
from tests.faults.channels import OPERATOR, OPERATOR_HAS_ZALO, paused, zalo_bot
from tests.faults.offices import DEPUTY, FOCAL, MAILBOX, go_on, on_schedule, opened, states, tries, waits
from tests.faults.table import Seen, row

PATIENT = 60.0  # seconds: longer than anything here takes
TURNS = 20  # of the event loop, in which whoever waits too long gives up


@row(8)
async def refused_connections(seen: Seen, folder: Path) -> None:
    """From 08:30 to 09:30 of the day nobody listens; the operator has Zalo too."""
    async with (
        opened(folder, edits=[OPERATOR_HAS_ZALO]) as (office, road, zalo),
        LocalMail(office.clock.now) as mail,
        zalo_bot(office, zalo, OPERATOR) as bot,
    ):
        await road.lead_to(mail.port)
        await mail.shut()
        await office.at("3/10 08:30")
        await go_on(office, "3/10 09:30")
        found = tries(office, "3/10")
        seen.equal("outcomes", {one.outcome for one in found}, {"temporary"})
        seen.holds(f"minutes between {len(found)} attempts: {waits(found)}", on_schedule(waits(found)))
        told = office.rows("SELECT recorded_at FROM ledger WHERE kind = 'alarmed' ORDER BY seq")
        minutes = [(datetime.fromisoformat(one.recorded_at) - office.on("3/10 08:30")).seconds // 60 for one in told]
        seen.holds(f"alarms, minutes after it began: {minutes}", len(told) == 1 and 30 <= minutes[0] < 60)
        seen.equal("alarms by Zalo", [text.chat_id for text in bot.accepted], [OPERATOR])
        await mail.open()
        await go_on(office, "3/10 11:30")
        seen.equal("paused afterwards", paused(office), [])
        seen.equal("sent after it", [one.recipients[0] for one in mail.accepted if one.recipients[0] == FOCAL], [FOCAL])
        seen.equal("state", states(office, "3/10"), {"dau-moi email": "sent"})


@row(9)
async def no_name(seen: Seen, folder: Path) -> None:
    """The server's name is one that no resolver takes (254 letters), so that the network is not asked."""
    name = ".".join(["x" * 49] * 5 + ["test"])
    async with opened(folder) as (office, road, _), LocalMail(office.clock.now) as mail:
        await road.lead_to(mail.port, host=name)
        await office.at("3/10 08:30")
        await go_on(office, "3/10 09:30")
        found = tries(office, "3/10")
        seen.equal("outcomes", {(one.outcome, one.phase) for one in found}, {("temporary", "connect")})
        seen.holds(f"{len(found)} attempts in an hour: {found[0].detail}", 3 <= len(found) <= 5)
        await road.lead_to(mail.port)
        await go_on(office, "3/10 11:30")
        seen.equal("accepted afterwards", [one.recipients[0] for one in mail.accepted], [FOCAL])


@row(10)
async def passing_refusals(seen: Seen, folder: Path) -> None:
    """The same server says 421, next time 450, next time 451 at the dot, then takes the letter."""
    script: dict[str, Any] = {
        "greeting": [b"421 4.3.2 try later\r\n"],
        "RCPT": [b"450 4.2.0 greylisted\r\n"],
        "DOT": [b"451 4.3.0 try again\r\n"],
    }
    async with opened(folder) as (office, road, _), ScriptedMail(script).running() as server:
        await road.lead_to(server.port)
        await office.at("3/10 08:30")
        await go_on(office, "3/10 11:30")
        found = tries(office, "3/10")
        codes = [(one.outcome, one.code) for one in found]
        seen.equal(
            "attempts",
            codes,
            [("temporary", "421 4.3.2"), ("temporary", "450 4.2.0"), ("temporary", "451 4.3.0"), ("sent", None)],
        )
        seen.holds(f"minutes between them: {waits(found)}", on_schedule(waits(found)))
        seen.equal("contents taken", len(set(server.received)), 1)


@row(12)
async def full_mailboxes(seen: Seen, folder: Path) -> None:
    """The mailbox is full, now by 552 5.2.2, now by 452, until the step is over."""
    async with opened(folder) as (office, road, _), LocalMail(office.clock.now) as server:
        await road.lead_to(server.port)
        server.refuse(FOCAL, "552 5.2.2 mailbox full")
        await office.at("3/10 08:30")
        (ends,) = office.rows(
            "SELECT expires_at FROM delivery JOIN letter ON letter.id = letter "
            "WHERE day = '2022-10-03' AND kind = 'reminder'"
        )
        await go_on(office, "6/10 16:30")
        server.refuse(FOCAL, "452 4.2.2 over quota")
        await go_on(office, "12/10 16:30")
        await go_on(office, "13/10 08:30")
        found = tries(office, "3/10")
        last = datetime.fromisoformat(ends.expires_at) - datetime.fromisoformat(found[-1].started_at)
        seen.equal("codes", {one.code for one in found}, {"552 5.2.2", "452 4.2.2"})
        seen.holds(f"{len(found)} attempts, the last {last} before the step's end", last < timedelta(hours=20))
        seen.equal("state", states(office, "3/10"), {"dau-moi email": "expired"})
        seen.equal("content sent", [one for one in server.accepted if FOCAL in one.recipients], [])
        told = [str(message_from_bytes(one.content, policy=policy.default)["Subject"]) for one in server.accepted]
        seen.equal("the operator is told", told, ["01 thư không đến được: Sở Tư pháp"])


class LateMail(ScriptedMail):
    """A server that answers the dot so many seconds late, by the loop's own time: nobody waits for them."""

    def __init__(self, late: float) -> None:
        super().__init__({})
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._usual = self._loop.time

    async def _act(self, step: str, usual: bytes, writer: asyncio.StreamWriter) -> bytes:
        if step == "DOT":
            ahead = self._loop.time() - self._usual() + self._late
            with patch.object(self._loop, "time", lambda: self._usual() + ahead):
                for _ in range(TURNS):
                    await asyncio.sleep(0)
        return await super()._act(step, usual, writer)


@row(16)
async def late_answers(seen: Seen, folder: Path) -> None:
    """Cut after the dot; answered after nine minutes, then after eleven, by the limit that is installed."""
    async with opened(folder) as (office, road, _), ScriptedMail({"DOT": [Fault.DROP]}).running() as cut:
        await road.lead_to(cut.port)
        await office.at("3/10 08:30")
        (first,) = tries(office, "3/10")
        seen.equal("dropped after the dot", first.outcome, "unknown")
        await go_on(office, "3/10 09:00")
        (_, second) = tries(office, "3/10")
        seen.equal("sent again after minutes", waits([first, second]), [15.0])
        seen.holds("the same bytes", len(cut.received) == 2 and len(set(cut.received)) == 1)
    installed = Smtp("127.0.0.1").answer_timeout
    for minutes, wanted in ((9, "sent"), (11, "unknown")):
        home = folder / f"{minutes}-minutes"
        home.mkdir()
        async with opened(home) as (office, road, _), LateMail(60.0 * minutes).running() as late:
            await road.lead_to(late.port, answer_timeout=installed)
            await office.at("3/10 08:30")
            (first,) = tries(office, "3/10")
            found = (first.outcome, len(late.received))
            seen.equal(f"250 after {minutes} min, limit {installed / 60:.0f} min", found, (wanted, 1))


@row(17)
async def one_of_several(seen: Seen, folder: Path) -> None:
    """don-doc goes to three; the deputy's address is refused."""
    async with opened(folder) as (office, road, _), LocalMail(office.clock.now) as mail:
        await road.lead_to(mail.port)
        await office.at("3/10 08:30")
        await office.at("13/10 08:30")
        mail.refuse(DEPUTY)
        before = len(mail.accepted)
        await office.at("19/10 08:30")
        taken = {recipient for one in mail.accepted[before:] for recipient in one.recipients}
        seen.equal("accepted", taken & {FOCAL, DEPUTY, MAILBOX}, {FOCAL, MAILBOX})
        seen.equal(
            "states", states(office, "19/10"),
            {"dau-moi email": "sent", "phu-trach email": "refused", "van-thu email": "sent"},
        )  # fmt: skip
        told = [str(one.state) for one in office.outcomes().values() if one.items and one.person.endswith("phu-trach")]
        seen.equal("ledger", told[-1], "refused")


@row(18)
async def endless_talk(seen: Seen, folder: Path) -> None:
    """Garbage, a reply without an end, a reply of ten megabytes."""
    script: dict[str, Any] = {
        "greeting": [b"\x00\xff\xfe rubbish\r\n", Fault.FLOOD, b"220 " + b"x" * 10_000_000 + b"\r\n"],
    }
    async with opened(folder) as (office, road, _), ScriptedMail(script).running() as server:
        await road.lead_to(server.port, command_timeout=PATIENT)
        tracemalloc.start()
        await office.at("3/10 08:30")
        await go_on(office, "3/10 11:30")
        most = tracemalloc.get_traced_memory()[1] // 1024**2
        tracemalloc.stop()
        found = tries(office, "3/10")
        seen.equal("outcomes", [one.outcome for one in found], ["temporary", "temporary", "temporary", "sent"])
        seen.holds(f"connections: {server.connections}, each closed", server.connections >= 4)
        seen.holds(f"memory at most: {most} MiB", most < 64)


@row(19)
async def too_large(seen: Seen, folder: Path) -> None:
    """The server announces that it takes a thousand bytes at most."""
    async with opened(folder) as (office, road, _), ScriptedMail({}, ehlo=("SIZE 1000",)).running() as server:
        await road.lead_to(server.port)
        await office.at("3/10 08:30")
        found = [one for one in tries(office, "3/10") if one.person.endswith("dau-moi")]
        seen.equal("outcome", [one.outcome for one in found], ["refused"])
        seen.holds(f"told: {found[0].detail}", "1000" in (found[0].detail or ""))
        seen.equal("MAIL commands", sum("MAIL" in one for one in server.said), 0)
        seen.equal("contents taken", len(server.received), 0)
