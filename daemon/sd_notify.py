"""What systemd is told: ready, reloading, stopping, a line of status, still alive (sd_notify(3)).

Each notification is one datagram to the socket named by NOTIFY_SOCKET. Without that variable everything here is
silent, so a terminal and the tests need no switch. The variable is removed from the environment, so that a child
process does not speak for the daemon. Trouble with the socket is logged once and never stops the daemon.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping, MutableMapping

# Longer than any status line people would read; a datagram must fit the socket's buffer whole.
STATUS_LIMIT = 512
# Waiting blocks the loop, so a full queue costs a notification after this many seconds.
SEND_TIMEOUT = 1.0

_log = logging.getLogger(__name__)


class ServiceManager:
    """The service manager that started the daemon, or nobody.

    `address` is NOTIFY_SOCKET's value: a path, "@name" for an abstract socket, None or empty for nobody.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address or None
        self._complained = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> ServiceManager:
        """Return the manager named by NOTIFY_SOCKET, which is removed from `environ`."""
        return cls(environ.pop("NOTIFY_SOCKET", None))

    def ready(self) -> None:
        """Say that start-up, or a reload, is complete."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Say that a reload began; `ready` must follow, also when the old files stay in force."""
        # Type=notify-reload (systemd >= 253) needs the time stamp; older ones ignore the extra line.
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """Say that shutdown began."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`; line breaks become spaces, a long text is cut."""
        # A line break would start another assignment: "…\nREADY=1".
        self._send("STATUS=" + " ".join(text.split())[:STATUS_LIMIT])

    def watchdog(self) -> None:
        """Say that the daemon is alive; to be sent by what proves it, not by a timer of its own."""
        self._send("WATCHDOG=1")

    def _send(self, state: str) -> None:
        if self._address is None:
            return
        if self._address[0] not in "/@":
            self._complain("neither a path nor an abstract socket")
            return
        name = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SEND_TIMEOUT)
                sender.connect(name)
                sender.send(state.encode())
        except OSError as error:
            self._complain(str(error))

    def _complain(self, reason: str) -> None:
        if not self._complained:
            self._complained = True
            _log.warning("sd_notify_failed", extra={"socket": self._address, "error": reason})


def watchdog_interval(environ: Mapping[str, str]) -> float | None:
    """Return how often to call `watchdog`, in seconds: a third of WATCHDOG_USEC; None if unwatched."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    watched = environ.get("WATCHDOG_PID", "")
    if watched and watched != str(os.getpid()):
        return None
    if not (microseconds.isascii() and microseconds.isdigit()) or int(microseconds) == 0:
        return None
    return int(microseconds) / 3_000_000
