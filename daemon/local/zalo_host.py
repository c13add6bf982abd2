"""What every local Zalo host shares: it is served on loopback, notes who called, and behaves as badly as it is told.

`async with` one; then `host.weather = Weather.BROKEN` for all that comes, or `host.forecast.append(...)` for the next.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from daemon.local.serving import HANG_UP, serving


class Weather(StrEnum):
    """How a host behaves. Up to PAGE the gateway in front answers and nothing is done; after it all is done first."""

    FAIR = "fair"
    THROTTLED = "throttled"  # HTTP 429 with an HTML page
    BROKEN = "broken"  # HTTP 502 with an HTML page
    PAGE = "page"  # HTTP 200 with an HTML page
    TRUNCATED = "truncated"  # the JSON is cut short
    LATE = "late"  # HTTP 504 with an HTML page
    HANGING = "hanging"  # no answer until `clear_up`
    DROPPED = "dropped"  # the connection is cut


_IN_FRONT = {
    Weather.THROTTLED: (429, "429 Too Many Requests"),
    Weather.BROKEN: (502, "502 Bad Gateway"),
    Weather.PAGE: (200, "Zalo"),
}

Work = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it came in, whatever became of it. `headers` have lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Refused(Exception):
    """A business error: HTTP 200 with a code in the body."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class _HangUp(Response):
    """No answer at all: the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        scope[HANG_UP]()
        await asyncio.sleep(0)  # the loop tells the server that the line is gone, or it would still answer 500


class ZaloHost(ABC):
    """One host of Zalo's. `codes_as_text`: error codes come as strings, as some deployed answers have them.

    `pages_as_json`: the gateway in front speaks JSON, without a code of Zalo's, where it would show a page.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.weather = Weather.FAIR
        self.forecast: deque[Weather] = deque()
        self.codes_as_text = False
        self.pages_as_json = False
        self.requests: list[SeenRequest] = []
        self._worked = 0
        self._news = asyncio.Condition()
        self._clear = asyncio.Event()
        self._closing = asyncio.Event()
        self._stack = AsyncExitStack()

    @abstractmethod
    def work(self) -> Sequence[tuple[str, Sequence[str], Work]]:
        """Return what the host does: (path, HTTP methods, the function that answers)."""

    async def __aenter__(self) -> Self:
        routes = [Route(path, self._weathered(work), methods=list(methods)) for path, methods, work in self.work()]
        self.base_url = await self._stack.enter_async_context(serving(Starlette(routes=routes)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._clear.set()
        await self._stack.aclose()

    async def worked(self, count: int) -> None:
        """Wait until the host has done its work for `count` requests, whether or not the answers are out."""
        async with self._news:
            await self._news.wait_for(lambda: self._worked >= count)

    def clear_up(self) -> None:
        """Make the weather fair and let every answer that hangs go out."""
        self.weather = Weather.FAIR
        self._clear.set()
        self._clear = asyncio.Event()

    def code(self, code: int) -> int | str:
        """Return an error code as the host writes it."""
        return str(code) if self.codes_as_text else code

    def refusal(self, refused: Refused) -> Response:
        """Return the answer to a business error."""
        return JSONResponse({"error": self.code(refused.code), "message": refused.description})

    def _weathered(self, work: Work) -> Work:
        async def answer(request: Request) -> Response:
            body = await request.body()
            self.requests.append(SeenRequest(request.method, request.url.path, dict(request.headers), body))
            weather = self.forecast.popleft() if self.forecast else self.weather
            if weather in _IN_FRONT:
                return self._page(*_IN_FRONT[weather])
            clear = self._clear
            try:
                done = await work(request)
            except Refused as refused:
                done = self.refusal(refused)
            async with self._news:
                self._worked += 1
                self._news.notify_all()
            match weather:
                case Weather.TRUNCATED:
                    return Response(done.body[: len(done.body) // 2], media_type="application/json")
                case Weather.LATE:
                    return self._page(504, "504 Gateway Time-out")
                case Weather.HANGING:
                    await clear.wait()
                case Weather.DROPPED:
                    return _HangUp()
            return done

        return answer

    def _page(self, status: int, title: str) -> Response:
        if self.pages_as_json:
            return JSONResponse({"message": title}, status)
        return HTMLResponse(f"<html><body><h1>{title}</h1></body></html>", status)
