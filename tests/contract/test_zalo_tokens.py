"""Tokens of a Zalo OA over a real database and a local OAuth host: ahead of time, on demand, lost, burnt, by two."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.clock import VirtualClock
from daemon.local.zalo_host import Weather
from daemon.local.zalo_oauth import LocalZaloOAuth
from daemon.local.zalo_tokens import LocalZaloTokens
from daemon.store.engine import Database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.base import DeliveryError, FailureKind, Phase
from notifiers.http_post import Answer
from notifiers.zalo_pair import Kept, Pair, StoreUnavailable, pair_of
from notifiers.zalo_refresh import Failed, read_answer
from notifiers.zalo_tokens import LOOKS, OAuthRoute, TokenSource

NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
T, M, H = FailureKind.TRANSIENT, FailureKind.MISCONFIGURED, FailureKind.THROTTLED


class Office:
    """One OA's tokens as the daemon keeps them, beside the host that made them."""

    def __init__(self, database: Database, oauth: LocalZaloOAuth, clock: VirtualClock) -> None:
        self.oauth = oauth
        self.clock = clock
        self.store = StoredTokens(database, oauth.tokens.app.app_id, oauth.tokens.app.oa_id)
        self.sources: list[TokenSource] = []
        self.source = self.another()

    def another(
        self, wait: Callable[[float], Awaitable[None]] | None = None, store: StoredTokens | None = None
    ) -> TokenSource:
        """Return a source as a process of its own has it."""
        app = self.oauth.tokens.app
        route = OAuthRoute(self.oauth.base_url, app.app_id, app.app_secret)
        source = TokenSource(store or self.store, route, self.clock.now, wait=wait or quietly)
        self.sources.append(source)
        return source

    def put(self) -> None:
        """Put in the pair that is good at the host."""
        tokens = self.oauth.tokens
        self.store.put(pair_of(tokens.access_token, tokens.refresh_token, self.clock.now()), self.clock.now())

    def kept(self) -> Kept:
        """Return what the database holds."""
        kept = self.store.load()
        assert kept is not None
        return kept


async def quietly(_seconds: float) -> None:
    """Let the others work."""
    await asyncio.sleep(0)


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    """An office with a good pair, 25 hours before its end."""
    clock = VirtualClock(NOW)
    async with LocalZaloOAuth(LocalZaloTokens(clock.now)) as oauth:
        opened = Office(database, oauth, clock)
        opened.put()
        yield opened
        for source in opened.sources:
            await source.aclose()


async def failed(call: Awaitable[object]) -> DeliveryError:
    """Return the failure of a call, which shows no token and hangs on no other."""
    with pytest.raises(DeliveryError) as caught:
        await call
    error = caught.value
    assert error.__context__ is None
    assert (error.phase, error.maybe_accepted) == (Phase.CONNECT, False)
    for secret in ("AT-", "RT-", "local-app-secret"):
        assert secret not in repr(error)
    return error


async def test_a_fresh_pair_is_used_as_it_is(office: Office) -> None:
    """No call is made while the end is far."""
    assert (await office.source.current()).access == "AT-1"
    await office.source.keep_fresh()
    assert office.oauth.requests == []


@pytest.mark.parametrize("hours", [22, 24, 24.9, 26, 600])
async def test_a_pair_near_or_past_its_end_is_replaced_before_it_is_used(office: Office, hours: float) -> None:
    """From three hours before its end on; the new pair is on disk, with the generation and both its times."""
    office.clock.move_to(NOW + timedelta(hours=hours))
    pair = await office.source.current()
    assert (pair.access, pair.refresh, pair.generation) == ("AT-2", "RT-2", 2)
    assert office.kept() == Kept(pair)
    assert pair.expires_at == office.clock.now() + timedelta(hours=25)
    assert pair.renew_at == office.clock.now() + timedelta(hours=22)
    assert (await office.source.current(), office.oauth.refreshes) == (pair, 1)


async def test_the_call_is_the_one_zalo_documents(office: Office) -> None:
    """A form with three fields, the secret in a header, no Authorization."""
    await office.source.renewed(office.kept().pair)
    call = office.oauth.requests[0]
    assert (call.method, call.path) == ("POST", "/v4/oa/access_token")
    assert call.body == b"grant_type=refresh_token&app_id=1000000000000000001&refresh_token=RT-1"
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.headers["secret_key"] == "local-app-secret"
    assert "authorization" not in call.headers


async def test_a_refused_token_is_looked_up_before_it_is_refreshed(office: Office) -> None:
    """If another process has rotated meanwhile, its pair is taken and no call made."""
    old = office.kept().pair
    new = await office.another().renewed(old)
    assert await office.source.renewed(old) == new
    assert office.oauth.refreshes == 1


async def test_many_at_once_make_one_call(office: Office) -> None:
    """Senders of one process and of others, all with the same refused pair."""
    old = office.kept().pair
    sources = [office.source, office.another(), office.another()]
    pairs = await asyncio.gather(*(source.renewed(old) for source in sources * 5))
    assert {pair.access for pair in pairs} == {"AT-2"}
    assert office.oauth.refreshes == 1


async def test_the_new_pair_is_on_disk_before_anybody_has_it(office: Office) -> None:
    """A store that cannot be written holds the pair back; once it can, the pair is kept, and nothing asked twice."""
    busy = [True]

    class Full(StoredTokens):
        """A database on a full disk."""

        def save(self, pair: Pair, now: datetime) -> bool:
            """Keep nothing while the disk is full."""
            if busy[0]:
                raise StoreUnavailable
            return super().save(pair, now)

    app = office.oauth.tokens.app
    source = office.another(store=Full(office.store._database, app.app_id, app.oa_id))
    error = await failed(source.renewed(office.kept().pair))
    assert (error.kind, error.detail) == (T, "new tokens cannot be stored just now")
    assert office.kept().pair.access == "AT-1"
    busy[0] = False
    assert (await source.renewed(office.kept().pair)).access == "AT-2"
    assert (office.kept().pair.access, office.oauth.refreshes) == ("AT-2", 1)


@pytest.mark.parametrize("empty", [True, False])
async def test_a_lost_answer_is_tried_for_once_more_and_then_called_burnt(office: Office, empty: bool) -> None:
    """The connection was cut after the rotation: the second try finds the token spent, and there is no third."""
    office.oauth.spent_is_empty = empty
    office.oauth.forecast.append(Weather.DROPPED)
    old = office.kept().pair
    first = await failed(office.source.renewed(old))
    assert (first.kind, office.kept().asked) == (T, 1)
    assert "tried once more" in first.detail
    second = await failed(office.another().renewed(old))
    assert second.kind is M
    assert "spent by a refresh whose answer was lost" in second.detail
    assert "dondoc zalo token" in second.detail
    for _ in range(3):
        assert (await failed(office.source.renewed(old))).detail == second.detail
    assert office.oauth.refreshes == 2


async def test_two_lost_answers_are_all_there_will_be(office: Office) -> None:
    """Also of a host that never answers."""
    office.oauth.weather = Weather.TRUNCATED
    old = office.kept().pair
    assert [(await failed(office.source.renewed(old))).kind for _ in range(4)] == [T, M, M, M]
    assert len(office.oauth.requests) == 2


async def test_a_process_killed_while_it_asked_is_a_lost_answer(office: Office) -> None:
    """It held the lease and had counted its call; another waits for the lease's end, and tries once."""
    kept = office.store.try_lease("dead", 1, NOW, NOW + timedelta(minutes=2))
    assert kept is not None
    assert office.store.asking("dead")
    office.oauth.tokens.rotate()
    looked = 0

    async def wait(seconds: float) -> None:
        nonlocal looked
        looked += 1
        office.clock.move_to(office.clock.now() + timedelta(seconds=seconds))

    error = await failed(office.another(wait).renewed(kept.pair))
    assert error.kind is M
    assert "whose answer was lost" in error.detail
    assert (looked, office.oauth.refreshes) == (480, 1)


async def test_a_holder_that_never_ends_is_not_waited_for_for_ever(office: Office) -> None:
    """The clock stands still, so the lease never ends: a passing trouble."""
    office.store.try_lease("other", 1, NOW, NOW + timedelta(minutes=2))
    looks: list[float] = []

    async def wait(seconds: float) -> None:
        looks.append(seconds)

    error = await failed(office.another(wait).renewed(office.kept().pair))
    assert (error.kind, error.detail) == (T, "another process is refreshing the tokens")
    assert (len(looks), office.oauth.requests) == (LOOKS, [])


async def test_what_a_late_holder_brought_is_kept_all_the_same(office: Office) -> None:
    """Its lease was over and another found the token spent: the pair it has is the only good one."""
    kept = office.store.try_lease("slow", 1, NOW, NOW)
    assert kept is not None
    office.oauth.tokens.rotate()
    old = office.kept().pair
    assert (await failed(office.source.renewed(old))).kind is M
    brought = pair_of("AT-2", "RT-2", NOW, generation=2)
    assert office.store.save(brought, NOW)
    assert await office.source.renewed(old) == brought
    assert not office.store.save(pair_of("AT-X", "RT-X", NOW, generation=2), NOW)


@pytest.mark.parametrize(
    ("weather", "kind", "asked"),
    [
        (Weather.THROTTLED, T, 0),
        (Weather.BROKEN, T, 1),
        (Weather.PAGE, T, 1),
        (Weather.LATE, T, 1),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
async def test_a_gateways_page_is_no_answer(
    office: Office, weather: Weather, kind: FailureKind, asked: int, as_json: bool
) -> None:
    """Only a gateway that says it took nothing is not counted; the next try succeeds unless the pair was spent."""
    office.oauth.pages_as_json = as_json
    office.oauth.forecast.append(weather)
    old = office.kept().pair
    error = await failed(office.source.renewed(old))
    assert (error.kind, office.kept().asked) == (kind, asked)
    if weather is not Weather.LATE:
        assert (await office.source.renewed(old)).access == "AT-2"


@pytest.mark.parametrize("body", ["<html>", '{"message":"Forbidden"}', '{"error":"Forbidden"}'])
@pytest.mark.parametrize(("status", "kind"), [(401, M), (403, M), (404, M), (429, T), (503, T)])
@pytest.mark.parametrize("asked", [0, 1])
def test_a_gateway_that_kept_the_refresh_back_spent_nothing(
    body: str, status: int, kind: FailureKind, asked: int
) -> None:
    """Whatever it is written in, and however many refreshes were lost before it."""
    kept = Kept(pair_of("AT-1", "RT-1", NOW), asked=asked)
    told = read_answer(Answer(status, {}, body.encode()), kept, NOW, "canary")
    assert isinstance(told, Failed)
    assert (told.error.kind, told.untaken, told.dead) == (kind, True, False)


async def test_a_host_that_is_not_there_costs_nothing(office: Office, database: Database) -> None:
    """Nothing left, so nothing is counted; the pair is used to its end meanwhile."""
    office.clock.move_to(NOW + timedelta(hours=23))
    source = TokenSource(
        office.store, OAuthRoute("http://127.0.0.1:1", "1", "secret"), office.clock.now, wait=quietly, holder="h"
    )
    assert (await source.current()).access == "AT-1"
    assert office.kept().asked == 0
    assert (await failed(source.keep_fresh())).kind is T
    await source.aclose()


async def test_a_failed_refresh_ahead_of_time_leaves_the_pair_in_use(office: Office) -> None:
    """Until it ends; and not every letter tries again."""
    office.clock.move_to(NOW + timedelta(hours=23))
    office.oauth.weather = Weather.THROTTLED
    for _ in range(3):
        assert (await office.source.current()).access == "AT-1"
    assert len(office.oauth.requests) == 1
    office.clock.move_to(NOW + timedelta(hours=26))
    assert (await failed(office.source.current())).kind is T
    office.oauth.weather = Weather.FAIR
    assert (await office.source.current()).access == "AT-2"


async def test_a_fault_of_the_app_does_not_condemn_the_pair(office: Office, database: Database) -> None:
    """A wrong secret or app id stops the channel; once it is mended the same pair is refreshed."""
    old = office.kept().pair
    for app_id, secret, code in (
        ("1000000000000000001", "canary-wrong", "-14004"),
        ("7", "local-app-secret", "-14002"),
    ):
        source = TokenSource(office.store, OAuthRoute(office.oauth.base_url, app_id, secret), office.clock.now)
        error = await failed(source.renewed(old))
        await source.aclose()
        assert error.kind is M
        assert code in error.detail
        assert "canary" not in repr(error) + repr(source)
    assert office.kept() == Kept(old)
    assert (await office.source.renewed(old)).access == "AT-2"


async def test_a_pair_refused_for_good_waits_for_a_new_one(office: Office) -> None:
    """An operator puts one in; its generation follows, and what was said of the old one is forgotten."""
    office.oauth.tokens.rotate()
    old = office.kept().pair
    office.oauth.codes_as_text = True
    error = await failed(office.source.renewed(old))
    assert error.kind is M
    assert "-14014: Invalid refresh token." in error.detail
    assert office.kept().refused == error.detail
    office.put()
    assert office.kept() == Kept(await office.source.current())
    assert (office.kept().pair.access, office.kept().pair.generation) == ("AT-2", 2)


async def test_no_pair_yet_is_said_so(office: Office, database: Database) -> None:
    """Before `dondoc zalo token`."""
    source = office.another(store=StoredTokens(database, "2", "2"))
    for call in (source.current(), source.keep_fresh()):
        error = await failed(call)
        assert (error.kind, error.detail) == (M, "no tokens yet: put in a new pair with: dondoc zalo token")


def raw(body: str) -> bytes:
    """Return a raw answer of HTTP 200."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("body", "access", "refresh", "hours"),
    [
        ('{"access_token":"AT-9x","refresh_token":"RT-9x","expires_in":"90000"}', "AT-9x", "RT-9x", 25),
        ('{"access_token":"AT-9x","refresh_token":"RT-9x","expires_in":7200,"error":0}', "AT-9x", "RT-9x", 2),
        ('{"access_token":"AT-9x","refresh_token":"RT-9x","expires_in":"soon","error":"0"}', "AT-9x", "RT-9x", 25),
        ('{"access_token":"AT-9x"}', "AT-9x", "RT-1", 25),
    ],
)
async def test_an_answer_in_any_of_its_shapes(
    office: Office, caplog: pytest.LogCaptureFixture, body: str, access: str, refresh: str, hours: int
) -> None:
    """The time as text or number or not at all; a missing refresh token leaves the old one, with a warning."""
    caplog.set_level(logging.INFO)
    ended = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"RT-1")
        writer.write(raw(body))
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        source = TokenSource(office.store, OAuthRoute(base, "1", "secret"), office.clock.now, wait=quietly)
        pair = await source.renewed(office.kept().pair)
        await source.aclose()
        await ended.wait()
    assert (pair.access, pair.refresh, pair.expires_at - NOW) == (access, refresh, timedelta(hours=hours))
    assert NOW < pair.renew_at < pair.expires_at
    assert ("no new refresh token" in caplog.text) is (refresh == "RT-1")
    assert "AT-9x" not in caplog.text + repr(pair)


def test_nothing_that_holds_tokens_shows_them(tmp_path: Path) -> None:
    """Neither pair nor route has them in its repr."""
    pair = pair_of("canary-access", "canary-refresh", NOW)
    shown = repr(pair) + repr(Kept(pair)) + repr(OAuthRoute("https://x.example", "1", "canary-secret"))
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("base_url", "app_id", "secret"),
    [("ftp://x", "1", "canary"), ("https://x.example", "app", "canary"), ("https://x.example", "1", "bí mật")],
)
def test_a_route_that_could_never_work_is_refused(base_url: str, app_id: str, secret: str) -> None:
    """At start, without being repeated."""
    with pytest.raises(ValueError, match=r"not an http|an app needs") as caught:
        OAuthRoute(base_url, app_id, secret)
    assert secret not in str(caught.value)
