"""Commands that answer from the record: status, show, deliveries, ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated

import typer

from daemon.cli import failures
from daemon.cli.files import FormatOption
from daemon.cli.helping import Command, Commands
from daemon.cli.output import Format, as_json, complain, say, table
from daemon.cli.rows import Json, delivery_rows, entry_rows, status_rows
from daemon.cli.session import ConfigOption, Session
from daemon.cli.times import day
from daemon.clock import local, local_day
from daemon.domain.entries import DeliveryOutcome, Entry, Muted
from daemon.domain.letters import Decision
from daemon.domain.obligations import ObligationKey, StatusLine
from daemon.domain.words import DeliveryState
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import clock_in_table, short_day, table_day
from daemon.judgement.statuses import last_instant, status_lines
from daemon.managers.record import Record
from daemon.rendering import book
from daemon.rendering.alarms import role_of
from daemon.rendering.clean import capital
from daemon.rendering.context import letter_code
from daemon.rendering.labels import CHANNEL, DELIVERY_STATE, OUTCOME, REASON, status_label, step_label
from daemon.store import ledger
from daemon.store.history import decisions
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries

STATES = ", ".join(f"{state} ({label.lower()})" for state, label in DELIVERY_STATE.items())
BOOK = ("Mục>", "Lúc ghi", "Loại", "Nội dung", "Người nhập")
AgencyOption = Annotated[str | None, typer.Option("--agency", help="Chỉ cơ quan này.", metavar="MÃ")]
MilestoneOption = Annotated[str | None, typer.Option("--milestone", help="Chỉ mốc này.", metavar="MÃ")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Chỉ kế hoạch này.", metavar="MÃ")]


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
    _refuse_unknown(session, agency, milestone, plan)
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
        ("Cơ quan", "Nội dung", "Tình trạng", "Hạn", "Nhắc>"),
        [_status_row(session, line) for line in lines],
    )
    settled = sum(line.submitted_at is not None for line in lines)
    say(f"Đã gửi {settled}/{len(lines)} nội dung.")


def _refuse_unknown(
    session: Session, agency: str | None = None, milestone: str | None = None, plan: str | None = None
) -> None:
    """An answer about what is not there would look like nothing to report."""
    rules = session.rules
    milestones = [m.id for p in rules.plans for m in p.milestones]
    asked = ((agency, "cơ quan", list(rules.register.by_id)), (milestone, "mốc", milestones))
    for word, what, valid in (*asked, (plan, "kế hoạch", list(rules.plan_by_id))):
        if word is not None and word not in valid:
            near = get_close_matches(word, dict.fromkeys(valid), n=3)
            hint = f"Có phải là: {', '.join(near)}?" if near else f"Các {what}: {', '.join(dict.fromkeys(valid))}."
            raise EntryRefused(f"Không có {what} “{word}”. {hint}")


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
    _refuse_unknown(session, agency)
    with session.database() as database, database.read() as conn:
        snapshot, stand = Record().as_recorded_by(conn, session.rules, session.now)
        decided = [d for key, d in decisions(conn).items() if key.obligation.agency == agency]
    lines = [x for x in status_lines(snapshot.standings, stand, session.rules, session.now) if x.key.agency == agency]
    entries = [e for e in stand if _is_about(e, agency) and not isinstance(e.body, DeliveryOutcome)]
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
    table(name, ("Cơ quan", "Nội dung", "Tình trạng", "Hạn", "Nhắc>"), [_status_row(session, x) for x in lines])
    if entries:
        table("Sổ theo dõi", BOOK, [_entry_row(session, e) for e in entries])
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
        _short(session, decision.key.obligation),
        table_day(local_day(decision.moment)),
        OUTCOME[decision.outcome],
        REASON[decision.reason],
    )


def _short(session: Session, key: ObligationKey) -> str:
    plan = session.rules.plan_by_id.get(key.plan)
    return plan.by_id[key.milestone].short if plan is not None and key.milestone in plan.by_id else key.milestone


def _is_about(entry: Entry, agency: str) -> bool:
    if entry.subject is not None:
        return entry.subject.agency == agency
    return isinstance(entry.body, Muted | DeliveryOutcome) and entry.body.agency == agency


def _entry_row(session: Session, entry: Entry) -> tuple[str, ...]:
    recorded = local(entry.recorded_at)
    told = (book.about(entry, session.rules), book.tell(entry, session.rules))
    return (
        str(entry.seq),
        f"{table_day(recorded.date())}\n{recorded:%H:%M}",
        book.kind(entry),
        "; ".join(filter(None, told)),
        entry.by,
    )


def list_deliveries(
    config: ConfigOption = None,
    agency: AgencyOption = None,
    milestone: MilestoneOption = None,
    state: Annotated[
        list[DeliveryState] | None,
        typer.Option("--state", help=f"Chỉ các thư ở tình trạng: {STATES}.", metavar="TÌNH_TRẠNG", show_default=False),
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Chỉ thư không đến được ai: vì sao, đã thử gì.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Số dòng nhiều nhất.", min=1, metavar="SỐ")] = 200,
    form: FormatOption = Format.TABLE,
) -> None:
    """Thư đã gửi, đang chờ và không gửi được; thư mới nhất ở trên."""
    session = Session(config)
    _refuse_unknown(session, agency, milestone)
    failures.warn(session)
    if dead:
        failures.list_dead(session, form, agency)
        return
    wanted = DeliveryFilter(states=tuple(state or ()), agency=agency, milestone=milestone, limit=limit)
    with session.database() as database, database.read() as conn:
        found = deliveries(conn, wanted)
    if form is Format.JSON:
        as_json(delivery_rows(found))
        return
    if not found:
        say("Chưa có thư nào.")
        return
    table(
        "Thư đã gửi và đang chờ",
        ("Ngày", "Mã thư", "Cơ quan", "Người nhận", "Tình trạng"),
        [_delivery_row(session, line) for line in found],
    )
    say(f"{len(found)} thư, mỗi người nhận, mỗi đường gửi một dòng.")


def _delivery_row(session: Session, line: DeliveryLine) -> tuple[str, ...]:
    agency = session.rules.register.by_id.get(line.agency)
    return (
        short_day(line.day),
        letter_code(line.key.letter),
        agency.short_name if agency is not None else line.agency,
        f"{capital(role_of(line.key.person, session.rules))}, {CHANNEL[line.key.channel]}",
        book.outcome_label(line.key.channel, line.state),
    )


ledger_commands = typer.Typer(help="Sổ theo dõi: xem, xuất, đối chiếu.", invoke_without_command=True, cls=Commands)


@ledger_commands.callback()
def entries(
    context: typer.Context,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
    agency: AgencyOption = None,
) -> None:
    """Sổ theo dõi: các mục theo thứ tự ghi. `--format json`: bản xuất đầy đủ để đối chiếu."""
    if context.invoked_subcommand is not None:
        return
    session = Session(config)
    _refuse_unknown(session, agency)
    with session.database() as database, database.read() as conn:
        if form is Format.JSON:
            sys.stdout.writelines(f"{line}\n" for line in ledger.export(conn))
            return
        found = ledger.read(conn)
        head = ledger.head(conn)
    chosen = [e for e in found if agency is None or _is_about(e, agency)]
    table("Sổ theo dõi", BOOK, [_entry_row(session, e) for e in chosen])
    say(f"Mã đối chiếu sổ: {ledger.head_code(head.hash)}, mục {head.seq}.")


@ledger_commands.command(short_help="Đối chiếu cả sổ", cls=Command)
def verify(config: ConfigOption = None, form: FormatOption = Format.TABLE) -> None:
    """Đối chiếu cả sổ: mục nào bị sửa, bớt hoặc thêm thì nêu tên."""
    session = Session(config)
    with session.database() as database, database.read() as conn:
        found = ledger.verify(conn)
    if form is Format.JSON:
        as_json({"count": found.count, "erased": found.erased, "head": found.head.hash, "first_bad": found.first_bad})
    elif found.first_bad is None:
        code = ledger.head_code(found.head.hash)
        say(f"Sổ nguyên vẹn: {found.count} mục. Mã đối chiếu sổ: {code}, mục {found.head.seq}.")
    else:
        complain(f"Sổ không nguyên vẹn từ mục {found.first_bad}: {found.why}.")
    if found.first_bad is not None:
        raise typer.Exit(1)
