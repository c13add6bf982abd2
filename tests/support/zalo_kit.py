"""What the tests of the local Zalo share: a client, a time, one receiver of webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.local.serving import serving

START = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
STAMP = "1666575000000"
USER = "2000000000000000002"
PHONE = "84900000001"


def opened_client() -> httpx.AsyncClient:
    """Return a client of nobody in particular."""
    return httpx.AsyncClient(trust_env=False, timeout=30, verify=False)  # noqa: S501 - plain HTTP on loopback


@dataclass
class Receiver:
    """Somebody's webhook. `answer` gives the status of the n-th post, counted from 1."""

    url: str = ""
    answer: Callable[[int], int] = lambda _: 200
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        """Keep one post."""
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        return Response(status_code=self.answer(len(self.bodies)))


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Yield a receiver that is served."""
    receiver = Receiver()
    async with serving(Starlette(routes=[Route("/zalo", receiver.take, methods=["POST"])])) as base:
        receiver.url = f"{base}/zalo"
        yield receiver
