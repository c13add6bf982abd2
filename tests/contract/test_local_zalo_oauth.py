"""The local OAuth host gives out a pair for one use, and answers everything else as Zalo does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_host import Weather
from daemon.local.zalo_oauth import PATH, LocalZaloOAuth
from daemon.local.zalo_tokens import LocalZaloTokens, Standing
from tests.support.zalo_kit import START, opened_client

FORM = {"grant_type": "refresh_token", "app_id": "1000000000000000001"}
SECRET = {"secret_key": "local-app-secret"}
SECOND = {"access_token": "AT-2", "refresh_token": "RT-2", "expires_in": "90000"}


@pytest.fixture
def clock() -> VirtualClock:
    """The time the host sees."""
    return VirtualClock(START)


@pytest.fixture
async def oauth(clock: VirtualClock) -> AsyncIterator[LocalZaloOAuth]:
    """A host that has given out AT-1 and RT-1."""
    async with LocalZaloOAuth(LocalZaloTokens(clock.now)) as host:
        yield host


async def refresh(
    oauth: LocalZaloOAuth, given: str = "RT-1", *, headers: dict[str, str] | None = None, **form: str
) -> httpx.Response:
    """Return the answer to one refresh."""
    async with opened_client() as client:
        asked = FORM | {"refresh_token": given} | form
        return await client.post(oauth.base_url + PATH, data=asked, headers=SECRET if headers is None else headers)


async def test_both_tokens_are_new_and_the_old_access_token_is_dead_at_once(oauth: LocalZaloOAuth) -> None:
    """`expires_in` is text; the answer is a 200."""
    assert oauth.tokens.standing({"access_token": "AT-1"}) is Standing.GOOD
    answer = await refresh(oauth)
    assert (answer.status_code, answer.json()) == (200, SECOND)
    assert oauth.tokens.standing({"access_token": "AT-1"}) is Standing.DEAD
    assert oauth.tokens.standing({"access_token": "AT-2"}) is Standing.GOOD
    assert (await refresh(oauth, "RT-2")).json()["refresh_token"] == "RT-3"
    assert (oauth.refreshes, oauth.rotations) == (2, 2)


async def test_an_access_token_lasts_25_hours_a_refresh_token_90_days(
    oauth: LocalZaloOAuth, clock: VirtualClock
) -> None:
    """Each to the second."""
    clock.move_to(START + timedelta(seconds=89_999))
    assert oauth.tokens.standing({"access_token": "AT-1"}) is Standing.GOOD
    clock.move_to(START + timedelta(seconds=90_000))
    assert oauth.tokens.standing({"access_token": "AT-1"}) is Standing.EXPIRED
    clock.move_to(START + timedelta(days=90))
    assert (await refresh(oauth)).json()["error"] == -14014


async def test_a_spent_refresh_token_is_a_code_or_an_empty_body(oauth: LocalZaloOAuth) -> None:
    """Both have been seen; an unknown one is always the code. Nothing is rotated."""
    await refresh(oauth)
    spent = await refresh(oauth)
    assert spent.status_code == 200
    assert spent.json() == {
        "error": -14014,
        "error_name": "Invalid refresh token.",
        "error_description": "",
        "error_reason": "",
        "ref_doc": "https://docs.zalo.example/errors",
        "message": "",
        "access_token": "",
        "refresh_token": "",
    }
    oauth.spent_is_empty = True
    empty = await refresh(oauth)
    assert (empty.status_code, empty.content) == (200, b"")
    assert (await refresh(oauth, "RT-99")).json()["error"] == -14014
    assert (oauth.refreshes, oauth.rotations) == (4, 1)


@pytest.mark.parametrize(
    ("form", "headers", "code"),
    [
        ({"app_id": "7"}, SECRET, -14002),
        ({}, {"secret_key": "wrong"}, -14004),
        ({}, {}, -14004),
        ({}, {"Authorization": "Basic bG9jYWwtYXBwLXNlY3JldA=="}, -14004),
        ({"secret_key": "local-app-secret"}, {}, -14004),
        ({"grant_type": "password"}, SECRET, -14018),
    ],
)
async def test_what_is_set_up_wrongly_has_a_code(
    oauth: LocalZaloOAuth, form: dict[str, str], headers: dict[str, str], code: int
) -> None:
    """In a 200; the secret is a header and nothing else. No refresh is counted."""
    answer = await refresh(oauth, headers=headers, **form)
    assert (answer.status_code, answer.json()["error"]) == (200, code)
    assert oauth.refreshes == 0


async def test_json_is_no_form(oauth: LocalZaloOAuth) -> None:
    """The body's fields are not found."""
    async with opened_client() as client:
        answer = await client.post(oauth.base_url + PATH, json=FORM | {"refresh_token": "RT-1"}, headers=SECRET)
    assert answer.json()["error"] == -14002


async def test_a_lost_answer_burns_the_refresh_token(oauth: LocalZaloOAuth) -> None:
    """The connection ends after the pair was rotated: whoever asked holds nothing that is good."""
    oauth.forecast.append(Weather.DROPPED)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await refresh(oauth)
    assert oauth.tokens.access_token == "AT-2"
    assert (await refresh(oauth)).json()["error"] == -14014


async def test_nothing_is_rotated_when_the_gateway_in_front_answers(oauth: LocalZaloOAuth) -> None:
    """The token is as good as before."""
    oauth.forecast.extend([Weather.BROKEN, Weather.THROTTLED, Weather.PAGE])
    assert [(await refresh(oauth)).status_code for _ in range(3)] == [502, 429, 200]
    assert (await refresh(oauth)).json() == SECOND


async def test_two_at_once_are_both_counted(oauth: LocalZaloOAuth) -> None:
    """One gets the pair, the other is told its token is spent; while the host hangs neither knows."""
    oauth.weather = Weather.HANGING
    both = [asyncio.create_task(refresh(oauth)) for _ in range(2)]
    await oauth.worked(2)
    assert not any(task.done() for task in both)
    oauth.clear_up()
    answers = [(await task).json() for task in both]
    assert sorted(answer.get("error", 0) for answer in answers) == [-14014, 0]
    assert (oauth.refreshes, oauth.rotations) == (2, 1)


async def test_codes_may_be_text(oauth: LocalZaloOAuth) -> None:
    """As one deployed client has met them."""
    oauth.codes_as_text = True
    assert (await refresh(oauth, "RT-99")).json()["error"] == "-14014"
