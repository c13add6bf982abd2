"""When a failure besides the channels is told: at once if only a person can mend it, else when it has lasted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.domain.entries import Body, Called, Entry
from daemon.domain.settings import Files, Mailbox, Sender, Settings, Zalo
from daemon.domain.warnings import Failing, Warned
from daemon.domain.words import Matter
from daemon.judgement.failing import is_to_be_told, needs, told_at

NOW = datetime(2022, 10, 27, 2, tzinfo=UTC)
COLLECTOR = "so-noi-vu"


def entry(days_ago: int, body: Body) -> Entry:
    """An entry made some days ago."""
    return Entry(1, NOW - timedelta(days=days_ago), "dondoc", None, body)


@pytest.mark.parametrize(
    ("grave", "minutes", "told_days_ago", "told"),
    [
        (True, 0, None, True),
        (False, 29, None, False),
        (False, 30, None, True),
        (True, 9000, 6, False),
        (True, 19000, 7, True),
    ],
)
def test_when_it_is_told(grave: bool, minutes: int, told_days_ago: int | None, told: bool) -> None:
    """By how grave it is, how long it lasts and when somebody heard of it."""
    one = Failing(Matter.MAILBOX, NOW - timedelta(minutes=minutes), "login refused", grave)
    said = Warned(COLLECTOR, Matter.MAILBOX, one.since)
    entries = [] if told_days_ago is None else [entry(told_days_ago, said)]
    assert is_to_be_told(one, COLLECTOR, entries, NOW) is told


def test_who_was_told_of_what() -> None:
    """The last warning of this very failure to this collector counts: no other's, of nothing else, of none before."""
    one = Failing(Matter.MAILBOX, NOW - timedelta(days=20), "login refused", grave=True)
    said = Warned(COLLECTOR, Matter.MAILBOX, one.since)
    others: list[Body] = [
        replace(said, collector="so-y-te"),
        replace(said, matter=Matter.ZALO_TOKENS),
        replace(said, since=one.since - timedelta(days=1)),
        Called(),
    ]
    ledger = [entry(9, said), entry(2, said), *(entry(1, body) for body in others)]
    assert told_at(one, COLLECTOR, ledger) == NOW - timedelta(days=2)
    assert told_at(one, COLLECTOR, ledger[2:]) is None


def test_only_what_is_set_up_is_needed() -> None:
    """A mailbox, and the tokens of an Official Account; a bot has none to replace."""
    path = Path("x")
    bare = Settings(path, path, Files(path, path, path, path), Sender("a@b.example", "Sở Nội vụ"))
    mailbox = Mailbox("imap.example", "a@b.example", path)
    assert needs(bare) == frozenset()
    assert needs(replace(bare, mailbox=mailbox, zalo=Zalo("bot"))) == {Matter.MAILBOX}
    assert needs(replace(bare, zalo=Zalo("oa"))) == {Matter.ZALO_TOKENS}
