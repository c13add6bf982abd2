"""Values reach the database in one spelling, and only values that have one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from daemon.domain.words import DeliveryState
from daemon.errors import StoreError
from daemon.store.columns import instant_of, instant_text
from daemon.store.engine import Database
from daemon.store.history import record_composition
from daemon.store.moving import move
from daemon.store.tables import COMPOSITION, DELIVERY
from tests.support.outbox_kit import NOW, new, put

INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones())  # noqa: DTZ001 - zones are drawn
HANOI = timezone(timedelta(hours=7))


@given(INSTANTS, INSTANTS)
def test_the_order_of_texts_is_the_order_of_instants(one: datetime, other: datetime) -> None:
    """Whatever their zones, two instants compare as their 27 characters do, and come back as themselves."""
    assert (instant_text(one) < instant_text(other)) == (one.astimezone(UTC) < other.astimezone(UTC))
    assert len(instant_text(one)) == 27
    assert instant_of(instant_text(one)) == one.astimezone(UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2022-10-24T08:42:00Z",
        "2022-10-24T15:42:00.000000+07:00",
        "2022-10-24 08:42:00.000000Z",
        "2022-10-24T08:42:00.000000",
        "2022-10-24",
        "",
    ],
)
def test_an_instant_has_one_spelling(said: str) -> None:
    """Other ISO 8601 spellings of an instant are refused: as text they would not sort."""
    with pytest.raises(ValueError, match=r"."):
        instant_of(said)


def test_an_instant_comes_back_aware_and_in_utc(database: Database) -> None:
    """What is stored in Hanoi's time is read back in UTC."""
    morning = datetime(2022, 10, 24, 8, 30, tzinfo=HANOI)
    with database.write() as conn:
        record_composition(conn, date(2022, 10, 24), morning)
        found: datetime = conn.execute(select(COMPOSITION.c.at)).scalar_one()
        assert conn.execute(text("SELECT at FROM composition")).scalar_one() == "2022-10-24T01:30:00.000000Z"
    assert (found, found.tzinfo) == (morning, UTC)


@pytest.mark.parametrize(
    ("day", "at", "fault"),
    [
        (date(2022, 10, 24), datetime(2022, 10, 24, 8, 30), "naive instant"),  # noqa: DTZ001 - the fault under test
        (datetime(2022, 10, 24, 8, 30, tzinfo=UTC), datetime(2022, 10, 24, tzinfo=UTC), "an instant where a day"),
    ],
)
def test_a_time_without_a_zone_and_a_day_with_an_hour_are_refused(
    database: Database, day: date, at: datetime, fault: str
) -> None:
    """A naive instant, or an instant given as a day, never reaches a row."""
    with pytest.raises(StoreError, match=fault), database.write() as conn:
        record_composition(conn, day, at)


def test_a_delivery_moves_along_the_table_only(database: Database) -> None:
    """A move the table forbids is a fault of the program, named by both states."""
    put(database, new("L1"))
    with database.write() as conn:
        delivery = conn.execute(select(DELIVERY).limit(1)).one()
        with pytest.raises(ValueError, match="from pending to sent"):
            move(conn, delivery, DeliveryState.SENT, NOW)


def test_a_word_that_is_not_in_the_list_is_refused(database: Database) -> None:
    """A state nobody knows does not go in, through the column's type or past it."""
    put(database, new("L1"))
    with pytest.raises(StoreError, match="no such state"), database.write() as conn:
        conn.execute(update(DELIVERY).values(state="no such state"))
    with pytest.raises(StoreError, match="ck_delivery_state"), database.write() as conn:
        conn.execute(text("UPDATE delivery SET state = 'no such state', finished_at = not_before, next_at = NULL"))
