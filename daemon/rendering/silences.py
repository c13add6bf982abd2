"""What follows for letters when a silence begins or ends: who is written to again, what still holds letters back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from daemon.domain.entries import Entry, Muted, Paused, Promised
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.rendering import book

Held = Mapping[ObligationKey, Sequence[Entry]]

SHOWN = 8  # how many silences are named before the rest are counted
FEW = 3  # how many deadlines are named one by one


def goes_on(owed: Collection[ObligationKey], held: Held, rules: Rulebook) -> list[str]:
    """Say whether letters on what is `owed` go by the ladder again; `held` names what keeps some of them back."""
    if not owed:
        return ["Không còn nội dung nào phải nhắc."]
    named = _named(owed, held, rules)
    if not named:
        return ["Thư nhắc lại được gửi theo lịch."]
    if all(key in held for key in owed):
        return ["Thư nhắc vẫn chưa được gửi, vì còn:", *named]
    return ["Thư nhắc lại được gửi theo lịch, trừ:", *named]


def silent_until(
    last: date, owed: Collection[ObligationKey], owed_after: Collection[ObligationKey], held: Held, rules: Rulebook
) -> list[str]:
    """Say until when nobody is written to about what is `owed`, and what follows.

    `owed_after` is what of it may still be chased on the day after, `held` what keeps letters back on that day.
    """
    through = f"Thư nhắc dừng đến hết ngày {day_in_sentence(last)}"
    if owed and not owed_after:
        return [f"{through}; khi đó kế hoạch đã kết thúc theo dõi nên không còn thư nhắc nào được gửi nữa."]
    named = _named(owed_after, held, rules)
    if named and all(key in held for key in owed_after):
        return [f"{through}; sau ngày đó vẫn chưa được gửi lại, vì còn:", *named]
    again = f"{through}, được gửi lại từ ngày {day_in_sentence(last + ONE_DAY)}"
    return [f"{again}, trừ:", *named] if named else [f"{again}."]


def deadline_day(deadline: Deadline) -> str:
    """Return a deadline as it stands in a sentence: "ngày 24/10/2022", "16:00 ngày 24/10/2022"."""
    clock = f"{clock_in_table(deadline.due_at)} " if deadline.hour_precise else ""
    return f"{clock}ngày {day_in_sentence(deadline.last_day)}"


def kept_deadlines(deadlines: Iterable[Deadline], last: date) -> list[str]:
    """Say that the deadlines that pass in a silence through `last` stay as they are; nothing where none passes."""
    passing = [deadline for deadline in deadlines if deadline.last_day <= last]
    days = list(dict.fromkeys(deadline_day(one) for one in sorted(passing, key=lambda one: one.due_at)))
    if not days:
        return []
    first = "Trong thời gian này cơ quan không được nhắc; thời hạn vẫn"
    if len(days) > FEW:
        return [f"{first} giữ nguyên: {len(passing)} nội dung đến hạn, từ {days[0]} đến {days[-1]}."]
    return [f"{first} là {', '.join(days)}."]


def _named(owed: Iterable[ObligationKey], held: Held, rules: Rulebook) -> list[str]:
    found = {entry.seq: entry for key in owed for entry in held.get(key, ())}
    lines = [f"  - {book.about(found[seq], rules)} (mục {seq}: {_why(found[seq])})" for seq in sorted(found)]
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"  - và {more} mục khác"] if more > 0 else lines


def _why(entry: Entry) -> str:
    match entry.body:
        case Promised(on=on):
            return f"hẹn gửi ngày {day_in_sentence(on)}"
        case Muted(until=until) | Paused(until=until):
            return f"tạm dừng đến hết ngày {day_in_sentence(until)}"
        case _:
            return "cơ quan báo đã gửi, chờ xác nhận"
