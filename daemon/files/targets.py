"""A plan's targets: what dondoc can count from its own record, and what a person enters."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from daemon.domain.plans import Target
from daemon.files.fields import Unreadable, name, yes_no
from daemon.files.forms import Form
from daemon.files.matching import folded, near_miss

_SENT = re.compile(r"(?:cơ quan đã gửi|agencies that sent)\s+(?P<milestone>\S+)", re.IGNORECASE)
_RATED = re.compile(
    r"(?:cơ quan xếp loại\s+(?P<vi>.+?)\s+ở|agencies rated\s+(?P<en>.+?)\s+in)\s+(?P<milestone>\S+)", re.IGNORECASE
)
_PERCENT = re.compile(r"(?P<side>tu|tren|at least|over)? ?(?P<n>[0-9]{1,3}) ?%")
_HOW = "viết như “cơ quan đã gửi ke-hoach” hoặc “cơ quan xếp loại Tốt ở xep-loai”"


@dataclass(frozen=True, slots=True)
class _Counted:
    milestone: str
    rating: str | None = None


def _counted(milestones: Collection[str], text: str) -> _Counted:
    found = _SENT.fullmatch(text) or _RATED.fullmatch(text)
    if not found:
        raise Unreadable(f"máy không đếm được “{text[:60]}”; {_HOW}; nếu người nhập kết quả, thêm nhap-tay: có")
    parts = found.groupdict()
    if found["milestone"] not in milestones:
        raise Unreadable(f"không có mốc “{found['milestone'][:60]}”{near_miss(found['milestone'], milestones)}")
    return _Counted(found["milestone"], parts.get("vi") or parts.get("en"))


def _share(text: str) -> tuple[int, bool]:
    found = _PERCENT.fullmatch(folded(text))
    if not found or int(found["n"]) > 100:
        raise Unreadable(f"không hiểu “{text[:40]}”; viết như 100%, từ 50% hoặc trên 50%")
    strictly = found["side"] in ("tren", "over")
    if strictly and int(found["n"]) == 100:
        raise Unreadable(f"“{text}” không thể đạt; viết 100%")
    return int(found["n"]), strictly


def read_target(form: Form, id_: str, milestones: Collection[str]) -> Target:
    """Return one target; `milestones` are the ids it may count."""
    manual = bool(form.may("manual", yes_no))
    counts, met_when = form.must("counts", name, ""), form.must("met_when", name, "")
    counted = form.may("counts", lambda text: _counted(milestones, text)) if counts and not manual else None
    return Target(
        id=id_,
        clause=form.must("clause", name, ""),
        counts=counts,
        met_when=met_when,
        manual=manual,
        milestone=counted.milestone if counted else None,
        rating=counted.rating if counted else None,
        at_least=form.may("met_when", _share) if met_when and not manual else None,
    )
