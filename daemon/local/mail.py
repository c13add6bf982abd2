"""A real SMTP server on loopback that keeps what it accepted, and fails as told.

Inside a running loop: `async with LocalMail(now) as mail: ... mail.port ... mail.accepted`.
As a process of its own: `python -m daemon.local.mail --port 0 --out DIR` (prints the port, keeps every letter durably).
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from daemon.clock import SystemClock
from daemon.local.kept_mail import AcceptedMail, keep, last_number

HOST = "127.0.0.1"
DEAD_MAILBOX = "550 5.1.1 no such mailbox here"
_LARGEST = 10_485_760


Hook = Callable[[AcceptedMail], Awaitable[None]]


class _Conversation(SMTP):
    """One client's conversation; the server knows it so that it can end it."""

    def __init__(self, home: LocalMail) -> None:
        self._home = home
        super().__init__(
            home,
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="dondoc local mail",
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._home.lines.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._home.lines.discard(self.transport)
        super().connection_lost(error)


class _Silence(asyncio.Protocol):
    """Takes the connection and never says a word."""

    def __init__(self, home: LocalMail) -> None:
        self._home = home
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._home.lines.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        self._home.lines.discard(self._transport)


class LocalMail:
    """The server. `now` stamps what is accepted; numbers and queue ids are counted, so that two runs agree.

    `accepted` is in order of acceptance. `out`: a folder to which each letter is written, fsynced, before its 250.
    `on_accept` is awaited after that and before the 250 leaves.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        port: int = 0,
        out: Path | None = None,
        on_accept: Hook | None = None,
    ) -> None:
        self.port = port
        self.accepted: list[AcceptedMail] = []
        self.lines: set[asyncio.BaseTransport | None] = set()
        self._now = now
        self._out = out
        self._on_accept = on_accept
        self._count = last_number(out) if out is not None else 0
        self._refusals: dict[str, tuple[str, int | None]] = {}
        self._lost_answers: dict[str, int] = {}
        self._deaf = False
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    async def open(self) -> None:
        """Listen on the port; port 0 becomes a free one, and stays that one when shut and opened again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Silence(self) if self._deaf else _Conversation(self), HOST, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse connections from now on, and end those there are."""
        if self._server is not None:
            self._server.close()
            self._drop_lines()
            await self._server.wait_closed()
            self._server = None

    @property
    def deaf(self) -> bool:
        """Whether connections are taken and never answered; turning it on ends the conversations there are."""
        return self._deaf

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        self._deaf = deaf
        self._drop_lines()

    def refuse(self, address: str, reply: str = DEAD_MAILBOX, times: int | None = None) -> None:
        """Answer RCPT for `address` with `reply`, the next `times` times (None: until `allow`)."""
        self._refusals[address.lower()] = (reply, times)

    def allow(self, address: str) -> None:
        """Accept `address` again."""
        self._refusals.pop(address.lower(), None)

    def lose_answers(self, address: str, times: int = 1) -> None:
        """Accept the next letters to `address` and cut the line in place of the 250."""
        self._lost_answers[address.lower()] = times

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd looks for
        self,
        server: SMTP,  # noqa: ARG002 - the hook's signature
        session: Session,  # noqa: ARG002 - the hook's signature
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002 - the hook's signature
    ) -> str:
        """Accept a recipient, or answer as told for that address."""
        reply, times = self._refusals.get(address.lower(), ("", None))
        if times is not None:
            self._refusals[address.lower()] = (reply, times - 1)
            if times <= 1:
                self.allow(address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - the hook's signature
        envelope: Envelope,
    ) -> str:
        """Keep a letter, then answer for it; or cut the line if its answer is to be lost."""
        self._count += 1
        mail = AcceptedMail(
            self._count,
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            bytes(envelope.original_content or b""),
            self._now(),
        )
        if self._out is not None:
            keep(self._out, mail)
        self.accepted.append(mail)
        if self._on_accept is not None:
            await self._on_accept(mail)
        for address in {recipient.lower() for recipient in mail.recipients}:
            if self._lost_answers.get(address, 0) > 0:
                self._lost_answers[address] -= 1
                _cut(server.transport)
                await asyncio.Future()  # the lost connection cancels this task
        return f"250 2.0.0 Ok: queued as L{mail.number:06d}"

    def _drop_lines(self) -> None:
        for transport in tuple(self.lines):
            _cut(transport)


def _cut(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _serve(arguments: argparse.Namespace) -> None:
    async def hold(_: AcceptedMail) -> None:
        while arguments.hold is not None and arguments.hold.exists():  # noqa: ASYNC110 - another process removes it
            await asyncio.sleep(0.01)

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with LocalMail(SystemClock().now, port=arguments.port, out=arguments.out, on_accept=hold) as mail:
        for address, _, reply in (rule.partition("=") for rule in arguments.refuse):
            mail.refuse(address, reply or DEAD_MAILBOX)
        sys.stdout.write(f"{mail.port}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> None:
    """Run the server until SIGTERM or SIGINT; the first line printed is the port."""
    parser = argparse.ArgumentParser(prog="python -m daemon.local.mail", description="A mail server on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps NNNNNN.eml and its envelope .json")
    parser.add_argument("--hold", type=Path, help="while this file exists, letters are kept but not answered for")
    parser.add_argument("--refuse", action="append", default=[], metavar="ADDRESS=REPLY", help="answer to its RCPT")
    asyncio.run(_serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
