"""What an SMTP server's answer, or its silence, means for one letter: RFC 5321, 3463 and 4954 as one table."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Awaitable, Iterable
from enum import StrEnum
from typing import TypeVar

from aiosmtplib import SMTPConnectError, SMTPException, SMTPResponseException, SMTPServerDisconnected

from notifiers.base import DeliveryError, FailureKind, Phase, veil

T = TypeVar("T")


class Step(StrEnum):
    """Where in the conversation the answer was awaited."""

    CONNECT = "connect"
    HELLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"


PHASE = {
    Step.CONNECT: Phase.CONNECT,
    Step.HELLO: Phase.CONNECT,
    Step.STARTTLS: Phase.CONNECT,
    Step.AUTH: Phase.CONNECT,
    Step.MAIL: Phase.ENVELOPE,
    Step.RCPT: Phase.ENVELOPE,
    Step.DATA: Phase.ENVELOPE,
    Step.DOT: Phase.CONTENT,
}

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3}\.\d{1,3})\b")
_QUOTA = {"2.2", "3.1"}  # mailbox full, mail system full: room may be made
_OF_THE_MESSAGE = {"2.3", "3.4", "6.7"}  # too long, too big, needs SMTPUTF8: said at MAIL, but not about the sender
_OUR_SENDER = re.compile(r"sender address rejected|sender verify failed|permissions? to send as", re.IGNORECASE)
"""Most servers keep a refusal of the sender until the recipient is named, Exchange until after the dot."""

_NOT_LET_IN = {432, 530, 534, 535, 538}  # RFC 4954: the account, not the letter
_TORN = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)  # the line broke; nobody objected


def classify(step: Step, code: int, text: str = "") -> FailureKind:
    """Return what to do about a refusal: `code` as read, `text` with the enhanced status code in front, if any."""
    found = _ENHANCED.match(text)
    subject = found[2] if found else None
    if not 400 <= code < 600:
        return FailureKind.TRANSIENT  # garbage says nothing about the letter
    if code in _NOT_LET_IN:
        return FailureKind.MISCONFIGURED
    if code < 500 or subject in _QUOTA or (found and found[1] == "4"):
        return FailureKind.TRANSIENT
    if code == 552 and subject is None:
        return FailureKind.PERMANENT if step is Step.MAIL else FailureKind.TRANSIENT
    if PHASE[step] is Phase.CONNECT:
        return FailureKind.MISCONFIGURED
    # The sender is one configured address: refused once, it is refused for every letter.
    if step is Step.MAIL and subject not in _OF_THE_MESSAGE:
        return FailureKind.MISCONFIGURED
    if _OUR_SENDER.search(text):
        return FailureKind.MISCONFIGURED
    # A server that does not know us as its own client refuses every recipient alike.
    if step is Step.RCPT and subject in {None, "7.1"} and "relay" in text.lower():
        return FailureKind.MISCONFIGURED
    return FailureKind.PERMANENT


def refusal(step: Step, code: int, text: str, hidden: Iterable[str] = ()) -> DeliveryError:
    """Return the error for an answer that is not the one hoped for.

    `error.code` ("550 5.1.1") is set only for a well-formed 4yz or 5yz, after which the connection can be used again.
    """
    if not 400 <= code < 600:
        return DeliveryError(
            FailureKind.TRANSIENT,
            veil(f"unintelligible answer to {step}: {text}", hidden),
            phase=PHASE[step],
            maybe_accepted=step is Step.DOT,
        )
    found = _ENHANCED.match(text)
    return DeliveryError(
        classify(step, code, text),
        veil(f"{step}: {code} {text}", hidden),
        phase=Phase.ANSWERED if step is Step.DOT else PHASE[step],
        code=f"{code} {found[1]}.{found[2]}" if found else str(code),
    )


def no_answer(step: Step, what: str, kind: FailureKind = FailureKind.TRANSIENT) -> DeliveryError:
    """Return the error for a conversation that ended without an answer; after the dot nobody knows (RFC 1047)."""
    return DeliveryError(kind, f"{what} at {step}", phase=PHASE[step], maybe_accepted=step is Step.DOT)


def failure_of(error: Exception, step: Step, hidden: Iterable[str] = ()) -> DeliveryError:
    """Return the DeliveryError for what the SMTP library, the TLS layer or the socket raised at `step`."""
    if isinstance(error, SMTPResponseException):
        return refusal(step, error.code, error.message, hidden)
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return no_answer(
            step, f"certificate refused: {veil(getattr(cause, 'verify_message', ''))}", FailureKind.MISCONFIGURED
        )
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, _TORN):
        return no_answer(
            step, f"TLS failed ({getattr(cause, 'reason', None) or 'no reason given'})", FailureKind.MISCONFIGURED
        )
    if isinstance(error, TimeoutError):
        return no_answer(step, "no answer in time")
    if isinstance(error, (SMTPServerDisconnected, SMTPConnectError, ssl.SSLError)):
        return no_answer(step, "connection lost")
    if isinstance(error, OSError):
        known = error.errno is not None and error.errno > 0  # the resolver's own numbers are negative
        return no_answer(step, os.strerror(error.errno or 0) if known else error.strerror or type(error).__name__)
    # Ours, not the server's: something that cannot be written down as a command.
    kind = FailureKind.PERMANENT if step is Step.RCPT else FailureKind.MISCONFIGURED
    return no_answer(step, veil(str(error), hidden), kind)


async def told(step: Step, answer: Awaitable[T], hidden: Iterable[str] = ()) -> T:
    """Await one step; its failure leaves as a DeliveryError without a chain, for the chain names the address."""
    try:
        return await answer
    except (SMTPException, OSError, ValueError) as error:
        failure = failure_of(error, step, hidden)
    raise failure
