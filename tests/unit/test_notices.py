"""Receipts and notices: each entry that says something to an agency gets one letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

from daemon.clock import at
from daemon.domain.entries import Called, Declared, Exempted, PlanChanged, Received
from daemon.domain.words import Channel, LetterKind
from daemon.judgement.notices import owed_notices

FRIDAY_EVENING = at(date(2022, 10, 21), time(18))


def test_a_document_received_owes_a_receipt_in_the_next_sending_hours(world: Any) -> None:
    """It goes to the focal officer, copy to the office mailbox, on the next working morning."""
    world.record("21/10 18:00", Received("1/BC"), world.key("bao-cao", "so-tu-phap"))
    (notice,) = owed_notices(world.entries, frozenset(), world.snapshot(), FRIDAY_EVENING)
    assert notice.letter.kind is LetterKind.RECEIPT
    assert notice.letter.send_at == at(date(2022, 10, 24), time(8, 30))
    assert notice.letter.to == {Channel.EMAIL: ("so-tu-phap-dau-moi",)}
    assert notice.letter.cc == {Channel.EMAIL: ("so-tu-phap-van-thu",)}
    assert notice.source.seq == 1


def test_one_mailbox_gets_one_receipt(build: Any) -> None:
    """Where the focal officer reads the office mailbox there is no copy."""
    world = build(("so-tu-phap",), ("bao-cao",))
    (theirs,) = (one for one in world.rules.register.agencies if one.id == "so-tu-phap")
    shared = replace(theirs, office_email=theirs.people[0].email)
    agencies = tuple(shared if one is theirs else one for one in world.rules.register.agencies)
    world.rules = replace(world.rules, register=replace(world.rules.register, agencies=agencies))
    world.record("21/10 18:00", Received("1/BC"), world.key())
    (notice,) = owed_notices(world.entries, frozenset(), world.snapshot(), FRIDAY_EVENING)
    assert (notice.letter.to, notice.letter.cc) == ({Channel.EMAIL: ("so-tu-phap-dau-moi",)}, {})


def test_a_declaration_owes_a_notice_and_a_call_owes_nothing(world: Any) -> None:
    """What the agency was not told of it need not be told."""
    key = world.key("bao-cao", "so-tu-phap")
    world.record("21/10 18:00", Declared("1/BC"), key)
    world.record("21/10 18:00", Called(), key)
    notices = owed_notices(world.entries, frozenset(), world.snapshot(), FRIDAY_EVENING)
    assert [(n.letter.kind, n.source.seq) for n in notices] == [(LetterKind.NOTICE, 1)]


def test_a_notice_composed_already_is_not_owed_again(world: Any) -> None:
    """The pair of kind and entry is what the database refuses a second time."""
    world.record("21/10 18:00", Received("1/BC"), world.key("bao-cao", "so-tu-phap"))
    assert not owed_notices(world.entries, {(LetterKind.RECEIPT, 1, "so-tu-phap")}, world.snapshot(), FRIDAY_EVENING)


def test_entries_about_what_the_files_no_longer_hold_owe_nothing(world: Any) -> None:
    """A removed plan, milestone or agency is not written about."""
    key = world.key("bao-cao", "so-tu-phap")
    for gone in (key._replace(plan="cu"), key._replace(milestone="cu"), key._replace(agency="cu"), None):
        world.record("21/10 18:00", Received("1/BC"), gone)
    assert not owed_notices(world.entries, frozenset(), world.snapshot(), FRIDAY_EVENING)


def test_an_amended_date_is_told_to_all_who_still_owe(build: Any) -> None:
    """Who has sent, or is exempt, is not written to about a new date."""
    world = build(("so-tu-phap", "so-tai-chinh", "so-y-te"), ("bao-cao",))
    world.record("20/10 08:00", Received("1/BC"), world.key(agency="so-tu-phap"))
    world.record("20/10 08:00", Exempted("CV", "PCT"), world.key(agency="so-y-te"))
    old, new = (world.on("25/10"), world.day("24/10")), (world.on("15/11"), world.day("14/11"))
    moved = PlanChanged(
        world.key().plan,
        "deadline amended",
        "bao-cao",
        "once",
        due_at=new[0],
        last_day=new[1],
        was_due_at=old[0],
        was_last_day=old[1],
    )
    world.record("21/10 18:00", moved)
    have = {(LetterKind.RECEIPT, 1, "so-tu-phap")}
    notices = owed_notices(world.entries, have, world.snapshot(), FRIDAY_EVENING)
    assert [(n.letter.agency, n.source.seq, n.letter.kind) for n in notices] == [("so-tai-chinh", 3, LetterKind.NOTICE)]
