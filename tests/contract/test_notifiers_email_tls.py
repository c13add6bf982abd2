"""Mail to a server that wants TLS or a login: certificates, STARTTLS hidden from us, passwords never told."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.local.scripted_mail import ScriptedMail
from notifiers.base import DeliveryError, FailureKind, Message, Phase, Receipt
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute

CERTS = Path(__file__).with_name("certs")
SENDER = "nhac-viec@so-noi-vu.example"
ADDRESS = "can-bo.mot@so-tai-chinh.example"
LETTER = Message("dl-1", ADDRESS, b"From: a\r\nSubject: b\r\n\r\n.dot\r\nend\r\n")
PASSWORD = "canary-mat-khau"
T, M = FailureKind.TRANSIENT, FailureKind.MISCONFIGURED


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


def with_certificate(name: str, security: str) -> ScriptedMail:
    """Return a server that shows the certificate of that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / f"{name}.pem")
    return ScriptedMail({}, ehlo=("STARTTLS",), context=context, tls_at_once=security == "tls")


def secure(server: ScriptedMail, security: str = "starttls", *, trusted: bool = True) -> SmtpRoute:
    """Return the way to the server with TLS, trusting the tests' own authority or the public ones."""
    assert security in {"starttls", "tls"}
    return replace(
        route(server),
        security="tls" if security == "tls" else "starttls",
        ca_file=CERTS / "ca.pem" if trusted else None,
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_private_authority_is_trusted_when_named(security: str) -> None:
    """With `ca_file` the letter passes encrypted, by STARTTLS and by TLS from the first byte."""
    server = with_certificate("localhost", security)
    async with server.running():
        outcome, _ = await attempt(secure(server, security))
    assert isinstance(outcome, Receipt)
    assert server.received == [LETTER.content]
    assert ("STARTTLS" in server.said) is (security == "starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("certificate", "trusted"), [("localhost", False), ("wrong-host", True), ("expired", True)])
async def test_a_bad_certificate_stops_the_channel(security: str, certificate: str, trusted: bool) -> None:
    """Unknown authority, wrong name, past its time: MISCONFIGURED, nothing sent, and the reason is told."""
    server = with_certificate(certificate, security)
    async with server.running():
        error = await failed(secure(server, security, trusted=trusted))
    assert (error.kind, error.phase) == (M, Phase.CONNECT)
    assert "certificate refused" in error.detail
    assert not any(line.startswith("MAIL") for line in server.said)


async def test_starttls_asked_for_and_not_offered_is_never_gone_without() -> None:
    """A server (or somebody on the way) that hides STARTTLS gets neither letter nor password."""
    async with ScriptedMail({}, ehlo=("AUTH PLAIN",)).running() as server:
        error = await failed(replace(secure(server), username="u", password=PASSWORD))
    assert (error.kind, error.phase) == (M, Phase.CONNECT)
    assert "STARTTLS" in error.detail
    assert not any(line.startswith(("MAIL", "AUTH")) for line in server.said)


async def test_starttls_that_fails_for_now_is_tried_again_later() -> None:
    """454 is the server's passing trouble (RFC 3207)."""
    async with ScriptedMail({"STARTTLS": b"454 4.7.0 not now\r\n"}, ehlo=("STARTTLS",)).running() as server:
        error = await failed(secure(server))
    assert (error.kind, error.code) == (T, "454 4.7.0")


async def test_tls_spoken_to_a_plain_port_is_a_mistake_in_the_settings() -> None:
    """The wrong port for the security asked for: MISCONFIGURED, not an endless retry."""
    async with ScriptedMail({}).running() as server:
        error = await failed(secure(server, "tls"))
    assert (error.kind, error.phase) == (M, Phase.CONNECT)


async def test_an_authority_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """The channel stops; the daemon does not."""
    async with ScriptedMail({}, ehlo=("STARTTLS",)).running() as server:
        error = await failed(replace(secure(server), ca_file=tmp_path / "missing.pem"))
    assert (error.kind, error.phase, server.connections) == (M, Phase.CONNECT, 0)


ACCOUNT = "nhac-viec-account"


@pytest.mark.parametrize(
    ("offered", "allowed", "used"),
    [
        ("PLAIN LOGIN", (), "AUTH PLAIN"),
        ("LOGIN", (), "AUTH LOGIN"),
        ("CRAM-MD5 PLAIN LOGIN", ("login",), "AUTH LOGIN"),
    ],
)
async def test_the_login_method_is_the_first_both_sides_allow(
    offered: str, allowed: tuple[str, ...], used: str
) -> None:
    """An office whose server speaks only LOGIN, or whose administrator insists on it, is served."""
    async with ScriptedMail({}, ehlo=(f"AUTH {offered}",)).running() as server:
        outcome, _ = await attempt(replace(route(server), username=ACCOUNT, password=PASSWORD, auth=allowed))
    assert isinstance(outcome, Receipt)
    assert [line.rsplit(" ", 1)[0] for line in server.said if line.startswith("AUTH")] == [used]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"535 5.7.8 no: " + PASSWORD.encode() + b"\r\n", M),
        (b"534 5.7.9 stronger please\r\n", M),
        (b"530 5.7.0 not here\r\n", M),
        (b"554 5.7.0 no\r\n", M),
        (b"454 4.7.0 directory is down\r\n", T),
    ],
)
async def test_a_refused_login_stops_the_channel_and_tells_no_password(reply: bytes, kind: FailureKind) -> None:
    """One try, no guessing on: a second try after 535 would only count towards a lock-out."""
    async with ScriptedMail({"AUTH PLAIN": reply, "AUTH LOGIN": reply}, ehlo=("AUTH PLAIN LOGIN",)).running() as server:
        error = await failed(replace(route(server), username=ACCOUNT, password=PASSWORD))
    assert (error.kind, error.phase) == (kind, Phase.CONNECT)
    tries = sum(line.startswith("AUTH") for line in server.said)
    assert tries == (2 if reply.startswith(b"534") else 1)
    for secret in (PASSWORD, ACCOUNT):
        assert secret not in repr(error) + repr(error.__context__) + repr(replace(route(server), password=PASSWORD))


async def test_no_common_login_method_is_told_with_what_the_server_offers() -> None:
    """The administrator reads what to set."""
    async with ScriptedMail({}, ehlo=("AUTH GSSAPI NTLM",)).running() as server:
        error = await failed(replace(route(server), username=ACCOUNT, password=PASSWORD))
    assert error.kind is M
    assert "gssapi ntlm" in error.detail
