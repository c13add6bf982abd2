"""Which letters have an approved Zalo template, by their names and by their kinds."""

from __future__ import annotations

from daemon.domain.words import LetterKind
from daemon.domain.zalo import FORMS, ZbsTemplate, carried, with_templates


def test_a_template_that_names_no_letter_stands_for_every_reminder() -> None:
    """And for nothing else: no note, no receipt."""
    general = ZbsTemplate("1", ())
    assert with_templates([general]) == set(FORMS[LetterKind.REMINDER])
    assert carried([general]) == {LetterKind.REMINDER}


def test_a_template_stands_for_the_letters_it_names() -> None:
    """One letter of a kind is enough for the kind; without templates there is none."""
    named = ZbsTemplate("1", (), frozenset({"gia-han", "ghi-chu"}))
    assert with_templates([named]) == {"gia-han", "ghi-chu"}
    assert carried([named]) == {LetterKind.NOTICE, LetterKind.NOTE}
    assert carried([]) == frozenset()


def test_every_kind_of_letter_has_its_templates() -> None:
    """So that no kind is forgotten when one is added."""
    assert FORMS.keys() == set(LetterKind)
