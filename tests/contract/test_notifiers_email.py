"""Mail against a server that fails at each step of the conversation: what is definite, what is unknown."""

from __future__ import annotations

import asyncio

import pytest

from daemon.local.scripted_mail import Action, Fault, ScriptedMail
from notifiers.base import DeliveryError, FailureKind, Message, Phase, Receipt
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute

SENDER = "nhac-viec@so-noi-vu.example"
ADDRESS = "can-bo.mot@so-tai-chinh.example"
LETTER = Message("dl-1", ADDRESS, b"From: a\r\nSubject: b\r\n\r\n.dot\r\nend\r\n")
T, P, M = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED


def route(server: ScriptedMail) -> SmtpRoute:
    """Return the plain way to the server, patient enough for a slow machine."""
    return SmtpRoute("127.0.0.1", SENDER, port=server.port, security="none")


async def quietly() -> None:
    """Let the content go."""


async def attempt(way: SmtpRoute, message: Message = LETTER) -> tuple[Receipt | DeliveryError, int]:
    """Return what became of one letter, and how often the content was asked for."""
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1

    notifier = EmailNotifier(way)
    outcome: Receipt | DeliveryError
    try:
        outcome = await notifier.deliver(message, count)
    except DeliveryError as error:
        outcome = error
    await notifier.aclose()
    return outcome, asked


async def failed(way: SmtpRoute, message: Message = LETTER) -> DeliveryError:
    """Return the failure of one letter whose content was never asked for."""
    outcome, asked = await attempt(way, message)
    assert isinstance(outcome, DeliveryError)
    assert asked == 0
    return outcome


BEFORE_CONTENT: list[tuple[str, Action, FailureKind, Phase, str | None]] = [
    ("greeting", b"421 4.3.2 not now\r\n", T, Phase.CONNECT, "421 4.3.2"),
    ("greeting", b"554 5.7.1 you are on a list\r\n", M, Phase.CONNECT, "554 5.7.1"),
    ("greeting", Fault.DROP, T, Phase.CONNECT, None),
    ("greeting", Fault.FLOOD, T, Phase.CONNECT, None),
    ("EHLO", b"garbage\r\n", T, Phase.CONNECT, None),
    ("EHLO", Fault.FLOOD, T, Phase.CONNECT, None),
    ("EHLO", Fault.DROP, T, Phase.CONNECT, None),
    ("MAIL", b"451 4.3.0 try later\r\n", T, Phase.ENVELOPE, "451 4.3.0"),
    ("MAIL", b"421 4.7.0 too many letters on this line\r\n", T, Phase.ENVELOPE, "421 4.7.0"),
    ("MAIL", b"553 5.7.1 sender not yours\r\n", M, Phase.ENVELOPE, "553 5.7.1"),
    ("MAIL", b"552 5.3.4 too big\r\n", P, Phase.ENVELOPE, "552 5.3.4"),
    ("MAIL", b"552 message size exceeds the limit\r\n", P, Phase.ENVELOPE, "552"),
    ("MAIL", b"530 5.7.0 log in first\r\n", M, Phase.ENVELOPE, "530 5.7.0"),
    ("RCPT", b"450 4.7.1 greylisted\r\n", T, Phase.ENVELOPE, "450 4.7.1"),
    ("RCPT", b"452 4.2.2 mailbox full\r\n", T, Phase.ENVELOPE, "452 4.2.2"),
    ("RCPT", b"552 5.2.2 mailbox full\r\n", T, Phase.ENVELOPE, "552 5.2.2"),
    ("RCPT", b"552 mailbox full\r\n", T, Phase.ENVELOPE, "552"),
    ("RCPT", b"550 5.1.1 no such user\r\n", P, Phase.ENVELOPE, "550 5.1.1"),
    ("RCPT", b"550 no\r\n", P, Phase.ENVELOPE, "550"),
    ("RCPT", b"554 5.7.1 relay access denied\r\n", FailureKind.DENIED, Phase.ENVELOPE, "554 5.7.1"),
    ("RCPT", b"553 5.7.1 <a@b>: Sender address rejected: not owned by user\r\n", M, Phase.ENVELOPE, "553 5.7.1"),
    ("RCPT", b"450 4.1.8 <a@b>: Sender address rejected: Domain not found\r\n", T, Phase.ENVELOPE, "450 4.1.8"),
    ("RCPT", b"554 5.7.1 policy\r\n", P, Phase.ENVELOPE, "554 5.7.1"),
    ("RCPT", b"999 what\r\n", T, Phase.ENVELOPE, None),
    ("RCPT", b"no number\r\n", T, Phase.ENVELOPE, None),
    ("RCPT", Fault.DROP, T, Phase.ENVELOPE, None),
    ("RCPT", Fault.FLOOD, T, Phase.ENVELOPE, None),
    ("DATA", b"451 4.3.0 no room\r\n", T, Phase.ENVELOPE, "451 4.3.0"),
    ("DATA", b"554 5.5.1 no valid recipients\r\n", P, Phase.ENVELOPE, "554 5.5.1"),
    ("DATA", b"250 odd\r\n", T, Phase.ENVELOPE, None),
    ("DATA", Fault.DROP, T, Phase.ENVELOPE, None),
]


@pytest.mark.parametrize(("step", "action", "kind", "phase", "code"), BEFORE_CONTENT)
async def test_before_the_content_every_failure_is_definite(
    step: str, action: Action, kind: FailureKind, phase: Phase, code: str | None
) -> None:
    """Kind, phase and code follow the table, and the server never saw the letter."""
    async with ScriptedMail({step: action, "HELO": b"garbage\r\n"}).running() as server:
        error = await failed(route(server))
    assert (error.kind, error.phase, error.code, error.maybe_accepted) == (kind, phase, code, False)
    assert server.received == []
    assert len(error.detail) <= 200


AFTER_CONTENT: list[tuple[Action, FailureKind, Phase, bool]] = [
    (b"451 4.3.0 disk trouble\r\n", T, Phase.ANSWERED, False),
    (b"421 4.3.2 going down\r\n", T, Phase.ANSWERED, False),
    (b"552 5.2.2 over quota\r\n", T, Phase.ANSWERED, False),
    (b"554 5.6.0 looks like spam\r\n", P, Phase.ANSWERED, False),
    (b"550 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n", M, Phase.ANSWERED, False),
    (Fault.DROP, T, Phase.CONTENT, True),
    (Fault.FLOOD, T, Phase.CONTENT, True),
    (b"garbage\r\n", T, Phase.CONTENT, True),
    (b"999 what\r\n", T, Phase.CONTENT, True),
]


@pytest.mark.parametrize(("action", "kind", "phase", "unknown"), AFTER_CONTENT)
async def test_after_the_dot_only_an_answer_is_definite(
    action: Action, kind: FailureKind, phase: Phase, unknown: bool
) -> None:
    """A refusal in words is a refusal; a cut line or nonsense after the dot may be an acceptance (RFC 1047)."""
    async with ScriptedMail({"DOT": action}).running() as server:
        outcome, asked = await attempt(route(server))
    assert isinstance(outcome, DeliveryError)
    assert (outcome.kind, outcome.phase, outcome.maybe_accepted, asked) == (kind, phase, unknown, 1)
    assert server.received == [LETTER.content]


@pytest.mark.parametrize(
    ("step", "limit", "unknown"),
    [
        ("greeting", "command_timeout", False),
        ("EHLO", "command_timeout", False),
        ("MAIL", "command_timeout", False),
        ("RCPT", "command_timeout", False),
        ("DATA", "data_timeout", False),
        ("DOT", "answer_timeout", True),
    ],
)
async def test_silence_is_bounded_at_every_step(step: str, limit: str, unknown: bool) -> None:
    """Each step has its own patience; only silence after the dot leaves the outcome unknown."""
    async with ScriptedMail({step: Fault.SILENT}).running() as server:
        way = SmtpRoute(
            "127.0.0.1",
            SENDER,
            port=server.port,
            security="none",
            command_timeout=0.3 if limit == "command_timeout" else 60,
            data_timeout=0.3 if limit == "data_timeout" else 60,
            answer_timeout=0.3 if limit == "answer_timeout" else 60,
        )
        outcome, _ = await attempt(way)
    assert isinstance(outcome, DeliveryError)
    assert (outcome.kind, outcome.maybe_accepted) == (T, unknown)
    assert "in time" in outcome.detail


async def test_a_server_that_is_not_there_is_a_passing_trouble() -> None:
    """A refused connection is TRANSIENT in phase CONNECT and names no address."""
    async with ScriptedMail({}).running() as server:
        way = route(server)
    error = await failed(way)
    assert (error.kind, error.phase, error.maybe_accepted) == (T, Phase.CONNECT, False)
    assert "refused" in error.detail.lower()


async def test_a_host_without_a_name_is_a_passing_trouble() -> None:
    """DNS trouble is TRANSIENT: the resolver may be back in a minute."""
    error = await failed(SmtpRoute("no-such-host.invalid", SENDER, security="none"))
    assert (error.kind, error.phase) == (T, Phase.CONNECT)


async def test_cancelled_after_the_dot_the_cancellation_passes_through() -> None:
    """Nothing is swallowed: who cancels after the content was asked for must call it unknown."""
    async with ScriptedMail({"DOT": Fault.SILENT}).running() as server:
        notifier = EmailNotifier(route(server))
        task = asyncio.create_task(notifier.deliver(LETTER, quietly))
        await server.heard("DOT")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await notifier.aclose()
    assert server.received == [LETTER.content]


async def test_a_line_lost_while_the_caller_prepares_is_definite() -> None:
    """The server left between 354 and the content: nothing was sent, nothing is unknown."""
    async with ScriptedMail({}).running() as server:
        notifier = EmailNotifier(route(server))

        async def meanwhile() -> None:
            await server.hang_up()
            for _ in range(50):  # turns of the loop, in which our end learns of it
                await asyncio.sleep(0)

        with pytest.raises(DeliveryError) as caught:
            await notifier.deliver(LETTER, meanwhile)
        await notifier.aclose()
    assert (caught.value.kind, caught.value.phase, caught.value.maybe_accepted) == (T, Phase.ENVELOPE, False)
