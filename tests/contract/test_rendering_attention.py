"""The daily note word by word: a subject that is read whole, the list that names what it counts, and what to do."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import at
from daemon.domain.failures import Road, Unreached
from daemon.domain.words import Channel, DeliveryState
from daemon.judgement.attention import Attention
from daemon.rendering.attention import attention_context, attention_note
from daemon.rendering.engine import Templates
from daemon.rendering.message import render_notice
from daemon.rendering.samples import COLLECTOR, sample_key, sample_snapshot
from daemon.rendering.subjects import READ_WHOLE, counted

NOW = at(date(2022, 10, 25), time(8, 30))
SNAPSHOT = sample_snapshot(NOW)
DUTY = sample_key("bao-cao", "so-tu-phap")


def waiting(*counts: int) -> Attention:
    """So much of each kind, the weightiest first."""
    held, unmarked, crossed, lapsing, faults = counts
    return Attention(
        ("so-tu-phap",) * held, (DUTY,) * unmarked, (DUTY,) * crossed, (DUTY,) * lapsing, ("nhac.j2:3: lỗi",) * faults
    )


@pytest.mark.parametrize(
    ("counts", "subject"),
    [
        ((2, 0, 0, 0, 0), "Cần xử lý 25/10: 02 thư chờ duyệt"),
        ((0, 3, 0, 1, 0), "Cần xử lý 25/10: 03 thư chờ xác nhận, 01 báo gửi cần đối chiếu"),
        ((2, 0, 0, 1, 1), "Cần xử lý 25/10: 02 thư chờ duyệt, 01 báo gửi cần đối chiếu, 01 mẫu thư bị lỗi"),
        ((2, 3, 2, 1, 1), "Cần xử lý 25/10: 02 thư chờ duyệt, 03 thư chờ xác nhận và 04 việc khác"),
        ((0, 0, 0, 0, 0), "Ngày 25/10 không còn việc nào chờ xử lý"),
    ],
)
def test_the_subject_names_the_weightiest_and_counts_the_rest(counts: tuple[int, ...], subject: str) -> None:
    """It arrives as it was written, never cut; everything it only counts is named in the list."""
    told = waiting(*counts)
    letter = attention_context(told, SNAPSHOT, COLLECTOR, letter_id="T-4", now=NOW)
    done = render_notice(letter, Templates())
    assert done.subject == subject
    assert len(attention_note(told, SNAPSHOT, NOW).listed) == sum(n > 0 for n in counts)


@given(counts=st.tuples(*[st.integers(0, 999)] * 5))
def test_a_subject_is_whole_whatever_waits(counts: tuple[int, ...]) -> None:
    """One line of a header holds it, with no ellipsis."""
    subject = attention_note(waiting(*counts), SNAPSHOT, NOW).subject
    assert len(subject) <= READ_WHOLE
    assert "…" not in subject


def test_one_kind_is_named_where_there_is_room_for_none() -> None:
    """A count of nothing but other things would say nothing."""
    assert counted([(2, "thư chờ duyệt"), (3, "thư chờ xác nhận")], 10) == "02 thư chờ duyệt và 03 việc khác"


def test_who_was_not_reached_is_named_with_why_and_what_to_do() -> None:
    """The agency, the role, the road and its end; the addresses to mend; ten by name and the rest as a count."""
    known = ("so-tu-phap-dau-moi", "khong-con-ai", "so-tu-phap-van-thu")
    road = Road(known[0], Channel.EMAIL, DeliveryState.REFUSED, 1, 1, NOW, "550 5.1.1", "RCPT: 550 5.1.1 no")
    one = Unreached("T-1", "so-tu-phap", known[0], frozenset(), road, NOW)
    note = attention_note(Attention(unreached=(one,) * 12, addresses=known), SNAPSHOT, NOW)
    assert note.subject == "Cần xử lý 25/10: 12 người chưa nhận được thư, 03 địa chỉ phải sửa"
    people, addresses = note.listed
    said = "Sở Tư pháp, đầu mối qua thư điện tử: địa chỉ không dùng được (mã 550 5.1.1)"
    assert people.startswith(f"12 người không nhận được thư, dù nơi khác của cơ quan đã nhận: {said}; ")
    assert people.endswith(f"{said}; và 02 trường hợp khác.")
    assert people.count(said) == 10
    assert addresses == (
        "03 địa chỉ phải sửa trong danh bạ, vì thư gửi đến bị từ chối hoặc trả lại: "
        "Sở Tư pháp, đầu mối; khong-con-ai; Sở Tư pháp, văn thư."
    )
    assert "gọi điện báo nội dung thư" in note.to_do
    assert "dondoc repair" in note.to_do
    assert "systemctl reload dondoc" in note.to_do
