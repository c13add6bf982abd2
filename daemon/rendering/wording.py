"""Which text an item takes, and under which heading it stands in a letter of several."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from daemon.domain.ladders import Ladder, Step, When
from daemon.domain.letters import LetterItem
from daemon.domain.obligations import TermCause
from daemon.domain.words import Level, Tier


class Wording(StrEnum):
    """A text by the step it was written for; the value names its template."""

    NOTICE = "thong-bao"
    REMIND = "nhac"
    PRESS = "don-doc"
    LAST_DAY = "han-cuoi"
    OVERDUE = "qua-han"
    HEAD = "thu-truong"
    REPORT = "trinh"


class Section(StrEnum):
    """A heading of a letter of several items, in the order in which they are printed."""

    PAST = "Đã qua thời hạn"
    TODAY = "Hạn cuối hôm nay"
    AHEAD = "Sắp đến hạn"
    SUPPLEMENT = "Cần bổ sung"


def _of_step(step: Step) -> Wording:
    if step.level is Level.SUPERIOR or step.tier is Tier.COLLECTOR:
        return Wording.REPORT
    if step.level is Level.HEAD or step.tier is Tier.HEAD:
        return Wording.HEAD
    if step.when.when is When.BEFORE:
        return Wording.PRESS if step.level >= Level.PRESS else Wording.REMIND
    return {When.ISSUED: Wording.NOTICE, When.ON: Wording.LAST_DAY}.get(step.when.when, Wording.OVERDUE)


def wording_of(item: LetterItem, ladder: Ladder, now: datetime) -> Wording:
    """Return the text an item takes: by the place and level of its step, whatever the office calls it."""
    if item.first and item.key.tier is Tier.OFFICERS:
        return Wording.NOTICE if now < item.deadline.due_at else Wording.OVERDUE
    step = ladder.by_id.get(item.wording) or ladder.by_id.get(item.key.step)
    if step is not None:
        return _of_step(step)
    if item.level >= Level.OVERDUE:
        return {Level.HEAD: Wording.HEAD, Level.SUPERIOR: Wording.REPORT}.get(item.level, Wording.OVERDUE)
    return Wording.PRESS if item.level is Level.PRESS else Wording.REMIND


def section_of(item: LetterItem, cause: TermCause, now: datetime, today: bool) -> Section:
    """Return the heading an item stands under; `today`: its last day is the letter's."""
    if now >= item.deadline.due_at:
        return Section.PAST
    if today:
        return Section.TODAY
    return Section.SUPPLEMENT if cause is TermCause.SUPPLEMENT else Section.AHEAD
