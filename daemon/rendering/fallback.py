"""The letter that still goes out when a template fails: no template, only what cannot be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from daemon.rendering.clean import Slot


def _items(slots: Mapping[str, Slot]) -> list[Mapping[str, Slot]]:
    return cast("list[Mapping[str, Slot]]", slots.get("noi_dung") or [])


def _line(item: Mapping[str, Slot]) -> str:
    return f"- {item['Viec']}: {item['han']} (ngày cuối cùng được tính đúng hạn: {item['ngay_cuoi']})."


def fallback_subject(slots: Mapping[str, Slot]) -> str:
    """Return a subject from a letter's slots alone."""
    items = _items(slots)
    if not items:
        return f"Thông tin của {slots['don_vi']}"
    more = f" và {len(items) - 1} nội dung khác" if len(items) > 1 else ""
    return f"Hạn {items[0]['ngay_cuoi_ngan']}: {items[0]['goi_tat']}{more} - {slots['ten_ngan']}"


def fallback_text(slots: Mapping[str, Slot]) -> str:
    """Return the plain text of a letter from its slots alone: to whom, what, by when, whom to ask."""
    items = _items(slots)
    told = [_line(item) for item in items] or [str(line) for line in cast("list[Slot]", slots.get("tom_tat") or [])]
    opening = f"{slots['don_vi']} thông tin các nội dung sau:"
    asking = f" Cần trao đổi thêm, xin liên hệ {slots['lien_he']}." if slots.get("lien_he") else ""
    crossed = "Nếu văn bản đã gửi, mong thông cảm và bỏ qua thư này." if items else ""
    closing = f"{crossed}{asking}".strip()
    paragraphs = [
        f"Kính gửi: {slots['kinh_gui']}",
        opening,
        "\n".join(told),
        closing,
        "Trân trọng.",
        f"Mã thư: {slots['ma_thu']}.",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"
