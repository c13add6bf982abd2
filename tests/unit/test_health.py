"""What is not well is a list, and empty only when nothing is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from daemon.domain.entries import Entry
from daemon.domain.failures import Alarmed, ChannelPause, DeadLetter, Road
from daemon.domain.warnings import Failing
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Matter, Tier
from daemon.judgement.health import Ailment, Trouble, engine_troubles, troubles

EMAIL = Channel.EMAIL
COLLECTOR = "so-noi-vu"


def dead(world: Any, at: str, kind: LetterKind = LetterKind.REMINDER, agency: str = "so-tu-phap") -> DeadLetter:
    """A letter nobody got, dead since an instant."""
    road = Road("p", EMAIL, DeliveryState.REFUSED, 1, 1, world.on(at))
    return DeadLetter(
        "thu", kind, agency, Tier.OFFICERS, Level.NOTICE, world.day("3/10"), frozenset({world.key().plan}), (), (road,)
    )


def test_all_is_well(report: Any) -> None:
    """No pause, no dead letter, a tick just finished, a database that can be written."""
    now = report.on("3/10 09:00")
    assert troubles([], [], [], {}, report.rules, now) == []
    assert engine_troubles(now, 15, now + timedelta(seconds=44), busy=False, writable=True) == []


def test_a_paused_channel_is_not_well_and_one_that_is_back_is(report: Any) -> None:
    """What is over waits only to be told of."""
    now = report.on("3/10 09:00")
    pause = ChannelPause(EMAIL, "email", now, "AUTH: 535", "535", now)
    back = ChannelPause(Channel.ZALO, "zalo", now, "token", None, now, over_at=now)
    hiccup = ChannelPause(Channel.ZALO, "zalo", now, "connection lost", None, now, silent=True)
    assert troubles([pause, back, hiccup], [], [], {}, report.rules, now) == [
        Trouble(Ailment.CHANNEL, now, EMAIL, "535", "AUTH: 535", route="email")
    ]
    later = now + timedelta(minutes=30)
    assert troubles([hiccup], [], [], {}, report.rules, later) == []  # tried but once
    lasting = replace(hiccup, failed_at=now + timedelta(minutes=15))
    (silence,) = troubles([lasting], [], [], {}, report.rules, later)
    assert (silence.since, silence.route, silence.silent) == (now, "zalo", True)


@pytest.mark.parametrize(
    ("died", "now", "ill"),
    [
        ("3/10 09:00", "3/10 10:19", False),  # an hour between notes, ten minutes of patience, and ten to be late in
        ("3/10 09:00", "3/10 10:20", True),
        ("3/10 16:00", "3/10 23:00", False),  # what could not be told in the evening is told in the morning
        ("3/10 16:00", "4/10 08:39", False),
        ("3/10 16:00", "4/10 08:40", True),
        ("7/10 20:00", "10/10 09:00", False),  # dead on a Friday night
    ],
)
def test_a_letter_nobody_heard_of_is_not_well_once_it_should_have_been_told(
    report: Any, died: str, now: str, ill: bool
) -> None:
    """At night and over a weekend nobody is expected to have heard."""
    found = troubles([], [dead(report, died)], [], {}, report.rules, report.on(now))
    assert found == ([Trouble(Ailment.UNTOLD, report.on(died), count=1)] if ill else [])


def test_a_letter_a_note_named_is_well(report: Any) -> None:
    """Somebody was told: the rest is his."""
    told = Entry(1, report.on("3/10 09:00"), "dondoc", None, Alarmed(COLLECTOR, letters=("thu",)))
    assert troubles([], [dead(report, "3/10 09:00")], [told], {}, report.rules, report.on("5/10 09:00")) == []


@pytest.mark.parametrize(
    ("reached", "ill"),
    [
        ({COLLECTOR: "4/10 08:30"}, False),
        ({COLLECTOR: "2/10 08:30"}, True),
        ({"so-tu-phap": "4/10 08:30"}, True),
        ({}, True),
    ],
)
def test_a_note_nobody_got_is_made_good_by_a_later_one(report: Any, reached: dict[str, str], ill: bool) -> None:
    """Any later note that arrives shows that the operator can be reached."""
    lost = dead(report, "3/10 09:00", LetterKind.NOTE, COLLECTOR)
    notes = {agency: report.on(at) for agency, at in reached.items()}
    found = troubles([], [lost], [], notes, report.rules, report.on("4/10 09:00"))
    assert found == ([Trouble(Ailment.NOTE, report.on("3/10 09:00"), count=1)] if ill else [])


@pytest.mark.parametrize(
    ("since", "now", "reached", "ill"),
    [
        ("3/10 08:30", "4/10 08:39", None, False),
        ("3/10 08:30", "4/10 08:40", None, True),
        ("3/10 08:30", "4/10 08:40", "3/10 09:00", False),  # another one reached him since
        ("3/10 08:30", "4/10 08:40", "3/10 08:00", True),
        ("7/10 09:00", "8/10 09:30", None, False),  # over a weekend nothing leaves
        ("7/10 09:00", "10/10 08:40", None, True),
    ],
)
def test_a_note_that_waits_for_more_than_a_day_is_not_well(
    report: Any, since: str, now: str, reached: str | None, *, ill: bool
) -> None:
    """Until then the far side may yet take it."""
    at = report.on(since)
    notes = {COLLECTOR: report.on(reached)} if reached else {}
    found = troubles([], [], [], notes, report.rules, report.on(now), late=[(COLLECTOR, at)])
    assert found == ([Trouble(Ailment.LATE_NOTE, at, count=1)] if ill else [])


def test_what_a_person_must_mend_is_not_well(report: Any) -> None:
    """A mailbox that refuses our password; one out of reach for a moment mends itself."""
    now = report.on("3/10 09:00")
    refused = Failing(Matter.MAILBOX, now, "login refused", grave=True)
    away = Failing(Matter.ZALO_TOKENS, now, "no answer", grave=False)
    assert troubles([], [], [], {}, report.rules, now, failing=[refused, away]) == [
        Trouble(Ailment.NEED, now, detail="login refused", matter=Matter.MAILBOX)
    ]


def test_an_engine_that_stands_still_or_cannot_write_is_not_well(report: Any) -> None:
    """Three ticks without an end, or none at all; one that hands letters over is alive."""
    then = report.on("3/10 09:00")
    late = then + timedelta(seconds=45)
    assert engine_troubles(then, 15, late, busy=False, writable=True) == [Trouble(Ailment.NO_TICK, then)]
    assert engine_troubles(None, 15, late, busy=False, writable=True) == [Trouble(Ailment.NO_TICK)]
    assert engine_troubles(None, 15, late, busy=True, writable=False) == [Trouble(Ailment.NO_WRITE)]
