"""The two halves of the Zalo Bot by the settings: who reads what people write to it, and who answers them.

A running service reads by itself, but only while a code is waiting to be written to the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from daemon.clock import Clock
from daemon.domain.settings import Settings
from daemon.errors import ConfigError
from daemon.files.settings import read_secret
from daemon.judgement.rulebook import Rulebook
from daemon.managers.zalo_linking import poll_once, waiting
from daemon.store.engine import Database
from daemon.store.zalo_links import linked
from notifiers.base import DeliveryError
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from notifiers.zalo_bot_inbox import ZaloBotInbox

log = structlog.get_logger(__name__)


def open_bot(settings: Settings, clock: Clock) -> tuple[ZaloBotInbox, ZaloBotNotifier]:
    """Return the bot's inbox and its voice, both to be closed; ConfigError where Zalo does not go by a bot."""
    zalo = settings.zalo
    if zalo is None or zalo.kind != "bot":
        raise ConfigError("dondoc.yaml: kết nối Zalo cá nhân chỉ dùng với Zalo Bot (mục zalo, loai: bot).")
    if zalo.token_file is None:
        raise ConfigError("dondoc.yaml: Zalo Bot cần tệp mã truy cập (mục zalo).")
    route = ZaloBotRoute(zalo.base_url, read_secret(zalo.token_file), zalo.timeout, zalo.ca_file, zalo.proxy)
    return ZaloBotInbox(route, clock.now), ZaloBotNotifier(route, clock.now)


class LinkReader:
    """Links people to their Zalo chats as they write their codes to the bot; without a bot it does nothing."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._office = settings.sender.name
        is_bot = settings.zalo is not None and settings.zalo.kind == "bot"
        self._bot = open_bot(settings, clock) if is_bot else None

    def links(self) -> Mapping[str, str]:
        """Return the chats of people by their ids."""
        if self._bot is None:
            return {}
        with self._database.read() as conn:
            return linked(conn)

    async def read_once(self, rules: Rulebook) -> None:
        """Read what was written to the bot, if anybody has been given a code he has not used yet."""
        if self._bot is None or not await asyncio.to_thread(waiting, self._database, self._clock.now()):
            return
        inbox, voice = self._bot
        try:
            report = await poll_once(self._database, inbox, voice, rules, self._office, self._clock.now, wait=1.0)
        except DeliveryError as failure:
            log.warning("links_unread", kind=failure.kind, detail=failure.detail)
            return
        if report.linked or report.unanswered:
            log.info("links_read", linked=list(report.linked), unanswered=list(report.unanswered))

    async def aclose(self) -> None:
        """Close both halves."""
        for half in self._bot or ():
            await half.aclose()
