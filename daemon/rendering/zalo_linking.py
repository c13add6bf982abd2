"""What is said to a person whose Zalo is to be linked: the sentence an operator passes on, and the bot's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from daemon.clock import local
from daemon.domain.register import Agency, Person
from daemon.domain.zalo_links import LinkReply
from daemon.judgement.dates_vi import table_day

_REPLIES: Mapping[LinkReply, str] = {
    LinkReply.LINKED: (
        "Đã kết nối. Từ nay tin đôn đốc của {office} gửi {who} sẽ đến Zalo này. "
        "Nếu có nhầm lẫn, đề nghị đồng chí báo lại {office}. Trân trọng."
    ),
    LinkReply.AGAIN: "Zalo này đã được kết nối từ trước, đồng chí không cần nhắn lại mã. Trân trọng.",
    LinkReply.UNKNOWN: (
        "Zalo Bot này chỉ nhận mã kết nối, và không thấy mã đúng trong tin của đồng chí. Mã gồm 6 ký tự do {office} "
        "cấp; đề nghị đồng chí kiểm tra và nhắn lại, hoặc liên hệ {office}. Trân trọng."
    ),
    LinkReply.EXPIRED: ("Mã này không còn hiệu lực. Đề nghị đồng chí liên hệ {office} để được cấp mã mới. Trân trọng."),
    LinkReply.USED: (
        "Mã này đã được sử dụng. Nếu người sử dụng không phải là đồng chí, đề nghị đồng chí báo ngay {office} "
        "để được cấp mã mới. Trân trọng."
    ),
    LinkReply.NOT_PRIVATE: (
        "Đề nghị đồng chí không nhắn mã trong nhóm. Mã chỉ có giá trị khi nhắn riêng cho Zalo Bot này. Trân trọng."
    ),
}


def moment(instant: datetime) -> str:
    """Return an instant as these texts name it: "08:30 ngày 25/10/2022"."""
    shown = local(instant)
    return f"{shown:%H:%M} ngày {table_day(shown.date())}"


def named(agency: Agency, person: Person) -> str:
    """Return a person as others speak of him, with his agency."""
    return f"{person.name or person.title or person.id} ({agency.short_name})"


def invitation(code: str, bot: str, office: str, expires_at: datetime) -> str:
    """Return the sentence to pass on; `bot` is the bot's name, empty if it is not known."""
    called = f"Zalo Bot “{bot}”" if bot else f"Zalo Bot của {office}"
    return (
        f"Đồng chí nhắn “{code}” tới {called} để nhận tin đôn đốc của {office} qua Zalo "
        f"(mã dùng một lần, trước {moment(expires_at)})."
    )


def reply_text(reply: LinkReply, office: str, who: str) -> str:
    """Return the bot's answer; `who` is the person linked, as `named` says it."""
    return _REPLIES[reply].format(office=office, who=f"đồng chí {who}")
