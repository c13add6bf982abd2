"""Commands by which people enter what happened: submit, mark, approve and their kin."""

from __future__ import annotations

import os
from collections.abc import Sequence
from textwrap import wrap
from typing import Annotated

import typer

from daemon.cli.entering import about, enter
from daemon.cli.output import NARROWEST as WIDTH
from daemon.cli.output import say
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.times import act_time, day, instant
from daemon.cli.who import who
from daemon.clock import local
from daemon.domain.entries import Entry, Mark, Received
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.managers.intake import Wanted
from daemon.rendering import book


def submit(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan gửi.", metavar="CƠ_QUAN")],
    milestones: Annotated[list[str], typer.Argument(help="Mốc mà văn bản trả lời (một hoặc nhiều).", metavar="MỐC...")],
    document: Annotated[str, typer.Option("--document", help="Số, ký hiệu văn bản.", metavar="SỐ")],
    issued: Annotated[
        str | None, typer.Option("--issued", help="Ngày trên văn bản.", metavar="NGÀY", show_default=False)
    ] = None,
    sent: Annotated[
        str | None, typer.Option("--sent", help="Ngày giờ gửi.", metavar="'NGÀY [GIỜ]'", show_default=False)
    ] = None,
    received: Annotated[
        str | None, typer.Option("--received", help="Ngày giờ đến.", metavar="'NGÀY [GIỜ]'", show_default=False)
    ] = None,
    road: Annotated[
        str | None,
        typer.Option(
            "--via", help="Gửi bằng đường nào (Trục liên thông, bưu điện...).", metavar="ĐƯỜNG", show_default=False
        ),
    ] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="Mã kế hoạch.", metavar="MÃ", show_default=False)] = None,
    period: Annotated[str | None, typer.Option("--period", help="Kỳ.", metavar="KỲ", show_default=False)] = None,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Nhập văn bản đến: ai gửi, trả lời mốc nào, số, ngày."""
    session = Session(config)
    person = who(by, os.environ)
    body = Received(
        document=document,
        issued_on=day(issued) if issued else None,
        sent=act_time(sent) if sent else None,
        received=act_time(received) if received else None,
        road=road,
    )
    told(enter(session, about(session, agency, milestones, plan, period, body), person), session.rules)


def mark(
    complete_to: Annotated[str, typer.Argument(help="Đã nhập hết văn bản đến đến lúc nào.", metavar="'GIỜ NGÀY'")],
    collector: Annotated[
        str | None, typer.Option("--collector", help="Đơn vị đầu mối.", metavar="MÃ", show_default=False)
    ] = None,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Xác nhận đã nhập hết văn bản đến đến một thời điểm, ví dụ: dondoc mark '17:00 24/10/2022'."""
    session = Session(config)
    person = who(by, os.environ)
    named = collector or _only_collector(session)
    told(enter(session, [Wanted(Mark(named, instant(complete_to)))], person), session.rules)


def _only_collector(session: Session) -> str:
    found = sorted({plan.collector for plan in session.rules.plans})
    if len(found) != 1:
        raise EntryRefused(f"Có nhiều đơn vị đầu mối, hãy thêm --collector: {', '.join(found)}.")
    return found[0]


def told(entries: list[Entry], rules: Rulebook, earlier: Sequence[Entry] = ()) -> None:
    """Say back what was recorded: its place in the book, what, about whom, what was said, when.

    `earlier` are the entries that these void.
    """
    voided = book.voided_entries([*earlier, *entries])
    for entry in entries:
        recorded = local(entry.recorded_at)
        when = f"{recorded:%H:%M} ngày {day_in_sentence(recorded.date())}"
        what = "; ".join(filter(None, (book.about(entry, rules, voided.get(entry.seq)), book.tell(entry, rules))))
        say(f"Đã ghi mục {entry.seq}: {book.kind(entry, voided.get(entry.seq))}, lúc {when}.")
        say(*wrap(what, WIDTH, initial_indent="  ", subsequent_indent="  "))
