"""Detours: a letter that waits too long for a paused road is taken off it and leaves by one that carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from daemon.domain.failures import ChannelPause
from daemon.domain.letters import Letter
from daemon.judgement.detours import Detour, detour, gives_way
from daemon.judgement.dispatching import Road
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.managers.road_watch import RoadWatch
from daemon.store.detours import Stranded, give_up, stranded
from daemon.store.due import add_roads
from daemon.store.engine import Database
from daemon.store.ledger import Salts
from daemon.store.letters import stored_letters
from daemon.store.pauses import paused

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(minutes=5)
"""How often the letters that wait are gone through while a road is paused."""
AT_ONCE = 200
"""Letters taken off a road in one transaction, so that whoever else writes need not wait; the rest at the next tick."""


class Detours:
    """Finds and takes the ways round, for one node."""

    def __init__(self, database: Database, roads: RoadWatch, salts: Salts) -> None:
        self.database = database
        self._roads = roads
        self._salts = salts
        self._looked_at: datetime | None = None

    def run(self, rules: Rulebook, now: datetime) -> int:
        """Take what has waited long enough off paused roads; return how many letters. All well: one small read."""
        with self.database.read() as conn:
            stopped = paused(conn, now)
            if not stopped or not self._is_time(now):
                return 0
            owed = self._owed(conn, stopped, rules, now)
        if len(owed) < AT_ONCE:
            self._looked_at = now
        if not owed:
            return 0
        with self.database.write() as conn:
            stopped = paused(conn, now)
            owed = self._owed(conn, stopped, rules, now)  # one of them may have been claimed since
            for letter, given_up, opened in owed:
                give_up(conn, given_up, now, self._salts)
                add_roads(conn, letter, opened, now)
        for letter, given_up, opened in owed:
            log.warning("detour", letter=letter, given_up=len(given_up), roads=len(opened))
        return len(owed)

    def _is_time(self, now: datetime) -> bool:
        return self._looked_at is None or not self._looked_at <= now < self._looked_at + LOOK_EVERY

    def _owed(
        self, conn: Connection, stopped: Mapping[str, ChannelPause], rules: Rulebook, now: datetime
    ) -> list[tuple[str, list[int], tuple[Road, ...]]]:
        found = []
        for one in stranded(conn, {pause.channel for pause in stopped.values()}, now):
            since = self._waits_since(one, stopped, rules)
            if since is None:
                continue
            stored = stored_letters(conn, [one.letter])[one.letter]
            if stored.withdrawn_at is not None or stored.letter.agency not in rules.register.by_id:
                continue
            if not gives_way(stored.letter, since, one.waiting[0].expires_at, rules, now):
                continue
            way = self._way(one, stored.letter, stopped, rules, now)
            if way is not None:
                ids = [delivery.id for delivery in one.waiting if (delivery.person, delivery.channel) in way.given_up]
                found.append((one.letter, ids, way.opened))
            if len(found) == AT_ONCE:
                break
        return found

    def _way(
        self, one: Stranded, letter: Letter, stopped: Mapping[str, ChannelPause], rules: Rulebook, now: datetime
    ) -> Detour | None:
        carries = self._roads.carrying(rules, stopped, letter.kind)
        waiting = [(delivery.person, delivery.channel) for delivery in one.waiting]
        return detour(letter, waiting, one.roads, lambda road: carries(*road), rules, now)

    def _waits_since(self, one: Stranded, stopped: Mapping[str, ChannelPause], rules: Rulebook) -> datetime | None:
        """Since when it waits for paused roads alone; None while a road that carries may take it."""
        since = []
        for delivery in one.waiting:
            pause = stopped.get(self._route((delivery.person, delivery.channel), rules))
            if pause is None:
                return None
            since.append(max(delivery.not_before, pause.since))
        return min(since)

    def _route(self, road: Road, rules: Rulebook) -> str:
        person, channel = road
        return self._roads.route(channel, address_of(rules, person, channel))
