"""Opens one conversation with a mail server: socket, greeting, TLS, EHLO and login, each bounded in time."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aiosmtplib import SMTP, SMTPHeloError

from notifiers.base import DeliveryError, FailureKind
from notifiers.smtp_replies import Step, no_answer, told

MAILBOX = re.compile(r"[^\s\x00-\x1f\x7f@<>\"(),:;\[\]\\]{1,64}@[^\s\x00-\x1f\x7f@<>\"(),:;\[\]\\]{1,255}")
"""Local part and domain without quoting, comments or literals: what the SMTP library passes on as it stands."""

_METHODS = ("plain", "login")
_NO_SUCH_METHOD = ("504", "534")  # the next method may pass; after 535 another try only counts towards a lock-out


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """The way to a mail server. `sender` is the envelope sender of every letter. Timeouts and `keep` are in seconds.

    `security` "starttls" never falls back to plain. `auth` narrows the login methods ("plain", "login"); empty: both.
    `ca_file`: trust this authority and no other. `helo`: our name in EHLO; None: our address on the socket.
    `connections` conversations at most at once; one is kept open `keep` seconds, for at most `letters` letters.
    ValueError for a sender or host name that could never stand on the wire.
    `connect_timeout` is for each address of the host; `command_timeout` for greeting, TLS, EHLO, AUTH, MAIL, RCPT;
    `data_timeout` for DATA's 354; `answer_timeout` for the content and the answer to it (RFC 5321 §4.5.3.2).
    """

    host: str
    sender: str
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    auth: tuple[str, ...] = ()
    ca_file: Path | None = None
    helo: str | None = None
    connections: int = 2
    letters: int = 100
    keep: float = 30.0
    connect_timeout: float = 30.0
    command_timeout: float = 300.0
    data_timeout: float = 120.0
    answer_timeout: float = 600.0

    def __post_init__(self) -> None:
        """Refuse with ValueError what could never stand on the wire."""
        if not (MAILBOX.fullmatch(self.sender) and self.sender.isascii()):
            raise ValueError("the envelope sender is not a mailbox in ASCII")
        for name in (self.host, self.helo or "-"):
            if not re.fullmatch(r"[\x21-\x7e]{1,255}", name):
                raise ValueError("a host name is one ASCII word")

    def secrets(self) -> tuple[str, ...]:
        """Return what no text may show: the account and password, also as they stand on the wire."""
        if self.username is None:
            return ()
        user, password = self.username, self.password or ""
        encoded = (base64.b64encode(part.encode()).decode() for part in (user, password, f"\0{user}\0{password}"))
        return (user, password, *encoded)


async def open_conversation(route: SmtpRoute) -> SMTP:
    """Return a conversation ready for MAIL; DeliveryError in phase CONNECT if it cannot be had."""
    context = await _trust(route)
    sock = await told(Step.CONNECT, _reach(route))
    smtp = SMTP(
        hostname=route.host,
        sock=sock,
        use_tls=route.security == "tls",
        start_tls=False,  # done below, step by step, so that a failure is named
        tls_context=context,
        local_hostname=route.helo or _literal(sock),
        timeout=route.command_timeout,
    )
    try:
        await told(Step.CONNECT, smtp.connect())
        await told(Step.HELLO, _hello(smtp))
        if route.security == "starttls":
            await _upgrade(smtp)
        if route.username is not None:
            await _login(smtp, route)
    except BaseException:
        abort(smtp)
        raise
    return smtp


def abort(smtp: SMTP) -> None:
    """End a conversation at once: nothing still buffered leaves."""
    if isinstance(smtp.transport, asyncio.WriteTransport):
        smtp.transport.abort()
    smtp.close()


def take_leave(smtp: SMTP) -> None:
    """End a conversation politely without waiting for the answer to QUIT."""
    if smtp.protocol is not None and smtp.protocol.is_connected:
        smtp.protocol.write(b"QUIT\r\n")
    smtp.close()


async def _trust(route: SmtpRoute) -> ssl.SSLContext | None:
    if route.security == "none":
        return None
    try:
        # Read anew for each conversation, so that a renewed authority needs no restart.
        return await asyncio.to_thread(ssl.create_default_context, cafile=route.ca_file)
    except (OSError, ValueError):
        pass
    raise no_answer(Step.CONNECT, "the file of trusted authorities cannot be read", FailureKind.MISCONFIGURED)


async def _reach(route: SmtpRoute) -> socket.socket:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(route.connect_timeout):
        found = await loop.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    trouble: OSError = OSError("the host has no address")
    for family, kind, protocol, _, where in found:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            # A dead IPv6 route must not use up the time of the IPv4 address behind it.
            async with asyncio.timeout(route.connect_timeout):
                await loop.sock_connect(sock, where)
        except OSError as error:
            sock.close()
            trouble = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise trouble


def _literal(sock: socket.socket) -> str:
    ours = str(sock.getsockname()[0])
    return f"[IPv6:{ours}]" if sock.family == socket.AF_INET6 else f"[{ours}]"


async def _hello(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        if not smtp.is_connected:
            raise
        await smtp.helo()


async def _upgrade(smtp: SMTP) -> None:
    if not smtp.supports_extension("starttls"):
        raise no_answer(Step.STARTTLS, "the server offers no STARTTLS", FailureKind.MISCONFIGURED)
    await told(Step.STARTTLS, smtp.starttls())
    await told(Step.HELLO, _hello(smtp))


async def _login(smtp: SMTP, route: SmtpRoute) -> None:
    ways = {"plain": smtp.auth_plain, "login": smtp.auth_login}
    offered = [name for name in route.auth or _METHODS if name in ways and name in smtp.server_auth_methods]
    refused: DeliveryError = no_answer(
        Step.AUTH,
        f"no common login method (the server offers: {' '.join(smtp.server_auth_methods[:8]) or 'none'})",
        FailureKind.MISCONFIGURED,
    )
    for name in offered:
        try:
            await told(Step.AUTH, ways[name](route.username or "", route.password or ""), route.secrets())
        except DeliveryError as error:
            refused = error
            if not (error.code or "").startswith(_NO_SUCH_METHOD):
                break
        else:
            return
    raise refused
