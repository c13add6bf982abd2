"""On a narrow screen a document's number, a telephone, a command's words and the ledger's code stay on one line."""

from __future__ import annotations

import re

import pytest

from daemon.rendering.layout import emphasised

SPAN = '<span style="white-space:nowrap;">'


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("theo Kế hoạch số 1026/KH-UBND ngày 25/3/2022", ["1026/KH-UBND"]),
        ("văn bản số 123/BC-STP; Công văn số 3210/UBND-NC.", ["123/BC-STP", "3210/UBND-NC"]),
        ("số 5/QĐ-UBND", ["5/QĐ-UBND"]),
        ("dondoc mute so-tu-phap --until 19/10/2022 --reason <LÝ DO>", ["so-tu-phap", "--until", "--reason"]),
        ("Sở Tư pháp (so-tu-phap); UBND huyện (ubnd-go-dau).", ["so-tu-phap", "ubnd-go-dau"]),
        ("https://so-tu-phap.example/so-y-te", []),
        ("hoặc “dondoc retry --all-dead” để gửi lại", ["--all-dead"]),
        ("điện thoại 0276 3000 000; 0912 345 678.", ["0276 3000 000", "0912 345 678"]),
        ("đầu mối: Nguyễn Thị A, dau-moi@so-tu-phap.example; nếu", ["dau-moi@so-tu-phap.example"]),
        (f"{'x' * 30}@so-tu-phap.example", []),
        ("Mã đối chiếu sổ: 7F3A-91C2-0B6E-D418, mục 412.", ["7F3A-91C2-0B6E-D418"]),
        ("ngày 25/3/2022, 03/06 cơ quan, https://x.example/1026/KH-UBND/a", []),
    ],
)
def test_what_must_not_be_broken_is_not(text: str, whole: list[str]) -> None:
    """Dates, shares and links are left as they are; the words stay the same."""
    html = str(emphasised(text, ()))
    assert re.findall(re.escape(SPAN) + "(.*?)</span>", html) == whole
    assert html.replace(SPAN, "").replace("</span>", "") == text.replace("<", "&lt;").replace(">", "&gt;")


def test_it_holds_inside_bold_words_and_beside_a_link() -> None:
    """A link stays one link."""
    html = str(emphasised("Lệnh --as tại https://x.example/--as nhé", ["Lệnh --as"], "https://x.example/--as"))
    assert html.count(SPAN) == 1
    assert '<a href="https://x.example/--as"' in html
