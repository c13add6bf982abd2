"""Hands one letter to one mailbox over SMTP, on conversations kept open between letters."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.smtp_connection import MAILBOX, SmtpRoute, abort, open_conversation, take_leave
from notifiers.smtp_replies import Step, no_answer, refusal, told

_QUEUE_ID = re.compile(r"\b(?:queued as |id=|InternalId=)([\w.-]{1,60})", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_GOODBYE = 5.0


@dataclass(eq=False, slots=True)
class _Line:
    """A conversation kept open, and how much it has carried."""

    smtp: SMTP
    letters: int = 0
    hang_up: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What goes on the wire. `wire` lacks only the final dot; `size` is counted as RFC 1870 does, without stuffing."""

    sender: str
    recipient: str
    wire: bytes
    size: int
    eight_bit: bool
    hidden: tuple[str, ...]


class EmailNotifier:
    """Mail by SMTP: one recipient per envelope, the letter's bytes as given (line ends made CRLF, dots stuffed)."""

    name = "email"

    def __init__(self, route: SmtpRoute) -> None:
        self._route = route
        self._slots = asyncio.Semaphore(route.connections)
        self._idle: list[_Line] = []
        self._closed = False

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one letter; DeliveryError says what stood in the way and whether it may have arrived."""
        envelope = self._envelope(message)
        async with self._slots:
            line = await self._line()
            try:
                receipt = await self._converse(line.smtp, envelope, before_dot)
            except DeliveryError as failure:
                if failure.code is None:  # not a plain refusal: nobody knows where the conversation stands
                    abort(line.smtp)
                self._put_back(line)
                raise
            except BaseException:
                abort(line.smtp)
                raise
            self._put_back(line)
            return receipt

    async def aclose(self) -> None:
        """Say goodbye on every idle conversation, waiting at most 5 seconds; those in use end with their letter."""
        self._closed = True
        lines, self._idle = self._idle, []
        await asyncio.gather(*(self._say_goodbye(line) for line in lines))

    def _envelope(self, message: Message) -> _Envelope:
        if not MAILBOX.fullmatch(message.address):
            raise DeliveryError(FailureKind.PERMANENT, "the recipient's address is not a mailbox", phase=Phase.CONNECT)
        local, _, domain = message.address.partition("@")
        recipient = message.address
        if local.isascii() and not domain.isascii():
            with suppress(UnicodeError):
                recipient = f"{local}@{domain.encode('idna').decode('ascii')}"
        content = _LINE_END.sub(b"\r\n", message.content)
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        wire = (b"." if stuffed.startswith(b".") else b"") + stuffed
        sender = message.sender or self._route.sender
        hidden = (message.address, recipient, local, sender, self._route.sender, *self._route.secrets())
        return _Envelope(sender, recipient, wire, len(content), not content.isascii(), hidden)

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if line.hang_up is not None:
                line.hang_up.cancel()
            try:
                if line.smtp.is_connected:
                    await line.smtp.rset(timeout=self._route.connect_timeout)
                    return line
            except (SMTPException, OSError):
                pass  # the server ended it meanwhile: no letter is harmed, the next conversation is new
            except BaseException:
                abort(line.smtp)
                raise
            abort(line.smtp)
        return _Line(await open_conversation(self._route))

    def _put_back(self, line: _Line) -> None:
        line.letters += 1
        if not line.smtp.is_connected:
            return
        if self._closed or line.letters >= self._route.letters:
            take_leave(line.smtp)
            return
        line.hang_up = asyncio.get_running_loop().call_later(self._route.keep, self._hang_up, line)
        self._idle.append(line)

    def _hang_up(self, line: _Line) -> None:
        if line in self._idle:
            self._idle.remove(line)
            take_leave(line.smtp)

    async def _say_goodbye(self, line: _Line) -> None:
        if line.hang_up is not None:
            line.hang_up.cancel()
        with suppress(SMTPException, OSError):
            await line.smtp.quit(timeout=_GOODBYE)
        abort(line.smtp)

    async def _converse(self, smtp: SMTP, envelope: _Envelope, before_dot: BeforeDot) -> Receipt:
        route, hidden = self._route, envelope.hidden
        options = _options(smtp, envelope)
        encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        await told(
            Step.MAIL,
            smtp.mail(envelope.sender, options=options, encoding=encoding, timeout=route.command_timeout),
            hidden,
        )
        await told(Step.RCPT, smtp.rcpt(envelope.recipient, encoding=encoding, timeout=route.command_timeout), hidden)
        ready = await told(Step.DATA, smtp.execute_command(b"DATA", timeout=route.data_timeout), hidden)
        if ready.code != 354:
            raise refusal(Step.DATA, ready.code, ready.message, hidden)
        protocol = smtp.protocol
        if protocol is None or not protocol.is_connected:
            raise no_answer(Step.DATA, "connection lost")
        protocol.write(envelope.wire)
        await before_dot()
        if not protocol.is_connected:
            raise no_answer(Step.DATA, "connection lost")
        protocol.write(b".\r\n")
        answer = await told(Step.DOT, protocol.read_response(timeout=route.answer_timeout), hidden)
        if not 200 <= answer.code < 300:
            raise refusal(Step.DOT, answer.code, answer.message, hidden)
        queued = _QUEUE_ID.search(answer.message)
        return Receipt(queued[1] if queued else None, veil(f"{answer.code} {answer.message}", hidden))


def _options(smtp: SMTP, envelope: _Envelope) -> list[str]:
    """Return MAIL's parameters; DeliveryError if the server has said it cannot take this letter."""
    options = []
    if smtp.supports_extension("size"):
        limit = smtp.esmtp_extensions["size"].strip()
        if limit.isdecimal() and 0 < int(limit) < envelope.size:
            raise _unfit(f"the letter has {envelope.size} bytes, the server takes {int(limit)} at most")
        options.append(f"SIZE={envelope.size}")
    if not envelope.recipient.isascii():
        if not smtp.supports_extension("smtputf8"):
            raise _unfit("the address has letters outside ASCII and the server has no SMTPUTF8")
        options.append("SMTPUTF8")
    if envelope.eight_bit:
        if not smtp.supports_extension("8bitmime"):
            raise _unfit("the letter has 8-bit bytes and the server has no 8BITMIME")
        options.append("BODY=8BITMIME")
    return options


def _unfit(detail: str) -> DeliveryError:
    return DeliveryError(FailureKind.PERMANENT, detail, phase=Phase.ENVELOPE)
