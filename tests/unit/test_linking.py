"""Linking codes survive Vietnamese keyboards, and links go before the register."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Role, Voice
from daemon.judgement.calendars import Calendar
from daemon.judgement.linking import ALPHABET, LENGTH, codes_in, new_code, with_links
from daemon.judgement.rulebook import Rulebook

CODE = "K7MQXC"


def test_a_code_has_no_letter_a_keyboard_changes_or_an_eye_confuses() -> None:
    """No vowel, no D or W (Telex), nothing that reads as another."""
    assert not set(ALPHABET) & set("AEIOUYDW" + "01258" + "BLSZ")
    assert len(set(ALPHABET)) == len(ALPHABET)
    code = new_code(lambda letters: letters[-1])
    assert len(code) == LENGTH
    assert codes_in(code) == (code,)


@pytest.mark.parametrize(
    "text",
    [
        "K7MQXC", "k7mqxc", " K7MQXC\n", "“K7MQXC”", "Mã: k7mqxc.", "Mã của tôi là K7MQXC, chào đồng chí", "K7M QXC",
        "k7m-qxc", "K 7 M Q X C", "Ｋ７ＭＱＸＣ",
    ],
)  # fmt: skip
def test_a_code_is_found_however_it_is_written(text: str) -> None:
    """In either case, in quotes or a sentence, in groups, in wide letters."""
    assert codes_in(text) == (CODE,)


@pytest.mark.parametrize("text", ["", "xin chào", "K7MQX", "K7MQXCC", "K7MQX0", "thông báo kết quả", "K7MQ, XC nhé"])
def test_other_words_are_no_code(text: str) -> None:
    """Too short, too long, a letter that no code has."""
    assert codes_in(text) == ()


def test_several_are_found_in_their_order() -> None:
    """Each once."""
    assert codes_in("HJKMNP rồi K7MQXC, HJKMNP") == ("HJKMNP", CODE)


@given(st.text())
def test_anything_may_be_written(text: str) -> None:
    """Whatever comes out could have been given out."""
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes_in(text))


def rulebook() -> Rulebook:
    """Return files with one agency of two people, one of whom the register gives a chat."""
    people = (Person("an", Role.FOCAL, zalo="old"), Person("binh", Role.HEAD))
    agency = Agency("so-a", "Sở A", "Sở A", "so", Voice.DEPARTMENT, "Đồng chí Giám đốc", people=people)
    return Rulebook((), Register((Group("so", "Sở"),), (agency,)), {}, Calendar("vp"))


def test_a_link_goes_before_the_register() -> None:
    """Who is linked is reached there; nobody else is touched, and a link of a person gone changes nothing."""
    rules = rulebook()
    assert with_links(rules, {}) is rules
    assert with_links(rules, {"gone": "c9"}) is rules
    linked = with_links(rules, {"binh": "c2", "gone": "c9"})
    assert [person.zalo for person in linked.agency("so-a").people] == ["old", "c2"]
    assert [person.zalo for person in with_links(rules, {"an": "c1"}).agency("so-a").people] == ["c1", None]
