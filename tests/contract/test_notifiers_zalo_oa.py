"""The Official Account's channel: every documented code, tokens refused under way, answers badly made or none."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.local.zalo_host import Weather
from daemon.local.zalo_oa import Quota
from notifiers.base import DeliveryError, FailureKind, Message, Notifier, Phase
from notifiers.http_post import Answer
from notifiers.zalo_api import OaRoute, Refusal, read_answer
from notifiers.zalo_codes import CODES, REFRESH, Service, kind_of, seconds
from notifiers.zalo_oa import body_of
from tests.support.oa_kit import NOW, ZaloStreet, zalo_street

USER = "2000000000000000002"
TEXT = "Hạn 24/10: báo cáo dân vận 2022."
BUTTONS: list[object] = [
    {"payload": {"url": "https://dondoc.so.example/x"}, "title": "Báo đã gửi", "type": "oa.open.url"},
    {"payload": {"phone_code": "842763822233"}, "title": "Gọi đầu mối", "type": "oa.open.phone"},
]
T, P, M, H = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED, FailureKind.THROTTLED


def message(text: str = TEXT, buttons: list[object] | None = None, key: str = "dl-1") -> Message:
    """Return a letter to the one user."""
    content = json.dumps({"text": text, "buttons": BUTTONS if buttons is None else buttons}, ensure_ascii=False)
    return Message(key, USER, content.encode("utf-8", "surrogatepass"))


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[ZaloStreet]:
    """An OA to which one person has just written."""
    async with zalo_street(tmp_path) as opened:
        opened.oa.write(USER, "chào")
        yield opened


async def quietly() -> None:
    """Let the content go."""


async def failed(notifier: Notifier, sent: Message | None = None) -> DeliveryError:
    """Return the failure of one letter, which shows nobody and hangs on nothing."""
    with pytest.raises(DeliveryError) as caught:
        await notifier.deliver(sent or message(), quietly)
    error = caught.value
    assert error.__context__ is None
    assert USER not in repr(error)
    assert len(error.detail) <= 200
    return error


async def test_a_text_arrives_with_its_buttons(street: ZaloStreet) -> None:
    """As the protocol has it: the token in its own header, ids as text."""
    receipt = await street.by_oa().deliver(message(), quietly)
    (taken,) = street.oa.accepted
    assert (taken.user_id, taken.text, list(taken.buttons)) == (USER, TEXT, BUTTONS)
    assert receipt.provider_id == taken.message_id
    (call,) = street.oa.requests
    assert (call.method, call.path, call.headers["access_token"]) == ("POST", "/v3.0/oa/message/cs", "AT-1")
    assert not {"authorization", "appsecret_proof"} & set(call.headers)
    assert json.loads(call.body) == {
        "recipient": {"user_id": USER},
        "message": {"text": TEXT, "attachment": {"type": "template", "payload": {"buttons": BUTTONS}}},
    }


async def test_a_text_without_buttons_has_no_attachment(street: ZaloStreet) -> None:
    """An empty list would be refused."""
    await street.by_oa().deliver(message(buttons=[]), quietly)
    assert b"attachment" not in street.oa.requests[0].body
    assert street.oa.accepted[0].buttons == ()


@pytest.mark.parametrize("quota", Quota)
async def test_what_an_answer_says_of_the_quota_is_its_own_affair(street: ZaloStreet, quota: Quota) -> None:
    """Fields that Zalo is dropping are not needed."""
    street.oa.quota = quota
    assert (await street.by_oa().deliver(message(), quietly)).provider_id == street.oa.accepted[0].message_id


async def test_an_app_that_asks_for_proofs_gets_them(street: ZaloStreet) -> None:
    """With the secret the calls pass, without it the channel is misconfigured."""
    street.tokens.proofs = True
    error = await failed(street.by_oa())
    assert (error.kind, error.code) == (M, "-242")
    await street.by_oa(proof=True).deliver(message(), quietly)
    assert len(street.oa.accepted) == 1


@pytest.mark.parametrize("as_text", [False, True])
async def test_every_documented_code_is_treated_as_the_table_says(street: ZaloStreet, as_text: bool) -> None:
    """In an answer of HTTP 200, as a number or quoted."""
    street.oa.codes_as_text = as_text
    notifier = street.by_oa()
    for code, known in CODES[Service.OA].items():
        if known is REFRESH:
            continue
        street.oa.refusals[USER] = (code, f"as told to {USER}")
        error = await failed(notifier)
        assert (error.kind, error.code, error.phase) == (kind_of(known), str(code), Phase.ANSWERED)
        assert error.retry_after == seconds(known.wait, NOW)
        assert error.detail == f"{code}: as told to …"
        assert not error.maybe_accepted
    assert street.oa.accepted == []


async def test_the_window_closes_after_seven_days_and_opens_when_the_person_writes(street: ZaloStreet) -> None:
    """PERMANENT, so that the letter goes another way at once; nothing is remembered against him."""
    street.clock.move_to(NOW + timedelta(days=7, seconds=1))
    notifier = street.by_oa()
    error = await failed(notifier)
    assert (error.kind, error.code) == (P, "-230")
    street.oa.write(USER, "tôi đây")
    await notifier.deliver(message(), quietly)
    assert len(street.oa.accepted) == 1


@pytest.mark.parametrize("code", [code for code, known in CODES[Service.OA].items() if known is REFRESH])
async def test_a_refused_token_is_renewed_and_the_letter_sent_once_more(street: ZaloStreet, code: int) -> None:
    """The caller is asked once; if the new token is refused as well it is no use going on."""
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1

    street.oa.refusals[USER] = (code, "Access token is invalid")
    with pytest.raises(DeliveryError) as caught:
        await street.by_oa().deliver(message(), ask)
    assert (caught.value.kind, caught.value.code, caught.value.maybe_accepted) == (M, str(code), False)
    assert (asked, street.oauth.refreshes) == (1, 1)
    assert [call.headers["access_token"] for call in street.oa.requests] == ["AT-1", "AT-2"]


@pytest.mark.parametrize("expired_code", [-216, -220])
async def test_a_token_that_ended_under_way_costs_one_refresh(street: ZaloStreet, expired_code: int) -> None:
    """The store believed it good; the host did not."""
    street.oa.expired_code = expired_code
    street.tokens.access_token = "AT-other"
    await street.by_oa().deliver(message(), quietly)
    assert (len(street.oa.accepted), street.oauth.refreshes) == (1, 1)
    kept = street.store.load()
    assert kept is not None
    assert (kept.pair.access, kept.pair.generation) == ("AT-2", 2)


async def test_many_letters_with_one_dead_token_make_one_refresh(street: ZaloStreet) -> None:
    """Twenty at once, by two senders."""
    street.tokens.access_token = "AT-other"
    first, second = street.by_oa(), street.by_oa()
    sends = [(first, second)[n % 2].deliver(message(key=f"dl-{n}"), quietly) for n in range(20)]
    await asyncio.gather(*sends)
    assert (len(street.oa.accepted), street.oauth.refreshes) == (20, 1)


async def test_a_letter_waits_when_its_token_cannot_be_renewed(street: ZaloStreet) -> None:
    """A lost refresh is no lost letter: certainly not accepted, to be tried again."""
    street.tokens.access_token = "AT-other"
    street.oauth.forecast.append(Weather.DROPPED)
    notifier = street.by_oa()
    error = await failed(notifier)
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONNECT, False)
    error = await failed(notifier)
    assert error.kind is M
    assert "dondoc zalo token" in error.detail
    assert street.oa.accepted == []


async def test_a_code_nobody_documents_is_tried_once_more_and_then_final(street: ZaloStreet) -> None:
    """For that letter; another letter has its own second try, and so has the same one after it got through."""
    street.oa.refusals[USER] = (-9999, "something new")
    notifier = street.by_oa()
    assert [(await failed(notifier)).kind for _ in range(3)] == [T, P, T]
    assert (await failed(notifier, message(key="dl-2"))).kind is T
    del street.oa.refusals[USER]
    await notifier.deliver(message(), quietly)
    street.oa.refusals[USER] = (-9999, "something new")
    assert [(await failed(notifier)).kind for _ in range(2)] == [T, P]


async def test_what_is_remembered_of_unknown_codes_is_bounded(
    street: ZaloStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest letter is forgotten first."""
    monkeypatch.setattr("notifiers.zalo_api._REMEMBERED", 1)
    street.oa.refusals[USER] = (-9999, "something new")
    notifier = street.by_oa()
    kinds = [(await failed(notifier, message(key=key))).kind for key in ("a", "b", "a", "a")]
    assert kinds == [T, T, T, P]


@pytest.mark.parametrize(
    ("weather", "kind", "unknown", "arrived"),
    [
        (Weather.THROTTLED, H, False, 0),
        (Weather.BROKEN, T, False, 0),
        (Weather.PAGE, T, True, 0),
        (Weather.TRUNCATED, T, True, 1),
        (Weather.LATE, T, True, 1),
        (Weather.DROPPED, T, True, 1),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
async def test_a_platform_in_bad_weather(
    street: ZaloStreet, weather: Weather, kind: FailureKind, unknown: bool, arrived: int, as_json: bool
) -> None:
    """What says neither yes nor no leaves the outcome unknown; a gateway means the same in HTML and in JSON."""
    street.oa.pages_as_json = as_json
    street.oa.weather = weather
    error = await failed(street.by_oa())
    assert (error.kind, error.maybe_accepted, len(street.oa.accepted)) == (kind, unknown, arrived)
    assert (error.retry_after is not None) is (kind is H)


async def test_a_gateway_that_refuses_the_token_in_json_has_it_renewed(street: ZaloStreet) -> None:
    """As one that does so with a page; the letter then goes once more."""
    bodies: list[bytes] = []

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readuntil(b"}}"))
        said = http("200 OK", '{"error":0,"data":{"message_id":"1"}}') if len(bodies) > 1 else http("401 No", "{}")
        writer.write(said)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        notifier = street.by_oa(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await notifier.deliver(message(), quietly)).provider_id == "1"
    assert [b"access_token: AT-2" in body for body in bodies] == [False, True]
    assert len(street.oauth.requests) == 1


async def test_no_answer_in_time_is_unknown(street: ZaloStreet) -> None:
    """The text was taken and nobody said so."""
    street.oa.weather = Weather.HANGING
    error = await failed(street.by_oa(timeout=0.5))
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONTENT, True)
    assert len(street.oa.accepted) == 1
    street.oa.clear_up()


async def test_a_platform_that_is_not_there_is_a_passing_trouble(street: ZaloStreet) -> None:
    """Nothing left, nothing is unknown."""
    error = await failed(street.by_oa("http://127.0.0.1:1"))
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONNECT, False)


def http(head: str, body: str = "", length: int | None = None) -> bytes:
    """Return a raw HTTP answer; `length` may lie about the body."""
    size = len(body.encode()) if length is None else length
    return f"HTTP/1.1 {head}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{body}".encode()


RAW: list[tuple[str, bytes, FailureKind, bool]] = [
    ("nothing at all", b"", T, True),
    ("no HTTP", b"220 mail server\r\n", T, True),
    ("an answer cut short", http("200 OK", '{"error":0', 400), T, True),
    ("an empty page", http("200 OK"), T, True),
    ("a list", http("200 OK", "[1]"), T, True),
    ("nothing said", http("200 OK", '{"message":"Success"}'), T, True),
    ("no code and an empty answer", http("200 OK", '{"data":{}}'), T, True),
    ("a code that is none", http("200 OK", '{"error":{"a":[1]},"data":{"message_id":"1"}}'), T, True),
    ("success that is none", http("500 Internal Server Error", '{"error":0,"data":{"message_id":"1"}}'), T, True),
    ("deep nesting", http("200 OK", "[" * 60_000), T, True),
    ("a gateway's own 503", http("503 Service Unavailable"), T, False),
    ("a redirect", http("301 Moved Permanently"), M, False),
    ("another server's 404", http("404 Not Found", "<html>"), M, False),
    ("a fire wall's 403", http("403 Forbidden", "<html>"), T, False),
    ("too large", http("413 Content Too Large", "<html>"), P, False),
    ("a timeout said", http("408 Request Timeout", "<html>"), T, True),
    ("a real 401 with its code", http("401 Unauthorized", '{"error":-224,"message":"x"}'), M, False),
    ("a real 400 with its code", http("400 Bad Request", '{"error":"-201","message":"x"}'), P, False),
    ("a real 401 that goes on", http("401 Unauthorized"), M, False),
    ("a 401 in JSON that goes on", http("401 Unauthorized", '{"message":"Unauthorized"}'), M, False),
    ("a 403 in JSON", http("403 Forbidden", '{"message":"Forbidden"}'), T, False),
    ("a 404 in JSON", http("404 Not Found", '{"message":"no Route matched with those values"}'), M, False),
    ("a 429 in JSON", http("429 Too Many Requests", '{"message":"x","error":null}'), H, False),
    ("a 500 in JSON", http("500 Internal Server Error", '{"error":"internal"}'), T, False),
    ("a 503 in JSON", http("503 Service Unavailable", '{"error":"Service Unavailable"}'), T, False),
    ("a 504 in JSON", http("504 Gateway Timeout", '{"message":"x"}'), T, True),
    ("a 500 beside a message", http("500 Internal Server Error", '{"data":{"message_id":"1"}}'), T, True),
]


@pytest.mark.parametrize(("answer", "kind", "unknown"), [row[1:] for row in RAW], ids=[row[0] for row in RAW])
async def test_an_answer_nobody_expected(street: ZaloStreet, answer: bytes, kind: FailureKind, unknown: bool) -> None:
    """Real statuses beside Zalo's own codes: the code decides, where there is one."""
    ended = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"}}")
        writer.write(answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        error = await failed(street.by_oa(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        await ended.wait()
    assert (error.kind, error.maybe_accepted) == (kind, unknown)


async def test_an_acceptance_without_a_code_is_one(street: ZaloStreet) -> None:
    """A message id says so as well; one that is a number stays exact."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")
        writer.write(http("200 OK", '{"data":{"message_id":9007199254740993}}'))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        notifier = street.by_oa(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await notifier.deliver(message(), quietly)).provider_id == "9007199254740993"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        TEXT.encode(),
        b"[]",
        b'{"text":1}',
        b'{"text":"x","buttons":{}}',
        b"[" * 60_000,
        message("").content,
        message(" \n").content,
        message("x" * 2001).content,
        message("😀" * 1001).content,
        message(buttons=[{}] * 6).content,
    ],
)
def test_what_the_oa_would_not_take_is_refused_at_home(content: bytes) -> None:
    """Before anything is asked or sent."""
    with pytest.raises(DeliveryError) as caught:
        body_of(Message("dl-1", USER, content))
    assert (caught.value.kind, caught.value.phase) == (P, Phase.CONNECT)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", ["x" * 2000, "😀" * 1000, unicodedata.normalize("NFD", "ộ" * 2000)])
async def test_the_longest_text_still_goes_in_composed_letters(street: ZaloStreet, text: str) -> None:
    """The limit counts UTF-16 units after NFC."""
    await street.by_oa().deliver(message(text), quietly)
    assert street.oa.accepted[0].text == unicodedata.normalize("NFC", text)


def test_a_route_shows_no_secret_and_must_be_a_url() -> None:
    """In its repr and in what it refuses."""
    assert "canary" not in repr(OaRoute("https://x.example", proof_secret="canary", proxy="http://canary.example"))
    with pytest.raises(ValueError, match="not an http") as caught:
        OaRoute("canary")
    assert "canary" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ENVELOPE = st.fixed_dictionaries(
    {"error": st.sampled_from([0, "0", -216, "-32"]) | JSON, "data": JSON, "message": JSON}
)


@given(
    service=st.sampled_from([Service.OA, Service.ZBS]),
    status=st.integers(200, 599),
    body=st.binary() | ENVELOPE.map(lambda envelope: json.dumps(envelope).encode()),
    headers=st.dictionaries(st.just("retry-after"), st.text()),
)
def test_no_answer_whatever_breaks_the_reader(
    service: Service, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    """Any status, headers and body end as data or as a refusal; an acceptance needs a status that is one."""
    told = read_answer(Answer(status, headers, body), service, NOW, ("canary",))
    if isinstance(told, Refusal):
        assert len(told.error.detail) <= 200
        assert told.error.detail.isprintable()
    else:
        assert status < 300
