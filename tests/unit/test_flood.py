"""A burst beyond what the last approved preview foresaw waits whole; a few surprises leave by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.letters import ItemKey, Letter, LetterItem, SentLetter
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import LetterKind, Level, Reason, Tier
from daemon.judgement.flood import Expected, foreseen_steps, held_back

NOW = datetime(2022, 10, 3, 1, 30, tzinfo=UTC)
DUE = Deadline(datetime(2022, 10, 24, 17, tzinfo=UTC), date(2022, 10, 24))


def step(n: int, name: str = "nhac") -> ItemKey:
    """Return the key of a step of the n-th agency."""
    return ItemKey(ObligationKey("ke-hoach", "bao-cao", "once", f"so-{n}"), 1, name, 1, Tier.OFFICERS)


def letter(n: int, *names: str, replaces: tuple[str, ...] = ()) -> Letter:
    """Return a reminder to the n-th agency with these steps."""
    items = tuple(
        LetterItem(step(n, name), Level.NOTICE, Reason.STEP_REACHED, DUE, name) for name in names or ("nhac",)
    )
    return Letter(
        LetterKind.REMINDER, f"so-{n}", Tier.OFFICERS, NOW.date(), NOW, Level.NOTICE, items, {}, {}, replaces=replaces
    )


def test_as_many_as_allowed_leave() -> None:
    """At the limit nothing waits, one above it all do."""
    three = [letter(n) for n in range(3)]
    assert held_back(three, Expected(frozenset(), 3)) == frozenset()
    assert held_back(three, Expected(frozenset(), 2)) == {0, 1, 2}
    assert held_back(three, Expected(frozenset(), 0)) == {0, 1, 2}
    assert held_back([], Expected(frozenset(), 0)) == frozenset()


def test_what_was_foreseen_neither_counts_nor_waits() -> None:
    """Only the surprises are counted, and only they wait."""
    five = [letter(n) for n in range(5)]
    assert held_back(five, Expected({step(0), step(1), step(2)}, 2)) == frozenset()
    assert held_back(five, Expected({step(0), step(1)}, 2)) == {2, 3, 4}


def test_one_unforeseen_step_makes_a_letter_a_surprise() -> None:
    """Who approved a letter on the report has not approved one on two more subjects."""
    assert held_back([letter(0, "nhac", "nhac-lai")], Expected({step(0)}, 0)) == {0}


def test_what_waits_for_a_name_anyway_is_no_flood() -> None:
    """Letters to heads, and letters that are no reminders, are neither counted nor held here."""
    to_head = replace(letter(0), approval=True)
    receipt = replace(letter(1), kind=LetterKind.RECEIPT)
    assert held_back([to_head, receipt, letter(2)], Expected(frozenset(), 0)) == {2}
    assert held_back([to_head, receipt, letter(2)], Expected(frozenset(), 1)) == frozenset()


def test_what_replaces_a_held_letter_waits_too() -> None:
    """A burst does not slip out the next day by coming in small parts."""
    letters = [letter(0, replaces=("held",)), letter(1, replaces=("other",)), letter(2)]
    assert held_back(letters, Expected(frozenset(), 10, ["held"])) == {0}
    assert held_back(letters, Expected({step(0)}, 10, ["held"])) == frozenset()  # a preview approved since foresees it


def test_a_preview_foresees_its_letters_and_those_that_wait() -> None:
    """A letter that waits when the preview is approved may be joined to a foreseen one without surprise."""
    waits = SentLetter("a", "so-7", Tier.OFFICERS, NOW.date(), Level.NOTICE, (step(7),), {}, live=True)
    gone = replace(waits, id="b", items=(step(8),), live=False)
    past = [waits, gone]
    assert foreseen_steps([letter(0, "nhac", "nhac-lai")], past) == {step(0), step(0, "nhac-lai"), step(7)}


@given(known=st.frozensets(st.integers(0, 19)), limit=st.integers(0, 20))
def test_no_composition_lets_more_surprises_out_than_the_limit(known: frozenset[int], limit: int) -> None:
    """What leaves by itself is foreseen but for at most `limit` letters, and what waits was never foreseen."""
    held = held_back([letter(n) for n in range(20)], Expected({step(n) for n in known}, limit))
    leaving = set(range(20)) - held
    assert len(leaving - known) <= limit
    assert held.isdisjoint(known)
