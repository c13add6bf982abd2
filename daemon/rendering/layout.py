"""Turns what a template wrote into paragraphs, lists and headings, once for plain text and once for HTML.

A line of a template is a paragraph; "# " opens a heading; "- ", "1. " and "[ ] " (a box to tick) open a list entry.
So an operator edits one text and both forms of the letter follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from daemon.rendering.clean import Slot, one_line

LISTS = frozenset({"ul", "ol", "box"})
WHOLE = 24  # characters up to which an emphasised phrase is kept on one line

_UNBROKEN = re.compile(
    r"(?<![\w/.-])"
    r"(\d+/[A-ZĐ]+(?:-[A-ZĐ]+)+|--[a-z]+(?:-[a-z]+)*|0\d{2,3}(?: \d{3,4}){1,2}|[\dA-F]{4}(?:-[\dA-F]{4}){3}"
    r"|[\w.+-]{1,20}@[\w.-]{3,20}\b|(?<!@)[a-z][a-z\d]{0,15}(?:-[a-z\d]{1,15}){1,4}(?!\.\w))"
    r"(?![\w/-])"
)
"""A document's number, a command's option, a telephone, the ledger's or an agency's code, an address: kept whole."""

_NUMBERED = re.compile(r"(\d{1,3})\. (.+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph ("p"), a heading ("h") or a list ("ul", "ol", "box"); `start` is the first number of an "ol"."""

    kind: str
    lines: tuple[str, ...]
    start: int = 1

    def slots(self) -> Slot:
        """Return the block as the HTML frame reads it."""
        return {"loai": self.kind, "chu": self.lines[0], "muc": list(self.lines), "tu": self.start}


def _parsed(line: str) -> Block:
    if line.startswith("# "):
        return Block("h", (line[2:],))
    if line.startswith("- "):
        return Block("ul", (line[2:],))
    if line.startswith("[ ] "):
        return Block("box", (line[4:],))
    numbered = _NUMBERED.fullmatch(line)
    if numbered:
        return Block("ol", (numbered[2],), int(numbered[1]))
    return Block("p", (line,))


def blocks(written: str) -> list[Block]:
    """Return the blocks of what a template wrote; consecutive entries of one kind make one list."""
    found: list[Block] = []
    for line in (one_line(raw) for raw in written.splitlines()):
        if not line:
            continue
        block = _parsed(line)
        last = found[-1] if found else None
        if last is not None and last.kind == block.kind and block.kind in LISTS:
            found[-1] = Block(last.kind, (*last.lines, *block.lines), last.start)
        else:
            found.append(block)
    return found


def _plain(block: Block) -> str:
    if block.kind == "ul":
        return "\n".join(f"- {line}" for line in block.lines)
    if block.kind == "box":
        return "\n".join(f"[ ] {line}" for line in block.lines)
    if block.kind == "ol":
        return "\n".join(f"{n:2d}. {line}" for n, line in enumerate(block.lines, block.start))
    return block.lines[0]


def plain_text(found: Sequence[Block]) -> str:
    """Return blocks as plain text: a blank line between them, none after a heading; lines are not folded."""
    parts: list[str] = []
    for index, block in enumerate(found):
        after_heading = index > 0 and found[index - 1].kind == "h"
        parts.append(("" if index == 0 else "\n" if after_heading else "\n\n") + _plain(block))
    return "".join(parts)


def emphasised(text: str, phrases: Iterable[str], link: str = "") -> Markup:
    """Return `text` escaped, with `phrases` in bold and `link` made clickable; a template's filter."""
    marked = [re.escape(phrase) for phrase in phrases if phrase]
    pattern = "|".join(([re.escape(link)] if link else []) + sorted(marked, key=len, reverse=True))
    if not pattern:
        return _whole(text)
    out = Markup("")
    for piece in re.split(f"({pattern})", text):
        if link and piece == link:
            out += Markup('<a href="{0}" style="color:#1a1a1a;">{0}</a>').format(link)
        elif marked and re.fullmatch("|".join(marked), piece):
            kept = ' style="white-space:nowrap;"' if len(piece) <= WHOLE else ""
            out += Markup("<strong{}>{}</strong>").format(Markup(kept), _whole(piece))  # noqa: S704 - one of two constants
        else:
            out += _whole(piece)
    return out


def _whole(text: str) -> Markup:
    """The text escaped, with what must not be broken kept on one line."""
    out = Markup("")
    for n, piece in enumerate(_UNBROKEN.split(text)):
        out += Markup('<span style="white-space:nowrap;">{}</span>').format(piece) if n % 2 else escape(piece)
    return out
