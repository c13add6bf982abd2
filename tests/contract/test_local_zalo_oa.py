"""The local Official Account takes what Zalo would take, and refuses the rest in Zalo's words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_oa import LocalZaloOa, OaMessage, Quota
from daemon.local.zalo_templates import REMINDER, LocalTemplate, Param
from daemon.local.zalo_tokens import LocalZaloTokens
from notifiers.zalo_signature import appsecret_proof
from tests.support.zalo_kit import STAMP, START, USER, opened_client

GOOD = {"access_token": "AT-1"}
CS = "/v3.0/oa/message/cs"
DATA = {"name": "Sở Tư pháp", "task": "báo cáo dân vận", "time": "17:00 24/10/2022"}
SHOW = {"title": "Đã nhận", "type": "oa.query.show", "payload": "da-nhan"}


@pytest.fixture
def clock() -> VirtualClock:
    """The time the server sees."""
    return VirtualClock(START)


@pytest.fixture
async def oa(clock: VirtualClock) -> AsyncIterator[LocalZaloOa]:
    """An account to which one person has just written."""
    old = LocalTemplate("999", "Mã xác thực", {"otp": Param.OTP}, by_uid=False)
    async with LocalZaloOa(clock.now, LocalZaloTokens(clock.now), templates=(REMINDER, old)) as server:
        server.write(USER, "chào")
        yield server


async def post(oa: LocalZaloOa, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    """Return the answer to one call, made with the token in force unless `headers` say otherwise."""
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"access_token": oa.tokens.access_token} if headers is None else headers
    async with opened_client() as client:
        return await client.post(oa.base_url + path, content=content, headers=headers)


async def send(oa: LocalZaloOa, text: object = "Hạn 24/10", user: object = USER, **more: object) -> dict[str, object]:
    """Return the envelope of one consultation text; the status is 200 whatever becomes of it."""
    answer = await post(oa, CS, {"recipient": {"user_id": user}, "message": {"text": text, **more}})
    assert answer.status_code == 200
    envelope = answer.json()
    assert isinstance(envelope, dict)
    return envelope


def buttons(*many: object) -> dict[str, object]:
    """Return an attachment of buttons."""
    return {"type": "template", "payload": {"buttons": list(many)}}


async def test_a_text_is_taken_and_every_number_is_text(oa: LocalZaloOa) -> None:
    """Ids, times and quotas are strings; `error` is 0."""
    assert await send(oa) == {
        "data": {
            "message_id": f"{1:020x}",
            "user_id": USER,
            "sent_time": STAMP,
            "quota": {"quota_type": "reply", "remain": "8", "total": "8"},
        },
        "error": 0,
        "message": "Success",
    }
    assert oa.accepted == [OaMessage(1, f"{1:020x}", USER, "Hạn 24/10", (), "", START)]


@pytest.mark.parametrize(
    ("text", "user", "error", "message"),
    [
        ("x" * 2001, USER, -210, "text is over the limit"),
        ("😀" * 1001, USER, -210, "text is over the limit"),
        ("", USER, -201, "text is invalid!"),
        (7, USER, -201, "text is invalid!"),
        ("x", "2000000000000000003", -201, "user_id is invalid!"),
        ("x", int(USER), -201, "user_id is invalid!"),
        ("x", None, -201, "user_id is invalid!"),
    ],
)
async def test_a_bad_parameter_is_named(oa: LocalZaloOa, text: object, user: object, error: int, message: str) -> None:
    """Without `data`; an id that came as a number is not an id."""
    assert await send(oa, text, user) == {"error": error, "message": message}
    assert oa.accepted == []


async def test_the_longest_text_is_taken(oa: LocalZaloOa) -> None:
    """2000 units, as the platform counts."""
    assert (await send(oa, "đ" * 1998 + "😀"))["error"] == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"access_token": "AT-0"}, {"Authorization": "Bearer AT-1"}, {"access-token": "AT-1"}, {"access_token": ""}],
)
async def test_only_the_access_token_header_counts(oa: LocalZaloOa, headers: dict[str, str]) -> None:
    """A bearer token is not looked at, for good or ill."""
    body = {"recipient": {"user_id": USER}, "message": {"text": "x"}}
    assert (await post(oa, CS, body, headers)).json() == {"error": -216, "message": "Access token is invalid"}
    assert (await post(oa, CS, body, GOOD | {"Authorization": "Bearer AT-0"})).json()["error"] == 0


async def test_a_rotation_kills_the_token_and_time_ends_it(oa: LocalZaloOa, clock: VirtualClock) -> None:
    """-216, or by switch -220 for one that has only grown old."""
    clock.move_to(START + timedelta(hours=25))
    assert (await send(oa))["error"] == -216
    oa.expired_code = -220
    assert await send(oa) == {"error": -220, "message": "access_token is expired or removed"}
    oa.tokens.rotate()
    assert (await send(oa))["error"] == 0
    body = {"recipient": {"user_id": USER}, "message": {"text": "x"}}
    assert (await post(oa, CS, body, GOOD)).json()["error"] == -216


async def test_the_proof_is_asked_for_by_switch(oa: LocalZaloOa) -> None:
    """An HMAC of the token under the app's secret; -242 without."""
    oa.tokens.proofs = True
    body = {"recipient": {"user_id": USER}, "message": {"text": "x"}}
    assert (await post(oa, CS, body)).json()["error"] == -242
    proof = GOOD | {"appsecret_proof": appsecret_proof("AT-1", "local-app-secret")}
    assert (await post(oa, CS, body, proof)).json()["error"] == 0


async def test_seven_days_after_the_last_word_it_is_too_late(oa: LocalZaloOa, clock: VirtualClock) -> None:
    """Free for 48 hours, paid until the week is over, then -230 until the person writes again; each his own clock."""
    kinds = []
    for hours in (48, 49, 168):
        clock.move_to(START + timedelta(hours=hours))
        oa.tokens.rotate()
        data = (await send(oa))["data"]
        assert isinstance(data, dict)
        kinds.append(data["quota"]["quota_type"])
    assert kinds == ["reply", "sub_quota", "sub_quota"]
    clock.move_to(START + timedelta(hours=168, seconds=1))
    late = {"error": -230, "message": "User has not interacted with the OA in the past 7 days"}
    oa.write("another", "chào")
    assert await send(oa) == late
    assert (await send(oa, user="another"))["error"] == 0
    oa.write(USER, "da-nhan")
    assert (await send(oa))["error"] == 0


async def test_who_left_who_wants_none_and_who_never_wrote(oa: LocalZaloOa) -> None:
    """-213 until he follows again, -244, -232."""
    oa.unfollow(USER)
    assert await send(oa) == {"error": -213, "message": "User has not followed OA"}
    oa.follow(USER)
    assert (await send(oa))["error"] == 0
    oa.users[USER].restricted = True
    assert (await send(oa))["error"] == -244
    oa.users[USER].restricted = False
    oa.users[USER].last = None
    assert (await send(oa))["error"] == -232
    oa.refusals[USER] = (-248, "as told")
    oa.write(USER, "chào")
    assert await send(oa) == {"error": -248, "message": "as told"}


async def test_each_minute_has_its_calls(oa: LocalZaloOa, clock: VirtualClock) -> None:
    """Every call counts, refused ones too; the headers say what is left."""
    oa.per_minute = 2
    body = {"recipient": {"user_id": USER}, "message": {"text": "x"}}
    answers = [await post(oa, CS, body), await post(oa, CS, "{"), await post(oa, CS, body)]
    assert [answer.json()["error"] for answer in answers] == [0, -201, -32]
    assert answers[2].json()["message"] == "Your application reached limit call api"
    left = [(answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remain"]) for answer in answers]
    assert left == [("2", "1"), ("2", "0"), ("2", "0")]
    clock.move_to(START + timedelta(minutes=1))
    assert (await send(oa))["error"] == 0


@pytest.mark.parametrize(("quota", "said"), [(Quota.SHORT, {"quota_type": "reply"}), (Quota.NONE, None)])
async def test_the_quota_may_be_left_out(oa: LocalZaloOa, quota: Quota, said: object) -> None:
    """In part or whole; so may the one that is asked for."""
    oa.quota = quota
    data = (await send(oa))["data"]
    assert isinstance(data, dict)
    assert data.get("quota") == said
    asked = (await post(oa, "/v3.0/oa/quota/message", {"user_id": USER})).json()["data"]
    assert "cs_reply" not in asked


async def test_the_last_interaction_can_be_asked_for(oa: LocalZaloOa) -> None:
    """Before a send, without one; of a person the account knows."""
    asked = (await post(oa, "/v3.0/oa/quota/message", {"user_id": USER})).json()
    assert asked["data"]["last_interaction"] == STAMP
    assert asked["data"]["cs_reply"] == {"remain": "8", "total": "8"}
    oa.users[USER].last = None
    asked = (await post(oa, "/v3.0/oa/quota/message", {"user_id": USER})).json()
    assert asked["data"]["last_interaction"] == "0"
    assert (await post(oa, "/v3.0/oa/quota/message", {"user_id": "nobody"})).json()["error"] == -201


async def test_the_account_says_who_it_is(oa: LocalZaloOa) -> None:
    """A GET that shows whether a token is good."""
    async with opened_client() as client:
        about = (await client.get(oa.base_url + "/v2.0/oa/getoa", headers=GOOD)).json()
        refused = (await client.get(oa.base_url + "/v2.0/oa/getoa")).json()
    assert (about["data"]["oaid"], about["data"]["is_verified"], about["error"]) == ("3000000000000000003", True, 0)
    assert refused["error"] == -216


async def test_buttons_go_with_a_text(oa: LocalZaloOa) -> None:
    """All four kinds, up to five."""
    url = {"title": "Mở", "type": "oa.open.url", "payload": {"url": "https://dondoc.example/r/1"}}
    phone = {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "84900000001"}}
    hide = {"title": "đ" * 100, "type": "oa.query.hide", "payload": "x" * 1000}
    assert (await send(oa, attachment=buttons(SHOW, url, phone, hide, SHOW)))["error"] == 0
    assert [button["title"] for button in oa.accepted[0].buttons] == ["Đã nhận", "Mở", "Gọi", "đ" * 100, "Đã nhận"]


@pytest.mark.parametrize(
    ("attachment", "error"),
    [
        (buttons(*[SHOW] * 6), -210),
        (buttons(SHOW | {"title": "x" * 101}), -210),
        (buttons(SHOW | {"payload": "x" * 1001}), -210),
        (buttons(), -210),
        (buttons(SHOW | {"title": ""}), -201),
        (buttons(SHOW | {"payload": {"url": "https://dondoc.example"}}), -201),
        (buttons(SHOW | {"type": "oa.open.url"}), -201),
        (buttons(SHOW | {"type": "oa.open.url", "payload": {"url": "javascript:x"}}), -201),
        (buttons(SHOW | {"type": "oa.open.phone", "payload": {"phone_code": "+84"}}), -201),
        (buttons(SHOW | {"type": "oa.open.sms"}), -201),
        (buttons("Đã nhận"), -201),
        ({"type": "file", "payload": {"token": "x"}}, -201),
        ({"type": "template", "payload": {}}, -201),
        ("buttons", -201),
    ],
)
async def test_buttons_that_do_not_fit_are_refused(oa: LocalZaloOa, attachment: object, error: int) -> None:
    """The text goes nowhere without them."""
    assert (await send(oa, attachment=attachment))["error"] == error
    assert oa.accepted == []


async def test_a_template_goes_at_any_time_to_a_user_id(oa: LocalZaloOa, clock: VirtualClock) -> None:
    """No window holds for it; what it lacks is refused, and old kinds go by telephone only."""
    clock.move_to(START + timedelta(days=30))
    oa.tokens.rotate()
    asked = {"user_id": USER, "template_id": "123456", "template_data": DATA}
    answer = (await post(oa, "/v3.0/oa/message/template", asked)).json()
    assert (answer["error"], answer["data"]["quota"]["quota_type"]) == (0, "sub_quota")
    assert [(taken.template_id, taken.text) for taken in oa.accepted] == [("123456", "")]
    wrong: list[tuple[dict[str, object], int]] = [
        ({"template_id": "7"}, -201),
        ({"template_id": "999"}, -249),
        ({"template_data": {"name": "x"}}, -201),
        ({"user_id": "nobody"}, -201),
    ]
    for part, error in wrong:
        assert (await post(oa, "/v3.0/oa/message/template", asked | part)).json()["error"] == error
    oa.users[USER].restricted = True
    assert (await post(oa, "/v3.0/oa/message/template", asked)).json()["error"] == -244


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"'])
async def test_a_body_that_is_no_object_is_refused(oa: LocalZaloOa, body: str) -> None:
    """In the envelope, not by a status."""
    answer = await post(oa, CS, body)
    assert (answer.status_code, answer.json()) == (200, {"error": -201, "message": "body is invalid!"})
