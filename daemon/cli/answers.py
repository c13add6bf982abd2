"""Commands that answer who has sent and why he is chased: status, show."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from daemon.cli import failures
from daemon.cli.asking import AgencyOption, MilestoneOption, PlanOption, refuse_unknown
from daemon.cli.ledger import BOOK, entry_row, is_about
from daemon.cli.output import Format, FormatOption, as_json, say, table
from daemon.cli.rows import Json, entry_rows, status_rows
from daemon.cli.session import ConfigOption, Session
from daemon.cli.times import day
from daemon.clock import local_day
from daemon.domain.letters import Decision
from daemon.domain.obligations import StatusLine
from daemon.judgement.dates_vi import clock_in_table, short_day, table_day
from daemon.judgement.statuses import last_instant, status_lines
from daemon.managers.record import Record
from daemon.rendering import book
from daemon.rendering.labels import OUTCOME, REASON, status_label, step_label
from daemon.rendering.names import task_name
from daemon.store.history import decisions

DUTY = ("Nội dung", "Tình trạng", "Hạn", "Nhắc>")


def status(
    config: ConfigOption = None,
    on: Annotated[
        str | None, typer.Option("--on", help="Theo sổ đến hết ngày này.", metavar="NGÀY", show_default=False)
    ] = None,
    agency: AgencyOption = None,
    milestone: MilestoneOption = None,
    plan: PlanOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Tình trạng từng nội dung phải gửi: ai đã gửi, ai chưa, trễ mấy ngày, đã nhắc mấy lần."""
    session = Session(config)
    refuse_unknown(session, agency, milestone, plan)
    asked = last_instant(day(on)) if on else session.now
    if not on:
        failures.warn(session)
    lines = [
        line
        for line in _lines(session, asked)
        if agency in (None, line.key.agency)
        and milestone in (None, line.key.milestone)
        and plan in (None, line.key.plan)
    ]
    if form is Format.JSON:
        as_json(status_rows(lines))
        return
    table(
        f"Tình trạng đến {clock_in_table(asked)} ngày {table_day(local_day(asked))}",
        ("Cơ quan", *DUTY),
        [_status_row(session, line) for line in lines],
    )
    settled = sum(line.submitted_at is not None for line in lines)
    say(f"Đã gửi {settled}/{len(lines)} nội dung.")


def _lines(session: Session, asked: datetime) -> list[StatusLine]:
    with session.database() as database, database.read() as conn:
        snapshot, stand = Record().as_recorded_by(conn, session.rules, asked)
    return status_lines(snapshot.standings, stand, session.rules, asked)


def _status_row(session: Session, line: StatusLine) -> tuple[str, ...]:
    rules = session.rules
    return (
        rules.agency(line.key.agency).short_name,
        rules.milestone(line.key).short,
        status_label(line.status, late_days=line.late_days, extended_to=line.extended_to),
        short_day(line.deadline.last_day),
        str(line.reminders),
    )


def show(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan.", metavar="CƠ_QUAN")],
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Hồ sơ của một cơ quan: tình trạng, các mục trong sổ và lý do của từng lần nhắc."""
    session = Session(config)
    refuse_unknown(session, agency)
    with session.database() as database, database.read() as conn:
        record = Record()
        snapshot, stand = record.as_recorded_by(conn, session.rules, session.now)
        record.refresh(conn)
        decided = [d for key, d in decisions(conn).items() if key.obligation.agency == agency]
    lines = [x for x in status_lines(snapshot.standings, stand, session.rules, session.now) if x.key.agency == agency]
    # A silence that ended before its day has held for a while: it is told, and so is its end.
    standing = {entry.seq for entry in stand}
    voided = book.voided_entries(record.entries)
    ended = {seq: one for seq, one in voided.items() if seq in standing and book.is_silence(one)}
    seen = standing | {one.seq for one in ended.values()}
    entries = [e for e in record.entries if e.seq in seen and is_about(ended.get(e.seq, e), agency)]
    if form is Format.JSON:
        as_json(
            {
                "status": status_rows(lines),
                "entries": entry_rows(entries),
                "decisions": [_decision_json(decision) for decision in decided],
            }
        )
        return
    name = session.rules.agency(agency).name
    table(name, DUTY, [_status_row(session, x)[1:] for x in lines])
    if entries:
        table("Sổ theo dõi", BOOK, [entry_row(e, session.rules, ended.get(e.seq)) for e in entries])
    if not decided:
        return
    table(
        "Các lần nhắc", ("Lần nhắc", "Nội dung", "Đến lượt", "Quyết định", "Lý do"),
        [_decision_row(session, decision) for decision in sorted(decided, key=lambda d: d.moment)],
    )  # fmt: skip


def _decision_json(decision: Decision) -> Json:
    key = decision.key
    return {
        **key.obligation._asdict(),
        "term": key.term,
        "step": key.step,
        "occurrence": key.occurrence,
        "tier": str(key.tier),
        "outcome": str(decision.outcome),
        "reason": str(decision.reason),
    }


def _decision_row(session: Session, decision: Decision) -> tuple[str, ...]:
    return (
        step_label(decision.key.step),
        task_name(decision.key.obligation, session.rules),
        table_day(local_day(decision.moment)),
        OUTCOME[decision.outcome],
        REASON[decision.reason],
    )
