"""Puts a rendered letter into the bytes of an e-mail; the same letter always gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from daemon.clock import local
from daemon.domain.register import Recipient
from daemon.domain.settings import Sender
from daemon.rendering.clean import header_text
from daemon.rendering.headers import encoded, mailbox, mailboxes, thread, written


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter; its name is ASCII. `parameters` belong to its content type."""

    name: str
    maintype: str
    subtype: str
    content: bytes
    parameters: tuple[tuple[str, str], ...] = ()


def message_id(letter_id: str, version: int, sender: Sender) -> str:
    """Return the Message-ID of one version of a letter: fixed, so that a second copy is known for what it is."""
    digest = hashlib.sha256(f"{letter_id}#{version}".encode()).hexdigest()[:32]
    domain = sender.message_id_domain or sender.address.rpartition("@")[2]
    return f"<dd.{digest}@{domain}>"


def _content(
    text: str, html: str | None, enclosures: Sequence[Enclosure], letter_id: str, version: int
) -> EmailMessage:
    """The parts of the letter with headers about content alone, boundaries fixed by the letter."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text, charset="utf-8", cte="base64")
    if html is not None:
        message.add_alternative(html, subtype="html", charset="utf-8", cte="base64")
    for enclosure in enclosures:
        message.add_attachment(
            enclosure.content,
            maintype=enclosure.maintype,
            subtype=enclosure.subtype,
            filename=enclosure.name.encode("ascii").decode("ascii"),
            params=dict(enclosure.parameters),
        )
    digest = hashlib.sha256(f"boundary:{letter_id}#{version}".encode()).hexdigest()[:24]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_dd_{digest}_{number}")
    return message


def build_email(
    *,
    sender: Sender,
    to: Sequence[Recipient],
    cc: Sequence[Recipient] = (),
    subject: str,
    text: str,
    html: str | None,
    date: datetime,
    letter_id: str,
    version: int = 1,
    references: Sequence[str] = (),
    enclosures: Sequence[Enclosure] = (),
) -> bytes:
    """Return an e-mail (RFC 5322, CRLF); each delivery of the letter has these headers and an envelope of its own.

    `date` is any aware instant, shown as +0700; `references` are Message-IDs of earlier letters, the oldest first.
    ValueError for a line break in the subject, an address that is not one, nobody to write to, or a naive date.
    """
    if not to:
        raise ValueError("a letter needs a recipient")
    if "\r" in subject or "\n" in subject:
        raise ValueError("a subject is one line")
    optional = [
        ("Cc", mailboxes((person.address, person.name) for person in cc)),
        ("Reply-To", mailbox(sender.reply_to, sender.name) if sender.reply_to else ""),
        ("In-Reply-To", thread(references[-1:])),
        ("References", thread(references)),
    ]
    headers = [
        ("From", mailbox(sender.address, sender.name)),
        ("To", mailboxes((person.address, person.name) for person in to)),
        *((name, value) for name, value in optional if value),
        ("Subject", encoded(header_text(subject))),
        ("Date", format_datetime(local(date).replace(microsecond=0))),
        ("Message-ID", message_id(letter_id, version, sender)),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", "vi"),
    ]
    return written(headers) + _content(text, html, enclosures, letter_id, version).as_bytes()
