"""Links between a person of the register and the Zalo chat he wrote from, made by a code that is good once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LinkCode:
    """A code given out for a person. `used_at` None: nobody has written it yet."""

    code: str
    person: str
    by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ZaloLink:
    """A person's chat. `by` gave out the code."""

    person: str
    address: str = field(repr=False)
    linked_at: datetime
    by: str


class LinkReply(StrEnum):
    """What a message to the bot amounts to."""

    LINKED = "linked"
    AGAIN = "again"  # the code that linked this very chat, written once more
    UNKNOWN = "unknown"  # no code, or none of ours
    EXPIRED = "expired"
    USED = "used"
    NOT_PRIVATE = "not_private"  # a code written where others read it
