"""Each server has its own order and pace; a gap holds up one agency and not the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from daemon.domain.words import Channel
from daemon.judgement.rates import Rate
from daemon.managers.queues import Queues
from daemon.store.due import Due

NOW = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def due(*agencies: str) -> list[Due]:
    """Return a delivery for each agency, in that order."""
    return [Due(n, f"L{n}", f"{agency}-dau-moi", Channel.EMAIL, agency) for n, agency in enumerate(agencies)]


def queues(rate: Rate | None = None, past: list[tuple[datetime, str]] | None = None) -> Queues:
    """Return queues in which only "email" has a rate."""
    return Queues({} if rate is None else {"email": rate}, lambda _route: past or [])


def test_in_the_order_given_and_by_route() -> None:
    """What waits for one server is not what waits for another; without a rate nothing waits longer than its turn."""
    found = queues()
    one, two, three = due("a", "b", "c")
    found.refill([("email", one), ("email 2", two), ("email", three)])
    assert found.routes() == ["email", "email 2"]
    assert [found.take("email", NOW) for _ in range(3)] == [one, three, None]
    assert found.routes() == ["email 2"]
    assert found.take("email 3", NOW) is None
    found.clear()
    assert found.take("email 2", NOW) is None


def test_a_refill_takes_the_place_of_what_waited() -> None:
    """Nothing is queued twice."""
    found = queues()
    one, two = due("a", "b")
    found.refill([("email", one)])
    found.refill([("email", two)])
    assert [found.take("email", NOW), found.take("email", NOW)] == [two, None]


def test_the_pace_outlives_a_refill() -> None:
    """Two a second: the second letter waits half a second, whoever filled the queue meanwhile."""
    found = queues(Rate(2.0, None, 0.0))
    one, two = due("a", "b")
    found.refill([("email", one)])
    assert found.take("email", NOW) == one
    found.refill([("email", two)])
    assert found.take("email", NOW) == NOW + SECOND / 2
    assert found.take("email", NOW + SECOND / 2) == two


def test_an_hour_begun_before_a_restart_goes_on() -> None:
    """What left in the last hour counts, as the attempts tell it."""
    earlier = NOW - timedelta(minutes=50)
    found = queues(Rate(None, 2, 0.0), [(earlier, "x"), (earlier + SECOND, "y")])
    one, *_ = due("a")
    found.refill([("email", one)])
    assert found.take("email", NOW) == earlier + timedelta(hours=1)
    assert found.take("email", earlier + timedelta(hours=1)) == one


def test_a_gap_holds_up_one_agency_alone() -> None:
    """The second letter to an agency steps back behind the next agency's."""
    found = queues(Rate(None, None, 10.0))
    first, second, other = due("a", "a", "b")
    found.refill([("email", first), ("email", second), ("email", other)])
    assert [found.take("email", NOW), found.take("email", NOW)] == [first, other]
    assert found.take("email", NOW) == NOW + 10 * SECOND
    assert found.take("email", NOW + 10 * SECOND) == second


def test_what_is_dropped_waits_no_more() -> None:
    """What goes by another road stays, in its order."""
    found = queues()
    mail, zalo = due("a", "b")
    zalo = replace(zalo, channel=Channel.ZALO)
    found.refill([("in turn", mail), ("in turn", zalo)])
    found.drop(lambda one: one.channel is Channel.EMAIL)
    assert [found.take("in turn", NOW), found.take("in turn", NOW)] == [zalo, None]
