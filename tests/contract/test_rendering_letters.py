"""Each step's letter says, word for word, what the office would have written."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from daemon.clock import at
from daemon.domain.entries import Approved
from daemon.domain.letters import Letter
from daemon.domain.words import Voice
from daemon.errors import TemplateRefused
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_letter, render_slots
from daemon.rendering.samples import AGENCIES, DAY_OF, sample_letter, sample_slots, sample_snapshot
from daemon.rendering.voices import MANNERS

LINK = "https://dondoc.example/co-quan/so-tu-phap"
SIGNER = Approved(name="Trần Văn B", title="Giám đốc")
LETTERS = Path(__file__).parent / "letters"
TEMPLATES = Templates()


def rendered(letter: Letter, snapshot: Snapshot | None = None, link: str | None = None) -> Rendered:
    """Render a letter at the hour it leaves, from the sample record unless another is given."""
    return render_letter(
        letter,
        snapshot or sample_snapshot(letter.send_at),
        TEMPLATES,
        letter_id="T-1",
        now=letter.send_at,
        public_url=link,
        approver=SIGNER,
    )


def unapproved(step: str, agency: str, milestones: tuple[str, ...] = ("bao-cao",), link: str | None = None) -> Rendered:
    """Render an officers' letter, which nobody approves."""
    letter = sample_letter(step, agency, milestones)
    now = letter.send_at
    return render_letter(letter, sample_snapshot(now), TEMPLATES, letter_id="T-1", now=now, public_url=link)


def alone(snapshot: Snapshot, *milestones: str) -> Snapshot:
    """Keep only some milestones in the record, so that no quiet block is printed."""
    return replace(snapshot, standings={k: v for k, v in snapshot.standings.items() if k.milestone in milestones})


# By the name of its file: step, agency, milestones, link.
GOLDEN: dict[str, tuple[str, str, tuple[str, ...], str | None]] = {
    "thong-bao": ("thong-bao", "so-tu-phap", ("bao-cao", "ho-so", "xep-loai"), LINK),
    "nhac": ("nhac", "so-tu-phap", ("bao-cao",), LINK),
    "nhac-huyen": ("nhac", "ubnd-go-dau", ("bao-cao",), None),
    "don-doc": ("don-doc", "so-tu-phap", ("bao-cao",), None),
    "don-doc-trung-uong": ("don-doc", "cuc-thue", ("bao-cao",), None),
    "han-cuoi": ("han-cuoi", "so-tu-phap", ("bao-cao",), LINK),
    "qua-han": ("qua-han", "so-tu-phap", ("bao-cao",), None),
    "qua-han-vu-trang": ("qua-han", "bch-quan-su", ("bao-cao",), LINK),
    "thu-truong": ("thu-truong", "so-tu-phap", ("bao-cao",), None),
    "thu-truong-vu-trang": ("thu-truong", "bch-quan-su", ("bao-cao",), None),
    "thu-truong-nhieu": ("thu-truong", "so-tu-phap", ("bao-cao", "ho-so"), None),
    "trinh": ("trinh", "so-tu-phap", ("bao-cao",), None),
    "noi-bo": ("nhac", "so-noi-vu", ("xep-loai",), None),
    "noi-bo-qua-han": ("qua-han", "so-noi-vu", ("xep-loai",), None),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_each_letter_is_as_it_was_written_by_hand(name: str) -> None:
    """The subject, the text and the Zalo line of each step are those of the office's own hand, to the letter."""
    step, agency, milestones, link = GOLDEN[name]
    letter = sample_letter(step, agency, milestones)
    kept = {*milestones, "ho-so"} if "xep-loai" in milestones else set(milestones)
    done = render_letter(
        letter,
        alone(sample_snapshot(letter.send_at), *kept),
        TEMPLATES,
        letter_id="T-1",
        now=letter.send_at,
        public_url=link,
        approver=SIGNER if step == "thu-truong" else None,
    )
    zalo = f"\nZalo: {done.zalo}\n" if done.zalo else ""
    written = (LETTERS / f"{name}.txt").read_text(encoding="utf-8")
    assert f"Chủ đề: {done.subject}\n\n{done.text}{zalo}" == written


def test_the_collector_s_own_delay_goes_to_the_issuer_s_office() -> None:
    """Late itself, the collector reports to the office of the province, naming nobody else."""
    done = unapproved("trinh", "so-noi-vu", ("xep-loai",))
    assert done.text.startswith("Kính gửi: Văn phòng UBND tỉnh\n\n")
    assert "Sở Tư pháp" not in done.text
    assert "nội dung này chưa được ghi nhận hoàn thành" in done.text


@pytest.mark.parametrize("step", ["nhac", "qua-han"])
def test_several_contents_of_the_collector_s_own_are_told_it_inwardly_by_zalo(step: str) -> None:
    """Its own office is not sent to ask for itself, nor told to send."""
    done = unapproved(step, "so-noi-vu", ("bao-cao", "ho-so"))
    assert done.zalo is not None
    assert "Phòng Xây dựng chính quyền còn 02 nội dung cần hoàn thành: " in done.zalo
    assert "Nếu đã hoàn thành, đề nghị báo lại số, ký hiệu." in done.zalo
    assert "Nguyễn Thị A" not in done.zalo


def test_its_own_head_reads_what_is_late_and_since_when() -> None:
    """Each line to the collector's head says its deadline as one, for no sentence stands before it."""
    letter = sample_letter("thu-truong", "so-noi-vu", ("bao-cao", "ho-so"))
    assert "năm 2022 (Mục IV.1), thời hạn trước ngày 25/10/2022; đã nhắc 03 lần" in rendered(letter).text


@pytest.mark.parametrize(
    ("voice", "request_", "do", "do_now", "so_that"),
    [
        (
            Voice.DEPARTMENT,
            "đề nghị",
            "quan tâm, gửi đúng thời hạn",
            "khẩn trương hoàn thiện, gửi",
            "tổng hợp, báo cáo",
        ),
        (
            Voice.DISTRICT,
            "đề nghị",
            "quan tâm, chỉ đạo gửi đúng thời hạn",
            "khẩn trương chỉ đạo hoàn thiện, gửi",
            "tổng hợp, báo cáo",
        ),
        (
            Voice.CENTRAL,
            "trân trọng đề nghị",
            "quan tâm phối hợp, gửi đúng thời gian nêu trên",
            "quan tâm phối hợp, gửi",
            "để kết quả chung của tỉnh được tổng hợp đầy đủ",
        ),
        (
            Voice.ARMED,
            "trân trọng đề nghị",
            "quan tâm phối hợp, chỉ đạo bộ phận chuyên môn gửi đúng thời gian nêu trên",
            "quan tâm phối hợp, chỉ đạo gửi",
            "để kết quả chung của tỉnh được tổng hợp đầy đủ",
        ),
        (Voice.INTERNAL, "lưu ý", "hoàn thành đúng thời hạn", "khẩn trương hoàn thành", "để bảo đảm tiến độ tham mưu"),
    ],
)
def test_the_table_of_voices(voice: Voice, request_: str, do: str, do_now: str, so_that: str) -> None:
    """Each column of the table of voices stands as the office wrote it."""
    manner = MANNERS[voice]
    assert (manner.request, manner.do, manner.do_now) == (request_, do, do_now)
    assert so_that in manner.so_that


def test_central_bodies_are_asked_not_pressed() -> None:
    """A central body reads "Quý cơ quan", is asked with respect, and its head is not told a count."""
    don_doc = unapproved("don-doc", "cuc-thue", link=LINK).text
    assert "Sở Nội vụ trân trọng đề nghị Quý cơ quan quan tâm phối hợp, gửi đúng thời hạn." in don_doc
    head = rendered(sample_letter("thu-truong", "cuc-thue")).text
    assert "Sở Nội vụ đã thông tin đến đầu mối của Cục Thuế tỉnh; đến 17 giờ 00" in head
    assert " lần" not in head


@pytest.mark.parametrize("step", ["thong-bao", "nhac", "don-doc", "han-cuoi", "qua-han", "thu-truong"])
def test_the_armed_forces_get_no_link_no_zalo_and_no_question_for_a_number(step: str) -> None:
    """To the armed forces there is no link even when there is a page, and nothing secret is asked for."""
    done = rendered(sample_letter(step, "bch-quan-su"), link=LINK)
    assert "https://" not in done.text + (done.html or "")
    assert done.zalo is None
    assert "cho biết số, ký hiệu" not in done.text
    if step != "thong-bao":
        assert "không ghi nội dung, số văn bản mật qua thư điện tử, Zalo" in done.text


def test_a_head_s_letter_needs_a_name() -> None:
    """Without an approver's name and title a letter to a head cannot be made, not even in plain form."""
    letter = sample_letter("thu-truong", "so-tu-phap")
    snapshot = sample_snapshot(letter.send_at)
    for approver in (None, Approved(), Approved(name="Trần Văn B")):
        with pytest.raises(TemplateRefused, match="nguoi_duyet"):
            render_letter(letter, snapshot, TEMPLATES, letter_id="T-1", now=letter.send_at, approver=approver)


def test_a_last_day_off_work_is_said() -> None:
    """Where the last day is a Sunday the letter leaves on the working day before and says why."""
    sunday = date(2022, 10, 23)
    letter = sample_letter("han-cuoi", "so-tu-phap")
    item = replace(
        letter.items[0], deadline=replace(letter.items[0].deadline, due_at=at(date(2022, 10, 24)), last_day=sunday)
    )
    friday = replace(letter, items=(item,), day=date(2022, 10, 21), send_at=at(date(2022, 10, 21), time(8, 30)))
    done = rendered(friday)
    assert (
        "Ngày cuối cùng được tính đúng hạn là Chủ nhật, ngày 23/10/2022, trùng ngày nghỉ; đề nghị Sở Tư pháp gửi trong "
        "ngày làm việc hôm nay để thuận tiện tiếp nhận."
    ) in done.text
    assert done.subject.startswith("Hạn cuối 23/10: báo cáo dân vận 2022")
    assert "Hôm nay," not in done.text


def test_an_early_hour_moves_the_letter_without_calling_the_day_off() -> None:
    """A deadline at 08:00 on a working day is told the day before, and nothing is said of a day off."""
    letter = sample_letter("han-cuoi", "so-tu-phap")
    day = date(2022, 10, 21)
    done = rendered(replace(letter, day=day, send_at=at(day, time(8, 30))))
    assert "là thứ Hai, ngày 24/10/2022. Đến" in done.text
    assert "trùng ngày nghỉ" not in done.text
    assert "gửi đúng thời hạn" in done.text


def test_a_first_letter_past_the_deadline_speaks_without_a_count() -> None:
    """After the deadline the first letter takes the overdue text, without a count and without a calendar."""
    letter = sample_letter("qua-han", "so-tu-phap")
    first = replace(letter, items=tuple(replace(item, first=True) for item in letter.items))
    done = rendered(first)
    assert "đã qua. Đến" in done.text
    assert "đã nhắc" not in done.text
    assert done.ics is None


def test_letters_that_cross_say_so() -> None:
    """A level-3 letter sent without a mark owns that the record may lag, and carries the letter's own hour."""
    letter = sample_letter("qua-han", "so-tu-phap")
    crossed = replace(letter, items=tuple(replace(item, crossed=True) for item in letter.items))
    done = rendered(crossed, replace(sample_snapshot(letter.send_at), marks={}))
    assert "Việc cập nhật văn bản đến có thể chưa đầy đủ; nếu văn bản đã gửi và đang luân chuyển" in done.text
    assert "Đến 08 giờ 30 ngày 26/10/2022" in done.text


def test_an_inclusive_phrase_is_not_followed_by_the_same_day_again() -> None:
    """A phrase with "chậm nhất" names its last day: only the weekday is added."""
    letter = sample_letter("nhac", "so-tu-phap")
    snapshot = sample_snapshot(letter.send_at)
    plan = snapshot.rules.plans[0]
    milestones = tuple(replace(m, due="chậm nhất ngày 24/10/2022") for m in plan.milestones)
    rules = replace(snapshot.rules, plans=(replace(plan, milestones=milestones),))
    done = rendered(letter, replace(snapshot, rules=rules))
    assert "chậm nhất ngày 24/10/2022 (thứ Hai; còn 15 ngày làm việc)" in done.text


ALL = sample_slots()


@pytest.mark.parametrize("index", range(len(ALL)))
def test_every_letter_is_clean(index: int) -> None:
    """No letter of any step and voice has an empty slot, a doubled space, a lost full stop or a decomposed letter."""
    done = render_slots(ALL[index], TEMPLATES)
    for form in (done.subject, done.text, done.zalo or "", html.unescape(re.sub(r"<[^>]+>", "", done.html or ""))):
        assert unicodedata.is_normalized("NFC", form)
        assert not re.search(r"[{}]|None|True|False|Undefined", form), form
        assert not re.search(
            r"(?<!\n)  (?!\.)|[^\S\n]+[,;:.!?)](?!/)|\( |,,|\.\.|;\.|: ?\.|\(\)", form.replace("\n ", "\n")
        ), form
    lines = [line for line in done.text.splitlines() if line and line != "--"]
    assert all(line[-1] in ".;:" or not line[0].isupper() or len(line) < 150 for line in lines)
    assert "Sở Nội vụ đề nghị Sở Nội vụ" not in done.text
    assert "[KHẨN" not in done.subject


@pytest.mark.parametrize("index", range(len(ALL)))
def test_no_agency_reads_another_s_name(index: int) -> None:
    """Only the collector's own letters name other agencies; the collector and the issuer are named as such."""
    slots = ALL[index]
    if slots["mau"] == "trinh" or slots.get("noi_bo") or slots["mau"] == "ghi-chu" or "co_quan" not in slots:
        return  # to leaders, to the collector about its own duties, to the office itself
    done = render_slots(slots, TEMPLATES)
    others = {a.name for a in AGENCIES} - {"Sở Nội vụ", slots["co_quan"], slots["kinh_gui"]}
    assert not [name for name in others if name in done.text]


@pytest.mark.parametrize("agency", [agency.id for agency in AGENCIES])
@pytest.mark.parametrize("step", [step for step in DAY_OF if step not in {"thu-truong", "trinh"}])
def test_a_phone_shows_the_day_and_the_matter(step: str, agency: str) -> None:
    """The first forty characters of an officers' subject hold the day and the short name."""
    subject = unapproved(step, agency).subject
    assert "24/10" in subject[:40]
    assert "báo cáo dân vận 2022" in subject[:40]


def test_the_same_letter_gives_the_same_words() -> None:
    """Rendering twice, or an hour later with a mark on record, changes no word; a letter never counts itself."""
    letter = sample_letter("qua-han", "so-tu-phap")
    later: datetime = letter.send_at + timedelta(hours=1)
    assert rendered(letter) == rendered(letter)
    again = render_letter(letter, sample_snapshot(letter.send_at), TEMPLATES, letter_id="T-1", now=later)
    assert (
        again.text
        == render_letter(letter, sample_snapshot(letter.send_at), TEMPLATES, letter_id="T-1", now=letter.send_at).text
    )
