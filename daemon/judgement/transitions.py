"""The life of a delivery as a table: from each state, the states that may follow (`design.md` §4).

Three moves stand beside the design's table. SENDING → CANCELLED: its items were settled between the claim and the
first byte. UNKNOWN → SENDING: the same bytes are sent again. PENDING → REFUSED: its road is paused and another takes
the letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from daemon.domain.words import DeliveryState

NEXT: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.HELD: frozenset({DeliveryState.PENDING, DeliveryState.CANCELLED, DeliveryState.EXPIRED}),
    DeliveryState.PENDING: frozenset(
        {DeliveryState.SENDING, DeliveryState.REFUSED, DeliveryState.CANCELLED, DeliveryState.EXPIRED}
    ),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.SENT,
            DeliveryState.PENDING,
            DeliveryState.REFUSED,
            DeliveryState.UNKNOWN,
            DeliveryState.CANCELLED,
        }
    ),
    DeliveryState.SENT: frozenset({DeliveryState.DELIVERED, DeliveryState.SEEN, DeliveryState.BOUNCED}),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.SENDING}),
    DeliveryState.REFUSED: frozenset(),
    DeliveryState.EXPIRED: frozenset(),
    DeliveryState.CANCELLED: frozenset(),
    DeliveryState.BOUNCED: frozenset(),
    DeliveryState.DELIVERED: frozenset(),
    DeliveryState.SEEN: frozenset(),
}


def allowed(current: DeliveryState, following: DeliveryState) -> bool:
    """Say whether a delivery may pass from one state to another."""
    return following in NEXT[current]
