"""What follows when an entry is voided: what is owed again, by which document or date, and who is written to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.entries import Declared, Entry, Mark, Muted, Paused, Promised, Voided
from daemon.domain.obligations import Standing
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.silences import concerned, owed, silencing
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold, standing_entries
from daemon.rendering.names import agency_name, task_name
from daemon.rendering.silences import deadline_day, goes_on


def what_follows(voided: Entry, entries: Sequence[Entry], after: Snapshot, now: datetime) -> list[str]:
    """Return sentences on what the record says now; none where nothing of it bears on what is owed or sent.

    `entries` are the ledger's acts, the last of them the one that voids; `after` is the record with it.
    """
    meant, rules = _meant(voided, entries), after.rules
    if isinstance(meant.body, Mark):
        return [_mark(meant.body, after)]
    said: list[str] = []
    about = concerned(meant, after.standings, rules)
    chased = isinstance(meant.body, Declared | Promised | Muted | Paused)
    before = fold([one.obligation for one in about.values()], standing_entries(entries[:-1]), rules)
    for key, one in about.items():
        said += _changed(before[key], one, rules, now)
        chased = chased or (not _is_owed(before[key]) and _is_owed(one))
    if chased:
        today = local_day(now)
        still = owed(about, rules, today)
        said += goes_on(still, silencing(standing_entries(entries), still, rules, today), rules)
    return said


def _meant(voided: Entry, entries: Sequence[Entry]) -> Entry:
    """The entry whose effect is taken away, or given back where what is voided voided it."""
    by_seq = {entry.seq: entry for entry in entries}
    while isinstance(voided.body, Voided):
        voided = by_seq[voided.body.seq]
    return voided


def _is_owed(standing: Standing) -> bool:
    return standing.settlement is None and not standing.exempt


def _changed(before: Standing, after: Standing, rules: Rulebook, now: datetime) -> list[str]:
    name, task = agency_name(after.key.agency, rules), task_name(after.key, rules)
    deadline, settled = after.term.deadline, after.settlement
    day = deadline_day(deadline) + (", đã qua" if now >= deadline.due_at else "")
    if after.exempt:
        return [] if before.exempt else [f"{name} không thuộc diện phải gửi {task}."]
    if settled is not None:
        if not before.exempt and before.settlement == settled:
            return []
        how = "đúng hạn" if settled.on_time else f"trễ {settled.late_days} ngày"
        return [f"{name} được tính là đã gửi {task}, {how}: văn bản số {settled.document}, mục {settled.seq}."]
    if not _is_owed(before):
        return [f"{name} lại phải gửi {task}; thời hạn là {day}."]
    if before.term.deadline != deadline:
        return [f"{name} phải gửi {task} theo thời hạn {day}."]
    return []


def _mark(body: Mark, after: Snapshot) -> str:
    name, to = agency_name(body.collector, after.rules), after.marks.get(body.collector)
    if to is None:
        return f"{name} chưa xác nhận đã nhập hết văn bản đến; thư quá hạn chờ xác nhận: dondoc mark 'GIỜ NGÀY'"
    through = f"{clock_in_table(to)} ngày {day_in_sentence(local_day(to))}"
    return f"{name} còn xác nhận đã nhập hết văn bản đến đến {through}; cần lúc khác thì xác nhận lại bằng dondoc mark."
