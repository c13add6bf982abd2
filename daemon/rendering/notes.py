"""Notes to the operator: what waits for a person, in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from daemon.domain.words import LetterKind, Voice
from daemon.rendering.clean import Slot, clean
from daemon.rendering.context import common_slots

Slots = dict[str, Slot]


@dataclass(frozen=True, slots=True)
class Note:
    """A note: a subject that says it all, sentences, a list, and what to do."""

    subject: str
    lines: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    to_do: str = ""


def note_context(note: Note, *, office: str, addressed: str, letter_id: str) -> Slots:
    """Return the slots of a note; `office` speaks, `addressed` is who it is for ("Đồng chí …", "Phòng …")."""
    slots: Slots = {
        **common_slots(letter_id, LetterKind.NOTE, Voice.INTERNAL, None),
        "mau": "ghi-chu",
        "duyet": 0,
        "don_vi": office,
        "kinh_gui": addressed,
        "ten_ngan": office,
        "tieu_de": note.subject,
        "dong_ghi_chu": list(note.lines),
        "danh_sach_ghi_chu": list(note.listed),
        "viec_can_lam": note.to_do,
        "noi_dung": [],
        "so_noi_dung": 1,
        "nhan": [],
        "lien_he": "",
        "tom_tat": [*note.lines, *note.listed, note.to_do],
    }
    return cast("Slots", clean(slots))
