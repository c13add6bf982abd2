"""The mailbox: what the servers received as files, and every letter as its reader sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path

from daemon.clock import local_day
from daemon.demo.evidence import Evidence, Received, category_label
from daemon.demo.pages import page, reader_of
from daemon.domain.words import Channel, LetterKind, Tier
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.labels import LEVEL, TIER


@dataclass(frozen=True, slots=True)
class Reader:
    """One person's copy: who has it, by which road, and the file it lies in."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Item:
    """A letter as the index and its own page show it."""

    number: int
    at: datetime
    agency: str
    tier: str
    category: str
    level: str
    subject: str
    file: str
    mail_readers: tuple[Reader, ...]
    zalo_readers: tuple[Reader, ...]
    zalo_text: str | None
    sender: str
    to: str
    cc: str
    enclosures: tuple[str, ...]
    html: str | None
    text: str


def fill_mailbox(folder: Path, evidence: Evidence) -> None:
    """Write `folder`: NNNN-address.eml and NNNN-zalo.txt as received, `thu/NNNN.html` to read, index.html by day."""
    (folder / "thu").mkdir(parents=True)
    items = [_item(letter, evidence.rules) for letter in evidence.letters]
    for letter, item in zip(evidence.letters, items, strict=True):
        for mail, reader in zip(letter.mails, item.mail_readers, strict=True):
            (folder / reader.file).write_bytes(mail.content)
        for text, reader in zip(letter.texts, item.zalo_readers, strict=True):
            (folder / reader.file).write_text(text.text + "\n", encoding="utf-8")
    for before, item, after in zip([None, *items], items, [*items[1:], None], strict=False):
        written = page("thu.html", goc="../../", thu=item, truoc=before, sau=after)
        (folder / item.file).write_text(_with_letter(written, item.html), encoding="utf-8")
    index = page("hop-thu.html", goc="../", cac_ngay=_by_day(items), thang=_by_month(items), tong=_totals(evidence))
    (folder / "index.html").write_text(index, encoding="utf-8")


def _item(letter: Received, rules: Rulebook) -> Item:
    stored = letter.stored.letter
    message = letter.message()
    mails = [line for line in letter.lines if line.key.channel is Channel.EMAIL]
    texts = [line for line in letter.lines if line.key.channel is Channel.ZALO]
    zalo = letter.texts[0].text if letter.texts else None
    return Item(
        number=letter.number,
        at=letter.at,
        agency=rules.agency(stored.agency).short_name,
        tier=TIER[stored.tier] if stored.tier is not Tier.OFFICERS else "",
        category=category_label(letter.category),
        level=LEVEL[stored.level] if stored.kind is LetterKind.REMINDER else "",
        subject=str(message["Subject"]) if message is not None else (zalo or ""),
        file=f"thu/{letter.number:04d}.html",
        mail_readers=tuple(
            Reader(reader_of(line.key.person, rules), f"{letter.number:04d}-{mail.recipients[0]}.eml")
            for line, mail in zip(mails, letter.mails, strict=True)
        ),
        zalo_readers=tuple(
            Reader(reader_of(line.key.person, rules), f"{letter.number:04d}-zalo-{line.key.person}.txt")
            for line in texts
        ),
        zalo_text=zalo,
        sender=_header(message, "From"),
        to=_header(message, "To"),
        cc=_header(message, "Cc"),
        enclosures=tuple(part.get_filename() or "" for part in message.iter_attachments()) if message else (),
        html=_part(message, "html"),
        text=_part(message, "plain") or "",
    )


def _header(message: EmailMessage | None, name: str) -> str:
    return str(message[name]) if message is not None and message[name] is not None else ""


def _part(message: EmailMessage | None, kind: str) -> str | None:
    body = message.get_body((kind,)) if message is not None else None
    content = body.get_content() if body is not None else None
    return content if isinstance(content, str) else None


def _with_letter(written: str, html: str | None) -> str:
    """Put the letter's own page, as sent, under the heading a mail reader shows above it."""
    if html is None:
        return written
    start = html.index(">", html.index("<body")) + 1
    letter = html[start : html.rindex("</body>")]
    style = html[html.index("<body") + len("<body") : start - 1]
    return written.replace("<!-- thư -->", f'<div class="thu"{style}>{letter}</div>')


def _by_day(items: Iterable[Item]) -> list[tuple[date, list[Item]]]:
    return [(day, list(same)) for day, same in groupby(items, lambda item: local_day(item.at))]


def _by_month(items: Iterable[Item]) -> list[tuple[date, int]]:
    """The first day with letters of each month, and how many that month has."""
    months = [list(same) for _, same in groupby(items, lambda item: local_day(item.at).replace(day=1))]
    return [(local_day(same[0].at), len(same)) for same in months]


def _totals(evidence: Evidence) -> tuple[int, int, int]:
    mails = sum(len(letter.mails) for letter in evidence.letters)
    texts = sum(len(letter.texts) for letter in evidence.letters)
    return len(evidence.letters), mails, texts
