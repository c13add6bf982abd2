"""The channel of templates by telephone number: codes, numbers as people write them, tests, receipts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.local.zalo_host import Weather
from daemon.local.zalo_templates import REMINDER
from notifiers.base import DeliveryError, FailureKind, Message, Notifier, Phase
from notifiers.zalo_codes import CODES, REFRESH, Service, kind_of, seconds
from notifiers.zalo_phone import international
from notifiers.zalo_zbs import Arrival, body_of, tracking_id
from tests.support.oa_kit import NOW, ZaloStreet, zalo_street

PHONE = "0900 000 001"
DATA = {"name": "Sở Tài chính", "task": "báo cáo dân vận 2022", "time": "24/10/2022"}
T, P, M, H = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.MISCONFIGURED, FailureKind.THROTTLED


def message(data: object = DATA, template: object = "123456", phone: str = PHONE, key: str = "dl-1") -> Message:
    """Return a letter to the one number."""
    return Message(key, phone, json.dumps({"template_id": template, "template_data": data}).encode())


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[ZaloStreet]:
    """The hosts of one OA."""
    async with zalo_street(tmp_path) as opened:
        yield opened


async def quietly() -> None:
    """Let the content go."""


async def failed(notifier: Notifier, sent: Message | None = None) -> DeliveryError:
    """Return the failure of one letter, which shows nobody and hangs on nothing."""
    with pytest.raises(DeliveryError) as caught:
        await notifier.deliver(sent or message(), quietly)
    error = caught.value
    assert error.__context__ is None
    assert "000001" not in repr(error).replace(" ", "")
    return error


async def test_a_template_arrives_filled(street: ZaloStreet) -> None:
    """As the protocol has it: the number in the 84 form, a tracking id that names nobody, no mode."""
    receipt = await street.by_zbs().deliver(message(), quietly)
    (taken,) = street.zbs.accepted.values()
    assert (taken.phone, taken.template_id, taken.data) == ("84900000001", "123456", DATA)
    assert (taken.tracking_id, taken.development) == (tracking_id("dl-1"), False)
    assert receipt.provider_id == taken.msg_id
    (call,) = street.zbs.requests
    assert (call.method, call.path, call.headers["access_token"]) == ("POST", "/message/template", "AT-1")
    assert set(json.loads(call.body)) == {"phone", "template_id", "template_data", "tracking_id"}


async def test_in_development_only_administrators_are_reached(street: ZaloStreet) -> None:
    """Anybody else is a fault of the configuration."""
    notifier = street.by_zbs(development=True)
    error = await failed(notifier)
    assert (error.kind, error.code) == (M, "-127")
    street.zbs.admins.add("84900000001")
    await notifier.deliver(message(), quietly)
    assert [taken.development for taken in street.zbs.accepted.values()] == [True]


async def test_every_documented_code_is_treated_as_the_table_says(street: ZaloStreet) -> None:
    """In an answer of HTTP 200; the words do not count."""
    notifier = street.by_zbs()
    for code, known in CODES[Service.ZBS].items():
        if known is REFRESH:
            continue
        street.zbs.refusals["84900000001"] = (code, "not to 84900000001")
        error = await failed(notifier)
        assert (error.kind, error.code) == (kind_of(known), str(code))
        assert error.retry_after == seconds(known.wait, NOW)
        assert error.detail == f"{code}: not to …"
    assert street.zbs.accepted == {}


async def test_what_is_refused_at_night_waits_for_the_morning(street: ZaloStreet) -> None:
    """At 22:30 in Vietnam: seven hours and 35 minutes."""
    street.zbs.night = True
    street.zbs.templates["123456"] = replace(REMINDER, at_night=False)
    street.clock.move_to(NOW + timedelta(hours=14))
    error = await failed(street.by_zbs())
    assert (error.kind, error.code, error.retry_after) == (H, "-133", (7 * 60 + 35) * 60)


async def test_a_dead_token_is_renewed_once_for_message_and_receipt(street: ZaloStreet) -> None:
    """Here -124 says so."""
    street.tokens.access_token = "AT-other"
    notifier = street.by_zbs()
    receipt = await notifier.deliver(message(), quietly)
    assert receipt.provider_id is not None
    street.tokens.access_token = "AT-another"
    assert await notifier.status(receipt.provider_id) is Arrival.DELIVERED
    assert (len(street.zbs.accepted), street.oauth.refreshes) == (1, 2)


async def test_a_receipt_is_asked_for(street: ZaloStreet) -> None:
    """Not yet, then delivered; a message nobody knows is unknown."""
    street.zbs.away.add("84900000001")
    notifier = street.by_zbs()
    receipt = await notifier.deliver(message(), quietly)
    assert receipt.provider_id is not None
    assert await notifier.status(receipt.provider_id) is Arrival.NOT_YET
    street.zbs.deliver(receipt.provider_id)
    assert await notifier.status(receipt.provider_id) is Arrival.DELIVERED
    assert await notifier.status("no such message") is Arrival.UNKNOWN


@pytest.mark.parametrize(("weather", "kind"), [(Weather.THROTTLED, H), (Weather.BROKEN, T), (Weather.DROPPED, T)])
async def test_a_receipt_nobody_can_be_asked_for_is_a_failure(
    street: ZaloStreet, weather: Weather, kind: FailureKind
) -> None:
    """Nothing is concluded from it."""
    street.zbs.weather = weather
    with pytest.raises(DeliveryError) as caught:
        await street.by_zbs().status("1")
    assert (caught.value.kind, caught.value.__context__) == (kind, None)


async def test_a_receipt_that_does_not_come_in_time_is_a_failure(street: ZaloStreet) -> None:
    """Nor is a host waited for without end, or one that is not there."""
    street.zbs.weather = Weather.HANGING
    for notifier in (street.by_zbs(timeout=0.5), street.by_zbs("http://127.0.0.1:1")):
        with pytest.raises(DeliveryError) as caught:
            await notifier.status("1")
        assert (caught.value.kind, caught.value.phase, caught.value.maybe_accepted) == (T, Phase.CONNECT, False)
    street.zbs.clear_up()


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("0900000001", "84900000001"),
        ("0900.000.001", "84900000001"),
        ("(+84) 900 000 001", "84900000001"),
        ("84-900-000-001", "84900000001"),
        ("0276 3822 233", None),
        ("0276 3822 233 máy lẻ 12", None),
        ("900000001", None),
        ("09000000011", None),
        ("", None),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, dialled: str | None) -> None:
    """Mobile numbers alone have Zalo."""
    assert international(typed) == dialled


@given(st.text())
def test_a_tracking_id_fits_and_tells_nothing(key: str) -> None:
    """Letters and digits, at most 48, the same each time."""
    made = tracking_id(key)
    assert made.isascii()
    assert made.isalnum()
    assert len(made) <= 48
    assert made == tracking_id(key)
    assert len(key) < 6 or key not in made


@pytest.mark.parametrize(
    "sent",
    [
        message(phone="0276 3822 233"),
        message({"name": " ", "task": "x"}),
        message({}),
        message({"name": 1}),
        message([]),
        message(template=""),
        message(template=7),
        Message("dl-1", PHONE, b""),
        Message("dl-1", PHONE, b"\xff"),
        Message("dl-1", PHONE, b"[]"),
    ],
)
async def test_what_zbs_would_not_take_is_refused_at_home(street: ZaloStreet, sent: Message) -> None:
    """Before anything is asked or sent: no number, nothing to say, no template approved for this letter."""

    async def never() -> None:
        raise AssertionError("asked for a letter that cannot go")

    with pytest.raises(DeliveryError) as caught:
        await street.by_zbs().deliver(sent, never)
    assert (caught.value.kind, caught.value.phase) == (P, Phase.CONNECT)
    assert street.zbs.requests == []


def test_the_same_letter_is_the_same_request() -> None:
    """Byte for byte; a parameter that is missing is named."""
    assert body_of(message(), "84900000001") == body_of(message(), "84900000001")
    with pytest.raises(DeliveryError, match="nothing to say for name, time"):
        body_of(message({"time": "", "name": "", "task": "x"}), "84900000001")
