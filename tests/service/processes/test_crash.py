"""Killed and stopped at any moment over two troubled servers, the daemon loses no letter and accounts for every try.

The full size is `make chaos`. The moments come from a seed that is printed; DONDOC_SEED sets it.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.chaos.reckoning import Reckoning
from tests.chaos.storm import Storm

if TYPE_CHECKING:
    from tests.support.station import Station


@pytest.mark.timeout(900)
def test_a_short_storm(station: Station) -> None:
    """Nothing lost, copies only where a blow fell between the dot and the commit, books that agree, a clean ledger."""
    seed = int(os.environ.get("DONDOC_SEED") or random.SystemRandom().randrange(2**32))
    storm = Storm(station, letters=100, blows=10, seed=seed)
    storm.rage()
    found = Reckoning(storm)
    assert not found.faults, "\n".join(found.lines())
