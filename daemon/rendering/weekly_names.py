"""Who has not sent, by name, for the leaders' eyes alone: how often reminded, what was promised, what excuses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from daemon.clock import local_day
from daemon.domain.entries import Entry, Objected
from daemon.domain.obligations import ObligationKey, Standing
from daemon.judgement.dates_vi import short_day, two_digits
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.weekly import View
from daemon.rendering.clean import Slot
from daemon.rendering.figures import TO_THE_AGENCY, Tally, reminder_days
from daemon.rendering.report import NOT_THE_PROVINCES
from daemon.rendering.subjects import enumerated

MOST_NAMED = 12
"""Agencies before their deadline that are named; the board has the others."""


def late(
    tallies: Sequence[tuple[View, Tally]], snapshot: Snapshot, stand: Sequence[Entry], now: datetime
) -> list[Slot]:
    """Return who is past the deadline, all of them, those the province does not direct apart from the others."""
    standings = [standing for _, figures in tallies for standing in figures.missing]
    return _by_kind(standings, snapshot, stand, now)


def due_this_week(
    tallies: Sequence[tuple[View, Tally]], snapshot: Snapshot, stand: Sequence[Entry], now: datetime, until: date
) -> list[Slot]:
    """Return who has a deadline before `until` and has not sent; above `MOST_NAMED` agencies only how many."""
    ahead = [s for _, figures in tallies for s in figures.ahead if s.term.deadline.last_day < until]
    agencies = {standing.key.agency for standing in ahead}
    if len(agencies) <= MOST_NAMED:
        return _by_kind(ahead, snapshot, stand, now)
    return [{"ten": "", "ai": [f"{two_digits(len(agencies))} cơ quan, danh sách ở bảng theo dõi"]}]


def _by_kind(standings: Iterable[Standing], snapshot: Snapshot, stand: Sequence[Entry], now: datetime) -> list[Slot]:
    rules = snapshot.rules
    by_agency: dict[str, list[Standing]] = {}
    for standing in standings:
        by_agency.setdefault(standing.key.agency, []).append(standing)
    named = [
        (id_, _agency_line(id_, by_agency[id_], snapshot, stand, now)) for id_ in rules.register.in_order(by_agency)
    ]
    outside = {id_ for id_ in by_agency if rules.agency(id_).voice in NOT_THE_PROVINCES}
    parts: list[tuple[str, list[Slot]]] = [
        ("cơ quan, địa phương thuộc tỉnh", [line for id_, line in named if id_ not in outside]),
        ("cơ quan Trung ương, lực lượng vũ trang", [line for id_, line in named if id_ in outside]),
    ]
    return [{"ten": name if outside else "", "ai": lines} for name, lines in parts if lines]


def _agency_line(
    id_: str, standings: Sequence[Standing], snapshot: Snapshot, stand: Sequence[Entry], now: datetime
) -> str:
    """One agency: its missing contents, those of which the same is to be said together."""
    rules = snapshot.rules
    alike: dict[str, list[str]] = {}
    for standing in standings:
        alike.setdefault(_remark(standing, snapshot, stand, now), []).append(_short(standing.key, rules))
    told = [f"{enumerated(list(dict.fromkeys(names)))} ({remark})" for remark, names in alike.items()]
    return f"{rules.agency(id_).name}: {'; '.join(told)}"


def _short(key: ObligationKey, rules: Rulebook) -> str:
    return rules.milestone(key).short


def _remark(standing: Standing, snapshot: Snapshot, stand: Sequence[Entry], now: datetime) -> str:
    today, key = local_day(now), standing.key
    reminded = len(reminder_days(key, snapshot, today, TO_THE_AGENCY))
    objected = any(entry.subject == key and isinstance(entry.body, Objected) for entry in stand)
    answered = standing.calls or standing.promised_on is not None or objected
    own = key.agency == snapshot.rules.plan(key).collector  # nobody writes back to himself
    silent = [day for day in (standing.muted_until, standing.paused_until) if day is not None and day >= today]
    said = [
        f"nhắc {two_digits(reminded)} lần" if reminded else "chưa có thư nhắc nào đến nơi",
        f"gọi điện {two_digits(standing.calls)} lần" if standing.calls else "",
        f"hẹn gửi {short_day(standing.promised_on)}" if standing.promised_on is not None else "",
        "có ý kiến phản hồi" if objected else "",
        f"được gia hạn đến {short_day(standing.extended_to)}" if standing.extended_to is not None else "",
        f"tạm dừng nhắc đến hết {short_day(max(silent))}" if silent else "",
        "chưa phản hồi" if reminded and not answered and not own else "",
    ]
    return ", ".join(part for part in said if part)
