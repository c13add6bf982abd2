"""The one app the local Zalo hosts serve: its secrets, and which of its tokens are good just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from notifiers.zalo_signature import appsecret_proof

ACCESS_LASTS = timedelta(seconds=90_000)
REFRESH_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class LocalZaloApp:
    """An app and its Official Account. The defaults open nothing but servers on loopback."""

    app_id: str = "1000000000000000001"
    app_secret: str = field(default="local-app-secret", repr=False)
    oa_id: str = "3000000000000000003"
    oa_secret: str = field(default="local-oa-secret", repr=False)


class Standing(StrEnum):
    """What an access token is worth."""

    GOOD = "good"
    EXPIRED = "expired"  # the last one given out, its time over
    DEAD = "dead"  # any other, and none


class LocalZaloTokens:
    """The pair in force. Tokens are counted (AT-1, RT-1, AT-2, ...), so that two runs agree.

    `proofs`: every call must bring a right `appsecret_proof`, as an app may ask in the console.
    """

    def __init__(self, now: Callable[[], datetime], app: LocalZaloApp | None = None, *, proofs: bool = False) -> None:
        self.app = app or LocalZaloApp()
        self.proofs = proofs
        self.access_token = ""
        self.refresh_token = ""
        self.spent: set[str] = set()
        self._now = now
        self._made = 0
        self._since = now()
        self.rotate()

    def rotate(self) -> None:
        """Give out a new pair; the access token before it is dead at once, the refresh token spent."""
        if self.refresh_token:
            self.spent.add(self.refresh_token)
        self._made += 1
        self._since = self._now()
        self.access_token, self.refresh_token = f"AT-{self._made}", f"RT-{self._made}"

    def refreshable(self, refresh_token: str) -> bool:
        """Say whether a refresh token would be taken."""
        return refresh_token == self.refresh_token and self._now() < self._since + REFRESH_LASTS

    def standing(self, headers: Mapping[str, str]) -> Standing:
        """Return what the request's `access_token` header is worth; `Authorization` counts for nothing."""
        if headers.get("access_token") != self.access_token:
            return Standing.DEAD
        return Standing.GOOD if self._now() < self._since + ACCESS_LASTS else Standing.EXPIRED

    def proven(self, headers: Mapping[str, str]) -> bool:
        """Say whether the request shows the proof the app asks for, if it asks."""
        proof = appsecret_proof(headers.get("access_token", ""), self.app.app_secret)
        return not self.proofs or headers.get("appsecret_proof") == proof
