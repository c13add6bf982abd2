"""A mapping read against its key table: every key known, none twice, each value in its field's hands.

A faulty field gives a placeholder, so that the rest of the file is still read; FilesRefused is raised before any
placeholder gets out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from daemon.files.fields import Unreadable, identifier, pieces
from daemon.files.matching import near_miss
from daemon.files.nodes import Findings, Items, Node, Pairs, Place, Text
from daemon.files.syntax import quoted

T = TypeVar("T")


class Form:
    """One mapping of a file. `english` chooses the language in which keys nobody typed are named."""

    def __init__(self, node: Node, table: Mapping[str, str], findings: Findings, *, english: bool = False) -> None:
        self.place = node.place
        self.findings = findings
        self.english = english
        self._table = table
        self._values: dict[str, Node] = {}
        self._keys: dict[str, Text] = {}
        self._hollow = not isinstance(node, Pairs)
        if isinstance(node, Pairs):
            self._take_keys(node)
        else:
            self._error(node.place, f"chỗ này cần một nhóm mục, mỗi mục một dòng như “{self._sample()}: …”")

    def _sample(self) -> str:
        return next(iter(self._table if self.english else self._table.values()))

    def _error(self, place: Place, message: str) -> None:
        self.findings.error(place, message)

    def _take_keys(self, node: Pairs) -> None:
        english = {typed: key for key, typed in self._table.items()}
        for typed, value in node.pairs:
            key = typed.value if typed.value in self._table else english.get(typed.value)
            if key is None:
                self._unknown(typed, value, in_braces=node.flow)
            elif key in self._keys:
                first = self._keys[key]
                other = "" if first.value == typed.value else f" (“{first.value}” và “{typed.value}” là một mục)"
                self._error(
                    typed.place, f"mục “{typed.value}” ghi hai lần, lần đầu ở {first.place}{other}; giữ một dòng"
                )
            else:
                self._keys[key], self._values[key] = typed, value

    def _unknown(self, typed: Text, value: Node, *, in_braces: bool) -> None:
        lost = isinstance(value, Text) and value.blank
        if in_braces and lost:
            told = "dấu phẩy trong { } ngăn hai mục, nên phần này bị hiểu là một mục mới"
            way = 'đặt cả giá trị trong dấu nháy, ví dụ {viec: "Kế hoạch, chương trình"}'
            self._error(typed.place, f"không có mục “{typed.value[:60]}”: {told}; {way}")
        elif typed.value == "<<":
            self._error(typed.place, "không dùng << để gộp mục; chép đủ các dòng")
        elif typed.value.startswith("-"):
            self._error(typed.place, f"thiếu dấu cách sau dấu gạch đầu dòng; viết lại: - {typed.value[1:].strip()}: …")
        else:
            self._error(typed.place, f"không có mục “{typed.value[:60]}”{self._nearest(typed.value)}")

    def _nearest(self, typed: str) -> str:
        if self.findings.full(self.place.file):
            return ""
        known = self._table if self.english else self._table.values()
        return near_miss(typed, known) or f"; các mục ở đây: {', '.join(known)}"

    def absorb(self, other: Form, by: str, lists: Collection[str]) -> None:
        """Add another file's part of what both call `by`: `lists` grow, other keys must agree where both have them."""
        for key in other._keys:
            mine, value = self.node(key), other.node(key)
            if value is None:
                continue
            if mine is None:
                self._keys[key], self._values[key] = other._keys[key], value
            elif key in lists and isinstance(mine, Items) and isinstance(value, Items):
                self._values[key] = Items(mine.place, mine.items + value.items)
            elif _plain(mine) != _plain(value):
                theirs = f"{mine.place.file}, {mine.place}"
                advice = f"chỉ ghi ở một tệp, hoặc ghi giống nhau; kế hoạch khác thì đừng dùng chung mã “{by}”"
                other.error(key, f"khác với cùng mục này ở {theirs}; {advice}")

    def named(self, key: str) -> str:
        """Return a key as typed, else as the file's language has it."""
        if key in self._keys:
            return self._keys[key].value
        return key if self.english else self._table[key]

    def at(self, key: str) -> Place:
        """Return where a key's value stands, else where the mapping begins."""
        value = self._values.get(key)
        return self.place if value is None else value.place

    def node(self, key: str) -> Node | None:
        """Return what stands under a key; None when the key is left out or nothing follows it."""
        value = self._values.get(key)
        return None if isinstance(value, Text) and value.blank else value

    def error(self, key: str, message: str) -> None:
        """Record a fault of one key's value."""
        self._error(self.at(key), f"{self.named(key)}: {message}")

    def warn(self, key: str, message: str) -> None:
        """Record something worth a look in one key's value."""
        self.findings.warn(self.at(key), f"{self.named(key)}: {message}")

    def missing(self, key: str) -> None:
        """Record that a key is needed, unless there is no mapping at all."""
        if self._hollow:
            return
        at = self._keys[key].place if key in self._keys else self.place
        what = "chưa có nội dung" if key in self._keys else "thiếu mục này"
        self._error(at, f"{self.named(key)}: {what}")

    def must(self, key: str, read: Callable[[str], T], placeholder: T) -> T:
        """Return the value of a needed key; the placeholder when it is missing or faulty."""
        if self.node(key) is None:
            self.missing(key)
            return placeholder
        value = self.may(key, read)
        return placeholder if value is None else value

    def claim(self, key: str, seen: dict[str, Place]) -> str:
        """Return the id under a key, refused if `seen` has it already; empty when it is missing or faulty."""
        id_ = self.must(key, identifier, "")
        if id_ in seen:
            self.error(key, f"mã “{id_}” đã dùng ở {_already(seen[id_], self.at(key))}")
        elif id_:
            seen[id_] = self.at(key)
        return id_

    def may(self, key: str, read: Callable[[str], T]) -> T | None:
        """Return the value of a key, None when it is left out or faulty."""
        node = self.node(key)
        if node is None:
            return None
        if not isinstance(node, Text):
            self._error(node.place, f"{self.named(key)}: {_not_text(node)}")
            return None
        return self.read(key, node, read)

    def read(self, key: str, node: Text, read: Callable[[str], T]) -> T | None:
        """Return one text of a key read by its field; None when it cannot be read, with the fault recorded."""
        try:
            return read(node.value)
        except Unreadable as exc:
            self._error(node.place, f"{self.named(key)}: {exc}")
            return None

    def texts(self, key: str) -> list[Text]:
        """Return a list of texts: a YAML list, or one text. Entries are not split here."""
        node = self.node(key)
        if node is None:
            return []
        if isinstance(node, Text):
            return [node]
        if isinstance(node, Pairs):
            self._error(node.place, f"{self.named(key)}: chỗ này cần một danh sách, mỗi dòng bắt đầu bằng “- ”")
            return []
        kept = []
        for item in node.items:
            if not isinstance(item, Text):
                self._error(item.place, f"{self.named(key)}: {_not_text(item)}")
            elif not item.blank:
                kept.append(item)
        return kept

    def split(self, key: str) -> list[Text]:
        """Return a list of texts, each entry also split at semicolons and commas."""
        return [Text(text.place, piece, text.plain) for text in self.texts(key) for piece in pieces(text.value)]

    def several(self, key: str, read: Callable[[str], T]) -> list[T]:
        """Return a list of values; faulty ones are recorded and left out."""
        values = [self.read(key, text, read) for text in self.split(key)]
        return [value for value in values if value is not None]

    def forms(self, key: str, table: Mapping[str, str]) -> list[Form]:
        """Return the entries of a list of mappings, each against `table`."""
        node = self.node(key)
        if node is None:
            return []
        if not isinstance(node, Items):
            self._error(node.place, f"{self.named(key)}: chỗ này cần một danh sách, mỗi mục bắt đầu bằng “- ”")
            return []
        return [Form(item, table, self.findings, english=self.english) for item in node.items]

    def form(self, key: str, table: Mapping[str, str]) -> Form | None:
        """Return the mapping under a key, None when it is left out."""
        node = self.node(key)
        return None if node is None else Form(node, table, self.findings, english=self.english)


def _plain(node: Node) -> object:
    """Return a node's content without places."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return tuple(_plain(item) for item in node.items)
    return tuple((key.value, _plain(value)) for key, value in node.pairs)


def entries(node: Node, findings: Findings, what: str) -> list[tuple[Text, Node]]:
    """Return the pairs of a mapping whose keys are ids given by the file (`what` they are), none twice."""
    if not isinstance(node, Pairs):
        findings.error(node.place, f"chỗ này cần các nhóm mục, mỗi nhóm bắt đầu bằng {what} và dấu hai chấm")
        return []
    first: dict[str, Text] = {}
    kept = []
    for typed, body in node.pairs:
        try:
            identifier(typed.value)
        except Unreadable as exc:
            findings.error(typed.place, f"{what}: {exc}")
        if typed.value in first:
            seen = first[typed.value].place
            findings.error(typed.place, f"{what} “{typed.value}” ghi hai lần, lần đầu ở {seen}; giữ một")
            continue
        first[typed.value] = typed
        kept.append((typed, body))
    return kept


def _not_text(node: Node) -> str:
    if isinstance(node, Pairs) and node.flow and node.pairs:
        inside = ", ".join(key.value for key, _ in node.pairs)
        return f"dấu {{ }} bị hiểu là nhóm mục; đặt cả giá trị trong dấu nháy, ví dụ {quoted('{' + inside + '}')}"
    if isinstance(node, Items) and node.flow:
        return "dấu [ ] bị hiểu là danh sách; nếu là nội dung, đặt cả giá trị trong dấu nháy"
    return "chỗ này cần một giá trị viết trên một dòng"


def is_english(node: Node, table: Mapping[str, str]) -> bool:
    """Say whether a file's top mapping is written with English keys."""
    if not isinstance(node, Pairs):
        return False
    typed = [key.value for key, _ in node.pairs]
    ours = set(table.values())
    return sum(key in table and key not in ours for key in typed) > sum(key in ours for key in typed)


def _already(first: Place, here: Place) -> str:
    if first.file == here.file:
        return f"{first}; mỗi mục một mã"
    return f"{first.file}, {first}; tệp chép từ tệp kia cho việc khác thì đổi mã kế hoạch, chép thừa thì xóa tệp"
