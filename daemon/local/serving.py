"""Serves an ASGI application on a free loopback port of the running loop, leaving the process's signals alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST = "127.0.0.1"

HANG_UP = "dondoc.hang_up"
"""Key of an HTTP scope: a function that cuts the connection without another byte."""


class _Line(H11Protocol):
    """A connection that the application behind it can cut."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        behind = self.app

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            scope[HANG_UP] = transport.abort
            await behind(scope, receive, send)

        self.app = application


class _Server(uvicorn.Server):
    """A guest in somebody else's process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the daemon."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(application: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """Yield the base URL while the application is served; requests still open at the end are given one second."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    server = _Server(
        uvicorn.Config(
            application,
            lifespan="off",
            http=_Line,
            ws="none",
            log_config=None,
            log_level="warning",  # a path may hold a token, and nobody asked for a guest's chatter
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        await server.ready.wait()
        yield f"http://{HOST}:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sock.close()
