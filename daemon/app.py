"""Assembly: settings become a wired App; with `channels` and `roads` all that names the concrete classes.

Doors own the clock and the loop; an App ticks when told to and never by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from daemon.channels import open_notifiers
from daemon.clock import Clock
from daemon.domain.settings import Settings
from daemon.domain.words import Channel
from daemon.errors import StoreBusy
from daemon.judgement.clock_watch import Trust, Watched
from daemon.judgement.failing import needs
from daemon.judgement.health import Trouble, engine_troubles
from daemon.judgement.linking import with_links
from daemon.judgement.snapshot import Snapshot
from daemon.managers.alarming import Alarms
from daemon.managers.clock_guard import ClockGuard
from daemon.managers.clock_telling import ClockTelling
from daemon.managers.detours import Detours
from daemon.managers.dispatcher import Dispatcher
from daemon.managers.envelopes import envelope_senders
from daemon.managers.intake import Intake
from daemon.managers.mailbox_reader import open_reader
from daemon.managers.office_letters import OfficeLetters
from daemon.managers.planner import Planned, Planner
from daemon.managers.record import Record
from daemon.managers.reloader import Generation, read_generation
from daemon.managers.removals import hold_large_removal
from daemon.managers.repairing import mend
from daemon.managers.returning import ReadReport
from daemon.managers.warning import Warnings
from daemon.managers.writing import Writer
from daemon.rendering.health import trouble_line
from daemon.roads import rates
from daemon.store.due import Due
from daemon.store.engine import Database
from daemon.store.ledger import Salts, random_salts
from daemon.store.opening import open_database
from daemon.store.probing import is_writable
from daemon.zalo_account import AccountKeeper
from daemon.zalo_bot import LinkReader
from notifiers.base import Notifier
from notifiers.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did."""

    planned: Planned
    moved: int
    dispatching: bool
    clock: Trust = Trust.FINE
    troubles: tuple[Trouble, ...] = ()

    @property
    def changed(self) -> bool:
        """Say whether anything was written or is being sent."""
        return bool(self.planned.letters or self.planned.decisions or self.planned.met or self.moved)

    def figures(self) -> Mapping[str, int]:
        """Return the counts a log line shows."""
        return {
            "letters": len(self.planned.letters),
            "decisions": len(self.planned.decisions),
            "obligations_met": self.planned.met,
            "recovered": self.moved,
        }

    def line(self) -> str:
        """Return one line for `systemctl status`."""
        if self.clock is not Trust.FINE:
            return "Tạm dừng gửi: đồng hồ máy chủ không đáng tin; xem dondoc approve"
        done = f"Lượt vừa rồi: {len(self.planned.letters)} thư mới{', đang gửi' if self.dispatching else ''}"
        return ". ".join([*map(trouble_line, self.troubles), done])


class App:
    """One node: a database, one generation of files, and who carries letters by each channel."""

    def __init__(
        self,
        settings: Settings,
        generation: Generation,
        database: Database,
        notifiers: Mapping[Channel, Notifier],
        clock: Clock,
        *,
        salts: Salts = random_salts,
        node: str = "node",
    ) -> None:
        self.settings = settings
        self.generation = generation
        self.database = database
        self.notifiers = notifiers
        self.clock = clock
        self.record = Record()
        self.guard: ClockGuard | None = None
        self._jumped = False
        # Its own: each thread that ever read the whole outbox keeps the memory that took; nothing else waits for it.
        self._ticking = ThreadPoolExecutor(1, thread_name_prefix="dondoc-tick")
        self._turn = asyncio.Lock()  # a tick sees one generation of the files from its beginning to its end
        self.link_reader = LinkReader(settings, database, clock)
        self._links = self.link_reader.links()
        self.rules = with_links(generation.rules, self._links)
        self.planner = Planner(database, self.rules, self.record, salts, settings.limits)
        self.intake = Intake(database, self.rules, self.record, salts)
        self.alarms = Alarms(database, self.record, salts, notifiers, needs(settings))
        self.warnings = Warnings(database, self.record, salts, notifiers, needs(settings))
        self.office_letters = OfficeLetters(database, self.record, settings, salts)
        self.heartbeat = Heartbeat(settings.heartbeat.url) if settings.heartbeat is not None else None
        self._probed = False
        self.ticked_at: datetime | None = None
        self.dispatcher = Dispatcher(
            database,
            self.record,
            Writer(settings, generation.templates),
            notifiers,
            clock,
            settings.pace,
            salts,
            node,
            rates=rates(settings),
            bounces_to=envelope_senders(settings, database, salts, clock.now()),
        )
        self.clock_telling = ClockTelling(self.warnings, self.dispatcher.deliverer, clock)
        self._behind = timedelta(0)
        self._telling: set[asyncio.Task[None]] = set()
        self.detours = Detours(database, self.dispatcher.roads, salts)
        self.mailbox = open_reader(settings, database, salts, notifiers)
        self.zalo_account = AccountKeeper(notifiers.get(Channel.ZALO), database, salts)

    def watch_clock(self, guard: ClockGuard) -> None:
        """Let a guard say whether the clock can be trusted: at each tick and before each letter."""
        self.guard = guard
        self.dispatcher.steady = guard.steady

    @property
    def busy(self) -> bool:
        """Say whether letters are being handed over."""
        return self.dispatcher.busy or bool(self._telling)

    async def tick(self) -> TickReport:
        """Recover, plan, and set the workers going; the letters themselves leave in the background."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            report, due = await loop.run_in_executor(self._ticking, self._tick, self.clock.now())
            self.dispatcher.kick(due)
            if report.clock is not Trust.FINE and not self._telling:
                telling = self.clock_telling.deliver(self.rules, self.planner.judge, self._behind)
                self._telling.add(task := asyncio.create_task(telling))
                task.add_done_callback(self._telling.discard)
        return report

    async def beat(self) -> list[Trouble]:
        """Tell the watcher outside that all is well, unless it is not; return what is not."""
        ill = await asyncio.to_thread(self._ill, self.clock.now())
        if ill:
            log.warning("not_well", troubles=[trouble_line(trouble) for trouble in ill])
        elif self.heartbeat is not None and (fault := await self.heartbeat.beat()):
            log.warning("heartbeat_failed", error=fault)
        return ill

    def _ill(self, now: datetime) -> list[Trouble]:
        writable = is_writable(self.database)
        engine = engine_troubles(self.ticked_at, self.settings.pace.tick, now, busy=self.busy, writable=writable)
        return engine + self.alarms.troubles(self.rules, now)

    async def tend_zalo(self) -> int:
        """Keep a Zalo OA's tokens fresh and ask what has arrived; return how many letters were confirmed."""
        return await self.zalo_account.look(self.clock.now())

    async def settle(self) -> None:
        """Wait until nothing more is being handed over."""
        await self.dispatcher.idle()
        await asyncio.gather(*self._telling)

    def _tick(self, now: datetime) -> tuple[TickReport, list[tuple[str, Due]]]:
        watched = self.guard.look() if self.guard is not None else Watched(Trust.FINE)
        if not watched.works:
            self._behind = self.clock_telling.compose(self.rules, watched, now)
            return TickReport(Planned(), 0, dispatching=False, clock=watched.trust), []
        if (links := self.link_reader.links()) != self._links:
            self._links = links
            self._follow()
        # By a clock that jumped, the leases of letters in hand only seem to have ended.
        self._jumped = (self._jumped or watched.jumped) and self.busy
        moved = 0 if self._jumped else self.dispatcher.recover(self.rules, now)
        if not self._probed:  # a restart may be what mended a channel
            self.alarms.probe(now)
            self._probed = True
        whole = True

        def part(name: str, do: Callable[[], T]) -> T | None:
            """A part that fails keeps back no letter that waits already, but the tick does not count as finished."""
            nonlocal whole
            try:
                return do()
            except StoreBusy:
                raise
            except Exception:  # whatever it is: the other parts, and the letters that wait, are not to pay for it
                log.exception("part_failed", part=name)
                whole = False
                return None

        part("clock_telling", lambda: self.clock_telling.well(self.rules, now))
        planned = part("planner", lambda: self.planner.run(now)) or Planned()
        alarms = part("alarms", lambda: self.alarms.run(self.rules, now)) or ()
        warnings = part("warnings", lambda: self.warnings.run(self.rules, now)) or ()
        to_office = part("office_letters", lambda: self.office_letters.run(self.rules, now)) or ()
        planned = replace(planned, letters=(*planned.letters, *alarms, *warnings, *to_office))
        part("detours", lambda: self.detours.run(self.rules, now))
        due = self.dispatcher.look(lambda: self.snapshot(now), self.planner.judge, now)
        ill = tuple(part("troubles", lambda: self.alarms.troubles(self.rules, now)) or ())
        if whole:
            self.ticked_at = now
        return TickReport(planned, moved, bool(due), troubles=ill), due

    def _follow(self) -> None:
        """Judge from now on by the files and links in force."""
        self.rules = with_links(self.generation.rules, self._links)
        self.planner.follow(self.rules)
        self.intake.rules = self.rules

    async def read_links(self) -> None:
        """Link people who wrote their codes to the Zalo bot; the next tick writes to them there."""
        await self.link_reader.read_once(self.rules)

    async def read_mailbox(self) -> ReadReport | None:
        """Read the mailbox reports come to; the roads they open are taken by the next tick. None without a mailbox."""
        if self.mailbox is None:
            return None
        return await self.mailbox.read_once(self.rules, self.clock.now())

    def snapshot(self, now: datetime) -> Snapshot:
        """Return the record as it stands."""
        with self.database.read() as conn:
            return self.record.snapshot(conn, self.rules, now)

    async def reload(self) -> None:
        """Take new files into force; ConfigError leaves the old ones in force and changes nothing."""
        generation = await asyncio.to_thread(self._read, self.clock.now())
        async with self._turn:
            self.generation = generation
            self._follow()
            await asyncio.to_thread(mend, self.database, self.rules, self.clock.now())
            self.dispatcher.deliverer.last_look.writer = Writer(self.settings, generation.templates)
        log.info("reloaded", digest=generation.loaded.digest, plans=len(generation.rules.plans))

    def _read(self, now: datetime) -> Generation:
        generation = read_generation(self.settings, now)
        hold_large_removal(self.database, self.record, generation, self.settings.limits, now, self.generation.rules)
        return generation

    async def drain(self, seconds: float) -> bool:
        """Finish the letters in hand, claim no more; say whether all ended in time."""
        left = (await asyncio.wait(self._telling, timeout=seconds))[1] if self._telling else set()
        return await self.dispatcher.drain(seconds) and not left

    async def aclose(self) -> None:
        """Close the channels and the database."""
        await asyncio.to_thread(self._ticking.shutdown)
        await self.dispatcher.aclose()
        for notifier in dict.fromkeys(self.notifiers.values()):
            await notifier.aclose()
        await self.link_reader.aclose()
        if self.heartbeat is not None:
            await self.heartbeat.aclose()
        self.database.close()


def open_app(settings: Settings, clock: Clock, *, node: str = "node") -> App:
    """Return an App on the settings' files, database and channels.

    ConfigError or DatabaseRefused if one is unfit, or the files drop too much of what is being chased.
    """
    generation = read_generation(settings, clock.now())
    with ExitStack() as undo:
        database = undo.enter_context(open_database(settings.database))
        hold_large_removal(database, Record(), generation, settings.limits, clock.now())
        app = App(settings, generation, database, open_notifiers(settings, clock, database), clock, node=node)
        undo.pop_all()
    return app
