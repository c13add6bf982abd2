"""The demo's pages: they parse, their links lead somewhere, and the sums of a sheet equal its rows."""

from __future__ import annotations

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("demo")]

VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})
SHEETS = ("bang-theo-doi.html", "bang-theo-doi-2022-03-31.html", "bang-theo-doi-2022-10-26.html")


class Page(HTMLParser):
    """Reads one page: whether its tags are balanced, what it links to, and the cells of its rows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.rows: list[tuple[str, list[str]]] = []
        self.scripts = 0
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an opening tag."""
        named = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(named["href"])
        if tag == "tr":
            self.rows.append((named.get("class", ""), []))
        if tag in {"td", "th"} and self.rows:
            self.rows[-1][1].append("")
        self.scripts += tag == "script" or any(name.startswith("on") for name in named)
        self.ids.update([named["id"]] if "id" in named else [])

    def handle_endtag(self, tag: str) -> None:
        """Take a closing tag, which must be that of the last one opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self.open and {"td", "th"} & set(self.open) and self.rows and self.rows[-1][1]:
            self.rows[-1][1][-1] += data


def test_every_page_parses_and_every_link_leads_somewhere(played: Path) -> None:
    """Tags are balanced, nothing runs by itself, and no link points at a missing file."""
    pages = sorted(played.rglob("*.html"))
    assert len(pages) > 300
    ids: dict[Path, set[str]] = {}
    for path in pages:
        page = Page(path)
        assert page.open == [], path
        assert page.scripts == 0, path
        assert page.links, path
        for link in page.links:
            file, _, place = link.partition("#")
            target = path.parent / unquote(file) if file else path
            assert target.is_file(), (path, link)
            if place and target.resolve() not in ids:
                ids[target.resolve()] = Page(target).ids
            assert not place or place in ids[target.resolve()], (path, link)


def test_a_page_out_of_balance_would_be_found(tmp_path: Path) -> None:
    """The check above can fail."""
    (tmp_path / "x.html").write_text("<p><b>x</p></b>", encoding="utf-8")
    with pytest.raises(AssertionError):
        Page(tmp_path / "x.html")


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_sums_equal_the_rows(played: Path, sheet: str) -> None:
    """In every group and below, "n/m đã gửi" is what the cells above it say."""
    whole = [Counter[str]() for _ in range(3)]
    group = [Counter[str]() for _ in range(3)]
    sums = 0
    for kind, cells in Page(played / sheet).rows:
        if kind == "cong":
            assert cells[2:5] == [f"{count['✓']}/{count.total() - count['–']} đã gửi" for count in group]
            group = [Counter() for _ in range(3)]
            sums += 1
        elif kind == "tong":
            for cell, count in zip(cells[2:5], whole, strict=True):
                assert cell.startswith(f"{count['✓']}/{count.total() - count['–']} đã gửi")
                assert f"chờ xác nhận {count['?']}" in cell
                assert f"không thuộc diện {count['–']}" in cell
            assert cells[1] == f"Tổng cộng ({whole[0].total()} cơ quan)"
        elif kind == "" and cells and cells[0].isdecimal():
            for count, whole_count, cell in zip(group, whole, cells[2:5], strict=True):
                count[cell[0]] += 1
                whole_count[cell[0]] += 1
    assert sums == 4
    assert whole[0].total() == 39


def test_the_last_sheet_and_the_summary_agree(played: Path) -> None:
    """What the sheet's cells say of each milestone is what the summary counted."""
    told = {m["milestone"]: m for m in json.loads((played / "tom-tat.json").read_text("utf-8"))["milestones"]}
    rows = [cells for kind, cells in Page(played / "bang-theo-doi.html").rows if not kind and cells[0].isdecimal()]
    for column, milestone in enumerate(("ke-hoach", "bao-cao", "ho-so-cham-diem"), start=2):
        said = Counter(cells[column].split()[1] for cells in rows)
        figures = told[milestone]
        assert said == Counter(
            {
                word: count
                for word, count in (
                    ("Đúng", figures["on_time"]),
                    ("Trễ", figures["late"]),
                    ("Quá", figures["not_sent"]),
                    ("Không", figures["exempt"]),
                )
                if count
            }
        )


def test_the_picture_holds_every_agency_and_every_document(played: Path) -> None:
    """The timeline is well-formed SVG that loads nothing; its arrivals are as many as the summary's."""
    root = ElementTree.fromstring((played / "dong-thoi-gian.svg").read_text("utf-8"))  # noqa: S314 - we wrote it
    svg = "{http://www.w3.org/2000/svg}"
    drawn = Counter(use.attrib["href"] for use in root.findall(f"{svg}use"))
    milestones = json.loads((played / "tom-tat.json").read_text("utf-8"))["milestones"]
    assert drawn["#dung-han"] == sum(m["on_time"] for m in milestones)
    assert drawn["#qua-han"] == sum(m["late"] for m in milestones)
    assert drawn["#goi"] == sum(m["calls"] for m in milestones)
    assert drawn["#muc-4"] == 7
    names = [text.text for text in root.iter(f"{svg}text")]
    assert {"Sở Nội vụ", "Công an tỉnh", "UBND huyện Tân Biên"} <= set(names)
