"""Warnings word by word: what happened, what followed, what to do."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from daemon.clock import at
from daemon.domain.letters import ItemKey
from daemon.domain.warnings import DroppedLetter, PassedStep, Warned
from daemon.domain.words import Matter, Reason, Tier
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_notice
from daemon.rendering.samples import COLLECTOR, sample_key, sample_snapshot
from daemon.rendering.warnings import warning_context

NOW = at(date(2022, 10, 27), time(8, 30))
STOPPED = at(date(2022, 10, 21), time(13, 30))


def rendered(body: Warned) -> Rendered:
    """Render the note on a warning."""
    return render_notice(warning_context(body, sample_snapshot(NOW), letter_id="T-9"), Templates())


def item(agency: str, milestone: str = "bao-cao") -> str:
    """Return the step of the last day of an obligation, as the ledger names it."""
    return str(ItemKey(sample_key(milestone, agency), 1, "han-cuoi", 1, Tier.OFFICERS))


def test_a_standstill_names_what_it_passed_over() -> None:
    """One line for all agencies alike, in protocol order; letters that were withdrawn apart."""
    steps = [PassedStep(item(agency), Reason.LATER_STEP) for agency in ("cuc-thue", "so-tu-phap")]
    steps.append(PassedStep(item("khong-con", "khong-con"), Reason.SAME_DAY))
    letters = [
        DroppedLetter("a", "so-tu-phap", date(2022, 10, 21), (item("so-tu-phap"),), replaced=True),
        DroppedLetter("b", "cuc-thue", date(2022, 10, 21), (item("cuc-thue"),)),
    ]
    done = rendered(Warned(COLLECTOR, Matter.STANDSTILL, STOPPED, NOW, steps=(*steps,), letters=(*letters,)))
    assert done.subject == "Dịch vụ đã ngừng từ 21/10 đến 27/10: 03 lần nhắc bị bỏ qua"
    for words in (
        "không làm việc từ sau 13 giờ 30 ngày 21/10/2022",
        "đến 08 giờ 30 ngày 27/10/2022, 03 ngày làm việc không soạn, không gửi thư nào.",
        "- Bỏ qua hạn cuối (báo cáo dân vận 2022), vì đã đến lần nhắc sau: 02 cơ quan, gồm Sở Tư pháp; Cục Thuế",
        "- Bỏ qua hạn cuối (khong-con), vì không còn cần: khong-con.",
        "- Rút lại thư soạn từ trước, đã thay bằng thư mới: Sở Tư pháp.",
        "- Rút lại thư soạn từ trước, vì không còn phải nhắc: Cục Thuế",
        "Đề nghị hỏi quản trị vì sao dịch vụ ngừng, xem các cơ quan nêu trên có cần gọi điện không.",
    ):
        assert words in done.text


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (at(date(2022, 10, 25), time(0, 30)), at(date(2022, 10, 26), time(8, 30)), "01"),
        (at(date(2022, 10, 24), time(16, 45)), at(date(2022, 10, 25), time(17, 30)), "01"),
        (at(date(2022, 10, 21), time(8, 30)), at(date(2022, 10, 25), time(16, 30)), "02"),
    ],
)
def test_a_day_that_went_by_whole_is_counted(since: datetime, until: datetime, days: str) -> None:
    """Stopped at night, or at work again when no letter leaves any more: the day between is one without letters."""
    done = rendered(Warned(COLLECTOR, Matter.STANDSTILL, since, until))
    assert f", {days} ngày làm việc không soạn, không gửi thư nào." in done.text


def test_a_standstill_that_passed_nothing_over() -> None:
    """It says so; who was written to late is named, beyond a dozen counted."""
    late = ("so-tu-phap", *(f"co-quan-{n:02d}" for n in range(12)))
    done = rendered(Warned(COLLECTOR, Matter.STANDSTILL, STOPPED, NOW, late=late))
    assert done.subject.endswith("không lần nhắc nào bị bỏ qua")
    assert "Không lần nhắc nào bị bỏ qua, không thư nào phải rút lại." in done.text
    assert "gửi bù cho 13 cơ quan" in done.text
    assert "co-quan-10 và 01 cơ quan khác." in done.text


@pytest.mark.parametrize(
    ("detail", "seconds", "said"),
    [
        ("held", 864_000.0, "đồng hồ máy chủ bị chỉnh tới 240 giờ"),
        ("held", -172_800.0, "đồng hồ máy chủ bị chỉnh lùi 48 giờ"),
        ("ledger_ahead", -1_200.0, "đồng hồ máy chủ chậm hơn mục cuối của sổ 20 phút"),
        ("before_release", 0.0, "đồng hồ máy chủ chỉ một năm đã qua"),
    ],
)
def test_a_clock_that_is_not_believed(detail: str, seconds: float, said: str) -> None:
    """What is wrong with it, and what to do; where only setting it right helps, nothing else is offered."""
    done = rendered(Warned(COLLECTOR, Matter.CLOCK, NOW, detail=detail, seconds=seconds))
    assert done.subject == f"Tạm dừng gửi thư: {said}"
    assert ("approve --clock" in done.text) is (detail != "before_release")


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ("login refused: NO", "máy chủ không chấp nhận tài khoản, mật khẩu"),
        ("TLS: certificate has expired", "chứng thư số của máy chủ không hợp lệ hoặc đã hết hạn"),
        ("TimeoutError: timed out", "không kết nối được với máy chủ"),
    ],
)
def test_a_mailbox_that_cannot_be_read(detail: str, why: str) -> None:
    """Why, in words an operator can pass on, and that nothing is lost."""
    done = rendered(Warned(COLLECTOR, Matter.MAILBOX, NOW, detail=detail))
    assert done.subject == f"Không đọc được hộp thư đến từ 08:30 ngày 27/10: {why}"
    assert "không bỏ sót" in done.text
