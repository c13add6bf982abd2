"""Where senders for a Zalo OA get the access token: refreshed ahead of its end and on demand, once for all processes.

A refresh token works once, and a refresh whose answer was lost may have spent it. So a new pair is stored before it is
used, one process refreshes while the others wait for what it stores, and after a lost answer there is one more try.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from notifiers.base import DeliveryError, FailureKind, Phase
from notifiers.http_post import checked_url, open_client, post_json
from notifiers.zalo_pair import Kept, Pair, StoreUnavailable, TokenStore, is_token
from notifiers.zalo_refresh import NEW_PAIR, Failed, lost, read_answer, spent, stop

T = TypeVar("T")

LEASE = timedelta(minutes=2)
POLL = 0.25  # seconds between looks at what another process stores
LOOKS = int(LEASE.total_seconds() / POLL) + 2
QUIET = timedelta(minutes=10)  # after a refresh ahead of time that failed


@dataclass(frozen=True, slots=True)
class OAuthRoute:
    """One app at Zalo's OAuth server. `timeout` in seconds; ValueError for a malformed part.

    `ca_file`: trust this authority and no other.
    """

    base_url: str
    app_id: str
    app_secret: str = field(repr=False)
    timeout: float = 30.0
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could never be sent, without repeating it."""
        checked_url(self.base_url)
        if not self.app_id.isdecimal() or not is_token(self.app_secret):
            raise ValueError("an app needs an id in digits and a secret in ASCII")


class TokenSource:
    """The tokens of one OA. Every method raises DeliveryError and nothing else; phase CONNECT: no letter has left."""

    def __init__(
        self,
        store: TokenStore,
        route: OAuthRoute,
        now: Callable[[], datetime],
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        holder: str | None = None,
    ) -> None:
        """`wait` seconds pass between two looks at the store; `holder` names this process to the others."""
        self._store = store
        self._route = route
        self._now = now
        self._wait = wait
        self._holder = holder or secrets.token_hex(8)
        self._url = f"{route.base_url.rstrip('/')}/v4/oa/access_token"
        self._client = open_client(route.timeout, ca_file=route.ca_file, proxy=route.proxy)
        self._one = asyncio.Lock()
        self._unsaved: Pair | None = None
        self._quiet_until: datetime | None = None

    async def current(self) -> Pair:
        """Return a pair to send with; one near its end is replaced first, or used to its end if that fails."""
        kept = await self._kept()
        now = self._now()
        if now < kept.pair.renew_at:
            return kept.pair
        if now < kept.pair.expires_at and self._quiet_until is not None and now < self._quiet_until:
            return kept.pair
        try:
            return await self._renew(kept.pair.generation)
        except DeliveryError:
            self._quiet_until = now + QUIET
            if now >= kept.pair.expires_at:
                raise
        return kept.pair

    async def renewed(self, refused: Pair) -> Pair:
        """Return another pair than one whose access token was refused; another process's if there is one already."""
        return await self._renew(refused.generation)

    def hidden(self, pair: Pair) -> tuple[str, ...]:
        """Return what a far side must not be quoted with."""
        return (pair.access, pair.refresh, self._route.app_secret)

    async def keep_fresh(self) -> None:
        """Replace a pair near its end, so that an idle office's does not lapse; the failure says what a person must do.

        To be called now and then; it reads one row when there is nothing to do.
        """
        kept = await self._kept()
        if self._now() >= kept.pair.renew_at:
            await self._renew(kept.pair.generation)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()

    async def _kept(self) -> Kept:
        kept = await self._at_store(self._store.load)
        if kept is None:
            raise stop(f"no tokens yet: {NEW_PAIR}")
        return kept

    async def _renew(self, generation: int) -> Pair:
        async with self._one:
            if self._unsaved is not None:
                await self._keep(self._unsaved)
            for _ in range(LOOKS):
                kept = await self._kept()
                if kept.pair.generation != generation:
                    return kept.pair
                if spent(kept):
                    raise stop(spent(kept))
                now = self._now()
                leased = await self._at_store(self._store.try_lease, self._holder, generation, now, now + LEASE)
                if leased is not None:
                    return await self._refresh(leased)
                await self._wait(POLL)
        raise DeliveryError(FailureKind.TRANSIENT, "another process is refreshing the tokens", phase=Phase.CONNECT)

    async def _refresh(self, kept: Kept) -> Pair:
        """Ask for a new pair, holding the lease; store it, and only then return it."""
        told = await self._asked(kept)
        if isinstance(told, Pair):
            await self._keep(told)
            return (await self._kept()).pair
        refused = told.error.detail if told.dead else None
        await self._at_store(partial(self._store.release, self._holder, uncount=told.untaken, refused=refused))
        raise told.error

    async def _asked(self, kept: Kept) -> Pair | Failed:
        async def leaving() -> None:
            if not await self._at_store(self._store.asking, self._holder):
                raise DeliveryError(FailureKind.TRANSIENT, "the lease ran out", phase=Phase.CONNECT)

        if spent(kept):  # another process's last try, between our look and our lease
            return Failed(stop(spent(kept)))
        form = {"grant_type": "refresh_token", "app_id": self._route.app_id, "refresh_token": kept.pair.refresh}
        body = urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "secret_key": self._route.app_secret}
        try:
            answer = await post_json(
                self._client, self._url, body, leaving, within=self._route.timeout, headers=headers
            )
        except DeliveryError as error:
            if error.maybe_accepted:
                return lost(kept, error.detail)
            return Failed(DeliveryError(error.kind, f"token refresh: {error.detail}", phase=Phase.CONNECT))
        return read_answer(answer, kept, self._now(), self._route.app_secret)

    async def _keep(self, pair: Pair) -> None:
        self._unsaved = pair  # until it is written down: the far side will not say it twice
        for _ in range(LOOKS):
            try:
                await asyncio.to_thread(self._store.save, pair, self._now())
            except StoreUnavailable:
                await self._wait(POLL)
            else:
                self._unsaved = None
                return
        raise DeliveryError(FailureKind.TRANSIENT, "new tokens cannot be stored just now", phase=Phase.CONNECT)

    async def _at_store(self, call: Callable[..., T], *given: object) -> T:
        try:
            return await asyncio.to_thread(call, *given)
        except StoreUnavailable:
            pass
        raise DeliveryError(FailureKind.TRANSIENT, "the stored tokens cannot be used just now", phase=Phase.CONNECT)
