"""Notes on what the service itself went through: what happened, what followed from it, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.clock import at, local_day
from daemon.domain.letters import ItemKey
from daemon.domain.warnings import DroppedLetter, PassedStep, Warned
from daemon.domain.words import Matter, Reason
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import short_day, two_digits
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.attention import addressed
from daemon.rendering.labels import step_label
from daemon.rendering.names import agency_name, task_name
from daemon.rendering.notes import Note, Slots, note_context
from daemon.rendering.slots import moment, short_moment

NAMED = 12
"""How many agencies a line names; the rest it counts."""

_WHY = {
    Reason.LATER_STEP: "đã đến lần nhắc sau",
    Reason.PAST_DUE: "thời hạn đã qua",
    Reason.NO_LONGER_USEFUL: "đã quá thời gian thư còn cần thiết",
}


def warning_context(body: Warned, snapshot: Snapshot, *, letter_id: str) -> Slots:
    """Return the slots of the note an entry tells of."""
    office = snapshot.rules.agency(body.collector).name
    match body.matter:
        case Matter.STANDSTILL:
            note = standstill_note(body, snapshot.rules)
        case Matter.MAILBOX:
            note = mailbox_note(body)
        case Matter.ZALO_TOKENS:
            note = tokens_note(body)
        case Matter.CLOCK:
            note = clock_note(body)
    return note_context(note, office=office, addressed=addressed(snapshot, body.collector), letter_id=letter_id)


def standstill_note(body: Warned, rules: Rulebook) -> Note:
    """Return the note on working days through which nothing was done."""
    assert body.until is not None, "a standstill is told when it is over"
    lost = f"{two_digits(len(body.steps))} lần nhắc bị bỏ qua" if body.steps else "không lần nhắc nào bị bỏ qua"
    late = (
        (f"Các lần nhắc còn cần thiết được gửi bù cho {two_digits(len(body.late))} cơ quan: "
         f"{_named(body.late, rules)}.",)
        if body.late
        else ()
    )  # fmt: skip
    days = two_digits(_working_days(body, rules))
    since, until = short_day(local_day(body.since)), short_day(local_day(body.until))
    listed = (*_steps(body.steps, rules), *_dropped(body.letters, rules))
    return Note(
        subject=f"Dịch vụ đã ngừng từ {since} đến {until}: {lost}",
        lines=(
            f"Dịch vụ nhắc việc không làm việc từ sau {moment(body.since)} (dấu vết cuối cùng trong sổ) đến "
            f"{moment(body.until)}, {days} ngày làm việc không soạn, không gửi thư nào.",
            *late,
            "Trong thời gian đó:" if listed else "Không lần nhắc nào bị bỏ qua, không thư nào phải rút lại.",
        ),
        listed=listed,
        to_do="Đề nghị hỏi quản trị vì sao dịch vụ ngừng"
        + (
            ", xem các cơ quan nêu trên có cần gọi điện không. Xem lý do của từng lần nhắc bằng lệnh "
            "“dondoc show CƠ_QUAN”."
            if listed
            else "."
        ),
    )


def mailbox_note(body: Warned) -> Note:
    """Return the note on a mailbox that cannot be read."""
    why = why_unread(body.detail or "")
    return Note(
        subject=f"Không đọc được hộp thư đến từ {short_moment(body.since)}: {why}",
        lines=(
            f"Từ {moment(body.since)}, dịch vụ không đọc được hộp thư nhận báo lỗi gửi thư, vì {why}.",
            f"Trả lời của máy chủ: {body.detail}.",
            "Thư vẫn gửi đi bình thường. Nhưng thư bị trả lại và thư trả lời của cơ quan chưa được ghi nhận cho đến "
            "khi đọc lại được; khi đó dịch vụ đọc tiếp từ chỗ đã dừng, không bỏ sót.",
        ),
        to_do="Đề nghị báo quản trị kiểm tra máy chủ, tài khoản, mật khẩu của hộp thư (mục “hop-thu-den” trong "
        "dondoc.yaml). Trong lúc chờ, thư quan trọng nên gọi điện hỏi cơ quan đã nhận được chưa.",
    )


def clock_note(body: Warned) -> Note:
    """Return the note on a clock by which nothing is sent."""
    minutes = round(abs(body.seconds or 0.0) / 60)
    hours = f"{minutes / 60:.0f} giờ" if minutes >= 90 else f"{minutes} phút"
    what = {
        "held": f"đồng hồ máy chủ bị chỉnh {'tới' if (body.seconds or 0.0) > 0 else 'lùi'} {hours}",
        "ledger_ahead": f"đồng hồ máy chủ chậm hơn mục cuối của sổ {hours}",
    }
    known = body.detail in what
    why = what.get(body.detail or "", "đồng hồ máy chủ chỉ một năm đã qua")
    return Note(
        subject=f"Tạm dừng gửi thư: {why}",
        lines=(
            f"Việc soạn và gửi thư đang tạm dừng, vì {why}. Gửi theo giờ sai thì thư sẽ đi nhầm ngày.",
            "Thư đang chờ không mất. Chỉnh đồng hồ cho đúng thì việc gửi tự tiếp tục.",
        ),
        to_do="Đề nghị báo quản trị xem và chỉnh lại đồng hồ máy chủ."
        + (" Nếu giờ hiện nay của máy chủ đã đúng, chạy lệnh “dondoc approve --clock”." if known else ""),
    )


def why_unread(detail: str) -> str:
    """Return why a mailbox cannot be read, as a clause; `detail` is what its reader said."""
    causes = (
        ("login refused", "máy chủ không chấp nhận tài khoản, mật khẩu"),
        ("no such folder", "không có thư mục đã khai"),
        ("no STARTTLS", "máy chủ không lập được kết nối có mã hóa"),
        ("TLS", "chứng thư số của máy chủ không hợp lệ hoặc đã hết hạn"),
        ("authority file", "không đọc được tệp chứng thư đã khai"),
    )
    return next((why for said, why in causes if detail.startswith(said)), "không kết nối được với máy chủ")


def tokens_note(body: Warned) -> Note:
    """Return the note on tokens of an OA that cannot be replaced."""
    return Note(
        subject=f"Không đổi được mã truy cập Zalo từ {short_moment(body.since)}; mã đang dùng sắp hết hạn",
        lines=(
            f"Từ {moment(body.since)}, dịch vụ không đổi được cặp mã truy cập của Zalo Official Account. Mã đang dùng "
            "còn gửi được tin cho đến khi hết hạn, nhiều nhất 25 giờ từ lần đổi trước.",
            f"Trả lời của Zalo: {body.detail}.",
            "Sau đó tin Zalo không gửi được; nội dung được gửi bằng thư điện tử cho người có địa chỉ thư.",
        ),
        to_do="Đề nghị báo quản trị lấy cặp mã mới trên trang quản lý ứng dụng Zalo và nhập bằng lệnh "
        "“dondoc zalo token”.",
    )


def _working_days(body: Warned, rules: Rulebook) -> int:
    """How many working days went by whole: from the first hour to the last in which letters leave."""
    assert body.until is not None
    first, opens, closes = local_day(body.since), rules.windows[0].opens, rules.windows[-1].closes
    days = [first + ONE_DAY * n for n in range((local_day(body.until) - first).days + 1)]
    whole = [day for day in days if body.since < at(day, opens) and at(day, closes) <= body.until]
    return sum(map(rules.office.is_working, whole))


def _steps(steps: Sequence[PassedStep], rules: Rulebook) -> list[str]:
    """A line for the agencies passed over at the same step of the same milestone for the same reason."""
    alike: dict[tuple[str, Reason], list[str]] = {}
    for step in steps:
        key = ItemKey.parse(step.item)
        what = f"{step_label(key.step).lower()} ({task_name(key.obligation, rules)})"
        alike.setdefault((what, step.reason), []).append(key.obligation.agency)
    return [
        f"Bỏ qua {what}, vì {_WHY.get(reason, 'không còn cần')}: {_counted(agencies, rules)}."
        for (what, reason), agencies in alike.items()
    ]


def _dropped(letters: Iterable[DroppedLetter], rules: Rulebook) -> list[str]:
    """The letters that waited when it stopped, and were withdrawn."""
    alike: dict[bool, list[str]] = {}
    for letter in letters:
        alike.setdefault(bool(letter.replaced), []).append(letter.agency)
    return [
        f"Rút lại thư soạn từ trước, {'đã thay bằng thư mới' if replaced else 'vì không còn phải nhắc'}: "
        f"{_counted(agencies, rules)}."
        for replaced, agencies in alike.items()
    ]


def _counted(agencies: Sequence[str], rules: Rulebook) -> str:
    count = len(set(agencies))
    return f"{f'{two_digits(count)} cơ quan, gồm ' if count > 1 else ''}{_named(agencies, rules)}"


def _named(agencies: Iterable[str], rules: Rulebook) -> str:
    ids = rules.register.in_order(set(agencies))
    names = [agency_name(id_, rules) for id_ in ids]
    more = len(names) - NAMED
    return f"{'; '.join(names[:NAMED])}{f' và {two_digits(more)} cơ quan khác' if more > 0 else ''}"
