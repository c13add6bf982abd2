"""A post office of a province on loopback: a real Postfix and a real Dovecot, each with everything of its own.

Both run as root does it (their own users, queues and sockets in one short-named folder under /tmp), on free ports.
Postfix takes every address of its domains at RCPT and finds out only at delivery that a mailbox does not exist, so
that it has to send a report. `submission` is what provinces have: STARTTLS with a private authority, LOGIN alone,
and no sender but the account's own.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from imap_tools import MailBoxUnencrypted

CERTS = Path(__file__).parents[1] / "contract" / "certs"
DOMAINS = ("so-noi-vu.example", "so-tu-phap.example", "bao-loi.example")
ACCOUNT = f"nhac-viec@{DOMAINS[0]}"
PASSWORD = 'mật "khẩu" \\ 1'
MAIL_USER = 65534  # nobody
PATIENCE = 60.0
"""Seconds to wait for a letter at most; a machine with much to do needs some of them."""

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydomain = {domain}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_reject_unlisted_recipient = no
smtputf8_enable = no
default_transport = error:5.7.1 nothing leaves this machine
recipient_delimiter = +
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/mailboxes
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{user}
virtual_mailbox_limit = 0
smtpd_tls_cert_file = {root}/server.pem
smtpd_tls_key_file = {root}/server.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = {root}/run/smtp-auth
smtpd_sasl_mechanism_filter = login
smtpd_sender_login_maps = texthash:{root}/senders
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """
protocols = imap
base_dir = {root}/run
state_dir = {root}/state
listen = 127.0.0.1
log_path = {root}/dovecot.log
ssl = yes
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:{root}/mail/%n
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={user} home={root}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {root}/run/smtp-auth {{
    mode = 0600
    user = postfix
  }}
}}
"""


@dataclass(frozen=True)
class PostOffice:
    """Where it listens: SMTP without ceremony, submission for the account, IMAP plain (and STARTTLS) and TLS."""

    root: Path
    smtp: int
    submission: int
    imap: int
    imaps: int

    @contextmanager
    def mailbox(self, user: str = "nhac-viec", *, readonly: bool = False) -> Iterator[MailBoxUnencrypted]:
        """Open the inbox of a user with a second library's eyes."""
        with MailBoxUnencrypted("127.0.0.1", self.imap, timeout=PATIENCE) as box:
            box.login_utf8(f"{user}@{DOMAINS[0]}", PASSWORD, initial_folder=None)
            box.folder.set("INBOX", readonly)
            yield box

    def wait_for(self, count: int, user: str = "nhac-viec") -> None:
        """Return when the inbox of a user holds `count` messages; the server says so, nobody asks again and again."""
        with self.mailbox(user, readonly=True) as box:
            for _ in range(10 * count + 10):
                if len(box.uids()) >= count:
                    return
                with box.idle as idle:
                    if not idle.poll(timeout=PATIENCE):
                        break
            raise TimeoutError(f"{len(box.uids())} of {count} messages came\n{self.log()}")

    def put(self, raw: bytes, user: str = "nhac-viec") -> None:
        """Lay a message into the inbox of a user, as somebody's mail."""
        with self.mailbox(user) as box:
            box.append(raw)

    def log(self) -> str:
        """Return what both servers wrote."""
        files = (self.root / "maillog", self.root / "dovecot.log")
        return "\n".join(file.read_text("utf-8", "replace") for file in files if file.exists())


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    with ExitStack() as open_sockets:
        found = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def why_not() -> str | None:
    """Return what is missing here for a post office, None if nothing is."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot change users, so they are started by root"
    missing = [name for name in ("postfix", "dovecot") if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


@contextmanager
def post_office(users: tuple[str, ...] = ("nhac-viec", "dau-moi", "van-thu")) -> Iterator[PostOffice]:
    """Run a post office in which these local parts have mailboxes, at every domain; skip the test if none can run."""
    if reason := why_not():
        pytest.skip(reason)
    smtp, submission, imap, imaps = free_ports(4)
    with ExitStack() as running:
        root = Path(tempfile.mkdtemp(prefix="pd-"))  # a socket's path has at most 107 bytes
        running.callback(shutil.rmtree, root)
        office = PostOffice(root, smtp, submission, imap, imaps)
        _lay_out(office, users)
        running.enter_context(_dovecot(office))
        running.enter_context(_postfix(office))
        yield office


def _lay_out(office: PostOffice, users: tuple[str, ...]) -> None:
    root = office.root
    root.chmod(0o755)
    for name in ("queue", "data", "mail", "run", "state", "etc"):
        (root / name).mkdir(mode=0o755)
    shutil.chown(root / "data", "postfix")
    shutil.chown(root / "mail", MAIL_USER, MAIL_USER)
    shutil.copy(CERTS / "localhost.pem", root / "server.pem")
    (root / "server.pem").chmod(0o600)
    with_mailbox = [f"{user}@{domain}\t{user}/" for user in users for domain in DOMAINS]
    caught = [f"@{DOMAINS[2]}\tnhac-viec/"]  # the domain of reports is one mailbox
    (root / "mailboxes").write_text("\n".join((*with_mailbox, *caught, "")))
    (root / "senders").write_text(f"{ACCOUNT}\t{ACCOUNT}\n")
    (root / "users").write_text("".join(f"{user}@{DOMAINS[0]}:{PASSWORD}\n" for user in users), "utf-8")
    (root / "users").chmod(0o644)
    words: dict[str, Any] = {
        "root": root, "domain": DOMAINS[0], "domains": ", ".join(DOMAINS), "user": MAIL_USER,
        "smtp": office.smtp, "submission": office.submission, "imap": office.imap, "imaps": office.imaps,
    }  # fmt: skip
    (root / "etc" / "main.cf").write_text(MAIN.format(**words))
    (root / "etc" / "master.cf").write_text(MASTER.format(**words))
    (root / "dovecot.conf").write_text(DOVECOT.format(**words))


@contextmanager
def _dovecot(office: PostOffice) -> Iterator[None]:
    config = str(office.root / "dovecot.conf")
    _done(["dovecot", "-c", config], office)
    try:
        yield
    finally:
        _done(["dovecot", "-c", config, "stop"], office)


@contextmanager
def _postfix(office: PostOffice) -> Iterator[None]:
    config = str(office.root / "etc")
    _done(["postfix", "-c", config, "start"], office)
    try:
        yield
    finally:
        _done(["postfix", "-c", config, "stop"], office)


def _done(command: list[str], office: PostOffice) -> None:
    said = office.root / "said"
    with said.open("ab") as out:  # a pipe would stay open in what was started
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=PATIENCE, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command)}: {said.read_text('utf-8', 'replace')}\n{office.log()}")
