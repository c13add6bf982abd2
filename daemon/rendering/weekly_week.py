"""The week behind as the ledger has it, the week ahead as it is rehearsed, and what the leaders are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from daemon.domain.entries import (
    Accepted,
    Called,
    DeliveryOutcome,
    Entry,
    Exempted,
    Extended,
    Muted,
    Nothing,
    Paused,
    Received,
    Returned,
)
from daemon.domain.letters import ItemKey, Letter, SentLetter
from daemon.domain.words import DeliveryState, LetterKind, Level
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import short_day, two_digits, weekday
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.tomorrow import is_of
from daemon.judgement.weekly import View
from daemon.rendering.clean import capital
from daemon.rendering.figures import Tally
from daemon.rendering.subjects import enumerated

LETTERS = {
    Level.NOTICE: "thư nhắc",
    Level.PRESS: "thư đôn đốc",
    Level.OVERDUE: "thư quá hạn",
    Level.HEAD: "thư gửi thủ trưởng (cần duyệt trước)",
    Level.SUPERIOR: "dự thảo báo cáo trình lãnh đạo",
}
LOST = frozenset({DeliveryState.REFUSED, DeliveryState.UNKNOWN, DeliveryState.EXPIRED, DeliveryState.BOUNCED})
"""Ends of a delivery after which nobody can be said to have it."""


def happened(stand: Sequence[Entry], rules: Rulebook, collector: str, since: datetime, until: datetime) -> list[str]:
    """Return what was done about the collector's plans in [since, until), a line for each kind of act."""
    week = [entry for entry in stand if since <= entry.recorded_at < until]
    mine = [e for e in week if e.subject is not None and _collects(e.subject.plan, collector, rules)]
    documents = [e for e in mine if isinstance(e.body, Received | Accepted | Nothing)]
    calls = [e for e in mine if isinstance(e.body, Called)]
    lines = [_letters_line(stand, week, rules, collector)]
    if documents:
        lines.append(f"Nhận {two_digits(len(documents))} văn bản")
    if calls:
        lines.append(f"Gọi điện {two_digits(len(calls))} cuộc: {_names(calls, rules)}")
    lines += [told for entry in mine if (told := _change(entry, rules))]
    lines += [told for entry in week if (told := _silence(entry, rules, collector))]
    return lines


def _collects(plan: str, collector: str, rules: Rulebook) -> bool:
    return plan in rules.plan_by_id and rules.plan_by_id[plan].collector == collector


def _letters_line(stand: Sequence[Entry], week: Sequence[Entry], rules: Rulebook, collector: str) -> str:
    """How many reminders reached somebody in the week, and which agencies none reached."""
    ended = [
        body for entry in week if isinstance(body := entry.body, DeliveryOutcome) and _is_ours(body, rules, collector)
    ]
    reached_ever = {
        entry.body.letter
        for entry in stand
        if isinstance(entry.body, DeliveryOutcome) and entry.body.state is DeliveryState.SENT
    }
    sent = {body.letter for body in ended if body.state is DeliveryState.SENT}
    lost = {body.letter: body.agency for body in ended if body.state in LOST and body.letter not in reached_ever}
    told = [f"đã gửi {two_digits(len(sent))} thư nhắc"] if sent else []
    if lost:
        names = "; ".join(
            rules.agency(id_).name for id_ in rules.register.in_order(set(lost.values())) if id_ in rules.register.by_id
        )
        told.append(f"{two_digits(len(lost))} thư{'' if sent else ' nhắc'} không đến được ({names})")
    return capital("; ".join(told)) if told else "Không có thư nhắc nào"


def _is_ours(body: DeliveryOutcome, rules: Rulebook, collector: str) -> bool:
    return body.letter_kind is LetterKind.REMINDER and is_of(map(ItemKey.parse, body.items), collector, rules)


def _names(entries: Iterable[Entry], rules: Rulebook) -> str:
    ids = {entry.subject.agency for entry in entries if entry.subject is not None}
    return "; ".join(rules.agency(id_).short_name for id_ in rules.register.in_order(ids))


def _change(entry: Entry, rules: Rulebook) -> str:
    """What an entry changed for one agency; "" if it changed nothing a leader is told of."""
    assert entry.subject is not None
    about = (
        f"{rules.agency(entry.subject.agency).name}, {rules.milestone(entry.subject).short}"
        if _known(entry, rules)
        else ""
    )
    match entry.body:
        case Extended() as body:
            return f"Gia hạn: {about}, {body.due} (theo {body.authority})"
        case Exempted() as body:
            return f"Không thuộc diện: {about} (theo {body.authority})"
        case Returned() as body:
            return f"Trả lại: {about} ({body.reason.strip().rstrip('.')})"
        case Muted() as body:
            return f"Tạm dừng nhắc: {about}, đến hết {short_day(body.until)} (lý do: {body.reason.strip().rstrip('.')})"
        case _:
            return ""


def _known(entry: Entry, rules: Rulebook) -> bool:
    key = entry.subject
    return key is not None and key.milestone in rules.plan_by_id[key.plan].by_id and key.agency in rules.register.by_id


def _silence(entry: Entry, rules: Rulebook, collector: str) -> str:
    """A pause of more than one duty; "" if the entry is none, or of another collector's plan."""
    body = entry.body
    if isinstance(body, Paused) and (body.plan is None or _collects(body.plan, collector, rules)):
        group = next((g.name for g in rules.register.groups if g.id == body.group), "")
        whole = "toàn bộ" if body.plan is None else rules.plan_by_id[body.plan].number
        scope = f"khối {group}" if group else whole
        return f"Tạm dừng nhắc {scope} đến hết {short_day(body.until)} (lý do: {body.reason.strip().rstrip('.')})"
    if isinstance(body, Muted) and body.agency is not None and body.agency in rules.register.by_id:
        name = rules.agency(body.agency).name
        return f"Tạm dừng nhắc: {name}, đến hết {short_day(body.until)} (lý do: {body.reason.strip().rstrip('.')})"
    return ""


def coming(
    letters: Sequence[Letter], tallies: Sequence[tuple[View, Tally]], rules: Rulebook, today: date, until: date
) -> list[str]:
    """Return the days from `today` to before `until` on which something is due or leaves, a line each."""
    lines = []
    day = today
    while day < until:
        due = [_named(view, rules) for view, figures in tallies if _is_last_day(figures, day)]
        told = [f"hạn cuối {enumerated(due)}"] if due else []
        leaving = Counter(_called(letter, rules) for letter in letters if letter.day == day)
        if leaving:
            told.append("dự kiến " + ", ".join(f"{two_digits(count)} {name}" for name, count in leaving.items()))
        if told:
            lines.append(f"{capital(weekday(day))}, {short_day(day)}: {'; '.join(told)}")
        day += ONE_DAY
    return lines


def _called(letter: Letter, rules: Rulebook) -> str:
    """What a letter is called where it is counted; one to the issuer's office says so."""
    if letter.level is Level.SUPERIOR and letter.agency not in {plan.collector for plan in rules.plans}:
        return f"thư báo {rules.agency(letter.agency).name}"
    return LETTERS[letter.level]


def _named(view: View, rules: Rulebook) -> str:
    return rules.plan_by_id[view[0]].by_id[view[1]].short


def _is_last_day(figures: Tally, day: date) -> bool:
    everyone = (*figures.on_time, *figures.late, *figures.declared, *figures.ahead, *figures.missing)
    return any(standing.obligation.deadline.last_day == day for standing in everyone)


def asked_of_leaders(held: Sequence[SentLetter], letters: Sequence[Letter], rules: Rulebook, mark: str) -> list[str]:
    """Return what only a leader can do: approve, decide about drafts, see to the record (`mark`, "" if it is)."""
    asked = []
    if held:
        names = "; ".join(rules.agency(id_).name for id_ in rules.register.in_order({letter.agency for letter in held}))
        asked.append(f"Duyệt {two_digits(len(held))} thư gửi thủ trưởng đang chờ: {names}")
    heads = [letter for letter in letters if letter.approval]
    if heads:
        days = ", ".join(short_day(day) for day in sorted({letter.day for letter in heads}))
        asked.append(f"Duyệt các thư gửi thủ trưởng của tuần này: dự kiến {two_digits(len(heads))} thư (ngày {days})")
    for letter in letters:
        if letter.milestone is not None and letter.agency == rules.plan_by_id[letter.milestone[0]].collector:
            plan = rules.plan_by_id[letter.milestone[0]]
            short = plan.by_id[letter.milestone[1]].short
            asked.append(f"Xem dự thảo báo cáo {plan.issuer} về {short}, dự kiến trình ngày {short_day(letter.day)}")
    return [*asked, capital(mark)] if mark else asked
