"""Every Zalo channel through a real proxy and by an authority of its own; never through one from the environment."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.channels import open_notifiers
from daemon.clock import VirtualClock
from daemon.domain.settings import Files, Sender, Settings, Zalo
from daemon.domain.words import Channel
from daemon.errors import ConfigError
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import DeliveryError, FailureKind, Message, Notifier
from notifiers.zalo_pair import pair_of
from tests.support.fresh import new_database

CERTS = Path(__file__).with_name("certs")
NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
TOOK = (
    b'{"ok":true,"result":{"message_id":"m1"},"id":"dl-1","error":0,"data":{"message_id":"m1","msg_id":"m1"},'
    b'"access_token":"AT-2","refresh_token":"RT-2"}'
)
TEXT = "Hạn 24/10: báo cáo.".encode()
MESSAGES = {
    "bot": Message("dl-1", "chat", TEXT),
    "webhook": Message("dl-1", "chat", TEXT),
    "oa": Message("dl-1", "2", '{"text":"Hạn 24/10","buttons":[]}'.encode()),
    "zbs": Message("dl-1", "0900000001", b'{"template_id":"1","template_data":{"a":"24/10/2022"}}'),
}


class Proxy:
    """A forwarding proxy: CONNECT for TLS, whole addresses for plain HTTP. `asked` holds its request lines."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            line = head.split(b"\r\n", 1)[0].decode()
            self.asked.append(line)
            method, target, _ = line.split()
            place = target if method == "CONNECT" else target.split("/")[2]
            host, port = place.split(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = "/" + target.split("/", 3)[3]
                far_writer.write(head.replace(target.encode(), path.encode(), 1))
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
            await _closed(far_writer)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(4096):
            writer.write(part)
            await writer.drain()
    writer.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


class FarSide:
    """A server that takes everything, by TLS if it has a certificate. `taken` holds the paths asked for."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length")
            )
            await reader.readexactly(int(length))
            self.taken.append(head.split()[1])
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(TOOK), TOOK))
            await writer.drain()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Whatever was opened is closed again, the channel before its far side."""
    async with AsyncExitStack() as opened:
        yield opened


@asynccontextmanager
async def served(side: Proxy | FarSide, scheme: str = "http") -> AsyncIterator[str]:
    """Yield a side's address while it is served."""
    tls = None
    if scheme == "https":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTS / "localhost.pem")
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await side.serve(reader, writer)
        finally:
            await _closed(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*connections)
        await server.wait_closed()


def opened(stack: AsyncExitStack, folder: Path, zalo: Zalo, *, days: int = 0) -> Notifier:
    """Return the channel the settings set up, its tokens given out some days before."""
    settings = Settings(
        folder / "dondoc.yaml", folder / "dondoc.db", Files(*[folder] * 4), Sender("a@b.example", "A"), email="console"
    )
    new_database(settings.database, now=NOW)
    database = stack.enter_context(open_database(settings.database))
    StoredTokens(database, "1", "3").put(pair_of("AT-1", "RT-1", NOW), NOW)
    notifier = open_notifiers(replace(settings, zalo=zalo), VirtualClock(NOW + timedelta(days=days)), database)[
        Channel.ZALO
    ]
    stack.push_async_callback(notifier.aclose)
    return notifier


def by(kind: str, folder: Path, url: str, **more: Any) -> Zalo:
    """Return a Zalo of a kind at an address, with its secret in a file."""
    secret = folder / "khoa"
    secret.write_text("123456:canary-secret", encoding="utf-8")
    secret.chmod(0o600)
    plain = Zalo(kind, base_url=url, oauth_url=url, url=url, key_id="k", token_file=secret, secret_file=secret)
    whole = replace(plain, oa_id="3", app_id="1", app_secret_file=secret, timeout=20)
    return replace(whole, **more)


async def quietly() -> None:
    """Let the content go."""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", MESSAGES)
async def test_a_letter_goes_through_the_proxy_that_is_set(
    stack: AsyncExitStack, tmp_path: Path, kind: str, scheme: str
) -> None:
    """By CONNECT where the far side speaks TLS, so that the proxy sees neither token nor letter."""
    proxy, far = Proxy(), FarSide()
    via = await stack.enter_async_context(served(proxy))
    url = await stack.enter_async_context(served(far, scheme))
    notifier = opened(stack, tmp_path, by(kind, tmp_path, url, proxy=via, ca_file=CERTS / "ca.pem"))
    await notifier.deliver(MESSAGES[kind], quietly)
    assert len(far.taken) == 1
    place = url.partition("//")[2]
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT {place} " if scheme == "https" else f"POST {url}")


@pytest.mark.parametrize("kind", MESSAGES)
async def test_nothing_is_taken_from_the_environment(
    stack: AsyncExitStack, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies named there would carry a province's letters elsewhere."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    far = FarSide()
    url = await stack.enter_async_context(served(far))
    await opened(stack, tmp_path, by(kind, tmp_path, url)).deliver(MESSAGES[kind], quietly)
    assert len(far.taken) == 1


@pytest.mark.parametrize("kind", MESSAGES)
async def test_a_certificate_of_another_authority_stops_the_channel(
    stack: AsyncExitStack, tmp_path: Path, kind: str
) -> None:
    """Without `ca_file` the system's authorities count, and they do not know this one."""
    far = FarSide()
    url = await stack.enter_async_context(served(far, "https"))
    with pytest.raises(DeliveryError) as caught:
        await opened(stack, tmp_path, by(kind, tmp_path, url)).deliver(MESSAGES[kind], quietly)
    assert (caught.value.kind, caught.value.detail) == (FailureKind.MISCONFIGURED, "certificate refused")
    assert far.taken == []


@pytest.mark.parametrize("kind", ["oa", "zbs"])
async def test_the_refresh_goes_the_same_way(stack: AsyncExitStack, tmp_path: Path, kind: str) -> None:
    """Tokens are asked for through the proxy too."""
    proxy, far = Proxy(), FarSide()
    via = await stack.enter_async_context(served(proxy))
    url = await stack.enter_async_context(served(far, "https"))
    notifier = opened(stack, tmp_path, by(kind, tmp_path, url, proxy=via, ca_file=CERTS / "ca.pem"), days=2)
    await notifier.deliver(MESSAGES[kind], quietly)
    assert far.taken[0] == "/v4/oa/access_token"
    assert [line.split()[0] for line in proxy.asked] == ["CONNECT", "CONNECT"]


async def test_a_proxy_that_is_not_there_is_a_passing_trouble(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Nothing left."""
    zalo = by("bot", tmp_path, "https://bot.example", proxy="http://127.0.0.1:1")
    with pytest.raises(DeliveryError) as caught:
        await opened(stack, tmp_path, zalo).deliver(MESSAGES["bot"], quietly)
    assert (caught.value.kind, caught.value.maybe_accepted) == (FailureKind.TRANSIENT, False)


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("bot", {"token_file": None}, "tệp mã truy cập"),
        ("webhook", {"key_id": None}, "mã khóa"),
        ("oa", {"oa_id": ""}, "mã OA"),
        ("zbs", {"app_secret_file": None}, "tệp khóa ứng dụng"),
        ("oa", {"ca_file": Path("/khong-co/ca.pem")}, "/khong-co/ca.pem: không dùng được"),
        ("bot", {"base_url": "ftp://x"}, "mục zalo không dùng được"),
    ],
)
async def test_a_channel_set_up_by_halves_is_refused_at_start(
    stack: AsyncExitStack, tmp_path: Path, kind: str, more: dict[str, object], told: str
) -> None:
    """In words for the administrator; no secret in them."""
    with pytest.raises(ConfigError, match=told) as caught:
        opened(stack, tmp_path, by(kind, tmp_path, "https://x.example", **more))
    assert "canary" not in str(caught.value)


async def test_an_app_secret_with_a_blank_in_it_is_refused_at_start(stack: AsyncExitStack, tmp_path: Path) -> None:
    """It could not stand in a header."""
    zalo = by("oa", tmp_path, "https://x.example")
    (tmp_path / "khoa").write_text("canary secret", encoding="utf-8")
    with pytest.raises(ConfigError, match="khóa ứng dụng chỉ gồm chữ và số") as caught:
        opened(stack, tmp_path, zalo)
    assert "canary" not in str(caught.value)
