"""Tending an OA between letters: tokens renewed ahead of their end though nothing is sent, templates confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from daemon.domain.words import DeliveryState, Matter
from daemon.local.zalo_host import Weather
from daemon.store.failing import failing
from daemon.store.results import Sent
from daemon.zalo_account import AccountKeeper
from notifiers.base import Message
from notifiers.memory import MemoryNotifier
from notifiers.zalo_pair import pair_of
from tests.support.claims_kit import ZALO, end, line, new, put, salts, take
from tests.support.oa_kit import NOW, ZaloStreet, zalo_street

CONTENT = b'{"template_data":{"name":"A","task":"b","time":"24/10/2022"},"template_id":"123456"}'


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[ZaloStreet]:
    """The hosts of one OA."""
    async with zalo_street(tmp_path) as opened:
        yield opened


async def quietly() -> None:
    """Let the content go."""


async def test_an_idle_office_s_tokens_do_not_lapse(street: ZaloStreet) -> None:
    """A hundred days without a letter: the pair of then is good, and was renewed less than twice a day."""
    keeper = AccountKeeper(street.by_oa(), street.database, salts)
    for hours in range(0, 2400, 4):
        street.clock.move_to(NOW + timedelta(hours=hours))
        await keeper.look(street.clock.now())
    street.oa.write("2", "chào")
    await street.by_oa().deliver(Message("dl-1", "2", b'{"text":"x"}'), quietly)
    assert len(street.oa.accepted) == 1
    assert 96 <= street.oauth.refreshes <= 110


async def test_what_fails_is_said_and_due_again(street: ZaloStreet) -> None:
    """Ten minutes later, without a token in the log."""
    keeper = AccountKeeper(street.by_oa(), street.database, salts)
    street.clock.move_to(NOW + timedelta(hours=23))
    street.oauth.weather = Weather.THROTTLED
    with capture_logs() as logs:
        await keeper.look(street.clock.now())
        await keeper.look(street.clock.now() + timedelta(minutes=9))
    assert [(one["event"], one["kind"]) for one in logs] == [("zalo_tokens_not_fresh", "transient")]
    assert "AT-" not in str(logs)
    with street.database.read() as conn:
        assert [(one.matter, one.since, one.grave) for one in failing(conn)] == [
            (Matter.ZALO_TOKENS, street.clock.now(), False)
        ]
    street.oauth.weather = Weather.FAIR
    await keeper.look(street.clock.now() + timedelta(minutes=10))
    assert street.oauth.rotations == 1
    with street.database.read() as conn:
        assert failing(conn) == []


async def test_a_dead_refresh_token_is_noted_while_the_access_token_works(street: ZaloStreet) -> None:
    """Three hours before the end; only a person can mend it."""
    street.store.put(pair_of(street.tokens.access_token, "RT-spent", NOW), NOW)
    street.clock.move_to(NOW + timedelta(hours=22))
    await AccountKeeper(street.by_oa(), street.database, salts).look(street.clock.now())
    with street.database.read() as conn:
        (noted,) = failing(conn)
    assert (noted.matter, noted.grave) == (Matter.ZALO_TOKENS, True)
    assert "RT-spent" not in noted.detail
    street.oa.write("2", "chào")
    await street.by_oa().deliver(Message("dl-1", "2", b'{"text":"x"}'), quietly)


async def test_templates_are_confirmed(street: ZaloStreet) -> None:
    """Sent becomes delivered by the channel's own answer."""
    zbs = street.by_zbs()
    put(street.database, new("so-tu-phap", channel=ZALO))
    taken = take(street.database, leaves=True)
    receipt = await zbs.deliver(Message("dl-1", "0900000001", CONTENT), quietly)
    end(street.database, taken, Sent(receipt.provider_id, receipt.detail))
    accepted_at = line(street.database, "so-tu-phap").accepted_at
    assert accepted_at is not None
    keeper = AccountKeeper(zbs, street.database, salts)
    assert await keeper.look(accepted_at + timedelta(minutes=1)) == 1
    assert line(street.database, "so-tu-phap").state is DeliveryState.DELIVERED


async def test_any_other_channel_needs_nothing(street: ZaloStreet) -> None:
    """Nor does none."""
    for notifier in (None, MemoryNotifier()):
        assert await AccountKeeper(notifier, street.database, salts).look(NOW) == 0
    assert street.oauth.requests == []
