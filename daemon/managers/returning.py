"""What a report about a letter changes: the delivery has bounced, the address is to be mended, the next road opens."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from daemon.domain.arrivals import Doubt, IncomingMail
from daemon.domain.letters import DeliveryKey
from daemon.domain.settings import Sender
from daemon.domain.words import Channel
from daemon.judgement.bounces import Doubtful, Failed, Named, Noted, Ours, SentMail, findings, named_in
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.managers.next_roads import open_next
from daemon.managers.repairing import remember_fault
from daemon.rendering.mime import message_id
from daemon.store.bouncing import AcceptedMail, accepted_mail, accepted_since, bounce, note_report, under_way
from daemon.store.claiming import frozen

log = structlog.get_logger(__name__)

SPOKEN_OF = timedelta(days=60)
"""How old a letter may be that a report or a reply speaks of."""


class NotYet(Exception):
    """A report about a letter whose own end is not written yet: it is read again next time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """By what a message is judged: the files, how our own mail is known, the time."""

    rules: Rulebook
    ours: Ours
    now: datetime


@dataclass(slots=True)
class ReadReport:
    """What one reading found. `nobody`: letters that reached nobody and have no road left; the operator is told.

    `unavailable`: why the mailbox could not be read, fit for a log.
    """

    read: int = 0
    bounced: int = 0
    noted: int = 0
    replies: int = 0
    doubtful: int = 0
    automatic: int = 0
    roads: int = 0
    nobody: list[str] = field(default_factory=list)
    unavailable: str | None = None


class Returns:
    """Takes reports in. `channels`: by which a letter may take its next road."""

    def __init__(self, sender: Sender, salts: Callable[[], bytes], channels: Collection[Channel]) -> None:
        self._sender = sender
        self._salts = salts
        self._channels = channels

    def take(self, conn: Connection, mail: IncomingMail, by: Reading, report: ReadReport) -> Doubt | None:
        """Write down what follows from a delivery report; return why a person must look at it, if one must.

        NotYet if it speaks of a letter that is just being handed over.
        """
        named = named_in(mail, by.ours)
        found = findings(mail, named, self._meant(conn, named, by))
        doubts = [one.doubt for one in found if isinstance(one, Doubtful)]
        if doubts and self._in_hand(conn, named):
            raise NotYet
        for one in found:
            if isinstance(one, Failed):
                self._failed(conn, one, by, report)
            elif isinstance(one, Noted):
                note_report(conn, one.delivery, f"{one.action}: {one.detail}")
                report.noted += 1
        return doubts[0] if doubts else None

    def letter_about(self, conn: Connection, mail: IncomingMail, by: Reading) -> str | None:
        """Return the id of the latest of our letters a message answers or returns, None if it names none."""
        ids = {one.lower() for one in (*mail.thread_ids, *mail.returned_ids) if by.ours.made(one)}
        about = self._with_ids(conn, ids, by.now) if ids else []
        return about[-1].key.letter if about else None

    def _failed(self, conn: Connection, failed: Failed, by: Reading, report: ReadReport) -> None:
        key = bounce(conn, failed.delivery, by.now, failed.status, failed.detail, self._salts)
        if key is None:  # told before
            return
        report.bounced += 1
        log.warning("bounced", letter=key.letter, person=key.person, status=failed.status)
        if failed.address_fault and _same_address(conn, key, failed, by.rules):
            road = (key.person, Channel.EMAIL)
            remember_fault(conn, by.rules, road, failed.status, failed.detail, by.now, self._salts)
        opened = open_next(conn, key.letter, self._channels, by.rules, by.now)
        report.roads += opened.roads
        if opened.nobody:
            report.nobody.append(key.letter)

    def _meant(self, conn: Connection, named: Named, by: Reading) -> list[SentMail]:
        """The accepted e-mails a report may speak of."""
        if named.delivery is not None:
            known = accepted_mail(conn, named.delivery)
            return [] if known is None else [self._sent(known, by.rules)]
        found = self._with_ids(conn, set(named.message_ids), by.now) if named.message_ids else []
        return [self._sent(mail, by.rules) for mail in found]

    def _with_ids(self, conn: Connection, ids: Collection[str], now: datetime) -> list[AcceptedMail]:
        return [mail for mail in accepted_since(conn, now - SPOKEN_OF) if self._message_id(mail).lower() in ids]

    def _in_hand(self, conn: Connection, named: Named) -> bool:
        return any(
            mail.id == named.delivery or self._message_id(mail).lower() in named.message_ids for mail in under_way(conn)
        )

    def _message_id(self, mail: AcceptedMail) -> str:
        return message_id(mail.key.letter, mail.key.version, self._sender)

    def _sent(self, mail: AcceptedMail, rules: Rulebook) -> SentMail:
        address = address_of(rules, mail.key.person, Channel.EMAIL)
        on_wire = None if address is None else _on_wire(address)
        return SentMail(mail.id, self._message_id(mail), on_wire, mail.open)


def _same_address(conn: Connection, key: DeliveryKey, failed: Failed, rules: Rulebook) -> bool:
    """Say whether a person's address of today is the one that failed: reported so, or in the head of what was sent."""
    address = address_of(rules, key.person, Channel.EMAIL)
    if address is None:
        return False
    sent_to = f"<{address}>".encode().lower() in (frozen(conn, key) or b"").lower()
    return sent_to or _on_wire(address) in failed.reported


def _on_wire(address: str) -> str:
    local, _, domain = address.lower().partition("@")
    with suppress(UnicodeError):
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    return f"{local}@{domain}"
