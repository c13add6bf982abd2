"""One thread writes for all workers: what comes in while a transaction is committed goes together into the next.

One that fails takes no other with it: what was to be committed together is then done again, each act by itself.
Nothing is told to have been written before the transaction that holds it was committed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from daemon.errors import StoreBusy
from daemon.store.engine import Database

T = TypeVar("T")

TOGETHER = 16
"""Acts in one transaction at most: whoever else wants to write waits no longer than these take."""


@dataclass(eq=False, slots=True)
class _Act:
    """Something to write, and who waits for it."""

    do: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Wake whoever waits, in his own loop."""
        with suppress(RuntimeError):  # his loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self.done.cancelled():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class GroupCommit:
    """Commits acts of several tasks together. Close it before the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: SimpleQueue[_Act | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, do: Callable[[Connection], T]) -> T:
        """Run `do` in a transaction on the writing thread and return its result once that is committed.

        It may be run twice, the first time undone: it changes nothing but the database.
        What `do` raises is raised here, its own changes undone. StoreBusy if the transaction could not be committed:
        then none of its acts was. An act whose waiter is cancelled is committed all the same.
        """
        if self._thread is None:
            # A daemon thread: a process that ends without closing leaves nothing but an open transaction behind.
            self._thread = threading.Thread(target=self._work, name="dondoc-writer", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        act = _Act(do, loop, loop.create_future())
        self._waiting.put(act)
        result: T = await act.done
        return result

    def close(self) -> None:
        """Commit what waits, then end the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            acts = [first]
            last = False
            while len(acts) < TOGETHER and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    last = True
                    break
                acts.append(following)
            self._commit(acts)
            for act in acts:
                act.tell()
            if last:
                return

    def _commit(self, acts: list[_Act]) -> None:
        if len(acts) == 1:
            self._alone(acts[0])
            return
        at_fault: _Act | None = None
        try:
            with self._database.write() as conn:
                for act in acts:
                    at_fault = act
                    act.result = act.do(conn)
                at_fault = None
        except Exception as error:  # noqa: BLE001 - nothing was written: whoever it was is told
            for act in acts:
                if at_fault is None and isinstance(error, StoreBusy):  # the others' turn would end no better
                    act.result, act.error = None, error
                else:
                    self._alone(act)

    def _alone(self, act: _Act) -> None:
        try:
            with self._database.write() as conn:
                act.result = act.do(conn)
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            act.result, act.error = None, error
