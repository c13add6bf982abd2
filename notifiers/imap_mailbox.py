"""Reads a mailbox over IMAP without leaving a trace in it: nothing is marked as seen, moved or deleted."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from notifiers.base import FailureKind, veil

LARGEST = 262_144  # bytes of a message that are fetched: a report and the letter it returns are smaller
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxUnavailable(Exception):
    """The mailbox cannot be read now. `kind`: TRANSIENT, or MISCONFIGURED until a person mends it."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImapRoute:
    """The way to a mailbox. `security` "starttls" never falls back to plain; `timeout` in seconds, for each answer."""

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 993
    security: Literal["none", "starttls", "tls"] = "tls"
    ca_file: Path | None = None
    folder: str = "INBOX"
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class RawMail:
    """One message as it lies in the mailbox, its first 256 KiB; `cut`: there is more of it."""

    uid: int
    raw: bytes = field(repr=False)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in the order of their uids; `more`: others wait behind them.

    A uid means something only together with `validity`: a folder made anew counts from the beginning.
    """

    validity: int
    mails: tuple[RawMail, ...]
    more: bool = False


class ImapMailbox:
    """One folder of one account; each call is a connection of its own and blocks, so give it a thread."""

    def __init__(self, route: ImapRoute) -> None:
        self.route = route

    def fetch(self, validity: int | None, after: int, since: date, limit: int) -> Page:
        """Return up to `limit` messages with a uid above `after`; MailboxUnavailable if they cannot be had.

        When the folder's validity is not the one known, those are meant that came on or after the day `since`.
        """
        with self._folder() as (box, found):
            if found == validity:
                criteria = f"UID {after + 1}:*"
            else:
                after, criteria = 0, f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
            uids = sorted(uid for uid in map(int, box.uids(criteria, None)) if uid > after)
            mails = tuple(mail for uid in uids[:limit] if (mail := _fetched(box, uid)) is not None)
            return Page(found, mails, len(uids) > limit)

    @contextmanager
    def _folder(self) -> Iterator[tuple[BaseMailBox, int]]:
        box: BaseMailBox | None = None
        try:
            box = self._connect()
            self._log_in(box)
            box.folder.set(self.route.folder, readonly=True)
            yield box, _validity(box)
        except ssl.SSLError as error:
            raise self._failure(FailureKind.MISCONFIGURED, f"TLS: {error}") from error
        except MailboxLoginError as error:
            raise self._failure(FailureKind.MISCONFIGURED, f"login refused: {error}") from error
        except MailboxFolderSelectError as error:
            raise self._failure(FailureKind.MISCONFIGURED, f"no such folder: {error}") from error
        except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
            raise self._failure(FailureKind.TRANSIENT, f"{type(error).__name__}: {error}") from error
        finally:
            if box is not None:
                with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
                    box.logout()

    def _connect(self) -> BaseMailBox:
        route = self.route
        if route.security == "none":
            return MailBoxUnencrypted(route.host, route.port, route.timeout)
        try:
            trust = ssl.create_default_context(cafile=str(route.ca_file) if route.ca_file is not None else None)
        except OSError as error:
            raise self._failure(FailureKind.MISCONFIGURED, f"authority file: {error.strerror}") from error
        if route.security == "tls":
            return MailBox(route.host, route.port, route.timeout, ssl_context=trust)
        try:
            return MailBoxStartTls(route.host, route.port, route.timeout, ssl_context=trust)
        except imaplib.IMAP4.error as error:  # never gone without
            raise self._failure(FailureKind.MISCONFIGURED, f"no STARTTLS: {error}") from error

    def _log_in(self, box: BaseMailBox) -> None:
        username, password = self.route.username, self.route.password
        try:
            if (username + password).isascii():
                box.login(username, password, initial_folder=None)
            else:
                box.login_utf8(username, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # how the library says that a login was refused
            raise self._failure(FailureKind.MISCONFIGURED, f"login refused: {error}") from error

    def _failure(self, kind: FailureKind, detail: str) -> MailboxUnavailable:
        return MailboxUnavailable(kind, veil(detail, (self.route.username, self.route.password)))


def _validity(box: BaseMailBox) -> int:
    _, said = box.client.response("UIDVALIDITY")
    if not said or said[-1] is None:
        raise ValueError("the server names no UIDVALIDITY")
    return int(said[-1])


def _fetched(box: BaseMailBox, uid: int) -> RawMail | None:
    """Return one message, None if somebody has removed it meanwhile."""
    status, said = box.client.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{LARGEST}>)")
    if status != "OK":
        raise ValueError("the server did not give a message")
    for one in said:
        if isinstance(one, tuple) and b"BODY[]" in one[0]:
            size = _SIZE.search(one[0])
            return RawMail(uid, one[1], cut=len(one[1]) < int(size[1]) if size else len(one[1]) >= LARGEST)
    return None
