"""The command preview: the letters to come, if no agency sends anything more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from textwrap import wrap
from typing import Annotated

import typer

from daemon.cli.output import NARROWEST as WIDTH
from daemon.cli.output import Format, FormatOption, as_json, say
from daemon.cli.rows import letter_rows
from daemon.cli.session import ConfigOption, Session
from daemon.cli.times import day
from daemon.clock import at, end_of, local_day
from daemon.domain.letters import History, Letter
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import clock_in_letter, day_in_sentence, weekday_day
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold
from daemon.managers.record import Record
from daemon.rendering.clean import capital
from daemon.rendering.labels import TIER, step_label

AHEAD = timedelta(days=30)


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
    begin, until = span(start, end, session.now)
    letters = rehearse(snapshot_at(session, begin, local_day(until - timedelta(seconds=1))), begin, until)
    if form is Format.JSON:
        as_json(letter_rows(letters))
        return
    first, last = local_day(begin), local_day(until - timedelta(seconds=1))
    say(f"Thư dự kiến từ {day_in_sentence(first)} đến {day_in_sentence(last)}, nếu không cơ quan nào gửi thêm:", "")
    say(*preview_lines(letters, session.rules))
    say(f"{len(letters)} thư." if letters else "Không có thư nào.")


def span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the instants between the days typed, from now and for `AHEAD` unless typed; EntryRefused if none is."""
    begin = at(day(start)) if start else now
    until = end_of(day(end)) if end else end_of(local_day(begin + AHEAD))
    if until <= begin:
        first, last = day_in_sentence(local_day(begin)), day_in_sentence(local_day(until - timedelta(seconds=1)))
        raise EntryRefused(f"Ngày cuối (--to), {last}, đứng trước ngày đầu, {first}.")
    return begin, until


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


def preview_lines(letters: Sequence[Letter], rules: Rulebook) -> list[str]:
    """Return the letters as a person plans with them: by hour, then what is asked, then who is asked it."""
    lines: list[str] = []
    for send_at, at_once in groupby(letters, key=lambda letter: letter.send_at):
        lines.append(capital(f"{weekday_day(local_day(send_at))}, {clock_in_letter(send_at)}"))
        alike: dict[tuple[str, ...], list[str]] = {}
        for letter in at_once:
            alike.setdefault(_asked(letter, rules), []).append(rules.agency(letter.agency).short_name)
        for (asked, waits), names in alike.items():
            lines += wrap(f"{len(names)} thư: {asked}{waits}", WIDTH, initial_indent="  ", subsequent_indent="    ")
            lines += wrap(", ".join(names), WIDTH, initial_indent="      ", subsequent_indent="      ")
        lines.append("")
    return lines


def _asked(letter: Letter, rules: Rulebook) -> tuple[str, str]:
    waits = {"mark": "xác nhận nhập đủ", "approval": "duyệt"}
    items = dict.fromkeys(
        f"{step_label(item.wording).lower()} {rules.milestone(item.key.obligation).short}" for item in letter.items
    )
    held = f" (chờ {', '.join(waits[wait] for wait in letter.waits_for)})" if letter.waits_for else ""
    return f"{TIER[letter.tier].lower()}: {'; '.join(items)}", held
