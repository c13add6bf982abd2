"""The agency × milestone sheet: groups with roman numerals, a sign and words in every cell, sums counted from rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daemon.clock import local_day
from daemon.demo.pages import debtors
from daemon.domain.entries import Entry
from daemon.domain.obligations import ObligationKey, Standing, StatusLine
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency
from daemon.domain.words import Return, Status, Tier, Voice
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence, short_day
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.statuses import status_lines
from daemon.rendering.labels import STATUS, VOICE, group_numeral
from daemon.rendering.report import percent

NEAR = 3  # working days before the last day at which a cell asks for attention
_SENT = frozenset({Status.ON_TIME, Status.LATE})


@dataclass(frozen=True, slots=True)
class Cell:
    """One agency's place for one milestone; `tone` names its colour, `line` None: nothing is owed."""

    text: str
    tone: str
    line: StatusLine | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """One milestone counted over some rows; the exempt are outside `total`."""

    total: int
    on_time: int
    late: int
    declared: int
    exempt: int

    @property
    def sent(self) -> int:
        """How many have sent."""
        return self.on_time + self.late

    @property
    def missing(self) -> int:
        """How many have not sent and do not wait for an operator's word."""
        return self.total - self.sent - self.declared

    @property
    def share(self) -> str:
        """The share that has sent, as papers print it."""
        return percent(self.sent, self.total) if self.total else "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One agency."""

    agency: Agency
    cells: tuple[Cell, ...]
    reminders: str
    last: date | None
    promised: date | None
    notes: str


@dataclass(frozen=True, slots=True)
class Block:
    """A group of rows with its sums, one for each column."""

    numeral: str
    name: str
    rows: tuple[Row, ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet as of one instant. `alone`: milestones only one agency owes, told above the table."""

    plan: Plan
    at: datetime
    complete: str
    columns: tuple[Milestone, ...]
    blocks: tuple[Block, ...]
    sums: tuple[Sum, ...]
    alone: tuple[tuple[Milestone, Agency, Cell], ...]
    following: tuple[date, str] | None


def draw(plan: Plan, snapshot: Snapshot, entries: Iterable[Entry], now: datetime) -> Sheet:
    """Return the sheet of a plan at `now`; `snapshot` and `entries` are the record as it stood then."""
    rules = snapshot.rules
    standings = {key: standing for key, standing in snapshot.standings.items() if key.plan == plan.id}
    lines = {line.key: line for line in status_lines(standings, entries, rules, now)}
    by_milestone = {m.id: [key for key in standings if key.milestone == m.id] for m in plan.milestones if m.dated}
    columns = tuple(m for m in plan.milestones if len(by_milestone.get(m.id, ())) > 1)
    alone = [m for m in plan.milestones if len(by_milestone.get(m.id, ())) == 1]
    keys = {(key.agency, key.milestone): key for key in standings}
    wide = [key for m in columns for key in by_milestone[m.id]]
    blocks: list[Block] = []
    for name, agencies in _grouped(debtors(rules, wide), rules):
        rows = tuple(_row(agency, columns, keys, lines, snapshot, now) for agency in agencies)
        blocks.append(Block(group_numeral(len(blocks) + 1), name, rows, _sums(rows, len(columns))))
    return Sheet(
        plan=plan,
        at=now,
        complete=_complete(plan, snapshot, now),
        columns=columns,
        blocks=tuple(blocks),
        sums=_sums([row for block in blocks for row in block.rows], len(columns)),
        alone=tuple(
            (m, rules.agency(key.agency), _cell(lines[key], standings[key], rules, now))
            for m in alone
            for key in by_milestone[m.id]
        ),
        following=_following(plan, standings, now),
    )


def _grouped(agencies: Sequence[Agency], rules: Rulebook) -> list[tuple[str, list[Agency]]]:
    """The groups of the register, the armed forces in one of their own before the rest of theirs."""
    found: list[tuple[str, list[Agency]]] = []
    for group in rules.register.groups:
        members = [agency for agency in agencies if agency.group == group.id]
        armed = [agency for agency in members if agency.voice is Voice.ARMED]
        found += [(VOICE[Voice.ARMED], armed), (group.name, [a for a in members if a not in armed])]
    return [(name, members) for name, members in found if members]


def _row(
    agency: Agency,
    columns: Sequence[Milestone],
    keys: Mapping[tuple[str, str], ObligationKey],
    lines: Mapping[ObligationKey, StatusLine],
    snapshot: Snapshot,
    now: datetime,
) -> Row:
    owed = [keys.get((agency.id, milestone.id)) for milestone in columns]
    cells = [_cell(lines[k], snapshot.standings[k], snapshot.rules, now) if k else Cell("", "none") for k in owed]
    standings = [snapshot.standings[key] for key in owed if key is not None]
    letters = [
        local_day(letter.accepted_at)
        for letter in snapshot.history.letters
        if letter.agency == agency.id
        and letter.tier is not Tier.COLLECTOR
        and letter.accepted_at is not None
        and letter.accepted_at <= now
        and any(not _is_notice(item.step, item.obligation, snapshot.rules) for item in letter.items)
    ]
    calls = [day for standing in standings for day in standing.called_on]
    counted = [f"{len(letters)} thư" if letters else "", f"{len(calls)} cuộc gọi" if calls else ""]
    promised = [s.promised_on for s in standings if s.promised_on is not None and s.settlement is None]
    return Row(
        agency=agency,
        cells=tuple(cells),
        reminders=", ".join(filter(None, counted)),
        last=max([*letters, *calls], default=None),
        promised=max(promised, default=None),
        notes=_notes(agency, standings, snapshot),
    )


def _is_notice(step: str, key: ObligationKey, rules: Rulebook) -> bool:
    notice = rules.ladder(key).notice
    return notice is not None and step == notice.id


def _notes(agency: Agency, standings: Iterable[Standing], snapshot: Snapshot) -> str:
    """What must be said for an agency, to be fair to it: dates moved, papers sent back, letters to its head."""
    rules = snapshot.rules
    notes = []
    for standing in standings:
        short = rules.milestone(standing.key).short
        if standing.extended_to is not None:
            notes.append(f"{short}: được gia hạn đến {short_day(standing.extended_to)}")
        if standing.returned_on is not None:
            invalid = standing.returned_how is Return.INVALID
            word = "chưa hợp lệ" if invalid else "đề nghị bổ sung"
            notes.append(f"{short}: {word} ngày {short_day(standing.returned_on)}")
    heads = [
        local_day(letter.accepted_at)
        for letter in snapshot.history.letters
        if letter.agency == agency.id and letter.tier is Tier.HEAD and letter.accepted_at is not None
    ]
    if heads:
        notes.append(f"đã gửi thủ trưởng ngày {', '.join(map(short_day, sorted(heads)))}")
    return "; ".join(notes)


def _cell(line: StatusLine, standing: Standing, rules: Rulebook, now: datetime) -> Cell:
    today = local_day(now)
    last = line.deadline.last_day
    match line.status:
        case Status.ON_TIME | Status.LATE if line.nothing_to_report:
            return Cell("✓ Không phát sinh", "on-time", line)
        case Status.ON_TIME:
            day = local_day(line.submitted_at) if isinstance(line.submitted_at, datetime) else line.submitted_at
            return Cell(f"✓ Đúng hạn {short_day(day)}" if day else "✓ Đúng hạn", "on-time", line)
        case Status.LATE:
            return Cell(f"✓ Trễ {line.late_days} ngày" if line.late_days else "✓ Trễ trong ngày", "late", line)
        case Status.DECLARED:
            return Cell("? Chờ xác nhận", "declared", line)
        case Status.OVERDUE:
            return Cell(f"! Quá hạn {line.late_days} ngày" if line.late_days else "! Quá hạn", "overdue", line)
        case Status.RETURNED:
            supplement = standing.returned_how is Return.SUPPLEMENT
            return Cell(f"↺ Bổ sung đến {short_day(last)}" if supplement else "↺ Chưa hợp lệ", "returned", line)
        case Status.EXTENDED:
            return Cell(f"→ Gia hạn {short_day(last)}", "extended", line)
        case Status.EXEMPT:
            return Cell("– Không thuộc diện", "exempt", line)
        case Status.OPEN:
            left = (last - today).days
            near = rules.calendar(line.key.agency).working_days(today, last) <= NEAR
            told = f"… Chưa gửi, còn {left} ngày" if left else "… Chưa gửi, hạn hôm nay"
            return Cell(told, "near" if near else "open", line)
        case _:
            return Cell(f"… {STATUS[line.status]}", "exempt", line)


def _sums(rows: Iterable[Row], columns: int) -> tuple[Sum, ...]:
    counts = [Counter[Status]() for _ in range(columns)]
    for row in rows:
        for count, cell in zip(counts, row.cells, strict=True):
            if cell.line is not None:
                count[cell.line.status] += 1
    return tuple(
        Sum(
            total=count.total() - count[Status.EXEMPT],
            on_time=count[Status.ON_TIME],
            late=count[Status.LATE],
            declared=count[Status.DECLARED],
            exempt=count[Status.EXEMPT],
        )
        for count in counts
    )


def _complete(plan: Plan, snapshot: Snapshot, now: datetime) -> str:
    mark = snapshot.marks.get(plan.collector)
    if mark is None:
        return "chưa có xác nhận nhập hết văn bản đến"
    told = f"{clock_in_table(mark)} ngày {day_in_sentence(local_day(mark))}"
    office = snapshot.rules.office
    fresh = local_day(mark) >= office.shift(local_day(now), -1)
    return f"văn thư đã nhập đủ đến {told}" if fresh else f"chưa có xác nhận nhập đủ từ sau {told}"


def _following(plan: Plan, standings: Mapping[ObligationKey, Standing], now: datetime) -> tuple[date, str] | None:
    """The next last day somebody still owes something by."""
    ahead = [
        (standing.term.deadline.last_day, plan.by_id[key.milestone].short)
        for key, standing in standings.items()
        if standing.settlement is None and not standing.exempt and standing.term.deadline.due_at > now
    ]
    if not ahead:
        return None
    day = min(day for day, _ in ahead)
    return day, ", ".join(dict.fromkeys(short for other, short in ahead if other == day))
