"""Every local Zalo host can fail in every way a real one has been seen to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_bot import LocalZaloBot
from daemon.local.zalo_host import Weather, ZaloHost
from daemon.local.zalo_oa import LocalZaloOa
from daemon.local.zalo_oauth import PATH, LocalZaloOAuth
from daemon.local.zalo_templates import REMINDER
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.local.zalo_zbs import LocalZbs
from tests.support.zalo_kit import PHONE, START, USER, opened_client

CLOCK = VirtualClock(START)
Call = asyncio.Task[httpx.Response]


@dataclass
class Side:
    """One host, how to make it do something, how often it did, and where it writes its codes."""

    host: ZaloHost
    ask: Callable[[httpx.AsyncClient], Call]
    done: Callable[[], int]
    code: str


async def bot(stack: AsyncExitStack) -> Side:
    """The Bot Platform, sending a text."""
    host = await stack.enter_async_context(LocalZaloBot(CLOCK.now, chats=("c1",)))
    url = f"{host.base_url}/bot{host.token}/sendMessage"
    return Side(
        host, lambda c: post(c, url, json={"chat_id": "c1", "text": "x"}), lambda: len(host.accepted), "error_code"
    )


async def oauth(stack: AsyncExitStack) -> Side:
    """The OAuth host, refreshing."""
    host = await stack.enter_async_context(LocalZaloOAuth(LocalZaloTokens(CLOCK.now)))
    form = {"grant_type": "refresh_token", "app_id": host.tokens.app.app_id, "refresh_token": "RT-1"}
    secret = {"secret_key": host.tokens.app.app_secret}
    return Side(
        host, lambda c: post(c, host.base_url + PATH, data=form, headers=secret), lambda: host.rotations, "error"
    )


async def oa(stack: AsyncExitStack) -> Side:
    """The account, sending a text."""
    host = await stack.enter_async_context(LocalZaloOa(CLOCK.now, LocalZaloTokens(CLOCK.now)))
    host.write(USER, "chào")
    url, body = host.base_url + "/v3.0/oa/message/cs", {"recipient": {"user_id": USER}, "message": {"text": "x"}}
    good = {"access_token": "AT-1"}
    return Side(host, lambda c: post(c, url, json=body, headers=good), lambda: len(host.accepted), "error")


async def zbs(stack: AsyncExitStack) -> Side:
    """The template host, sending one."""
    host = await stack.enter_async_context(LocalZbs(CLOCK.now, LocalZaloTokens(CLOCK.now), templates=(REMINDER,)))
    data = {"name": "x", "task": "y", "time": "24/10/2022"}
    body = {"phone": PHONE, "template_id": REMINDER.id, "template_data": data, "tracking_id": "t"}
    url, good = host.base_url + "/message/template", {"access_token": "AT-1"}
    return Side(host, lambda c: post(c, url, json=body, headers=good), lambda: len(host.accepted), "error")


def post(
    client: httpx.AsyncClient,
    url: str,
    *,
    json: object = None,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Call:
    """Begin a request."""
    return asyncio.create_task(client.post(url, json=json, data=data, headers=headers))


@pytest.fixture(params=[bot, oauth, oa, zbs], ids=["bot", "oauth", "oa", "zbs"])
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    """Each host in turn."""
    async with AsyncExitStack() as stack:
        yield await request.param(stack)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who calls."""
    async with opened_client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("weather", "status", "done"),
    [(Weather.THROTTLED, 429, 0), (Weather.BROKEN, 502, 0), (Weather.PAGE, 200, 0), (Weather.LATE, 504, 1)],
)
async def test_a_page_in_place_of_json(
    side: Side, client: httpx.AsyncClient, weather: Weather, status: int, done: int
) -> None:
    """Before the host saw anything, or after it had done its work."""
    side.host.weather = weather
    answer = await side.ask(client)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")
    assert side.done() == done


async def test_half_an_answer(side: Side, client: httpx.AsyncClient) -> None:
    """The work is done, the JSON that says so is cut."""
    side.host.weather = Weather.TRUNCATED
    answer = await side.ask(client)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="line 1 column"):
        answer.json()
    assert side.done() == 1


async def test_no_answer_until_it_clears_up(side: Side, client: httpx.AsyncClient) -> None:
    """The work is done, the caller waits."""
    side.host.weather = Weather.HANGING
    call = side.ask(client)
    await side.host.worked(1)
    assert side.done() == 1
    assert not call.done()
    side.host.clear_up()
    assert (await call).status_code == 200


async def test_a_cut_connection(side: Side, client: httpx.AsyncClient) -> None:
    """The work is done, not one byte comes back."""
    side.host.weather = Weather.DROPPED
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await side.ask(client)
    assert side.done() == 1


async def test_a_forecast_is_for_the_next_requests_only(side: Side, client: httpx.AsyncClient) -> None:
    """Then the weather is what it was; every request is noted."""
    side.host.forecast.extend([Weather.BROKEN, Weather.THROTTLED])
    assert [(await side.ask(client)).status_code for _ in range(3)] == [502, 429, 200]
    assert [seen.method for seen in side.host.requests] == ["POST"] * 3
    assert len({seen.body for seen in side.host.requests}) == 1


async def test_a_code_is_a_number_or_text(side: Side, client: httpx.AsyncClient) -> None:
    """Both have been met in answers."""
    await side.ask(client)
    url = side.host.base_url + side.host.requests[0].path
    answers = []
    for as_text in (False, True):
        side.host.codes_as_text = as_text
        answers.append((await client.post(url, content=b"{")).json()[side.code])
    assert isinstance(answers[0], int)
    assert answers[1] == str(answers[0])
