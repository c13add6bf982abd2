"""The year as one picture: a row for each agency, reminders as marks by level, documents as they came, deadlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from daemon.clock import local_day
from daemon.demo.evidence import Evidence, category_label
from daemon.demo.pages import page
from daemon.demo.sheet import Sheet
from daemon.domain.words import LetterKind
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import short_day
from daemon.rendering.labels import LEVEL

DAY = 14.0  # pixels a day is wide
ROW = 22
LEFT = 208
TOP = 132
BREAK = 74
SIDE = 6.5  # between the marks of one day
SLANT = 4.2
NEXT = 250  # pixels the words of a deadline need
QUIET = 30  # days without anything that are folded into a break
MARGIN = 3  # days shown beside a break


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign in a row: `shape` is a symbol of the picture, `told` what it says when pointed at."""

    day: date
    shape: str
    told: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark with its place in pixels."""

    x: float
    y: float
    shape: str
    told: str


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive days drawn side by side, from `x` on."""

    first: date
    last: date
    x: float

    @property
    def end(self) -> float:
        """Where the day after the last begins."""
        return self.x + ((self.last - self.first).days + 1) * DAY

    def days(self) -> list[date]:
        """Every day of the span."""
        return [self.first + ONE_DAY * n for n in range((self.last - self.first).days + 1)]


class Axis:
    """Days to pixels; long quiet stretches are folded."""

    def __init__(self, first: date, last: date, busy: Iterable[date]) -> None:
        days = sorted({first, last, *busy})
        bounds = [first]
        for one, other in pairwise(days):
            if (other - one).days > QUIET:
                bounds += [one + timedelta(days=MARGIN), other - timedelta(days=MARGIN)]
        bounds.append(last)
        self.spans: list[Span] = []
        x = float(LEFT)
        for start, end in zip(bounds[::2], bounds[1::2], strict=True):
            self.spans.append(Span(start, end, x))
            x = self.spans[-1].end + BREAK
        self.width = x - BREAK

    def middle(self, day: date) -> float:
        """Return the middle of a day; ValueError if the day is folded away."""
        for span in self.spans:
            if span.first <= day <= span.last:
                return span.x + ((day - span.first).days + 0.5) * DAY
        raise ValueError(f"not on the axis: {day.isoformat()}")


def draw_timeline(evidence: Evidence, sheet: Sheet) -> str:
    """Return the picture as SVG; `sheet` gives the rows and their order."""
    marks = _marks(evidence)
    deadlines = _deadlines(evidence)
    busy = [mark.day for row in marks.values() for mark in row] + [day for day, _ in deadlines]
    axis = Axis(local_day(evidence.script.start), local_day(evidence.script.end), busy)
    rows: list[tuple[str, float, bool]] = []
    placed: list[Placed] = []
    y = float(TOP)
    for block in sheet.blocks:
        rows.append((f"{block.numeral}. {block.name}", y, True))
        y += ROW
        for row in block.rows:
            rows.append((row.agency.short_name, y, False))
            placed += _placed(marks[row.agency.id], axis, y)
            y += ROW
    office = evidence.rules.office
    return page(
        "dong-thoi-gian.svg",
        ke_hoach=sheet.plan,
        rong=axis.width + 24,
        cao=y + 34,
        day_duoi=y,
        dong=rows,
        dau=placed,
        doan=axis.spans,
        nghi=[(axis.middle(day) - DAY / 2, DAY) for s in axis.spans for day in s.days() if not office.is_working(day)],
        ngay=[(axis.middle(day), short_day(day)) for s in axis.spans for day in s.days() if day.weekday() == 0],
        gap=[
            (one.end, other.x, f"{short_day(one.last + ONE_DAY)} - {short_day(other.first - ONE_DAY)}")
            for one, other in pairwise(axis.spans)
        ],
        han=_labels(deadlines, axis),
        muc={int(level): label for level, label in LEVEL.items()},
        dong_cao=ROW,
        trai=LEFT,
        tren=TOP,
    )


def _labels(deadlines: list[tuple[date, str]], axis: Axis) -> list[tuple[float, str, bool]]:
    """Each deadline's line and words; the words stand left of it where the next line is too near on the right."""
    lines = [(axis.middle(day) + DAY / 2, f"Hết {short_day(day)}: {told}") for day, told in deadlines]
    after = [*(x for x, _ in lines[1:]), axis.width + NEXT]
    return [(x, told, other - x < NEXT) for (x, told), other in zip(lines, after, strict=True)]


def _deadlines(evidence: Evidence) -> list[tuple[date, str]]:
    found: dict[date, list[str]] = defaultdict(list)
    for standing in evidence.snapshot.standings.values():
        short = evidence.rules.milestone(standing.key).short
        names = found[standing.obligation.deadline.last_day]
        if short not in names:
            names.append(short)
    last = local_day(evidence.script.end)
    return [(day, ", ".join(names)) for day, names in sorted(found.items()) if day <= last]


def _marks(evidence: Evidence) -> dict[str, list[Mark]]:
    """Every mark of every agency, letters first."""
    rules = evidence.rules
    found: dict[str, list[Mark]] = defaultdict(list)
    for letter in evidence.letters:
        stored = letter.stored.letter
        if stored.kind is not LetterKind.REMINDER:
            continue
        day = local_day(letter.at)
        for agency in dict.fromkeys(item.key.obligation.agency for item in stored.items):
            found[agency].append(
                Mark(day, f"muc-{int(stored.level)}", f"{short_day(day)}: {category_label(letter.category)}")
            )
    for key, standing in evidence.snapshot.standings.items():
        short = rules.milestone(key).short
        found[key.agency] += [Mark(d, "goi", f"{short_day(d)}: gọi điện nhắc ({short})") for d in standing.called_on]
        if standing.extended_to is not None and standing.extended_to <= local_day(evidence.script.end):
            day = standing.extended_to
            found[key.agency].append(Mark(day, "gia-han", f"{short_day(day)}: hạn mới ({short})"))
        if standing.settlement is not None:
            act = standing.settlement.act.day
            shape, word = ("dung-han", "gửi đúng hạn") if standing.settlement.on_time else ("qua-han", "gửi quá hạn")
            found[key.agency].append(Mark(act, shape, f"{short_day(act)}: {word} ({short})"))
    return found


def _placed(marks: Iterable[Mark], axis: Axis, y: float) -> list[Placed]:
    """Marks of one row; those of one day stand side by side, one high, one low."""
    by_day: dict[date, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_day[mark.day].append(mark)
    placed = []
    for day, same in sorted(by_day.items()):
        for n, mark in enumerate(same):
            aside = (n - (len(same) - 1) / 2) * SIDE
            aslant = 0.0 if len(same) == 1 else SLANT if n % 2 else -SLANT
            placed.append(Placed(round(axis.middle(day) + aside, 2), y + ROW / 2 + aslant, mark.shape, mark.told))
    return placed
