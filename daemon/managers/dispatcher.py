"""The dispatcher: looks what is due, queues it by server or app, and keeps workers on each queue until it is empty.

A slow server holds up its own queue and no other; a paused one is tried with one letter now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from daemon.clock import Clock
from daemon.domain.settings import Pace
from daemon.domain.words import Channel
from daemon.errors import StoreBusy
from daemon.judgement.dispatching import Hours, hours_of
from daemon.judgement.judging import Judge
from daemon.judgement.rates import HOUR, Rate
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.managers.delivering import Deliverer, Grounds
from daemon.managers.envelopes import BouncesTo
from daemon.managers.last_look import LastLook
from daemon.managers.queues import Queues
from daemon.managers.record import Record
from daemon.managers.road_watch import RoadWatch, let_go
from daemon.managers.writing import Writer
from daemon.store.claiming import recover
from daemon.store.due import Due, due_deliveries, postpone, starts_since
from daemon.store.engine import Database
from daemon.store.group_commit import GroupCommit
from daemon.store.ledger import Salts
from daemon.store.letters import stored_letters
from daemon.store.settling import expire
from notifiers.base import Notifier

log = structlog.get_logger(__name__)

CHUNK = 200
"""Letters read at once to learn their sending hours."""


class Dispatcher:
    """Delivers for one node. `notifiers` maps a channel to who carries it; `rates` a route to how fast."""

    def __init__(
        self,
        database: Database,
        record: Record,
        writer: Writer,
        notifiers: Mapping[Channel, Notifier],
        clock: Clock,
        pace: Pace,
        salts: Salts,
        node: str,
        *,
        rates: Mapping[str, Rate],
        bounces_to: BouncesTo,
    ) -> None:
        self.database = database
        self.clock = clock
        self.pace = pace
        self._salts = salts
        self.steady: Callable[[], bool] = _always  # asked before each letter: by a clock that jumped none is claimed
        self._store = GroupCommit(database)
        self._queues = Queues({} if pace.in_turn else rates, self._past)
        self.roads = RoadWatch(notifiers)
        self.deliverer = Deliverer(
            store=self._store,
            record=record,
            last_look=LastLook(record, writer, salts),
            notifiers=notifiers,
            roads=self.roads,
            clock=clock,
            pace=pace,
            salts=salts,
            node=node,
            on_roads=self._look_again,
            on_pause=self._drop,
            bounces_to=bounces_to,
        )
        self._hours: dict[str, Hours] = {}
        self._grounds: Grounds | None = None
        self._workers: dict[asyncio.Task[None], str] = {}
        self._stop = asyncio.Event()
        self._more = False

    def recover(self, rules: Rulebook, now: datetime) -> int:
        """Resolve what a crash left behind and end what is no longer of use; return how many deliveries moved."""
        with self.database.write() as conn:
            in_hand = frozenset(self.deliverer.in_hand)
            resend_at = partial(self.deliverer.resend_at, rules=rules, now=now)
            recovered = recover(conn, now, self._salts, resend_at, in_hand)
            for letter in recovered.given_up:
                self.deliverer.open_roads(conn, letter, rules, now)
            expired = expire(conn, now, self._salts)
        moved = recovered.pending + recovered.unknown + expired
        if moved:
            log.info("recovered", pending=recovered.pending, unknown=recovered.unknown, expired=expired)
        return moved

    def look(self, snapshot: Callable[[], Snapshot], judge: Judge, now: datetime) -> list[tuple[str, Due]]:
        """Return what may leave now as (route, delivery), in the order of its turn; what may not is put off.

        `snapshot` gives the files and letters past by which what leaves now is judged; it is asked only if needed.
        """
        with self.database.read() as conn:
            due = due_deliveries(conn, now)
            paused = self.roads.look(conn, now)
        if not due:
            self._hours = {}
            return []
        known = snapshot()
        grounds = Grounds(known, judge, partial(address_of, known.rules))
        if self._grounds is None or self._grounds.rules is not grounds.rules:
            self._hours = {}
        self._grounds = grounds
        open_ = let_go(self._in_hours(due, grounds.rules, now), paused, partial(self._road, grounds), now)
        return [(self._route(one, grounds), one) for one in open_]

    def kick(self, due: list[tuple[str, Due]]) -> None:
        """Queue what may leave and start the workers that are not at work."""
        self._queues.refill(due)
        busy = list(self._workers.values())
        for route in self._queues.routes():
            for _ in range((1 if self.pace.in_turn else self.pace.workers) - busy.count(route)):
                worker = asyncio.create_task(self._work(route))
                self._workers[worker] = route
                worker.add_done_callback(self._workers.pop)

    @property
    def busy(self) -> bool:
        """Say whether a worker is at work."""
        return bool(self._workers)

    async def idle(self) -> None:
        """Wait until nothing more is due."""
        while self._workers:
            await asyncio.gather(*self._workers)

    async def drain(self, seconds: float) -> bool:
        """Claim nothing more and wait for the letters in hand; say whether all were finished in time."""
        self._stop.set()
        if not self._workers:
            return True
        _, left = await asyncio.wait(self._workers, timeout=seconds)
        for worker in left:
            worker.cancel()
        return not left

    async def aclose(self) -> None:
        """End the writing thread; nothing is delivered afterwards."""
        await asyncio.to_thread(self._store.close)

    async def _work(self, route: str) -> None:
        while not self._stop.is_set() and self.steady():
            found = self._queues.take(route, self.clock.now())
            if isinstance(found, datetime):
                if not await self._rest(found):
                    return
            elif found is not None:
                await self._deliver(found)
            elif self._more:
                self._more = False
                await self._refill()  # what it cannot read now, the next tick will
            else:
                return

    async def _deliver(self, due: Due) -> None:
        assert self._grounds is not None  # queued only after a look
        try:
            await self.deliverer.deliver(due, self._grounds)
        except StoreBusy as error:
            log.warning("dispatch_postponed", error=str(error))
            self._queues.clear()
        except Exception:  # the claim ends with its lease; the others' turn comes
            log.exception("dispatch_failed", letter=due.letter)

    async def _rest(self, until: datetime) -> bool:
        """Wait for the pace; False when told to stop, or when the next tick comes first."""
        before = self.clock.now()
        seconds = (until - before).total_seconds()
        if seconds > self.pace.tick:
            return False
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return self.clock.now() > before  # a virtual clock stands still meanwhile
        return False

    def _look_again(self) -> None:
        """Somebody may have written a delivery that is due at once: the pass is not over."""
        self._more = True

    async def _refill(self) -> None:
        grounds = self._grounds
        assert grounds is not None
        now = self.clock.now()

        def read() -> list[tuple[str, Due]]:
            with self.database.read() as conn:
                due, paused = due_deliveries(conn, now), self.roads.look(conn, now)
            return [(self._route(one, grounds), one) for one in let_go(due, paused, partial(self._road, grounds), now)]

        try:
            self.kick(await asyncio.to_thread(read))
        except StoreBusy as error:
            log.warning("refill_postponed", error=str(error))

    def _in_hours(self, due: list[Due], rules: Rulebook, now: datetime) -> list[Due]:
        letters = list(dict.fromkeys(one.letter for one in due))
        new = [id_ for id_ in letters if id_ not in self._hours]
        self._hours = {id_: self._hours[id_] for id_ in letters if id_ in self._hours}
        for n in range(0, len(new), CHUNK):
            with self.database.read() as conn:
                found = stored_letters(conn, new[n : n + CHUNK])
            self._hours |= {id_: hours_of(stored.letter, rules) for id_, stored in found.items()}
        # Of an agency the files have lost since, it is taken back when it is claimed; by day or night nothing leaves.
        known = {hours for hours in self._hours.values() if hours.agency in rules.register.by_id}
        opening = {hours: hours.next_from(rules, now) if hours in known else now for hours in self._hours.values()}
        closed = {id_: opening[hours] for id_, hours in self._hours.items() if opening[hours] > now}
        if closed:
            with self.database.write() as conn:
                for id_, hour in closed.items():
                    postpone(conn, id_, hour, now)
        return [one for one in due if one.letter not in closed]

    def _route(self, due: Due, grounds: Grounds) -> str:
        """Name the queue a delivery stands in: that of its server or app."""
        return "in turn" if self.pace.in_turn else self._road(grounds, due.person, due.channel)

    def _road(self, grounds: Grounds, person: str, channel: Channel) -> str:
        return self.roads.route(channel, grounds.address(person, channel))

    def _drop(self, road: str) -> None:
        """Let nothing more leave by a road that cannot carry."""
        grounds = self._grounds
        if grounds is not None:  # else nothing is queued: a note on the clock may leave before the first look
            self._queues.drop(lambda one: self._road(grounds, one.person, one.channel) == road)

    def _past(self, route: str) -> list[tuple[datetime, str]]:
        """The starts of the last hour by a route, as the attempts tell them."""
        grounds, now = self._grounds, self.clock.now()
        assert grounds is not None
        found: list[tuple[datetime, str]] = []
        with self.database.read() as conn:
            for channel in Channel:
                started = starts_since(conn, channel, now - HOUR)
                found += [
                    (at, agency) for at, agency, person in started if self._road(grounds, person, channel) == route
                ]
        return found


def _always() -> bool:
    return True
