"""Several mail servers as one channel: which of them carries a letter is decided by the recipient's domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifiers.base import BeforeDot, Message, Notifier, Receipt


@dataclass(frozen=True, slots=True)
class MailServer:
    """One server. `domains` in lower case: it carries letters to these and what lies under them; none: to the rest."""

    name: str
    notifier: Notifier
    domains: tuple[str, ...] = ()


class MailServers:
    """A channel of several servers, the first of them for every recipient no other is for; each has its own route."""

    name = "email"

    def __init__(self, servers: Sequence[MailServer]) -> None:
        self._general = servers[0]
        self._servers = tuple(servers)
        self._of_domain = {domain: server for server in servers for domain in server.domains}

    def route(self, address: str) -> str:
        """Return the name of the server for an address."""
        return self._server(address).name

    def routes(self) -> tuple[str, ...]:
        """Return the names of all servers."""
        return tuple(server.name for server in self._servers)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand one letter to the server for its recipient; DeliveryError as that server's notifier says."""
        return await self._server(message.address).notifier.deliver(message, before_dot)

    async def aclose(self) -> None:
        """Close every server's conversations."""
        for server in self._servers:
            await server.notifier.aclose()

    def _server(self, address: str) -> MailServer:
        domain = address.rpartition("@")[2].lower()
        while domain:
            if domain in self._of_domain:
                return self._of_domain[domain]
            domain = domain.partition(".")[2]
        return self._general
