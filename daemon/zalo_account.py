"""What a Zalo Official Account needs between letters: tokens that do not lapse, and word of what has arrived."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from daemon.domain.words import Channel, Matter
from daemon.managers.receipts import Arrived, Receipts
from daemon.store.engine import Database
from daemon.store.failing import note_failing, note_well
from daemon.store.ledger import Salts
from notifiers.base import DeliveryError, FailureKind, Notifier
from notifiers.zalo_oa import ZaloOaNotifier
from notifiers.zalo_zbs import Arrival, ZaloZbsNotifier

log = structlog.get_logger(__name__)

FRESH_EVERY = timedelta(minutes=10)


class AccountKeeper:
    """Tends one OA. For any other channel there is nothing to do."""

    def __init__(self, notifier: Notifier | None, database: Database, salts: Salts) -> None:
        self._account = notifier if isinstance(notifier, ZaloOaNotifier | ZaloZbsNotifier) else None
        self._database = database
        self._receipts: Receipts | None = None
        self._fresh_at: datetime | None = None
        if isinstance(notifier, ZaloZbsNotifier):
            self._receipts = Receipts(database, Channel.ZALO, _arrived_by(notifier), salts)

    async def look(self, now: datetime) -> int:
        """Do what is due at `now`; return how many deliveries were confirmed. What fails is logged and due again."""
        if self._account is None:
            return 0
        if self._fresh_at is None or not timedelta(0) <= now - self._fresh_at < FRESH_EVERY:
            self._fresh_at = now
            await self._keep_fresh(self._account, now)
        return await self._receipts.ask(now) if self._receipts is not None else 0

    async def _keep_fresh(self, account: ZaloOaNotifier | ZaloZbsNotifier, now: datetime) -> None:
        """Replace tokens near their end; a failure is noted, so that a person hears of it while the old ones last."""
        failed: DeliveryError | None = None
        try:
            await account.keep_fresh()
        except DeliveryError as error:
            failed = error
            log.warning("zalo_tokens_not_fresh", kind=error.kind, detail=error.detail)

        def note() -> None:
            with self._database.write() as conn:
                if failed is None:
                    note_well(conn, Matter.ZALO_TOKENS)
                else:
                    grave = failed.kind is FailureKind.MISCONFIGURED
                    note_failing(conn, Matter.ZALO_TOKENS, failed.detail, now, grave=grave)

        await asyncio.to_thread(note)


def _arrived_by(zbs: ZaloZbsNotifier) -> Arrived:
    async def arrived(provider_id: str) -> bool:
        return await zbs.status(provider_id) is Arrival.DELIVERED

    return arrived
