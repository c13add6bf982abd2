"""Zalo's webhook sender on loopback: signed events to the one address of an app, tried again and again, then no more.

`async with LocalZaloEvents(now, app) as events: await events.set_url(url); ...; await events.settled()`
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from daemon.local.zalo_tokens import LocalZaloApp
from daemon.local.zalo_webhook import compact, domain_url, post
from notifiers.zalo_signature import sign

LADDER = (30.0, 300.0, 900.0, 1800.0, 3600.0)
"""Seconds before each new try of an event that got no 200."""

CHAT = "OA OpenAPI"
ZNS = "ZNS"
USUAL = frozenset({"user_send_text", "follow", "unfollow", "user_received_message", "oa_send_text"})


@dataclass(frozen=True, slots=True)
class Posted:
    """One try: `retry` counts from 0 (the first), `status` is None if none came within 2 seconds."""

    event_name: str
    retry: int
    status: int | None


class LocalZaloEvents:
    """The sender. Ids are text; `subscribed` holds the event names the app asked for.

    `pause` waits the seconds it is given, `pace` scales the ladder (0.001: a minute in 60 ms).
    `private_webhooks`: addresses of this machine are taken too.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        app: LocalZaloApp,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        pace: float = 1.0,
        private_webhooks: bool = False,
    ) -> None:
        self.url: str | None = None
        self.disabled = False
        self.subscribed = set(USUAL)
        self.posted: list[Posted] = []
        self._now = now
        self._app = app
        self._pause = pause
        self._pace = pace
        self._private = private_webhooks
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def set_url(self, url: str) -> bool:
        """Save the address as the console does: a probe without event or signature must get 200. It also enables."""
        if not (self._private or domain_url(url)):
            return False
        if await post(url, b"{}", {"user-agent": "ZaloWebhook"}) != 200:
            return False
        self.url, self.disabled = url, False
        return True

    def emit(self, event_name: str, document: Mapping[str, object], *, server: str = CHAT) -> None:
        """Send an event in the background, if there is an address, and the app asked for it and is not disabled."""
        if self.url is None or self.disabled or (server == CHAT and event_name not in self.subscribed):
            return
        stamp = str(int(self._now().timestamp() * 1000))
        body = compact({"event_name": event_name, "app_id": self._app.app_id, **document, "timestamp": stamp})
        mac = sign(self._app.app_id, body, stamp, self._app.oa_secret)
        headers = {"x-zevent-signature": f"mac={mac}", "x-zevent-server": server, "user-agent": "ZaloWebhook"}
        task = asyncio.create_task(self._send(self.url, event_name, body, headers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until every event was taken or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _send(self, url: str, event_name: str, body: bytes, headers: Mapping[str, str]) -> None:
        for retry, wait in enumerate((0.0, *LADDER)):
            if retry:
                await self._pause(wait * self._pace)
            if self.disabled:
                return
            counted = {"num_retry": str(retry)} if retry else {}
            status = await post(url, body, {**headers, **counted})
            self.posted.append(Posted(event_name, retry, status))
            if status == 200:
                return
        self.disabled = True
