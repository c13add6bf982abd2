"""Tells a watcher outside that all is well: one small request now and then; silence is what it raises its alarm for.

The address holds a secret (whoever has it can feign our health): it is never logged nor shown.
"""

from __future__ import annotations

import asyncio

import httpx

from notifiers.http_post import checked_url, open_client

TIMEOUT = 10.0


class Heartbeat:
    """One watcher's address, asked by GET. `timeout` in seconds, for the whole request; ValueError for no address."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._url = checked_url(url)
        self._timeout = timeout
        self._client = open_client(timeout)

    async def beat(self) -> str | None:
        """Say that all is well; return why the watcher may not have heard, None if it has. Never raises for that."""
        try:
            async with asyncio.timeout(self._timeout), self._client.stream("GET", self._url) as answer:
                return None if answer.is_success else f"HTTP {answer.status_code}"
        except TimeoutError:
            return "no answer in time"
        except httpx.RequestError as error:
            return f"no answer ({type(error).__name__})"

    async def aclose(self) -> None:
        """Close what is kept open."""
        await self._client.aclose()
