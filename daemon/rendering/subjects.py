"""What a subject line names: one short name, two joined, or the first that fit and how many more."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.judgement.dates_vi import two_digits

READ_WHOLE = 78
"""Characters of a subject that every reader shows whole: one line of a header, two of a phone."""


def joined(first: str, second: str) -> str:
    """Return two short names as one, their common ending said once: "báo cáo và hồ sơ chấm điểm dân vận 2022".

    One shared syllable may be half a word in each, so only a number or two syllables count as an ending.
    """
    if first == second:
        return first
    a, b = first.split(), second.split()
    common = 0
    while common < min(len(a), len(b)) - 1 and a[-1 - common] == b[-1 - common]:
        common += 1
    if common == 0 or (common == 1 and not a[-1].isdigit()):
        return f"{first} và {second}"
    return f"{' '.join(a[:-common])} và {second}"


def named(shorts: Sequence[str], *, same_day: bool) -> str:
    """Return how a subject names several contents; the first of `shorts` is the most pressing."""
    if len(shorts) == 1:
        return shorts[0]
    if len(shorts) == 2 and same_day:
        return joined(shorts[0], shorts[1])
    return f"{shorts[0]} và {two_digits(len(shorts) - 1)} nội dung khác"


def counted(kinds: Sequence[tuple[int, str]], room: int) -> str:
    """Return how many there are of each kind, the weightiest first, in `room` characters if that holds one kind.

    Those for which there is no room are counted together: "02 thư chờ duyệt, 03 thư chờ xác nhận và 04 việc khác".
    """
    found = [_counted(kinds[:named], kinds[named:]) for named in range(len(kinds), 0, -1)]
    return next((one for one in found if len(one) <= room), found[-1])


def _counted(named: Sequence[tuple[int, str]], others: Sequence[tuple[int, str]]) -> str:
    said = ", ".join(f"{two_digits(n)} {what}" for n, what in named)
    return f"{said} và {two_digits(sum(n for n, _ in others))} việc khác" if others else said


def enumerated(shorts: Sequence[str]) -> str:
    """Return short names in a sentence: two joined, more with commas and a last "và"."""
    if len(shorts) == 2:
        return joined(shorts[0], shorts[1])
    return shorts[0] if len(shorts) == 1 else f"{', '.join(shorts[:-1])} và {shorts[-1]}"
