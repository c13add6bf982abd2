"""Wrongly chased: what was wrong, who had it, who signs - and what is no reason to apologise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from daemon.domain.entries import Apologised, Approved, DeliveryOutcome, Received
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import ActTime
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier
from daemon.errors import EntryRefused
from daemon.judgement import apologies

LETTER = "0011223344556677"


@pytest.fixture
def overdue(report: Any) -> Letter:
    """The overdue letter of 26/10 to So Tư pháp."""
    report.mark("25/10 08:00", "25/10 08:00")
    report.run("28/3", "25/10")
    (letter,) = report.decide("26/10 08:30").letters
    assert isinstance(letter, Letter)
    return letter


def outcome(letter: Letter, person: str, state: DeliveryState, channel: Channel = Channel.EMAIL) -> DeliveryOutcome:
    """How a delivery of the letter ended."""
    items = tuple(str(item.key) for item in letter.items)
    return DeliveryOutcome(LETTER, letter.kind, letter.agency, person, channel, state, level=letter.level, items=items)


def wrong(world: Any, letter: Letter, **times: Any) -> list[apologies.Wrong]:
    """What is wrong in the letter of 26/10 08:30 once a document with these times is recorded."""
    world.record("26/10 14:00", Received("1/BC", **times), world.key())
    return apologies.wrong_items([item.key for item in letter.items], world.on("26/10 08:30"), world.entries)


def test_who_had_it_is_told_by_how_each_delivery_ended(report: Any, overdue: Letter) -> None:
    """Accepted and unknown count; refused and bounced do not; the last word of each delivery stands."""
    for minute, (person, state, channel) in enumerate(
        [
            ("a", DeliveryState.SENT, Channel.EMAIL),
            ("b", DeliveryState.REFUSED, Channel.EMAIL),
            ("c", DeliveryState.SENT, Channel.EMAIL),
            ("c", DeliveryState.BOUNCED, Channel.EMAIL),
            ("d", DeliveryState.UNKNOWN, Channel.ZALO),
        ]
    ):
        report.record(f"26/10 08:{31 + minute}", outcome(overdue, person, state, channel))
    report.record("26/10 09:00", replace(outcome(overdue, "e", DeliveryState.SENT), letter="khac"))
    had = apologies.who_had(LETTER, report.entries)
    assert had is not None
    assert had.first_at == report.on("26/10 08:31")
    assert had.readers == dict.fromkeys(
        [("a", Channel.EMAIL), ("d", Channel.ZALO)], frozenset(item.key for item in overdue.items)
    )
    people = {Channel.EMAIL: ("a", "b"), Channel.ZALO: ("a", "d")}
    mistaken = apologies.Wrong(overdue.items[0].key, Received("1/BC"), had_arrived=True)
    assert apologies.readers_of(people, had, [mistaken]) == {Channel.EMAIL: ("a",), Channel.ZALO: ("d",)}
    assert apologies.readers_of(people, had, []) == {}


def test_nobody_had_it(report: Any, overdue: Letter) -> None:
    """A letter that was refused everywhere reached nobody."""
    report.record("26/10 08:31", outcome(overdue, "a", DeliveryState.REFUSED))
    assert apologies.who_had(LETTER, report.entries) is None


@pytest.mark.parametrize(
    ("sent", "received", "found"),
    [
        ("25/10 09:00", "25/10 09:05", True),
        ("25/10 09:00", "26/10 10:00", False),
        ("26/10 09:00", "26/10 09:05", None),
        (None, "26/10", True),
        (None, "27/10", None),
        (None, None, None),
    ],
)
def test_wrong_is_what_had_come_or_was_on_its_way(
    report: Any, overdue: Letter, sent: str | None, received: str | None, found: bool | None
) -> None:
    """The document's own times against the letter's; one known by its day counts as in on that day."""

    def act(text: str | None) -> ActTime | None:
        if text is None:
            return None
        return ActTime.of(report.on(text)) if " " in text else ActTime(report.day(text))

    told = wrong(report, overdue, sent=act(sent), received=act(received))
    assert [one.had_arrived for one in told] == ([] if found is None else [found])


def test_the_document_that_had_arrived_is_named_before_one_on_its_way(report: Any, overdue: Letter) -> None:
    """Of two documents the one that was in is the reason."""
    early, late = ActTime.of(report.on("25/10 09:00")), ActTime.of(report.on("26/10 10:00"))
    report.record("26/10 13:00", Received("1/BC", sent=early, received=late), report.key())
    (told,) = wrong(report, overdue, sent=early, received=early)
    assert (told.document.document, told.had_arrived) == ("1/BC", True)
    assert told.document is report.entries[-1].body


@pytest.mark.parametrize(
    ("changed", "agency", "why"),
    [
        ({"kind": LetterKind.RECEIPT}, None, "Chỉ xin lỗi cho thư nhắc"),
        ({"tier": Tier.COLLECTOR}, None, "thư trình lãnh đạo"),
        ({}, "so-y-te", "không phải so-y-te"),
    ],
)
def test_letters_nobody_apologises_for(
    report: Any, overdue: Letter, changed: dict[str, Any], agency: str | None, why: str
) -> None:
    """Not a reminder, one to leaders, or another agency's."""
    with pytest.raises(EntryRefused, match=why):
        apologies.refuse_unfit(replace(overdue, **changed), agency, report.rules)
    apologies.refuse_unfit(overdue, "so-tu-phap", report.rules)


def test_without_a_document_there_is_nothing_to_apologise_for(report: Any, overdue: Letter) -> None:
    """The refusal says how to enter it."""
    left_at: datetime = report.on("26/10 08:30")
    with pytest.raises(EntryRefused, match=r"dondoc submit so-tu-phap MỐC .*mốc: bao-cao"):
        apologies.refuse_without_document([], overdue, left_at, report.rules)
    early = ActTime.of(report.on("25/10 09:00"))
    apologies.refuse_without_document(wrong(report, overdue, received=early), overdue, left_at, report.rules)


def test_nobody_apologises_twice(report: Any, overdue: Letter) -> None:
    """For the same letter and the same contents; for more of it, one does."""
    told = wrong(report, overdue, received=ActTime.of(report.on("25/10 09:00")))
    apologies.refuse_twice(LETTER, told, report.entries)
    report.record("26/10 15:00", Apologised("khac", (str(told[0].key),)), report.key())
    apologies.refuse_twice(LETTER, told, report.entries)
    entry = report.record("26/10 16:00", Apologised(LETTER, (str(told[0].key),)), report.key())
    with pytest.raises(EntryRefused, match=f"26/10/2022 .mục {entry.seq}"):
        apologies.refuse_twice(LETTER, told, report.entries)
    other = replace(told[0], key=ItemKey.parse(str(told[0].key).replace("bao-cao", "ho-so")))
    apologies.refuse_twice(LETTER, [*told, other], report.entries)


def test_who_signs(report: Any) -> None:
    """From level 3 on a person: the one named, else the one who approved the letter."""
    assert apologies.signer(LETTER, Level.PRESS, [], "A", "B") == (None, None)
    assert apologies.signer(LETTER, Level.OVERDUE, [], " Trần Văn B ", "Giám đốc") == ("Trần Văn B", "Giám đốc")
    with pytest.raises(EntryRefused, match="--name"):
        apologies.signer(LETTER, Level.OVERDUE, [], "Trần Văn B", " ")
    report.record("28/10 09:00", Approved(LETTER, "Lê Thị C", "Phó Giám đốc"))
    assert apologies.signer(LETTER, Level.HEAD, report.entries, None, None) == ("Lê Thị C", "Phó Giám đốc")
