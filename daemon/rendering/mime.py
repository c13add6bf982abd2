"""Puts a rendered letter into the bytes of an e-mail; the same letter always gives the same bytes.

`formataddr` lets CR and LF through, so names and addresses enter only as `Address` objects, checked before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from daemon.clock import local
from daemon.domain.register import Recipient
from daemon.domain.settings import Sender
from daemon.rendering.clean import header_text

POLICY = SMTP.clone(max_line_length=76)

NAME_LIMIT = 100  # characters of a display name
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
_ADDRESS = re.compile(f"({_LOCAL})@({_DOMAIN})")
_MESSAGE_ID = re.compile(f"<{_LOCAL}@{_DOMAIN}>")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter. `parameters` belong to its content type."""

    name: str
    maintype: str
    subtype: str
    content: bytes
    parameters: tuple[tuple[str, str], ...] = ()


def mailbox(address: str, name: str | None = None) -> Address:
    """Return a checked mailbox; ValueError for anything but a plain ASCII address of legal length."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(found[1]) > 64 or len(found[2]) > 253:
        raise ValueError("not a mail address")  # never quoted: logs keep no address
    return Address(display_name=header_text(name or "", NAME_LIMIT), addr_spec=address)


def message_id(letter_id: str, version: int, sender: Sender) -> str:
    """Return the Message-ID of one version of a letter: fixed, so that a second copy is known for what it is."""
    digest = hashlib.sha256(f"{letter_id}#{version}".encode()).hexdigest()[:32]
    domain = sender.message_id_domain or sender.address.rpartition("@")[2]
    return f"<dd.{digest}@{domain}>"


def _threaded(message: EmailMessage, earlier: Sequence[str]) -> None:
    if not all(_MESSAGE_ID.fullmatch(one) for one in earlier):
        raise ValueError("not a message id")
    if earlier:
        message["In-Reply-To"] = earlier[-1]
        message["References"] = " ".join(earlier)


def _fix_boundaries(message: EmailMessage, letter_id: str, version: int) -> None:
    digest = hashlib.sha256(f"boundary:{letter_id}#{version}".encode()).hexdigest()[:24]
    several = (part for part in message.walk() if part.is_multipart())
    for number, part in enumerate(several):
        part.set_boundary(f"=_dd_{digest}_{number}")


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
    message = EmailMessage(policy=POLICY)
    message["From"] = mailbox(sender.address, sender.name)
    message["To"] = [mailbox(person.address, person.name) for person in to]
    if cc:
        message["Cc"] = [mailbox(person.address, person.name) for person in cc]
    if sender.reply_to:
        message["Reply-To"] = mailbox(sender.reply_to, sender.name)
    message["Subject"] = header_text(subject)
    message["Date"] = format_datetime(local(date).replace(microsecond=0))
    message["Message-ID"] = message_id(letter_id, version, sender)
    _threaded(message, references)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["Content-Language"] = "vi"
    message.set_content(text, charset="utf-8", cte="base64")
    if html is not None:
        message.add_alternative(html, subtype="html", charset="utf-8", cte="base64")
    for enclosure in enclosures:
        message.add_attachment(
            enclosure.content,
            maintype=enclosure.maintype,
            subtype=enclosure.subtype,
            filename=enclosure.name,
            params=dict(enclosure.parameters),
        )
    _fix_boundaries(message, letter_id, version)
    return message.as_bytes()
