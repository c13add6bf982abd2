"""The watcher outside hears of us when all is well; whatever it answers, or does not, nothing is raised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifiers.heartbeat import Heartbeat

SECRET = "5f0c-canary"


@asynccontextmanager
async def watcher(answer: bytes | None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A watcher's address that gives one answer to everything, or None: never any; and what it was asked."""
    asked: list[bytes] = []
    over = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await over.wait()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/ping/{SECRET}", asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def status(code: int, *more: str) -> bytes:
    """An answer without a body."""
    return "\r\n".join((f"HTTP/1.1 {code} x", "Content-Length: 0", "Connection: close", *more, "", "")).encode()


async def beat(url: str, within: float = 5.0) -> str | None:
    """Beat once."""
    heart = Heartbeat(url, timeout=within)
    try:
        return await heart.beat()
    finally:
        await heart.aclose()


async def test_one_small_request_and_no_more() -> None:
    """A GET of the address as it stands, taken for heard when the watcher says so."""
    async with watcher(status(200)) as (url, asked):
        assert await beat(url) is None
    (request,) = asked
    assert request.startswith(f"GET /ping/{SECRET} HTTP/1.1".encode())


@pytest.mark.parametrize("code", [302, 404, 410, 429, 500, 503])
async def test_an_answer_that_is_no_yes_is_a_failure(code: int) -> None:
    """A redirect is not followed: whoever set the address set this one."""
    async with watcher(status(code, "Location: http://127.0.0.1:1/")) as (url, asked):
        assert await beat(url) == f"HTTP {code}"
    assert len(asked) == 1


async def test_silence_garbage_and_nobody_there_are_failures_that_keep_the_secret() -> None:
    """None of them raises, none of them repeats the address."""
    async with watcher(None) as (url, _):
        assert await beat(url, within=0.05) == "no answer in time"
    async with watcher(b"!!\r\n\r\n") as (garbled, _):
        said = await beat(garbled)
    assert said == "no answer (RemoteProtocolError)"
    assert await beat(url) == "no answer (ConnectError)"


async def test_the_environment_s_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is for Zalo alone; the watcher is asked directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with watcher(status(204)) as (url, asked):
        assert await beat(url) is None
    assert len(asked) == 1


@pytest.mark.parametrize("url", ["", "ftp://watcher.example/x", "https://", "not an address"])
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    """The message is fit for a log."""
    with pytest.raises(ValueError, match=r"^not an http or https address$"):
        Heartbeat(url)
