"""The mail servers of config/dondoc.yaml: the one for all recipients, and those for recipients of certain domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from daemon.domain.settings import Smtp
from daemon.files import keys
from daemon.files.fields import count, duration, token, word, yes_no
from daemon.files.forms import Form
from daemon.files.mailbox_settings import read_bounce
from daemon.files.rates import rates

_Security = Literal["none", "starttls", "tls"]
_SECURITY: Mapping[str, _Security] = {"starttls": "starttls", "tls": "tls", "không": "none"}
_NO_SECURITY: Mapping[str, _Security] = {"none": "none"}
_METHODS = {one: one for one in ("login", "plain")}


def read_smtp(form: Form, path: Callable[[str], Path], host: Callable[[str], str]) -> Smtp | None:
    """Return the server for every recipient no other server is for; None if there is none."""
    inner = form.form("smtp", keys.SMTP)
    if inner is None:
        return None
    if inner.node("domains") is not None:
        inner.error("domains", "máy chủ chung gửi đến mọi nơi; tên miền người nhận chỉ ghi ở máy chủ riêng")
    return _server(inner, path, host)


def read_smtp_more(form: Form, path: Callable[[str], Path], host: Callable[[str], str]) -> tuple[Smtp, ...]:
    """Return the servers for recipients of certain domains, each domain named once."""
    found: list[Smtp] = []
    seen: set[str] = set()
    for inner in form.forms("smtp_more", keys.SMTP):
        domains = tuple(one.lower() for one in inner.several("domains", host))
        if inner.node("domains") is None:
            inner.missing("domains")
        for again in seen.intersection(domains):
            inner.error("domains", f"tên miền “{again}” đã có máy chủ riêng khác; mỗi tên miền chỉ một máy chủ")
        seen.update(domains)
        found.append(replace(_server(inner, path, host), domains=domains))
    if found and form.node("smtp") is None:
        form.missing("smtp")
    return tuple(found)


def _server(inner: Form, path: Callable[[str], Path], host: Callable[[str], str]) -> Smtp:
    plain = Smtp("")
    username = inner.may("username", token)
    if username is not None and inner.node("password_file") is None:
        inner.missing("password_file")
    return Smtp(
        host=inner.must("host", host, ""),
        port=inner.may("port", count(1, 65535)) or plain.port,
        security=inner.may("security", word(_SECURITY, _NO_SECURITY)) or plain.security,
        username=username,
        password_file=inner.may("password_file", path),
        auth=tuple(inner.several("auth", word(_METHODS))),
        ca_file=inner.may("ca_file", path),
        international=bool(inner.may("international", yes_no)),
        connections=inner.may("connections", count(1, 20)) or plain.connections,
        connect_timeout=inner.may("connect_timeout", duration) or plain.connect_timeout,
        command_timeout=inner.may("command_timeout", duration) or plain.command_timeout,
        data_timeout=inner.may("data_timeout", duration) or plain.data_timeout,
        answer_timeout=inner.may("answer_timeout", duration) or plain.answer_timeout,
        **read_bounce(inner, host),
        **rates(inner, plain),
    )
