"""How fast letters may leave, as the administrator writes it under a mail server or under Zalo."""

from __future__ import annotations

from typing import TypedDict

from daemon.domain.settings import Smtp, Zalo
from daemon.files.fields import Unreadable, count, duration
from daemon.files.forms import Form
from daemon.files.matching import folded

FEWEST_A_SECOND, MOST_A_SECOND = 0.001, 1000
MOST_AN_HOUR = 999_999
_NO_LIMIT = ("khong gioi han", "unlimited")
_NO_GAP = ("0", "0 giay", "khong", "none")


class Rates(TypedDict):
    """The fields a mail server and a Zalo app have in common; None: no limit. The gap is in seconds."""

    rate_per_second: float | None
    rate_per_hour: int | None
    agency_gap: float


def rates(form: Form, plain: Smtp | Zalo) -> Rates:
    """Return the rates of a mapping; what it leaves out, or has wrong, as in `plain`."""
    second = form.may("rate_per_second", _per_second)
    hour = form.may("rate_per_hour", _per_hour)
    gap = form.may("agency_gap", _gap)
    return Rates(
        rate_per_second=plain.rate_per_second if second is None else second or None,
        rate_per_hour=plain.rate_per_hour if hour is None else hour or None,
        agency_gap=plain.agency_gap if gap is None else gap,
    )


def _per_second(text: str) -> float:
    """Return letters a second; 0 for no limit."""
    if folded(text) in _NO_LIMIT:
        return 0.0
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = 0.0
    if not FEWEST_A_SECOND <= number <= MOST_A_SECOND:
        raise Unreadable(
            f"“{text[:40]}” không hợp lệ; viết một số từ 0,001 đến {MOST_A_SECOND} "
            "(0,5: hai giây một thư), hoặc “không giới hạn”"
        )
    return number


def _per_hour(text: str) -> int:
    """Return letters an hour; 0 for no limit."""
    if folded(text) in _NO_LIMIT:
        return 0
    try:
        return count(1, MOST_AN_HOUR)(text)
    except Unreadable as exc:
        raise Unreadable(f"{exc}, hoặc “không giới hạn”") from None


def _gap(text: str) -> float:
    return 0.0 if folded(text) in _NO_GAP else duration(text)
