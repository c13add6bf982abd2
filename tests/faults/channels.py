"""Rows 13 to 15: a channel that lets nothing pass is paused whole and told of once; a slow server holds up no other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import ScriptedMail
from daemon.local.zalo_bot import LocalZaloBot
from notifiers.email import EmailNotifier
from notifiers.mail_servers import MailServer, MailServers
from notifiers.smtp_connection import SmtpRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from tests.faults.offices import SENDER, Road, go_on, opened, tries
from tests.faults.table import Seen, row
from tests.support.office import Office

CERTS = Path(__file__).parents[1] / "contract" / "certs"
TWO = ("so-tu-phap", "so-y-te")
DRIP = 0.02  # seconds between two bytes of a tarpit
OPERATOR = "zalo-chuyen-vien"
OPERATOR_MAIL = "chuyen-vien-xdcq@so-noi-vu.example"
OPERATOR_HAS_ZALO = (
    "agencies.yaml",
    f"email: {OPERATOR_MAIL}\n",
    f"email: {OPERATOR_MAIL}\n        zalo: {OPERATOR}\n",
)


@asynccontextmanager
async def zalo_bot(office: Office, road: Road, *chats: str) -> AsyncIterator[LocalZaloBot]:
    """Let the office's Zalo texts go to a local bot platform that knows these chats."""
    async with LocalZaloBot(office.clock.now, chats=chats) as bot:
        await road.aclose()
        road.carrier = ZaloBotNotifier(ZaloBotRoute(bot.base_url, bot.token), office.clock.now)
        yield bot
        await road.aclose()


def paused(office: Office) -> list[str]:
    """Return the channels that are paused."""
    return [str(row.channel) for row in office.rows("SELECT channel FROM channel_pause WHERE over_at IS NULL")]


def alarms(office: Office) -> int:
    """Return how often the operator was told of a channel."""
    return sum(str(entry.kind) == "alarmed" for entry in office.entries())


@row(13)
async def login_refused(seen: Seen, folder: Path) -> None:
    """Two agencies' letters are due; the server refuses the account, then takes it again."""
    server = ScriptedMail({"AUTH PLAIN": b"535 5.7.8 authentication failed\r\n"}, ehlo=("AUTH PLAIN",))
    async with (
        opened(folder, TWO, [OPERATOR_HAS_ZALO]) as (office, mail, zalo),
        server.running(),
        zalo_bot(office, zalo, OPERATOR) as bot,
    ):
        await mail.lead_to(server.port, username="dondoc", password="canary-mat-khau")
        await office.at("3/10 08:30")
        seen.equal("attempts for two letters", len(tries(office, "3/10")), 1)
        seen.equal("paused", paused(office), ["email"])
        await go_on(office, "3/10 09:30")
        probes = len(tries(office, "3/10"))
        seen.holds(f"attempts within the hour: {probes}", probes <= 4)
        seen.equal("passwords offered", sum(said.startswith("AUTH") for said in server.said), probes)
        seen.equal("alarms in the ledger", alarms(office), 1)
        seen.equal("alarms by Zalo", [text.chat_id for text in bot.accepted], [OPERATOR])
        seen.holds("password told to nobody", "canary" not in "".join(text.text for text in bot.accepted))
        async with LocalMail(office.clock.now) as working:
            await mail.lead_to(working.port)
            await go_on(office, "3/10 11:30")
            seen.equal("after it was mended: paused", paused(office), [])
            focal = {f"dau-moi@{agency}.example" for agency in TWO}
            got = [recipient for one in working.accepted for recipient in one.recipients if recipient in focal]
            seen.equal("letters accepted", sorted(got), sorted(focal))


@row(14)
async def no_trust(seen: Seen, folder: Path) -> None:
    """A server without STARTTLS, one with an expired certificate, one with another host's."""
    for name in ("no STARTTLS", "expired", "wrong-host"):
        context = None
        if name != "no STARTTLS":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTS / f"{name}.pem")
        server = ScriptedMail({}, ehlo=() if context is None else ("STARTTLS",), context=context)
        home = folder / name
        home.mkdir()
        async with (
            opened(home, TWO, [OPERATOR_HAS_ZALO]) as (office, mail, zalo),
            server.running(),
            zalo_bot(office, zalo, OPERATOR) as bot,
        ):
            await mail.lead_to(server.port, security="starttls", ca_file=CERTS / "ca.pem")
            await office.at("3/10 08:30")
            await go_on(office, "3/10 08:50")
            seen.equal(f"{name}: attempts for two letters", len(tries(office, "3/10")), 1)
            seen.equal("paused", paused(office), ["email"])
            plain = sum(said.startswith(("MAIL", "RCPT", "AUTH", "DATA")) for said in server.said)
            seen.equal("commands of a letter sent", plain, 0)
            seen.equal("alarms by Zalo", len(bot.accepted), 1)


class Tarpit:
    """A server that greets one byte at a time, for as long as somebody listens."""

    def __init__(self) -> None:
        self.port = 0
        self.entered = asyncio.Event()
        self._lines: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Listen on a free port until the block ends."""
        server = await asyncio.start_server(self._greet, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        self.cut()
        await server.wait_closed()

    def cut(self) -> None:
        """Cut every line there is."""
        for writer in self._lines:
            writer.transport.abort()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        self.entered.set()
        listening = asyncio.create_task(reader.read())
        while not listening.done():
            writer.write(b"2")
            await asyncio.wait({listening}, timeout=DRIP)
        with suppress(OSError):
            await listening
        self._lines.discard(writer)
        writer.transport.abort()


@row(15)
async def tarpit(seen: Seen, folder: Path) -> None:
    """One agency's server greets a byte at a time; the other's works."""
    arrived = asyncio.Event()

    async def heard(_: object) -> None:
        arrived.set()

    tar, slow = Tarpit(), Road()
    async with (
        opened(folder, TWO) as (office, _, zalo),
        tar.running(),
        LocalMail(office.clock.now, on_accept=heard) as working,
    ):
        quick = EmailNotifier(SmtpRoute("127.0.0.1", SENDER, port=working.port, security="none"))
        servers = [MailServer("quick", quick, ()), MailServer("slow", slow, ("so-tu-phap.example",))]
        office.channels = {Channel.EMAIL: MailServers(servers), Channel.ZALO: zalo}
        office.settings = replace(office.settings, pace=replace(office.settings.pace, in_turn=False), email="memory")
        await office.reopen()
        await slow.lead_to(tar.port)
        office.clock.move_to(office.on("3/10 08:30"))
        await office.app.tick()
        await arrived.wait()
        await tar.entered.wait()
        in_hand = office.rows("SELECT person FROM delivery WHERE state = 'sending' AND person LIKE 'so-tu-phap%'")
        seen.equal("in hand at the slow server while the other took its letter", len(in_hand), 1)
        tar.cut()
        await office.app.settle()
        await slow.lead_to(tar.port, command_timeout=5 * DRIP)
        await go_on(office, "3/10 08:40")
        found = {one.person.removesuffix("-dau-moi"): f"{one.outcome} {one.detail}" for one in tries(office, "3/10")}
        seen.equal("slow server", found["so-tu-phap"], "temporary no answer in time at connect")
        seen.holds(f"the other: {found['so-y-te']}", found["so-y-te"].startswith("sent"))
        seen.equal("accepted", [one.recipients[0] for one in working.accepted], ["dau-moi@so-y-te.example"])
