"""Whose a failure is shows in what became of others' letters by the same road, before and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.domain.failures import SILENT_FOR
from daemon.domain.words import Channel
from daemon.judgement.blame import Blame, Fault, Trial, blame, party

NOW = datetime(2022, 10, 3, 2, 0, tzinfo=UTC)
DENIED, STOPPED, DEFERRED = Fault.DENIED, Fault.STOPPED, Fault.DEFERRED
LETTER, ROAD, OPEN = Blame.LETTER, Blame.ROAD, Blame.OPEN
CODE = "554 5.7.1"


def tried(words: str) -> Trial:
    """Return a try written "minutes-ago person outcome code", the code if any; his party is his first letter."""
    ago, who, outcome, *code = words.split(maxsplit=3)
    return Trial(NOW - timedelta(minutes=float(ago)), who, who[0], outcome, code[0] if code else None)


@pytest.mark.parametrize(
    ("fault", "before", "whose"),
    [
        # Nothing to compare it with, or only what passed before it.
        (DENIED, (), OPEN),
        (DENIED, ("1 b sent",), OPEN),
        (DENIED, ("5 a temporary 554 5.7.1", "6 b sent"), OPEN),
        (DENIED, ("1 b temporary 450 4.2.0",), OPEN),
        (DENIED, ("1 b refused 550 5.1.1",), OPEN),
        # The last letter to another met the same.
        (DENIED, ("1 b temporary 554 5.7.1",), ROAD),
        (DENIED, ("1 b refused 554 5.7.1", "2 a temporary 554 5.7.1"), ROAD),
        (DENIED, ("1 b temporary 554 5.7.1", "2 c sent"), ROAD),
        (DENIED, ("40 a temporary 554 5.7.1", "41 b temporary 554 5.7.1"), ROAD),
        # Others have passed since, though not the very last.
        (DENIED, ("1 b sent", "5 a temporary 554 5.7.1"), LETTER),
        (DENIED, ("1 b temporary 554 5.7.1", "2 c sent", "5 a temporary 554 5.7.1"), LETTER),
        (DENIED, ("5 a temporary 554 5.7.1", "5 b sent"), OPEN),
        (DENIED, ("1 a2 sent", "5 a temporary 554 5.7.1"), LETTER),
        (DENIED, ("1 a2 temporary 554 5.7.1", "2 b sent"), OPEN),
        # What he met before he was let through last is over.
        (DENIED, ("1 b sent", "2 a sent", "5 a temporary 554 5.7.1"), OPEN),
        (DENIED, ("1 b sent", "5 a temporary 450 4.2.0"), OPEN),
        # Alone for long enough.
        (DENIED, ("30 a temporary 554 5.7.1",), LETTER),
        (DENIED, ("29 a temporary 554 5.7.1", "60 b sent"), OPEN),
        (DENIED, ("30 a temporary 450 4.2.0",), OPEN),
        # What is meant for all stops the road at once, unless others pass.
        (STOPPED, (), ROAD),
        (STOPPED, ("1 b sent",), ROAD),
        (STOPPED, ("40 a temporary 554 5.7.1",), ROAD),
        (STOPPED, ("1 b sent", "5 a temporary 554 5.7.1"), OPEN),
        (STOPPED, ("1 b sent", "1440 a temporary 554 5.7.1"), LETTER),
        (STOPPED, ("1 b sent", "1439 a temporary 554 5.7.1"), OPEN),
        # Put off: one greylisted recipient is nobody else's matter.
        (DEFERRED, (), OPEN),
        (DEFERRED, ("5 a temporary 451", "20 a temporary 451"), OPEN),
        (DEFERRED, ("5 a temporary 451", "20 b temporary 421"), ROAD),
        (DEFERRED, ("5 a temporary 451", "20 b sent", "30 c temporary 451"), OPEN),
        (DEFERRED, ("1 b refused 550 5.1.1", "2 c temporary 451"), OPEN),
        (DEFERRED, ("1 b unknown",), OPEN),
    ],
)
def test_whose_a_failure_is(fault: Fault, before: tuple[str, ...], whose: Blame) -> None:
    """The latest try stands first; times are minutes ago."""
    assert blame(fault, Trial(NOW, "a", "a", "temporary", CODE), [tried(words) for words in before]) is whose


def test_the_waits_are_half_an_hour_and_a_day() -> None:
    """As the table above has them."""
    assert timedelta(minutes=30) == SILENT_FOR


@pytest.mark.parametrize(
    ("channel", "address", "who"),
    [
        (Channel.EMAIL, "dau-moi@So-Tu-Phap.example", "so-tu-phap.example"),
        (Channel.EMAIL, None, "so-tu-phap-dau-moi"),
        (Channel.ZALO, "84900000001", "so-tu-phap-dau-moi"),
    ],
)
def test_whom_an_answer_may_be_about(channel: Channel, address: str | None, who: str) -> None:
    """A mail server judges domains: to it the focal officer and the office mailbox are one party."""
    assert party(channel, address, "so-tu-phap-dau-moi") == who
