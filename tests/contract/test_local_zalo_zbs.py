"""The local template host checks telephone, template and data, counts the day, and knows what was delivered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time, timedelta

import httpx
import pytest

from daemon.clock import VirtualClock, at
from daemon.local.zalo_templates import MOST, REMINDER, LocalTemplate, Param
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.local.zalo_zbs import LocalZbs
from notifiers.zalo_signature import appsecret_proof
from tests.support.zalo_kit import PHONE, STAMP, START, opened_client

GOOD = {"access_token": "AT-1"}
DATA = {"name": "Sở Tư pháp", "task": "báo cáo dân vận", "time": "17:00 24/10/2022"}
SEND = "/message/template"


@pytest.fixture
def clock() -> VirtualClock:
    """The time the server sees."""
    return VirtualClock(START)


@pytest.fixture
async def zbs(clock: VirtualClock) -> AsyncIterator[LocalZbs]:
    """A host with three templates, one of them to be used."""
    waiting = replace(REMINDER, id="200", status="PENDING_REVIEW")
    stopped = replace(REMINDER, id="201", status="DISABLE")
    tokens = LocalZaloTokens(clock.now)
    async with LocalZbs(clock.now, tokens, templates=(REMINDER, waiting, stopped)) as server:
        yield server


async def send(zbs: LocalZbs, headers: dict[str, str] | None = None, **parts: object) -> dict[str, object]:
    """Return the envelope of one message; a part that is None is left out."""
    asked = {"phone": PHONE, "template_id": "123456", "template_data": DATA, "tracking_id": "rem-42-1"} | parts
    return await raw(zbs, json.dumps({name: part for name, part in asked.items() if part is not None}), headers)


async def raw(zbs: LocalZbs, body: str, headers: dict[str, str] | None = None) -> dict[str, object]:
    """Return the envelope of any body."""
    async with opened_client() as client:
        answer = await client.post(zbs.base_url + SEND, content=body, headers=GOOD if headers is None else headers)
    assert answer.status_code == 200
    envelope = answer.json()
    assert isinstance(envelope, dict)
    return envelope


async def get(zbs: LocalZbs, path: str, **asked: str) -> dict[str, object]:
    """Return the envelope of one question."""
    async with opened_client() as client:
        envelope = (await client.get(zbs.base_url + path, params=asked, headers=GOOD)).json()
    assert isinstance(envelope, dict)
    return envelope


async def test_a_message_is_taken(zbs: LocalZbs) -> None:
    """`msg_id`, not `message_id`; the quota is text here."""
    assert await send(zbs) == {
        "error": 0,
        "message": "Success",
        "data": {
            "msg_id": f"{1:020x}",
            "sent_time": STAMP,
            "sending_mode": "1",
            "quota": {"dailyQuota": "500", "remainingQuota": "499"},
        },
    }
    taken = zbs.accepted[f"{1:020x}"]
    assert (taken.phone, taken.template_id, taken.data, taken.tracking_id) == (PHONE, "123456", DATA, "rem-42-1")
    assert (await send(zbs, phone=f"+{PHONE}"))["error"] == 0
    assert [one.phone for one in zbs.accepted.values()] == [PHONE, PHONE]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"phone": "0900000001"}, -108),
        ({"phone": "8490000000"}, -108),
        ({"phone": "84 900000001"}, -108),
        ({"phone": "8490000000१"}, -108),
        ({"phone": None}, -108),
        ({"template_id": "7"}, -109),
        ({"template_id": 123456}, -109),
        ({"template_id": "200"}, -131),
        ({"template_id": "201"}, -146),
        ({"tracking_id": None}, -132),
        ({"tracking_id": "x" * 49}, -132),
        ({"tracking_id": "thư 42"}, -132),
        ({"template_data": None}, -111),
        ({"template_data": {}}, -111),
        ({"template_data": "x"}, -112),
        ({"template_data": DATA | {"name": {"vi": "x"}}}, -112),
        ({"template_data": {"name": "x", "task": "y"}}, -1122),
        ({"template_data": DATA | {"name": ""}}, -1122),
        ({"template_data": DATA | {"name": None}}, -1122),
        ({"template_data": DATA | {"name": "x" * 31}}, -1121),
        ({"template_data": DATA | {"document": "x" * 31}}, -1121),
        ({"template_data": DATA | {"time": "2022-10-24"}}, -1124),
        ({"template_data": DATA | {"time": "24:00 24/10/2022"}}, -1124),
        ({"template_data": DATA | {"task": "hai\ndòng"}}, -1124),
    ],
)
async def test_what_does_not_fit_has_its_code(zbs: LocalZbs, parts: dict[str, object], error: int) -> None:
    """And nothing is taken."""
    assert (await send(zbs, None, **parts))["error"] == error
    assert zbs.accepted == {}


@pytest.mark.parametrize(
    "when", ["17:00:00", "17:00", "17:00:00 24/10/2022", "17:00 24/10/2022", "24/10/2022", "10/2022"]
)
async def test_a_time_has_one_of_six_forms(zbs: LocalZbs, when: str) -> None:
    """All of them are taken."""
    assert (await send(zbs, template_data=DATA | {"time": when}))["error"] == 0


@pytest.mark.parametrize("kind", list(Param))
def test_each_kind_has_its_maximum(kind: Param) -> None:
    """The longest passes or is malformed; one character more is too long."""
    template = LocalTemplate("1", "x", {"p": kind})
    fitting = {Param.TIME: "17:00:00 24/10/2022", Param.URL: "https://" + "x" * 192}.get(kind, "7" * MOST[kind])
    template.check({"p": fitting})
    with pytest.raises(Exception, match="over length") as caught:
        template.check({"p": fitting + "7" * (MOST[kind] + 1 - len(fitting))})
    assert getattr(caught.value, "code", None) == -1121


async def test_bodies_that_are_none(zbs: LocalZbs) -> None:
    """Empty and not JSON are two things."""
    assert [(await raw(zbs, body))["error"] for body in ("", "{", "[]")] == [-121, -122, -122]


@pytest.mark.parametrize("headers", [{}, {"access_token": "AT-0"}, {"Authorization": "Bearer AT-1"}])
async def test_a_dead_token_is_minus_124_here(zbs: LocalZbs, headers: dict[str, str]) -> None:
    """The same token, another code than on the account's host."""
    assert await send(zbs, headers) == {"error": -124, "message": "Access token invalid"}


async def test_an_old_or_unproven_token(zbs: LocalZbs, clock: VirtualClock) -> None:
    """-124 when its time is over, -1241 without the proof the app asks for."""
    zbs.tokens.proofs = True
    assert (await send(zbs))["error"] == -1241
    proof = GOOD | {"appsecret_proof": appsecret_proof("AT-1", "local-app-secret")}
    assert (await send(zbs, proof))["error"] == 0
    clock.move_to(START + timedelta(hours=25))
    assert (await send(zbs, proof))["error"] == -124


async def test_development_reaches_admins_only(zbs: LocalZbs) -> None:
    """-127 for others, -126 when the tests are used up; neither is paid for."""
    assert (await send(zbs, mode="development"))["error"] == -127
    zbs.admins.add(PHONE)
    zbs.wallet, zbs.balance = 1, 0
    assert (await send(zbs, mode="development"))["error"] == 0
    assert (await send(zbs, mode="development"))["error"] == -126
    assert (await send(zbs))["error"] == -115
    assert [one.development for one in zbs.accepted.values()] == [True]


async def test_a_day_has_its_quota_in_vietnam(zbs: LocalZbs, clock: VirtualClock) -> None:
    """-144 for the account, -147 for one template; both begin again at midnight in Hanoi."""
    zbs.daily = 2
    zbs.templates["123456"] = replace(REMINDER, daily=1)
    zbs.templates["300"] = replace(REMINDER, id="300")
    assert [(await send(zbs))["error"] for _ in range(2)] == [0, -147]
    assert [(await send(zbs, template_id="300"))["error"] for _ in range(2)] == [0, -144]
    assert (await get(zbs, "/message/quota"))["data"] == {"dailyQuota": 2, "remainingQuota": 0}
    clock.move_to(at(date(2022, 10, 25)) - timedelta(seconds=1))
    assert (await send(zbs))["error"] == -144
    clock.move_to(at(date(2022, 10, 25)))
    assert (await send(zbs))["error"] == 0


@pytest.mark.parametrize(
    ("hour", "night", "error"),
    [(time(21, 59), True, 0), (time(22, 0), True, -133), (time(5, 59), True, -133), (time(6, 0), True, 0),
     (time(23, 0), False, 0)],
)  # fmt: skip
async def test_the_night_rule_is_a_switch(hour: time, night: bool, error: int) -> None:
    """From 22:00 to 06:00 in Vietnam; a template may be let out of it."""
    clock = VirtualClock(at(date(2022, 10, 25), hour))
    free = replace(REMINDER, id="300", at_night=True)
    tokens = LocalZaloTokens(clock.now)
    async with LocalZbs(clock.now, tokens, templates=(REMINDER, free), night=night) as zbs:
        assert (await send(zbs))["error"] == error
        assert (await send(zbs, template_id="300"))["error"] == 0


async def test_people_without_zalo_and_those_who_want_none(zbs: LocalZbs) -> None:
    """-118 and -114; any other answer can be put in a number's place."""
    zbs.unknown.add(PHONE)
    assert (await send(zbs))["error"] == -118
    zbs.unknown.clear()
    zbs.deaf.add(PHONE)
    assert (await send(zbs))["error"] == -114
    zbs.refusals[PHONE] = (-1471, "as told")
    assert await send(zbs) == {"error": -1471, "message": "as told"}


async def test_a_status_is_unknown_then_accepted_then_delivered(zbs: LocalZbs, clock: VirtualClock) -> None:
    """-1, 0 and 1; the time is that of delivery."""
    zbs.away.add(PHONE)
    await send(zbs)
    seen = [(await get(zbs, "/message/status", message_id=one))["data"] for one in ("nobody", f"{1:020x}")]
    clock.move_to(START + timedelta(minutes=1))
    zbs.deliver(f"{1:020x}")
    seen.append((await get(zbs, "/message/status", message_id=f"{1:020x}"))["data"])
    assert [(one["status"], one["delivery_time"]) for one in seen if isinstance(one, dict)] == [
        (-1, ""),
        (0, ""),
        (1, str(int(STAMP) + 60_000)),
    ]


async def test_a_template_tells_its_parameters(zbs: LocalZbs) -> None:
    """Name, type, longest, whether it may be left out."""
    described = (await get(zbs, "/template/info/v2", template_id="123456"))["data"]
    assert isinstance(described, dict)
    listed = [(p["name"], p["type"], p["maxLength"], p["require"], p["acceptNull"]) for p in described["listParams"]]
    assert listed == [
        ("name", "STRING", 30, True, False),
        ("task", "STRING", 200, True, False),
        ("time", "DATE", 20, True, False),
        ("document", "STRING", 30, False, True),
    ]
    assert (described["status"], described["timeout"]) == ("ENABLE", 7_200_000)
    assert (await get(zbs, "/template/info/v2", template_id="7"))["error"] == -109


async def test_templates_are_listed_by_page_and_status(zbs: LocalZbs) -> None:
    """At most a hundred at a time."""
    second = await get(zbs, "/template/all", offset="1", limit="1")
    assert isinstance(second["data"], list)
    assert ([one["templateId"] for one in second["data"]], second["metadata"]) == (["200"], {"total": 3})
    enabled = await get(zbs, "/template/all", offset="0", limit="100", status="1")
    assert isinstance(enabled["data"], list)
    assert [one["templateName"] for one in enabled["data"]] == ["Nhắc gửi văn bản"]
    for wrong in ("0", "101", "x"):
        assert (await get(zbs, "/template/all", offset="0", limit=wrong))["error"] == -132


async def test_a_path_it_does_not_have(zbs: LocalZbs) -> None:
    """A plain 404, as of any web server."""
    async with opened_client() as client:
        answer: httpx.Response = await client.post(zbs.base_url + "/message/otp", json={}, headers=GOOD)
    assert answer.status_code == 404
