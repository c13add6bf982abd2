"""A real `dondoc run` on files by which letters leave at any hour, and a mail server, each its own process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from daemon.app import App
from daemon.clock import SystemClock, VirtualClock
from daemon.domain.entries import Body
from daemon.domain.words import Channel
from daemon.files.settings import load_settings
from daemon.managers.intake import Wanted
from daemon.managers.reloader import read_generation
from daemon.store.opening import open_database
from daemon.store.tables import COMPOSITION
from notifiers.memory import MemoryNotifier
from tests.support.fresh import new_database
from tests.support.station_files import Load, make_files

DONDOC = Path(sys.executable).with_name("dondoc")
A_MOMENT = 0.02  # seconds between two looks at another process's work
PATIENCE = 6000  # looks
HOST = "127.0.0.1"


async def meet(settings_path: Path, days_ago: int) -> None:
    """Make the database as if the daemon had met its obligations days ago, so that letters are due today.

    No day's work is kept, or the daemon would tell that it stood still since.
    """
    settings = load_settings(settings_path)
    clock = VirtualClock(SystemClock().now() - timedelta(days=days_ago))
    new_database(settings.database, now=clock.now())
    generation = read_generation(settings, clock.now())
    app = App(settings, generation, open_database(settings.database), {Channel.EMAIL: MemoryNotifier()}, clock)
    report = await app.tick()
    with app.database.write() as conn:
        conn.execute(delete(COMPOSITION))
    await app.aclose()
    assert report.planned.met
    assert not report.planned.letters


@asynccontextmanager
async def idle_app(settings_path: Path) -> AsyncIterator[App]:
    """Give an App on these files that sends nothing by itself."""
    settings, clock = load_settings(settings_path), SystemClock()
    generation = read_generation(settings, clock.now())
    app = App(settings, generation, open_database(settings.database), {Channel.EMAIL: MemoryNotifier()}, clock)
    yield app
    await app.aclose()


async def plan(settings_path: Path) -> None:
    """Put the letters that are due now into the outbox."""
    async with idle_app(settings_path) as app:
        app.planner.run(app.clock.now())


async def entered(settings_path: Path, body: Body) -> None:
    """Enter something now."""
    async with idle_app(settings_path) as app:
        app.intake.enter([Wanted(body)], "chi-lan", app.clock.now())


@dataclass
class Station:
    """A folder with files and a database, the daemon on it and the mail server it writes to."""

    folder: Path
    settings: Path = field(init=False)
    stack: ExitStack = field(default_factory=ExitStack)
    starts: int = 0

    @property
    def kept(self) -> Path:
        """Where the mail server keeps what it accepted."""
        return self.folder / "kept"

    @property
    def hold(self) -> Path:
        """While this file exists the mail server keeps letters and does not answer for them."""
        return self.folder / "hold"

    @property
    def database(self) -> Path:
        """Where the database lies."""
        return self.folder / "dondoc.db"

    def begin(self, agencies: int, *, port: int | None = None, **more: Any) -> None:
        """Write the files and make the database; the mail server is started unless its `port` is given.

        `more` is what else a `Load` says.
        """
        self.set_up(Load(agencies, self.serve() if port is None else port, **more))

    def set_up(self, load: Load) -> None:
        """Write the files and make the database."""
        self.settings = make_files(self.folder, load)
        asyncio.run(meet(self.settings, load.known))

    def serve(self, port: int = 0) -> int:
        """Start the mail server and return its port."""
        kept = ("--out", self.kept, "--hold", self.hold, "--port", str(port))
        return self.listening(self.process(sys.executable, "-m", "daemon.local.mail", *kept))

    @staticmethod
    def listening(server: subprocess.Popen[str]) -> int:
        """Return the port a server says it listens on."""
        assert server.stdout is not None
        return int(server.stdout.readline())

    def plan(self) -> None:
        """Plan the letters that are due without sending any."""
        asyncio.run(plan(self.settings))

    def process(self, *command: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Start a process that is killed at the end of the test if it still runs."""
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "env": self.environment()} | options
        started: subprocess.Popen[str] = subprocess.Popen([*map(str, command)], text=True, **given)
        self.stack.enter_context(started)
        self.stack.callback(started.kill)
        return started

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that nobody supervises."""
        return {name: value for name, value in os.environ.items() if name not in {"NOTIFY_SOCKET", "DONDOC_CONFIG"}}

    def command(self, *words: str) -> list[str | Path]:
        """Return a command line on these files."""
        return [DONDOC, *words, "--config", self.settings]

    def run(self, **more: str) -> subprocess.Popen[str]:
        """Start `dondoc run`; its log goes to a file of its own. `more` goes into its environment."""
        self.starts += 1
        with self.log_path(self.starts).open("w") as log:
            environment = self.environment() | more
            return self.process(*self.command("run"), stdout=subprocess.DEVNULL, stderr=log, env=environment)

    def log_path(self, start: int) -> Path:
        """Return where a daemon's log lies."""
        return self.folder / f"run-{start}.log"

    def log(self) -> list[dict[str, Any]]:
        """Return what the latest daemon logged, the last line left out while it is being written."""
        lines = self.log_path(self.starts).read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def events(self) -> list[str]:
        """Return the names of the events the latest daemon logged."""
        return [line["event"] for line in self.log()]

    def wait_for(self, daemon: subprocess.Popen[str], happened: Callable[[], bool], looks: int = PATIENCE) -> None:
        """Return when something has happened; fail if the daemon ends before it, or after so many looks."""
        for _ in range(looks):
            if happened():
                return
            try:
                code = daemon.wait(timeout=A_MOMENT)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(
                f"dondoc run ended with {code}: {self.log_path(self.starts).read_text('utf-8')[-2000:]}"
            )
        raise AssertionError(f"it did not happen: {self.log_path(self.starts).read_text('utf-8')[-2000:]}")

    def ask(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run another command on the same files and check its exit status."""
        done = subprocess.run(
            [*map(str, self.command(*words))], capture_output=True, text=True, timeout=100, check=False,
            env=self.environment(),
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def accepted(self) -> int:
        """Return how many letters the mail server has on its disk."""
        return sum(1 for _ in self.kept.glob("[0-9]*.eml"))

    def has_accepted(self, letters: int) -> bool:
        """Say whether the mail server has at least that many."""
        return self.accepted() >= letters

    def letters(self) -> Mapping[str, list[bytes]]:
        """Return what was accepted for each recipient, in order."""
        found: dict[str, list[bytes]] = defaultdict(list)
        for path in sorted(self.kept.glob("[0-9]*.eml")):
            for recipient in json.loads(path.with_suffix(".json").read_text("utf-8"))["to"]:
                found[recipient].append(path.read_bytes())
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the database says; what a kill left half-done is rolled back, as by any other command."""
        with closing(sqlite3.connect(self.database, timeout=30)) as conn:
            conn.execute("PRAGMA query_only = ON")
            return list(conn.execute(query))

    def change(self, statement: str) -> None:
        """Change the database as no program of ours would."""
        with closing(sqlite3.connect(self.database, timeout=30)) as conn, conn:
            conn.execute(statement)

    def waiting(self) -> int:
        """Return how many deliveries have not been accepted, so far as is known; -1 before there are any."""
        ((every, sent),) = self.rows("SELECT count(*), count(accepted_at) FROM delivery")
        return int(every - sent) if every else -1

    def stop(self, daemon: subprocess.Popen[str]) -> int:
        """Ask the daemon to stop as systemd does; return its exit status."""
        daemon.send_signal(signal.SIGTERM)
        return daemon.wait(timeout=100)


@contextmanager
def stationed(folder: Path) -> Iterator[Station]:
    """Give a station in a folder; every process started there has ended when the block has."""
    found = Station(folder)
    with found.stack:
        yield found
