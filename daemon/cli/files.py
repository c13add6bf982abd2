"""Commands that answer from the files: check, preview."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from daemon.cli.output import Format, as_json, complain, say, table
from daemon.cli.rows import Json, letter_rows
from daemon.cli.session import ConfigOption, Session
from daemon.cli.times import day
from daemon.clock import at, end_of, local, local_day
from daemon.domain.letters import History, Letter
from daemon.errors import FilesRefused, Problem
from daemon.judgement.dates_vi import clock_in_table, table_day
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold
from daemon.managers.record import Record
from daemon.rendering.checking import check_templates
from daemon.rendering.labels import TIER, step_label

FormatOption = Annotated[Format, typer.Option("--format", help="table cho người đọc, json cho chương trình.")]
AHEAD = timedelta(days=30)


def check(config: ConfigOption = None, form: FormatOption = Format.TABLE) -> None:
    """Kiểm tra các tệp: báo mọi lỗi một lần, kèm vị trí và cách sửa."""
    session = Session(config)
    problems: tuple[Problem, ...] = check_templates(session.settings.files.templates)
    faults = [problem for problem in problems if not problem.warning]
    try:
        problems += session.loaded.warnings
    except FilesRefused as error:
        raise FilesRefused((*faults, *error.problems)) from None
    if faults:
        raise FilesRefused(tuple(faults))
    if form is Format.JSON:
        as_json([_problem_row(problem) for problem in problems])
        return
    say(*(str(echo) for echo in session.loaded.echoes))
    complain(*map(str, problems))
    say(f"Các tệp hợp lệ; {len(problems)} cảnh báo." if problems else "Các tệp hợp lệ.")


def _problem_row(problem: Problem) -> Json:
    return {
        "file": problem.file,
        "line": problem.line,
        "col": problem.col,
        "message": problem.message,
        "warning": problem.warning,
    }


def preview(
    config: ConfigOption = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Từ ngày (mặc định: bây giờ).", metavar="NGÀY", show_default=False)
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Đến hết ngày (mặc định: 30 ngày).", metavar="NGÀY", show_default=False)
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Xem trước các thư sẽ gửi nếu không cơ quan nào gửi thêm văn bản."""
    session = Session(config)
    begin = at(day(start)) if start else session.now
    until = end_of(day(end)) if end else end_of(local_day(begin + AHEAD))
    letters = rehearse(snapshot_at(session, begin, local_day(until - timedelta(seconds=1))), begin, until)
    if form is Format.JSON:
        as_json(letter_rows(letters))
        return
    table(
        f"Thư dự kiến từ {table_day(local_day(begin))} đến {table_day(local_day(until - timedelta(seconds=1)))}",
        ("Ngày, giờ", "Gửi", "Tới", "Nội dung (lần nhắc)", "Chờ"),
        [_preview_row(letter, session.rules) for letter in letters],
    )
    say(f"{len(letters)} thư.")


def snapshot_at(session: Session, begin: datetime, until: date) -> Snapshot:
    """Return the record as recorded at `begin`; without a database, as if known since the day of issue."""
    rules = session.rules
    if session.settings.database.exists():
        with session.database() as database, database.read() as conn:
            record = Record()
            past, stand = record.as_recorded_by(conn, rules, begin)
            first_known = {key: known.first_known_at for key, known in record.known(conn).items()}
        owed = obligations(rules, first_known, lambda _plan: begin, until=until)
        return Snapshot(rules, fold(owed, stand, rules), past.history, past.marks)
    owed = obligations(rules, {}, known_at_issue, until=until)
    return Snapshot(rules, fold(owed, [], rules), History())


def _preview_row(letter: Letter, rules: Rulebook) -> tuple[str, ...]:
    waits = {"mark": "xác nhận nhập đủ", "approval": "duyệt"}
    lines = dict.fromkeys(
        f"{rules.milestone(item.key.obligation).short} ({step_label(item.key.step)})" for item in letter.items
    )
    return (
        f"{table_day(local(letter.send_at).date())} {clock_in_table(letter.send_at)}",
        rules.agency(letter.agency).short_name,
        TIER[letter.tier],
        "\n".join(lines),
        ", ".join(waits[wait] for wait in letter.waits_for),
    )
