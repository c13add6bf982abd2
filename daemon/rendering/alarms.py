"""Notes out of turn: a channel that stopped or is back, letters nobody got - what happened, what was tried, what to do.

They are written when they leave, from the ledger, so that what has reached somebody meanwhile is not complained of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.domain.entries import DeliveryOutcome, Entry
from daemon.domain.failures import Alarmed
from daemon.domain.letters import ItemKey
from daemon.domain.words import REACHED_STATES, Channel, DeliveryState, LetterKind
from daemon.judgement.dates_vi import two_digits
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.attention import addressed
from daemon.rendering.causes import remedy, road_name, why_stopped, why_unreached
from daemon.rendering.labels import CHANNEL, LETTER_KIND
from daemon.rendering.names import role_of
from daemon.rendering.notes import Note, Slots, note_context
from daemon.rendering.slots import moment, short_moment
from daemon.rendering.zalo_causes import MEND_ADDRESS, QUOTAS

NAMED = 10
"""How many letters a note names; the rest it counts."""

_MEND = {
    Channel.EMAIL: "kiểm tra máy chủ thư, tài khoản, mật khẩu và chứng thư số",
    Channel.ZALO: "kiểm tra mã truy cập và thiết lập Zalo",
}
_RECONNECT = {
    Channel.EMAIL: "kiểm tra máy chủ thư có đang chạy không, đường mạng và tên máy chủ đã khai",
    Channel.ZALO: "kiểm tra đường mạng từ máy chủ này đến Zalo",
}


def alarm_context(body: Alarmed, snapshot: Snapshot, entries: Sequence[Entry], *, letter_id: str) -> Slots:
    """Return the slots of the note an entry tells of; `entries` is the ledger when the note leaves."""
    note = channel_note(body) if body.channel is not None else unreached_note(body.letters, snapshot, entries)
    office = snapshot.rules.agency(body.collector).name
    return note_context(note, office=office, addressed=addressed(snapshot, body.collector), letter_id=letter_id)


def channel_note(body: Alarmed) -> Note:
    """Return the note on a channel that stopped; one that was told of only when it was back says from when to when."""
    assert body.channel is not None and body.since is not None
    name, since, briefly = road_name(body.channel, body.route), moment(body.since), short_moment(body.since)
    spoken = name if body.channel is Channel.ZALO else name[0].lower() + name[1:]
    why = why_stopped(body.channel, body.code, body.detail or "", silent=body.silent)
    heard = "Lỗi kết nối" if body.silent and not body.code else "Trả lời của máy chủ"
    said = (f"{heard}: {body.detail}.",) if body.detail else ()
    if body.until is not None:
        until = moment(body.until)
        return Note(
            subject=f"{name} đã gửi lại được; đã tạm ngừng từ {briefly} đến {short_moment(body.until)}",
            lines=(
                f"Việc gửi bằng {spoken} đã tạm ngừng từ {since} đến {until}, vì {why}. "
                "Trong thời gian đó không còn đường nào khác để báo.",
                *said,
                "Nay đã gửi lại được; các thư còn chờ đang được gửi, thư gần hạn đi trước.",
            ),
            to_do="Đề nghị xem thư nào không gửi được vì quá thời gian cần thiết: lệnh “dondoc deliveries --dead”.",
        )
    waiting = f"Hiện có {two_digits(body.waiting)} thư đang chờ. " if body.waiting else ""
    return Note(
        subject=f"{name} tạm ngừng gửi từ {briefly}: {why}",
        lines=(
            f"Từ {since}, việc gửi bằng {spoken} tạm ngừng, vì {why}.",
            *said,
            f"{waiting}Thư chờ không mất và chưa tính là đã gửi. Cứ 30 phút có một thư được gửi thử; gửi được thì các "
            "thư còn lại tự gửi tiếp. Thư nào không chờ được lâu thì chuyển sang kênh khác của người nhận hoặc hộp thư "
            "cơ quan, nếu nơi ấy còn gửi được.",
        ),
        to_do=_to_mend(body.channel, body),
    )


def _to_mend(channel: Channel, body: Alarmed) -> str:
    if channel is Channel.ZALO and body.code in QUOTAS and not body.silent:
        return (
            "Có lại hạn mức thì thư tự gửi tiếp, không cần sửa gì. Cần gửi sớm hơn thì đề nghị quản trị mua thêm hạn "
            "mức, rồi chạy lệnh “dondoc retry --channel zalo”."
        )
    return (
        f"Đề nghị báo quản trị {(_RECONNECT if body.silent else _MEND)[channel]}. Sửa xong, chạy lệnh "
        f"“dondoc retry --channel {channel}” để gửi lại ngay."
    )


def _spoken(channel: Channel) -> str:
    return CHANNEL[channel] if channel is Channel.ZALO else CHANNEL[channel].lower()


def unreached_note(letters: Sequence[str], snapshot: Snapshot, entries: Iterable[Entry]) -> Note:
    """Return the note on letters nobody got: those still unreached, `NAMED` of them by name, the rest as a count."""
    ended = _outcomes(letters, entries)
    lost = [id_ for id_ in letters if id_ in ended and not any(one.state in REACHED_STATES for one in ended[id_])]
    if not lost:
        return Note(
            subject="Các thư báo không đến được nay đã gửi được",
            lines=("Các thư định báo trong ghi chú này đã được gửi lại và đã có nơi nhận.",),
        )
    rules = snapshot.rules
    agencies = list(dict.fromkeys(_agency(ended[id_][0].agency, rules) for id_ in lost))
    more = len(lost) - NAMED
    rest = (f"Và {two_digits(more)} thư khác; xem đủ bằng lệnh “dondoc deliveries --dead”.",) if more > 0 else ()
    doubtful = all(one.state is DeliveryState.UNKNOWN for id_ in lost for one in ended[id_])
    return Note(
        subject=f"{two_digits(len(lost))} thư {'không rõ đã đến hay chưa' if doubtful else 'không đến được'}: "
        f"{_named(agencies)}",
        lines=(
            "Các thư sau chưa có bằng chứng đã đến, và không tự gửi lại để tránh gửi hai lần:"
            if doubtful
            else "Các thư sau không đến được người nào, dù đã thử hết các đường gửi:",
        ),
        listed=(*(_letter(id_, ended[id_], rules) for id_ in lost[:NAMED]), *rest),
        to_do="Đề nghị gọi điện hỏi cơ quan đã nhận được thư chưa; nếu chưa, gửi lại bằng lệnh "
        "“dondoc retry MÃ_THƯ --not-arrived”."
        if doubtful
        else f"Đề nghị gọi điện báo cơ quan nội dung thư, {_remedies(ended[id_] for id_ in lost)}, rồi gửi lại bằng "
        "lệnh “dondoc retry MÃ_THƯ”, hoặc “dondoc retry --all-dead” để gửi lại tất cả. "
        "Địa chỉ vừa sửa chỉ có hiệu lực sau khi nạp lại: lệnh “systemctl reload dondoc”.",
    )


def _remedies(letters: Iterable[Sequence[DeliveryOutcome]]) -> str:
    """Return what helps, each thing once; the address comes last, and alone where nothing else is known."""
    found = dict.fromkeys(remedy(one.channel, one.state, one.detail) for roads in letters for one in roads)
    others = [one for one in found if one and one != MEND_ADDRESS]
    return ", ".join([*others, MEND_ADDRESS] if MEND_ADDRESS in found or not others else others)


def _outcomes(letters: Sequence[str], entries: Iterable[Entry]) -> dict[str, list[DeliveryOutcome]]:
    """What the ledger says last of each road of these letters, by letter."""
    wanted, found = frozenset(letters), dict[str, dict[tuple[str, Channel], DeliveryOutcome]]()
    for entry in entries:
        body = entry.body
        if isinstance(body, DeliveryOutcome) and body.letter in wanted and body.state is not DeliveryState.CANCELLED:
            found.setdefault(body.letter, {})[body.person, body.channel] = body
    return {letter: list(roads.values()) for letter, roads in found.items()}


def _named(agencies: Sequence[str]) -> str:
    if len(agencies) <= 3:
        return ", ".join(agencies)
    return f"{', '.join(agencies[:2])} và {two_digits(len(agencies) - 2)} cơ quan khác"


def _letter(id_: str, roads: Sequence[DeliveryOutcome], rules: Rulebook) -> str:
    first = roads[0]
    about = f" ({', '.join(_short(item, rules) for item in first.items)})" if first.items else ""
    kind = LETTER_KIND[first.letter_kind].lower() if first.letter_kind is not LetterKind.REMINDER else "thư nhắc"
    tried = "; ".join(
        f"{role_of(one.person, rules)} qua {_spoken(one.channel)}: {why_unreached(one.channel, one.state, one.detail)}"
        for one in roads
    )
    return f"{_agency(first.agency, rules)}, {kind}{about}, mã thư {id_}. Đã thử gửi cho {tried}."


def _agency(id_: str, rules: Rulebook) -> str:
    known = rules.register.by_id.get(id_)
    return known.short_name if known is not None else id_


def _short(item: str, rules: Rulebook) -> str:
    key = ItemKey.parse(item).obligation
    plan = rules.plan_by_id.get(key.plan)
    return plan.by_id[key.milestone].short if plan is not None and key.milestone in plan.by_id else key.milestone
