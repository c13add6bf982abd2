"""Writes mail headers line by line, because the standard library folds some Vietnamese names wrongly.

CPython 3.11 loses a mailbox behind a name it has to fold, and takes minutes over others. Here whatever is not plain
ASCII becomes RFC 2047 base64 words of at most 64 characters, one a line; readers join them without the space between.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence

from daemon.rendering.clean import header_text

NAME_LIMIT = 100  # characters of a display name
WORD_BYTES = 39  # of UTF-8 in one encoded word: 52 of base64 and 12 around it
PLAIN_LIMIT = 60  # characters of a value that is written as it is

FOLD = "\r\n "

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
_ADDRESS = re.compile(f"({_LOCAL})@({_DOMAIN})")
_MESSAGE_ID = re.compile(f"<{_LOCAL}@{_DOMAIN}>")
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]*[A-Za-z0-9])?")  # neither specials nor "=?"


def encoded(text: str) -> str:
    """Return text as it stands in a header: as it is if it is short and plain, else as folded encoded words."""
    if len(text) <= PLAIN_LIMIT and _PLAIN.fullmatch(text):
        return text
    pieces: list[bytes] = [b""]
    for char in text:
        raw = char.encode()
        if len(pieces[-1]) + len(raw) > WORD_BYTES:
            pieces.append(b"")
        pieces[-1] += raw
    return FOLD.join(f"=?utf-8?b?{base64.b64encode(piece).decode('ascii')}?=" for piece in pieces if piece)


def mailbox(address: str, name: str | None = None) -> str:
    """Return a checked mailbox; ValueError for anything but a plain ASCII address of legal length."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(found[1]) > 64 or len(found[2]) > 253:
        raise ValueError("not a mail address")  # never quoted: logs keep no address
    shown = encoded(header_text(name or "", NAME_LIMIT))
    return f"{shown}{FOLD if shown else ''}<{address}>"


def mailboxes(people: Iterable[tuple[str, str | None]]) -> str:
    """Return (address, name) pairs as one header value, a mailbox a line."""
    return f",{FOLD}".join(mailbox(address, name) for address, name in people)


def thread(earlier: Sequence[str]) -> str:
    """Return Message-IDs as one header value, one a line; ValueError for what is not one."""
    if not all(_MESSAGE_ID.fullmatch(one) for one in earlier):
        raise ValueError("not a message id")
    return FOLD.join(earlier)


def written(headers: Iterable[tuple[str, str]]) -> bytes:
    """Return headers as bytes, each ended by CRLF; values are ASCII and folded already."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii")
