"""The command deliveries: what has become of every letter, by recipient and road."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.cli import failures
from daemon.cli.asking import AgencyOption, MilestoneOption, refuse_unknown
from daemon.cli.output import Format, FormatOption, as_json, say, table
from daemon.cli.rows import delivery_rows
from daemon.cli.session import ConfigOption, Session
from daemon.domain.words import DeliveryState
from daemon.judgement.dates_vi import short_day
from daemon.rendering import book
from daemon.rendering.clean import capital
from daemon.rendering.context import letter_code
from daemon.rendering.labels import DELIVERY_STATE
from daemon.rendering.names import agency_name, channel_name, role_of
from daemon.store.listing import DeliveryFilter, DeliveryLine, deliveries

STATES = ", ".join(f"{state} ({label.lower()})" for state, label in DELIVERY_STATE.items())


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
    refuse_unknown(session, agency, milestone)
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
    letters = len({line.key.letter for line in found})
    say(f"{letters} thư, {len(found)} dòng: mỗi người nhận, mỗi đường gửi một dòng.")
    if len(found) == limit:
        say(f"Chỉ in {limit} dòng mới nhất; xem thêm bằng --limit SỐ.")


def _delivery_row(session: Session, line: DeliveryLine) -> tuple[str, ...]:
    return (
        short_day(line.day),
        letter_code(line.key.letter),
        agency_name(line.agency, session.rules),
        f"{capital(role_of(line.key.person, session.rules))}, {channel_name(line.key.channel)}",
        book.outcome_label(line.key.channel, line.state),
    )
