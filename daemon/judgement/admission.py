"""Says whether an entry may be recorded; if not, why, and what would be valid - in the operator's language.

The four times of a document must not decrease: on the paper, sent, received, recorded (`design.md` §2).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from daemon.clock import local, local_day
from daemon.domain.entries import (
    Accepted,
    Approved,
    Body,
    ClockJump,
    Declared,
    DeliveryOutcome,
    Entry,
    Erased,
    Exempted,
    Extended,
    HandedOver,
    Mark,
    Muted,
    Nothing,
    Objected,
    Paused,
    PlanChanged,
    Promised,
    Rated,
    Received,
    Reported,
    Returned,
    Voided,
)
from daemon.domain.failures import Alarmed, Retried, TemplateFailed
from daemon.domain.obligations import ActTime, ObligationKey, Standing
from daemon.domain.warnings import Warned
from daemon.domain.words import Return
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.standing import judged_act, standing_entries

_OWN = (DeliveryOutcome, PlanChanged, ClockJump, Erased, Alarmed, TemplateFailed, Reported, Warned)
"""What the machine records of itself: no slip of a person's."""

SHOWN = 8  # how many valid words a refusal lists


def resolve(
    rules: Rulebook,
    known: Iterable[ObligationKey],
    agency: str,
    milestone: str,
    plan: str | None = None,
    period: str | None = None,
) -> ObligationKey:
    """Return the one obligation meant; EntryRefused naming what is valid if none or several are."""
    keys = list(known)
    plans = [p for p in rules.plans if p.active]
    _one_of(agency, [a.id for a in rules.register.agencies], "cơ quan")
    if plan is not None:
        _one_of(plan, [p.id for p in plans], "kế hoạch")
    milestones = [m.id for p in plans if plan in (None, p.id) for m in p.milestones]
    _one_of(milestone, milestones, "mốc")
    found = [
        key
        for key in keys
        if key.agency == agency
        and key.milestone == milestone
        and plan in (None, key.plan)
        and period in (None, key.period)
    ]
    if not found:
        owed = sorted({key.milestone for key in keys if key.agency == agency})
        name = rules.agency(agency).name
        has = f"{name} phải gửi: {', '.join(owed)}" if owed else f"{name} không có nội dung nào phải gửi"
        raise EntryRefused(f"{name} không phải gửi “{milestone}”{_in_period(period)}. {has}.")
    if len(found) > 1:
        choices = "; ".join(_choices(found)[:SHOWN])
        raise EntryRefused(
            f"{rules.agency(agency).name} có nhiều nội dung “{milestone}”. Hãy thêm một trong: {choices}."
        )
    return found[0]


def _choices(found: Sequence[ObligationKey]) -> list[str]:
    """Return what tells each from the others, as it is typed: the plan, the period, or both."""
    plans, periods = {key.plan for key in found}, {key.period for key in found}
    by_plan = [f"--plan {key.plan}" if len(plans) > 1 else "" for key in found]
    by_period = [f"--period {key.period}" if len(periods) > 1 else "" for key in found]
    return [" ".join(filter(None, both)) for both in zip(by_plan, by_period, strict=True)]


def _in_period(period: str | None) -> str:
    return f" trong kỳ {period}" if period else ""


def _one_of(word: str, valid: Sequence[str], what: str) -> None:
    if word in valid:
        return
    near = difflib.get_close_matches(word, valid, n=3, cutoff=0.6)
    if near:
        raise EntryRefused(f"Không có {what} “{word}”. Có phải là: {', '.join(near)}?")
    some = ", ".join(dict.fromkeys(valid[:SHOWN])) + (", …" if len(valid) > SHOWN else "")
    raise EntryRefused(f"Không có {what} “{word}”. Các {what} hợp lệ: {some}.")


def admit(body: Body, standing: Standing | None, entries: Sequence[Entry], rules: Rulebook, now: datetime) -> None:
    """Raise EntryRefused unless `body` may be recorded at `now`; `standing` is its subject's, if it has one."""
    if standing is not None:
        _not_ended(standing.key.plan, rules, now)
    match body:
        case Received() | Accepted() | Nothing():
            _admit_document(body, _needed(standing), entries, now)
        case Declared() | Returned() | Extended() | Exempted() | Promised():
            _admit_change(body, _needed(standing), now)
        case Muted() | Paused() | Mark() | HandedOver():
            _admit_order(body, rules, now)
        case Voided():
            _worded(body.reason, "lý do")
            _admit_void(body, entries, rules, now)
        case Rated():
            _worded(body.rating, "mức xếp loại")
        case Objected():
            _worded(body.text, "nội dung ý kiến")
        case _:
            pass  # a call, an approval, or what the system itself writes: nothing can be wrong with it


def _not_ended(plan: str, rules: Rulebook, now: datetime) -> None:
    """Refuse what would change the record of a plan that is only read now."""
    ends = rules.plan_by_id[plan].ends if plan in rules.plan_by_id else None
    if ends is not None and local_day(now) > ends:
        raise EntryRefused(
            f"Kế hoạch {plan} đã kết thúc theo dõi sau ngày {day_in_sentence(ends)}: chỉ xem, không ghi thêm."
        )


def _admit_change(
    body: Declared | Returned | Extended | Exempted | Promised, standing: Standing, now: datetime
) -> None:
    """What changes one obligation without settling it."""
    match body:
        case Declared():
            _unsettled(standing)
            _in_order({"ngày trên văn bản": _day(body.issued_on), "ngày gửi": body.sent}, now)
        case Returned():
            _admit_return(body, standing, now)
        case Extended():
            _admit_extension(body, standing)
        case Exempted():
            _worded(body.authority, "văn bản làm căn cứ")
            _worded(body.signer, "người cho phép")
        case _:
            _unsettled(standing, "không còn gì để hẹn. Nếu mục đó nhập nhầm, hãy hủy rồi ghi ngày hẹn")
            _not_past(body.on, "Ngày hẹn gửi", now)


def _admit_order(body: Muted | Paused | Mark | HandedOver, rules: Rulebook, now: datetime) -> None:
    """What speaks of more than one obligation."""
    match body:
        case Mark():
            _admit_mark(body, rules, now)
        case HandedOver():
            _admit_handover(body.agency, (body.given_by, body.taken_by), rules)
        case _:
            _worded(body.reason, "lý do")
            _not_past(body.until, "Ngày tạm dừng đến", now)
            _admit_scope(body, rules)


def _admit_extension(body: Extended, standing: Standing) -> None:
    _worded(body.authority, "văn bản cho phép gia hạn")
    _worded(body.signer, "người cho phép gia hạn")
    current = standing.term.deadline
    if body.due_at <= current.due_at:
        raise EntryRefused(
            f"Ngày gia hạn ({day_in_sentence(body.last_day)}) phải sau ngày cuối đúng hạn hiện tại "
            f"({day_in_sentence(current.last_day)})."
        )


def _needed(standing: Standing | None) -> Standing:
    if standing is None:
        raise EntryRefused("Cần nói rõ cơ quan và mốc của mục này.")
    return standing


def _admit_document(
    body: Received | Accepted | Nothing, standing: Standing, entries: Sequence[Entry], now: datetime
) -> None:
    _worded(body.document, "số, ký hiệu văn bản")
    times: Mapping[str, ActTime | None] = {
        "ngày trên văn bản": _day(body.issued_on),
        "ngày gửi": body.sent,
        "ngày đến": body.received,
    }
    _in_order(times, now)
    if isinstance(body, Accepted):
        _admit_acceptance(body, standing, entries)
    _unsettled(standing)
    deadline = standing.term.deadline
    act = judged_act(body, standing.obligation.judged_by, now)
    if deadline.hour_precise and act.at is None and act.day == deadline.last_day:
        raise EntryRefused(
            f"Thời hạn tính đến giờ ({clock_in_table(deadline.due_at)} ngày {day_in_sentence(deadline.last_day)}): "
            "văn bản trong ngày này cần ghi cả giờ, ví dụ 24/10/2022 16:55."
        )


def _admit_acceptance(body: Accepted, standing: Standing, entries: Sequence[Entry]) -> None:
    stands = standing_entries(entries)
    declared = [e.seq for e in stands if isinstance(e.body, Declared) and e.subject == standing.key]
    if body.declaration not in declared:
        which = f" Các mục báo gửi còn hiệu lực: {', '.join(map(str, declared))}." if declared else ""
        raise EntryRefused(f"Mục {body.declaration} không phải là báo gửi của nội dung này.{which}")


def _unsettled(standing: Standing, so: str = "nếu mục đó nhập nhầm, hãy hủy rồi nhập lại") -> None:
    """Refuse what is only for an obligation still owed; `so` says what a document already in means for the entry."""
    settled = standing.settlement
    if settled is not None:
        raise EntryRefused(
            f"Nội dung này đã có văn bản số {settled.document}, mục {settled.seq} của sổ; {so}: "
            f"dondoc void {settled.seq} --reason LÝ_DO"
        )
    if standing.exempt:
        raise EntryRefused("Cơ quan này không thuộc diện phải gửi nội dung đó.")


def _admit_return(body: Returned, standing: Standing, now: datetime) -> None:
    _worded(body.reason, "lý do")
    if standing.settlement is None:
        raise EntryRefused("Chưa có văn bản nào của nội dung này để đề nghị bổ sung hoặc ghi chưa hợp lệ.")
    if body.how is Return.SUPPLEMENT:
        if body.until is None:
            raise EntryRefused("Đề nghị bổ sung cần ngày cuối nhận bản bổ sung.")
        _not_past(body.until, "Ngày cuối nhận bản bổ sung", now)
    elif body.until is not None:
        raise EntryRefused("Văn bản chưa hợp lệ giữ nguyên thời hạn của kế hoạch, không đặt ngày mới.")


def _day(day: date | None) -> ActTime | None:
    return None if day is None else ActTime(day)


def _shown(time: ActTime) -> str:
    clock = f" {clock_in_table(time.at)}" if time.at is not None else ""
    return f"{day_in_sentence(time.day)}{clock}"


def _in_order(times: Mapping[str, ActTime | None], now: datetime) -> None:
    """Refuse a time in the future, or one earlier than the one before it, naming both."""
    recorded = ActTime.of(now)
    earlier: tuple[str, ActTime] | None = None
    for name, time in times.items():
        if time is None:
            continue
        if _is_after(time, recorded):
            raise EntryRefused(
                f"{_capital(name)} {_shown(time)} ở tương lai: bây giờ là {local(now):%H:%M} ngày "
                f"{day_in_sentence(recorded.day)}."
            )
        if earlier is not None and _is_after(earlier[1], time):
            raise EntryRefused(f"{_capital(earlier[0])} ({_shown(earlier[1])}) không thể sau {name} ({_shown(time)}).")
        earlier = (name, time)


def _is_after(one: ActTime, other: ActTime) -> bool:
    if one.at is not None and other.at is not None:
        return one.at > other.at
    return one.day > other.day


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _worded(text: str, what: str) -> None:
    if not text.strip():
        raise EntryRefused(f"Cần ghi {what}.")


def _not_past(day: date, what: str, now: datetime) -> None:
    today = local_day(now)
    if day < today:
        raise EntryRefused(f"{what} ({day_in_sentence(day)}) đã qua: hôm nay là ngày {day_in_sentence(today)}.")


def _admit_scope(body: Muted | Paused, rules: Rulebook) -> None:
    if isinstance(body, Muted):
        if body.agency is not None:
            _one_of(body.agency, [a.id for a in rules.register.agencies], "cơ quan")
        return
    if body.plan is not None:
        _one_of(body.plan, [p.id for p in rules.plans], "kế hoạch")
    if body.group is not None:
        _one_of(body.group, [g.id for g in rules.register.groups], "khối")


def _admit_mark(body: Mark, rules: Rulebook, now: datetime) -> None:
    _one_of(body.collector, list(dict.fromkeys(p.collector for p in rules.plans)), "đơn vị đầu mối")
    if body.complete_to > now:
        to, at_now = local(body.complete_to), local(now)
        raise EntryRefused(
            f"Chưa thể xác nhận đã nhập đủ đến {to:%H:%M} ngày {day_in_sentence(to.date())}: "
            f"bây giờ là {at_now:%H:%M} ngày {day_in_sentence(at_now.date())}."
        )


def _admit_void(body: Voided, entries: Sequence[Entry], rules: Rulebook, now: datetime) -> None:
    stand = standing_entries(entries)
    entry = next((entry for entry in stand if entry.seq == body.seq), None)
    if entry is None:
        raise EntryRefused(_not_there(body.seq, stand, entries))
    if isinstance(entry.body, _OWN):
        raise EntryRefused(f"Mục {body.seq} do hệ thống ghi, không hủy được.")
    if isinstance(entry.body, Retried) or (isinstance(entry.body, Approved) and (entry.body.letter or entry.body.what)):
        raise EntryRefused(f"Việc ở mục {body.seq} đã được thực hiện ngay khi ghi; hủy mục này không lấy lại được.")
    if entry.subject is not None:
        _not_ended(entry.subject.plan, rules, now)


def _not_there(seq: int, stand: Sequence[Entry], entries: Sequence[Entry]) -> str:
    """Why no entry of that number stands: it is voided, or the ledger has none that can be read."""
    by = next((entry.seq for entry in stand if isinstance(entry.body, Voided) and entry.body.seq == seq), None)
    if by is not None:
        return f"Mục {seq} đã được hủy ở mục {by}, không phải hủy nữa."
    if not entries:
        return f"Không có mục {seq}: sổ chưa có mục nào."
    return f"Sổ không có mục {seq} (mục cuối là mục {entries[-1].seq}). Xem các mục: dondoc ledger"


def _admit_handover(agency: str, people: Sequence[str], rules: Rulebook) -> None:
    _one_of(agency, [a.id for a in rules.register.agencies], "cơ quan")
    for person in people:
        _one_of(person, [p.id for p in rules.agency(agency).people], f"người liên hệ của {agency}")
