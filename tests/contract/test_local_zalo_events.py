"""The local Zalo calls a webhook as the real one does: signed over the very bytes, again and again, then no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_events import LADDER, LocalZaloEvents, Posted
from daemon.local.zalo_oa import LocalZaloOa
from daemon.local.zalo_templates import REMINDER
from daemon.local.zalo_tokens import LocalZaloApp, LocalZaloTokens
from daemon.local.zalo_webhook import domain_url
from daemon.local.zalo_zbs import LocalZbs
from notifiers.zalo_signature import verified
from tests.support.zalo_kit import PHONE, STAMP, START, USER, Receiver, opened_client, receiving

APP = LocalZaloApp()
CLOCK = VirtualClock(START)
OA, GOOD = APP.oa_id, {"access_token": "AT-1"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody's webhook."""
    async with receiving() as opened:
        yield opened


@pytest.fixture
def waits() -> list[float]:
    """The pauses the sender made, in seconds."""
    return []


@pytest.fixture
async def events(waits: list[float]) -> AsyncIterator[LocalZaloEvents]:
    """A sender that waits for nothing."""

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    async with LocalZaloEvents(CLOCK.now, APP, pause=pause, private_webhooks=True) as opened:
        yield opened


async def test_the_probe_has_no_signature_and_must_be_answered(events: LocalZaloEvents, receiver: Receiver) -> None:
    """Only a 200 saves the address."""
    receiver.answer = lambda n: 401 if n == 1 else 200
    assert await events.set_url(receiver.url) is False
    assert events.url is None
    assert await events.set_url(receiver.url) is True
    assert receiver.bodies == [b"{}", b"{}"]
    assert all("x-zevent-signature" not in headers for headers in receiver.headers)
    assert await events.set_url("http://127.0.0.1:1/") is False
    assert events.url == receiver.url


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://dondoc.so.example/zalo", True),
        ("https://dondoc.so.example:8443/zalo", False),
        ("https://8.8.8.8/zalo", False),
        ("https://10.1.2.3/zalo", False),
        ("http://dondoc.so.example/zalo", False),
    ],
)
def test_the_console_takes_a_domain_without_a_port(url: str, taken: bool) -> None:
    """Over HTTPS, and reachable from outside."""
    assert domain_url(url) is taken


async def test_an_address_of_this_machine_is_refused_unless_allowed(receiver: Receiver) -> None:
    """As the console does; it is not even called."""
    async with LocalZaloEvents(CLOCK.now, APP) as strict:
        assert await strict.set_url(receiver.url) is False
    assert receiver.bodies == []


async def test_an_event_is_compact_and_signed_over_its_bytes(events: LocalZaloEvents, receiver: Receiver) -> None:
    """Plain SHA-256 of app id, body, timestamp and the account's key; the headers of a real delivery."""
    await events.set_url(receiver.url)
    async with LocalZaloOa(CLOCK.now, LocalZaloTokens(CLOCK.now), events=events) as oa:
        oa.write(USER, "xin chào")
        await events.settled()
    body = (
        f'{{"event_name":"user_send_text","app_id":"{APP.app_id}","sender":{{"id":"{USER}"}},"recipient":{{"id":"{OA}"}},'
        f'"message":{{"msg_id":"in{1:018x}","text":"xin chào"}},"timestamp":"{STAMP}"}}'
    ).encode()
    assert receiver.bodies[1:] == [body]
    mac = hashlib.sha256(APP.app_id.encode() + body + STAMP.encode() + APP.oa_secret.encode()).hexdigest()
    headers = receiver.headers[1]
    assert headers["x-zevent-signature"] == f"mac={mac}"
    assert verified(headers["x-zevent-signature"], body, APP.oa_secret)
    assert (headers["x-zevent-server"], headers["user-agent"]) == ("OA OpenAPI", "ZaloWebhook")
    assert "num_retry" not in headers


async def test_what_is_not_answered_comes_again_five_times(
    events: LocalZaloEvents, receiver: Receiver, waits: list[float]
) -> None:
    """30 s, 5, 15, 30 min, 1 h: the same body with `num_retry`; then nothing more until the console enables it."""
    await events.set_url(receiver.url)
    receiver.answer = lambda _: 500
    events.emit("follow", {"follower": {"id": USER}})
    await events.settled()
    assert waits == [30, 300, 900, 1800, 3600] == list(LADDER)
    assert len(set(receiver.bodies[1:])) == 1
    assert [headers.get("num_retry") for headers in receiver.headers[1:]] == [None, "1", "2", "3", "4", "5"]
    assert events.posted == [Posted("follow", retry, 500) for retry in range(6)]
    assert events.disabled
    events.emit("follow", {})
    await events.settled()
    assert len(receiver.bodies) == 7
    receiver.answer = lambda _: 200
    assert await events.set_url(receiver.url)
    events.emit("follow", {})
    await events.settled()
    assert len(receiver.bodies) == 9


async def test_the_first_200_ends_it(events: LocalZaloEvents, receiver: Receiver, waits: list[float]) -> None:
    """No other status will do."""
    await events.set_url(receiver.url)
    receiver.answer = lambda n: {2: 204, 3: 503}.get(n, 200)
    events.emit("unfollow", {"follower": {"id": USER}})
    await events.settled()
    assert [posted.status for posted in events.posted] == [204, 503, 200]
    assert waits == [30, 300]
    assert not events.disabled


async def test_the_ladder_can_be_shortened(receiver: Receiver, waits: list[float]) -> None:
    """By a factor, for those who wait in real time; nobody listening is as good as no answer."""

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    async with LocalZaloEvents(CLOCK.now, APP, pause=pause, pace=0.001, private_webhooks=True) as events:
        await events.set_url(receiver.url)
        events.url = "http://127.0.0.1:1/"
        events.emit("follow", {})
        await events.settled()
    assert waits == [pytest.approx(seconds / 1000) for seconds in LADDER]
    assert [posted.status for posted in events.posted] == [None] * 6


async def test_an_accepted_send_comes_back_if_asked_for(events: LocalZaloEvents, receiver: Receiver) -> None:
    """`oa_send_text`, sender and recipient the other way round; a refused send does not."""
    await events.set_url(receiver.url)
    events.subscribed -= {"user_send_text", "follow"}
    async with LocalZaloOa(CLOCK.now, LocalZaloTokens(CLOCK.now), events=events) as oa, opened_client() as client:
        oa.write(USER, "chào")
        for text in ("", "Hạn 24/10"):
            body = {"recipient": {"user_id": USER}, "message": {"text": text}}
            await client.post(oa.base_url + "/v3.0/oa/message/cs", json=body, headers=GOOD)
        events.subscribed.clear()
        await client.post(oa.base_url + "/v3.0/oa/message/cs", json=body, headers=GOOD)
        await events.settled()
    echo = [json.loads(body) for body in receiver.bodies[1:]]
    assert [(one["event_name"], one["sender"], one["recipient"], one["message"]["text"]) for one in echo] == [
        ("oa_send_text", {"id": OA}, {"id": USER}, "Hạn 24/10")
    ]
    assert echo[0]["message"]["msg_id"] == oa.accepted[0].message_id


async def test_following_and_leaving_are_told(events: LocalZaloEvents, receiver: Receiver) -> None:
    """With the account's id at the top, as only these events have it."""
    await events.set_url(receiver.url)
    async with LocalZaloOa(CLOCK.now, LocalZaloTokens(CLOCK.now), events=events) as oa:
        oa.follow(USER)
        await events.settled()
        oa.unfollow(USER)
        await events.settled()
    told = [json.loads(body) for body in receiver.bodies[1:]]
    assert [(one["event_name"], one["oa_id"], one["follower"]) for one in told] == [
        ("follow", OA, {"id": USER}),
        ("unfollow", OA, {"id": USER}),
    ]


async def test_a_delivered_template_has_a_signed_receipt(events: LocalZaloEvents, receiver: Receiver) -> None:
    """Marked ZNS, naming the telephone and the caller's reference; none while the telephone is away."""
    await events.set_url(receiver.url)
    tokens = LocalZaloTokens(CLOCK.now)
    data = {"name": "Sở Tư pháp", "task": "báo cáo", "time": "24/10/2022"}
    body = {"phone": PHONE, "template_id": REMINDER.id, "template_data": data, "tracking_id": "rem-42-1"}
    async with LocalZbs(CLOCK.now, tokens, templates=(REMINDER,), events=events) as zbs, opened_client() as client:
        await client.post(zbs.base_url + "/message/template", json=body, headers=GOOD)
        zbs.away.add(PHONE)
        await client.post(zbs.base_url + "/message/template", json=body | {"tracking_id": "rem-42-2"}, headers=GOOD)
        await events.settled()
        assert len(receiver.bodies) == 2
        zbs.deliver(f"{2:020x}")
        await events.settled()
    assert json.loads(receiver.bodies[1]) == {
        "event_name": "user_received_message",
        "app_id": APP.app_id,
        "sender": {"id": OA},
        "recipient": {"id": PHONE},
        "message": {"delivery_time": STAMP, "msg_id": f"{1:020x}", "tracking_id": "rem-42-1"},
        "timestamp": STAMP,
    }
    assert json.loads(receiver.bodies[2])["message"]["tracking_id"] == "rem-42-2"
    for content, headers in zip(receiver.bodies[1:], receiver.headers[1:], strict=True):
        assert headers["x-zevent-server"] == "ZNS"
        assert verified(headers["x-zevent-signature"], content, APP.oa_secret)
