"""Letters to the office itself, each by the entry that says it was composed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.domain.entries import Entry, Reported
from daemon.domain.failures import Undelivered
from daemon.domain.words import OfficeLetter
from daemon.judgement.attention import attention
from daemon.judgement.flood import Expected
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import tomorrow
from daemon.rendering.attention import attention_context
from daemon.rendering.clean import Slot
from daemon.rendering.tomorrow import tomorrow_context
from daemon.rendering.weekly import report_context


def office_context(
    source: Entry,
    snapshot: Snapshot,
    entries: Sequence[Entry],
    expected: Expected,
    undelivered: Undelivered,
    *,
    letter_id: str,
    now: datetime,
) -> dict[str, Slot]:
    """Return the slots of the letter that `source` says was composed, as it leaves at `now`; ValueError if none.

    `expected`: what a person has seen of the letters to come by then; `undelivered`: what did not get through.
    """
    body = source.body
    if not isinstance(body, Reported):
        raise ValueError(f"no letter to the office stands on an entry of kind {source.kind.value}")
    match body.what:
        case OfficeLetter.TOMORROW:
            told = tomorrow(snapshot, entries, body.agency, body.day, expected)
            return tomorrow_context(told, snapshot, body.agency, letter_id=letter_id, now=now)
        case OfficeLetter.ATTENTION:
            waits = attention(snapshot, entries, undelivered, body.agency, now)
            return attention_context(waits, snapshot, body.agency, letter_id=letter_id, now=now)
        case _:
            return report_context(body, snapshot, entries, letter_id=letter_id, now=now)
