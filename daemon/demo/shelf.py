"""Puts everything a reader opens onto the shelf: the mailbox, sheets, picture, ledger, summary and an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daemon.clock import local, local_day
from daemon.demo.book import write_book
from daemon.demo.evidence import Evidence
from daemon.demo.mailbox import fill_mailbox
from daemon.demo.pages import page
from daemon.demo.sheet import Sheet
from daemon.demo.summary import as_json, summarise, write_summary
from daemon.demo.timeline import draw_timeline
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence

LAST_SHEET = "bang-theo-doi.html"


@dataclass(frozen=True, slots=True)
class Moment:
    """One sheet among the others: its file and its name."""

    file: str
    name: str


def fill(out: Path, evidence: Evidence) -> str:
    """Write every page into `out`; return what to tell the person who ran the demo."""
    sheets = evidence.sheets
    last = sheets[-1]
    moments = [_moment(sheet, last=sheet is last) for sheet in sheets]
    for sheet, moment in zip(sheets, moments, strict=True):
        _write(out / moment.file, page("bang-theo-doi.html", goc="", bang=sheet, cac_lan=moments, tep=moment.file))
    summary = summarise(evidence, last.plan)
    fill_mailbox(out / "hop-thu", evidence)
    _write(out / "so-theo-doi.jsonl", "".join(f"{line}\n" for line in evidence.exported))
    _write(out / "so-theo-doi.html", write_book(evidence))
    _write(out / "dong-thoi-gian.svg", draw_timeline(evidence, last))
    _write(out / "tom-tat.json", as_json(summary))
    _write(out / "tom-tat.html", write_summary(evidence, last, summary))
    index = page(
        "muc-luc.html",
        goc="",
        ke_hoach=last.plan,
        so_co_quan=sum(len(block.rows) for block in last.blocks),
        tu=local_day(evidence.script.start),
        den=local_day(evidence.script.end),
        tt=summary,
        cac_lan=moments,
        cau_hinh="config/dondoc.yaml",
    )
    _write(out / "index.html", index)
    return _farewell(out, evidence)


def _moment(sheet: Sheet, *, last: bool) -> Moment:
    day = local_day(sheet.at)
    file = LAST_SHEET if last else f"bang-theo-doi-{day.isoformat()}.html"
    return Moment(file, f"{clock_in_table(sheet.at)} ngày {day_in_sentence(day)}")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _farewell(out: Path, evidence: Evidence) -> str:
    told = [f"\nXong: {len(evidence.letters)} thư, {len(evidence.entries)} mục sổ. Mở {out / 'index.html'}:"]
    told += [
        "  hop-thu/             từng thư như người nhận thấy (.eml, Zalo, index.html)",
        "  bang-theo-doi.html   cơ quan nào đã gửi gì; bảng của các ngày khác ở đầu trang",
        "  dong-thoi-gian.svg   cả năm: thư nhắc, văn bản đến, thời hạn",
        "  so-theo-doi.html     sổ theo dõi; bản xuất: so-theo-doi.jsonl",
        "  tom-tat.html         các con số và tình huống của lần chạy",
    ]
    if evidence.verdict.first_bad is not None:
        told.append(f"Sổ không nguyên vẹn từ mục {evidence.verdict.first_bad}: {evidence.verdict.why}.")
    for act, why in evidence.refused:
        told.append(f"Việc không làm được, {_shown(act.at)}, {act.agency}: {why}")
    return "".join(f"{line}\n" for line in told)


def _shown(instant: datetime) -> str:
    return f"{local(instant):%H:%M %d/%m/%Y}"
