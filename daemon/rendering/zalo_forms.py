"""A letter in the forms Zalo's other services take: a text with buttons, or the parameters of an approved template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from daemon.domain.words import LetterKind
from daemon.domain.zalo import LONGEST, ParamKind, Says, ZbsTemplate
from daemon.rendering.clean import Slot, cut_at_word, one_line

_PHONE = re.compile(r"điện thoại (\+?[0-9][0-9 .()/-]*)")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_MONTH = r"(?:0[1-9]|1[0-2])/\d{4}"
_DAY = rf"(?:0[1-9]|[12]\d|3[01])/{_MONTH}"
_WHOLE: Mapping[ParamKind, re.Pattern[str]] = {
    ParamKind.TIME: re.compile(rf"{_HOUR}(?: {_DAY})?|{_DAY}|{_MONTH}", re.ASCII),
    ParamKind.PHONE: re.compile(r"\d+", re.ASCII),
    ParamKind.AMOUNT: re.compile(r"\d+", re.ASCII),
    ParamKind.CURRENCY: re.compile(r"\d+", re.ASCII),
    ParamKind.OTP: re.compile(r"\w+", re.ASCII),
    ParamKind.URL: re.compile(r"https?://\S+"),
    ParamKind.ID: re.compile(r".+"),
}
"""Kinds that are given whole or not at all: half a date, a number or a link says something else."""

Facts = Mapping[str, str]


def zalo_facts(slots: Mapping[str, Slot]) -> dict[str, str]:
    """Return what a letter says in short, by `Says`; beside it "letter" (its template) and "kind"."""
    contact = str(slots.get("lien_he", ""))
    phone = _PHONE.search(contact)
    several = int(str(slots.get("so_noi_dung", 1))) > 1
    return {
        "letter": str(slots["mau"]),
        "kind": str(slots.get("loai_thu", "")),
        Says.AGENCY: str(slots.get("ten_ngan", "")),
        Says.AGENCY_NAME: str(slots.get("co_quan", "")),
        Says.TASK: str((slots.get("ten_chu_de") if several else None) or slots.get("goi_tat", "")),
        Says.DUE: _first_day(slots),
        Says.STATE: str(slots.get("muc_thu", "")),
        Says.PLAN: str(slots.get("so_ke_hoach", "")),
        Says.OFFICE: str(slots.get("don_vi", "")),
        Says.CONTACT: contact,
        Says.PHONE: _dialled(phone[1]) if phone else "",
        Says.LINK: str(slots.get("lien_ket", "")),
        Says.CODE: str(slots.get("ma_thu", "")),
        Says.COUNT: str(slots.get("so_noi_dung", 1)),
    }


def fitted(text: str, kind: ParamKind) -> str:
    """Return a text as a parameter of a kind takes it: words left out at the end; "" for what cannot be shortened."""
    text, longest = one_line(text), LONGEST[kind]
    if kind in _WHOLE:
        return text if len(text) <= longest and _WHOLE[kind].fullmatch(text) else ""
    return cut_at_word(text, longest)


def oa_content(text: str, facts: Facts) -> bytes:
    """Return a text with buttons to the agency's page and to the contact's telephone, where there are such."""
    buttons: list[object] = []
    if facts.get(Says.LINK):
        buttons.append({"title": "Báo đã gửi", "type": "oa.open.url", "payload": {"url": facts[Says.LINK]}})
    if facts.get(Says.PHONE):
        buttons.append({"title": "Gọi đầu mối", "type": "oa.open.phone", "payload": {"phone_code": facts[Says.PHONE]}})
    return _canonical({"text": text, "buttons": buttons})


def zbs_content(templates: Sequence[ZbsTemplate], facts: Facts) -> bytes:
    """Return the first template approved for a letter with its parameters; an empty one if there is none."""
    for template in templates:
        reminder = not template.letters and facts.get("kind") == LetterKind.REMINDER
        if reminder or facts.get("letter") in template.letters:
            data = {one.name: fitted(facts.get(one.says, ""), one.kind) for one in template.parameters}
            return _canonical({"template_id": template.id, "template_data": data})
    return _canonical({"template_id": "", "template_data": {}})


def _canonical(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _first_day(slots: Mapping[str, Slot]) -> str:
    """Return the first of the last days a letter speaks of, dd/mm/yyyy; "" if it speaks of none."""
    told: Sequence[Mapping[str, Slot]] = cast("list[dict[str, Slot]]", slots.get("noi_dung") or []) or [slots]
    found = [_DATE.search(str(one.get("ngay_cuoi_so") or one.get("ngay_cuoi") or "")) for one in told]
    days = [(int(day[3]), int(day[2]), int(day[1])) for day in found if day]
    return "{2:02}/{1:02}/{0:04}".format(*min(days)) if days else ""


def _dialled(phone: str) -> str:
    """Return a telephone number as a telephone dials it from anywhere; an extension is left out."""
    digits = re.sub(r"\D", "", phone)
    return f"84{digits[1:]}" if digits.startswith("0") else digits
