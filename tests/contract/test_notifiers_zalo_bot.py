"""The bot against the platform's own table of errors, and against a platform that answers badly or not at all."""

from __future__ import annotations

import asyncio
import json
import logging
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import VirtualClock
from daemon.local.zalo_bot import LocalZaloBot
from daemon.local.zalo_host import Weather
from notifiers.base import DeliveryError, FailureKind, Message, Phase, Receipt
from notifiers.http_post import Answer
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute, read_answer
from notifiers.zalo_codes import CODES, Service, kind_of, seconds

CHAT = "6ede000000000000d6a9"
MESSAGE = Message("dl-1", CHAT, "Hạn 24/10: báo cáo dân vận 2022.".encode())
BOT = CODES[Service.BOT]
NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
T, P, M, H = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED, FailureKind.THROTTLED


@pytest.fixture
async def zalo() -> AsyncIterator[LocalZaloBot]:
    """A platform that knows one chat."""
    async with LocalZaloBot(VirtualClock(NOW).now, chats=(CHAT,)) as server:
        yield server


async def quietly() -> None:
    """Let the content go."""


async def failed(base_url: str, token: str, *, timeout: float = 30, message: Message = MESSAGE) -> DeliveryError:  # noqa: ASYNC109 - handed to the route
    """Return the failure of one text."""
    notifier = ZaloBotNotifier(ZaloBotRoute(base_url, token, timeout=timeout), lambda: NOW)
    try:
        with pytest.raises(DeliveryError) as caught:
            await notifier.deliver(message, quietly)
    finally:
        await notifier.aclose()
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("code", [*sorted(BOT), 418, 500, 999])
async def test_a_code_in_an_answer_of_status_200_decides(zalo: LocalZaloBot, code: int) -> None:
    """Business errors come with HTTP 200; an unknown code is a passing trouble."""
    zalo.refusals[CHAT] = (code, "as told")
    error = await failed(zalo.base_url, zalo.token)
    known = BOT.get(code)
    assert error.kind is (kind_of(known) if known else T)
    assert error.maybe_accepted is (known.maybe_accepted if known else False)
    assert error.retry_after == (seconds(known.wait, NOW) if known else None)
    assert (error.code, error.phase) == (str(code), Phase.ANSWERED)
    assert "as told" in error.detail


async def test_a_wrong_token_stops_the_channel_and_is_never_shown(
    zalo: LocalZaloBot, caplog: pytest.LogCaptureFixture
) -> None:
    """With httpx at WARNING, as the daemon sets it, no text of ours and no log line has the token."""
    caplog.set_level(logging.WARNING, logger="httpx")
    caplog.set_level(logging.DEBUG)
    error = await failed(zalo.base_url, "123456:canary-secret")
    assert error.kind is M
    shown = repr(error) + caplog.text + repr(ZaloBotRoute(zalo.base_url, "123456:canary-secret"))
    assert caplog.text
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("weather", "kind", "unknown", "arrived"),
    [
        (Weather.THROTTLED, H, False, 0),
        (Weather.BROKEN, T, False, 0),
        (Weather.TRUNCATED, T, True, 1),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
async def test_a_platform_in_bad_weather(
    zalo: LocalZaloBot, weather: Weather, kind: FailureKind, unknown: bool, arrived: int, as_json: bool
) -> None:
    """A gateway's 429 is a short wait, its 5xx a passing trouble, half an answer leaves the outcome unknown."""
    zalo.pages_as_json = as_json
    zalo.weather = weather
    error = await failed(zalo.base_url, zalo.token)
    assert (error.kind, error.maybe_accepted, len(zalo.accepted)) == (kind, unknown, arrived)
    assert (error.retry_after is not None) is (kind is H)


async def test_no_answer_in_time_is_unknown(zalo: LocalZaloBot) -> None:
    """The text was taken and nobody said so: TRANSIENT, maybe accepted, phase CONTENT."""
    zalo.weather = Weather.HANGING
    error = await failed(zalo.base_url, zalo.token, timeout=0.5)
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONTENT, True)
    assert len(zalo.accepted) == 1


async def test_the_months_quota_is_a_long_wait() -> None:
    """JSON 429 is not the gateway's short one; when the month turns in Vietnam the same text passes."""
    clock = VirtualClock(datetime(2022, 10, 31, 16, 59, tzinfo=UTC))
    async with LocalZaloBot(clock.now, chats=(CHAT,), quota=0) as zalo:
        error = await failed(zalo.base_url, zalo.token)
    assert (error.kind, error.code) == (H, "429")
    assert error.retry_after == seconds(BOT[429].wait, NOW)


def http(head: str, body: str = "", length: int | None = None) -> bytes:
    """Return a raw HTTP answer; `length` may lie about the body."""
    size = len(body.encode()) if length is None else length
    return f"HTTP/1.1 {head}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{body}".encode()


RAW: list[tuple[str, bytes, FailureKind, bool]] = [
    ("nothing at all", b"", T, True),
    ("no HTTP", b"220 mail server\r\n", T, True),
    ("an answer cut short", http("200 OK", '{"ok":true', 400), T, True),
    ("an error cut short", http("502 Bad Gateway", "<html>", 400), T, True),
    ("an empty page", http("200 OK"), T, True),
    ("a list", http("200 OK", "[1]"), T, True),
    ("ok as text", http("200 OK", '{"ok":"true"}'), T, True),
    ("deep nesting", http("200 OK", "[" * 60_000), T, True),
    ("megabytes", http("200 OK", '{"ok":true,"x":"' + "x" * 2_000_000 + '"}'), T, True),
    ("a gateway's own 504", http("504 Gateway Timeout", "<html>"), T, True),
    ("a gateway's own 503", http("503 Service Unavailable"), T, False),
    ("a redirect", http("301 Moved Permanently"), M, False),
    ("another server's 404", http("404 Not Found", "<html>"), M, False),
    ("a fire wall's 403", http("403 Forbidden", "<html>"), T, False),
    ("a code as text", http("200 OK", '{"ok":false,"error_code":"400"}'), P, False),
    ("no code", http("200 OK", '{"ok":false}'), T, False),
    ("a code that is none", http("200 OK", '{"ok":false,"error_code":{"a":[1]}}'), T, False),
]


@pytest.mark.parametrize(("answer", "kind", "unknown"), [row[1:] for row in RAW], ids=[row[0] for row in RAW])
async def test_an_answer_nobody_expected(answer: bytes, kind: FailureKind, unknown: bool) -> None:
    """Whatever comes back is bounded and classified; only what says neither yes nor no is unknown."""
    ended = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failed(f"http://127.0.0.1:{port}", "123456:canary-secret")
        await ended.wait()
    assert (error.kind, error.maybe_accepted) == (kind, unknown)
    assert len(error.detail) <= 200


async def test_a_platform_that_is_not_there_is_a_passing_trouble(zalo: LocalZaloBot) -> None:
    """Refused or unresolvable: nothing left, nothing is unknown."""
    for base_url in ("http://127.0.0.1:1", "http://no-such-host.invalid"):
        error = await failed(base_url, zalo.token)
        assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONNECT, False)


@pytest.mark.parametrize("content", [b"", b"  \n", ("x" * 2001).encode(), ("😀" * 1001).encode(), b"\xff\xfe"])
async def test_what_zalo_would_not_take_is_refused_at_home(zalo: LocalZaloBot, content: bytes) -> None:
    """Empty, over 2000 UTF-16 units or no UTF-8: PERMANENT before anything is sent, `before_dot` not asked."""

    async def never() -> None:
        raise AssertionError("asked for a text that cannot go")

    notifier = ZaloBotNotifier(ZaloBotRoute(zalo.base_url, zalo.token), lambda: NOW)
    with pytest.raises(DeliveryError) as caught:
        await notifier.deliver(Message("dl-2", CHAT, content), never)
    await notifier.aclose()
    assert (caught.value.kind, caught.value.phase) == (P, Phase.CONNECT)
    assert zalo.accepted == []


@pytest.mark.parametrize("text", ["x" * 2000, "😀" * 1000, unicodedata.normalize("NFD", "ộ" * 2000)])
async def test_the_longest_text_still_goes_in_composed_letters(zalo: LocalZaloBot, text: str) -> None:
    """The limit counts UTF-16 units of the NFC text, as Vietnamese is typed."""
    notifier = ZaloBotNotifier(ZaloBotRoute(zalo.base_url, zalo.token), lambda: NOW)
    receipt = await notifier.deliver(Message("dl-3", CHAT, text.encode()), quietly)
    await notifier.aclose()
    assert [taken.text for taken in zalo.accepted] == [unicodedata.normalize("NFC", text)]
    assert receipt.provider_id == zalo.accepted[0].message_id


@pytest.mark.parametrize(
    ("base_url", "token"),
    [("ftp://x.example", "123456:secret"), ("nonsense", "123456:secret"), ("https://x.example", "12 canary\n")],
)
def test_a_route_that_could_never_be_a_url_is_refused_without_being_repeated(base_url: str, token: str) -> None:
    """The administrator is told at start; neither the token nor the address stands in the text."""
    with pytest.raises(ValueError, match=r"malformed|not an http") as caught:
        ZaloBotRoute(base_url, token)
    assert "canary" not in str(caught.value)
    assert base_url not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ENVELOPE = st.fixed_dictionaries({"ok": st.booleans() | JSON, "result": JSON, "error_code": JSON, "description": JSON})


@given(
    status=st.integers(200, 599),
    body=st.binary() | ENVELOPE.map(lambda envelope: json.dumps(envelope).encode()),
    headers=st.dictionaries(st.just("retry-after"), st.text()),
)
def test_no_answer_whatever_breaks_the_reader(status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Any status, headers and body end as a receipt or as a DeliveryError."""
    told: Receipt | DeliveryError
    try:
        told = read_answer(Answer(status, headers, body), NOW, ("canary",))
    except DeliveryError as error:
        told = error
    assert len(told.detail) <= 200
    assert told.detail.isprintable()
