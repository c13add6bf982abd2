"""The local Zalo platform and the local gateway answer as their protocols say."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.clock import VirtualClock
from daemon.local.gateway import LocalGateway
from daemon.local.serving import serving
from daemon.local.zalo_bot import FREE_PLAN, AcceptedText, LocalZaloBot
from daemon.local.zalo_host import Weather
from daemon.local.zalo_webhook import public_url

START = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
STAMP = 1_666_575_000_000
CHAT = "6ede000000000000d6a9"


@pytest.fixture
def clock() -> VirtualClock:
    """The time the servers see."""
    return VirtualClock(START)


@pytest.fixture
async def zalo(clock: VirtualClock) -> AsyncIterator[LocalZaloBot]:
    """A platform that knows one chat and is on the free plan."""
    async with LocalZaloBot(clock.now, chats=(CHAT,), quota=FREE_PLAN) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of nobody in particular."""
    async with httpx.AsyncClient(trust_env=False, timeout=30, verify=False) as opened:  # noqa: S501 - plain HTTP on loopback
        yield opened


async def call(client: httpx.AsyncClient, zalo: LocalZaloBot, method: str, **arguments: object) -> dict[str, object]:
    """Return the envelope of one method; business errors come with status 200."""
    response = await client.post(f"{zalo.base_url}/bot{zalo.token}/{method}", json=arguments)
    assert response.status_code == 200
    envelope = response.json()
    assert isinstance(envelope, dict)
    return envelope


def refused(code: int, description: str) -> dict[str, object]:
    """Return the envelope of an error."""
    return {"ok": False, "description": description, "error_code": code}


async def test_a_text_is_taken_and_named_by_count(zalo: LocalZaloBot, client: httpx.AsyncClient) -> None:
    """message_id counts, date is in milliseconds, the text is kept as sent."""
    given = await call(client, zalo, "sendMessage", chat_id=CHAT, text="Hạn 24/10")
    assert given == {"ok": True, "result": {"message_id": f"{1:020x}", "date": STAMP}}
    assert zalo.accepted == [AcceptedText(1, f"{1:020x}", CHAT, "Hạn 24/10", START)]


async def test_query_and_form_are_taken_like_json(zalo: LocalZaloBot, client: httpx.AsyncClient) -> None:
    """GET with a query and POST with a form reach the same method."""
    url = f"{zalo.base_url}/bot{zalo.token}/sendMessage"
    await client.get(url, params={"chat_id": CHAT, "text": "một"})
    await client.post(url, data={"chat_id": CHAT, "text": "hai"})
    assert [taken.text for taken in zalo.accepted] == ["một", "hai"]


@pytest.mark.parametrize(
    ("arguments", "description"),
    [
        ({"chat_id": "", "text": "x"}, "Bad Request: chat not found"),
        ({"chat_id": "unknown", "text": "x"}, "Bad Request: chat not found"),
        ({"chat_id": CHAT}, "Bad Request: text must have 1-2000 characters"),
        ({"chat_id": CHAT, "text": ""}, "Bad Request: text must have 1-2000 characters"),
        ({"chat_id": CHAT, "text": "😀" * 1001}, "Bad Request: text must have 1-2000 characters"),
        ({"chat_id": CHAT, "text": 7}, "Bad Request: text must have 1-2000 characters"),
    ],
)
async def test_a_bad_parameter_is_400_in_a_200(
    zalo: LocalZaloBot, client: httpx.AsyncClient, arguments: dict[str, object], description: str
) -> None:
    """Nothing is kept."""
    assert await call(client, zalo, "sendMessage", **arguments) == refused(400, description)
    assert zalo.accepted == []


async def test_a_wrong_token_and_an_unknown_method_are_told_in_the_body(
    zalo: LocalZaloBot, client: httpx.AsyncClient
) -> None:
    """401 and 404, both with HTTP 200; so are bodies that are no object."""
    stranger = await client.post(f"{zalo.base_url}/bot1:wrong/getMe")
    assert (stranger.status_code, stranger.json()) == (200, refused(401, "Unauthorized"))
    assert await call(client, zalo, "sendDocument") == refused(404, "Not Found")
    for body in ("{", "[]"):
        answer = await client.post(f"{zalo.base_url}/bot{zalo.token}/getMe", content=body)
        assert answer.json()["error_code"] == 400
    assert (await call(client, zalo, "getMe"))["ok"] is True
    assert (await call(client, zalo, "sendChatAction"))["ok"] is True


async def test_the_quota_ends_and_begins_again_with_the_month_in_vietnam(client: httpx.AsyncClient) -> None:
    """The turn of the month is midnight in Hanoi, five in the afternoon UTC."""
    clock = VirtualClock(datetime(2022, 10, 31, 16, 59, tzinfo=UTC))
    async with LocalZaloBot(clock.now, chats=(CHAT,), quota=1) as zalo:
        codes = []
        for minutes in (0, 0, 1):
            clock.move_to(clock.now() + timedelta(minutes=minutes))
            codes.append((await call(client, zalo, "sendMessage", chat_id=CHAT, text="x")).get("error_code"))
    assert codes == [None, 429, None]


async def test_updates_are_read_one_by_one_and_consumed(zalo: LocalZaloBot, client: httpx.AsyncClient) -> None:
    """One object, not a list; empty is 408 in a 200; group talk past the bot never comes."""
    zalo.write_to_bot("new-chat", "123456")
    zalo.write_to_bot("group", "chuyện riêng", group=True)
    zalo.write_to_bot("group", "@dondoc xong", group=True, mentions_bot=True)
    first, second = [(await call(client, zalo, "getUpdates", timeout=0))["result"] for _ in range(2)]
    assert first == {
        "event_name": "message.text.received",
        "message": {
            "from": {"id": "new-chat", "display_name": "Local", "is_bot": False},
            "chat": {"id": "new-chat", "chat_type": "PRIVATE"},
            "text": "123456",
            "message_id": f"in{1:018x}",
            "date": STAMP,
        },
    }
    assert '"chat_type": "GROUP"' in json.dumps(second)
    assert await call(client, zalo, "getUpdates", timeout="0") == refused(408, "Request timeout")
    assert (await call(client, zalo, "getUpdates", timeout="soon"))["error_code"] == 400
    assert (await call(client, zalo, "sendMessage", chat_id="new-chat", text="chào"))["ok"] is True


async def test_a_poll_that_waits_is_answered_when_somebody_writes(
    zalo: LocalZaloBot, client: httpx.AsyncClient
) -> None:
    """Long polling: the answer comes with the message, not with the time."""
    poll = asyncio.create_task(call(client, zalo, "getUpdates", timeout=30))
    await call(client, zalo, "getMe")
    zalo.write_to_bot(CHAT, "xong")
    assert (await poll)["ok"] is True


async def test_an_empty_poll_may_be_an_empty_object(client: httpx.AsyncClient, clock: VirtualClock) -> None:
    """By switch, as some have met it."""
    async with LocalZaloBot(clock.now, empty_is_ok=True) as zalo:
        assert await call(client, zalo, "getUpdates", timeout=0) == {"ok": True, "result": {}}


async def test_a_webhook_is_set_read_called_and_removed(client: httpx.AsyncClient, clock: VirtualClock) -> None:
    """With the secret in its header, wrapped or bare; while it is set getUpdates is off."""
    calls: list[tuple[str, dict[str, object]]] = []

    async def receive(request: Request) -> Response:
        calls.append((request.headers["x-bot-api-secret-token"], await request.json()))
        return Response(status_code=204)

    application = Starlette(routes=[Route("/hook", receive, methods=["POST"])])
    async with serving(application) as ours, LocalZaloBot(clock.now, private_webhooks=True) as zalo:
        assert await zalo.call_webhook() == []
        hook = {"url": f"{ours}/hook", "secret_token": "canary-secret"}
        assert (await call(client, zalo, "setWebhook", **hook))["ok"] is True
        assert (await call(client, zalo, "getWebhookInfo"))["result"] == {"url": hook["url"], "updated_at": STAMP}
        assert (await call(client, zalo, "getUpdates", timeout=0))["error_code"] == 400
        zalo.write_to_bot("c1", "một")
        assert await zalo.call_webhook() == [204]
        zalo.write_to_bot("c1", "hai")
        assert await zalo.call_webhook(wrapped=False) == [204]
        zalo.webhook = ("http://127.0.0.1:1/", "canary-secret")
        zalo.write_to_bot("c1", "ba")
        assert await zalo.call_webhook() == [None]
        assert (await call(client, zalo, "deleteWebhook"))["result"] == {"url": "", "updated_at": STAMP}
        assert (await call(client, zalo, "getWebhookInfo"))["result"] == {"url": "", "updated_at": STAMP}
    assert [secret for secret, _ in calls] == ["canary-secret"] * 2
    assert [sorted(body) for _, body in calls] == [["ok", "result"], ["event_name", "message"]]


async def test_a_webhook_nobody_outside_could_reach_is_refused(zalo: LocalZaloBot, client: httpx.AsyncClient) -> None:
    """So are secrets that are too short."""
    for url, secret in (("https://127.0.0.1/x", "long enough"), ("https://dondoc.example/x", "short")):
        assert (await call(client, zalo, "setWebhook", url=url, secret_token=secret))["error_code"] == 400
    assert zalo.webhook is None


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://dondoc.example/zalo", True),
        ("https://8.8.8.8/zalo", True),
        ("http://dondoc.example/zalo", False),
        ("https://localhost/zalo", False),
        ("https://10.1.2.3/zalo", False),
        ("https://[::1]/zalo", False),
        ("https://may-chu/zalo", False),
        ("https://may-chu.local/zalo", False),
        ("https://[broken", False),
        ("", False),
    ],
)
def test_only_public_https_is_public(url: str, public: bool) -> None:
    """The platform calls from outside."""
    assert public_url(url) is public


@pytest.mark.parametrize(("weather", "status"), [(Weather.THROTTLED, 429), (Weather.BROKEN, 502)])
async def test_the_gateway_in_front_answers_in_html(
    zalo: LocalZaloBot, client: httpx.AsyncClient, weather: Weather, status: int
) -> None:
    """And the platform behind it never sees the text."""
    zalo.weather = weather
    answer = await client.post(f"{zalo.base_url}/bot{zalo.token}/sendMessage", json={"chat_id": CHAT, "text": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert zalo.accepted == []


async def test_half_an_answer_hides_an_acceptance(zalo: LocalZaloBot, client: httpx.AsyncClient) -> None:
    """The text is taken, the JSON is cut."""
    zalo.weather = Weather.TRUNCATED
    answer = await client.post(f"{zalo.base_url}/bot{zalo.token}/sendMessage", json={"chat_id": CHAT, "text": "x"})
    with pytest.raises(ValueError, match="Unterminated|Expecting"):  # noqa: RUF043 - both words of the json module
        answer.json()
    assert len(zalo.accepted) == 1


GOOD = {"id": "m1", "to": "a", "text": "x"}


@pytest.mark.parametrize(
    ("body", "message", "status"),
    [
        (json.dumps(GOOD), "m1", 202),
        ("{", "m1", 400),
        ("[]", "m1", 400),
        (json.dumps({"id": "m1"}), "m1", 400),
        (json.dumps(GOOD), "m2", 400),
        (json.dumps(GOOD | {"to": "stranger"}), "m1", 422),
    ],
)
async def test_the_gateway_takes_only_what_the_protocol_allows(
    client: httpx.AsyncClient, clock: VirtualClock, body: str, message: str, status: int
) -> None:
    """A well-signed request may still be wrong in itself; the same id with another text is refused."""
    async with LocalGateway(clock.now, key_id="k1", secret="s", people=("a",)) as gateway:
        answer = await client.post(gateway.url, content=body, headers=signed(message, body))
        assert answer.status_code == status
        if status == 202:
            other = json.dumps(GOOD | {"text": "y"})
            again = [await client.post(gateway.url, content=text, headers=signed("m1", text)) for text in (body, other)]
            assert [(one.status_code, one.json().get("id")) for one in again] == [(409, "m1"), (422, None)]
    assert len(gateway.accepted) == (status == 202)


@pytest.mark.parametrize(
    "header", ["X-Dondoc-Key-Id", "X-Dondoc-Timestamp", "X-Dondoc-Message-Id", "X-Dondoc-Signature"]
)
async def test_the_gateway_trusts_nothing_that_lacks_a_header(
    client: httpx.AsyncClient, clock: VirtualClock, header: str
) -> None:
    """401, whichever is missing, and also for a signature that is not even ASCII."""
    body = json.dumps(GOOD)
    async with LocalGateway(clock.now, key_id="k1", secret="s") as gateway:
        headers = signed("m1", body)
        del headers[header]
        assert (await client.post(gateway.url, content=body, headers=headers)).status_code == 401
        odd = {name.encode(): value.encode() for name, value in signed("m1", body).items()}
        odd[b"X-Dondoc-Signature"] = "chữ ký".encode()
        assert (await client.post(gateway.url, content=body, headers=odd)).status_code == 401
    assert gateway.accepted == {}


def signed(message: str, body: str) -> dict[str, str]:
    """Return the headers of docs/webhook.md for a body, signed with "s" at the tests' time."""
    stamp = str(int(START.timestamp()))
    mac = hmac.new(b"s", f"{stamp}.{message}.{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Dondoc-Key-Id": "k1",
        "X-Dondoc-Timestamp": stamp,
        "X-Dondoc-Message-Id": message,
        "X-Dondoc-Signature": mac,
    }
