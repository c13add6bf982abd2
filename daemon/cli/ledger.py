"""The command ledger: the record as it was entered, and whether it is untouched."""

from __future__ import annotations

import sys

import typer

from daemon.cli.asking import AgencyOption, refuse_unknown
from daemon.cli.helping import Command, Commands
from daemon.cli.output import Format, FormatOption, as_json, complain, say, table
from daemon.cli.session import ConfigOption, Session
from daemon.clock import local
from daemon.domain.entries import DeliveryOutcome, Entry, Muted
from daemon.judgement.dates_vi import table_day
from daemon.judgement.rulebook import Rulebook
from daemon.rendering import book
from daemon.store import ledger

BOOK = ("Mục>", "Lúc ghi", "Loại", "Nội dung", "Người nhập")

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
    refuse_unknown(session, agency)
    with session.database() as database, database.read() as conn:
        if form is Format.JSON:
            sys.stdout.writelines(f"{line}\n" for line in ledger.export(conn))
            return
        found = ledger.read(conn)
        head = ledger.head(conn)
    voided = book.voided_entries(found)
    chosen = [e for e in found if agency is None or is_about(voided.get(e.seq, e), agency)]
    table("Sổ theo dõi", BOOK, [entry_row(e, session.rules, voided.get(e.seq)) for e in chosen])
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


def is_about(entry: Entry, agency: str) -> bool:
    """Say whether an entry concerns an agency."""
    if entry.subject is not None:
        return entry.subject.agency == agency
    return isinstance(entry.body, Muted | DeliveryOutcome) and entry.body.agency == agency


def entry_row(entry: Entry, rules: Rulebook, voided: Entry | None) -> tuple[str, ...]:
    """Return an entry as a row under `BOOK`; `voided` is the entry it voids, if it does."""
    recorded = local(entry.recorded_at)
    told = (book.about(entry, rules, voided), book.tell(entry, rules))
    return (
        str(entry.seq),
        f"{table_day(recorded.date())}\n{recorded:%H:%M}",
        book.kind(entry, voided),
        "; ".join(filter(None, told)),
        entry.by,
    )
