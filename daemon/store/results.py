"""How an attempt can end, in the words of the outbox. No detail holds an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.judgement.blame import Fault
from notifiers.base import Phase


@dataclass(frozen=True, slots=True)
class Sent:
    """The far side accepted it. `provider_id` is its own name for the message."""

    provider_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Temporary:
    """It certainly was not accepted, and may be later. `retry_at` None: not again before it expires.

    `stops`: no letter passes by this road until a person mends it. `silent`: it carries nothing now, whoever the letter
    is for. `fault`: whether it is either, what became of other letters tells.
    """

    detail: str
    retry_at: datetime | None
    code: str | None = None
    phase: Phase | None = None
    stops: bool = False
    silent: bool = False
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The far side will never accept it."""

    detail: str
    code: str | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been accepted. `retry_at`: when the same bytes go again; None: never."""

    detail: str
    retry_at: datetime | None
    code: str | None = None
    phase: Phase | None = Phase.CONTENT


@dataclass(frozen=True, slots=True)
class Cancelled:
    """There was no longer anything to send; nothing has left."""

    detail: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Our own program failed on it: a letter that fails so again and again is set aside. `retry_at`: if it is not.

    `resend_at`: when the same bytes go again if they had begun to leave, so that somebody may have them; None: never.
    """

    detail: str
    retry_at: datetime | None
    resend_at: datetime | None = None


Result = Sent | Temporary | Refused | Unknown | Cancelled | Broken
