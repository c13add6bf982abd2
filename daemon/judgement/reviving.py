"""Whether a letter nobody got is still worth sending, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import ObligationKey, Standing
from daemon.domain.words import LetterKind, Reason
from daemon.judgement.judging import Judge, silence
from daemon.judgement.steps import Planned


def no_longer_wanted(
    letter: Letter, standings: Mapping[ObligationKey, Standing], judge: Judge, now: datetime
) -> Reason | None:
    """Return why a reminder would be of no use any more: its first item's reason, when no item is wanted.

    None: something in it is still open and useful. What is no reminder is judged when it leaves.
    """
    if letter.kind is not LetterKind.REMINDER:
        return None
    reasons = [_closed(item.key, standings.get(item.key.obligation), judge, now) for item in letter.items]
    return None if None in reasons else next(iter(reasons), None)


def useful_until(
    letter: Letter, standings: Mapping[ObligationKey, Standing], judge: Judge, now: datetime
) -> datetime | None:
    """Return when the last of its wanted items is of no more use; None: not before it is settled."""
    wanted = [
        planned
        for item in letter.items
        if _closed(item.key, standings.get(item.key.obligation), judge, now) is None
        and (planned := _planned(item.key, standings[item.key.obligation], judge)) is not None
    ]
    ends = [planned.ends_at for planned in wanted if planned.ends_at is not None]
    return max(ends) if ends and len(ends) == len(wanted) else None


def _closed(key: ItemKey, standing: Standing | None, judge: Judge, now: datetime) -> Reason | None:
    """Why nobody is to be chased for an item; None if somebody is."""
    if standing is None:
        return Reason.CLOSED
    if standing.term.n != key.term:
        return Reason.NEW_TERM
    today = local_day(now)
    reason = judge.nothing_owed(standing, today) or silence(standing, today)
    if reason is not None:
        return reason
    planned = _planned(key, standing, judge)
    return None if planned is not None and planned.is_useful(now) else Reason.NO_LONGER_USEFUL


def _planned(key: ItemKey, standing: Standing, judge: Judge) -> Planned | None:
    return next((p for p in judge.planned(standing, first_letter=False) if p.key == key), None)
