"""An SMTP server whose answer at every step is scripted: cut lines, silence, endless talk, wrong certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Self

HOST = "127.0.0.1"


class Fault(Enum):
    """What a server can do instead of answering."""

    DROP = "cut the line"
    SILENT = "say nothing"
    FLOOD = "talk without an end"


Action = bytes | Fault
"""What is said at one step, with its line end, or not said."""


class _Gone(Exception):
    """The script cut the line."""


class ScriptedMail:
    """The server. Steps are "greeting", the verbs, "AUTH PLAIN", "AUTH LOGIN", "PASSWORD", "DATA" and "DOT".

    A list in the script is played once, one action each time, then the usual answer returns.
    `ehlo`: extensions announced. `context`: the server's side of TLS, for STARTTLS or, with `tls_at_once`, from the
    first byte. `received` holds contents unstuffed, `said` every command line, `connections` how many there were.
    """

    def __init__(
        self,
        script: Mapping[str, Action | list[Action]],
        *,
        ehlo: tuple[str, ...] = (),
        context: ssl.SSLContext | None = None,
        tls_at_once: bool = False,
    ) -> None:
        self.port = 0
        self.received: list[bytes] = []
        self.said: list[str] = []
        self.connections = 0
        self._script = dict(script)
        self._ehlo = ehlo
        self._context = context
        self._tls_at_once = tls_at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Listen on a free port until the block ends."""
        server = await asyncio.start_server(self._client, HOST, 0, ssl=self._context if self._tls_at_once else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.hang_up()
            await server.wait_closed()

    async def hang_up(self) -> None:
        """Cut every line there is."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def heard(self, verb: str) -> None:
        """Return when some client has said `verb`; "DOT" when one has sent a whole letter."""
        while not (self.received if verb == "DOT" else any(line.startswith(verb) for line in self.said)):
            self._stirred.clear()
            await self._stirred.wait()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (_Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the streams module would report a cancelled client as a fault of the server
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._act("greeting", b"220 scripted\r\n", writer)
        while line := await reader.readline():
            words = line.decode().split()
            verb = words[0].upper()
            self.said.append(line.decode().strip())
            self._stirred.set()
            if verb in {"EHLO", "HELO"}:
                lines = ("250-scripted", *(f"250-{word}" for word in self._ehlo), "250 HELP")
                await self._act(verb, "\r\n".join(lines).encode() + b"\r\n", writer)
            elif verb == "STARTTLS":
                await self._act(verb, b"220 go\r\n", writer)
                if self._context is not None:
                    await writer.start_tls(self._context)
            elif verb == "AUTH":
                usual = b"334 UGFzc3dvcmQ6\r\n" if words[1] == "LOGIN" else b"235 2.7.0 welcome\r\n"
                if (await self._act(f"AUTH {words[1]}", usual, writer)).startswith(b"334"):
                    await reader.readline()
                    await self._act("PASSWORD", b"235 2.7.0 welcome\r\n", writer)
            elif verb == "DATA":
                if (await self._act("DATA", b"354 go\r\n", writer)).startswith(b"354"):
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.received.append(content[:-3].removeprefix(b".").replace(b"\r\n.", b"\r\n"))
                    self._stirred.set()
                    await self._act("DOT", b"250 2.0.0 Ok: queued as 4XyZ\r\n", writer)
            elif verb == "QUIT":
                await self._act("QUIT", b"221 bye\r\n", writer)
                return
            else:
                await self._act(verb, b"250 2.1.0 Ok\r\n", writer)

    async def _act(self, step: str, usual: bytes, writer: asyncio.StreamWriter) -> bytes:
        scripted = self._script.get(step, usual)
        if isinstance(scripted, list):
            scripted = scripted.pop(0) if scripted else usual
        if scripted is Fault.DROP:
            raise _Gone
        if scripted is Fault.SILENT:
            await asyncio.Future()
        while scripted is Fault.FLOOD:
            writer.write(b"250-and more of it\r\n" * 64)
            await writer.drain()
        assert isinstance(scripted, bytes)
        writer.write(scripted)
        await writer.drain()
        return scripted
