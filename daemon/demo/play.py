"""Plays the script: the daemon's own engine under a virtual clock, instant by instant, against local servers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from daemon import logs
from daemon.app import App
from daemon.clock import VirtualClock, at, local, local_day
from daemon.demo.acting import Actor
from daemon.demo.arrivals import acts
from daemon.demo.evidence import Evidence, gather
from daemon.demo.progress import Progress
from daemon.demo.scenario import Scenario, load_scenario
from daemon.demo.shelf import fill
from daemon.demo.stage import clear, furnish, open_demo
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.rehearsal import step_hours
from daemon.judgement.rulebook import Rulebook
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from daemon.store.listing import next_at

PAUSE = 0.5
"""Seconds a day with letters is held on the screen with --slow."""

MOST_TICKS = 10
"""Ticks at one instant before the engine is taken to run in circles."""


def play(out: Path, *, slow: bool) -> int:
    """Play the shipped script into the folder `out`; return the exit status: 0 if all went as scripted.

    ConfigError if the folder is somebody else's or cannot be written.
    """
    logs.configure("error")
    evidence = play_script(out, load_scenario(), sys.stdout, PAUSE if slow else 0.0)
    return 0 if evidence.sound else 1


def play_script(out: Path, script: Scenario, stream: TextIO, pause: float) -> Evidence:
    """Play any script into `out` and fill the shelf there; `pause` in seconds after each day with letters."""
    clear(out)
    evidence = asyncio.run(perform(out, script, Progress(stream, pause)))
    stream.write(fill(out, evidence))
    return evidence


async def perform(out: Path, script: Scenario, progress: Progress) -> Evidence:
    """Run the daemon from the script's start to its end in an emptied folder; return what can be shown of it."""
    settings = furnish(out)
    clock = VirtualClock(script.start)
    async with LocalMail(clock.now) as mail, LocalZaloBot(clock.now) as zalo:
        app = open_demo(settings, script, clock, mail, zalo)
        try:
            actor = Actor(app, acts(script, app.generation.rules))
            run = _Run(app, clock, actor, progress, lambda: len(mail.accepted) + len(zalo.accepted))
            await run.through(script)
            return gather(app, actor, script, mail, zalo)
        finally:
            await app.aclose()


class _Run:
    """The way through the year: from one instant that matters to the next."""

    def __init__(
        self, app: App, clock: VirtualClock, actor: Actor, progress: Progress, accepted: Callable[[], int]
    ) -> None:
        self.app = app
        self.clock = clock
        self.actor = actor
        self.progress = progress
        self.accepted = accepted

    async def through(self, script: Scenario) -> None:
        """Stop at the start, at step hours of working days, at scripted acts and where a letter is tried again."""
        rules = self.app.generation.rules
        acts_at = (act.at for act in self.actor.waiting if act.at < script.end)
        told = set(_office_hours(self.app, script))
        stops = sorted({script.start, *_step_hours(rules, script), *told, *acts_at})
        now: datetime | None = script.start
        while now is not None:
            self.clock.move_to(now)
            did = await asyncio.to_thread(self.actor.act_until, now)
            if now == script.start or now in told or _open(rules, now):
                await self._tick()
            await self.progress.saw(self.app, now, did, self.accepted())
            later = [stop for stop in stops if stop > now]
            again = await asyncio.to_thread(self._next_try)
            soonest = [instant for instant in (*later[:1], again) if instant is not None and now < instant < script.end]
            now = min(soonest, default=None)
        await self.progress.end()

    async def _tick(self) -> None:
        """Tick until nothing is left that could go now."""
        for _ in range(MOST_TICKS):
            await self.app.tick()
            await self.app.settle()
            again = await asyncio.to_thread(self._next_try)
            if again is None or again > self.clock.now():
                return
        raise RuntimeError("the daemon finds something to send at one instant for ever")

    def _next_try(self) -> datetime | None:
        with self.app.database.read() as conn:
            return next_at(conn)


def _step_hours(rules: Rulebook, script: Scenario) -> list[datetime]:
    days = (local_day(script.end) - local_day(script.start)).days
    working = [day for n in range(days + 1) if rules.office.is_working(day := local_day(script.start) + ONE_DAY * n)]
    hours = [at(day, hour) for day in working for hour in step_hours(rules)]
    return [hour for hour in hours if script.start < hour < script.end]


def _office_hours(app: App, script: Scenario) -> list[datetime]:
    """When the office's own letters are due: on working days, the report before the hours in which others leave."""
    hours = [hour for hour in (app.settings.weekly_report, app.settings.tomorrow_note) if hour is not None]
    rules, first = app.generation.rules, local_day(script.start)
    days = [first + ONE_DAY * n for n in range((local_day(script.end) - first).days + 1)]
    found = [at(day, hour) for day in days if rules.office.is_working(day) for hour in hours]
    return [instant for instant in found if script.start < instant < script.end]


def _open(rules: Rulebook, now: datetime) -> bool:
    """Say whether letters may leave at all: outside office hours the daemon would look and find nothing to do."""
    clock = local(now).time()
    inside = any(window.opens <= clock < window.closes for window in rules.windows)
    return inside and rules.office.is_working(local_day(now))
