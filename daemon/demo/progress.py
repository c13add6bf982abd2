"""What a person watching sees: one line for each day on which letters left or documents came."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from textwrap import wrap
from typing import TextIO

from daemon.app import App
from daemon.clock import local_day
from daemon.demo.evidence import category, category_label
from daemon.demo.scenario import Act
from daemon.domain.entries import KIND_OF, Mark, Returned
from daemon.domain.words import ACCEPTED_STATES
from daemon.judgement.dates_vi import short_day, weekday
from daemon.rendering.labels import ENTRY_KIND, RETURNED
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryFilter, deliveries

WIDTH = 80
_INDENT = 18
_LONGEST_HELD = timedelta(days=30)  # how long after its day a letter may come to be approved here


class Progress:
    """Prints to `stream`; after a day with letters it waits `pause` seconds."""

    def __init__(self, stream: TextIO, pause: float) -> None:
        self._stream = stream
        self._pause = pause
        self._day: date | None = None
        self._letters: Counter[str] = Counter()
        self._acts: Counter[str] = Counter()
        self._counted: set[str] = set()
        self._accepted = 0

    async def saw(self, app: App, now: datetime, did: Sequence[Act], accepted: int) -> None:
        """Take note of what happened at `now`; `accepted`: what the servers have taken so far. A new day prints."""
        if self._day is not None and self._day != local_day(now):
            await self.end()
        self._day = local_day(now)
        self._acts.update(_name(act).lower() for act in did if not isinstance(act.body, Mark))
        if accepted > self._accepted:
            self._accepted = accepted
            self._letters.update(self._new_letters(app, self._day))

    def _new_letters(self, app: App, day: date) -> list[str]:
        with app.database.read() as conn:
            asked = DeliveryFilter(states=tuple(ACCEPTED_STATES), since=day - _LONGEST_HELD)
            new = {line.key.letter for line in deliveries(conn, asked)} - self._counted
            stored = stored_letters(conn, new)
        self._counted |= new
        return [category_label(category(stored[id_])).lower() for id_ in sorted(new)]

    async def end(self) -> None:
        """Print the day, if anything happened on it."""
        if self._day is None or not (self._letters or self._acts):
            return
        self._stream.write(day_lines(self._day, self._letters, self._acts))
        self._stream.flush()
        if self._letters and self._pause:
            await asyncio.sleep(self._pause)
        self._letters.clear()
        self._acts.clear()


def _name(act: Act) -> str:
    return RETURNED[act.body.how] if isinstance(act.body, Returned) else ENTRY_KIND[KIND_OF[type(act.body)]]


def day_lines(day: date, letters: Counter[str], acts: Counter[str]) -> str:
    """Return one day in at most 80 columns: "28/3  thứ Hai     39 thư (39 thông báo)"."""
    told = []
    if letters:
        told.append(f"{letters.total()} thư ({_counted(letters)})")
    if acts:
        told.append(f"nhập sổ: {_counted(acts)}")
    head = f"{short_day(day):>5}  {weekday(day):<9}"
    lines = wrap("; ".join(told), WIDTH - _INDENT)
    return "".join(f"{head if n == 0 else '':<{_INDENT}}{line}\n" for n, line in enumerate(lines))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
