"""Asks, ever more seldom, whether what was accepted has arrived; a confirmed delivery goes from sent to delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from daemon.domain.words import Channel
from daemon.store.engine import Database
from daemon.store.ledger import Salts
from daemon.store.receipts import Awaiting, deliveries_awaiting_receipt, mark_delivered
from notifiers.base import DeliveryError

log = structlog.get_logger(__name__)

Arrived = Callable[[str], Awaitable[bool]]
"""Says whether the message of a name has arrived; DeliveryError if nobody could be asked."""

ASK_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
"""How long after the acceptance each question is put; after the last one nothing more is asked."""

AT_ONCE = 50


class Receipts:
    """The receipts of one channel. What was asked is kept in mind only: after a restart it is asked once more."""

    def __init__(self, database: Database, channel: Channel, arrived: Arrived, salts: Salts) -> None:
        self._database = database
        self._channel = channel
        self._arrived = arrived
        self._salts = salts
        self._asked: dict[int, int] = {}

    async def ask(self, now: datetime) -> int:
        """Ask about what is due at `now`, at most fifty; return how many were confirmed.

        A far side that cannot be asked ends the round: the others are no better off. Nothing is concluded from it.
        """
        waiting = await asyncio.to_thread(self._waiting, now)
        self._asked = {one.delivery: self._asked.get(one.delivery, 0) for one in waiting}
        due = [one for one in waiting if self._is_due(one, now)][:AT_ONCE]
        confirmed = 0
        for one in due:
            try:
                arrived = await self._arrived(one.provider_id)
            except DeliveryError as error:
                log.info("receipt_not_asked", channel=self._channel, kind=error.kind, code=error.code)
                break
            self._asked[one.delivery] = _questions(now - one.accepted_at)
            if arrived:
                confirmed += await asyncio.to_thread(self._confirm, one, now)
        if confirmed:
            log.info("receipts", channel=self._channel, asked=len(due), confirmed=confirmed)
        return confirmed

    def _waiting(self, now: datetime) -> list[Awaiting]:
        with self._database.read() as conn:
            return deliveries_awaiting_receipt(conn, self._channel, now - ASK_AFTER[-1] * 2)

    def _is_due(self, one: Awaiting, now: datetime) -> bool:
        return self._asked[one.delivery] < _questions(now - one.accepted_at)

    def _confirm(self, one: Awaiting, now: datetime) -> bool:
        with self._database.write() as conn:
            return mark_delivered(conn, one.delivery, now, self._salts)


def _questions(age: timedelta) -> int:
    """Return how many questions a delivery of this age has had time for."""
    return sum(after <= age for after in ASK_AFTER)
