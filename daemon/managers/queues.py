"""What is due, by the server or app it goes to: each has its own order, its own pace and its own workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from daemon.judgement.rates import Rate, RateState
from daemon.store.due import Due

LOOK_AHEAD = 50
"""How many deliveries are looked through for an agency that need not wait: a gap holds up one agency, not the rest."""

Starts = Iterable[tuple[datetime, str]]


class Queues:
    """Queues by route. Not for several threads: workers ask from one event loop.

    `rates` says how fast letters may leave by a route (one without has no limit); `past` gives the starts of the last
    hour by a route, asked once, so that a restart does not begin a new hour.
    """

    def __init__(self, rates: Mapping[str, Rate], past: Callable[[str], Starts]) -> None:
        self._rates = rates
        self._past = past
        self._states: dict[str, RateState] = {}
        self._waiting: dict[str, deque[Due]] = {}

    def refill(self, due: Iterable[tuple[str, Due]]) -> None:
        """Put (route, delivery) pairs in the place of what waited, in the order given."""
        self._waiting = {}
        for route, one in due:
            self._waiting.setdefault(route, deque()).append(one)
            if route in self._rates and route not in self._states:
                self._states[route] = RateState(self._rates[route], self._past(route))

    def routes(self) -> list[str]:
        """Return the routes by which something waits."""
        return [route for route, waiting in self._waiting.items() if waiting]

    def clear(self) -> None:
        """Forget what waits; the database still knows it."""
        self._waiting = {}

    def drop(self, gone: Callable[[Due], bool]) -> None:
        """Forget what waits and is `gone`."""
        for route, waiting in self._waiting.items():
            self._waiting[route] = deque(one for one in waiting if not gone(one))

    def take(self, route: str, now: datetime) -> Due | datetime | None:
        """Return the next delivery by a route, counted as started at `now`; or when to ask again; None: none waits."""
        waiting = self._waiting.get(route)
        if not waiting:
            return None
        state = self._states.get(route)
        if state is None:
            return waiting.popleft()
        allowed = [(state.may_start_at(now, one.agency), n) for n, one in zip(range(LOOK_AHEAD), waiting, strict=False)]
        start, place = min(allowed)
        if start > now:
            return start
        chosen = waiting[place]
        del waiting[place]
        state.started(now, chosen.agency)
        return chosen
