"""The two halves of the Zalo Bot by the settings: who reads what people write to it, and who answers them."""

from __future__ import annotations

from daemon.clock import Clock
from daemon.domain.settings import Settings
from daemon.errors import ConfigError
from daemon.files.settings import read_secret
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from notifiers.zalo_bot_inbox import ZaloBotInbox


def open_bot(settings: Settings, clock: Clock) -> tuple[ZaloBotInbox, ZaloBotNotifier]:
    """Return the bot's inbox and its voice, both to be closed; ConfigError where Zalo does not go by a bot."""
    zalo = settings.zalo
    if zalo is None or zalo.kind != "bot":
        raise ConfigError("dondoc.yaml: kết nối Zalo cá nhân chỉ dùng với Zalo Bot (mục zalo, loai: bot).")
    if zalo.token_file is None:
        raise ConfigError("dondoc.yaml: Zalo Bot cần tệp mã truy cập (mục zalo).")
    route = ZaloBotRoute(zalo.base_url, read_secret(zalo.token_file), zalo.timeout, zalo.ca_file, zalo.proxy)
    return ZaloBotInbox(route, clock.now), ZaloBotNotifier(route, clock.now)
