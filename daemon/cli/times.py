"""Days and hours as typed on the command line: 24/10/2022, 2022-10-24, 24/10/2022 16:55."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from daemon.clock import at
from daemon.domain.obligations import ActTime
from daemon.errors import EntryRefused

_DAY = re.compile(r"(?:(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2}))")
_HOUR = re.compile(r"(?P<h>\d{1,2})(?:(?::|h|g| giờ )(?P<min>\d{2})|h|g| giờ)")


def day(text: str) -> date:
    """Return the day typed; EntryRefused with two examples if it is none."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        raise EntryRefused(f"“{text}” không phải là ngày. Viết như 24/10/2022 hoặc 2022-10-24.")
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        raise EntryRefused(f"Không có ngày “{text}” trong lịch.") from None


def act_time(text: str) -> ActTime:
    """Return the day, and the instant if an hour follows it; EntryRefused if it cannot be read."""
    first, _, rest = text.strip().replace("T", " ").partition(" ")
    found = day(first)
    return ActTime.of(at(found, hour(rest))) if rest.strip() else ActTime(found)


def hour(text: str) -> time:
    """Return the hour typed ("16:55", "16h55", "16h"); EntryRefused if it is none."""
    match = _HOUR.fullmatch(text.strip())
    if match is not None and int(match["h"]) < 24 and int(match["min"] or 0) < 60:
        return time(int(match["h"]), int(match["min"] or 0))
    raise EntryRefused(f"“{text}” không phải là giờ. Viết như 16:55.")


def instant(text: str) -> datetime:
    """Return the instant typed, day and hour ("17:00 24/10/2022" or "24/10/2022 17:00"); both are needed."""
    words = text.replace("ngày", " ").split()
    if len(words) == 2 and _HOUR.fullmatch(words[0]):
        words.reverse()
    if len(words) != 2 or not (_DAY.fullmatch(words[0]) and _HOUR.fullmatch(words[1])):
        raise EntryRefused(f"“{text}” cần cả giờ và ngày. Viết như “17:00 24/10/2022”.")
    return at(day(words[0]), hour(words[1]))
