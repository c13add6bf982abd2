"""config/dondoc.yaml, the administrator's file (key names: the table in `keys.py`), and the secrets it points to."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from daemon.domain.settings import Files, Limits, Pace, Sender, Settings
from daemon.errors import ConfigError, os_reason
from daemon.files import keys
from daemon.files.addresses import email
from daemon.files.fields import Unreadable, count, duration, hour_or_no, hours, line, name, token, word
from daemon.files.forms import Form, is_english
from daemon.files.heartbeat_settings import read_heartbeat
from daemon.files.mailbox_settings import read_mailbox
from daemon.files.matching import folded
from daemon.files.nodes import Findings, Node, in_file_order
from daemon.files.reader import read
from daemon.files.servers import read_smtp, read_smtp_more
from daemon.files.sources import raw_bytes
from daemon.files.zalo_settings import read_zalo

LARGEST_SECRET = 4096  # bytes
_NOTIFIERS = {one: one for one in ("smtp", "console", "memory")}
_LOG_LEVELS = {one: one for one in ("debug", "info", "warning", "error")}
_TO_THE_END = ("den het lan nhac", "until the step ends")
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|[0-9a-fA-F:]{2,45}")


def load_settings(path: Path) -> Settings:
    """Return the settings of a file; FilesRefused with every problem if it cannot be used.

    Relative paths in it are relative to its folder. Secrets are not read here.
    """
    findings = Findings()
    raw = raw_bytes(path, path.name, findings)
    node = None if raw is None else read(raw, path.name, findings)
    settings = None if node is None else _settings(node, path.absolute(), findings)
    findings.refuse()
    assert settings is not None, "a file without problems was read"
    return replace(settings, warnings=in_file_order(findings.warnings))


def _settings(node: Node, file: Path, findings: Findings) -> Settings:
    form = Form(node, keys.SETTINGS, findings, english=is_english(node, keys.SETTINGS))
    path = _path(file.parent)
    smtp = read_smtp(form, path, _host)
    notifier = form.may("email", word(_NOTIFIERS)) or "smtp"
    if notifier == "smtp" and form.node("smtp") is None:
        form.missing("smtp")
    windows = tuple(form.several("windows", hours))
    if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
        form.error("windows", "các khoảng giờ phải xếp theo thứ tự và không chồng nhau")
    international = smtp is not None and smtp.international
    defaults = Settings(file, file, Files(file, file, file, file), Sender("", ""))
    return Settings(
        file=file,
        database=form.must("database", path, file),
        files=_files(form, path, file),
        sender=_sender(form, international=international),
        windows=windows or defaults.windows,
        email=notifier,
        smtp=smtp,
        smtp_more=read_smtp_more(form, path, _host),
        mailbox=read_mailbox(form, path, _host),
        zalo=read_zalo(form, path, _url("https", "http")),
        public_url=form.may("public_url", _url("https", "http")),
        pace=_pace(form),
        limits=_limits(form),
        log_level=form.may("log_level", word(_LOG_LEVELS)) or defaults.log_level,
        tomorrow_note=_hour(form, "tomorrow_note", defaults.tomorrow_note),
        weekly_report=_hour(form, "weekly_report", defaults.weekly_report),
        heartbeat=read_heartbeat(form, _url("https")),
    )


def _hour(form: Form, key: str, default: time | None) -> time | None:
    """The hour of an office letter; None where it is switched off."""
    return default if form.node(key) is None else form.may(key, hour_or_no)


def _path(folder: Path) -> Callable[[str], Path]:
    def read_path(text: str) -> Path:
        return Path(os.path.normpath(folder / line(text)))  # ".." goes, for the eyes of whoever reads the message

    return read_path


def _url(*schemes: str) -> Callable[[str], str]:
    def read_url(text: str) -> str:
        token(text)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in schemes and bool(parts.hostname) and parts.username is None
        except ValueError:
            usable = False
        if not usable:
            raise Unreadable(f"“{text[:80]}” không phải địa chỉ web; viết như {schemes[0]}://dondoc.so.example")
        return text.rstrip("/")

    return read_url


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise Unreadable(f"“{text[:80]}” không phải tên máy chủ; viết như mail.so.example, không kèm cổng hay https://")
    return text


def _files(form: Form, path: Callable[[str], Path], nowhere: Path) -> Files:
    inner = form.form("files", keys.FILES)
    if inner is None:
        form.missing("files")
        return Files(nowhere, nowhere, nowhere, nowhere)
    return Files(
        schedules=inner.must("schedules", path, nowhere),
        agencies=inner.must("agencies", path, nowhere),
        ladders=inner.must("ladders", path, nowhere),
        calendar=inner.must("calendar", path, nowhere),
        templates=inner.may("templates", path),
    )


def _sender(form: Form, *, international: bool) -> Sender:
    inner = form.form("sender", keys.SENDER)
    if inner is None:
        form.missing("sender")
        return Sender("", "")
    address = email(international=international)
    return Sender(
        address=inner.must("address", address, ""),
        name=inner.must("name", name, ""),
        reply_to=inner.may("reply_to", address),
        message_id_domain=inner.may("message_id_domain", _host),
    )


def _pace(form: Form) -> Pace:
    inner, plain = form.form("pace", keys.PACE), Pace()
    if inner is None:
        return plain
    resend = plain.resend_unknown
    if inner.node("resend_unknown") is not None:
        resend = inner.must("resend_unknown", _resend, 0)
        resend = None if resend < 0 else resend
    return Pace(
        tick=inner.may("tick", duration) or plain.tick,
        lease=inner.may("lease", duration) or plain.lease,
        unknown_after=inner.may("unknown_after", duration) or plain.unknown_after,
        resend_unknown=resend,
        workers=inner.may("workers", count(1, 64)) or plain.workers,
        drain=inner.may("drain", duration) or plain.drain,
    )


def _resend(text: str) -> int:
    """Return how often an unknown letter is sent again; -1 until its step ends."""
    if folded(text) in _TO_THE_END:
        return -1
    try:
        return count(0, 20)(text)
    except Unreadable as exc:
        raise Unreadable(f"{exc}, hoặc “đến hết lần nhắc”") from None


def _limits(form: Form) -> Limits:
    inner, plain = form.form("limits", keys.LIMITS), Limits()
    if inner is None:
        return plain
    percent = inner.may("removal_percent", count(0, 100))
    flood = inner.may("flood", count(0, 100_000))
    return Limits(
        removal_percent=plain.removal_percent if percent is None else percent,
        flood=plain.flood if flood is None else flood,
    )


def read_secret(path: Path) -> str:
    """Return the one line of a credential file; ConfigError in Vietnamese if it is missing, empty or open to others."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"tệp bí mật {path}: không phải tệp thường")
        if mode & stat.S_IRWXO:
            raise ConfigError(f"tệp bí mật {path}: ai cũng đọc được; chạy: chmod 600 {path}")
        with path.open("rb") as file:
            raw = file.read(LARGEST_SECRET + 1)
    except FileNotFoundError:
        raise ConfigError(f"tệp bí mật {path}: không có tệp này") from None
    except OSError as exc:
        raise ConfigError(f"tệp bí mật {path}: không đọc được ({os_reason(exc)})") from None
    try:
        secret = raw.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(f"tệp bí mật {path}: không phải UTF-8") from None
    if not secret.strip():
        raise ConfigError(f"tệp bí mật {path}: trống")
    if len(raw) > LARGEST_SECRET or "\n" in secret or "\0" in secret:
        raise ConfigError(f"tệp bí mật {path}: phải là một dòng, không quá {LARGEST_SECRET} byte")
    return secret
