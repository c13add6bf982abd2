"""Channels as set up: who carries letters by mail and by Zalo, made from the settings and the secrets they point to."""

from __future__ import annotations

import sys

from daemon.clock import Clock
from daemon.domain.settings import Settings, Smtp, Zalo
from daemon.domain.words import Channel
from daemon.errors import ConfigError
from daemon.files.settings import read_secret
from daemon.store.engine import Database
from notifiers.base import Notifier
from notifiers.console import ConsoleNotifier
from notifiers.email import EmailNotifier
from notifiers.memory import MemoryNotifier
from notifiers.smtp_connection import SmtpRoute
from notifiers.webhook import WebhookNotifier, WebhookRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute


def open_notifiers(settings: Settings, clock: Clock, database: Database) -> dict[Channel, Notifier]:  # noqa: ARG001 - tokens of a Zalo OA are kept there
    """Return who carries letters by each channel that is set up; ConfigError for a channel set up by halves.

    `database` keeps what a channel must not lose (the tokens of a Zalo OA).
    """
    found: dict[Channel, Notifier] = {}
    match settings.email:
        case "smtp":
            if settings.smtp is None:
                raise ConfigError("dondoc.yaml: gửi thư qua SMTP nhưng chưa khai máy chủ thư (mục smtp).")
            found[Channel.EMAIL] = EmailNotifier(_smtp_route(settings, settings.smtp))
        case "console":
            found[Channel.EMAIL] = ConsoleNotifier(sys.stdout)
        case _:
            found[Channel.EMAIL] = MemoryNotifier()
    if settings.zalo is not None:
        found[Channel.ZALO] = _zalo(settings.zalo, clock)
    return found


def _smtp_route(settings: Settings, smtp: Smtp) -> SmtpRoute:
    return SmtpRoute(
        host=smtp.host,
        sender=settings.sender.address,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=read_secret(smtp.password_file) if smtp.password_file is not None else None,
        auth=smtp.auth,
        ca_file=smtp.ca_file,
        connections=smtp.connections,
        connect_timeout=smtp.connect_timeout,
        command_timeout=smtp.command_timeout,
        data_timeout=smtp.data_timeout,
        answer_timeout=smtp.answer_timeout,
    )


def _zalo(zalo: Zalo, clock: Clock) -> Notifier:
    if zalo.kind == "bot":
        if zalo.token_file is None:
            raise ConfigError("dondoc.yaml: Zalo Bot cần tệp mã truy cập (mục zalo).")
        return ZaloBotNotifier(ZaloBotRoute(zalo.base_url, read_secret(zalo.token_file), zalo.timeout))
    if zalo.url is None or zalo.key_id is None or zalo.secret_file is None:
        raise ConfigError("dondoc.yaml: cổng gửi Zalo cần địa chỉ, mã khóa và tệp khóa bí mật (mục zalo).")
    return WebhookNotifier(WebhookRoute(zalo.url, zalo.key_id, read_secret(zalo.secret_file), zalo.timeout), clock.now)
