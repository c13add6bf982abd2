"""The plan's own words for a deadline, read into a rule.

The grammar is deliberately small: a phrase is read in one way or refused, and every date, hour and period word in it
must be accounted for. Ordinary words around a deadline are passed by; the number and date of a cited document too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.domain.plans import DueRule, Every, OnDate, Several, Undated
from daemon.judgement.periods import overlap
from daemon.judgement.phrase_items import (
    PERIOD_OF,
    UNCLEAR,
    quoted,
    read_item,
    read_span,
    read_window,
    read_within,
)
from daemon.judgement.phrase_means import is_means, read_means
from daemon.judgement.phrase_words import Kind, Stumble, Token, composed, day_parts, full_day, normalised, tokens

EXAMPLES = "“chậm nhất ngày 31/3/2022”, “trước ngày 25/10/2022”, “trong 15 ngày kể từ ngày ban hành”"

NOT_SAID = "câu không ghi “trước” hay “chậm nhất”: hiểu là “chậm nhất”"


class PhraseUnreadable(ValueError):
    """A phrase that is no deadline dondoc can read. The text is Vietnamese; `why` is its reason alone."""

    def __init__(self, phrase: str, why: str) -> None:
        super().__init__(
            f"không đọc được thời hạn “{composed(phrase)}”: {why}. Ví dụ viết được: {EXAMPLES}. "
            "Nếu kế hoạch viết khác, giữ nguyên văn và ghi cách hiểu, theo một trong các mẫu trên, vào khóa `nghia-la`"
        )
        self.why = why


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phrase was understood to mean; `warnings` are Vietnamese and stop nothing."""

    rule: DueRule
    warnings: tuple[str, ...] = ()


def read_due(phrase: str) -> Reading:
    """Read a phrase of the plan (`due`) or its explanation (`means`); PhraseUnreadable if it cannot be read."""
    text = normalised(phrase)
    try:
        if not text:
            raise Stumble("ô này để trống")
        return Reading(read_means(text)) if is_means(text) else _read_row(tokens(text))
    except Stumble as stumble:
        raise PhraseUnreadable(phrase, str(stumble)) from None


def parse_due(phrase: str) -> DueRule:
    """Return the rule of a phrase, its warnings left aside; PhraseUnreadable if it cannot be read."""
    return read_due(phrase).rule


_LEAD = "[FALBRT]*"
_HOUR = "(?:CM?)?"
# A period word that stands right before a date of its own belongs to that date, not to the one it follows.
_ITS_OWN = rf"(?!{_LEAD}W?{_HOUR}W?[DNE])"
_DEADLINE = re.compile(
    rf"(?P<window>FW?{_HOUR}W?[DN][T-]B?W?{_HOUR}W?D[yz]?)"
    rf"|(?P<within>{_LEAD}I)"
    rf"|(?P<item>{_LEAD}W?{_HOUR}W?(?:DW?(?:[yz]{_ITS_OWN})?|N(?:[xte]|k{_ITS_OWN})?|E))"
)
_LOOSE = re.compile(rf"W?{_HOUR}W?DW?")
_SPAN = re.compile(r"[LBRT]+S|^S$")
_LEADS = re.compile("[FALBRT]")
_CUT_OFF = re.compile("[RAF][ykqhYQK]$")  # "trước hằng năm ngày 25/10": whose is "trước"?
_BARE_KINDS = str.maketrans("YQK", "...")
_MUST_BE_READ = re.compile(r"[C#yqhkxzte]")


@dataclass
class _Found:
    """What a walk over a row has found so far; `left` is the row's kinds with what was read blanked out."""

    left: list[str]
    rules: list[DueRule] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    loose: list[Token] = field(default_factory=list)

    def add(self, rule: DueRule, warnings: Iterable[str], text: str) -> None:
        """Keep a deadline; the same one said twice is one."""
        if rule not in self.rules:
            self.rules.append(rule)
            self.texts.append(text)
            self.warnings.extend(warnings)

    def blank(self, indexes: Iterable[int]) -> None:
        """Mark tokens as read."""
        for index in indexes:
            self.left[index] = Kind.WORD


def _read_row(row: list[Token]) -> Reading:
    """Read a Vietnamese phrase; Stumble when something in it is not accounted for."""
    for token in row:
        if token.kind is Kind.MANY:
            raise Stumble(f"“{token.text}” là nhiều kỳ chung một ngày; mỗi kỳ ghi ngày riêng")
        if token.kind is Kind.BROKEN:
            raise Stumble(f"“{token.text}” không phải là một ngày; năm phải viết đủ bốn chữ số")
    kinds = "".join(token.kind for token in row)
    periodic = Kind.PERIODIC in kinds
    if not periodic and Kind.HALF_YEARLY not in kinds:
        # "năm", "quý", "tháng" are everyday words; only beside these do they name a reporting period.
        kinds = kinds.translate(_BARE_KINDS)
    found = _Found(list(kinds))
    done = 0
    for match in _DEADLINE.finditer(kinds):
        begin, end = match.span()
        parts = row[begin:end]
        periods = [i for i in range(done, begin) if Kind(kinds[i]) in PERIOD_OF]
        if match["window"]:
            found.add(*read_window(parts), quoted(parts))
        elif match["within"]:
            found.add(*read_within(parts), quoted(parts))
        elif _LOOSE.fullmatch(match[0]) and _is_loose(parts, kinds, periods):
            found.loose.extend(token for token in parts if token.kind is Kind.DATE)
            continue
        else:
            if _CUT_OFF.search(kinds, done, begin) and not _LEADS.match(match[0]):
                raise Stumble(f"{quoted(row[periods[0] - 1 : end])} {UNCLEAR}")
            found.add(*read_item(parts, [row[i] for i in periods], periodic=periodic), quoted(parts))
            found.blank(periods)
            if _LOOSE.fullmatch(kinds):
                found.warnings.append(NOT_SAID)
        found.blank(range(begin, end))
        done = end
    _refuse_leftovers(found, row, periodic=periodic)
    if not found.rules:
        _read_dateless(found, row)
    return Reading(_one(found), tuple(found.warnings))


def _is_loose(parts: list[Token], kinds: str, periods: list[int]) -> bool:
    """Say whether a date without a bound is no deadline: not the whole phrase, and not the date of a period."""
    dated = any(token.kind is Kind.DATE and day_parts(token)[2] is not None for token in parts)
    return _LOOSE.fullmatch(kinds) is None and (dated or not periods)


def _refuse_leftovers(found: _Found, row: list[Token], *, periodic: bool) -> None:
    """Raise Stumble for a date, an hour or a period word that no deadline has used."""
    days = [rule.day for rule in found.rules if isinstance(rule, OnDate)]
    for token in found.loose:
        if full_day(token) not in days:
            raise Stumble(f"“{token.text}” {UNCLEAR}")
    ignorable = set()
    if found.rules and not periodic and not any(isinstance(rule, Every) for rule in found.rules):
        ignorable.add(Kind.HALF_YEARLY)  # "báo cáo 6 tháng" of a report with a date of its own
    for token, kind in zip(row, found.left, strict=True):
        if kind in ignorable or not _MUST_BE_READ.match(kind):
            continue
        if kind == Kind.COUNT:
            raise Stumble(f"“{token.text}” không tính từ ngày ban hành, cũng không phải một ngày trong lịch")
        if kind == Kind.CLOCK:
            raise Stumble(f"giờ “{token.text}” không đứng liền trước ngày nào")
        raise Stumble(f"“{token.text}” không có ngày đi cùng")


def _read_dateless(found: _Found, row: list[Token]) -> None:
    """Read a phrase without a day: a standing duty, or a month, a quarter or a year to be done in."""
    if any(token.kind is Kind.UNDATED for token in row):
        found.add(Undated(), (), quoted(row))
        return
    for match in _SPAN.finditer("".join(found.left)):
        parts = row[match.start() : match.end()]
        found.add(*read_span(parts), quoted(parts))
        if len(parts) == 1:
            found.warnings.append(NOT_SAID)
    if not found.rules:
        raise Stumble("không có ngày nào đọc được")


def _one(found: _Found) -> DueRule:
    """Return the rule of a phrase: the one found, or several recurring ones for different periods."""
    if len(found.rules) == 1:
        return found.rules[0]
    every = tuple(rule for rule in found.rules if isinstance(rule, Every))
    if len(every) < len(found.rules) or overlap(every):
        raise Stumble(f"câu có nhiều hơn một thời hạn ({', '.join(found.texts)})")
    return Several(every)
