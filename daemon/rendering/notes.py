"""Notes to the operator: what waits for a person, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from daemon.domain.words import LetterKind, Voice
from daemon.judgement.dates_vi import day_in_sentence, short_day, two_digits
from daemon.rendering.clean import Slot, clean
from daemon.rendering.context import common_slots
from daemon.rendering.slots import moment

Slots = dict[str, Slot]


@dataclass(frozen=True, slots=True)
class Note:
    """A note: a subject that says it all, sentences, a list, and what to do."""

    subject: str
    lines: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    to_do: str = ""


def note_context(note: Note, *, office: str, addressed: str, letter_id: str) -> Slots:
    """Return the slots of a note; `office` speaks, `addressed` is who it is for ("đồng chí …", "Phòng …")."""
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


def mark_missing(office: str, known_to: datetime | None, held: Sequence[str]) -> Note:
    """A day's letters of level 3 wait because nobody has said the record is complete; `held` names each."""
    since = f" Lần xác nhận gần nhất: đến {moment(known_to)}." if known_to else ""
    return Note(
        subject=f"Cần xác nhận đã nhập hết văn bản đến: {two_digits(len(held))} thư quá hạn đang chờ",
        lines=(f"{office} chưa xác nhận đã nhập hết văn bản đến, nên các thư quá hạn sau đang chờ.{since}",),
        listed=tuple(held),
        to_do="Nhập xong văn bản đến thì xác nhận mốc thời gian đã nhập hết; thư sẽ gửi vào giờ gửi gần nhất.",
    )


def sent_without_mark(office: str, sent: Sequence[str]) -> Note:
    """Letters of level 3 left after a working day's wait, with the crossed-letters sentence."""
    return Note(
        subject=f"Đã gửi {two_digits(len(sent))} thư quá hạn khi chưa có xác nhận nhập hết văn bản",
        lines=(
            f"{office} chưa xác nhận đã nhập hết văn bản đến sau một ngày làm việc. Các thư sau đã gửi, kèm câu mong "
            "thông cảm nếu văn bản đang luân chuyển.",
        ),
        listed=tuple(sent),
        to_do="Nếu cơ quan nào đã gửi văn bản, nhập văn bản ngay để gửi thư xin lỗi. Thư gửi thủ trưởng và báo cáo "
        "vẫn chờ xác nhận.",
    )


def declaration_lapses(agency: str, short: str, declared_on: date, until: date, document: str | None) -> Note:
    """A declaration stops pausing letters after `until`, a working day from now."""
    paper = f", {document}" if document else ""
    return Note(
        subject=f"Hết ngày {short_day(until)}: báo gửi {short} của {agency} chưa đối chiếu",
        lines=(
            f"{agency} báo gửi {short} ngày {day_in_sentence(declared_on)}{paper}. Báo gửi sắp hết 03 ngày làm việc; "
            f"sau ngày {day_in_sentence(until)} việc nhắc tiếp tục theo lịch.",
        ),
        to_do="Đối chiếu với văn bản đến rồi xác nhận, hoặc gọi cho đầu mối của cơ quan.",
    )


def letters_held(held: Sequence[str], leaves_on: date) -> Note:
    """Letters to heads wait for approval; `held` names each, `leaves_on` the day planned."""
    return Note(
        subject=f"Ngày {short_day(leaves_on)}: {two_digits(len(held))} thư gửi thủ trưởng chờ duyệt",
        lines=("Các thư sau chỉ gửi sau khi lãnh đạo duyệt; tên và chức danh người duyệt ghi ở cuối thư.",),
        listed=tuple(held),
        to_do="Trình lãnh đạo xem từng thư và duyệt. Thư không duyệt sẽ không gửi.",
    )


def letter_failed(agency: str, subject: str, why: str, *, unknown: bool = False) -> Note:
    """A letter reached nobody by any road; `unknown`: it may have arrived, and is not sent again."""
    state = "không rõ đã đến hay chưa" if unknown else "không gửi được"
    return Note(
        subject=f"Thư {state}: {agency}",
        lines=(f"Thư “{subject}” gửi {agency} {state}.", f"Lý do: {why}."),
        to_do="Gọi cho cơ quan để thông tin, và sửa địa chỉ trong danh bạ nếu địa chỉ sai.",
    )


def plain_letter_sent(subject: str, fault: str) -> Note:
    """A template failed when a letter left; the plain letter went in its place."""
    return Note(
        subject="Mẫu thư bị lỗi, đã gửi thư rút gọn",
        lines=(f"Thư “{subject}” đã gửi ở dạng rút gọn vì mẫu thư bị lỗi.", f"Lỗi: {fault}."),
        to_do="Sửa mẫu thư, chạy kiểm tra rồi áp dụng; các thư sau sẽ dùng mẫu đã sửa.",
    )


def tomorrow(day: date, letters: Sequence[str]) -> Note:
    """What will leave on the next sending day: the operator's veto."""
    return Note(
        subject=f"Ngày {short_day(day)} sẽ gửi {two_digits(len(letters))} thư",
        lines=(f"Các thư dự kiến gửi ngày {day_in_sentence(day)}:",),
        listed=tuple(letters),
        to_do="Thư nào chưa nên gửi thì tạm dừng nhắc nội dung đó trước giờ gửi.",
    )
