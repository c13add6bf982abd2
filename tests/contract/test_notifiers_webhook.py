"""The gateway protocol: what docs/webhook.md promises a province is what the channel does."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.clock import VirtualClock
from daemon.local.gateway import SKEW, LocalGateway, Scripted
from notifiers.base import DeliveryError, FailureKind, Message, Phase
from notifiers.http_post import retry_after
from notifiers.webhook import WebhookNotifier, WebhookRoute, body, kind_of, sign

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhook.md"
CERTS = Path(__file__).with_name("certs")
START = datetime(2022, 10, 24, 1, 0, tzinfo=UTC)
MESSAGE = Message("letter-7.1.a.zalo", "can-bo-mot", "Hạn 24/10: báo cáo dân vận 2022.".encode())
SECRET = "canary-gateway-secret"
T, P, M, H = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED, FailureKind.THROTTLED


@pytest.fixture
def clock() -> VirtualClock:
    """The time both sides agree on."""
    return VirtualClock(START)


@pytest.fixture
async def gateway(clock: VirtualClock) -> AsyncIterator[LocalGateway]:
    """A gateway that knows one person."""
    async with LocalGateway(clock.now, key_id="k1", secret=SECRET, people=("can-bo-mot",)) as server:
        yield server


async def quietly() -> None:
    """Let the content go."""


async def failed(way: WebhookRoute, clock: VirtualClock, message: Message = MESSAGE) -> DeliveryError:
    """Return the failure of one text."""
    notifier = WebhookNotifier(way, clock.now)
    try:
        with pytest.raises(DeliveryError) as caught:
            await notifier.deliver(message, quietly)
    finally:
        await notifier.aclose()
    assert caught.value.__context__ is None
    assert SECRET not in repr(caught.value)
    return caught.value


def test_the_documents_vector_is_what_leaves() -> None:
    """A province that reproduces the document's example will understand the daemon."""
    vector = dict(
        re.findall(r"^(secret|timestamp|id|body|signature): +(.+)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    )
    document = json.loads(vector["body"])
    message = Message(vector["id"], document["to"], document["text"].encode())
    assert body(message) == vector["body"].encode()
    assert sign(vector["secret"], vector["timestamp"], vector["id"], body(message)) == vector["signature"]


def test_the_documents_table_is_what_the_channel_reads() -> None:
    """Every status named in the document has the kind its row says."""
    rows = {
        T: (408, 425, 500, 502, 503, 504, 599),
        M: (301, 302, 401, 403, 404, 405, 407),
        P: (400, 402, 409, 410, 413, 422, 451),
        H: (429,),
    }
    for kind, statuses in rows.items():
        assert {kind_of(status) for status in statuses} == {kind}
    for status in re.findall(r"\b[345]\d\d\b", DOCUMENT.read_text("utf-8")):
        assert any(int(status) in statuses for statuses in rows.values())


@pytest.mark.parametrize(
    ("scripted", "kind", "wait", "unknown"),
    [
        (Scripted(429, {"Retry-After": "120"}), H, 120.0, False),
        (Scripted(429, {"Retry-After": "Mon, 24 Oct 2022 01:10:00 GMT"}), H, 600.0, False),
        (Scripted(429, {"Retry-After": "soon"}), H, 60.0, False),
        (Scripted(429), H, 60.0, False),
        (Scripted(503, {"Retry-After": "30"}), T, 30.0, False),
        (Scripted(500, body=b"oops"), T, None, False),
        (Scripted(504), T, None, True),
        (Scripted(302, {"Location": "https://elsewhere.example/"}), M, None, False),
        (Scripted(422, body=b"no such person: can-bo-mot"), P, None, False),
        (Scripted(409, body=b'{"id":"another"}'), P, None, False),
        (Scripted(409), P, None, False),
    ],
)
async def test_an_answer_is_read_as_the_document_says(
    gateway: LocalGateway, clock: VirtualClock, scripted: Scripted, kind: FailureKind, wait: float | None, unknown: bool
) -> None:
    """Kind, waiting time and doubt follow the status; nobody's name is repeated."""
    gateway.script.append(scripted)
    error = await failed(WebhookRoute(gateway.url, "k1", SECRET), clock)
    assert (error.kind, error.retry_after, error.maybe_accepted) == (kind, wait, unknown)
    assert (error.code, error.phase) == (f"http {scripted.status}", Phase.ANSWERED)
    assert error.of_road is (scripted.status == 503)  # a 500 may be the work of this text
    assert "can-bo-mot" not in error.detail


async def test_after_a_lost_answer_the_same_bytes_are_taken_once(gateway: LocalGateway, clock: VirtualClock) -> None:
    """A repeat a quarter of an hour later is signed anew, has the same body, and the gateway's 409 is an acceptance."""
    notifier = WebhookNotifier(WebhookRoute(gateway.url, "k1", SECRET), clock.now)
    first = await notifier.deliver(MESSAGE, quietly)
    clock.move_to(START + timedelta(minutes=15))
    again = await notifier.deliver(MESSAGE, quietly)
    await notifier.aclose()
    assert first.provider_id == MESSAGE.key
    assert again.provider_id is None
    assert "409" in again.detail
    assert gateway.bodies == [body(MESSAGE)] * 2
    assert list(gateway.accepted) == [MESSAGE.key]


@pytest.mark.parametrize("key", ["", "hai chữ", "a b", "a\r\nX-Evil: 1", "ạ"])
async def test_a_message_id_that_cannot_be_a_header_is_refused_at_home(
    gateway: LocalGateway, clock: VirtualClock, key: str
) -> None:
    """PERMANENT, before a connection is made."""
    error = await failed(WebhookRoute(gateway.url, "k1", SECRET), clock, replace(MESSAGE, key=key))
    assert (error.kind, error.phase, gateway.bodies) == (P, Phase.CONNECT, [])


async def test_bytes_that_are_no_text_are_refused_at_home(gateway: LocalGateway, clock: VirtualClock) -> None:
    """JSON carries text alone."""
    error = await failed(WebhookRoute(gateway.url, "k1", SECRET), clock, replace(MESSAGE, content=b"\xff"))
    assert (error.kind, error.phase, gateway.bodies) == (P, Phase.CONNECT, [])


async def test_a_wrong_secret_or_a_clock_astray_stops_the_channel(gateway: LocalGateway, clock: VirtualClock) -> None:
    """401 concerns every text alike: MISCONFIGURED, and nothing is kept."""
    wrong = await failed(WebhookRoute(gateway.url, "k1", "another secret"), clock)
    stranger = await failed(WebhookRoute(gateway.url, "k2", SECRET), clock)
    astray = await failed(WebhookRoute(gateway.url, "k1", SECRET), VirtualClock(START + timedelta(seconds=SKEW + 1)))
    assert {wrong.kind, stranger.kind, astray.kind} == {M}
    assert "timestamp" in astray.detail
    assert gateway.accepted == {}


async def test_a_gateway_behind_a_private_authority(clock: VirtualClock) -> None:
    """With `ca_file` its certificate is believed, without it the channel stops."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "localhost.pem")
    ended = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(client, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/messages"
        notifier = WebhookNotifier(WebhookRoute(url, "k1", SECRET, ca_file=CERTS / "ca.pem"), clock.now)
        receipt = await notifier.deliver(MESSAGE, quietly)
        await notifier.aclose()
        await ended.wait()
        error = await failed(WebhookRoute(url, "k1", SECRET), clock)
    assert receipt.detail == "HTTP 202"
    assert (error.kind, error.phase, error.maybe_accepted) == (M, Phase.CONNECT, False)


async def test_an_answer_that_drips_for_ever_is_cut_off(clock: VirtualClock) -> None:
    """The time limit is for the whole answer, not for each byte of it."""
    ended = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        hung_up = False
        while not hung_up:
            writer.write(b" ")
            try:
                async with asyncio.timeout(0.02):
                    hung_up = await reader.read(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:  # hung up on with bytes still under way
                hung_up = True
        ended.set()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        error = await failed(WebhookRoute(url, "k1", SECRET, timeout=0.3), clock)
        await ended.wait()
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONTENT, True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 1.0),
        ("7", 7.0),
        ("999999999", 86_400.0),
        ("Mon, 24 Oct 2022 00:00:00 GMT", 1.0),
        ("Fri, 28 Oct 2022 01:00:00 -0000", 86_400.0),
        ("-5", None),
        ("", None),
        ("1e9", None),
        ("Mon, 99 Oct 2022 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_within_reason(value: str, seconds: float | None) -> None:
    """Seconds or a date, from one second to one day; anything else says nothing."""
    assert retry_after({"retry-after": value}, lambda: START) == seconds


def test_a_date_to_retry_after_says_nothing_without_a_clock() -> None:
    """The bot has no clock and needs none."""
    assert retry_after({"retry-after": "Mon, 24 Oct 2022 01:10:00 GMT"}) is None


@pytest.mark.parametrize(("url", "key_id", "secret"), [("/x", "k", "s"), ("http://x", "", "s"), ("http://x", "k", "")])
def test_a_route_without_its_parts_is_refused(url: str, key_id: str, secret: str) -> None:
    """The administrator hears of it at start."""
    with pytest.raises(ValueError, match=r"not an http|a gateway needs"):
        WebhookRoute(url, key_id, secret)
