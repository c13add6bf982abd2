"""Letters to the office itself, word by word: the afternoon's note, the leaders' report, settings of their hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from daemon.clock import at
from daemon.domain.entries import (
    Body,
    Called,
    DeliveryOutcome,
    Entry,
    Exempted,
    Muted,
    Objected,
    Paused,
    Rated,
    Reported,
    Returned,
)
from daemon.domain.failures import Undelivered
from daemon.domain.plans import Target
from daemon.domain.words import Channel, DeliveryState, LetterKind, OfficeLetter, Return
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings
from daemon.judgement.flood import Expected
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import Tomorrow
from daemon.rendering.apologies import TakenBack, apology_context
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_notice, render_slots
from daemon.rendering.office import office_context
from daemon.rendering.samples import COLLECTOR, PLAN, sample_key, sample_letter, sample_snapshot
from daemon.rendering.tomorrow import tomorrow_context

TEMPLATES = Templates()
MONDAY = at(date(2022, 10, 31), time(7, 30))
NOTHING_SEEN = Expected(frozenset(), 200)
LAST_WEEK = at(date(2022, 10, 26), time(9))


def report(
    snapshot: Snapshot, *bodies: Body, what: OfficeLetter = OfficeLetter.WEEKLY, now: datetime = MONDAY
) -> Rendered:
    """Render the report of a Monday over a ledger with these bodies about Sở Tư pháp, entered the week before."""
    key = sample_key("bao-cao", "so-tu-phap")
    free = (Paused, DeliveryOutcome)
    entries = [
        Entry(n, LAST_WEEK, "chi-lan", None if isinstance(b, free) or _whole(b) else key, b)
        for n, b in enumerate(bodies, 1)
    ]
    source = Entry(500, now, "dondoc", None, Reported(what, COLLECTOR, now.date(), 412, "7F3A-91C2-0B6E-D418"))
    return render_slots(
        office_context(source, snapshot, entries, NOTHING_SEEN, Undelivered(), letter_id="T-6", now=now), TEMPLATES
    )


def _whole(body: Body) -> bool:
    return isinstance(body, Muted) and body.agency is not None


def with_targets(snapshot: Snapshot, *targets: Target) -> Snapshot:
    """Give the sample plan targets."""
    plan = replace(snapshot.rules.plans[0], targets=targets)
    return replace(snapshot, rules=replace(snapshot.rules, plans=(plan,)))


def told(day: date, now: datetime, **parts: Any) -> Rendered:
    """Render the afternoon's note."""
    what = Tomorrow(day, **parts)
    slots = tomorrow_context(what, sample_snapshot(now), COLLECTOR, letter_id="T-5", now=now)
    return render_notice(slots, TEMPLATES)


def test_the_note_groups_what_is_asked_alike() -> None:
    """One line for all who are asked the same, with the codes commands take; the Zalo line only counts."""
    letters = tuple(sample_letter("don-doc", id_, ("bao-cao", "ho-so")) for id_ in ("so-tu-phap", "cuc-thue"))
    done = told(date(2022, 10, 19), at(date(2022, 10, 18), time(15, 30)), leaving=letters)
    assert done.subject == "08:30 ngày mai sẽ gửi 02 thư cho 02 cơ quan"
    assert "(báo cáo và hồ sơ chấm điểm dân vận 2022), 02 cơ quan: Sở Tư pháp (so-tu-phap); Cục Thuế tỉnh" in done.text
    assert done.zalo is not None
    assert "Sở Tư pháp" not in done.zalo
    assert "Gửi theo lịch: 02 thư." in done.zalo


def test_what_each_letter_waits_for_is_said() -> None:
    """Those that need a mark, an approval, or only their hour, each under a heading of its own."""
    unmarked, unapproved = (sample_letter(step, "so-tu-phap") for step in ("qua-han", "thu-truong"))
    now = at(date(2022, 10, 27), time(15, 30))
    waiting = sample_snapshot(now).history.letters[:1]
    done = told(date(2022, 10, 28), now, unmarked=(unmarked,), unapproved=(unapproved,), held=waiting, waiting=waiting)
    assert done.subject == "08:30 ngày mai sẽ gửi 01 thư; 01 thư chờ xác nhận, 02 chờ duyệt"
    assert "hệ thống sẽ gửi 01 thư cho 01 cơ quan, nếu từ nay" in done.text
    assert "Ngoài ra còn 01 thư chờ xác nhận, 02 chờ duyệt." in done.text
    for heading in (
        "1. Chờ xác nhận đã nhập hết văn bản đến: 01 thư",
        "2. Chờ lãnh đạo duyệt: 02 thư",
        "3. Đã soạn từ trước, đang chờ gửi: 01 thư",
        "Thư chờ xác nhận chỉ gửi khi sổ đã nhập hết",
        "Thư chờ duyệt chỉ gửi khi có người duyệt",
    ):
        assert heading in done.text


def test_letters_kept_back_are_not_said_to_leave() -> None:
    """More than anybody foresaw: they are under a heading of their own, and counted as waiting for a person."""
    now = at(date(2022, 10, 27), time(15, 30))
    kept = sample_snapshot(now).history.letters[:1]
    done = told(date(2022, 10, 28), now, unforeseen=kept)
    assert done.subject == "Ngày mai có 01 thư chờ duyệt"
    assert "Đang giữ lại chờ duyệt, vì nhiều thư hơn bản xem trước đã duyệt: 01 thư" in done.text
    assert "Đã soạn từ trước" not in done.text


def test_letters_that_will_be_kept_back_are_not_said_to_leave() -> None:
    """Nobody foresaw so many: the note says that none goes by itself, and by which command they go after all."""
    letters = tuple(sample_letter("don-doc", id_) for id_ in ("so-tu-phap", "cuc-thue"))
    done = told(date(2022, 10, 19), at(date(2022, 10, 18), time(15, 30)), surprising=letters)
    assert done.subject == "08:30 ngày mai có 02 thư chờ duyệt"
    for words in (
        "có 02 thư chờ duyệt, gửi 02 cơ quan; không có thư nào tự gửi.",
        "1. Sẽ giữ lại chờ duyệt, vì nhiều thư chưa có trong bản xem trước đã duyệt: 02 thư",
        "Thư sẽ giữ lại gửi đúng giờ nếu được duyệt trước 08 giờ 30 ngày 19/10/2022",
        "duyệt bằng lệnh dondoc approve --preview",
    ):
        assert words in done.text
    assert "sẽ gửi" not in done.text
    assert "Gửi theo lịch" not in done.text


def test_the_subject_of_the_note_is_whole_on_the_longest_day() -> None:
    """Another day's name and letters of each kind: it still fits one line."""
    letters = {kind: (sample_letter("don-doc", "so-tu-phap"),) * 12 for kind in ("leaving", "unmarked", "unapproved")}
    done = told(date(2022, 10, 24), at(date(2022, 10, 21), time(15, 30)), **letters)
    assert done.subject == "08:30 thứ Hai, ngày 24/10 sẽ gửi 12 thư; 12 thư chờ xác nhận, 12 chờ duyệt"
    assert len(done.subject) <= 78


def test_the_command_names_a_milestone_that_is_owed() -> None:
    """It can be copied: only the document's number is left to fill in."""
    now = at(date(2022, 10, 18), time(15, 30))
    done = told(date(2022, 10, 19), now, leaving=(sample_letter("don-doc", "so-tu-phap", ("bao-cao",)),))
    assert "dondoc submit so-tu-phap bao-cao --document SỐ_VĂN_BẢN" in done.text


def test_a_note_whose_letters_went_says_so() -> None:
    """What was entered between its hour and its leaving may have left nothing to send."""
    done = told(date(2022, 10, 31), at(date(2022, 10, 28), time(15, 30)))
    assert done.subject == "Thứ Hai, ngày 31/10 không còn thư nào phải gửi"
    assert "dondoc" not in done.text


def test_the_report_names_those_who_are_late_apart() -> None:
    """The province's own apart from central and armed bodies; excuses are said with each."""
    snapshot = sample_snapshot(MONDAY)
    key = sample_key("bao-cao", "so-tu-phap")
    standing = replace(
        snapshot.standings[key],
        calls=1,
        promised_on=date(2022, 11, 2),
        muted_until=date(2022, 11, 1),
        extended_to=date(2022, 10, 24),
    )
    snapshot = replace(snapshot, standings={**snapshot.standings, key: standing})
    done = report(snapshot, Objected("đã gửi ngày 20/10"))
    assert (
        "- Sở Tư pháp: báo cáo dân vận 2022 (nhắc 03 lần, gọi điện 01 lần, hẹn gửi 02/11, có ý kiến phản hồi, "
        "được gia hạn đến 24/10, tạm dừng nhắc đến hết 01/11); hồ sơ chấm điểm dân vận và tham mưu QĐ xếp loại 2022"
    ) in done.text
    assert "Đã qua thời hạn (cơ quan Trung ương, lực lượng vũ trang):" in done.text
    assert "- Báo cáo dân vận 2022: 03/06 đã gửi (50%)" in done.text


def test_the_subject_of_the_report_gives_one_figure() -> None:
    """That of the nearest milestone, with the instant it holds for; two of them made a line nobody reads to its end."""
    subject = report(sample_snapshot(MONDAY)).subject
    assert subject.endswith(": 03/06 đã gửi báo cáo dân vận 2022")
    assert subject.count("/06") == 1


def test_the_week_behind_is_the_ledgers() -> None:
    """Letters, calls, changes and silences of the week, each with its reason; other weeks are left out."""
    item = f"{sample_key('bao-cao', 'so-tu-phap')}#1:qua-han:1:officers"

    def ended(letter: str, state: DeliveryState) -> DeliveryOutcome:
        return DeliveryOutcome(letter, LetterKind.REMINDER, "so-tu-phap", "p", Channel.EMAIL, state, items=(item,))

    until = date(2022, 11, 5)
    done = report(
        sample_snapshot(MONDAY),
        ended("a", DeliveryState.SENT),
        ended("b", DeliveryState.REFUSED),
        replace(ended("c", DeliveryState.SENT), letter_kind=LetterKind.RECEIPT),
        Called("văn phòng"),
        Exempted("Thông báo số 1", "PCT"),
        Returned(Return.INVALID, "thiếu chữ ký."),
        Muted(until, "đang sáp nhập"),
        Muted(until, "lũ", "ubnd-go-dau"),
        Paused(until, "quốc tang"),
        Paused(until, "bão", plan=PLAN),
        Paused(until, "bão", group="khoi"),
        Paused(until, "khác", plan="khac"),
    )
    week = done.text.partition("3. Tuần qua (24/10 - 30/10)")[2].partition("4. Tuần này")[0].strip().splitlines()
    assert week == [
        "- Đã gửi 01 thư nhắc; 01 thư không đến được (Sở Tư pháp).",
        "- Gọi điện 01 cuộc: Sở Tư pháp.",
        "- Không thuộc diện: Sở Tư pháp, báo cáo dân vận 2022 (theo Thông báo số 1).",
        "- Trả lại: Sở Tư pháp, báo cáo dân vận 2022 (thiếu chữ ký).",
        "- Tạm dừng nhắc: Sở Tư pháp, báo cáo dân vận 2022, đến hết 05/11 (lý do: đang sáp nhập).",
        "- Tạm dừng nhắc: UBND huyện Gò Dầu, đến hết 05/11 (lý do: lũ).",
        "- Tạm dừng nhắc toàn bộ đến hết 05/11 (lý do: quốc tang).",
        "- Tạm dừng nhắc 1026/KH-UBND đến hết 05/11 (lý do: bão).",
        "- Tạm dừng nhắc khối Sở, ban, ngành đến hết 05/11 (lý do: bão).",
    ]


RATED = Target("tot", "III.6", "cơ quan xếp loại Tốt ở ho-so", "trên 50%", False, "ho-so", "Tốt", (50, True))


@pytest.mark.parametrize(
    ("target", "bodies", "line"),
    [
        (
            Target("a", "III.2", "cơ quan đã gửi bao-cao", "100%", False, "bao-cao", None, (100, False)),
            (),
            "100% cơ quan đã gửi báo cáo dân vận 2022 (III.2): 03/06 (50%), chưa đạt",
        ),
        (
            Target("a", "III.2", "cơ quan đã gửi bao-cao", "từ 50%", False, "bao-cao", None, (50, False)),
            (),
            "Từ 50% cơ quan đã gửi báo cáo dân vận 2022 (III.2): 03/06 (50%), đạt",
        ),
        (RATED, (), "Trên 50% cơ quan xếp loại Tốt ở hồ sơ chấm điểm dân vận 2022 (III.6): chưa có số liệu"),
        (
            Target("m", "III.3", "xã", "100%", True),
            (),
            "Chỉ tiêu khác của Kế hoạch số 1026/KH-UBND (III.3): chưa có số liệu",
        ),
    ],
)
def test_targets(target: Target, bodies: Sequence[Body], line: str) -> None:
    """What the record counts is judged; what only a person can say has no figure."""
    assert f"- {line}" in report(with_targets(sample_snapshot(MONDAY), target), *bodies).text


def test_a_rating_counts_for_its_milestone() -> None:
    """Six owe it and one is rated: not yet decided."""
    rated = replace(RATED, milestone="bao-cao", counts="cơ quan xếp loại Tốt ở bao-cao")
    done = report(with_targets(sample_snapshot(MONDAY), rated), Rated("Khá"), Rated("Tốt"))
    assert "báo cáo dân vận 2022 (III.6): 01/06 (16,7%), đang thực hiện." in done.text


def test_a_record_nobody_confirmed_lately_is_said_and_asked_for() -> None:
    """The figures carry their own hour then, and the leader is asked to have it confirmed."""
    snapshot = replace(sample_snapshot(MONDAY), marks={COLLECTOR: at(date(2022, 10, 20), time(17))})
    done = report(snapshot)
    assert "đến 07:30 ngày 31/10" in done.subject
    assert "Chưa có xác nhận đã nhập đủ văn bản đến kể từ 17 giờ 00 ngày 20/10/2022." in done.text
    assert "Chỉ đạo xác nhận đã nhập hết văn bản đến (lần gần nhất: đến 17 giờ 00 ngày 20/10/2022)" in done.text
    assert "Mã đối chiếu sổ: 7F3A-91C2-0B6E-D418, mục 412." in done.text
    assert done.zalo is None


def test_a_month_without_deadlines_is_one_line() -> None:
    """It says what comes next."""
    done = report(sample_snapshot(MONDAY), what=OfficeLetter.MONTHLY, now=at(date(2022, 9, 5), time(7, 30)))
    assert done.subject == "Tiến độ KH 1026/KH-UBND, tháng 9/2022: không có nội dung đến hạn hoặc quá hạn"
    assert "Thời hạn gần nhất: báo cáo dân vận 2022, ngày 24/10/2022." in done.text


def test_a_letter_on_another_entry_is_no_letter_to_the_office() -> None:
    """The caller is told."""
    entry = Entry(1, MONDAY, "chi-lan", None, Called())
    with pytest.raises(ValueError, match="called"):
        office_context(entry, sample_snapshot(MONDAY), [], NOTHING_SEEN, Undelivered(), letter_id="T", now=MONDAY)


def test_an_apology_for_what_was_on_its_way() -> None:
    """A document that had been sent and had not come is not said to have come."""
    snapshot = sample_snapshot(MONDAY)
    taken = [TakenBack(snapshot.standings[sample_key("bao-cao", "so-tu-phap")], "812/BC-STP", arrived=False)]
    slots = apology_context(taken, snapshot, letter_id="T", letter_day=date(2022, 10, 26), others=True)
    done = render_notice(slots, TEMPLATES)
    assert "văn bản số 812/BC-STP của Sở Tư pháp đã gửi nhưng chưa kịp cập nhật" in done.text
    assert "xin rút lại việc nhắc nội dung này" in done.text
    assert "Nội dung khác nêu trong thư đó không thay đổi." in done.text


SHORTEST = """co-so-du-lieu: a.db
tep: {ke-hoach: a, co-quan: a, cach-nhac: a, lich: a}
nguoi-gui: {dia-chi: a@so.example, ten: Sở Nội vụ}
cach-gui-thu: console
"""


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("", (time(15, 30), time(7, 30))),
        ("bao-thu-ngay-mai: 14h45\nbao-cao-tuan: 07:00\n", (time(14, 45), time(7))),
        ("bao-thu-ngay-mai: không\nbao-cao-tuan: không\n", (None, None)),
        ("tomorrow_note: no\n", (None, time(7, 30))),
    ],
)
def test_the_hours_are_settings(tmp_path: Path, said: str, hours: tuple[time | None, time | None]) -> None:
    """Left out they have their default; "không" switches a letter off."""
    path = tmp_path / "dondoc.yaml"
    path.write_text(SHORTEST + said, encoding="utf-8")
    settings = load_settings(path)
    assert (settings.tomorrow_note, settings.weekly_report) == hours


def test_an_hour_that_is_none_is_refused(tmp_path: Path) -> None:
    """With the way out."""
    path = tmp_path / "dondoc.yaml"
    path.write_text(SHORTEST + "bao-cao-tuan: sáng\n", encoding="utf-8")
    with pytest.raises(
        FilesRefused, match="bao-cao-tuan: “sáng” không phải giờ; viết như 08:30 hoặc 8h30, hoặc “không”"
    ):
        load_settings(path)
