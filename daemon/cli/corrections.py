"""The command that corrects the record: void takes back an entry made by mistake; both stay in the ledger."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.acts import told
from daemon.cli.entering import enter, recorded
from daemon.cli.output import Format, FormatOption, as_json, say
from daemon.cli.rows import entry_rows
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.who import who
from daemon.domain.entries import Voided
from daemon.managers.intake import Wanted
from daemon.rendering import book
from daemon.rendering.voiding import what_follows


def void(
    seq: Annotated[int, typer.Argument(help="Số của mục nhập nhầm (xem: dondoc ledger).", metavar="MỤC")],
    reason: Annotated[str, typer.Option("--reason", help="Lý do hủy, ghi vào sổ.", metavar="LÝ_DO")],
    by: AsOption = None,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Hủy một mục nhập nhầm: mục đó không còn hiệu lực nhưng vẫn nằm trong sổ, kèm lý do hủy."""
    session = Session(config)
    entries = enter(session, [Wanted(Voided(seq, reason))], who(by, os.environ))
    after, acts = recorded(session)
    voided = next(entry for entry in acts if entry.seq == seq)
    if form is Format.JSON:
        as_json({"seq": entries[0].seq, "voided": entry_rows([voided])[0]})
        return
    told(entries, session.rules, [voided])
    was = ": ".join(filter(None, (book.kind(voided), book.tell(voided, session.rules))))
    up_to = [entry for entry in acts if entry.seq <= entries[0].seq]
    say(f"Đã hủy mục {seq}, {was}.", *what_follows(voided, up_to, after, session.now))
