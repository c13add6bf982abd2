"""Two real processes refresh one Zalo token at the same moment: one call leaves, and both use what it brought."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_host import Weather
from daemon.local.zalo_oauth import LocalZaloOAuth
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.store.engine import Database
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.zalo_pair import pair_of
from tests.support.fresh import new_database

NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
WORKER = """
import asyncio, json, sys
from datetime import datetime
from pathlib import Path

from daemon.clock import SystemClock
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import DeliveryError
from notifiers.zalo_tokens import OAuthRoute, TokenSource

path, base_url, app_id, secret, oa_id = sys.argv[1:]


async def wait(_seconds):
    print("waiting", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def main():
    with open_database(Path(path)) as database:
        store = StoredTokens(database, app_id, oa_id)
        source = TokenSource(store, OAuthRoute(base_url, app_id, secret), SystemClock().now, wait=wait)
        old = store.load().pair
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            pair = await source.renewed(old)
            told = {"access": pair.access, "refresh": pair.refresh, "generation": pair.generation}
        except DeliveryError as error:
            told = {"failed": error.kind, "detail": error.detail}
        print(json.dumps(told), flush=True)
        await source.aclose()


asyncio.run(main())
"""


class Worker:
    """One process, which does what it is told line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def go(self) -> None:
        """Let it refresh, or look at the store again."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def says(self) -> str:
        """Return its next line: ready, waiting (for another process), or what it has in the end."""
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()


Start = Callable[[int], Awaitable[list[Worker]]]


@pytest.fixture
async def oauth() -> AsyncIterator[LocalZaloOAuth]:
    """The host that counts the calls."""
    async with LocalZaloOAuth(LocalZaloTokens(VirtualClock(NOW).now)) as host:
        yield host


@pytest.fixture
async def start(tmp_path: Path, oauth: LocalZaloOAuth) -> AsyncIterator[Start]:
    """Return what starts processes on one database, each with the same good pair in hand."""
    path = tmp_path / "dondoc.db"
    new_database(path, now=NOW)
    with open_database(path) as database:
        stored(database, oauth).put(pair_of("AT-1", "RT-1", NOW), NOW)
    app = oauth.tokens.app
    command = [sys.executable, "-c", WORKER, str(path), oauth.base_url, app.app_id, app.app_secret, app.oa_id]
    async with AsyncExitStack() as stack:

        async def workers(count: int) -> list[Worker]:
            found = []
            for _ in range(count):
                pipe = asyncio.subprocess.PIPE
                process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
                stack.push_async_callback(process.wait)
                stack.callback(end, process)
                found.append(Worker(process))
            assert [await worker.says() for worker in found] == ["ready"] * count
            return found

        yield workers


def end(process: asyncio.subprocess.Process) -> None:
    """End a process that has not ended by itself."""
    if process.returncode is None:
        process.kill()


def stored(database: Database, oauth: LocalZaloOAuth) -> StoredTokens:
    """Return the store of the host's one OA."""
    return StoredTokens(database, oauth.tokens.app.app_id, oauth.tokens.app.oa_id)


@pytest.mark.parametrize("count", [2, 4])
async def test_processes_refreshing_at_the_same_moment_make_one_call(
    start: Start, oauth: LocalZaloOAuth, tmp_path: Path, count: int
) -> None:
    """The answer is held back until all the others want it too; then all have the pair it brought, as on disk."""
    oauth.weather = Weather.HANGING
    workers = await start(count)
    for worker in workers:
        worker.go()
    lines = {asyncio.create_task(worker.says()): worker for worker in workers}
    asking = set(lines)
    while len(asking) > 1:
        done, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result() for task in done} == {"waiting"}
    assert len(oauth.requests) <= 1
    oauth.clear_up()
    new = {"access": "AT-2", "refresh": "RT-2", "generation": 2}
    (last,) = asking
    assert json.loads(await last) == new
    for worker in (lines[task] for task in lines if task is not last):
        worker.go()
        assert json.loads(await worker.says()) == new
    assert (len(oauth.requests), oauth.rotations) == (1, 1)
    with open_database(tmp_path / "dondoc.db") as database:
        kept = stored(database, oauth).load()
    assert kept is not None
    assert (kept.pair.access, kept.pair.generation, kept.asked) == ("AT-2", 2, 0)


async def test_a_lost_answer_is_asked_for_once_more_by_whichever_process_is_next(
    start: Start, oauth: LocalZaloOAuth
) -> None:
    """The first hears nothing, the second finds the token spent, the third is told so without a call."""
    oauth.forecast.append(Weather.DROPPED)
    told = []
    for worker in await start(3):
        worker.go()
        told.append(json.loads(await worker.says()))
    assert [one["failed"] for one in told] == ["transient", "misconfigured", "misconfigured"]
    assert told[1]["detail"] == told[2]["detail"]
    assert len(oauth.requests) == 2
