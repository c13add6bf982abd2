"""What people read about mail that came back: kinds of messages, why one is doubted, what is wrong with an address."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.domain.arrivals import ArrivalKind, Doubt

ARRIVAL: Mapping[ArrivalKind, str] = {
    ArrivalKind.OWN: "Thư của mình",
    ArrivalKind.REPORT: "Báo lỗi",
    ArrivalKind.COMPLAINT: "Khiếu nại thư rác",
    ArrivalKind.READ_RECEIPT: "Báo đã đọc",
    ArrivalKind.STRAY_REPORT: "Báo lỗi",
    ArrivalKind.AUTO_REPLY: "Trả lời tự động",
    ArrivalKind.REPLY: "Thư trả lời",
}
DOUBT: Mapping[Doubt, str] = {
    Doubt.FORGED: "mã báo lỗi không phải của dondoc",
    Doubt.UNKNOWN_LETTER: "không có thư nào như vậy",
    Doubt.OTHER_RECIPIENT: "thư ấy không gửi cho người này",
    Doubt.NO_REFERENCE: "không nói về thư nào",
    Doubt.UNREADABLE: "máy không đọc được, cần người xem",
    Doubt.COMPLAINT: "có người báo thư không mong muốn",
}
_FAULTS = (
    ("5.1.2", "không còn tên miền này"),
    ("5.1.10", "tên miền không nhận thư"),
    ("5.1.6", "địa chỉ đã chuyển nơi khác"),
    ("5.1", "không có địa chỉ này"),
    ("5.2.1", "hộp thư đã khóa"),
    ("5.4.4", "không còn tên miền này"),
)


def fault_label(status: str) -> str:
    """Return what is wrong with an address by its enhanced status code ("5.1.1")."""
    for code, label in _FAULTS:
        if status == code or status.startswith(f"{code}."):
            return label
    return "máy chủ không chuyển được thư"
