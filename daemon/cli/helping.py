"""Help in Vietnamese: the library's own few words are put into the reader's language."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

WORDS = (
    ("Usage: ", "Cách dùng: "),
    ("\nOptions:", "\nTùy chọn:"),
    ("\nCommands:", "\nCác lệnh:"),
    ("\nArguments:", "\nTham số:"),
    ("[OPTIONS] COMMAND [ARGS]...", "LỆNH [TÙY CHỌN]..."),
    ("[OPTIONS]", "[TÙY CHỌN]"),
    ("Show this message and exit.", "Xem hướng dẫn này."),
    ("[default: ", "[mặc định: "),
    ("[required]", "[bắt buộc]"),
    ("[default:", "[mặc định:"),
)

TYPES = re.compile(r" <(?:str|int|int range|float|list\[str\])>")  # nothing an operator asks for
NEEDED = re.compile(r"\{([^{}\n]+)\}(?:\.\.\.)?")  # an argument in the usage line; what may be left out stands in [ ]
MAY = re.compile(r"\[\[([^\[\]\n]+)\]\](?:\.\.\.)?")
LEAST = re.compile(r"; x>=(\d+)\]")


def in_vietnamese(text: str) -> str:
    """Return a help text with the library's words translated."""
    for english, vietnamese in WORDS:
        text = text.replace(english, vietnamese)
    usage, newline, rest = text.partition("\n")
    rest = TYPES.sub(lambda found: " " * len(found[0]), rest)
    return MAY.sub(r"[\1]", NEEDED.sub(r"\1", usage)) + newline + LEAST.sub(r"; từ \1]", rest)


class Command(TyperCommand):
    """One command whose help reads as an operator reads it."""

    def get_help(self, ctx: Any) -> str:
        """Return the help text."""
        return in_vietnamese(super().get_help(ctx))


class Commands(TyperGroup):
    """A group of commands whose help reads as an operator reads it."""

    def get_help(self, ctx: Any) -> str:
        """Return the help text."""
        return in_vietnamese(super().get_help(ctx))
