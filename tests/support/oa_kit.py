"""An Official Account on loopback with its tokens in a database, and channels that use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from daemon.clock import VirtualClock
from daemon.local.zalo_host import ZaloHost
from daemon.local.zalo_oa import LocalZaloOa
from daemon.local.zalo_oauth import LocalZaloOAuth
from daemon.local.zalo_templates import REMINDER
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.local.zalo_zbs import LocalZbs
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import Notifier
from notifiers.zalo_api import OaRoute
from notifiers.zalo_oa import ZaloOaNotifier
from notifiers.zalo_pair import pair_of
from notifiers.zalo_tokens import OAuthRoute, TokenSource
from notifiers.zalo_zbs import ZaloZbsNotifier
from tests.support.fresh import new_database

N = TypeVar("N", bound=Notifier)
NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)


class ZaloStreet:
    """The three hosts of one OA. Notifiers made here are closed before the hosts."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(NOW)
        self.tokens = LocalZaloTokens(self.clock.now)
        self.oauth = LocalZaloOAuth(self.tokens)
        self.oa = LocalZaloOa(self.clock.now, self.tokens)
        self.zbs = LocalZbs(self.clock.now, self.tokens, templates=(REMINDER,))
        self.stack = AsyncExitStack()
        path = folder / "zalo.db"
        new_database(path, now=NOW)
        self.database = self.stack.enter_context(open_database(path))
        self.store = StoredTokens(self.database, self.tokens.app.app_id, self.tokens.app.oa_id)
        self.store.put(pair_of(self.tokens.access_token, self.tokens.refresh_token, NOW), NOW)

    def source(self) -> TokenSource:
        """Return the OA's tokens as one process has them."""
        app = self.tokens.app
        route = OAuthRoute(self.oauth.base_url, app.app_id, app.app_secret)
        return TokenSource(self.store, route, self.clock.now, wait=quickly)

    def by_oa(self, base_url: str | None = None, *, timeout: float = 30, proof: bool = False) -> ZaloOaNotifier:
        """Return a sender of texts."""
        return self._kept(ZaloOaNotifier(self._route(self.oa, base_url, timeout, proof), self.source(), self.clock.now))

    def by_zbs(self, base_url: str | None = None, *, timeout: float = 30, development: bool = False) -> ZaloZbsNotifier:
        """Return a sender of templates."""
        route = self._route(self.zbs, base_url, timeout, proof=False)
        return self._kept(
            ZaloZbsNotifier(route, self.source(), self.clock.now, kinds=("reminder",), development=development)
        )

    def _route(self, host: ZaloHost, base_url: str | None, timeout: float, proof: bool) -> OaRoute:
        return OaRoute(base_url or host.base_url, timeout, proof_secret=self.tokens.app.app_secret if proof else None)

    def _kept(self, notifier: N) -> N:
        self.stack.push_async_callback(notifier.aclose)
        return notifier


async def quickly(_seconds: float) -> None:
    """Let the others work."""
    await asyncio.sleep(0)


@asynccontextmanager
async def zalo_street(folder: Path) -> AsyncIterator[ZaloStreet]:
    """Yield the hosts, served."""
    street = ZaloStreet(folder)
    async with street.oauth, street.oa, street.zbs, street.stack:
        yield street
