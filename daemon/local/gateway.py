"""A province's messaging gateway on loopback: the receiving half of docs/webhook.md, strict about every rule in it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from daemon.local.serving import serving

SKEW = 300
"""Seconds a timestamp may lie before or after the gateway's own clock."""


@dataclass(frozen=True, slots=True)
class AcceptedPost:
    """One text the gateway took. `raw` is the request's body as it came."""

    id: str
    to: str
    text: str
    raw: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Scripted:
    """An answer given in place of the gateway's own."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class LocalGateway:
    """The server. `people`: the recipients known; None: everybody. `script`: answers to give first, in order."""

    def __init__(
        self, now: Callable[[], datetime], *, key_id: str, secret: str, people: Iterable[str] | None = None
    ) -> None:
        self.url = ""
        self.accepted: dict[str, AcceptedPost] = {}
        self.bodies: list[bytes] = []
        self.script: deque[Scripted] = deque()
        self._now = now
        self._key_id = key_id
        self._secret = secret
        self._people = None if people is None else set(people)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        application = Starlette(routes=[Route("/messages", self._take, methods=["POST"])])
        self.url = f"{await self._stack.enter_async_context(serving(application))}/messages"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _take(self, request: Request) -> Response:
        raw = await request.body()
        self.bodies.append(raw)
        if self.script:
            scripted = self.script.popleft()
            return Response(scripted.body, scripted.status, dict(scripted.headers))
        refused = self._unsigned(request.headers, raw)
        if refused:
            return JSONResponse({"error": refused}, 401)
        try:
            document = json.loads(raw)
            post = AcceptedPost(document["id"], document["to"], document["text"], raw, self._now())
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "the body is not {id, to, text}"}, 400)
        if post.id != request.headers["x-dondoc-message-id"]:
            return JSONResponse({"error": "two ids"}, 400)
        known = self.accepted.get(post.id)
        if known is not None and known.raw != raw:
            return JSONResponse({"error": "this id came with another text"}, 422)
        if known is not None:
            return JSONResponse({"id": post.id}, 409)
        if self._people is not None and post.to not in self._people:
            return JSONResponse({"error": "nobody here by that name"}, 422)
        self.accepted[post.id] = post
        return JSONResponse({"id": post.id}, 202)

    def _unsigned(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return why the request is not to be trusted; empty if it is."""
        stamp, message = headers.get("x-dondoc-timestamp", ""), headers.get("x-dondoc-message-id", "")
        if headers.get("x-dondoc-key-id") != self._key_id:
            return "unknown key"
        if not stamp.isdecimal() or abs(int(stamp) - self._now().timestamp()) > SKEW:
            return "timestamp"
        signed = b".".join((stamp.encode(), message.encode(), raw))
        expected = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        given = headers.get("x-dondoc-signature", "")
        return "" if hmac.compare_digest(expected.encode(), given.encode()) else "signature"
