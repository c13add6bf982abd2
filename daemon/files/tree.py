"""The parser's events become a tree of text, under limits counted while they pass.

50 levels, 50 000 nodes and 200 aliases, an alias at the size of what it stands for: a bomb is refused before it exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from daemon.files.legacy import old_font
from daemon.files.nodes import Findings, Items, Node, Pairs, Place, Text
from daemon.files.syntax import quoted, requoted

DEEPEST = 50
MOST_NODES = 400_000
MOST_ALIASES = 200

_BLOCK_HEADER = re.compile(r"[|>][+-]?(\s*#.*)?\s*$")
_LOST_COMMENT = re.compile(r" (#.*\S)")


class TooMuch(Exception):
    """A file that is not read further: over a limit, empty, or more than one document."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


@dataclass
class _Open:
    """A list or mapping whose end has not come."""

    place: Place
    mapping: bool
    flow: bool
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    weight: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    place: Place
    node: Node
    weight: int
    height: int


class Build:
    """One pass over the events of one file."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self._file = file
        self._lines = lines
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self._anchors: dict[str, _Anchored] = {}
        self._used: set[str] = set()
        self._nodes = 0
        self._aliases = 0
        self._errors: list[tuple[Place, str]] = []
        self._warnings: list[tuple[Place, str]] = []

    def report(self, findings: Findings) -> None:
        """Hand over what was found on the way."""
        for place, message in self._errors:
            findings.error(place, message)
        for place, message in self._warnings:
            findings.warn(place, message)

    def document(self) -> Node:
        """Return the root; TooMuch or yaml.MarkedYAMLError if there is none."""
        documents = 0
        for event in yaml.parse("\n".join(self._lines), Loader=yaml.CSafeLoader):
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise TooMuch(self._place(event), "tệp có nhiều phần ngăn bằng ---; mỗi tệp chỉ một phần")
                case yaml.ScalarEvent():
                    text = self._text(event)
                    self._keep(event.anchor, text, 1, 1)
                    self._put(text, 1, 1)
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._open(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._close()
        for name, anchored in self._anchors.items():
            if name not in self._used:
                self._errors.append((anchored.place, self._needs_quotes("&", anchored.place)))
        if self._root is None or (isinstance(self._root, Text) and self._root.blank):
            raise TooMuch(Place(self._file, 1, 1), "tệp trống; nếu không dùng nữa thì xóa tệp")
        return self._root

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None, "a parsed event has its place"
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _needs_quotes(self, sign: str, place: Place) -> str:
        line = requoted(self._lines[place.line - 1], place.col - 1)
        return f"dấu {sign} ở đầu giá trị có nghĩa riêng; đặt cả giá trị trong dấu nháy; viết lại: {line}"

    def _text(self, event: yaml.ScalarEvent) -> Text:
        place = self._place(event)
        value = event.value
        plain = not event.style
        if event.tag is not None:
            self._errors.append((place, self._needs_quotes("!", place)))
        if event.style in ("|", ">"):
            header = self._lines[place.line - 1][place.col - 1 :]
            value = value.rstrip("\n")
            if not value or not _BLOCK_HEADER.match(header):
                self._errors.append((place, self._needs_quotes(event.style, place)))
        if plain:
            self._warn_lost(event, value)
            if value[:1] in "“”„‟‘’" and value[-1:] in "“”„‟‘’" and len(value) > 1:
                line = self._lines[place.line - 1][: place.col - 1] + quoted(value[1:-1])
                told = f"giá trị nằm trong dấu nháy cong {value[0]} {value[-1]}; dùng dấu nháy thẳng"
                self._errors.append((place, f"{told}; viết lại: {line.strip()}"))
        reading = old_font(value)
        if reading is not None:
            guess = f" (có lẽ là “{reading}”)" if reading else ""
            self._errors.append(
                (place, f"văn bản dùng bảng mã cũ (TCVN3/VNI): “{value[:60]}”{guess}; gõ lại bằng Unicode")
            )
        return Text(place, value, plain)

    def _warn_lost(self, event: yaml.ScalarEvent, value: str) -> None:
        """Warn when one space and # end a value; two spaces or more are taken for a comment that was meant."""
        end = event.end_mark
        assert end is not None, "a parsed event has its place"
        line = self._lines[end.line] if value and end.line < len(self._lines) else ""
        if found := _LOST_COMMENT.match(line, end.column):
            start = line.rfind(value, 0, end.column)
            whole = line[start : end.column] + found[0]
            told = f"phần “{found[1]}” bị bỏ, vì dấu # sau dấu cách mở đầu ghi chú"
            way = f"nếu là nội dung, đặt trong dấu nháy: {(line[:start] + quoted(whole)).strip()}"
            place = Place(self._file, end.line + 1, end.column + 2)
            self._warnings.append((place, f"{told}; {way}; nếu là ghi chú, chừa hai dấu cách trước #"))

    def _alias(self, event: yaml.AliasEvent) -> None:
        place, name = self._place(event), event.anchor or ""
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            raise TooMuch(place, f"quá nhiều dấu * tham chiếu (hơn {MOST_ALIASES})")
        known = self._anchors.get(name)
        if known is None:
            if any(frame.anchor == name for frame in self._stack):
                raise TooMuch(place, f"“*{name}” tham chiếu đến chính mục chứa nó")
            self._errors.append((place, self._needs_quotes("*", place)))
            self._put(Text(place, f"*{name}"), 1, 1)
            return
        self._used.add(name)
        self._put(known.node, known.weight, known.height)

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        place = self._place(event)
        if event.tag is not None:
            self._errors.append((place, f"không dùng nhãn kiểu “{event.tag}”; bỏ phần bắt đầu bằng dấu !"))
        if len(self._stack) >= DEEPEST:
            raise TooMuch(place, f"lồng quá sâu (hơn {DEEPEST} cấp)")
        mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open(place, mapping, bool(event.flow_style), event.anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        node: Node
        if frame.mapping:
            pairs = []
            for key, value in zip(frame.nodes[::2], frame.nodes[1::2], strict=True):
                if isinstance(key, Text):
                    pairs.append((key, value))
                else:
                    self._errors.append((key.place, "tên mục phải là chữ, không thể là danh sách hay nhóm mục"))
            node = Pairs(frame.place, tuple(pairs), frame.flow)
        else:
            node = Items(frame.place, tuple(frame.nodes), frame.flow)
        self._keep(frame.anchor, node, frame.weight, frame.height)
        self._put(node, frame.weight, frame.height)

    def _keep(self, anchor: str | None, node: Node, weight: int, height: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node.place, node, weight, height)

    def _put(self, node: Node, weight: int, height: int) -> None:
        """Hang a finished node of `weight` nodes and `height` levels under the one that is open."""
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        parent.nodes.append(node)
        parent.weight += weight
        parent.height = max(parent.height, height + 1)
        if len(self._stack) + height > DEEPEST + 1:
            raise TooMuch(node.place, f"lồng quá sâu (hơn {DEEPEST} cấp)")
        if sum(frame.weight for frame in self._stack) > MOST_NODES:
            raise TooMuch(node.place, f"tệp có quá nhiều mục (hơn {MOST_NODES:_})".replace("_", "."))
