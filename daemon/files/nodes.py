"""What a file says before any field has judged it: text, lists and mappings, each with its place.

No scalar has a type here: `08:30`, `3.10`, `NO`, `~` and `012` are the characters that were typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.errors import FilesRefused, Problem

MOST_PROBLEMS = 100
"""Problems listed for one file; a file with more is counted, not listed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file; `line` and `col` count from 1, in characters."""

    file: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        return f"dòng {self.line}"


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as typed. `plain`: written without quotes."""

    place: Place
    value: str
    plain: bool = True

    @property
    def blank(self) -> bool:
        """Say whether nothing was written."""
        return self.plain and not self.value


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `flow`: written in brackets."""

    place: Place
    items: tuple[Node, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping, duplicates kept; `flow`: written in braces."""

    place: Place
    pairs: tuple[tuple[Text, Node], ...]
    flow: bool = False


Node = Text | Items | Pairs


@dataclass
class Findings:
    """Every problem found so far, over all files; warnings are kept apart and stop nothing."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _unlisted: dict[str, int] = field(default_factory=dict)
    _count: dict[str, int] = field(default_factory=dict)

    def error(self, place: Place, message: str) -> None:
        """Record a fault that stops the load; beyond MOST_PROBLEMS of one file only their number is kept."""
        self._count[place.file] = self._count.get(place.file, 0) + 1
        if self._count[place.file] > MOST_PROBLEMS:
            self._unlisted[place.file] = self._unlisted.get(place.file, 0) + 1
        else:
            self.errors.append(Problem(place.file, place.line, place.col, message))

    def warn(self, place: Place, message: str) -> None:
        """Record something worth a look."""
        self.warnings.append(Problem(place.file, place.line, place.col, message, warning=True))

    def full(self, file: str) -> bool:
        """Say whether no more problems of a file are listed, so that hints need not be sought."""
        return self._count.get(file, 0) >= MOST_PROBLEMS

    def errors_in(self, file: str) -> int:
        """Count the faults of one file."""
        return self._count.get(file, 0)

    def refuse(self) -> None:
        """Raise FilesRefused with every problem in file order, if there is any fault."""
        if not self.errors:
            return
        more = [Problem(file, 0, 0, f"còn {n} lỗi nữa chưa liệt kê") for file, n in self._unlisted.items()]
        listed = in_file_order([*self.errors, *self.warnings])
        raise FilesRefused((*listed, *more))


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems by file, line and column, the same one once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line, p.col)))
