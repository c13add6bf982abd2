"""What an SMTP server's answer, or its silence, means for one letter: RFC 5321, 3463 and 4954 as one table."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Awaitable, Iterable, Mapping
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


class About(StrEnum):
    """Whom or what a refusal is about."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"  # our address, our host, how much we send: the same for every letter
    STANDING = "standing"  # whether we may send there: a server that has lost sight of who we are says it to all alike


_REFUSED: Mapping[About, FailureKind] = {
    About.RECIPIENT: FailureKind.PERMANENT,
    About.MESSAGE: FailureKind.PERMANENT,
    About.SENDER: FailureKind.MISCONFIGURED,
    About.STANDING: FailureKind.DENIED,
}


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


REFUSALS: tuple[tuple[About, frozenset[str], re.Pattern[str]], ...] = (
    (
        About.RECIPIENT,
        frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}),
        _words(
            r"\b(?:user|recipient|mailbox) (?:is )?(?:unknown|not found)", r"\b(?:unknown|no such) (?:user|recipient)"
        ),
    ),
    (About.MESSAGE, frozenset({"2.3", "3.4", "6.7"}), _words(r"message (?:size|too (?:big|large|long))")),
    (
        About.SENDER,
        # Bad sender (RFC 3463), Gmail's and Exchange Online's limits and bans, authentication (RFC 4954, 7372).
        frozenset({"1.7", "1.8", "4.5", "7.8", "7.9", "7.57", "7.60"} | {f"7.{n}" for n in range(20, 28)})
        | {"7.501", "7.502", "7.503", "7.508", "7.511", "7.705", "7.708", "7.750"},
        _words(
            r"sender (?:address rejected|verify failed)",
            r"permissions? to send as",
            r"\b(?:send(?:ing|er)?|daily|hourly|outgoing|outbound)\b[\w -]* (?:limit|quota|rate)s?\b",
            r"too many (?:messages|mails|e-?mails) (?:sent|from)\b|\b(?:messages|mails|e-?mails) per (?:hour|day)\b",
            r"\b(?:client host|(?:your|sending|client) (?:ip|host|server|network|address))\b.*"
            r"\b(?:block(?:ed|list)|blacklist|banned|listed|rejected|denied)",
            r"\bblocked using\b|\bsender (?:is |has been |was )?(?:blocked|banned|suspended)\b",
            r"\byour account\b.*\b(?:blocked|suspended|disabled)\b",
        ),
    ),
    (
        About.STANDING,
        frozenset({"7.64"}),
        _words(r"\brelay(?:ing)?\b", r"not authenticated|authentication (?:is )?required"),
    ),
)
"""What refusals for good mean: read by the enhanced code where it says so much, else by the first words that are known.

Most servers keep a refusal of the sender until the recipient is named, Exchange until after the dot.
"""

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3}\.\d{1,3})\b")
_QUOTA = {"2.2", "3.1"}  # mailbox full, mail system full: room may be made
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
    if PHASE[step] is Phase.CONNECT:
        return FailureKind.MISCONFIGURED
    about = _about(subject, text)
    if code == 552 and subject is None and about is not About.SENDER:
        return FailureKind.PERMANENT if step is Step.MAIL else FailureKind.TRANSIENT
    # The sender is one configured address: refused once, it is refused for every letter.
    if step is Step.MAIL and about is not About.MESSAGE:
        return FailureKind.MISCONFIGURED
    return FailureKind.PERMANENT if about is None else _REFUSED[about]


def _about(subject: str | None, text: str) -> About | None:
    known = (about for about, codes, _ in REFUSALS if subject in codes)
    said = (about for about, _, words in REFUSALS if words.search(text))
    return next(known, None) or next(said, None)


def _of_road(step: Step, code: int, text: str) -> bool:
    """Say whether a refusal for now is meant for all: before a recipient was named, or of a server that is not well."""
    found = _ENHANCED.match(text)
    return step is Step.MAIL or code == 421 or (found is not None and found[2].startswith("3."))


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
        of_road=_of_road(step, code, text),
    )


def no_answer(step: Step, what: str, kind: FailureKind = FailureKind.TRANSIENT) -> DeliveryError:
    """Return the error for a conversation that ended without an answer; after the dot nobody knows (RFC 1047)."""
    unknown, of_road = step is Step.DOT, step is Step.MAIL
    return DeliveryError(kind, f"{what} at {step}", phase=PHASE[step], maybe_accepted=unknown, of_road=of_road)


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
