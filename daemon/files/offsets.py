"""When a step comes and how many days a thing lasts, in the words of the office.

"ngày" is a working day unless "ngày lịch" is written; the same holds of "days" and "calendar days".
"""

from __future__ import annotations

import re

from daemon.domain.ladders import Offset, When
from daemon.domain.words import Unit
from daemon.files.fields import Unreadable
from daemon.files.keys import WHENS
from daemon.files.matching import folded

FURTHEST = 250  # days; about a working year

_SIDE = re.compile(
    r"(?P<side>truoc|sau|before|after) (?P<n>[0-9]{1,4}) "
    r"(?:ngay(?P<vi> lam viec| lich)?|(?P<en>working |calendar )?days?)"
)
_DAYS = re.compile(r"(?P<n>[0-9]{1,4})(?: ngay(?P<vi> lam viec| lich)?| (?P<en>working |calendar )?days?)?")
_FORMER = re.compile(r"(?P<sign>[+-]?)(?P<n>[0-9]{1,4})(?P<unit>wd|d)\b.*")
_SIDES = {"truoc": When.BEFORE, "before": When.BEFORE, "sau": When.AFTER, "after": When.AFTER}
_MOMENTS = {folded(typed): when for typed, when in WHENS.items()} | {"issued": When.ISSUED, "on": When.ON}
_HOW = "viết như: khi phát hành, trước 15 ngày, đúng ngày, sau 2 ngày, sau 2 ngày lịch"


def _unit(found: re.Match[str]) -> Unit:
    return Unit.DAY if (found["vi"] or found["en"] or "").strip() in ("lich", "calendar") else Unit.WORKING_DAY


def _former(text: str, *, sides: bool) -> str:
    """Return the words for what was once written as code ("-10wd 08:00"), empty for anything else."""
    found = _FORMER.fullmatch(text.strip())
    if not found:
        return ""
    days = f"{int(found['n'])} ngày{' lịch' if found['unit'] == 'd' else ''}"
    if not sides:
        return f"; nay viết “{int(found['n'])} ngày”"
    if int(found["n"]) == 0:
        return "; nay viết “đúng ngày”"
    return f"; nay viết “{'trước' if found['sign'] == '-' else 'sau'} {days}”"


def offset(text: str) -> Offset:
    """Return the moment of a step: "khi phát hành", "đúng ngày", "trước 15 ngày", "sau 2 ngày lịch"."""
    said = folded(text)
    if said in _MOMENTS:
        return Offset(_MOMENTS[said])
    found = _SIDE.fullmatch(said)
    if not found:
        raise Unreadable(f"không hiểu “{text[:40]}”{_former(text, sides=True)}; {_HOW}")
    n = int(found["n"])
    if n == 0:
        raise Unreadable(f"“{text}” là 0 ngày; viết “đúng ngày”")
    if n > FURTHEST:
        raise Unreadable(f"“{text}” quá xa; nhiều nhất {FURTHEST} ngày")
    return Offset(_SIDES[found["side"]], n, _unit(found))


def working_days(text: str) -> int:
    """Return a number of working days, 1 to 250: "2 ngày", "2 ngày làm việc"."""
    found = _DAYS.fullmatch(folded(text))
    if not found:
        raise Unreadable(f"không hiểu “{text[:40]}”{_former(text, sides=False)}; viết như 3 ngày hoặc 3 ngày làm việc")
    if _unit(found) is Unit.DAY:
        raise Unreadable(f"“{text}”: chỗ này chỉ tính ngày làm việc; viết như 3 ngày")
    if not 1 <= int(found["n"]) <= FURTHEST:
        raise Unreadable(f"“{text}” không hợp lệ; từ 1 đến {FURTHEST} ngày")
    return int(found["n"])
