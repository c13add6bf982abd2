"""A delivery moves only along the table of `design.md` §4."""

from __future__ import annotations

import pytest

from daemon.domain.words import ACCEPTED_STATES, DeliveryState
from daemon.judgement.transitions import NEXT, allowed

MOVES = """
held     pending cancelled expired
pending  sending refused cancelled expired
sending  sent pending refused unknown cancelled
sent     delivered seen bounced
unknown  sending
refused
expired
cancelled
bounced
delivered
seen
"""
TABLE = {
    DeliveryState(words[0]): {DeliveryState(word) for word in words[1:]}
    for words in map(str.split, MOVES.split("\n")[1:-1])
}


@pytest.mark.parametrize("current", DeliveryState)
@pytest.mark.parametrize("following", DeliveryState)
def test_every_pair_is_as_the_table_says(current: DeliveryState, following: DeliveryState) -> None:
    """Each of the 121 pairs is allowed exactly when the table lists it."""
    assert allowed(current, following) == (following in TABLE[current])


def test_what_was_accepted_never_becomes_unsent() -> None:
    """From an accepted state only accepted states can be reached, however long the way."""
    reached = set(ACCEPTED_STATES)
    while new := {state for known in reached for state in NEXT[known]} - reached:
        reached |= new
    assert reached == ACCEPTED_STATES


def test_what_may_have_arrived_never_waits_as_if_it_had_not() -> None:
    """From *unknown* the only way is to send again: never back to pending, held, cancelled or expired."""
    assert NEXT[DeliveryState.UNKNOWN] == {DeliveryState.SENDING}
