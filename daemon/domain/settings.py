"""The administrator's settings (`config/dondoc.yaml`) as frozen values. Secrets are file paths, never values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal

from daemon.domain.zalo import ZbsTemplate
from daemon.errors import Problem


@dataclass(frozen=True, slots=True)
class Files:
    """Where the operators' files are. `templates` None: the ones shipped."""

    schedules: Path
    agencies: Path
    ladders: Path
    calendar: Path
    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. `security` is "none", "starttls" or "tls"; timeouts are in seconds.

    `auth` narrows the methods tried ("login", "plain"); `password_file` is read at start and never logged.
    `international`: addresses beyond ASCII are let through (the server must know SMTPUTF8).
    `bounce`: where reports about a letter go: "plus" (the sender's plus-address, one for each delivery), "domain" (an
    address at `bounce_domain`, one for each delivery), "none" (the sender's own address).
    `domains`: only for recipients there and under them; none: for all others.
    """

    host: str
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password_file: Path | None = None
    auth: tuple[str, ...] = ()
    ca_file: Path | None = None
    international: bool = False
    bounce: Literal["none", "plus", "domain"] = "none"
    bounce_domain: str | None = None
    connections: int = 2
    connect_timeout: float = 30.0
    command_timeout: float = 300.0  # greeting, MAIL, RCPT (RFC 5321 §4.5.3.2)
    data_timeout: float = 120.0
    answer_timeout: float = 600.0  # after the final dot
    rate_per_second: float | None = 5.0  # None: no limit
    rate_per_hour: int | None = 300  # None: no limit; providers commonly take 200-500
    agency_gap: float = 0.0  # seconds between two deliveries to one agency
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox that reports about letters and answers to them come to, read over IMAP. `every` in seconds."""

    host: str
    username: str
    password_file: Path
    port: int = 993
    security: Literal["none", "starttls", "tls"] = "tls"
    ca_file: Path | None = None
    folder: str = "INBOX"
    every: float = 300.0


@dataclass(frozen=True, slots=True)
class Zalo:
    """`kind`: "bot" (Zalo Bot Platform), "webhook" (a province's own gateway), "oa" or "zbs" (an Official Account).

    bot: `base_url`, `token_file`. webhook: `url`, `key_id`, `secret_file`. oa, zbs: `base_url`, `oauth_url`, `oa_id`,
    `app_id`, `app_secret_file`; `app_secret_proof`: the app asks for one. zbs: `templates`; `development`: only to the
    administrators of the app. `proxy` and `ca_file` are for Zalo alone. Timeouts in seconds.
    """

    kind: str
    base_url: str = "https://bot-api.zaloplatforms.com"
    oauth_url: str = "https://oauth.zaloapp.com"
    oa_id: str = ""
    app_id: str = ""
    app_secret_file: Path | None = None
    app_secret_proof: bool = False
    templates: tuple[ZbsTemplate, ...] = ()
    development: bool = False
    proxy: str | None = None
    ca_file: Path | None = None
    token_file: Path | None = None
    url: str | None = None
    key_id: str | None = None
    secret_file: Path | None = None
    timeout: float = 30.0
    rate_per_second: float | None = 5.0
    rate_per_hour: int | None = None
    agency_gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the letters come from. `name` is the office that speaks ("Sở Nội vụ tỉnh Tây Ninh")."""

    address: str
    name: str
    reply_to: str | None = None
    message_id_domain: str | None = None  # None: the address's own


@dataclass(frozen=True, slots=True)
class Pace:
    """How the daemon runs; all in seconds but the counts."""

    tick: float = 15.0
    lease: float = 900.0
    unknown_after: float = 900.0
    resend_unknown: int | None = 2  # None: until the step's end
    workers: int = 4  # letters at once by each server or app
    drain: float = 110.0
    in_turn: bool = False  # one letter at a time whatever the channel: the demo's and the tests' fixed order


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A watcher outside, told every `every` seconds that all is well, and nothing while it is not.

    Whoever knows `url` can feign our health: it is not shown.
    """

    url: str = field(repr=False)
    every: float = 300.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Above these an edit or a burst waits for `approve`."""

    removal_percent: int = 30
    flood: int = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the administrator sets. `email` names who carries it: "smtp", "console" or "memory"."""

    file: Path
    database: Path
    files: Files
    sender: Sender
    windows: tuple[tuple[time, time], ...] = ((time(8, 30), time(11, 30)), (time(13, 30), time(16, 30)))
    email: str = "smtp"
    smtp: Smtp | None = None
    smtp_more: tuple[Smtp, ...] = ()
    mailbox: Mailbox | None = None
    zalo: Zalo | None = None
    public_url: str | None = None
    pace: Pace = field(default_factory=Pace)
    limits: Limits = field(default_factory=Limits)
    log_level: str = "info"
    tomorrow_note: time | None = time(15, 30)  # None: the operator is not told the day before
    weekly_report: time | None = time(7, 30)  # None: the leaders get no report
    heartbeat: Heartbeat | None = None
    warnings: tuple[Problem, ...] = ()  # what is odd though valid in its file
