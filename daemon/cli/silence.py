"""Commands by which nobody is chased for a while, and what was said on the telephone: pause, mute, promise, call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

import typer

from daemon.cli.acts import told
from daemon.cli.entering import about, enter
from daemon.cli.output import say
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.times import day
from daemon.cli.who import who
from daemon.clock import local_day
from daemon.domain.entries import Called, Entry, Muted, Paused, Promised, Voided
from daemon.errors import EntryRefused
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.standing import standing_entries
from daemon.managers.intake import Wanted
from daemon.managers.record import Record

AgencyArgument = Annotated[str, typer.Argument(help="Mã cơ quan.", metavar="CƠ_QUAN")]
MilestonesArgument = Annotated[list[str], typer.Argument(help="Các mốc.", metavar="MỐC...")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Mã kế hoạch.", metavar="MÃ", show_default=False)]
PeriodOption = Annotated[str | None, typer.Option("--period", help="Kỳ.", metavar="KỲ", show_default=False)]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Đến hết ngày này.", metavar="NGÀY", show_default=False)
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Lý do.", metavar="LÝ_DO", show_default=False)]
EndOption = Annotated[bool, typer.Option("--end", help="Thôi tạm dừng ngay từ bây giờ.")]


def pause(
    until: UntilOption = None,
    reason: ReasonOption = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="Chỉ kế hoạch này.", metavar="MÃ", show_default=False)
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Chỉ khối cơ quan này.", metavar="MÃ", show_default=False)
    ] = None,
    end: EndOption = False,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Tạm dừng mọi thư nhắc (hoặc của một kế hoạch, một khối) đến hết một ngày."""
    session = Session(config)
    person = who(by, os.environ)
    if end:
        _end(session, person, reason, lambda entry: _pauses(entry, plan, group))
        return
    body = Paused(day(_needed(until, "--until")), _needed(reason, "--reason"), plan, group)
    told(enter(session, [Wanted(body)], person), session.rules)
    _say_until(body.until)


def mute(
    agency: AgencyArgument,
    milestones: Annotated[
        list[str] | None, typer.Argument(help="Chỉ các mốc này; không ghi: mọi nội dung.", metavar="[MỐC...]")
    ] = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    plan: PlanOption = None,
    period: PeriodOption = None,
    end: EndOption = False,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Tạm dừng thư nhắc một cơ quan (hoặc vài nội dung của cơ quan đó) đến hết một ngày."""
    session = Session(config)
    person = who(by, os.environ)
    if end:
        _end(session, person, reason, lambda e: _mutes(e, agency, milestones or (), plan, period))
        return
    last, why = day(_needed(until, "--until")), _needed(reason, "--reason")
    if milestones:
        told(enter(session, about(session, agency, milestones, plan, period, Muted(last, why)), person), session.rules)
    else:
        told(enter(session, [Wanted(Muted(last, why, agency))], person), session.rules)
    _say_until(last)


def promise(
    agency: AgencyArgument,
    milestones: MilestonesArgument,
    on: Annotated[str, typer.Option("--on", help="Ngày hẹn gửi.", metavar="NGÀY")],
    said_by: Annotated[
        str | None, typer.Option("--said-by", help="Ai hẹn.", metavar="HỌ_TÊN", show_default=False)
    ] = None,
    plan: PlanOption = None,
    period: PeriodOption = None,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Ghi ngày cơ quan hẹn gửi; thư nhắc dừng đến hết ngày đó."""
    session = Session(config)
    person = who(by, os.environ)
    told(
        enter(session, about(session, agency, milestones, plan, period, Promised(day(on), said_by)), person),
        session.rules,
    )
    _say_until(day(on))


def call(
    agency: AgencyArgument,
    milestones: MilestonesArgument,
    spoke_to: Annotated[
        str | None, typer.Option("--spoke-to", help="Đã nói chuyện với ai.", metavar="HỌ_TÊN", show_default=False)
    ] = None,
    said: Annotated[
        str | None, typer.Option("--said", help="Trả lời thế nào.", metavar="NỘI_DUNG", show_default=False)
    ] = None,
    plan: PlanOption = None,
    period: PeriodOption = None,
    by: AsOption = None,
    config: ConfigOption = None,
) -> None:
    """Ghi một cuộc gọi điện nhắc; không làm thay đổi lịch nhắc."""
    session = Session(config)
    person = who(by, os.environ)
    told(
        enter(session, about(session, agency, milestones, plan, period, Called(spoke_to, said)), person), session.rules
    )


def _say_until(last: date) -> None:
    again = day_in_sentence(last + ONE_DAY)
    say(f"Thư nhắc dừng đến hết ngày {day_in_sentence(last)}, được gửi lại từ ngày {again}.")


def _needed(value: str | None, option: str) -> str:
    if value is None:
        raise EntryRefused(f"Còn thiếu {option}: tạm dừng cần có ngày cuối và lý do.")
    return value


def _pauses(entry: Entry, plan: str | None, group: str | None) -> bool:
    return isinstance(entry.body, Paused) and (entry.body.plan, entry.body.group) == (plan, group)


def _mutes(entry: Entry, agency: str, milestones: Sequence[str], plan: str | None, period: str | None) -> bool:
    if not isinstance(entry.body, Muted):
        return False
    if not milestones:
        return entry.subject is None and entry.body.agency == agency
    key = entry.subject
    return (
        key is not None
        and key.agency == agency
        and key.milestone in milestones
        and plan in (None, key.plan)
        and period in (None, key.period)
    )


def _end(session: Session, by: str, reason: str | None, is_meant: Callable[[Entry], bool]) -> None:
    """Void the silences that are running and meant: both entries stay, letters go on from now."""
    today = local_day(session.now)
    with session.database() as database, database.read() as conn:
        record = Record()
        record.refresh(conn)
        stand = standing_entries(record.entries)
    running = [e for e in stand if isinstance(e.body, Paused | Muted) and e.body.until >= today]
    meant = [entry for entry in running if is_meant(entry)]
    if not meant:
        some = f" Đang tạm dừng: {'; '.join(map(_said, running))}." if running else ""
        raise EntryRefused(f"Không có lần tạm dừng nào như vậy.{some}")
    why = reason or "kết thúc trước ngày đã ghi"
    told(enter(session, [Wanted(Voided(entry.seq, why)) for entry in meant], by), session.rules, meant)
    say(f"Đã thôi tạm dừng: {'; '.join(map(_said, meant))}. Thư nhắc lại được gửi theo lịch.")


def _said(entry: Entry) -> str:
    body = entry.body
    if isinstance(body, Paused):
        parts = (("kế hoạch", body.plan), ("khối", body.group))
        return ", ".join(f"{what} {which}" for what, which in parts if which) or "tất cả"
    if entry.subject is not None:
        return f"{entry.subject.agency} {entry.subject.milestone}"
    return body.agency or "" if isinstance(body, Muted) else ""
