"""A daemon that is killed and stopped at random over two troubled mail servers, until every letter has arrived."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.support.station import Station
from tests.support.station_files import Load

LEASE = 5  # seconds
PATIENCE = 4  # seconds an answer to the dot is waited for: less than the lease, far more than a server here needs
LINES = f", cho-lenh: 2 giây, cho-noi-dung: 2 giây, cho-tra-loi: {PATIENCE} giây"
OFFICERS = 10
PASS_OVER = """UPDATE delivery SET next_at = not_before
    WHERE state IN ('pending', 'unknown') AND attempts > 0 AND next_at > not_before"""


@dataclass(frozen=True)
class Blow:
    """One kill or stop: what was sent, when it began and when the process ran again or was gone."""

    kind: str
    began: datetime
    ended: datetime


@dataclass
class Storm:
    """`letters` by two servers, `blows` kills and stops; everything by chance comes from `seed`.

    `say` is told how it goes.
    """

    station: Station
    letters: int
    blows: int
    seed: int
    say: Callable[[str], object] = lambda _: None
    struck: list[Blow] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - moments, not secrets

    @property
    def kept(self) -> tuple[Path, Path]:
        """Where the two servers keep letters and book."""
        return self.station.folder / "mot", self.station.folder / "hai"

    def rage(self) -> None:
        """Begin, strike as often as asked, then let everything come to its end."""
        began = time.monotonic()
        officers = min(OFFICERS, max(1, self.letters // 10))
        ports = [self._server(out, n) for n, out in enumerate(self.kept)]
        load = Load(self.letters // officers, ports[0], officers, ports[1], lease=LEASE, more_mail=LINES)
        self.station.set_up(load)
        daemon: subprocess.Popen[str] | None = None
        for left in range(self.blows, 0, -1):
            daemon = daemon or self.station.run()
            self._let_some_leave(daemon, left)
            daemon = self._strike(daemon)
            if left % 20 == 1:
                self.say(f"{self.blows - left + 1} blows, {self.station.waiting()} letters wait")
        daemon = daemon or self.station.run()
        self._until(daemon, 0)
        self._stop(daemon)
        self.seconds = time.monotonic() - began

    def _server(self, out: Path, n: int) -> int:
        command = (sys.executable, "-m", "tests.chaos.troubled_mail", "--out", out, "--seed", str(self.seed + n))
        return self.station.listening(self.station.process(*command))

    def _let_some_leave(self, daemon: subprocess.Popen[str], blows_left: int) -> None:
        waiting = self.station.waiting()
        waiting = self.letters if waiting < 0 else waiting
        ahead = waiting // (blows_left + 1)
        self._until(daemon, max(0, waiting - self._chance.randint(0, max(1, 2 * ahead - 1))))
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(timeout=self._chance.uniform(0, 0.15))

    def _until(self, daemon: subprocess.Popen[str], left: int) -> None:
        """Wait until at most that many letters wait; minutes between tries are passed over as if they had gone by."""

        def done() -> bool:
            waiting = self.station.waiting()
            if waiting > left:
                self.station.change(PASS_OVER)
            return 0 <= waiting <= left

        self.station.wait_for(daemon, done)

    def _stop(self, daemon: subprocess.Popen[str]) -> None:
        # Asked before it has begun to work, it ends as any program does.
        status = self.station.stop(daemon)
        assert status == 0 or (status == -signal.SIGTERM and "daemon_started" not in self.station.events()), status

    def _strike(self, daemon: subprocess.Popen[str]) -> subprocess.Popen[str] | None:
        kind = self._chance.choice(("kill -9", "kill -9", "SIGTERM", "SIGSTOP"))
        began = datetime.now(UTC)
        if kind == "SIGSTOP":
            daemon.send_signal(signal.SIGSTOP)
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(timeout=LEASE + self._chance.uniform(0.1, 1))
            daemon.send_signal(signal.SIGCONT)
        elif kind == "SIGTERM":
            self._stop(daemon)
        else:
            daemon.kill()
            assert daemon.wait() == -signal.SIGKILL
        self.struck.append(Blow(kind, began, datetime.now(UTC)))
        return daemon if kind == "SIGSTOP" else None
