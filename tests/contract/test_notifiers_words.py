"""What a far side says is kept on one short line without addresses and secrets, and the shipped fakes do as told."""

from __future__ import annotations

import io
import ssl
from email.message import EmailMessage

import pytest
from aiosmtplib import SMTPConnectError, SMTPException, SMTPServerDisconnected
from hypothesis import given
from hypothesis import strategies as st

from notifiers.base import DeliveryError, FailureKind, Message, Phase, veil
from notifiers.console import ConsoleNotifier, readable
from notifiers.memory import Fault, MemoryNotifier
from notifiers.smtp_replies import PHASE, About, Step, classify, failure_of, no_answer, refusal

T, P, M = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED
D = FailureKind.DENIED


@pytest.mark.parametrize(
    ("text", "hidden", "shown"),
    [
        ("550 <a.b@x.example>: unknown", (), "550 <…>: unknown"),
        ("no user can-bo.mot here", ("can-bo.mot",), "no user … here"),
        ("NO USER CAN-BO.MOT HERE", ("can-bo.mot",), "NO USER … HERE"),
        ("van thu thuong", ("thu",), "van … thuong"),  # a short word is hidden where it stands alone
        ("xxSECRETSxx", ("secrets",), "xx…xx"),
        ("two\r\nlines\x1b[31m\u202e", (), "two lines [31m"),
        ("lone \ud800 half", (), "lone ? half"),
        ("nothing to hide", ("", "", "else"), "nothing to hide"),
        ("", (), ""),
    ],
)
def test_words_are_veiled(text: str, hidden: tuple[str, ...], shown: str) -> None:
    """Addresses and hidden strings become "…", control characters a space."""
    assert veil(text, hidden) == shown


@given(st.text(), st.lists(st.text(min_size=6).filter(str.isalnum)))
def test_a_veiled_text_is_one_short_printable_line_without_secrets(text: str, hidden: list[str]) -> None:
    """Whatever the far side says around them."""
    shown = veil("".join((text, *hidden, text)), hidden)
    assert len(shown) <= 200
    assert shown.isprintable()
    assert not any(secret in shown for secret in hidden)


@given(st.sampled_from(Step), st.integers(-1000, 1000), st.text())
def test_every_reply_has_a_class(step: Step, code: int, text: str) -> None:
    """Only a well-formed refusal carries a code, only a muddle after the dot is doubtful, 4yz is never for good."""
    error = refusal(step, code, text)
    refused = 400 <= code < 600
    assert (error.code is not None) is refused
    assert error.maybe_accepted is (step is Step.DOT and not refused)
    assert error.kind is classify(step, code, text) or not refused
    assert error.kind is not P or 500 <= code < 600
    assert error.phase is (Phase.ANSWERED if refused and step is Step.DOT else PHASE[step])


@pytest.mark.parametrize(
    ("step", "code", "text", "kind"),
    [
        (Step.RCPT, 550, "4.2.1 odd, but the enhanced code says for now", T),
        (Step.DOT, 552, "5.2.3 too long for this mailbox", P),
        (Step.DOT, 554, "5.3.1 mail system full", T),
        (Step.MAIL, 550, "5.6.7 non-ASCII address", P),
        (Step.HELLO, 550, "5.7.1 bad name", M),
        (Step.AUTH, 432, "4.7.12 password must be changed", M),
        (Step.RCPT, 550, "relay not permitted", D),
        (Step.RCPT, 550, "5.1.1 no relayers among our users", P),
    ],
)
def test_the_enhanced_code_decides_where_the_plain_one_is_ambiguous(
    step: Step, code: int, text: str, kind: FailureKind
) -> None:
    """RFC 3463 beside RFC 5321."""
    assert classify(step, code, text) is kind


SAID: dict[About, tuple[str, ...]] = {
    About.RECIPIENT: (
        "550 5.1.1 <…>: Recipient address rejected: User unknown in relay recipient table",
        "550 <…>: Recipient address rejected: User unknown in relay recipient table",
        "550 No such user here",
        "550 mailbox not found",
        "550 5.2.1 The email account that you tried to reach is receiving mail at a rate that is limited",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    About.MESSAGE: (
        "552 5.3.4 message exceeds the fixed limit",
        "554 message too big",
        "554 5.2.3 daily limit of bytes",
    ),
    About.SENDER: (
        "550 5.4.5 Daily user sending limit exceeded",
        "550 Daily SMTP sending limit exceeded for user",
        "554 sending quota exceeded",
        "552 sender quota exceeded",
        "550 You have exceeded your hourly email quota",
        "554 5.7.1 Too many messages from your address, 200 messages per hour are let through",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example",
        "550 5.7.1 Your IP address 192.0.2.1 is listed by our blacklist",
        "550 5.1.8 Access denied, bad outbound sender",
        "550 5.7.26 Unauthenticated email is not accepted due to the domain's policy",
        "550 5.7.705 Access denied, tenant has exceeded threshold",
        "553 5.7.1 <…>: Sender address rejected: not owned by user",
        "550 Your account has been suspended",
    ),
    About.STANDING: (
        "554 5.7.1 <…>: Relay access denied",
        "550 relay not permitted",
        "550 5.7.1 Unable to relay",
        "550 5.7.64 TenantAttribution",
        "550 5.7.1 Client was not authenticated",
    ),
}


@pytest.mark.parametrize(("about", "reply"), [(about, reply) for about, replies in SAID.items() for reply in replies])
@pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.DOT])
def test_a_refusal_is_read_by_its_code_and_else_by_its_words(about: About, reply: str, step: Step) -> None:
    """A limit or a block of ours stops the road, whatever step it is said at; one recipient's trouble never does."""
    code, _, text = reply.partition(" ")
    kinds = {About.RECIPIENT: P, About.MESSAGE: P, About.SENDER: M, About.STANDING: D}
    assert classify(step, int(code), text) is kinds[about]
    assert classify(Step.MAIL, int(code), text) is (P if about is About.MESSAGE else M)
    assert classify(step, int(code) - 100, text.replace("5.", "4.", 1)) is T


@pytest.mark.parametrize(
    ("step", "code", "text", "of_road"),
    [
        (Step.HELLO, 451, "4.3.2 busy", True),
        (Step.MAIL, 451, "try later", True),
        (Step.RCPT, 421, "4.7.0 closing", True),
        (Step.RCPT, 451, "4.3.0 <…>: Temporary lookup failure", True),
        (Step.RCPT, 450, "4.2.0 greylisted", False),
        (Step.RCPT, 451, "try later", False),
        (Step.DOT, 451, "4.7.1 greylisted", False),
        (Step.DOT, 451, "4.3.2 no", True),
    ],
)
def test_what_a_server_puts_off_for_all(step: Step, code: int, text: str, of_road: bool) -> None:
    """Before a recipient is named, or when its system is not well; a greylisted letter says nothing of another."""
    assert refusal(step, code, text).of_road is of_road
    assert (no_answer(step, "connection lost").of_road) is (step in {Step.HELLO, Step.MAIL})


def caused(error: Exception, cause: Exception) -> Exception:
    """Return `error` as raised from `cause`."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (TimeoutError(), T, "no answer in time"),
        (SMTPServerDisconnected("x"), T, "connection lost"),
        (ConnectionResetError(104, "reset"), T, "Connection reset by peer"),
        (OSError("no number"), T, "OSError"),
        (ssl.SSLEOFError(8, "torn"), T, "connection lost"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), M, "TLS failed"),
        (caused(SMTPConnectError("x"), ssl.SSLEOFError(8, "torn")), T, "connection lost"),
        (caused(SMTPConnectError("x"), ssl.SSLError(1, "bad")), M, "TLS failed"),
        (SMTPException("something of ours with a@x.example"), M, "something of ours with …"),
    ],
)
def test_what_the_line_did_is_told(error: Exception, kind: FailureKind, told: str) -> None:
    """A broken line is a passing trouble; what cannot work however often it is tried stops the channel."""
    failure = failure_of(error, Step.CONNECT)
    assert (failure.kind, failure.phase, failure.maybe_accepted) == (kind, Phase.CONNECT, False)
    assert failure.detail == f"{told} at connect" or told == "TLS failed"
    assert failure.detail.startswith(told)


async def quietly() -> None:
    """Let the content go."""


async def test_the_memory_plays_its_script_in_order_then_what_is_always_so() -> None:
    """Two scripted faults, then the standing one, then none; what arrives in spite of a fault is kept."""
    memory = MemoryNotifier("email")
    memory.fail("a", Fault(T), Fault(T, Phase.CONTENT, arrives=True))
    memory.always_fail("a", Fault(P, code="550 5.1.1"))
    outcomes: list[tuple[FailureKind, bool, str | None] | None] = []
    for number in range(4):
        if number == 3:
            memory.always_fail("a", None)
        try:
            await memory.deliver(Message(f"dl-{number}", "a", b"x"), quietly)
        except DeliveryError as error:
            outcomes.append((error.kind, error.maybe_accepted, error.code))
        else:
            outcomes.append(None)
    assert outcomes == [(T, False, None), (T, True, None), (P, False, "550 5.1.1"), None]
    assert [message.key for message in memory.accepted] == ["dl-1", "dl-3"]
    assert memory.attempts == ["dl-0", "dl-1", "dl-2", "dl-3"]
    assert memory.name == "email"


@pytest.mark.parametrize(
    ("phase", "asked"), [(Phase.CONNECT, 0), (Phase.ENVELOPE, 0), (Phase.CONTENT, 1), (Phase.ANSWERED, 1)]
)
async def test_the_memory_asks_for_the_content_only_when_it_comes_so_far(phase: Phase, asked: int) -> None:
    """As real channels do."""
    memory = MemoryNotifier()
    memory.fail("a", Fault(T, phase))
    calls: list[int] = []

    async def count() -> None:
        calls.append(1)

    with pytest.raises(DeliveryError) as caught:
        await memory.deliver(Message("dl", "a", b"x"), count)
    assert len(calls) == asked
    assert caught.value.phase is phase


def test_a_fault_that_no_far_side_could_play_is_refused() -> None:
    """A message cannot arrive when its envelope was refused."""
    with pytest.raises(ValueError, match="arrives"):
        Fault(T, Phase.ENVELOPE, arrives=True)


def test_a_letter_is_shown_decoded_and_a_text_as_it_is() -> None:
    """The dry run is read by people: subject and text, never base64."""
    letter = EmailMessage()
    letter["From"] = "nhac-viec@so-noi-vu.example"
    letter["Subject"] = "Hạn 24/10/2022: báo cáo dân vận"
    letter.set_content("Kính gửi: Thanh tra tỉnh\n", cte="base64")
    letter.add_alternative("<p>Kính gửi</p>", subtype="html")
    assert readable(bytes(letter)) == ("Hạn 24/10/2022: báo cáo dân vận", "Kính gửi: Thanh tra tỉnh\n")
    assert readable("Subject: không phải thư".encode()) == ("", "Subject: không phải thư")
    assert readable(b"\xff") == ("", "\ufffd")
    empty = EmailMessage()
    empty["From"] = empty["Subject"] = "x"
    empty.set_content(b"\x00", maintype="application", subtype="octet-stream")
    assert readable(bytes(empty)) == ("x", "")


async def test_the_console_prints_one_line_then_what_people_read() -> None:
    """Key, address and size, then subject and text indented."""
    letter = EmailMessage()
    letter["From"] = letter["Subject"] = "Hạn"
    letter.set_content("Kính gửi\n")
    stream = io.StringIO()
    await ConsoleNotifier(stream).deliver(Message("dl-1", "a@x.example", bytes(letter)), quietly)
    first, *rest = stream.getvalue().splitlines()
    assert first == f"dl-1 -> a@x.example ({len(bytes(letter))} bytes)"
    assert rest == ["    Subject: Hạn", "    Kính gửi"]


async def test_a_console_that_is_gone_is_a_passing_trouble() -> None:
    """A closed pipe is no reason to break the run."""
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError) as caught:
        await ConsoleNotifier(stream).deliver(Message("dl-1", "a", b"x"), quietly)
    assert (caught.value.kind, caught.value.maybe_accepted) == (T, True)
