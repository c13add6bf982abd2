"""Which roads carry: one that refuses us, or lets nobody in for long, is paused, tried now and then, and let go again.

A road is a server or an app; its name is the one queues and rates know it by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from daemon.domain.failures import ChannelPause
from daemon.domain.words import Channel, LetterKind
from daemon.judgement.blame import Blame, Fault, Trial, blame, party
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.store.due import Due
from daemon.store.pauses import (
    PROBE_EVERY,
    note_silence,
    pause_road,
    put_off_probe,
    resting,
    resume_road,
    running,
)
from daemon.store.results import Refused, Result, Sent, Temporary, Unknown
from daemon.store.trials import trials
from notifiers.base import Limited, Notifier, Phase, Routed

log = structlog.get_logger(__name__)

REMEMBERED = timedelta(days=7)
"""How far back other letters' fate is looked at."""

AddressOf = Callable[[str, Channel], str | None]
"""(person, channel) -> his address."""

RouteOf = Callable[[str, Channel], str]
"""(person, channel) -> the name of the road his letters take."""


class RoadWatch:
    """Keeps the pauses for one node; the database is asked only about roads that have failed since it was started."""

    def __init__(self, notifiers: Mapping[Channel, Notifier]) -> None:
        self.notifiers = notifiers
        self._failing: set[str] = set()  # only grows: what ends a pause may be undone, and is done again then

    def route(self, channel: Channel, address: str | None) -> str:
        """Name the server or app that carries letters to an address."""
        notifier: object = self.notifiers.get(channel)
        if address is not None and isinstance(notifier, Routed):
            return notifier.route(address)
        return str(channel)

    def carrying(self, rules: Rulebook, paused: Collection[str], kind: LetterKind) -> Callable[[str, Channel], bool]:
        """Return what says of (person, channel) whether a road for this kind, set up and not `paused`, leads there."""

        def carries(person: str, channel: Channel) -> bool:
            notifier: object = self.notifiers.get(channel)
            if notifier is None or (isinstance(notifier, Limited) and not notifier.takes(kind)):
                return False
            return self.route(channel, address_of(rules, person, channel)) not in paused

        return carries

    def names(self) -> frozenset[str]:
        """Return the names of all roads that are set up."""
        found: set[str] = set()
        for channel, notifier in self.notifiers.items():
            carrier: object = notifier
            found.update(carrier.routes() if isinstance(carrier, Routed) else {str(channel)})
        return frozenset(found)

    def look(self, conn: Connection, now: datetime) -> Mapping[str, ChannelPause]:
        """Return by name the roads that are paused."""
        found = running(conn)
        self._failing.update(found)
        return {route: pause for route, pause in found.items() if pause.holds(now)}

    def rests(self, conn: Connection, route: Callable[[], str], now: datetime) -> bool:
        """Say whether a road is paused and not yet to be tried; its name is asked for only if any has failed."""
        return bool(self._failing) and route() in resting(conn, now)

    def tried(self, conn: Connection, route: str, now: datetime) -> None:
        """A letter is about to try it: the others wait for what it meets."""
        self._probe_at(conn, route, now + PROBE_EVERY)

    def not_tried(self, conn: Connection, route: str, now: datetime) -> None:
        """The letter that was to try it did not leave: the next may."""
        self._probe_at(conn, route, now)

    def weighed(
        self, conn: Connection, person: str, channel: Channel, result: Temporary, address: AddressOf, now: datetime
    ) -> Result:
        """Return what a doubtful end amounts to, by what became of the tries before it on the same road."""
        fault = result.fault
        assert fault is not None
        route = self.route(channel, address(person, channel))
        this = Trial(now, person, party(channel, address(person, channel), person), "temporary", result.code)
        before = (
            Trial(row.ended_at, row.person, party(channel, where, row.person), row.outcome, row.code)
            for row in trials(conn, channel, now - REMEMBERED)
            if self.route(channel, where := address(row.person, channel)) == route
        )
        whose = blame(fault, this, before)
        known = running(conn).get(route)
        if fault is Fault.DEFERRED and known is not None and known.silent and known.holds(now):
            whose = Blame.ROAD  # nothing has passed since it was paused: one letter's answer does not open it
        if whose is Blame.ROAD:
            return at_fault(result, fault, now)
        return Refused(result.detail, result.code, result.phase) if whose is Blame.LETTER else result

    def ended(self, conn: Connection, channel: Channel, route: str, result: Result, now: datetime) -> bool:
        """Draw the conclusion from how an attempt ended; say whether a paused road carries again."""
        if isinstance(result, Temporary) and (result.stops or result.silent):
            self._failed(conn, channel, route, result, now)
            return False
        if route not in self._failing:
            return False
        if isinstance(result, Sent) or (_was_heard(result) and self._is_silent(conn, route)):
            return self._resume(conn, route, now)
        if isinstance(result, Refused):  # this letter will never tell whether the road carries: the next may
            self.not_tried(conn, route, now)
        return False

    @staticmethod
    def _is_silent(conn: Connection, route: str) -> bool:
        known = running(conn).get(route)
        return known is not None and known.silent

    def _failed(self, conn: Connection, channel: Channel, route: str, result: Temporary, now: datetime) -> None:
        self._failing.add(route)
        if result.silent:
            note_silence(conn, channel, route, result.detail, result.code, now)
        elif pause_road(conn, channel, route, result.detail, result.code, now) is not None:
            log.error("channel_paused", channel=channel, route=route, code=result.code, detail=result.detail)

    def _resume(self, conn: Connection, route: str, now: datetime) -> bool:
        resumed = resume_road(conn, route, now)
        if resumed:
            log.info("channel_resumed", route=route)
        return resumed

    def _probe_at(self, conn: Connection, route: str, at: datetime) -> None:
        if route in self._failing:
            put_off_probe(conn, route, at)


def at_fault(result: Temporary, fault: Fault, now: datetime) -> Temporary:
    """Return the end of an attempt whose failure is the road's: a letter it stopped is due as soon as it opens."""
    if fault is Fault.DEFERRED:
        return replace(result, silent=True, fault=None)
    return replace(result, stops=True, retry_at=now, fault=None)


def _was_heard(result: Result) -> bool:
    """Say whether the far side spoke of this letter, whatever it said."""
    return isinstance(result, (Temporary, Unknown, Refused)) and result.phase not in (None, Phase.CONNECT)


def let_go(due: Iterable[Due], paused: Mapping[str, ChannelPause], route_of: RouteOf, now: datetime) -> list[Due]:
    """Return what may leave: by a paused road nothing, or, when it is time to try it, one letter.

    That is the first of those tried least often: a letter that nothing carries holds no road for the others.
    """
    if not paused:
        return list(due)
    routes = [(one, route_of(one.person, one.channel)) for one in due]
    probes: dict[str, Due] = {}
    for one, route in routes:
        if route in paused and paused[route].probe_at <= now:
            probes[route] = min(probes.get(route, one), one, key=lambda due: due.attempts)
    return [one for one, route in routes if route not in paused or probes.get(route) is one]
