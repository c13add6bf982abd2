"""The administrator's part about mail that comes back: the mailbox that is read, the address reports go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypedDict

from daemon.domain.settings import Mailbox
from daemon.files import keys
from daemon.files.fields import count, duration, name, token, word
from daemon.files.forms import Form

_Security = Literal["none", "starttls", "tls"]
_SECURITY: Mapping[str, _Security] = {"tls": "tls", "starttls": "starttls", "không": "none"}
_NO_SECURITY: Mapping[str, _Security] = {"none": "none"}
_PORTS: Mapping[_Security, int] = {"tls": 993, "starttls": 143, "none": 143}
_Bounce = Literal["none", "plus", "domain"]
_BOUNCE: Mapping[str, _Bounce] = {"không": "none", "dấu cộng": "plus", "tên miền riêng": "domain"}
_BOUNCE_IN_ENGLISH: Mapping[str, _Bounce] = {
    "none": "none",
    "plus": "plus",
    "verp-domain": "domain",
    "domain": "domain",
}


class BounceSettings(TypedDict):
    """The fields of `Smtp` about reports."""

    bounce: _Bounce
    bounce_domain: str | None


def read_mailbox(form: Form, path: Callable[[str], Path], host: Callable[[str], str]) -> Mailbox | None:
    """Return the mailbox under `mailbox`, None if nothing stands there."""
    inner = form.form("mailbox", keys.MAILBOX)
    if inner is None:
        return None
    security = inner.may("security", word(_SECURITY, _NO_SECURITY)) or "tls"
    return Mailbox(
        host=inner.must("host", host, ""),
        username=inner.must("username", token, ""),
        password_file=inner.must("password_file", path, Path()),
        port=inner.may("port", count(1, 65535)) or _PORTS[security],
        security=security,
        ca_file=inner.may("ca_file", path),
        folder=inner.may("folder", name) or "INBOX",
        every=inner.may("every", duration) or Mailbox("", "", Path()).every,
    )


def read_bounce(smtp: Form, host: Callable[[str], str]) -> BounceSettings:
    """Return where reports go; a domain of their own must be named, and only then."""
    bounce = smtp.may("bounce", word(_BOUNCE, _BOUNCE_IN_ENGLISH)) or "none"
    domain = smtp.may("bounce_domain", host)
    if bounce == "domain" and smtp.node("bounce_domain") is None:
        smtp.missing("bounce_domain")
    if bounce != "domain" and domain is not None:
        smtp.error("bounce_domain", f"chỉ dùng khi {smtp.named('bounce')} là “tên miền riêng”; bỏ dòng này")
    return {"bounce": bounce, "bounce_domain": domain}
