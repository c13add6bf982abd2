"""The administrator's part about the watcher outside."""

from __future__ import annotations

from collections.abc import Callable

from daemon.domain.settings import Heartbeat
from daemon.files import keys
from daemon.files.fields import duration
from daemon.files.forms import Form


def read_heartbeat(form: Form, url: Callable[[str], str]) -> Heartbeat | None:
    """Return who is told that all is well, None if nobody is."""
    inner = form.form("heartbeat", keys.HEARTBEAT)
    if inner is None:
        return None
    every = inner.may("every", duration)
    return Heartbeat(inner.must("url", url, ""), **({} if every is None else {"every": every}))
