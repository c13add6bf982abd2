"""The daemon in the foreground: APScheduler is its alarm clock, signals become events, stopping drains.

What is due lives in the database; the scheduler only wakes the loop (memory store, two jobs, nothing pickled).
A tick that raises is logged and the next one goes on: one bad hour must not end a year's work.
"""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from daemon.app import App
from daemon.clock import SystemClock
from daemon.errors import ConfigError, DondocError, StoreBusy
from daemon.managers.clock_guard import ClockGuard
from daemon.sd_notify import ServiceManager, watchdog_interval
from daemon.store.ledger import random_salts

STALE_AFTER = 3  # ticks: an engine that has not finished one for longer is not called alive

ZALO_EVERY = 60  # seconds between looks at an OA's tokens and receipts

log = structlog.get_logger(__name__)


class Service:
    """Runs an App until it is told to stop."""

    def __init__(self, app: App, manager: ServiceManager) -> None:
        self.app = app
        self.manager = manager
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        self.finished_at: datetime | None = None

    async def run(self) -> None:
        """Tick, answer signals, and drain: the letter in hand is finished, nothing new is claimed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        if isinstance(self.app.clock, SystemClock):
            self.app.watch_clock(ClockGuard(self.app.database, random_salts))
        scheduler = self._scheduler()
        scheduler.start()
        keeping = asyncio.create_task(self._keep_time(scheduler))
        self.manager.ready()
        log.info("daemon_started", tick_seconds=self.app.settings.pace.tick)
        try:
            await self._until_stopped()
        finally:
            keeping.cancel()
            self.manager.stopping()
            scheduler.pause()
            drained = await self.app.drain(self.app.settings.pace.drain)
            log.info("daemon_stopped", drained=drained)
            # Only now: shutting the scheduler down cancels a coroutine job that is still running.
            scheduler.shutdown(wait=False)

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        now = datetime.now(UTC)
        scheduler.add_job(self._tick, "interval", seconds=self.app.settings.pace.tick, id="tick", next_run_time=now)
        alive = watchdog_interval(os.environ)
        if alive is not None:
            scheduler.add_job(self._say_alive, "interval", seconds=alive, id="watchdog")
        beats = self.app.settings.heartbeat
        if beats is not None:
            scheduler.add_job(self.app.beat, "interval", seconds=beats.every, id="heartbeat")
        mailbox = self.app.settings.mailbox
        if mailbox is not None:
            scheduler.add_job(self._read_mailbox, "interval", seconds=mailbox.every, id="mailbox", next_run_time=now)
        zalo = self.app.settings.zalo
        if zalo is not None and zalo.kind == "bot":
            scheduler.add_job(self.app.read_links, "interval", seconds=self.app.settings.pace.tick, id="links")
        if zalo is not None and zalo.kind in {"oa", "zbs"}:
            scheduler.add_job(self._tend_zalo, "interval", seconds=ZALO_EVERY, id="zalo", next_run_time=now)
        scheduler.add_listener(_listen, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        return scheduler

    async def _keep_time(self, scheduler: AsyncIOScheduler) -> None:
        """Wake the jobs that a clock set back would let sleep; the loop's own time never goes back."""
        tick = self.app.settings.pace.tick
        while True:
            await asyncio.sleep(tick)
            now = datetime.now(UTC)
            for job in scheduler.get_jobs():
                if job.next_run_time - now > job.trigger.interval + timedelta(seconds=tick):
                    job.modify(next_run_time=now)

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self.stop.is_set():  # asked twice: the second time ends at once, as a crash would
            os._exit(128 + number)
        self.stop.set()

    async def _until_stopped(self) -> None:
        stopping = asyncio.create_task(self.stop.wait())
        while not stopping.done():
            reloading = asyncio.create_task(self.reload.wait())
            await asyncio.wait({stopping, reloading}, return_when=asyncio.FIRST_COMPLETED)
            if reloading.done():
                self.reload.clear()
                await self._reload()
            else:
                reloading.cancel()

    async def _reload(self) -> None:
        self.manager.reloading()
        try:
            await self.app.reload()
        except ConfigError as error:
            # The last good set stays in force; the operator sees every problem with its place.
            log.error("reload_refused", problems=str(error).splitlines())
            self.manager.status("Tệp mới có lỗi, vẫn dùng bản trước")
        except DondocError as error:
            log.error("reload_failed", error=str(error))
        self.manager.ready()

    async def _tick(self) -> None:
        try:
            report = await self.app.tick()
        except StoreBusy as error:
            log.warning("tick_postponed", error=str(error))
        else:
            if report.changed:
                log.info("tick", **report.figures())
            self.manager.status(report.line())
        self.finished_at = self.app.clock.now()

    async def _read_mailbox(self) -> None:
        try:
            await self.app.read_mailbox()
        except StoreBusy as error:
            log.warning("mailbox_postponed", error=str(error))

    async def _tend_zalo(self) -> None:
        try:
            await self.app.tend_zalo()
        except StoreBusy as error:
            log.warning("zalo_postponed", error=str(error))

    def _say_alive(self) -> None:
        limit = timedelta(seconds=STALE_AFTER * self.app.settings.pace.tick)
        if self.app.busy or (self.finished_at is not None and self.app.clock.now() - self.finished_at < limit):
            self.manager.watchdog()


def _listen(event: JobExecutionEvent) -> None:
    if event.code == EVENT_JOB_ERROR:
        log.error("job_failed", job=event.job_id, exc_info=event.exception)
    elif event.code == EVENT_JOB_MISSED:
        log.warning("job_missed", job=event.job_id)
    else:
        log.debug("job_still_running", job=event.job_id)
