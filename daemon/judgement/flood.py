"""More letters than anybody expected: (letters of one composition, what a person has seen) -> which of them wait.

The last approved preview names the steps that are no surprise. Letters beyond them leave by themselves as long as
they are few; a burst of them waits for a person, and so does every later letter that takes a waiting one's place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from daemon.domain.letters import ItemKey, Letter, SentLetter
from daemon.domain.words import LetterKind


@dataclass(frozen=True, slots=True)
class Expected:
    """What a person has seen: the steps of the last approved preview, and how many letters beyond them may leave.

    `waiting` are ids of letters held for this reason earlier.
    """

    foreseen: AbstractSet[ItemKey]
    limit: int
    waiting: Collection[str] = ()


def held_back(letters: Sequence[Letter], expected: Expected) -> frozenset[int]:
    """Return the positions of one composition's letters that wait for a person: all unforeseen ones above the limit.

    What replaces a letter that waits already waits too, be it few.
    """
    surprising = frozenset(n for n, letter in enumerate(letters) if _is_surprising(letter, expected.foreseen))
    if len(surprising) > expected.limit:
        return surprising
    return frozenset(n for n in surprising if not set(letters[n].replaces).isdisjoint(expected.waiting))


def foreseen_steps(rehearsed: Sequence[Letter], past: Sequence[SentLetter]) -> frozenset[ItemKey]:
    """Return the steps a preview foresees: those of its letters, and of letters that wait already."""
    coming = {item.key for letter in rehearsed for item in letter.items}
    return frozenset(coming | {key for letter in past if letter.live for key in letter.items})


def _is_surprising(letter: Letter, foreseen: AbstractSet[ItemKey]) -> bool:
    """A letter to a head waits for a person anyway, and is no part of a burst."""
    if letter.kind is not LetterKind.REMINDER or letter.approval:
        return False
    return any(item.key not in foreseen for item in letter.items)
