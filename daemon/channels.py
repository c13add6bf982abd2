"""Channels as set up: who carries letters by mail and by Zalo, made from the settings and the secrets they point to."""

from __future__ import annotations

import sys

from daemon.clock import Clock
from daemon.domain.settings import Settings, Smtp, Zalo
from daemon.domain.words import Channel
from daemon.domain.zalo import carried
from daemon.errors import ConfigError, os_reason
from daemon.files.settings import read_secret
from daemon.roads import mail_servers
from daemon.store.engine import Database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import Notifier
from notifiers.console import ConsoleNotifier
from notifiers.email import EmailNotifier
from notifiers.memory import MemoryNotifier
from notifiers.smtp_connection import SmtpRoute
from notifiers.webhook import WebhookNotifier, WebhookRoute
from notifiers.zalo_api import OaRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from notifiers.zalo_oa import ZaloOaNotifier
from notifiers.zalo_pair import is_token
from notifiers.zalo_tokens import OAuthRoute, TokenSource
from notifiers.zalo_zbs import ZaloZbsNotifier


def open_notifiers(settings: Settings, clock: Clock, database: Database) -> dict[Channel, Notifier]:
    """Return who carries letters by each channel that is set up; ConfigError for a channel set up by halves.

    `database` keeps what a channel must not lose (the tokens of a Zalo OA).
    """
    found: dict[Channel, Notifier] = {}
    match settings.email:
        case "smtp":
            if settings.smtp is None:
                raise ConfigError("dondoc.yaml: gửi thư qua SMTP nhưng chưa khai máy chủ thư (mục smtp).")
            found[Channel.EMAIL] = _mail(settings, settings.smtp)
        case "console":
            found[Channel.EMAIL] = ConsoleNotifier(sys.stdout)
        case _:
            found[Channel.EMAIL] = MemoryNotifier()
    if settings.zalo is not None:
        try:
            found[Channel.ZALO] = _zalo(settings.zalo, clock, database)
        except OSError as error:  # the one file a channel reads by itself
            raise ConfigError(f"tệp chứng thư {settings.zalo.ca_file}: không dùng được ({os_reason(error)})") from None
        except ValueError as error:
            raise ConfigError(f"dondoc.yaml: mục zalo không dùng được ({error})") from None
    return found


def _mail(settings: Settings, general: Smtp) -> Notifier:
    if not settings.smtp_more:
        return EmailNotifier(_smtp_route(settings, general))
    return mail_servers(settings, general, lambda server: EmailNotifier(_smtp_route(settings, server)))


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


def _zalo(zalo: Zalo, clock: Clock, database: Database) -> Notifier:
    if zalo.kind == "bot":
        if zalo.token_file is None:
            raise ConfigError("dondoc.yaml: Zalo Bot cần tệp mã truy cập (mục zalo).")
        return ZaloBotNotifier(
            ZaloBotRoute(zalo.base_url, read_secret(zalo.token_file), zalo.timeout, zalo.ca_file, zalo.proxy), clock.now
        )
    if zalo.kind in {"oa", "zbs"}:
        return _official_account(zalo, clock, database)
    if zalo.url is None or zalo.key_id is None or zalo.secret_file is None:
        raise ConfigError("dondoc.yaml: cổng gửi Zalo cần địa chỉ, mã khóa và tệp khóa bí mật (mục zalo).")
    return WebhookNotifier(
        WebhookRoute(zalo.url, zalo.key_id, read_secret(zalo.secret_file), zalo.timeout, zalo.ca_file, zalo.proxy),
        clock.now,
    )


def _official_account(zalo: Zalo, clock: Clock, database: Database) -> Notifier:
    if not zalo.oa_id or not zalo.app_id or zalo.app_secret_file is None:
        raise ConfigError("dondoc.yaml: gửi qua OA cần mã OA, mã ứng dụng và tệp khóa ứng dụng (mục zalo).")
    secret = read_secret(zalo.app_secret_file)
    if not is_token(secret):
        raise ConfigError(f"tệp bí mật {zalo.app_secret_file}: khóa ứng dụng chỉ gồm chữ và số, không có dấu cách")
    oauth = OAuthRoute(zalo.oauth_url, zalo.app_id, secret, zalo.timeout, zalo.ca_file, zalo.proxy)
    tokens = TokenSource(StoredTokens(database, zalo.app_id, zalo.oa_id), oauth, clock.now)
    proof = secret if zalo.app_secret_proof else None
    route = OaRoute(zalo.base_url, zalo.timeout, zalo.ca_file, zalo.proxy, proof)
    if zalo.kind == "oa":
        return ZaloOaNotifier(route, tokens, clock.now)
    return ZaloZbsNotifier(route, tokens, clock.now, kinds=carried(zalo.templates), development=zalo.development)
