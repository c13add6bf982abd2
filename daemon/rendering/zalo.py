"""A letter as one Zalo message: NFC text of at most 2,000 UTF-16 units, shortened by leaving clauses out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from daemon.rendering.clean import cut_at_word, one_line, utf16_units

LIMIT = 2000  # UTF-16 code units a text message may have


def _joined(clauses: Sequence[str]) -> str:
    """The clauses as running text; an entry of a list ("- ") stands on a line of its own."""
    listed = [clause.startswith("- ") for clause in clauses]
    ends = [("\n" if here or following else " ") for here, following in pairwise(listed)]
    return "".join(clause + end for clause, end in zip(clauses, [*ends, ""], strict=False))


def zalo_text(written: str) -> str:
    """Return what a template's Zalo block wrote as one message.

    Each line of the block is a clause. The first (what, when) and the last always stay; the others are left out from
    the end while the whole is too long. "[@" would call somebody's name in a group, so it is opened with a space.
    """
    clauses = [line.replace("[@", "[ @") for line in map(one_line, written.splitlines()) if line]
    while len(clauses) > 2 and utf16_units(_joined(clauses)) > LIMIT:
        del clauses[-2]
    if len(clauses) == 2 and utf16_units(_joined(clauses)) > LIMIT:
        del clauses[-1]
    text = _joined(clauses)
    limit = LIMIT
    while utf16_units(text) > LIMIT:
        text = cut_at_word(text, limit)
        limit -= 1
    return text
