"""Why Zalo took no message, in short true words with what helps: its codes, and what dondoc itself could not send.

The services' codes do not overlap where a message is refused: the Bot's are positive, an OA's stand apart from ZBS's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MEND_ADDRESS = "sửa địa chỉ trong danh bạ nếu sai"
_FOLLOW = "đề nghị người nhận quan tâm Official Account của cơ quan"
_WRITE = "đề nghị người nhận nhắn một tin cho Official Account của cơ quan"
_ALLOW = "đề nghị người nhận cho phép Official Account của cơ quan gửi tin"
_UPDATE = "đề nghị người nhận đăng nhập hoặc cập nhật ứng dụng Zalo"
_QUOTA = "chờ có lại hạn mức hoặc đề nghị quản trị mua thêm"
_TEMPLATE = "đề nghị quản trị đăng ký hoặc sửa mẫu tin với Zalo"
_SETTINGS = "đề nghị quản trị kiểm tra thiết lập Zalo"

_CODE = re.compile(r"(?:HTTP )?(-?\d{2,5})(?::|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, as a clause; what helps, as a clause that follows "đề nghị gọi điện ..."; the code as told, if any."""

    why: str
    remedy: str
    code: str = ""


def _rows(*rows: tuple[Iterable[int], str, str]) -> Mapping[str, Cause]:
    return MappingProxyType({str(code): Cause(why, remedy, str(code)) for codes, why, remedy in rows for code in codes})


_REFUSED = _rows(
    ([400, -201], "Zalo không biết người nhận này hoặc không đọc được tin", MEND_ADDRESS),
    ([429], "đã hết hạn mức tin trong tháng của Zalo Bot", _QUOTA),
    ([-213], "người nhận chưa quan tâm Official Account của cơ quan", _FOLLOW),
    ([-230], "đã quá 07 ngày người nhận không nhắn tin cho Official Account", _WRITE),
    ([-232], "người nhận chưa nhắn tin cho Official Account, hoặc đã nhắn quá lâu", _WRITE),
    ([-217, -244], "người nhận không cho Official Account gửi loại tin này", _ALLOW),
    ([-134, -139, -140, -141], "người nhận từ chối hoặc không thuộc diện nhận loại tin này", _ALLOW),
    ([-227], "tài khoản Zalo của người nhận bị khóa hoặc đã lâu không dùng", _UPDATE),
    ([-110], "ứng dụng Zalo của người nhận quá cũ", _UPDATE),
    ([-114, -119], "tài khoản Zalo của người nhận không nhận được tin", _UPDATE),
    ([-108], "số điện thoại không hợp lệ", MEND_ADDRESS),
    ([-118], "số điện thoại này không có tài khoản Zalo", MEND_ADDRESS),
    ([-211], "đã hết hạn mức gửi của Official Account", _QUOTA),
    ([-144], "đã hết hạn mức gửi trong ngày của Official Account", _QUOTA),
    ([-147], "mẫu tin đã hết hạn mức gửi trong ngày", _QUOTA),
    ([-1441], "đã hết hạn mức tin của tháng", _QUOTA),
    ([-218, -1471, -1472], "người nhận đã nhận đủ số tin Zalo cho phép", _QUOTA),
    ([-109, -117, -131, -146, -249], "mẫu tin chưa được duyệt hoặc không còn dùng được", _TEMPLATE),
    ([-111, -112, -113, -116], "nội dung điền vào mẫu tin không hợp lệ", _TEMPLATE),
    ([-130, -132, -1121, -1122, -1123, -1124, -1131], "nội dung điền vào mẫu tin không hợp lệ", _TEMPLATE),
    ([-210], "tin dài quá mức Zalo nhận", _SETTINGS),
    ([-248], "Zalo cho là nội dung tin trái quy định của Zalo", _SETTINGS),
)
_OWN: tuple[tuple[str, Cause], ...] = (
    ("no template is approved", Cause("loại thư này chưa có mẫu tin được Zalo duyệt", _TEMPLATE)),
    ("nothing to say for", Cause("thư không có đủ nội dung để điền vào mẫu tin", _TEMPLATE)),
    ("the number is no Vietnamese", Cause("số trong danh bạ không phải số di động Việt Nam", MEND_ADDRESS)),
    ("the text has", Cause("tin dài quá mức Zalo nhận", _SETTINGS)),
)
_STOPPED: Mapping[str, str] = MappingProxyType(
    {
        str(code): why
        for codes, why in (
            ([-211], "đã hết hạn mức gửi của Official Account"),
            ([-115], "đã hết hạn mức hoặc số dư để gửi tin ZBS"),
            ([-320, -321, -136, -137], "tài khoản thanh toán của Official Account chưa có hoặc đã hết tiền"),
            ([-204, -205, -1351], "Official Account bị khóa hoặc không còn"),
            ([-221, -224, -135], "Official Account chưa xác thực hoặc gói dịch vụ không đủ"),
            ([-242, -1241], "khóa bí mật của ứng dụng không đúng"),
        )
        for code in codes
    }
)
QUOTAS = frozenset({"-211", "-115"})
"""Codes of a road that carries again by itself once there is quota."""


def why_refused(said: str) -> Cause:
    """Return why one message was not taken; `said` is the code and words as told, or dondoc's own."""
    for words, cause in _OWN:
        if words in said:
            return cause
    found = _CODE.match(said)
    code = found[1] if found is not None else ""
    return _REFUSED.get(code) or Cause("Zalo không nhận", _SETTINGS if code else MEND_ADDRESS, code)


def why_zalo_stopped(code: str | None, detail: str) -> str:
    """Return why no message passes, as a clause."""
    if code is not None and code in _STOPPED:
        return _STOPPED[code]
    if (code or "").removeprefix("http ") in {"401", "404"} or "oken" in detail:
        return "mã truy cập Zalo không còn dùng được"
    return "Zalo từ chối mọi tin, do thiết lập gửi Zalo"
