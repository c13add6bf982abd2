"""What stands on the wire when mail is handed over, and how conversations are kept open between letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from daemon.local.scripted_mail import Action, Fault, ScriptedMail
from notifiers.base import DeliveryError, FailureKind, Message, Phase, Receipt
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute

SENDER = "nhac-viec@so-noi-vu.example"
ADDRESS = "can-bo.mot@so-tai-chinh.example"
LETTER = Message("dl-1", ADDRESS, b"From: a\r\nSubject: b\r\n\r\n.dot\r\nend\r\n")
P = FailureKind.PERMANENT


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


async def test_the_receipt_keeps_the_servers_words_and_its_queue_id() -> None:
    """The 250's text is evidence: kept on one line, cut at 200 characters, without the address."""
    answer = f"250-2.0.0 for <{ADDRESS}>\r\n250 Ok: queued as 4XyZ {'x' * 400}\r\n".encode()
    async with ScriptedMail({"DOT": answer}).running() as server:
        receipt, _ = await attempt(route(server))
    assert isinstance(receipt, Receipt)
    assert receipt.provider_id == "4XyZ"
    assert receipt.detail.startswith("250 2.0.0 for <…> Ok: queued as 4XyZ")
    assert len(receipt.detail) == 200
    assert [line for line in server.said if line.startswith(("MAIL", "RCPT"))] == [
        f"MAIL FROM:<{SENDER}>",
        f"RCPT TO:<{ADDRESS}>",
    ]


async def test_a_dropped_quit_and_a_dropped_reset_harm_no_letter() -> None:
    """What goes wrong between letters is mended by a new conversation."""
    async with ScriptedMail({"QUIT": Fault.DROP, "RSET": [Fault.DROP, b"451 no\r\n"]}).running() as server:
        notifier = EmailNotifier(route(server))
        for _ in range(4):
            await notifier.deliver(LETTER, quietly)
        await notifier.aclose()
    assert len(server.received) == 4
    assert server.connections == 3


async def test_conversations_are_reused_limited_and_replaced_when_the_server_left() -> None:
    """One connection carries letter after letter, also after a refusal, until its ration is used up."""
    script: dict[str, Action | list[Action]] = {"RCPT": [b"250 ok\r\n", b"550 5.1.1 nobody\r\n"]}
    async with ScriptedMail(script).running() as server:
        notifier = EmailNotifier(replace(route(server), letters=3))
        await notifier.deliver(LETTER, quietly)
        with pytest.raises(DeliveryError):
            await notifier.deliver(LETTER, quietly)
        await notifier.deliver(LETTER, quietly)
        assert server.connections == 1
        await notifier.deliver(LETTER, quietly)
        assert server.connections == 2
        await notifier.aclose()
    assert server.said.count("RSET") == 2
    assert len(server.received) == 3


async def test_no_more_conversations_than_allowed_run_at_once() -> None:
    """The rest wait their turn; every letter arrives."""
    async with ScriptedMail({}).running() as server:
        notifier = EmailNotifier(replace(route(server), connections=2))
        open_now = most = 0

        async def count() -> None:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0)
            open_now -= 1

        await asyncio.gather(*(notifier.deliver(LETTER, count) for _ in range(10)))
        await notifier.aclose()
    assert len(server.received) == 10
    assert server.connections == 2
    assert most <= 2


async def test_an_idle_conversation_says_goodbye_by_itself() -> None:
    """After `keep` seconds the connection is given back to the server with QUIT."""
    async with ScriptedMail({}).running() as server:
        notifier = EmailNotifier(replace(route(server), keep=0.01))
        await notifier.deliver(LETTER, quietly)
        await server.heard("QUIT")
        await notifier.deliver(LETTER, quietly)
        await notifier.aclose()
    assert server.connections == 2


async def test_a_letter_over_the_announced_size_is_refused_before_it_is_offered() -> None:
    """The sizes are named, and MAIL is never said; a letter that fits announces its size."""
    async with ScriptedMail({}, ehlo=("SIZE 36",)).running() as server:
        error = await failed(route(server), Message("dl-2", ADDRESS, b"x" * 60))
        fitting, _ = await attempt(route(server))
    assert (error.kind, error.phase) == (P, Phase.ENVELOPE)
    assert "62 bytes" in error.detail
    assert "36" in error.detail
    assert isinstance(fitting, Receipt)
    assert [line for line in server.said if line.startswith("MAIL")] == [f"MAIL FROM:<{SENDER}> SIZE=34"]


async def test_lines_are_ended_and_stuffed_as_the_wire_wants_them() -> None:
    """Lone line feeds become CRLF and leading dots survive; nothing in a letter can end it early."""
    async with ScriptedMail({}).running() as server:
        await attempt(route(server), Message("dl-3", ADDRESS, b".first\n.\r\rMAIL FROM:<evil@x.example>\n..two"))
    assert server.received == [b".first\r\n.\r\n\r\nMAIL FROM:<evil@x.example>\r\n..two\r\n"]
    assert sum(line.startswith("MAIL") for line in server.said) == 1


VIETNAMESE = Message("dl-4", "bảo@việt.example", b"Subject: x\r\n\r\nx\r\n")


async def test_an_address_outside_ascii_needs_a_server_that_takes_it() -> None:
    """Without SMTPUTF8 it is refused in clear words, with it the address goes as it is."""
    async with ScriptedMail({}).running() as server:
        error = await failed(route(server), VIETNAMESE)
    async with ScriptedMail({}, ehlo=("SMTPUTF8", "8BITMIME")).running() as modern:
        taken, _ = await attempt(route(modern), VIETNAMESE)
    assert error.kind is P
    assert "SMTPUTF8" in error.detail
    assert "bảo" not in error.detail
    assert isinstance(taken, Receipt)
    assert f"MAIL FROM:<{SENDER}> SMTPUTF8" in modern.said
    assert "RCPT TO:<bảo@việt.example>" in modern.said


async def test_a_domain_outside_ascii_goes_in_its_ascii_form() -> None:
    """Only the domain is Vietnamese: every server can take that."""
    async with ScriptedMail({}).running() as server:
        outcome, _ = await attempt(route(server), replace(VIETNAMESE, address="bao@việt.example"))
    assert isinstance(outcome, Receipt)
    assert f"RCPT TO:<bao@{'việt'.encode('idna').decode()}.example>" in server.said


async def test_eight_bit_letters_go_only_where_they_are_taken() -> None:
    """Raw 8-bit bytes are announced with BODY=8BITMIME, or refused in clear words."""
    raw = Message("dl-5", ADDRESS, "Subject: hạn\r\n\r\nhạn\r\n".encode())
    async with ScriptedMail({}).running() as server:
        error = await failed(route(server), raw)
    async with ScriptedMail({}, ehlo=("8BITMIME",)).running() as modern:
        taken, _ = await attempt(route(modern), raw)
    assert error.kind is P
    assert "8BITMIME" in error.detail
    assert isinstance(taken, Receipt)
    assert f"MAIL FROM:<{SENDER}> BODY=8BITMIME" in modern.said


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no-at",
        "a@b@c",
        "a b@x.example",
        "a@x>\r\nRCPT TO:<evil@x.example",
        '"q"@x',
        "a(b)@x",
        "a,b@x",
        f"{'l' * 65}@x",
    ],
)
async def test_what_is_no_mailbox_never_reaches_the_wire(address: str) -> None:
    """Injection and nonsense are refused before a connection is made, without repeating them."""
    async with ScriptedMail({}).running() as server:
        error = await failed(route(server), replace(LETTER, address=address))
    assert (error.kind, error.phase, server.connections) == (P, Phase.CONNECT, 0)
    assert error.detail == "the recipient's address is not a mailbox"


INJECTION = "a\r\nMAIL FROM:<evil@x.example>"


@pytest.mark.parametrize(
    "build",
    [
        lambda: SmtpRoute("127.0.0.1", INJECTION),
        lambda: SmtpRoute("127.0.0.1", "bảo@x.example"),
        lambda: SmtpRoute(INJECTION, SENDER),
        lambda: SmtpRoute("127.0.0.1", SENDER, helo=INJECTION),
    ],
)
def test_a_route_that_could_never_stand_on_the_wire_is_refused(build: Callable[[], SmtpRoute]) -> None:
    """The administrator hears of it at start, not the first recipient."""
    with pytest.raises(ValueError, match="ASCII"):
        build()


async def test_a_server_without_ehlo_is_greeted_the_old_way() -> None:
    """502 to EHLO, HELO accepted: the letter goes."""
    async with ScriptedMail({"EHLO": b"502 5.5.1 what\r\n"}).running() as server:
        outcome, _ = await attempt(replace(route(server), helo="may-chu.so-noi-vu.example"))
    assert isinstance(outcome, Receipt)
    assert "HELO may-chu.so-noi-vu.example" in server.said
