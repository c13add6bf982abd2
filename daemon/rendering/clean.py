"""Makes text fit to leave: NFC, one line, nothing invisible, nothing that could pass for a header or a mention."""

from __future__ import annotations

import re
import unicodedata

Slot = str | int | list["Slot"] | dict[str, "Slot"]

SUBJECT_LIMIT = 200  # characters: a phone shows forty, a header line must stay whole

# Emoji, dingbats and their joiners; letters and punctuation of every script stay.
_PICTURES = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e0fff]")
_SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return `text` in NFC on one line: control, zero-width and direction marks dropped, spaces folded."""
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    if not spaced.isprintable():  # nearly every text is, and has nothing to drop
        kept = (char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
        spaced = _SPACES.sub(" ", "".join(kept))
    return spaced.strip()


def header_text(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """Return `text` fit for one header: as `one_line`, without pictures, at most `limit` characters, words whole."""
    return cut_at_word(_SPACES.sub(" ", _PICTURES.sub("", one_line(text))).strip(), limit)


def cut_at_word(text: str, limit: int) -> str:
    """Return `text` if it is at most `limit` characters, else its whole words that fit and an ellipsis."""
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit - 1].rpartition(" ")
    return f"{head.rstrip(' ,;:.-') if space else text[: limit - 1]}…"


def utf16_units(text: str) -> int:
    """Return how Zalo counts a text: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def capital(text: str) -> str:
    """Return `text` with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def clean(slot: Slot) -> Slot:
    """Return a tree of slots with every string on one safe line; a template never sees a line break from data."""
    if isinstance(slot, str):
        return one_line(slot)
    if isinstance(slot, list):
        return [clean(item) for item in slot]
    if isinstance(slot, dict):
        return {name: clean(item) for name, item in slot.items()}
    return slot
