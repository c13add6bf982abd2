"""What every notifier promises: one message to one address, a receipt or a classified failure.

A notifier never retries, never sleeps, never logs an address or a token.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


class FailureKind(StrEnum):
    """What a caller does about a failure."""

    TRANSIENT = "transient"  # try again later
    THROTTLED = "throttled"  # try again no sooner than `retry_after`
    PERMANENT = "permanent"  # this recipient or message will never pass
    MISCONFIGURED = "misconfigured"  # no message will pass until a person mends the channel
    DENIED = "denied"  # PERMANENT or MISCONFIGURED: what becomes of messages to others tells which


class Phase(StrEnum):
    """How far the conversation had come."""

    CONNECT = "connect"
    ENVELOPE = "envelope"  # sender and recipient named, nothing of the letter sent
    CONTENT = "content"  # the letter's bytes may have arrived
    ANSWERED = "answered"  # the far side gave its answer


class DeliveryError(Exception):
    """The only exception a notifier raises. `detail` holds no secret and no address; `retry_after` is in seconds.

    `maybe_accepted`: the far side may have taken the message (RFC 1047); the caller calls that *unknown*.
    `of_road`: whatever the message and whoever its recipient, any other would have met the same.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str,
        *,
        phase: Phase,
        code: str | None = None,
        retry_after: float | None = None,
        maybe_accepted: bool = False,
        of_road: bool = False,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.phase = phase
        self.code = code
        self.retry_after = retry_after
        self.maybe_accepted = maybe_accepted
        self.of_road = of_road or phase is Phase.CONNECT


@dataclass(frozen=True, slots=True)
class Message:
    """One letter to one address. `key` names the delivery and is the idempotency key where a channel has one.

    `content` is what leaves: RFC 5322 bytes for e-mail, UTF-8 text for Zalo. The same key always has the same bytes.
    `sender`: the envelope sender to which reports about this letter come; None: the channel's own.
    """

    key: str
    address: str = field(repr=False)
    content: bytes = field(repr=False)
    sender: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The far side took the message. `provider_id` is its own name for it, if it gave one."""

    provider_id: str | None
    detail: str


BeforeDot = Callable[[], Awaitable[None]]
"""Awaited once, when all the far side still needs is what completes the letter: before SMTP's final dot, before the
body of an HTTP request. Until it returns the letter cannot have been accepted."""


@runtime_checkable
class Routed(Protocol):
    """A notifier with several servers or apps: each has its own pace, and a slow one holds up no other."""

    def route(self, address: str) -> str:
        """Return the name of the server or app that carries letters to `address`."""

    def routes(self) -> Iterable[str]:
        """Return the names of all its servers or apps."""


@runtime_checkable
class Limited(Protocol):
    """A notifier that carries only the kinds of letters it has a form for, and would refuse any other."""

    def takes(self, kind: str) -> bool:
        """Say whether a kind of letter may be handed to it."""


class Notifier(Protocol):
    """A channel. `name` is the notifier's own ("email", "zalo_bot", "zalo_webhook", "console", "memory")."""

    name: str

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one message; raise DeliveryError on any failure."""

    async def aclose(self) -> None:
        """Close what is kept open."""


_ADDRESS = re.compile(r"[^\s<>\"'()\[\]:;,]+@[^\s<>\"'()\[\]:;,]+")
_WHOLE_WORD = 6  # a shorter hidden string is only hidden where it stands alone
_LONGEST = 200


def veil(text: str, hidden: Iterable[str] = ()) -> str:
    """Return a far side's words fit to keep: one printable line of at most 200 characters.

    Every e-mail address and every `hidden` string (a secret, a recipient's id; any case) becomes "…".
    """
    lower = text.lower()
    for word in sorted((word for word in hidden if word and word.lower() in lower), key=len, reverse=True):
        pattern = re.escape(word) if len(word) >= _WHOLE_WORD else rf"(?<!\w){re.escape(word)}(?!\w)"
        text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    text = _ADDRESS.sub("…", text.encode("utf-8", "replace").decode("utf-8"))
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
