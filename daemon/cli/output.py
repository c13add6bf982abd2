"""How answers are printed: plain tables that fit 80 columns for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:  # help and usage errors are printed without the store whose rows these are
    from daemon.cli.rows import Json

NARROWEST = 80
COPIED = {"Mã thư"}  # columns a person copies a word from: never broken over two lines
WIDEST = {"Cơ quan": 20, "Loại": 15, "Người nhập": 16}  # columns that leave their room to the sentence beside them


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table cho người đọc, json cho chương trình.")]


def console() -> Console:
    """Return a console on standard output, no narrower than 80 columns, without colour when it is no terminal."""
    found = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=False)
    return found if found.width >= NARROWEST else Console(file=sys.stdout, width=NARROWEST, highlight=False)


def as_json(rows: Json) -> None:
    """Print rows as JSON with English keys, Vietnamese as it is written."""
    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a title line; a column whose name ends in ">" is set to the right."""
    sheet = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for column in columns:
        name = column.rstrip(">")
        sheet.add_column(
            name,
            justify="right" if column.endswith(">") else "left",
            overflow="fold",
            no_wrap=name in COPIED,
            max_width=WIDEST.get(name),
        )
    for row in rows:
        sheet.add_row(*row)
    screen = console()
    screen.print(title, style="bold")  # above the table, not in it: a table may be narrower than its title
    screen.print(sheet)
    screen.print()


def say(*lines: str) -> None:
    """Print lines to standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def complain(*lines: str) -> None:
    """Print lines to standard error; on a terminal they break between words."""
    if sys.stderr.isatty():
        width = get_terminal_size().columns
        lines = tuple("\n".join(_folded(part, width) for part in line.splitlines()) for line in lines)
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _folded(line: str, width: int) -> str:
    return fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
