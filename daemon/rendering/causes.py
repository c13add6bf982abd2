"""Why something did not get through, in words an operator can act on: the far side's codes as RFC 3463 reads them."""

from __future__ import annotations

import re

from daemon.domain.failures import GAVE_WAY
from daemon.domain.words import Channel, DeliveryState
from daemon.rendering.labels import CHANNEL
from daemon.rendering.zalo_causes import MEND_ADDRESS, Cause, why_refused, why_zalo_stopped

NO_ADDRESS = "no address by this channel"
"""What the dispatcher writes where the register has no address."""

_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
_BASIC = re.compile(r"\b[45]\d\d\b")
_NOT_LET_IN = frozenset({"432", "530", "534", "535", "538"})
_STOPPED = tuple(
    (re.compile(said, re.IGNORECASE), why)
    for said, why in (
        ("certificate", "chứng thư số của máy chủ thư không hợp lệ hoặc đã hết hạn"),
        ("TLS", "máy chủ thư không lập được kết nối có mã hóa"),
        ("login method", "máy chủ thư không có cách đăng nhập nào dùng được"),
        (r"5\.4\.5|\b(?:limit|quota)|too many|per (?:hour|day)", "đã hết hạn mức gửi của tài khoản trên máy chủ thư"),
        ("block(?:ed|list)|blacklist|banned", "máy chủ thư đang chặn thư gửi từ máy chủ này"),
        ("relay|^MAIL", "máy chủ thư không cho địa chỉ gửi này gửi thư"),
    )
)
_SUBJECTS = {
    "1": "địa chỉ không dùng được",
    "2.1": "hộp thư đã khóa",
    "2.2": "hộp thư đầy",
    "2.3": "thư quá lớn",
    "3.4": "thư quá lớn",
    "7": "máy chủ bên nhận không cho gửi đến",
}
_OURS = (
    (
        "internal error (",
        Cause("lỗi của chương trình dondoc, không phải của người nhận", "báo người bảo trì phần mềm kèm nhật ký"),
    ),
    (
        "bytes, the server takes",
        Cause("thư lớn quá mức máy chủ thư nhận", "đề nghị quản trị máy chủ thư nâng mức nhận"),
    ),
)
_UNREACHED = {
    DeliveryState.EXPIRED: "chưa gửi được thì đã quá thời gian thư còn cần thiết",
    DeliveryState.UNKNOWN: "không rõ đã đến hay chưa",
}


def why_unreached(channel: Channel, state: DeliveryState, detail: str | None) -> str:
    """Return why one delivery reached nobody; `detail` is what the far side said, without an address."""
    if state in _UNREACHED:
        return _UNREACHED[state]
    said = detail or ""
    if said == NO_ADDRESS:
        return "danh bạ chưa có địa chỉ"
    if said == GAVE_WAY:
        return "đường gửi tạm ngừng, đã chuyển sang đường khác"
    cause = _cause(channel, said)
    came_back = "bị trả lại, " if state is DeliveryState.BOUNCED else ""
    return f"{came_back}{cause.why}{f' (mã {cause.code})' if cause.code else ''}"


def remedy(channel: Channel, state: DeliveryState, detail: str | None) -> str:
    """Return what a person can do so that it gets through, as a clause; empty where only time or a call helps."""
    said = detail or ""
    if state in _UNREACHED or said == GAVE_WAY:
        return ""
    return MEND_ADDRESS if said == NO_ADDRESS else _cause(channel, said).remedy


def _cause(channel: Channel, said: str) -> Cause:
    for words, cause in _OURS:
        if words in said:
            return cause
    return why_refused(said) if channel is Channel.ZALO else Cause(_reason(said), MEND_ADDRESS, _code(said))


def _reason(said: str) -> str:
    found = _ENHANCED.search(said)
    if found is None:
        return "máy chủ bên nhận từ chối"
    subject, detail = found.groups()
    return _SUBJECTS.get(f"{subject}.{detail}") or _SUBJECTS.get(subject) or "máy chủ bên nhận từ chối"


def _code(said: str) -> str:
    basic, enhanced = _BASIC.search(said), _ENHANCED.search(said)
    return " ".join(found[0] for found in (basic, enhanced) if found is not None)


def road_name(channel: Channel, route: str | None) -> str:
    """Return what stopped: "Thư điện tử", where there are several servers with the one it is."""
    server = (route or "").removeprefix(str(channel)).strip()
    return f"{CHANNEL[channel]} qua máy chủ {server}" if server else CHANNEL[channel]


def why_stopped(channel: Channel, code: str | None, detail: str, *, silent: bool = False) -> str:
    """Return why a road stopped, as a clause: "máy chủ thư không chấp nhận tài khoản, mật khẩu".

    `silent`: nobody could be reached there, or the far side put off every letter with `code`.
    """
    if silent:
        far_side = "Zalo" if channel is Channel.ZALO else "máy chủ thư"
        return f"{far_side} tạm thời không nhận thư nào" if code else f"không liên lạc được với {far_side}"
    if channel is Channel.ZALO:
        return why_zalo_stopped(code, detail)
    if (code or "")[:3] in _NOT_LET_IN:
        return "máy chủ thư không chấp nhận tài khoản, mật khẩu"
    known = (why for said, why in _STOPPED if said.search(detail))
    return next(known, "máy chủ thư từ chối mọi thư, do thiết lập gửi thư")
