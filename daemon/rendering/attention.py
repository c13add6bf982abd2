"""The operator's daily note: what waits for a person today, each with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.failures import Unreached
from daemon.domain.obligations import ObligationKey
from daemon.judgement.attention import Attention
from daemon.judgement.dates_vi import short_day, two_digits
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.causes import why_unreached
from daemon.rendering.names import agency_name, channel_name, role_of
from daemon.rendering.notes import Note, Slots, note_context
from daemon.rendering.subjects import READ_WHOLE, counted

NAMED = 10
"""How many of a kind a note names; the rest it counts."""


def attention_context(told: Attention, snapshot: Snapshot, collector: str, *, letter_id: str, now: datetime) -> Slots:
    """Return the slots of the note on `told`; `collector` is both who speaks and who is addressed."""
    name = snapshot.rules.agency(collector).name
    return note_context(
        attention_note(told, snapshot, now), office=name, addressed=addressed(snapshot, collector), letter_id=letter_id
    )


def addressed(snapshot: Snapshot, collector: str) -> str:
    """Return who a note to a collector is for: a plan's contact by name, else the office."""
    known = snapshot.rules.register.person_by_id
    plans = [p for p in snapshot.rules.plans if p.collector == collector]
    contacts = [known[p.contact][1] for p in plans if p.contact is not None and p.contact in known]
    person = contacts[0] if contacts else None
    if person is None:
        return snapshot.rules.agency(collector).name
    named = f"Đồng chí {person.name}" if person.name else (person.title or "")
    return ", ".join(part for part in (named, person.department) if part) or snapshot.rules.agency(collector).name


def attention_note(told: Attention, snapshot: Snapshot, now: datetime) -> Note:
    """Return the note itself: the subject counts what waits, the list names it."""
    parts: list[tuple[str, str, Sequence[str]]] = [
        ("thư chờ duyệt", "thư gửi thủ trưởng chờ duyệt", [_agency(a, snapshot) for a in told.held]),
        (
            "thư chờ xác nhận",
            "thư quá hạn chờ xác nhận đã nhập hết văn bản đến",
            [_duty(k, snapshot) for k in told.unmarked],
        ),
        (
            "thư gửi chưa xác nhận",
            "thư quá hạn đã gửi khi chưa có xác nhận",
            [_duty(k, snapshot) for k in told.crossed],
        ),
        (
            "người chưa nhận được thư",
            "người không nhận được thư, dù nơi khác của cơ quan đã nhận",
            [_missed(one, snapshot.rules) for one in told.unreached],
        ),
        (
            "báo gửi cần đối chiếu",
            "báo gửi chưa đối chiếu, hết hôm nay",
            [_duty(k, snapshot) for k in told.lapsing],
        ),
        (
            "địa chỉ phải sửa",
            "địa chỉ phải sửa trong danh bạ, vì thư gửi đến bị từ chối hoặc trả lại",
            [_person(id_, snapshot.rules) for id_ in told.addresses],
        ),
        ("mẫu thư bị lỗi", "lỗi mẫu thư, thư đã gửi ở dạng rút gọn", told.faults),
    ]
    present = [(what, names) for _, what, names in parts if names]
    return Note(
        subject=_subject([(len(names), short) for short, _, names in parts if names], short_day(local_day(now))),
        lines=("Các việc sau đang chờ người xử lý:",) if present else ("Không còn việc nào đang chờ xử lý.",),
        listed=tuple(f"{two_digits(len(names))} {what}: {_listed(names)}." for what, names in present),
        to_do=_to_do(told),
    )


def _subject(kinds: Sequence[tuple[int, str]], day: str) -> str:
    if not kinds:
        return f"Ngày {day} không còn việc nào chờ xử lý"
    start = f"Cần xử lý {day}: "
    return start + counted(kinds, READ_WHOLE - len(start))


def _to_do(told: Attention) -> str:
    acts = [
        ("trình lãnh đạo duyệt các thư gửi thủ trưởng (xem và cho gửi: dondoc approve)", told.held),
        ("nhập xong văn bản đến rồi xác nhận mốc đã nhập hết", told.unmarked or told.crossed),
        ("đối chiếu các báo gửi với văn thư", told.lapsing),
        ("gọi điện báo nội dung thư cho người chưa nhận được", told.unreached),
        (
            "hỏi lại cơ quan địa chỉ đúng (xem: dondoc repair), sửa danh bạ rồi nạp lại (systemctl reload dondoc)",
            told.unreached or told.addresses,
        ),
        ("sửa mẫu thư bị lỗi, kiểm tra bằng dondoc check rồi nạp lại", told.faults),
    ]
    wanted = [act for act, some in acts if some]
    return f"Đề nghị {'; '.join(wanted)}." if wanted else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    rest = f"; và {two_digits(more)} trường hợp khác" if more > 0 else ""
    return "; ".join(names[:NAMED]) + rest


def _missed(one: Unreached, rules: Rulebook) -> str:
    road = one.road
    why = why_unreached(road.channel, road.state, road.detail)
    return f"{agency_name(one.agency, rules)}, {role_of(one.person, rules)} qua {channel_name(road.channel)}: {why}"


def _person(id_: str, rules: Rulebook) -> str:
    """Whose an address is: "Sở Tư pháp, đầu mối"."""
    known = rules.register.person_by_id.get(id_)
    office = next((agency for agency in rules.register.agencies if agency.office_id == id_), None)
    agency = known[0] if known is not None else office
    return f"{agency.short_name}, {role_of(id_, rules)}" if agency is not None else id_


def _agency(id_: str, snapshot: Snapshot) -> str:
    return snapshot.rules.agency(id_).short_name


def _duty(key: ObligationKey, snapshot: Snapshot) -> str:
    return f"{_agency(key.agency, snapshot)} ({snapshot.rules.milestone(key).short})"
