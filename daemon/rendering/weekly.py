"""The report to the collector's leaders: where each milestone stands, who is missing, what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import cast

from daemon.clock import at, local_day
from daemon.domain.entries import Entry, Reported
from daemon.domain.obligations import Standing
from daemon.domain.plans import Plan
from daemon.domain.words import LetterKind, OfficeLetter, Voice
from daemon.judgement.dates_vi import day_in_sentence, short_day, two_digits
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.judgement.tomorrow import awaiting_approval, is_of
from daemon.judgement.weekly import AHEAD, WEEK, View, in_view, live_plans, monday_of
from daemon.rendering import phrases
from daemon.rendering.clean import Slot, capital, clean
from daemon.rendering.context import common_slots
from daemon.rendering.figures import FRESH, Tally, tally
from daemon.rendering.report import percent
from daemon.rendering.slots import moment, short_moment
from daemon.rendering.weekly_names import due_this_week, late
from daemon.rendering.weekly_targets import counted, share, target_lines
from daemon.rendering.weekly_week import asked_of_leaders, coming, happened

Slots = dict[str, Slot]

KINDS = {"kế hoạch": "KH", "công văn": "CV", "quyết định": "QĐ", "chỉ thị": "CT"}
"""How a kind of document is shortened where a phone shows forty characters."""


def report_context(
    said: Reported, snapshot: Snapshot, entries: Sequence[Entry], *, letter_id: str, now: datetime
) -> Slots:
    """Return the slots of the report that the ledger says was composed; figures are as of `now`, when it leaves."""
    rules = snapshot.rules
    collector = rules.agency(said.agency)
    stand = standing_entries(entries)
    plans = live_plans(rules, said.agency, said.day)
    shared: Slots = {
        **common_slots(letter_id, LetterKind.NOTE, Voice.INTERNAL, None),
        "loai_thu": "report",
        "duyet": 0,
        "don_vi": collector.name,
        "kinh_gui": collector.head_title,
        "ten_ngan": collector.short_name,
        "lien_he": "",
        "noi_dung": [],
        "so_noi_dung": 1,
        "nhan": [],
        "ke_hoach": _plans_named(plans),
        "ma_so": said.code or "",
        "muc_so": said.head or 0,
    }
    own = _weekly if said.what is OfficeLetter.WEEKLY else _monthly
    return cast("Slots", clean({**shared, **own(said, snapshot, stand, now)}))


def _plans_named(plans: Sequence[Plan]) -> str:
    if len(plans) != 1:
        return f"{two_digits(len(plans))} kế hoạch"
    return f"{KINDS.get(plans[0].kind.lower(), plans[0].kind)} {plans[0].number}"


def _weekly(said: Reported, snapshot: Snapshot, stand: Sequence[Entry], now: datetime) -> Slots:
    rules, collector, today = snapshot.rules, said.agency, local_day(now)
    monday = monday_of(said.day)
    views = in_view(snapshot, collector, said.day, now)
    tallies = sorted(((view, tally(view, snapshot, now)) for view in views), key=lambda pair: _is_old(pair[1], today))
    several = len({view[0] for view in views}) > 1
    rehearsed = rehearse(snapshot, now, at(monday + WEEK))
    letters = [x for x in rehearsed if is_of([item.key for item in x.items], collector, rules)]
    held = awaiting_approval(snapshot, stand, collector)
    fresh = _fresh_mark(snapshot, collector, today)
    lines = [_milestone_line(view, figures, rules, today, several=several) for view, figures in tallies]
    return {
        "mau": "bao-cao-tuan",
        **_marked(snapshot, collector, now, fresh=fresh is not None),
        "tom_luoc": _in_subject(tallies, rules),
        "so_lieu": cast("list[Slot]", lines),
        "qua_han": late(tallies, snapshot, stand, now),
        "sap_han": due_this_week(tallies, snapshot, stand, now, monday + WEEK),
        "tu_ngay": short_day(monday - WEEK),
        "den_ngay": short_day(monday - timedelta(days=1)),
        "tuan_qua": cast("list[Slot]", happened(stand, rules, collector, at(monday - WEEK), at(monday))),
        "tuan_nay": cast("list[Slot]", coming(letters, tallies, rules, today, monday + WEEK)),
        "chi_tieu": cast("list[Slot]", target_lines(snapshot, stand, live_plans(rules, collector, said.day), now)),
        "xin_y_kien": cast("list[Slot]", asked_of_leaders(held, letters, rules, _mark_asked(snapshot, said, fresh))),
        "nhan": [share(figures.sent, figures.total) for _, figures in tallies if figures.total],
        "tom_tat": [f"Số liệu đến {moment(now)}:", *lines],
    }


def _monthly(said: Reported, snapshot: Snapshot, stand: Sequence[Entry], now: datetime) -> Slots:  # noqa: ARG001 - as `_weekly`
    ahead = [
        standing
        for standing in snapshot.standings.values()
        if snapshot.rules.plan(standing.key).collector == said.agency
        and standing.settlement is None
        and not standing.exempt
        and standing.term.deadline.last_day > said.day
    ]
    nearest = min(ahead, key=lambda standing: standing.term.deadline.due_at, default=None)
    coming_next = ""
    if nearest is not None:
        short = snapshot.rules.milestone(nearest.key).short
        coming_next = f"{short}, ngày {day_in_sentence(nearest.term.deadline.last_day)}"
    month = f"tháng {said.day.month}/{said.day.year}"
    return {
        "mau": "bao-cao-thang",
        "thang": month,
        "gan_nhat": coming_next,
        "tom_tat": [f"{capital(month)}: không có nội dung đến hạn hoặc quá hạn."],
    }


def _fresh_mark(snapshot: Snapshot, collector: str, today: date) -> datetime | None:
    """The collector's mark if it is recent enough for figures to rest on it."""
    mark = snapshot.marks.get(collector)
    if mark is None or local_day(mark) < snapshot.rules.office.shift(today, -FRESH):
        return None
    return mark


def _marked(snapshot: Snapshot, collector: str, now: datetime, *, fresh: bool) -> Slots:
    mark = snapshot.marks.get(collector)
    shown = mark if mark is not None and fresh else now
    return {
        "den_luc": moment(shown),
        "den_luc_ngan": short_moment(shown),
        "nhap_du": int(fresh),
        "nhap_du_den": moment(mark) if mark is not None else "",
    }


def _mark_asked(snapshot: Snapshot, said: Reported, fresh: datetime | None) -> str:
    """What is to be said of a record nobody has called complete lately; "" if somebody has."""
    if fresh is not None:
        return ""
    mark = snapshot.marks.get(said.agency)
    last = f" (lần gần nhất: đến {moment(mark)})" if mark is not None else " (chưa có lần nào)"
    return f"chỉ đạo xác nhận đã nhập hết văn bản đến{last}, để thư quá hạn và số liệu có căn cứ"


def _in_subject(tallies: Sequence[tuple[View, Tally]], rules: Rulebook) -> str:
    """The nearest milestone, the others are in the report: "31/39 đã gửi báo cáo dân vận 2022"."""
    told = (
        f"{share(figures.sent, figures.total)} đã gửi {rules.plan_by_id[plan].by_id[milestone].short}"
        for (plan, milestone, _), figures in tallies
        if len(everyone(figures)) > 1
    )
    return next(told, "")


def _milestone_line(view: View, figures: Tally, rules: Rulebook, today: date, *, several: bool) -> str:
    """One milestone: "Báo cáo dân vận 2022: 31/39 đã gửi (79,5%): đúng hạn 31, quá hạn 00; …"."""
    plan = rules.plan_by_id[view[0]]
    of = f" ({phrases.document(plan)})" if several else ""
    name = f"{capital(plan.by_id[view[1]].short)}{of}"
    if not figures.total:
        return f"{name}: không có cơ quan phải gửi"
    if [standing.key.agency for standing in everyone(figures)] == [plan.collector]:
        done = "đã hoàn thành" if figures.sent else "chưa hoàn thành"
        return f"{name}: {rules.agency(plan.collector).name} {done}. {_deadline(figures, rules, today)}"
    sent = f"{share(figures.sent, figures.total)} đã gửi ({percent(figures.sent, figures.total)})"
    judged = f": đúng hạn {counted(len(figures.on_time))}, quá hạn {counted(len(figures.late))}"
    left = len(figures.missing) + len(figures.ahead)
    parts = [
        (len(figures.declared), "chờ xác nhận {}"),
        (left, "chưa gửi {}" + _of_these(figures)),
        (len(figures.exempt), "không thuộc diện {} (không tính vào tổng số)"),
    ]
    told = [sent + (judged if figures.sent else ""), *(text.format(two_digits(n)) for n, text in parts if n)]
    return f"{name}: {'; '.join(told)}. {_deadline(figures, rules, today)}"


def _of_these(figures: Tally) -> str:
    """What excuses some of those who have not sent; "" if nothing does."""
    parts = [(figures.extended, "được gia hạn {}"), (figures.supplementing, "đang bổ sung {}")]
    told = [text.format(two_digits(n)) for n, text in parts if n]
    return f" (trong đó {', '.join(told)})" if told else ""


def _is_old(figures: Tally, today: date) -> bool:
    """Say whether a milestone was due long ago: what is at hand comes first."""
    return bool(figures.total) and min(_last_days(figures)) < today - AHEAD


def everyone(figures: Tally) -> list[Standing]:
    """Return all who owe a milestone, the exempt left out."""
    return [*figures.on_time, *figures.late, *figures.declared, *figures.ahead, *figures.missing]


def _last_days(figures: Tally) -> list[date]:
    return [standing.obligation.deadline.last_day for standing in everyone(figures)]


def _deadline(figures: Tally, rules: Rulebook, today: date) -> str:
    last = min(_last_days(figures))
    if last < today:
        return f"Hạn {short_day(last)}, đã qua {two_digits((today - last).days)} ngày."
    if last == today:
        return f"Hạn cuối hôm nay, {short_day(last)}."
    days = two_digits(rules.office.working_days(today, last))
    return f"Hạn {short_day(last)}, còn {days} ngày làm việc."
