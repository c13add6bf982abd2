"""config/ladders.yaml: how hard, when and to whom; each step consistent with the tier it speaks to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.words import Channel, Level, Role
from daemon.files import keys
from daemon.files.fields import clock, count, name, word, yes_no
from daemon.files.forms import Form, entries, is_english
from daemon.files.nodes import Findings, Node, Place
from daemon.files.offsets import offset, working_days

Hours = Sequence[tuple[time, time]]
"""Sending hours: spans of the day, half-open, the first of them the morning."""

_OFFICERS = frozenset({Role.FOCAL, Role.DEPUTY, Role.OFFICE})
_LEVEL_OF = {Role.HEAD: Level.HEAD, Role.COLLECTOR_HEAD: Level.SUPERIOR}
_ROLE_NAMES = {role: typed for typed, role in keys.ROLES.items()}
_SIDE_ORDER = (When.ISSUED, When.BEFORE, When.ON, When.AFTER)


def read_ladders(node: Node, findings: Findings, windows: Hours) -> dict[str, Ladder]:
    """Return the ladders of a file by id; an hour outside the sending hours `windows` is warned of."""
    ladders = {}
    for typed, body in entries(node, findings, "tên lịch nhắc"):
        form = Form(body, keys.LADDER, findings, english=is_english(body, keys.LADDER))
        ladders[typed.value] = _ladder(typed.value, form, windows)
    return ladders


def _ladder(id_: str, form: Form, windows: Hours) -> Ladder:
    at = form.must("at", clock, time(0))
    channels = frozenset(form.several("channels", word(keys.CHANNELS))) or frozenset({Channel.EMAIL})
    if form.node("steps") is None:
        form.missing("steps")
    steps: dict[str, Step] = {}
    seen: dict[str, Place] = {}
    previous: Step | None = None
    for one in form.forms("steps", keys.STEP):
        step = _step(one, one.claim("step", seen), channels)
        if step.when.when is When.ISSUED and any(s.when.when is When.ISSUED for s in steps.values()):
            one.error("when", "mỗi lịch nhắc chỉ có một lần “khi phát hành”")
        if previous is not None and _comes_before(step.when, previous.when):
            one.warn("when", f"lần “{step.id}” đến trước lần “{previous.id}” đứng trên; xếp các lần theo thứ tự ngày")
        if step.at is not None:
            _check_hour(one, step.at, windows, hard=step.level >= Level.OVERDUE)
        steps[step.id] = previous = step
    if form.node("at") is not None:
        hard = any(step.level >= Level.OVERDUE and step.at is None for step in steps.values())
        _check_hour(form, at, windows, hard=hard)
    return Ladder(id_, at, tuple(steps.values()), channels)


def _check_hour(form: Form, hour: time, windows: Hours, *, hard: bool) -> None:
    """Warn of an hour at which no letter leaves; `hard` ones, of levels 3 to 5, leave in the morning alone."""
    if not any(opens <= hour < closes for opens, closes in windows):
        said = ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in windows)
        later = next((f"{opens:%H:%M}" for opens, _ in windows if hour < opens), None)
        leaves = later or f"{windows[0][0]:%H:%M} ngày gửi thư sau"
        form.warn("at", f"{hour:%H:%M} nằm ngoài giờ gửi thư của dondoc.yaml ({said}); thư sẽ gửi lúc {leaves}")
    elif hard and hour >= windows[0][1]:
        told = f"{hour:%H:%M} không thuộc buổi sáng; thư mức 3, 4, 5 chỉ gửi buổi sáng"
        form.warn("at", f"{told}, nên sẽ gửi lúc {windows[0][0]:%H:%M} ngày gửi thư sau")


def _comes_before(one: Offset, other: Offset) -> bool:
    sides = _SIDE_ORDER.index(one.when), _SIDE_ORDER.index(other.when)
    if sides[0] != sides[1]:
        return sides[0] < sides[1]
    if one.unit is not other.unit:
        return False
    return one.n > other.n if one.when is When.BEFORE else one.n < other.n


def _step(form: Form, id_: str, ladder_channels: frozenset[Channel]) -> Step:
    if id_ in keys.FORMER_STEPS:
        better = keys.FORMER_STEPS[id_]
        form.warn("step", f"“{id_}”: đơn vị đầu mối không giao việc cho cơ quan ngang cấp; dùng “{better}”")
    when = form.must("when", offset, Offset(When.ON))
    level = form.must("level", word(keys.LEVELS, keys.LEVEL_NAMES), Level.NOTICE)
    to = tuple(dict.fromkeys(form.several("to", word(keys.ROLES))))
    cc = tuple(dict.fromkeys(form.several("cc", word(keys.ROLES))))
    if form.node("to") is None:
        form.missing("to")
    approval = form.may("approval", yes_no)
    channels = frozenset(form.several("channels", word(keys.CHANNELS))) or None
    every = form.may("every", working_days)
    at_most = form.may("at_most", count(1, 20))
    _check_repeat(form, every, at_most)
    if to:
        _check_tier(form, level, to, cc)
    if level >= Level.OVERDUE and when.when is not When.AFTER:
        form.error("level", f"mức {level.value} chỉ dùng sau hạn; sửa khi: “sau … ngày”, hoặc dùng mức 1, 2")
    elif level < Level.OVERDUE and when.when is When.AFTER:
        form.warn("level", f"mức {level.value} là lời nhắc trước hạn nhưng lần này đến sau hạn; thường dùng mức 3")
    if level >= Level.HEAD and Channel.ZALO in (channels or ladder_channels):
        form.error("channels", "lần gửi thủ trưởng, lần trình chỉ gửi qua thư điện tử; ghi kenh: email")
    if level is Level.HEAD and approval is False:
        form.error("approval", "thư gửi thủ trưởng phải chờ duyệt; bỏ dòng này hoặc ghi: có")
    return Step(
        id=id_,
        when=when,
        level=level,
        to=to,
        cc=tuple(role for role in cc if role not in to),
        channels=channels,
        at=form.may("at", clock),
        every=every,
        at_most=at_most or 1,
        useful_for=form.may("useful_for", working_days),
        approval=level is Level.HEAD if approval is None else approval,
        draft=form.may("draft", name),
    )


def _check_repeat(form: Form, every: int | None, at_most: int | None) -> None:
    if every is not None and form.node("at_most") is None:
        form.error("every", f"nhắc lặp lại thì cần số lần nhiều nhất; thêm {form.named('at_most')}: 2")
    if at_most is not None and at_most > 1 and form.node("every") is None:
        form.error("at_most", f"gửi nhiều lần thì cần khoảng cách; thêm {form.named('every')}: 3 ngày")


def _check_tier(form: Form, level: Level, to: tuple[Role, ...], cc: tuple[Role, ...]) -> None:
    """Refuse lists that mix tiers, and letters to leaders at a level that is not theirs."""
    leaders = [role for role in to if role not in _OFFICERS]
    for role, needed in _LEVEL_OF.items():
        typed = _ROLE_NAMES[role]
        if role in cc:
            form.error(
                "cc", f"“{typed}” không đứng ở đồng gửi; ghi ở {form.named('to')} của một lần mức {needed.value}"
            )
        if role in to and level is not needed:
            form.error("level", f"gửi “{typed}” thì mức độ phải là {needed.value}, không phải {level.value}")
        if level is needed and not leaders:
            form.error("to", f"mức {level.value} chỉ gửi “{typed}”")
    if leaders and len(to) > 1:
        form.error("to", f"“{_ROLE_NAMES[leaders[0]]}” phải đứng riêng một lần nhắc; người khác ghi ở đồng gửi")
