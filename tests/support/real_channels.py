"""An office whose letters go to real servers on loopback: SMTP and the Zalo bot's platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from daemon.local.kept_mail import AcceptedMail
from daemon.local.zalo_bot import LocalZaloBot
from notifiers.base import BeforeDot, Message, Notifier, Receipt
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from tests.support.office import FarSide, Office

SENDER = "dondoc@so-noi-vu.example"
OPERATOR = "chuyen-vien-xdcq@so-noi-vu.example"
OPERATORS_CHAT = "zalo-chuyen-vien"


class Through:
    """Passes messages on to a real notifier and keeps those it got a receipt for."""

    def __init__(self, inner: Notifier) -> None:
        self.inner = inner
        self.name = inner.name
        self.accepted: list[Message] = []
        self.offered = 0

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over to the real notifier."""
        self.offered += 1
        receipt = await self.inner.deliver(message, before_dot)
        self.accepted.append(message)
        return receipt

    async def aclose(self) -> None:
        """Close the real notifier."""
        await self.inner.aclose()


@asynccontextmanager
async def by_mail(office: Office, port: int, username: str | None = None) -> AsyncIterator[Through]:
    """Let the office's mail go to a real server inside the block."""
    route = SmtpRoute(
        "127.0.0.1",
        SENDER,
        port=port,
        security="none",
        username=username,
        password="canary" if username else None,
        keep=0.0,
    )
    async with _through(office.mail, EmailNotifier(route)) as through:
        yield through


@asynccontextmanager
async def by_zalo(office: Office, zalo: LocalZaloBot) -> AsyncIterator[Through]:
    """Let the office's Zalo messages go to a real server inside the block."""
    route = ZaloBotRoute(zalo.base_url, zalo.token, 5.0)
    async with _through(office.zalo, ZaloBotNotifier(route, office.clock.now)) as through:
        yield through


@asynccontextmanager
async def _through(side: FarSide, notifier: Notifier) -> AsyncIterator[Through]:
    before, through = side.inner, Through(notifier)
    side.inner = through  # type: ignore[assignment]  # - it stands in for it
    try:
        yield through
    finally:
        side.inner = before
        await notifier.aclose()


def read(mail: AcceptedMail | Message) -> EmailMessage:
    """Return a mail as a message."""
    return message_from_bytes(mail.content, policy=policy.default)


def words(mail: AcceptedMail | Message) -> str:
    """Return what a mail says in plain text, as one line."""
    body = read(mail).get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def operator_has_zalo(office: Office) -> None:
    """Give the operator a Zalo account of his own."""
    office.edit("agencies.yaml", f"email: {OPERATOR}\n", f"email: {OPERATOR}\n        zalo: {OPERATORS_CHAT}\n")
