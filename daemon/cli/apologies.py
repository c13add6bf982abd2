"""The command that takes a letter back: apologise."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.output import Format, FormatOption, as_json, say
from daemon.cli.rows import Json, iso
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.who import who
from daemon.clock import local_day
from daemon.judgement.dates_vi import clock_in_letter, two_digits, weekday_day
from daemon.managers.apologies import Apologies, Apology
from daemon.managers.record import Record
from daemon.store.ledger import random_salts


def apologise(
    letter: Annotated[str, typer.Argument(help="Mã thư đã nhắc nhầm, in ở cuối thư.", metavar="MÃ_THƯ")],
    agency: Annotated[
        str | None, typer.Argument(help="Mã cơ quan nhận thư, để đối chiếu.", metavar="[CƠ_QUAN]")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Họ tên người đứng tên xin lỗi.", metavar="HỌ_TÊN", show_default=False)
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="Chức danh người ấy.", metavar="CHỨC_DANH", show_default=False)
    ] = None,
    by: AsOption = None,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Xin lỗi vì nhắc nhầm: gửi thư xin lỗi đến mọi người đã nhận thư ấy, bằng đúng đường họ đã nhận.

    Phải nhập văn bản của cơ quan trước; thư xin lỗi dẫn số văn bản ấy. Thư quá hạn trở lên cần người đứng tên.
    """
    session = Session(config)
    person = who(by, os.environ)
    with session.database() as database:
        done = Apologies(database, session.rules, Record(), random_salts).apologise(
            letter, person, session.now, agency=agency, name=name, title=title
        )
    if form is Format.JSON:
        as_json(_row(done))
        return
    say(*_lines(done))


def _lines(done: Apology) -> list[str]:
    stopped = f"Thư cũ: {two_digits(done.stopped)} bản chưa gửi đã dừng." if done.stopped else ""
    if done.entry is None or done.letter is None:
        return ["Thư này chưa đến ai nên không cần xin lỗi; đã dừng, không gửi nữa."]
    when = f"{clock_in_letter(done.letter.send_at)} {weekday_day(local_day(done.letter.send_at))}"
    lines = [
        f"Đã ghi mục {done.entry.seq}: xin lỗi nhắc nhầm, {done.letter.agency}.",
        f"Thư xin lỗi {done.id} gửi {two_digits(done.readers)} người nhận, lúc {when}.",
    ]
    return [*lines, stopped] if stopped else lines


def _row(done: Apology) -> Json:
    return {
        "seq": done.entry.seq if done.entry is not None else None,
        "letter": done.id,
        "send_at": iso(done.letter.send_at) if done.letter is not None else None,
        "readers": done.readers,
        "stopped": done.stopped,
    }
