"""What commands print fits the screen it is printed on: tables in 80 columns, complaints broken between words."""

from __future__ import annotations

import sys

import pytest

from daemon.cli.output import complain, table

SAID = "Chưa có văn bản nào của Sở Giao thông vận tải được ghi; hãy nhập: dondoc submit so-gtvt MỐC --sent NGÀY"


def test_a_table_leaves_the_room_to_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Eighty columns hold a long sentence beside long names, and what is copied is never broken."""
    columns = ("Mục>", "Mã thư", "Loại", "Nội dung", "Người nhập")
    table("Sổ", columns, [("153", "62e243f6f3fbc4f2", "Đã nhập hết văn bản đến", SAID, "so-tu-phap-dau-moi")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("153  62e243f6f3fbc4f2  Đã nhập hết") for line in lines[1:])
    assert lines[-1] == ""


def test_a_title_wider_than_its_table_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Two short columns do not fold what stands above them."""
    table("Nội dung được biết khi lịch nhắc đã qua hết", ("Cơ quan", "Mốc"), [("Sở Y tế", "bao-cao")])
    assert capsys.readouterr().out.splitlines()[0] == "Nội dung được biết khi lịch nhắc đã qua hết"


def test_a_complaint_on_a_terminal_breaks_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is wider than the screen, no word is cut; a second complaint stands on a line of its own."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    complain(SAID, "Hết.")
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(line.strip() for line in lines) == f"{SAID} Hết."
    assert lines[-1] == "Hết."


def test_elsewhere_a_complaint_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads a line as a line."""
    complain(SAID)
    assert capsys.readouterr().err == f"{SAID}\n"
