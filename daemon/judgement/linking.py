"""Codes that link a person to his Zalo chat: how they look, how they are found in a message, what they change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from daemon.judgement.rulebook import Rulebook

# No vowel, no D, no W: a Vietnamese keyboard left on (Telex, VNI) changes them. No 0, 1, 2, 5, 8 and none of the
# letters they are taken for.
ALPHABET = "CFGHJKMNPQRTVX34679"
LENGTH = 6
LASTS = timedelta(hours=24)

_WORD = re.compile("[A-Z0-9]+")
_BETWEEN = re.compile(r"[\s.\-]+")


def new_code(choose: Callable[[str], str]) -> str:
    """Return a code; `choose` picks one character of a string, in a way nobody can guess."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def codes_in(text: str) -> tuple[str, ...]:
    """Return what could be codes in a message, in its order: in either case, in quotes, or spelled in groups."""
    upper = unicodedata.normalize("NFKC", text).upper()
    candidates = [*_WORD.findall(upper), _BETWEEN.sub("", upper)]
    return tuple(dict.fromkeys(word for word in candidates if len(word) == LENGTH and set(word) <= set(ALPHABET)))


def with_links(rules: Rulebook, linked: Mapping[str, str]) -> Rulebook:
    """Return the files as they are with the chats people wrote from; a link goes before what the register says."""
    if not any(person in linked for person in rules.register.person_by_id):
        return rules
    agencies = tuple(
        replace(agency, people=tuple(replace(p, zalo=linked.get(p.id, p.zalo)) for p in agency.people))
        for agency in rules.register.agencies
    )
    return replace(rules, register=replace(rules.register, agencies=agencies))
