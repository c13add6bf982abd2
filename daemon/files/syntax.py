"""What is wrong with a line of YAML, in plain Vietnamese, with the line as it should be written.

A corrected line is tried before it is shown, and the reading goes on from it, so that one slip hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daemon.files import keys
from daemon.files.nodes import Findings, Place

_KEY_LINE = re.compile(r"(?P<head>\s*(?:- +)*(?P<key>[^\s:#'\"\[\]{}-][^:#]*?): +)(?P<value>\S.*?)(?P<tail> +#.*)?$")
_ITEM_LINE = re.compile(r"(?P<head>\s*- +)(?P<value>\S.*?)(?P<tail> +#.*)?$")
_NO_SPACE = re.compile(r"(?P<head>\s*(?:- +)*(?P<key>[a-z_-]+)):(?P<value>[^\s:].*)$")
_NO_COLON = re.compile(r"(?P<head>\s*(?:- +)*)(?P<key>[a-z_-]+) +(?P<value>\S.*)$")
_DASH = re.compile(r"(\s*)([–—−‒‑‐•▪●◦])( *)(?=\S)")
_BLOCK_TEXT = re.compile(r"(?:^|[:-]) +[|>][+-]?(?: +#.*)?$")
_PIECE = re.compile(r"(?P<head>\s*[\w-]+: +)(?P<value>.*\S)\s*$")
_MAPPING = re.compile(r"\{\s*[\w-]+:(\s|$)")

_KNOWN = frozenset(
    word
    for table in (keys.PLAN, keys.MILESTONE, keys.TARGET, keys.AGENCIES, keys.AGENCY, keys.PERSON, keys.LADDER,
                  keys.STEP, keys.CALENDARS, keys.CALENDAR_YEAR, keys.SETTINGS)
    for pair in table.items()
    for word in pair
)  # fmt: skip
_STARTS = {
    "*": "dấu * ở đầu giá trị",
    "&": "dấu & ở đầu giá trị",
    "!": "dấu ! ở đầu giá trị",
    ">": "dấu > ở đầu giá trị",
    "|": "dấu | ở đầu giá trị",
    "%": "dấu % ở đầu giá trị",
    "@": "dấu @ ở đầu giá trị",
    "`": "dấu ` ở đầu giá trị",
    "?": "dấu ? ở đầu giá trị",
    ",": "dấu phẩy ở đầu giá trị",
    "]": "dấu ] ở đầu giá trị",
    "}": "dấu } ở đầu giá trị",
    "-": "dấu gạch ngang ở đầu giá trị",
}
REACH = 30  # lines looked back for a quote or bracket left open
LONGEST = 2000  # characters of a line worth correcting


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the parser stopped, from 0; `opened` is the line of the quote or bracket it was still in."""

    line: int
    col: int
    opened: int | None = None

    @property
    def at(self) -> int:
        """The line to blame first."""
        return self.line if self.opened is None else min(self.line, self.opened)

    def is_past(self, before: Fault, repair: Repair) -> bool:
        """Say whether this fault, met after a repair, lies after the one it was to mend."""
        if self.at > max(repair.line, before.at):
            return True
        return repair.quotes and self.at == before.at == repair.line and self.col > before.col + len('""')


@dataclass(frozen=True, slots=True)
class Repair:
    """Line `line` (from 0) as it should be, and why; `col` (from 0) is where the slip stands.

    `quotes`: it put one value of a line in quotes, and more of the same line may be wrong.
    """

    line: int
    col: int
    text: str
    why: str
    quotes: bool = False

    @property
    def message(self) -> str:
        """The sentence shown."""
        return f"{self.why}; viết lại: {self.text.strip()}"


def quoted(value: str) -> str:
    """Return a value in straight quotes, as YAML reads them back."""
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'


def requoted(line: str, col: int) -> str:
    """Return a line with the value that starts at `col` (from 0) put in quotes, without indentation."""
    value = re.split(" #", line[col : col + LONGEST], maxsplit=1)[0]
    return (line[:col] + quoted(value.rstrip())).strip()


def tidy(lines: list[str], file: str, findings: Findings) -> frozenset[int]:
    """Name tabs and list items that begin with another dash, mend them in place and return the lines mended."""
    mended = set()
    block: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if block is not None and line.strip() and indent <= block:
            block = None
        tab = line.find("\t")
        if tab >= 0 and not re.search(r"(^|\s)#", line[:tab]):
            findings.error(Place(file, number + 1, tab + 1), "có dấu Tab; hãy thay bằng dấu cách (phím cách)")
            start = len(line) - len(line.lstrip())
            lines[number] = line[:start].replace("\t", "  ") + line[start:].replace("\t", " ")
            mended.add(number)
        elif block is None and (found := _DASH.match(line)):
            lines[number] = f"{found[1]}- {line[found.end() :]}"
            told = f"dấu “{found[2]}” (thường do Word tự đổi) không phải dấu gạch đầu dòng"
            place = Place(file, number + 1, len(found[1]) + 1)
            findings.error(place, f"{told}; viết lại: {lines[number].strip()}")
            mended.add(number)
        if block is None and _BLOCK_TEXT.search(lines[number]):
            block = indent
    return frozenset(mended)


def repair(lines: list[str], fault: Fault, mends: Callable[[Repair], bool]) -> Repair | None:
    """Return the first likely correction that `mends` says lets the parser go further, else None."""
    return next((one for one in _candidates(lines, fault) if mends(one)), None)


def _candidates(lines: list[str], fault: Fault) -> Iterator[Repair]:
    last = len(lines) - 1  # the end of a file may be given as the line after it
    here = min(fault.line, last)
    opened = here if fault.opened is None else min(fault.opened, last)
    suspects = dict.fromkeys(n for n in (opened, here, *_back(lines, here)) if len(lines[n]) <= LONGEST)
    for number in suspects:
        if number == here:
            yield from _in_braces(number, lines[number], fault.col)
        yield from _value_slips(number, lines[number])
    for number in suspects:
        yield from _key_slips(number, lines[number])
    yield from _indents(lines, here)


def _back(lines: list[str], here: int) -> Iterator[int]:
    """Yield the line before, then those above whose value opens a quote or bracket and leaves it open."""
    above = [n for n in range(here - 1, max(-1, here - REACH), -1) if lines[n].strip()]
    yield from above[:1]
    for number in above:
        line = lines[number] if len(lines[number]) <= LONGEST else ""
        found = _KEY_LINE.match(line) or _ITEM_LINE.match(line)
        if found and found["value"][0] in "\"'[{" and not _closed(found["value"]):
            yield number


def _closed(value: str) -> bool:
    mark = value[0]
    if mark in "\"'":
        return len(value) > 1 and value.endswith(mark)
    return value.count("[") == value.count("]") and value.count("{") == value.count("}")


def _value_slips(number: int, line: str) -> Iterator[Repair]:
    found = _KEY_LINE.match(line) or _ITEM_LINE.match(line)
    if not found:
        return
    head, value, tail = found["head"], found["value"], found["tail"] or ""
    col, start = len(head), value[0]

    def made(new: str, why: str) -> Repair:
        return Repair(number, col, head + new + tail, why)

    if start in "\"'":
        if not _closed(value):
            yield made(value + start, f"thiếu dấu nháy đóng {start}")
        elif start == '"' and "\\" in value:
            yield made(quoted(value[1:-1]), "dấu \\ trong dấu nháy kép có nghĩa riêng; đặt trong dấu nháy đơn")
        elif start in value[1:-1]:
            yield made(quoted(value[1:-1]), f"trong giá trị có dấu nháy {start}; dùng dấu nháy loại kia")
        yield made(quoted(value), "sau dấu nháy đóng còn chữ; đặt cả giá trị trong dấu nháy")
    elif start in "[{":
        end = "]" if start == "[" else "}"
        if not _closed(value) and end not in value:
            yield made(value + end, f"thiếu dấu {end} đóng")
        if not _MAPPING.match(value) and not value.endswith(end):
            yield made(quoted(value), f"dấu {start} ở đầu giá trị; đặt cả giá trị trong dấu nháy")
    elif start in _STARTS:
        yield made(quoted(value), f"{_STARTS[start]} có nghĩa riêng; đặt cả giá trị trong dấu nháy")
    elif ": " in value or value.endswith(":"):
        yield made(quoted(value), "giá trị có dấu hai chấm; đặt cả giá trị trong dấu nháy")


def _in_braces(number: int, line: str, col: int) -> Iterator[Repair]:
    """Quote one value of a mapping written in braces on one line."""
    if "{" not in line[:col]:
        return
    start = max(line.rfind(mark, 0, col) for mark in ",{") + 1
    ends = [line.find(mark, col) for mark in ",}"]
    end = min((n for n in ends if n >= 0), default=len(line))
    if found := _PIECE.match(line[start:end]):
        new = line[:start] + found["head"] + quoted(found["value"]) + line[end:]
        why = "giá trị trong dấu { } có ký tự đặc biệt; đặt giá trị ấy trong dấu nháy"
        yield Repair(number, start + len(found["head"]), new, why, quotes=True)


def _key_slips(number: int, line: str) -> Iterator[Repair]:
    if (found := _NO_SPACE.match(line)) and found["key"] in _KNOWN:
        text = f"{found['head']}: {found['value']}"
        yield Repair(number, len(found["head"]), text, "thiếu dấu cách sau dấu hai chấm")
    if (found := _NO_COLON.match(line)) and found["key"] in _KNOWN:
        text = f"{found['head']}{found['key']}: {found['value']}"
        yield Repair(number, len(found["head"]) + len(found["key"]), text, f"thiếu dấu hai chấm sau “{found['key']}”")


def _indents(lines: list[str], here: int) -> Iterator[Repair]:
    """Put a line under the keys of the lines above it."""
    line = lines[here].lstrip(" ")
    indent = len(lines[here]) - len(line)
    tried = {indent}
    for above in reversed(lines[max(0, here - REACH) : here]):
        if not above.strip() or above.lstrip().startswith("#"):
            continue
        dashed = re.match(r"( *)((?:- +)*)", above)
        width = (len(dashed[1]), len(dashed[0])) if dashed else (0, 0)
        for col in width if line.startswith("- ") else width[::-1]:
            if col not in tried:
                tried.add(col)
                why = f"thụt đầu dòng lệch: dòng này thụt {indent} dấu cách, cần {col}"
                yield Repair(here, indent, " " * col + line, why)
