"""Many letters due at once: never faster than the limit, nearest deadlines first, then the longest overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.throughput import Rush

if TYPE_CHECKING:
    from tests.support.station import Station


@pytest.mark.timeout(300)
def test_a_rush(station: Station) -> None:
    """Three hundred letters with seven deadlines at twenty a second: each arrives once, none before its time."""
    rush = Rush(station, letters=300, per_second=20)
    rush.run()
    assert station.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", 300)]
    assert len(rush.arrivals()) == 300
    assert len(station.letters()) == 300
    assert rush.too_early() == 0
    assert rush.inversions() == 0
