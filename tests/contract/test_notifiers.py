"""Every channel keeps the same promises: one receipt or one classified failure, over real sockets where it has any."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from daemon.clock import VirtualClock
from daemon.local.gateway import LocalGateway, Scripted
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from daemon.local.zalo_host import Weather
from daemon.local.zalo_oa import LocalZaloOa
from daemon.local.zalo_oauth import LocalZaloOAuth
from daemon.local.zalo_templates import REMINDER
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.local.zalo_zbs import LocalZbs
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import DeliveryError, FailureKind, Message, Notifier, Phase, Receipt
from notifiers.console import ConsoleNotifier
from notifiers.email import EmailNotifier
from notifiers.memory import Fault, MemoryNotifier
from notifiers.smtp_connection import SmtpRoute
from notifiers.webhook import WebhookNotifier, WebhookRoute
from notifiers.zalo_api import OaRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from notifiers.zalo_oa import ZaloOaNotifier
from notifiers.zalo_pair import pair_of
from notifiers.zalo_tokens import OAuthRoute, TokenSource
from notifiers.zalo_zbs import ZaloZbsNotifier
from tests.support.fresh import new_database

ADDRESS = "can-bo.mot@so-tai-chinh.example"
CHAT = "6ede000000000000d6a9"
SECRET = "canary-gateway-secret"
CLOCK = VirtualClock(datetime(2022, 10, 24, 1, 30, tzinfo=UTC))
MAIL = (
    "From: Sở Nội vụ <nhac-viec@so-noi-vu.example>\r\n"
    "To: can-bo.mot@so-tai-chinh.example\r\n"
    "Subject: Ngày 24/10/2022\r\n"
    "\r\n"
    ".một dòng bắt đầu bằng dấu chấm\r\n"
).encode()
USER = "2000000000000000002"
PHONE = "84900000001"
OA_CONTENT = (
    '{"buttons":[{"payload":{"url":"https://dondoc.so.example/x"},"title":"Báo đã gửi","type":"oa.open.url"}],'
    '"text":"Hạn 24/10: báo cáo dân vận 2022."}'
).encode()
ZBS_CONTENT = (
    '{"template_data":{"name":"Sở Tài chính","task":"báo cáo dân vận","time":"24/10/2022"},"template_id":"123456"}'
).encode()
TEXT = "Hạn 24/10: báo cáo dân vận 2022.".encode()


@dataclass
class FarSide:
    """One channel with its far side: what arrived there, and how to make it refuse."""

    notifier: Notifier
    message: Message
    arrived: Callable[[], list[bytes]]
    refuse: dict[FailureKind, Callable[[], None]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


async def email(stack: AsyncExitStack) -> FarSide:
    """Mail to a real SMTP server on loopback."""
    mail = await stack.enter_async_context(LocalMail(CLOCK.now))
    notifier = EmailNotifier(
        SmtpRoute("127.0.0.1", "nhac-viec@so-noi-vu.example", port=mail.port, security="none", command_timeout=30)
    )
    return FarSide(
        notifier,
        Message("dl-1", ADDRESS, MAIL),
        lambda: [letter.content for letter in mail.accepted],
        {
            FailureKind.PERMANENT: lambda: mail.refuse(ADDRESS, f"550 5.1.1 <{ADDRESS}>: no such user can-bo.mot"),
            FailureKind.TRANSIENT: lambda: mail.refuse(ADDRESS, f"450 4.7.1 <{ADDRESS}>: greylisted"),
            FailureKind.MISCONFIGURED: lambda: mail.refuse(ADDRESS, f"530 5.7.0 log in first to reach {ADDRESS}"),
            FailureKind.DENIED: lambda: mail.refuse(ADDRESS, f"554 5.7.1 <{ADDRESS}>: Relay access denied"),
        },
    )


async def zalo_bot(stack: AsyncExitStack) -> FarSide:
    """The bot against the local platform."""
    zalo = await stack.enter_async_context(LocalZaloBot(CLOCK.now, chats=(CHAT,)))

    def answer(code: int) -> Callable[[], None]:
        return lambda: zalo.refusals.update({CHAT: (code, f"bot{zalo.token}: chat {CHAT} says no")})

    return FarSide(
        ZaloBotNotifier(ZaloBotRoute(zalo.base_url, zalo.token), CLOCK.now),
        Message("dl-2", CHAT, TEXT),
        lambda: [text.text.encode() for text in zalo.accepted],
        {
            FailureKind.PERMANENT: answer(400),
            FailureKind.TRANSIENT: answer(403),
            FailureKind.THROTTLED: lambda: setattr(zalo, "weather", Weather.THROTTLED),
            FailureKind.MISCONFIGURED: answer(401),
        },
        (zalo.token, zalo.token.split(":")[1]),
    )


async def zalo_webhook(stack: AsyncExitStack) -> FarSide:
    """The province's gateway, checking every signature."""
    gateway = await stack.enter_async_context(LocalGateway(CLOCK.now, key_id="k1", secret=SECRET))

    def answer(status: int) -> Callable[[], None]:
        told = f'{{"error": "{SECRET} will not do for {CHAT}"}}'.encode()
        return lambda: gateway.script.append(Scripted(status, body=told))

    return FarSide(
        WebhookNotifier(WebhookRoute(gateway.url, "k1", SECRET), CLOCK.now),
        Message("dl-3", CHAT, TEXT),
        lambda: [post.text.encode() for post in gateway.accepted.values()],
        {
            FailureKind.PERMANENT: answer(422),
            FailureKind.TRANSIENT: answer(503),
            FailureKind.THROTTLED: answer(429),
            FailureKind.MISCONFIGURED: answer(401),
        },
        (SECRET,),
    )


def answered(code: int, refusals: dict[str, tuple[int, str]], address: str) -> Callable[[], None]:
    """Return what lets a host answer a person's messages with a code, in words that name him."""
    return lambda: refusals.update({address: (code, f"{address} with local-app-secret and AT-1 says no")})


async def tokens_of(stack: AsyncExitStack, tokens: LocalZaloTokens) -> TokenSource:
    """Return the tokens of a local OA, kept in a database of their own."""
    oauth = await stack.enter_async_context(LocalZaloOAuth(tokens))
    path = Path(stack.enter_context(TemporaryDirectory())) / "dondoc.db"
    new_database(path, now=CLOCK.now())
    store = StoredTokens(stack.enter_context(open_database(path)), tokens.app.app_id, tokens.app.oa_id)
    store.put(pair_of(tokens.access_token, tokens.refresh_token, CLOCK.now()), CLOCK.now())
    return TokenSource(store, OAuthRoute(oauth.base_url, tokens.app.app_id, tokens.app.app_secret), CLOCK.now)


async def zalo_oa(stack: AsyncExitStack) -> FarSide:
    """The Official Account against the local platform, which asks for proofs."""
    tokens = LocalZaloTokens(CLOCK.now, proofs=True)
    oa = await stack.enter_async_context(LocalZaloOa(CLOCK.now, tokens))
    oa.write(USER, "chào")
    route = OaRoute(oa.base_url, proof_secret=tokens.app.app_secret)
    return FarSide(
        ZaloOaNotifier(route, await tokens_of(stack, tokens), CLOCK.now),
        Message("dl-6", USER, OA_CONTENT),
        lambda: [canonical({"text": taken.text, "buttons": list(taken.buttons)}) for taken in oa.accepted],
        {
            FailureKind.PERMANENT: answered(-230, oa.refusals, USER),
            FailureKind.TRANSIENT: answered(-200, oa.refusals, USER),
            FailureKind.THROTTLED: lambda: setattr(oa, "per_minute", 0),
            FailureKind.MISCONFIGURED: answered(-224, oa.refusals, USER),
            FailureKind.DENIED: answered(-249, oa.refusals, USER),
        },
        (tokens.app.app_secret, "AT-1", "RT-1"),
    )


async def zalo_zbs(stack: AsyncExitStack) -> FarSide:
    """Templates by telephone number against the local platform."""
    tokens = LocalZaloTokens(CLOCK.now)
    zbs = await stack.enter_async_context(LocalZbs(CLOCK.now, tokens, templates=(REMINDER,)))
    return FarSide(
        ZaloZbsNotifier(OaRoute(zbs.base_url), await tokens_of(stack, tokens), CLOCK.now, kinds=()),
        Message("dl-7", PHONE, ZBS_CONTENT),
        lambda: [canonical({"template_id": m.template_id, "template_data": m.data}) for m in zbs.accepted.values()],
        {
            FailureKind.PERMANENT: answered(-118, zbs.refusals, PHONE),
            FailureKind.TRANSIENT: answered(-100, zbs.refusals, PHONE),
            FailureKind.THROTTLED: answered(-144, zbs.refusals, PHONE),
            FailureKind.MISCONFIGURED: answered(-120, zbs.refusals, PHONE),
            FailureKind.DENIED: answered(-131, zbs.refusals, PHONE),
        },
        (tokens.app.app_secret, "AT-1", "RT-1"),
    )


def canonical(document: object) -> bytes:
    """Return the one JSON text of what a channel took."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


async def console(stack: AsyncExitStack) -> FarSide:
    """The dry run, printed into a string."""
    stream = stack.enter_context(io.StringIO())
    return FarSide(
        ConsoleNotifier(stream),
        Message("dl-4", CHAT, TEXT),
        lambda: [line.strip().encode() for line in stream.getvalue().splitlines() if line.startswith("    ")],
    )


async def memory(stack: AsyncExitStack) -> FarSide:
    """The shipped fake, on its own."""
    notifier = MemoryNotifier()

    def fail(kind: FailureKind) -> Callable[[], None]:
        return lambda: notifier.fail(CHAT, Fault(kind))

    return FarSide(
        notifier,
        Message("dl-5", CHAT, TEXT),
        lambda: [message.content for message in notifier.accepted],
        {kind: fail(kind) for kind in FailureKind},
    )


CHANNELS: dict[str, Callable[[AsyncExitStack], Awaitable[FarSide]]] = {
    "email": email,
    "zalo_bot": zalo_bot,
    "zalo_webhook": zalo_webhook,
    "zalo_oa": zalo_oa,
    "zalo_zbs": zalo_zbs,
    "console": console,
    "memory": memory,
}
KINDS = [
    (name, kind)
    for name, kinds in {
        "email": set(FailureKind) - {FailureKind.THROTTLED},
        "zalo_bot": set(FailureKind) - {FailureKind.DENIED},
        "zalo_webhook": set(FailureKind) - {FailureKind.DENIED},
        "zalo_oa": set(FailureKind),
        "zalo_zbs": set(FailureKind),
        "memory": set(FailureKind),
    }.items()
    for kind in sorted(kinds)
]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Whatever was opened is closed again, the channel before its far side."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture(params=CHANNELS)
async def far(request: pytest.FixtureRequest, stack: AsyncExitStack) -> FarSide:
    """Each channel in turn."""
    side = await CHANNELS[request.param](stack)
    stack.push_async_callback(side.notifier.aclose)
    return side


async def quietly() -> None:
    """Let the content go."""


async def test_an_accepted_message_gives_a_receipt_and_arrives_once_as_it_was(far: FarSide) -> None:
    """The far side has exactly the bytes given, and the receipt shows no address and no secret."""
    receipt = await far.notifier.deliver(far.message, quietly)
    assert isinstance(receipt, Receipt)
    assert receipt.detail
    assert far.arrived() == [far.message.content]
    assert_veiled(repr(receipt), far)


async def test_the_caller_is_asked_once_and_before_the_content_is_seen(far: FarSide) -> None:
    """When `before_dot` is awaited nothing has arrived, and it is awaited exactly once."""
    seen: list[int] = []

    async def look() -> None:
        seen.append(len(far.arrived()))

    await far.notifier.deliver(far.message, look)
    assert seen == [0]
    assert len(far.arrived()) == 1


@pytest.mark.parametrize(("name", "kind"), KINDS)
async def test_a_refusal_comes_out_as_its_kind_and_shows_nothing_private(
    name: str, kind: FailureKind, stack: AsyncExitStack
) -> None:
    """The kind survives the wire; the text holds neither address nor secret, and no exception hangs behind it."""
    far = await CHANNELS[name](stack)
    stack.push_async_callback(far.notifier.aclose)
    far.refuse[kind]()
    with pytest.raises(DeliveryError) as caught:
        await far.notifier.deliver(far.message, quietly)
    error = caught.value
    assert error.kind is kind
    assert not error.maybe_accepted
    assert far.arrived() == []
    assert (error.retry_after or 0) >= (1 if kind is FailureKind.THROTTLED and name != "memory" else 0)
    assert error.__cause__ is None
    assert error.__context__ is None
    for shown in (str(error), repr(error), error.detail, repr(far.message), repr(far.notifier), error.code or ""):
        assert_veiled(shown, far)


@pytest.mark.parametrize("name", ["email", "memory"])
async def test_a_refused_envelope_never_asks_for_the_content(name: str, stack: AsyncExitStack) -> None:
    """Where a channel names the recipient first, a refusal there leaves `before_dot` alone."""
    far = await CHANNELS[name](stack)
    stack.push_async_callback(far.notifier.aclose)
    far.refuse[FailureKind.PERMANENT]()

    async def never() -> None:
        raise AssertionError("asked for the content of a refused envelope")

    with pytest.raises(DeliveryError) as caught:
        await far.notifier.deliver(far.message, never)
    assert caught.value.phase is Phase.ENVELOPE


async def test_a_caller_that_changes_its_mind_leaves_nothing_behind(far: FarSide) -> None:
    """What `before_dot` raises comes out unchanged, nothing arrives, and the channel still works."""

    async def withdraw() -> None:
        raise LookupError("the item was settled meanwhile")

    with pytest.raises(LookupError, match="settled meanwhile"):
        await far.notifier.deliver(far.message, withdraw)
    assert far.arrived() == []
    await far.notifier.deliver(far.message, quietly)
    assert far.arrived() == [far.message.content]


async def test_the_same_key_twice_brings_the_same_bytes(far: FarSide) -> None:
    """A repeat is byte for byte the first; a gateway that knows the key takes it only once."""
    await far.notifier.deliver(far.message, quietly)
    await far.notifier.deliver(far.message, quietly)
    assert set(far.arrived()) == {far.message.content}
    assert len(far.arrived()) == (1 if far.notifier.name == "zalo_webhook" else 2)


async def test_closing_twice_is_closing_once(far: FarSide) -> None:
    """A channel may be closed before use, after use, and again."""
    await far.notifier.deliver(far.message, quietly)
    await far.notifier.aclose()
    await far.notifier.aclose()
    assert far.arrived() == [far.message.content]


def assert_veiled(text: str, far: FarSide) -> None:
    """No address, no local part, no secret."""
    for private in (far.message.address, far.message.address.split("@")[0], *far.secrets):
        assert private not in text


async def test_cancelled_before_the_content_nothing_is_accepted(far: FarSide) -> None:
    """A task cancelled while it asks the caller ends as cancelled, and the far side takes nothing."""
    asked = asyncio.Event()

    async def wait_for_ever() -> None:
        asked.set()
        await asyncio.Future()

    task = asyncio.create_task(far.notifier.deliver(far.message, wait_for_ever))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await far.notifier.deliver(far.message, quietly)
    assert far.arrived() == [far.message.content]
