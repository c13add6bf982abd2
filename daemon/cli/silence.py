"""Commands by which nobody is chased for a while, and what was said on the telephone: pause, mute, promise, call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated

import typer

from daemon.cli.acts import told
from daemon.cli.asking import refuse_unknown
from daemon.cli.entering import about, enter, recorded
from daemon.cli.output import say
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.times import day
from daemon.cli.who import who
from daemon.clock import local_day
from daemon.domain.entries import Called, Entry, Muted, Paused, Promised, Voided
from daemon.errors import EntryRefused
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.silences import Standings, concerned, owed, silencing
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.managers.intake import Wanted
from daemon.rendering import book
from daemon.rendering.silences import goes_on, kept_deadlines, silent_until

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
        _end(
            session, person, reason, lambda entry: _pauses(entry, plan, group), partial(_known, plan=plan, group=group)
        )
        return
    body = Paused(day(_needed(until, "--until")), _needed(reason, "--reason"), plan, group)
    _silence(session, [Wanted(body)], person, body.until)


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
        known = partial(_known, agency=agency, milestones=milestones or (), plan=plan)
        _end(session, person, reason, lambda e: _mutes(e, agency, milestones or (), plan, period), known)
        return
    last, why = day(_needed(until, "--until")), _needed(reason, "--reason")
    if milestones:
        wanted = about(session, agency, milestones, plan, period, Muted(last, why))
    else:
        wanted = [Wanted(Muted(last, why, agency))]
    _silence(session, wanted, person, last)


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
    last = day(on)
    _silence(session, about(session, agency, milestones, plan, period, Promised(last, said_by)), person, last)


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


def _silence(session: Session, wanted: Sequence[Wanted], by: str, last: date) -> None:
    """Record silences through `last`; say when letters leave again and which deadlines pass meanwhile."""
    rules, entries = session.rules, enter(session, wanted, by)
    told(entries, rules)
    after, acts = recorded(session)
    silent = _concerned(entries, after)
    now_owed, then_owed = owed(silent, rules, local_day(session.now)), owed(silent, rules, last + ONE_DAY)
    held = silencing(standing_entries(acts), then_owed, rules, last + ONE_DAY)
    say(*silent_until(last, now_owed, then_owed, held, rules))
    say(*kept_deadlines((one.term.deadline for one in now_owed.values()), last))


def _concerned(entries: Sequence[Entry], record: Snapshot) -> Standings:
    return {key: one for e in entries for key, one in concerned(e, record.standings, record.rules).items()}


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


def _known(
    session: Session,
    *,
    agency: str | None = None,
    milestones: Sequence[str] = (),
    plan: str | None = None,
    group: str | None = None,
) -> None:
    """Refuse a name that is not there."""
    refuse_unknown(session, agency, plan=plan, group=group)
    for milestone in milestones:
        refuse_unknown(session, milestone=milestone)


def _end(
    session: Session, by: str, reason: str | None, is_meant: Callable[[Entry], bool], known: Callable[[Session], None]
) -> None:
    """Void the silences that are running and meant: both entries stay, letters go on from now.

    `known` refuses names that are not there; one dropped from the files since can still be ended.
    """
    today, rules = local_day(session.now), session.rules
    _, acts = recorded(session)
    running = [e for e in standing_entries(acts) if isinstance(e.body, Paused | Muted) and e.body.until >= today]
    meant = [entry for entry in running if is_meant(entry)]
    if not meant:
        known(session)
        some = f" Đang tạm dừng: {'; '.join(_running(entry, rules) for entry in running)}." if running else ""
        raise EntryRefused(f"Không có lần tạm dừng nào như vậy.{some}")
    why = reason or "kết thúc trước ngày đã ghi"
    told(enter(session, [Wanted(Voided(entry.seq, why)) for entry in meant], by), rules, meant)
    after, acts = recorded(session)
    still = owed(_concerned(meant, after), rules, today)
    first, *named = goes_on(still, silencing(standing_entries(acts), still, rules, today), rules)
    whom = "; ".join(dict.fromkeys(book.about(entry, rules) for entry in meant))
    say(f"Đã thôi tạm dừng: {whom}. {first}", *named)


def _running(entry: Entry, rules: Rulebook) -> str:
    """Whom a silence keeps letters from, and what is typed to end it."""
    body, key = entry.body, entry.subject
    if isinstance(body, Paused):
        scope = "".join(f" --{name} {id_}" for name, id_ in (("plan", body.plan), ("group", body.group)) if id_)
        typed = f"dondoc pause{scope} --end"
    elif key is not None:
        typed = f"dondoc mute {key.agency} {key.milestone} --end"
    else:
        assert isinstance(body, Muted), "what runs is a pause or a mute"
        typed = f"dondoc mute {body.agency} --end"
    return f"{book.about(entry, rules)} (thôi: {typed})"
