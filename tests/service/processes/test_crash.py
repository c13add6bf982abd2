"""Killed at any moment, the daemon loses no letter and repeats only what nobody answered for, byte for byte.

The full size (1,000 letters, twenty kills): DONDOC_FULL=1. The moments come from a seed that is printed; DONDOC_SEED
sets it.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.station import Station

FULL = os.environ.get("DONDOC_FULL") == "1"
LETTERS, KILLS = (1000, 20) if FULL else (120, 6)
UNANSWERED = "attempt.outcome = 'lease ended' AND attempt.phase = 'content'"


@pytest.mark.timeout(3600 if FULL else 400)
def test_killed_at_random_moments(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    """Every letter is accepted at least once; copies only where an answer was lost; the ledger verifies."""
    seed = int(os.environ.get("DONDOC_SEED") or random.SystemRandom().randrange(2**32))
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    station.begin(LETTERS)
    began = time.monotonic()
    for killed in range(KILLS):
        daemon = station.run()
        ahead = (LETTERS - station.accepted()) // (KILLS - killed + 1)
        target = station.accepted() + moments.randint(1, max(1, 2 * ahead - 1))
        station.wait_for(daemon, partial(station.has_accepted, target))
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(timeout=moments.uniform(0, 0.15))
        daemon.kill()
        assert daemon.wait() == -9
    daemon = station.run()
    station.wait_for(daemon, lambda: station.waiting() == 0)
    seconds = time.monotonic() - began
    assert station.stop(daemon) == 0

    letters = station.letters()
    copies = sum(map(len, letters.values())) - LETTERS
    ((attempts, unanswered, unended),) = station.rows(
        f"SELECT count(*), sum({UNANSWERED}), sum(ended_at IS NULL) FROM attempt"  # noqa: S608 - our own words
    )
    with capsys.disabled():
        print(
            f"\n{LETTERS} letters, {LETTERS + copies} accepted, {copies} copies, {attempts} attempts, "
            f"{unanswered} unanswered, {KILLS} kills, {seconds:.0f} s, seed {seed}"
        )
    assert len(letters) == LETTERS
    assert all(len(set(same)) == 1 for same in letters.values())  # a copy is the same, byte for byte
    assert unended == 0
    assert station.rows("SELECT DISTINCT state FROM delivery") == [("sent",)]
    # An attempt that was never answered may have been accepted; nothing else makes a copy.
    allowed = dict(
        station.rows(
            f"SELECT person, count(*) FROM attempt JOIN delivery ON delivery.id = delivery WHERE {UNANSWERED} "  # noqa: S608 - our own words
            "GROUP BY person"
        )
    )
    for recipient, same in letters.items():
        person = recipient.partition("@")[2].removesuffix(".example") + "-dau-moi"
        assert len(same) - 1 <= allowed.get(person, 0), recipient
    ((started, told),) = station.rows(
        "SELECT count(*), (SELECT count(*) FROM ledger WHERE kind = 'delivery') FROM attempt WHERE phase IS NOT NULL"
    )
    assert told == started  # each attempt that may have reached somebody is in the ledger, as sent or as unknown
    assert f"{told} mục" in station.ask("ledger", "verify").stdout
