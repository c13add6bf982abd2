"""What editors, Word and old fonts do to a file is put right with a warning, or named with its place."""

from __future__ import annotations

import unicodedata

import pytest

from daemon.files.encoding import LARGEST, decode
from daemon.files.legacy import old_font
from daemon.files.nodes import Findings, Pairs, Text
from daemon.files.reader import read

LINE = "viec: kế hoạch năm\n"


def value_of(raw: bytes) -> tuple[str, list[str], list[str]]:
    """Read a file of one pair; return its value, its errors and its warnings."""
    findings = Findings()
    node = read(raw, "a.yaml", findings)
    value = node.pairs[0][1] if isinstance(node, Pairs) else None
    text = value.value if isinstance(value, Text) else ""
    return text, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


@pytest.mark.parametrize(
    "raw",
    [
        LINE.encode(),
        b"\xef\xbb\xbf" + LINE.encode(),
        LINE.replace("\n", "\r\n").encode(),
        LINE.replace("\n", "\r").encode(),
        LINE.rstrip().encode(),
    ],
    ids=["as it is", "BOM", "CRLF", "CR", "no last line end"],
)
def test_what_any_editor_may_write_is_read_silently(raw: bytes) -> None:
    """A BOM and the three line ends change nothing and say nothing."""
    assert value_of(raw) == ("kế hoạch năm", [], [])


def test_no_break_spaces_are_spaces_with_a_warning() -> None:
    """Word's spaces do not become part of a key or a word; the first is shown."""
    text, errors, warnings = value_of("viec:\u00a0kế\u00a0hoạch năm\n".encode())
    assert (text, errors) == ("kế hoạch năm", [])
    assert warnings == [
        "a.yaml:1:6: cảnh báo: có 2 dấu cách đặc biệt (thường do dán từ Word), đầu tiên ở đây; "
        "đã đọc như dấu cách thường"
    ]


def test_decomposed_letters_are_composed_with_a_warning() -> None:
    """NFD becomes NFC; the place is the first letter that changed."""
    text, errors, warnings = value_of(unicodedata.normalize("NFD", LINE).encode())
    assert (text, errors) == ("kế hoạch năm", [])
    assert warnings == [
        "a.yaml:1:8: cảnh báo: 1 dòng dùng chữ Unicode tổ hợp (dấu rời), đầu tiên ở đây; đã đọc như Unicode dựng sẵn"
    ]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_named(codec: str) -> None:
    """Notepad's “Unicode” is named with the way out, with and without its mark."""
    text, errors, _ = value_of(("so: 1\n" + LINE).encode(codec))
    assert text == ""
    assert errors == [
        f"a.yaml:1:1: {errors[0].split(': ', 1)[1]}",
    ]
    assert f"bảng mã UTF-{codec[4:6]}" in errors[0]
    assert "Encoding: UTF-8" in errors[0]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("so: 1\nviec: hòa bình\n".encode("latin-1"), "a.yaml:2:8"),
        (b"so: 1\r\nviec: k\xe9\r\n", "a.yaml:2:8"),
        ("ghi chú: kế ".encode() + b"\xff", "a.yaml:1:13"),
    ],
    ids=["Latin-1", "after CRLF", "columns count letters, not bytes"],
)
def test_other_encodings_are_refused_where_they_begin(raw: bytes, place: str) -> None:
    """The first byte that is not UTF-8 is shown by line and column."""
    _, errors, _ = value_of(raw)
    assert len(errors) == 1
    assert errors[0].startswith(f"{place}: tệp không phải UTF-8 (byte 0x")


@pytest.mark.parametrize(
    ("char", "said"),
    [
        ("\0", "ký tự NUL"),
        ("\x07", "ký tự điều khiển không nhìn thấy U+0007"),
        ("\x85", "ký tự xuống dòng lạ U+0085"),
        ("\u2028", "ký tự xuống dòng lạ U+2028"),
        ("\ufeff", "ký tự điều khiển không nhìn thấy U+FEFF"),
    ],
)
def test_characters_no_file_may_hold_are_refused(char: str, said: str) -> None:
    """NUL, control characters and strange line ends are named; the parser would eat or bend them."""
    _, errors, _ = value_of(f"so: 1\nviec: kế{char}hoạch\n".encode())
    assert errors[0].startswith(f"a.yaml:2:9: {said}")


def test_the_size_is_bounded() -> None:
    """A file over 1 MiB is refused before it is read; one of exactly that size is not."""
    findings = Findings()
    assert decode(b"#" * (LARGEST + 1), "a.yaml", findings) is None
    assert str(findings.errors[0]) == "a.yaml:1:1: tệp quá lớn, hơn 4 MiB; kiểm tra có chép nhầm tệp khác không"
    assert decode(b"#" * LARGEST, "a.yaml", Findings()) is not None


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("KÕ ho¹ch", "Kế hoạch"),
        ("Së Néi vô", "Sở Nội vụ"),
        ("d©n vËn chÝnh quyÒn n¨m 2022", "dân vận chính quyền năm 2022"),
        ("Keá hoaïch", "Kế hoạch"),
        ("Sôû Noäi vuï", "Sở Nội vụ"),
        ("Uyû ban nhaân daân tænh", "Uỷ ban nhân dân tỉnh"),
    ],
)
def test_old_fonts_are_recognised_and_read(typed: str, read_as: str) -> None:
    """TCVN3 and VNI text is refused with its likely reading, never mailed."""
    _, errors, _ = value_of(f"viec: {typed}\n".encode())
    assert errors == [
        f"a.yaml:1:7: văn bản dùng bảng mã cũ (TCVN3/VNI): “{typed}” (có lẽ là “{read_as}”); gõ lại bằng Unicode"
    ]


def test_old_fonts_in_names_of_keys_are_recognised() -> None:
    """A key is text too."""
    _, errors, _ = value_of("KÕ ho¹ch: a\n".encode())
    assert errors[0].startswith("a.yaml:1:1: văn bản dùng bảng mã cũ")


@pytest.mark.parametrize(
    "text",
    ["Sở Nội vụ", "Hoà Bình", "35 m² × 2", "37°C", "5 µm", "Citroën Việt Nam", "Công ty ABC®", "«Dân vận khéo»", "A·B"],
)
def test_unicode_text_with_odd_letters_is_not_taken_for_an_old_font(text: str) -> None:
    """Foreign names, units and signs pass."""
    assert old_font(text) is None


def test_signs_inside_a_word_are_an_old_font_even_when_it_cannot_be_read() -> None:
    """No reading is shown that would be a guess."""
    assert old_font("xk¹qz Việt") == ""
    _, errors, _ = value_of("viec: xk¹qz Việt\n".encode())
    assert errors == ["a.yaml:1:7: văn bản dùng bảng mã cũ (TCVN3/VNI): “xk¹qz Việt”; gõ lại bằng Unicode"]
