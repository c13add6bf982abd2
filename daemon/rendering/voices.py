"""How each kind of body is spoken to: the table of `users.md` §3.2, and what an agency is called after its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.domain.register import Agency
from daemon.domain.words import Voice


@dataclass(frozen=True, slots=True)
class Manner:
    """One column of the table. `so_that` may name `{office}` (who speaks) and `{issuer}`."""

    request: str  # de_nghi
    do: str  # lam
    do_now: str  # lam_gap
    so_that: str  # de_lam_gi
    counts: bool = True  # whether a letter to the head says how often it wrote before


_TO_REPORT = "để {office} tổng hợp, báo cáo {issuer}. Sau thời điểm này, {office} báo cáo theo số liệu thực tế đã nhận"
_TO_COMPLETE = "để kết quả chung của tỉnh được tổng hợp đầy đủ"

MANNERS: Mapping[Voice, Manner] = {
    Voice.DEPARTMENT: Manner("đề nghị", "quan tâm, gửi đúng thời hạn", "khẩn trương hoàn thiện, gửi", _TO_REPORT),
    Voice.DISTRICT: Manner(
        "đề nghị", "quan tâm, chỉ đạo gửi đúng thời hạn", "khẩn trương chỉ đạo hoàn thiện, gửi", _TO_REPORT
    ),
    Voice.CENTRAL: Manner(
        "trân trọng đề nghị",
        "quan tâm phối hợp, gửi đúng thời gian nêu trên",
        "quan tâm phối hợp, gửi",
        _TO_COMPLETE,
        counts=False,
    ),
    Voice.ARMED: Manner(
        "trân trọng đề nghị",
        "quan tâm phối hợp, chỉ đạo bộ phận chuyên môn gửi đúng thời gian nêu trên",
        "quan tâm phối hợp, chỉ đạo gửi",
        _TO_COMPLETE,
        counts=False,
    ),
    Voice.INTERNAL: Manner(
        "lưu ý", "hoàn thành đúng thời hạn", "khẩn trương hoàn thành", "để bảo đảm tiến độ tham mưu"
    ),
}


def called(agency: Agency, voice: Voice, department: str | None = None) -> str:
    """Return what an agency is called once its name has been said (`department`: the inward addressee)."""
    if voice is Voice.CENTRAL:
        return "Quý cơ quan"
    if voice is Voice.ARMED and agency.name.startswith("Bộ Chỉ huy "):
        return "Bộ Chỉ huy"
    if voice is Voice.INTERNAL:
        return department or "bộ phận phụ trách"
    return agency.name
