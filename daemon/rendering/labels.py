"""Vietnamese labels of the closed lists, as screens, tables and letters print them (`users.md` §4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from daemon.domain.words import (
    Channel,
    DeliveryState,
    EntryKind,
    JudgedBy,
    LetterKind,
    Level,
    Matter,
    OfficeLetter,
    Outcome,
    Reason,
    Return,
    Role,
    Status,
    Tier,
    Voice,
)
from daemon.judgement.dates_vi import day_in_sentence

STATUS: Mapping[Status, str] = {
    Status.EXEMPT: "Không thuộc diện",
    Status.ON_TIME: "Đã gửi đúng hạn",
    Status.LATE: "Đã gửi quá hạn",
    Status.CLOSED: "Đã kết thúc theo dõi",
    Status.SCHEDULED: "Chưa đến kỳ",
    Status.DECLARED: "Đã báo gửi, chờ xác nhận",
    Status.OVERDUE: "Quá hạn, chưa gửi",
    Status.RETURNED: "Đề nghị bổ sung",
    Status.EXTENDED: "Được gia hạn",
    Status.OPEN: "Trong hạn, chưa gửi",
}

RETURNED: Mapping[Return, str] = {Return.SUPPLEMENT: "Đề nghị bổ sung", Return.INVALID: "Chưa hợp lệ"}

NOTHING_TO_REPORT = "Không phát sinh (có văn bản)"

ENTRY_KIND: Mapping[EntryKind, str] = {
    EntryKind.RECEIVED: "Nhận văn bản",
    EntryKind.DECLARED: "Cơ quan báo gửi",
    EntryKind.ACCEPTED: "Xác nhận",
    EntryKind.RETURNED: "Đề nghị bổ sung",
    EntryKind.EXTENDED: "Gia hạn",
    EntryKind.EXEMPTED: "Không thuộc diện",
    EntryKind.NOTHING: "Không phát sinh",
    EntryKind.RATED: "Xếp loại",
    EntryKind.CALLED: "Gọi điện nhắc",
    EntryKind.PROMISED: "Hẹn ngày gửi",
    EntryKind.OBJECTED: "Ý kiến phản hồi",
    EntryKind.MUTED: "Tạm dừng nhắc",
    EntryKind.PAUSED: "Tạm dừng chung",
    EntryKind.MARK: "Đã nhập hết văn bản đến",
    EntryKind.APPROVED: "Duyệt gửi",
    EntryKind.HANDED_OVER: "Đổi đầu mối",
    EntryKind.VOIDED: "Hủy mục nhập nhầm",
    EntryKind.PLAN_CHANGED: "Sửa kế hoạch",
    EntryKind.DELIVERY: "Kết quả gửi thư",
    EntryKind.CLOCK_JUMP: "Đồng hồ máy chủ bị chỉnh",
    EntryKind.ERASED: "Xóa nội dung theo quy định",
    EntryKind.ALARMED: "Báo người theo dõi",
    EntryKind.RETRIED: "Yêu cầu gửi lại",
    EntryKind.REPORTED: "Thư nội bộ",
    EntryKind.APOLOGISED: "Xin lỗi nhắc nhầm",
    EntryKind.TEMPLATE_FAILED: "Mẫu thư bị lỗi",
    EntryKind.WARNED: "Cảnh báo người theo dõi",
}

SILENCE_ENDED = "Thôi tạm dừng"
"""What an entry that voids a silence is: the silence was no slip, it only ends before its day."""

DELIVERY_STATE: Mapping[DeliveryState, str] = {
    DeliveryState.HELD: "Chờ duyệt",
    DeliveryState.PENDING: "Chờ gửi",
    DeliveryState.SENDING: "Đang gửi",
    DeliveryState.SENT: "Máy chủ thư đã nhận",
    DeliveryState.UNKNOWN: "Không rõ đã đến hay chưa",
    DeliveryState.REFUSED: "Không gửi được",
    DeliveryState.EXPIRED: "Quá thời gian cần thiết, không gửi",
    DeliveryState.CANCELLED: "Đã hủy vì không còn cần",
    DeliveryState.BOUNCED: "Bị trả lại",
    DeliveryState.DELIVERED: "Đã đến máy người nhận",
    DeliveryState.SEEN: "Người nhận đã xem",
}

ROLE: Mapping[Role, str] = {
    Role.FOCAL: "Đầu mối",
    Role.DEPUTY: "Lãnh đạo phụ trách",
    Role.HEAD: "Thủ trưởng",
    Role.OFFICE: "Văn thư",
    Role.COLLECTOR_HEAD: "Lãnh đạo đơn vị đầu mối tổng hợp",
}

CHANNEL: Mapping[Channel, str] = {Channel.EMAIL: "Thư điện tử", Channel.ZALO: "Zalo"}

LEVEL: Mapping[Level, str] = {
    Level.NOTICE: "Thông báo, nhắc",
    Level.PRESS: "Đôn đốc",
    Level.OVERDUE: "Quá hạn",
    Level.HEAD: "Gửi thủ trưởng",
    Level.SUPERIOR: "Trình",
}

STEP: Mapping[str, str] = {
    "thong-bao": "Thông báo",
    "nhac": "Nhắc",
    "nhac-lai": "Nhắc lại",
    "don-doc": "Đôn đốc",
    "han-cuoi": "Hạn cuối",
    "qua-han": "Quá hạn",
    "thu-truong": "Gửi thủ trưởng",
    "trinh": "Trình",
}

TIER: Mapping[Tier, str] = {
    Tier.OFFICERS: "Đầu mối, lãnh đạo phụ trách",
    Tier.HEAD: "Thủ trưởng cơ quan",
    Tier.COLLECTOR: "Lãnh đạo đơn vị đầu mối tổng hợp",
}

LETTER_KIND: Mapping[LetterKind, str] = {
    LetterKind.REMINDER: "Thư nhắc",
    LetterKind.RECEIPT: "Biên nhận",
    LetterKind.NOTICE: "Thông báo",
    LetterKind.APOLOGY: "Thư xin lỗi",
    LetterKind.NOTE: "Ghi chú cho người theo dõi",
}

OFFICE_LETTER: Mapping[OfficeLetter, str] = {
    OfficeLetter.ATTENTION: "Việc cần xử lý",
    OfficeLetter.TOMORROW: "Thư của ngày gửi tới",
    OfficeLetter.WEEKLY: "Báo cáo tuần",
    OfficeLetter.MONTHLY: "Báo cáo tháng",
}

MATTER: Mapping[Matter, str] = {
    Matter.STANDSTILL: "Dịch vụ không làm việc",
    Matter.CLOCK: "Tạm dừng gửi vì đồng hồ máy chủ",
    Matter.MAILBOX: "Không đọc được hộp thư đến",
    Matter.ZALO_TOKENS: "Không đổi được mã truy cập Zalo",
}

VOICE: Mapping[Voice, str] = {
    Voice.DEPARTMENT: "Sở, ban, ngành",
    Voice.DISTRICT: "UBND cấp huyện",
    Voice.CENTRAL: "Cơ quan Trung ương",
    Voice.ARMED: "Lực lượng vũ trang",
    Voice.INTERNAL: "Nội bộ",
}

JUDGED_BY: Mapping[JudgedBy, str] = {JudgedBy.SENT: "Ngày gửi", JudgedBy.RECEIVED: "Ngày đến"}

OUTCOME: Mapping[Outcome, str] = {
    Outcome.SEND: "Gửi",
    Outcome.HOLD: "Chờ",
    Outcome.PASS_OVER: "Bỏ qua",
    Outcome.NOTHING: "Không nhắc",
}

REASON: Mapping[Reason, str] = {
    Reason.STEP_REACHED: "Đã đến ngày gửi theo lịch nhắc.",
    Reason.FIRST_LETTER: "Đây là thư đầu tiên về nội dung này.",
    Reason.REPEAT: "Nhắc lại theo lịch vì chưa nhận được văn bản.",
    Reason.CATCH_UP: "Gửi muộn hơn ngày dự kiến, vì thư vẫn còn cần thiết.",
    Reason.CROSSED: "Đã chờ một ngày làm việc mà chưa có xác nhận nhập hết văn bản đến; thư có câu mong thông cảm.",
    Reason.WAITS_MARK: "Chờ xác nhận đã nhập hết văn bản đến.",
    Reason.WAITS_LEVEL_3: "Chờ, vì phải có thư quá hạn gửi được trước đó ít nhất một ngày làm việc.",
    Reason.WAITS_SENDING_DAY: "Chờ đến ngày gửi thư gần nhất.",
    Reason.WAITS_HOUR: "Chờ đến giờ gửi.",
    Reason.WAITS_NEXT_DAY: "Chờ ngày gửi kế tiếp, vì thư hôm nay của cơ quan này đã soạn hoặc đã gửi.",
    Reason.GAP: "Chờ cho cách thư nhắc gần nhất đủ hai ngày làm việc.",
    Reason.DECLARED: "Tạm dừng, vì cơ quan đã báo gửi và đang chờ xác nhận.",
    Reason.MUTED: "Tạm dừng nhắc nội dung này hoặc cơ quan này.",
    Reason.PAUSED: "Tạm dừng nhắc chung.",
    Reason.PROMISED: "Tạm dừng đến hết ngày cơ quan đã hẹn gửi.",
    Reason.LATER_STEP: "Bỏ qua, vì đã đến lần nhắc sau.",
    Reason.SAME_DAY: "Bỏ qua, vì cùng ngày có lần nhắc xếp sau trong lịch nhắc.",
    Reason.NO_LONGER_USEFUL: "Bỏ qua, vì đã quá thời gian thư còn cần thiết.",
    Reason.PAST_DUE: "Bỏ qua, vì thời hạn đã qua.",
    Reason.BEFORE_FIRST_DAY: "Bỏ qua, vì lần nhắc này rơi vào trước ngày có thể gửi thư đầu tiên.",
    Reason.BEFORE_START: "Bỏ qua, vì khi bắt đầu theo dõi thì cả lịch nhắc đã qua; muốn nhắc thì phải duyệt.",
    Reason.NEW_TERM: "Bỏ qua, vì thời hạn đã thay đổi.",
    Reason.SETTLED: "Không nhắc, vì đã nhận được văn bản.",
    Reason.EXEMPT: "Không nhắc, vì không thuộc diện.",
    Reason.CLOSED: "Không nhắc, vì kế hoạch đã kết thúc theo dõi.",
}

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def group_numeral(position: int) -> str:
    """Return the roman numeral of a group by its place in the register, from 1 ("I", "II", ...)."""
    numeral = ""
    for value, letters in _ROMAN:
        count, position = divmod(position, value)
        numeral += letters * count
    return numeral


def status_label(
    status: Status,
    *,
    late_days: int = 0,
    extended_to: date | None = None,
    returned_how: Return | None = None,
    nothing_to_report: bool = False,
) -> str:
    """Return a status in full, with its day or its days: "Được gia hạn đến 15/11/2022", "Đã gửi quá hạn (4 ngày)"."""
    if nothing_to_report and status in {Status.ON_TIME, Status.LATE}:
        return NOTHING_TO_REPORT
    if status is Status.LATE and late_days:
        return f"{STATUS[status]} ({late_days} ngày)"
    if status is Status.EXTENDED and extended_to is not None:
        return f"{STATUS[status]} đến {day_in_sentence(extended_to)}"
    if status is Status.RETURNED and returned_how is not None:
        return RETURNED[returned_how]
    return STATUS[status]


def step_label(step: str) -> str:
    """Return the name of a step people know; an office's own step keeps its id."""
    return STEP.get(step, step)
