"""Bytes to text: what editors and Word leave in a file is put right, and what cannot be is named with its place."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from daemon.files.nodes import Findings, Place

LARGEST = 4 * 1024 * 1024
"""Bytes of one file at most: enough for a register of ten thousand agencies."""

_WIDE = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE_AS = "lưu lại bằng bảng mã UTF-8 (Notepad: Lưu như, Encoding: UTF-8)"
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_BREAKS = "\u0085\u2028\u2029"
_FORBIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Offset:
    """A place in text, found only when it is needed."""

    file: str
    text: str

    def place(self, index: int) -> Place:
        before = self.text[:index]
        return Place(self.file, before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def decode(raw: bytes, file: str, findings: Findings) -> str | None:
    """Return the text of a file, lines ended by LF; None if it cannot be read, with the reason in `findings`.

    BOM and CRLF are put right silently, no-break spaces and decomposed letters with a warning.
    """
    start = Place(file, 1, 1)
    if len(raw) > LARGEST:
        findings.error(start, f"tệp quá lớn, hơn {LARGEST // 1024**2} MiB; kiểm tra có chép nhầm tệp khác không")
        return None
    for mark, name in _WIDE:
        if raw.startswith(mark):
            findings.error(start, f"tệp lưu bằng bảng mã {name} (“Unicode” trong Notepad); {_SAVE_AS}")
            return None
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if wide := _wide_without_mark(raw):
        findings.error(start, f"tệp lưu bằng bảng mã {wide}; {_SAVE_AS}")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        head = raw[: exc.start].decode("utf-8")
        place = _Offset(file, _newlines(head)).place(len(_newlines(head)))
        findings.error(
            place,
            f"tệp không phải UTF-8 (byte 0x{raw[exc.start]:02X}: Latin-1, Windows-1258 hoặc bảng mã cũ); {_SAVE_AS}",
        )
        return None
    text = _newlines(text)
    if not _allowed(text, file, findings):
        return None
    return _composed(_spaced(text, file, findings), file, findings)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _wide_without_mark(raw: bytes) -> str | None:
    head = raw[:400]
    if len(head) < 4 or head.count(0) * 4 < len(head):
        return None
    return "UTF-32" if head.count(0) * 2 > len(head) + 2 else "UTF-16"


def _allowed(text: str, file: str, findings: Findings) -> bool:
    where = _Offset(file, text)
    found = list(_FORBIDDEN.finditer(text))
    for match in found[:5]:
        char = match.group()
        if char == "\0":
            what = "ký tự NUL (tệp hỏng hoặc không phải tệp chữ)"
        elif char in _LINE_BREAKS:
            what = f"ký tự xuống dòng lạ U+{ord(char):04X}"
        else:
            what = f"ký tự điều khiển không nhìn thấy U+{ord(char):04X}"
        findings.error(where.place(match.start()), f"{what}; xóa ký tự này rồi gõ lại dòng")
    return not found


def _spaced(text: str, file: str, findings: Findings) -> str:
    found = list(_SPACES.finditer(text))
    if found:
        place = _Offset(file, text).place(found[0].start())
        findings.warn(
            place,
            f"có {len(found)} dấu cách đặc biệt (thường do dán từ Word), đầu tiên ở đây; đã đọc như dấu cách thường",
        )
    return _SPACES.sub(" ", text)


def _composed(text: str, file: str, findings: Findings) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    lines = text.split("\n")
    composed = [unicodedata.normalize("NFC", line) for line in lines]
    changed = [i for i, (old, new) in enumerate(zip(lines, composed, strict=True)) if old != new]
    first = changed[0]
    col = next(i for i, (a, b) in enumerate(zip(f"{lines[first]}\0", f"{composed[first]}\0", strict=False)) if a != b)
    findings.warn(
        Place(file, first + 1, col + 1),
        f"{len(changed)} dòng dùng chữ Unicode tổ hợp (dấu rời), đầu tiên ở đây; đã đọc như Unicode dựng sẵn",
    )
    return "\n".join(composed)
