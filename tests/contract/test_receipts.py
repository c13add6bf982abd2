"""Receipts of Zalo's templates: sent becomes delivered, once, told to the ledger, by a real ZBS channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daemon.domain.words import DeliveryState
from daemon.local.zalo_host import Weather
from daemon.managers.receipts import ASK_AFTER, AT_ONCE, Receipts
from daemon.store.claiming import Claim, claim
from daemon.store.engine import Database
from daemon.store.ledger import verify
from daemon.store.receipts import deliveries_awaiting_receipt, mark_delivered
from daemon.store.results import Sent
from notifiers.base import Message
from notifiers.zalo_zbs import Arrival, ZaloZbsNotifier
from tests.support.claims_kit import EMAIL, NOW, ZALO, end, line, new, put, salts, take, told
from tests.support.oa_kit import ZaloStreet, zalo_street

PHONE = "84900000001"
CONTENT = b'{"template_data":{"name":"A","task":"b","time":"24/10/2022"},"template_id":"123456"}'
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[ZaloStreet]:
    """A ZBS host whose one telephone is switched off."""
    async with zalo_street(tmp_path) as opened:
        opened.zbs.away.add(PHONE)
        yield opened


async def quietly() -> None:
    """Let the content go."""


async def sent(database: Database, zbs: ZaloZbsNotifier, name: str = "so-tu-phap") -> str:
    """Put a letter into the outbox, hand it over and write down that it was accepted; return Zalo's name for it."""
    put(database, new(name, channel=ZALO))
    taken = take(database, leaves=True)
    receipt = await zbs.deliver(Message(name, PHONE, CONTENT), quietly)
    assert end(database, taken, Sent(receipt.provider_id, receipt.detail)) is DeliveryState.SENT
    assert receipt.provider_id is not None
    return receipt.provider_id


def one(database: Database) -> Claim:
    """Claim the next delivery."""
    with database.write() as conn:
        (taken,) = claim(conn, "node-1", NOW, timedelta(minutes=15), 1)
    return taken


def asker(database: Database, zbs: ZaloZbsNotifier) -> Receipts:
    """Return what the daemon asks by."""

    async def arrived(provider_id: str) -> bool:
        return await zbs.status(provider_id) is Arrival.DELIVERED

    return Receipts(database, ZALO, arrived, salts)


def questions(street: ZaloStreet) -> int:
    """Return how often ZBS was asked."""
    return sum(call.path == "/message/status" for call in street.zbs.requests)


async def test_sent_becomes_delivered_when_the_telephone_has_it(database: Database, street: ZaloStreet) -> None:
    """The state, its instant, the ledger; and it is asked about no more."""
    zbs = street.by_zbs()
    msg_id = await sent(database, zbs)
    receipts = asker(database, zbs)
    assert await receipts.ask(NOW + MINUTE) == 0
    street.zbs.deliver(msg_id)
    assert await receipts.ask(NOW + 2 * MINUTE) == 0  # the next question is due at five minutes
    assert await receipts.ask(NOW + 5 * MINUTE) == 1
    found = line(database, "so-tu-phap")
    assert (found.state, found.accepted_at, found.finished_at) == (DeliveryState.DELIVERED, NOW, NOW + 5 * MINUTE)
    assert found.provider_id == msg_id
    assert told(database) == [DeliveryState.SENT, DeliveryState.DELIVERED]
    assert await receipts.ask(NOW + 60 * MINUTE) == 0
    assert questions(street) == 2
    with database.read() as conn:
        assert verify(conn).first_bad is None


async def test_it_is_asked_ever_more_seldom_and_then_no_more(database: Database, street: ZaloStreet) -> None:
    """Once for each of the seven ages; a day later it stays sent."""
    zbs = street.by_zbs()
    await sent(database, zbs)
    receipts = asker(database, zbs)
    for hours in range(72):
        await receipts.ask(NOW + timedelta(hours=hours))
    assert questions(street) == 4  # one hour (four ages at once), 4, 12 and 24 hours
    assert line(database, "so-tu-phap").state is DeliveryState.SENT


async def test_after_a_restart_it_is_asked_once_more(database: Database, street: ZaloStreet) -> None:
    """What was asked is not kept on disk."""
    zbs = street.by_zbs()
    await sent(database, zbs)
    for _ in range(2):
        await asker(database, zbs).ask(NOW + 2 * MINUTE)
    assert questions(street) == 2


async def test_a_host_that_cannot_be_asked_changes_nothing(database: Database, street: ZaloStreet) -> None:
    """The round ends at the first failure; the question stands."""
    zbs = street.by_zbs()
    names = [await sent(database, zbs, name) for name in ("a", "b", "c")]
    receipts = asker(database, zbs)
    street.zbs.weather = Weather.BROKEN
    assert await receipts.ask(NOW + MINUTE) == 0
    assert questions(street) == 1
    street.zbs.weather = Weather.FAIR
    for name in names:
        street.zbs.deliver(name)
    assert await receipts.ask(NOW + MINUTE) == 3
    assert told(database).count(DeliveryState.DELIVERED) == 3


async def test_a_round_is_bounded(database: Database) -> None:
    """At most fifty questions, the oldest letters first; the rest have their turn next."""
    asked: list[str] = []

    async def arrived(provider_id: str) -> bool:
        asked.append(provider_id)
        return False

    put(database, new("so", channel=ZALO, people=AT_ONCE + 5))
    for n in range(AT_ONCE + 5):
        end(database, one(database), Sent(f"m{n:02}", "ok"))
    receipts = Receipts(database, ZALO, arrived, salts)
    await receipts.ask(NOW + MINUTE)
    assert asked == [f"m{n:02}" for n in range(AT_ONCE)]
    await receipts.ask(NOW + MINUTE)
    assert asked[AT_ONCE:] == [f"m{n:02}" for n in range(AT_ONCE, AT_ONCE + 5)]


def test_only_what_was_accepted_under_a_name_by_the_channel_is_asked_about(database: Database) -> None:
    """Not mail, not what has no name, not what is too old, not what is not sent."""
    put(database, new("thu", channel=EMAIL), new("vo-danh", channel=ZALO), new("co-ten", channel=ZALO))
    for _ in range(3):
        taken = one(database)
        end(database, taken, Sent({"thu": "x", "vo-danh": None, "co-ten": "m1"}[taken.key.letter], "ok"))
    put(database, new("cho", channel=ZALO))
    with database.read() as conn:
        assert [found.provider_id for found in deliveries_awaiting_receipt(conn, ZALO, NOW - MINUTE)] == ["m1"]
        assert deliveries_awaiting_receipt(conn, ZALO, NOW) == []


def test_a_confirmation_counts_once(database: Database) -> None:
    """A second receipt, and one for what is not sent, changes nothing."""
    put(database, new("a", channel=ZALO))
    id_ = line(database, "a").id
    with database.write() as conn:
        assert not mark_delivered(conn, id_, NOW, salts)
    end(database, take(database, leaves=True), Sent("m1", "ok"))
    with database.write() as conn:
        assert mark_delivered(conn, id_, NOW + MINUTE, salts)
        assert not mark_delivered(conn, id_, NOW + 2 * MINUTE, salts)
    assert told(database) == [DeliveryState.SENT, DeliveryState.DELIVERED]


def test_the_questions_are_in_order() -> None:
    """Each later than the one before."""
    assert list(ASK_AFTER) == sorted(set(ASK_AFTER))
    assert isinstance(NOW, datetime)
