"""Reads one raw message with the standard library, whatever state it is in; nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import HeaderParser

from daemon.domain.arrivals import IncomingMail, RecipientReport

MOST_RECIPIENTS = 50  # of one report
MOST_IDS = 50
MOST_PARTS = 200
LONGEST_VALUE = 4096  # characters of one header

_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,253}>")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_HEADER_TYPES = ("text/rfc822-headers", "message/global-headers")
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})


def read_mail(raw: bytes, *, cut: bool = False) -> IncomingMail:
    """Return what a message says. Never raises for its content: what cannot be read is left out."""
    message = message_from_bytes(raw)
    parts = _parts(message)
    report = message.get_content_type() == "multipart/report"
    reports = [one for part in parts if part.get_content_type() in _STATUS_TYPES for one in _reports(part)]
    return IncomingMail(
        headers=_headers(message),
        report_type=_report_type(message) if report else None,
        reports=tuple(reports[:MOST_RECIPIENTS]),
        returned_ids=tuple(dict.fromkeys(_returned(message, parts)))[:MOST_IDS],
        thread_ids=tuple(_ID.findall(" ".join((*_values(message, "In-Reply-To"), *_values(message, "References"))))),
        size=len(raw),
        cut=cut,
    )


def _parts(message: Message) -> list[Message]:
    """The parts of a message down to what is returned in it, whose own parts are not its own."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        if part.get_content_maintype() == "multipart":
            waiting += _below(part)
    return found


def _below(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _headers(message: Message) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name.lower() for name in message)
    return {name: tuple(_values(message, name)) for name in names}


def _values(message: Message, name: str) -> list[str]:
    found = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    # 8-bit headers lie there as surrogates: most are UTF-8, whatever the standard says.
    return [_decoded(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")) for value in found]


def _decoded(value: str) -> str:
    line = " ".join(value[:LONGEST_VALUE].split())
    if "=?" not in line:
        return _printable(line)
    try:
        pieces = decode_header(line)
        text = "".join(
            piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    except (HeaderParseError, LookupError, ValueError):
        return _printable(line)
    return _printable(" ".join(text.split()))


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _report_type(message: Message) -> str:
    found = message.get_param("report-type", "")
    return str(found[2] if isinstance(found, tuple) else found).strip().lower()


def _reports(part: Message) -> Iterator[RecipientReport]:
    for block in _blocks(part):
        action = _field(block, "Action").partition(" ")[0].lower()
        if action in _ACTIONS:
            yield RecipientReport(
                action=action,
                status=_field(block, "Status") or None,
                final=_typed(_field(block, "Final-Recipient")),
                original=_typed(_field(block, "Original-Recipient")),
                diagnostic=_typed(_field(block, "Diagnostic-Code")) or "",
            )


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report: parsed already, or as one text when its type was new to the parser."""
    parsed = _below(part)
    if len(parsed) > 1:
        return parsed
    text = parsed[0].as_bytes().decode("utf-8", "replace") if parsed else _text(part)
    return [HeaderParser().parsestr(group) for group in re.split(r"\r?\n\s*\r?\n", text.strip())]


def _field(block: Message, name: str) -> str:
    return next(iter(_values(block, name)), "")


def _typed(value: str) -> str | None:
    """Return a typed value ("rfc822; a@b") without its type, None if it is empty."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon else kind).strip().removeprefix("<").removesuffix(">") or None


def _returned(message: Message, parts: list[Message]) -> Iterator[str]:
    """The Message-IDs in what a message returns; in its text, if it returns nothing."""
    returned = [part for part in parts if part is not message and _is_returned(part)]
    for part in returned:
        inner = _below(part)
        blocks = inner or [HeaderParser().parsestr(_text(part).lstrip())]
        yield from _ID.findall(" ".join(_values(blocks[0], "Message-ID")))
    if not returned:
        for part in parts:
            if part.get_content_maintype() == "text":
                yield from _ID.findall(_text(part))


def _is_returned(part: Message) -> bool:
    kind = part.get_content_type()
    return kind in _HEADER_TYPES or kind in ("message/rfc822", "message/global")


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return payload.decode("utf-8", "replace")
