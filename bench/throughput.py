"""Ten thousand letters due at once with the limit at fifty a second: the rate, the order, the memory.

`python -m bench.throughput` prints what a local mail server saw. The order is that of the claims: nearest deadlines
first, then the longest overdue; the rate is by the server's own times. Letters start at the rate and arrive when their
commits are done, so a second in which a few late ones arrive holds more than the rate, the one before it less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean

from daemon.clock import SystemClock
from daemon.domain.entries import Mark
from tests.support.station import Station, entered, stationed
from tests.support.station_files import Load

AHEAD = (3, 1, 8, 5)
OVERDUE = (-2, -5, -3)
KNOWN = 12  # days ago, when nothing was overdue yet
TICK = 15  # seconds, as installed
WORKERS = 16  # with four the commits a letter waits for keep it below thirty a second
MEBIBYTE = 1024


@dataclass
class Rush:
    """`letters` due at once and `per_second` of them at most; `samples`: letters gone -> resident MiB of the daemon."""

    station: Station
    letters: int
    per_second: int
    officers: int = 1
    marks: tuple[int, ...] = (0,)
    samples: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        """Send everything."""
        load = Load(
            self.letters // self.officers, self.station.serve(), self.officers, lease=60, deadlines=AHEAD + OVERDUE,
            known=KNOWN, workers=WORKERS, tick=TICK, rate=f"moi-giay: {self.per_second}, moi-gio: không giới hạn",
        )  # fmt: skip
        self.station.set_up(load)
        # Who is overdue is written to once the record is said to be complete.
        asyncio.run(entered(self.station.settings, Mark("so-noi-vu", SystemClock().now())))
        daemon = self.station.run()
        ahead = list(self.marks)

        def done() -> bool:
            waiting = self.station.waiting()
            while ahead and 0 <= waiting <= self.letters - ahead[0]:
                self.samples[ahead.pop(0)] = resident(daemon.pid)
            return waiting == 0

        self.station.wait_for(daemon, done, looks=10 * self.letters)
        assert self.station.stop(daemon) == 0

    def arrivals(self) -> list[datetime]:
        """Return when the server took each letter, in its own time."""
        found = [json.loads(path.read_text("utf-8"))["at"] for path in self.station.kept.glob("[0-9]*.json")]
        return sorted(datetime.fromisoformat(at) for at in found)

    def began(self) -> datetime:
        """Return when the daemon said that it had started, before anything was claimed."""
        (line,) = [line for line in self.station.log() if line["event"] == "daemon_started"]
        return datetime.fromisoformat(line["timestamp"])

    def too_early(self) -> int:
        """Return how many letters arrived before the n-th may at this rate, counted from the start."""
        spacing = timedelta(seconds=1 / self.per_second)
        began = self.began()
        return sum(at < began + n * spacing for n, at in enumerate(self.arrivals()))

    def each_second(self) -> Counter[int]:
        """Return how many letters arrived in each second from the first on."""
        found = self.arrivals()
        return Counter(int((at - found[0]).total_seconds()) for at in found)

    def inversions(self) -> int:
        """Return how often a letter was claimed before one whose turn came first."""
        rows = self.station.rows(
            "SELECT letter.due_at FROM attempt JOIN delivery ON delivery.id = delivery "
            "JOIN letter ON letter.id = letter ORDER BY attempt.rowid"
        )
        now = self.began()
        turns = [(due <= now, due) for due in (datetime.fromisoformat(due) for (due,) in rows)]
        return sum(earlier > later for earlier, later in pairwise(turns))


def resident(pid: int) -> float:
    """Return a process's resident memory in MiB."""
    said = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in said.splitlines() if line.startswith("VmRSS"))) / MEBIBYTE


def main() -> int:
    """Return 1 if the rate was not kept, the order not, or memory grew by more than a tenth."""
    parser = argparse.ArgumentParser(prog="python -m bench.throughput", description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=50)
    asked = parser.parse_args()
    marks = (0, asked.letters // 10, *(asked.letters * quarters // 4 for quarters in range(1, 5)))
    with tempfile.TemporaryDirectory(prefix="rush-") as folder, stationed(Path(folder)) as station:
        rush = Rush(station, asked.letters, asked.rate, officers=10, marks=marks)
        rush.run()
        each, early, inversions = rush.each_second(), rush.too_early(), rush.inversions()
    full = [each[second] for second in range(max(each))]  # the last second is not a whole one
    print(f"{asked.letters} letters in {max(each) + 1} s at {asked.rate} a second at most")
    print(f"letters in a second: max {max(full)}, mean {mean(full):.1f}; before their time by the rate: {early}")
    for count, seconds in sorted(Counter(full).items()):
        print(f"  {count:4d} {'#' * min(seconds, 100)} {seconds}")
    print(f"out of their turn: {inversions}")
    print("memory: " + ", ".join(f"{size:.0f} MiB after {gone}" for gone, size in rush.samples.items()))
    grown = rush.samples[marks[-1]] / rush.samples[marks[1]]
    return 1 if early or inversions or grown > 1.1 else 0


if __name__ == "__main__":
    sys.exit(main())
