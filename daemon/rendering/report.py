"""The slots of a level-5 letter: how one milestone stands, who is missing, and what was done about each."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from daemon.clock import local_day
from daemon.domain.letters import Letter
from daemon.domain.obligations import Standing
from daemon.domain.words import Voice
from daemon.judgement.dates_vi import day_in_sentence, short_day, two_digits
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import Slot
from daemon.rendering.figures import TO_THE_AGENCY, Tally, known_to, reached_by_overdue, reminder_days, tally
from daemon.rendering.slots import Subject, moment

NOT_THE_PROVINCES = frozenset({Voice.CENTRAL, Voice.ARMED})


def percent(part: int, whole: int) -> str:
    """Return a share as papers print it: "79,5%"; never rounded up to 100."""
    tenths = part * 1000 // whole if part < whole and part * 1000 / whole > 999 else round(part * 1000 / whole)
    return f"{tenths // 10},{tenths % 10}%" if tenths % 10 else f"{tenths // 10}%"


def report_slots(subject: Subject, letter: Letter, snapshot: Snapshot, now: datetime) -> dict[str, Slot]:
    """Return the slots of the report on the milestone and period of `subject`."""
    rules, plan = snapshot.rules, subject.plan
    milestone = subject.item.key.obligation[:3]
    figures = tally(milestone, snapshot, now)
    lines = [(standing, _missing_line(standing, snapshot, now)) for standing in figures.missing]
    outside = {s.key for s in figures.missing if rules.agency(s.key.agency).voice in NOT_THE_PROVINCES}
    mark = known_to(plan, subject.item.deadline, snapshot, letter.day, now)
    own = letter.agency != plan.collector
    return {
        "mau": "trinh-viec-minh" if own else "trinh",
        "loai_thu": "report",
        "lien_ket": "",
        "kinh_gui": rules.agency(letter.agency).name if own else rules.agency(letter.agency).head_title,
        "noi_bao_cao": plan.issuer.replace("UBND", "Ủy ban nhân dân"),
        "noi_ban_hanh": plan.issuer,
        "thoi_diem": moment(mark or now),
        "viec_goc": subject.milestone.task,
        "goi_tat": subject.milestone.short,
        "can_cu": phrases.authority(plan, None, rules),
        "ngay_cuoi_ngan": short_day(_plans_day(subject)),
        "nam": str(subject.item.deadline.last_day.year),
        "x_tren_y": f"{two_digits(figures.sent)}/{two_digits(figures.total)}",
        "so_da_gui": figures.sent,
        "so_qua_han": len(figures.late),
        "tong_so": two_digits(figures.total),
        "ty_le": percent(figures.sent, figures.total) if figures.total else "",
        "dung_han": two_digits(len(figures.on_time)),
        "qua_han": two_digits(len(figures.late)),
        "khac": _others(figures),
        "so_chua_gui": two_digits(len(figures.missing)),
        "nhom_a": cast("list[Slot]", [line for standing, line in lines if standing.key not in outside]),
        "nhom_b": cast("list[Slot]", [line for standing, line in lines if standing.key in outside]),
    }


def _others(figures: Tally) -> str:
    """What is neither sent nor missing, each part with its own number; nothing for a part that is empty."""
    plain = len(figures.ahead) - figures.extended - figures.supplementing
    parts = [
        (len(figures.declared), "đang chờ xác nhận {}"),
        (figures.extended, "được gia hạn {}"),
        (figures.supplementing, "đang bổ sung {}"),
        (plain, "chưa đến hạn {}"),
        (len(figures.exempt), "không thuộc diện {} (không tính vào tổng số)"),
    ]
    return "; ".join(text.format(two_digits(count)) for count, text in parts if count)


def _days(days: list[date]) -> str:
    return ", ".join(short_day(day) for day in days)


def _missing_line(standing: Standing, snapshot: Snapshot, now: datetime) -> str:
    """One agency that has not sent: how often and when it was reminded, what it answered, what must be said for it."""
    key = standing.key
    today = local_day(now)
    days = reminder_days(key, snapshot, today, TO_THE_AGENCY)
    remarks = [f"đã nhắc {two_digits(len(days))} lần ({_days(days)})" if days else "chưa có thư nhắc nào đến nơi"]
    if standing.calls:
        remarks.append(f"gọi điện {two_digits(standing.calls)} lần ({_days(list(standing.called_on))})")
    if standing.promised_on is not None:
        remarks.append(f"hẹn gửi ngày {day_in_sentence(standing.promised_on)}")
    if standing.extended_to is not None:
        remarks.append(f"đã được gia hạn đến ngày {day_in_sentence(standing.extended_to)}")
    silent = [day for day in (standing.muted_until, standing.paused_until) if day is not None and day >= today]
    if silent:
        remarks.append(f"đang tạm dừng nhắc đến hết ngày {day_in_sentence(max(silent))}")
    if days and not reached_by_overdue(key, snapshot):
        remarks.append("chưa có thư báo quá hạn nào đến nơi")
    return f"{snapshot.rules.agency(key.agency).name}: {'; '.join(remarks)}"


def _plans_day(subject: Subject) -> date:
    """The last day everybody was given, whatever one agency was granted since."""
    return (subject.standing.obligation if subject.standing else subject.item).deadline.last_day
