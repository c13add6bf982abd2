"""Roads as set up: the names of the servers and apps letters leave by, and how fast each may be used."""

from __future__ import annotations

from collections.abc import Callable

from daemon.domain.settings import Settings, Smtp, Zalo
from daemon.domain.words import Channel
from daemon.judgement.rates import Rate
from daemon.managers.road_watch import RoadWatch
from notifiers.base import Notifier
from notifiers.mail_servers import MailServer, MailServers
from notifiers.memory import MemoryNotifier


def rates(settings: Settings) -> dict[str, Rate]:
    """Return how fast letters may leave by each route; one in whose place letters are only shown has no limit."""
    found: dict[str, Smtp | Zalo] = {}
    if settings.email == "smtp" and settings.smtp is not None:
        found = dict(zip(_mail_routes(settings), (settings.smtp, *settings.smtp_more), strict=True))
    if settings.zalo is not None:
        found[str(Channel.ZALO)] = settings.zalo
    return {name: Rate(one.rate_per_second, one.rate_per_hour, one.agency_gap) for name, one in found.items()}


def named_roads(settings: Settings) -> RoadWatch:
    """Return what names the roads as they are set up; nothing can be sent by them and no secret is read."""
    if settings.email != "smtp" or settings.smtp is None or not settings.smtp_more:
        return RoadWatch({})
    return RoadWatch({Channel.EMAIL: mail_servers(settings, settings.smtp, lambda _: MemoryNotifier())})


def mail_servers(settings: Settings, general: Smtp, carrier: Callable[[Smtp], Notifier]) -> MailServers:
    """Return the several mail servers as one channel, each by its name; `carrier` makes what delivers to one."""
    servers = zip(_mail_routes(settings), (general, *settings.smtp_more), strict=True)
    return MailServers([MailServer(name, carrier(server), server.domains) for name, server in servers])


def _mail_routes(settings: Settings) -> list[str]:
    """The names of the mail servers: the channel's for a single one, where there are several with the host."""
    if settings.smtp is None or not settings.smtp_more:
        return [str(Channel.EMAIL)]
    hosts = [server.host for server in (settings.smtp, *settings.smtp_more)]
    places = [f"{host} ({hosts[:n].count(host) + 1})" if host in hosts[:n] else host for n, host in enumerate(hosts)]
    return [f"{Channel.EMAIL} {place}" for place in places]
