"""Reads the mailbox that reports about letters come to: each is taken in once, a person's mail is told to a person.

Each message is one transaction with the place reached, so a crash neither loses one nor counts one twice. Nothing in
the mailbox is changed, and nothing is ever answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Protocol

import structlog
from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.arrivals import ArrivalKind, Doubt, IncomingMail
from daemon.domain.settings import Mailbox, Settings
from daemon.domain.words import Channel, Matter
from daemon.files.settings import read_secret
from daemon.judgement.bounces import Ours, kind_of
from daemon.judgement.rulebook import Rulebook
from daemon.mailbox.reading import read_mail
from daemon.managers.repairing import key_of, mend
from daemon.managers.returning import NotYet, Reading, ReadReport, Returns
from daemon.store.arrivals import NewNote, Place, advance, forget_before, keep_note, place
from daemon.store.engine import Database
from daemon.store.failing import note_failing, note_well
from notifiers.base import FailureKind, veil
from notifiers.imap_mailbox import ImapMailbox, ImapRoute, MailboxUnavailable, Page, RawMail

log = structlog.get_logger(__name__)

KEPT = timedelta(days=90)
"""How long a message that waits for a person is kept in the database."""

LOOK_BACK = timedelta(days=30)
"""A folder read for the first time is read from here on."""

PAGE, PAGES = 50, 20
"""Messages fetched at once, and how often in one reading."""


class MailSource(Protocol):
    """A mailbox that can be read page by page."""

    def fetch(self, validity: int | None, after: int, since: date, limit: int) -> Page:
        """Return messages after a place; MailboxUnavailable if they cannot be had."""


class _ReadElsewhere(Exception):
    """Another process has read on: it goes on, this one stops."""


class MailboxReader:
    """Reads one mailbox; `folder` names it where the place reached is kept."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        source: MailSource,
        salts: Callable[[], bytes],
        channels: Collection[Channel],
        folder: str,
    ) -> None:
        self.database = database
        self.settings = settings
        self.source = source
        self._salts = salts
        self._folder = folder
        self._returns = Returns(settings.sender, salts, channels)

    async def read_once(self, rules: Rulebook, now: datetime) -> ReadReport:
        """Read what came since the last time, and take off the repair list what the files have mended meanwhile."""
        return await asyncio.to_thread(self._read_once, rules, now)

    def _read_once(self, rules: Rulebook, now: datetime) -> ReadReport:
        report = ReadReport()
        mend(self.database, rules, now)
        try:
            self._read_pages(rules, now, report)
        except MailboxUnavailable as error:
            log.warning("mailbox_unavailable", kind=error.kind, detail=error.detail)
            report.unavailable = error.detail
            grave = error.kind is FailureKind.MISCONFIGURED
            with self.database.write() as conn:
                note_failing(conn, Matter.MAILBOX, error.detail, now, grave=grave)
            return report
        except (NotYet, _ReadElsewhere):
            log.info("mailbox_read_later")
        with self.database.write() as conn:
            forget_before(conn, now - KEPT)
            note_well(conn, Matter.MAILBOX)
        if report.read:
            log.info("mailbox_read", read=report.read, bounced=report.bounced, replies=report.replies)
        return report

    def _read_pages(self, rules: Rulebook, now: datetime, report: ReadReport) -> None:
        with self.database.write() as conn:
            at = place(conn, self._folder)
            by = Reading(rules, self._ours(key_of(conn, now, self._salts)), now)
        for _ in range(PAGES):
            since = local_day(now - LOOK_BACK)
            page = self.source.fetch(at.validity if at else None, at.uid if at else 0, since, PAGE)
            for mail in page.mails:
                reached = Place(page.validity, mail.uid)
                self._take(mail, at, reached, by, report)
                at = reached
            if not page.more:
                return

    def _take(self, raw: RawMail, known: Place | None, reached: Place, by: Reading, report: ReadReport) -> None:
        mail = read_mail(raw.raw, cut=raw.cut)
        with self.database.write() as conn:
            if not advance(conn, self._folder, known, reached, by.now):
                raise _ReadElsewhere
            kind = kind_of(mail, by.ours)
            match kind:
                case ArrivalKind.REPORT:
                    doubt = self._returns.take(conn, mail, by, report)
                case ArrivalKind.COMPLAINT:
                    doubt = Doubt.COMPLAINT
                case ArrivalKind.STRAY_REPORT:
                    doubt = Doubt.UNREADABLE
                case _:
                    doubt = None
            if doubt is not None:
                report.doubtful += 1
                log.warning("mail_doubted", doubt=doubt)
                keep_note(conn, self._note(conn, kind, mail, by, doubt, raw.raw), by.now)
            elif kind is ArrivalKind.REPLY:
                report.replies += 1
                keep_note(conn, self._note(conn, kind, mail, by), by.now)
            elif kind is not ArrivalKind.REPORT:
                report.automatic += 1
        report.read += 1

    def _note(
        self,
        conn: Connection,
        kind: ArrivalKind,
        mail: IncomingMail,
        by: Reading,
        doubt: Doubt | None = None,
        content: bytes | None = None,
    ) -> NewNote:
        return NewNote(
            kind=kind,
            subject=veil(mail.first("subject")),
            size=mail.size,
            doubt=doubt,
            person=_author(mail, by.rules) if kind is ArrivalKind.REPLY else None,
            letter=self._returns.letter_about(conn, mail, by),
            content=content,
        )

    def _ours(self, key: bytes) -> Ours:
        sender = self.settings.sender
        domain = sender.message_id_domain or sender.address.rpartition("@")[2]
        smtp = self.settings.smtp
        return Ours(sender.address, domain, key, smtp.bounce_domain if smtp is not None else None)


def open_reader(
    settings: Settings, database: Database, salts: Callable[[], bytes], channels: Collection[Channel]
) -> MailboxReader | None:
    """Return the reader of the settings' mailbox, None if there is none; ConfigError if its password cannot be read."""
    if settings.mailbox is None:
        return None
    source = ImapMailbox(_route(settings.mailbox))
    return MailboxReader(database, settings, source, salts, channels, folder_name(settings.mailbox))


def folder_name(mailbox: Mailbox) -> str:
    """Return by what name the place reached in a mailbox is kept: the same folder of the same account, no address."""
    told = f"{mailbox.host.lower()}|{mailbox.port}|{mailbox.username}|{mailbox.folder}"
    return sha256(told.encode()).hexdigest()[:16]


def _route(mailbox: Mailbox) -> ImapRoute:
    return ImapRoute(
        host=mailbox.host,
        username=mailbox.username,
        password=read_secret(mailbox.password_file),
        port=mailbox.port,
        security=mailbox.security,
        ca_file=mailbox.ca_file,
        folder=mailbox.folder,
    )


def _author(mail: IncomingMail, rules: Rulebook) -> str | None:
    """The id of the person or office whose address the message comes from."""
    said = mail.first("from").lower()
    for agency in rules.register.agencies:
        known = [(person.id, person.email) for person in agency.people] + [(agency.office_id, agency.office_email)]
        for id_, address in known:
            if address and (said == address.lower() or f"<{address.lower()}>" in said):
                return id_
    return None
