"""The pair of tokens by which an app speaks for a Zalo OA, and what keeps it: one refresh at a time, for all processes.

The access token lasts about 25 hours. The refresh token works once: each refresh gives a new pair and kills the old.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

PERMIT = timedelta(hours=25)
"""How long an access token lasts when nobody says."""

AHEAD = timedelta(hours=3)
"""How long before its end an access token is replaced, unless it lasts less than twice as long."""

_TOKEN = re.compile(r"[\x21-\x7e]{4,4096}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tokens; when the access token ends, and from when on it is replaced ahead of that.

    `generation` counts the pairs of one OA, from 1.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    renew_at: datetime
    expires_at: datetime
    generation: int = 1


def pair_of(access: str, refresh: str, issued: datetime, lasts: timedelta = PERMIT, generation: int = 1) -> Pair:
    """Return a pair issued at an instant (aware)."""
    return Pair(access, refresh, issued + max(lasts - AHEAD, lasts / 2), issued + lasts, generation)


def is_token(text: object) -> bool:
    """Say whether a text can stand in a header as a token."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """The pair in force and what became of its refreshes.

    `asked`: how many left and brought back no answer; `refused`: what the far side said when it refused for good.
    """

    pair: Pair
    asked: int = 0
    refused: str | None = None


class StoreUnavailable(Exception):
    """The store can be neither read nor written just now."""


class TokenStore(Protocol):
    """Keeps one OA's pair for every process; each call is one durable transaction. StoreUnavailable from any of them.

    A lease is held by one `holder` until it is released, the pair is replaced, or its time is over.
    """

    def load(self) -> Kept | None:
        """Return what is kept; None before an operator put in the first pair."""

    def try_lease(self, holder: str, generation: int, now: datetime, until: datetime) -> Kept | None:
        """Take the lease of a pair that is not refused; None if another has it, or the generation has passed."""

    def asking(self, holder: str) -> bool:
        """Count a refresh about to leave; False if the lease is no longer the holder's."""

    def save(self, pair: Pair, now: datetime) -> bool:
        """Replace the generation before this one, end its lease; False if it had been replaced already."""

    def release(self, holder: str, *, uncount: bool = False, refused: str | None = None) -> None:
        """End the holder's lease, if it has it still.

        `uncount`: the refresh counted last was certainly not taken; `refused`: why none of this pair will ever be.
        """
