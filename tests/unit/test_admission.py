"""What may be recorded, and the words in which the rest is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from daemon.clock import at
from daemon.domain.entries import (
    Accepted,
    Approved,
    Body,
    Called,
    Declared,
    DeliveryOutcome,
    Exempted,
    Extended,
    HandedOver,
    Mark,
    Muted,
    Nothing,
    Objected,
    Paused,
    Promised,
    Rated,
    Received,
    Returned,
    Voided,
)
from daemon.domain.failures import Retried
from daemon.domain.obligations import ActTime, Deadline
from daemon.domain.plans import OnDate
from daemon.domain.words import Channel, Consent, DeliveryState, LetterKind, Return
from daemon.errors import EntryRefused
from daemon.judgement.admission import admit, resolve

NOW = at(date(2022, 10, 21), time(10))
SENT = ActTime(date(2022, 10, 20))


def refusal(world: Any, body: Body, *, subject: bool = True, now: datetime = NOW) -> str:
    """The words in which `body` is refused for Sở Tư pháp's report; "" if it is admitted."""
    key = world.key("bao-cao", "so-tu-phap")
    standing = world.snapshot(now).standings[key] if subject else None
    try:
        admit(body, standing, world.entries, world.rules, now)
    except EntryRefused as error:
        return str(error)
    return ""


ADMITTED: list[Body] = [
    Received("12/BC-STP", date(2022, 10, 19), SENT, ActTime.of(at(date(2022, 10, 20), time(16)))),
    Received("12/BC-STP"),
    Nothing("13/BC-STP"),
    Declared("12/BC-STP", date(2022, 10, 19), SENT),
    Extended("trước ngày 15/11/2022", at(date(2022, 11, 15)), date(2022, 11, 14), "CV 99/UBND", "PCT"),
    Exempted("CV 99/UBND", "PCT"),
    Promised(date(2022, 10, 21)),
    Muted(date(2022, 10, 25), "lũ"),
    Muted(date(2022, 10, 25), "lũ", agency="so-tu-phap"),
    Paused(date(2022, 10, 25), "quốc tang"),
    Paused(date(2022, 10, 25), "lũ", plan="1026-kh-ubnd-2022", group="so-ban-nganh"),
    Mark("so-noi-vu", NOW),
    Rated("Tốt"),
    Objected("đã gửi từ hôm qua"),
    Called("đồng chí B"),
    Approved(),
    HandedOver("so-tu-phap", "so-tu-phap-dau-moi", "so-tu-phap-phu-trach"),
]


@pytest.mark.parametrize("body", ADMITTED, ids=lambda b: type(b).__name__)
def test_an_entry_in_order_is_admitted(world: Any, body: Body) -> None:
    """Nothing is said against an entry that is in order."""
    assert refusal(world, body) == ""


REFUSED: list[tuple[Body, str]] = [
    (Received(" "), "Cần ghi số, ký hiệu văn bản."),
    (
        Received("1", date(2022, 10, 20), ActTime(date(2022, 10, 19))),
        "Ngày trên văn bản (20/10/2022) không thể sau ngày gửi (19/10/2022).",
    ),
    (
        Received("1", None, ActTime.of(at(date(2022, 10, 20), time(9))), ActTime.of(at(date(2022, 10, 20), time(8)))),
        "Ngày gửi (20/10/2022 09:00) không thể sau ngày đến (20/10/2022 08:00).",
    ),
    (
        Received("1", received=ActTime(date(2022, 10, 22))),
        "Ngày đến 22/10/2022 ở tương lai: bây giờ là 10:00 ngày 21/10/2022.",
    ),
    (
        Received("1", sent=ActTime.of(at(date(2022, 10, 21), time(10, 1)))),
        "Ngày gửi 21/10/2022 10:01 ở tương lai: bây giờ là 10:00 ngày 21/10/2022.",
    ),
    (Returned(Return.INVALID, "x"), "Chưa có văn bản nào của nội dung này"),
    (Returned(Return.INVALID, ""), "Cần ghi lý do."),
    (Extended("x", NOW, date(2022, 11, 14), "", "PCT"), "Cần ghi văn bản cho phép gia hạn."),
    (Extended("x", NOW, date(2022, 11, 14), "CV", " "), "Cần ghi người cho phép gia hạn."),
    (
        Extended("x", at(date(2022, 10, 25)), date(2022, 10, 24), "CV", "PCT"),
        "Ngày gia hạn (24/10/2022) phải sau ngày cuối đúng hạn hiện tại (24/10/2022).",
    ),
    (Exempted("", "PCT"), "Cần ghi văn bản làm căn cứ."),
    (Promised(date(2022, 10, 20)), "Ngày hẹn gửi (20/10/2022) đã qua: hôm nay là ngày 21/10/2022."),
    (Muted(date(2022, 10, 25), ""), "Cần ghi lý do."),
    (Muted(date(2022, 10, 25), "lũ", agency="so-tu-phap-x"), "Có phải là: so-tu-phap?"),
    (Paused(date(2022, 10, 25), "lũ", plan="gi-do"), "Không có kế hoạch “gi-do”. Các kế hoạch hợp lệ: 1026-kh-ubnd"),
    (Paused(date(2022, 10, 25), "lũ", group="so-ban"), "Có phải là: so-ban-nganh?"),
    (Mark("so-noi-vu", at(date(2022, 10, 21), time(17))), "Chưa thể xác nhận đã nhập đủ đến 17:00 ngày 21/10/2022"),
    (Mark("so-ngoai-vu", NOW), "Không có đơn vị đầu mối “so-ngoai-vu”. Có phải là: so-noi-vu?"),
    (Voided(9, "nhầm"), "Không có mục 9: sổ chưa có mục nào."),
    (Voided(9, " "), "Cần ghi lý do."),
    (Rated(""), "Cần ghi mức xếp loại."),
    (Objected(""), "Cần ghi nội dung ý kiến."),
    (HandedOver("so-tu-phap", "so-tu-phap-dau-moi", "ai-do"), "Không có người liên hệ của so-tu-phap “ai-do”."),
    (Accepted(3, "12/BC-STP"), "Mục 3 không phải là báo gửi của nội dung này."),
]


@pytest.mark.parametrize(("body", "words"), REFUSED, ids=lambda v: type(v).__name__ if not isinstance(v, str) else "")
def test_an_entry_out_of_order_is_refused_with_what_would_be_valid(world: Any, body: Body, words: str) -> None:
    """The refusal names the fault, the dates concerned and the way out."""
    assert words in refusal(world, body)


def test_an_entry_about_an_obligation_needs_one(world: Any) -> None:
    """Without agency and milestone a document belongs nowhere."""
    assert refusal(world, Received("1"), subject=False) == "Cần nói rõ cơ quan và mốc của mục này."


def test_a_document_entered_twice_is_refused_naming_the_first(world: Any) -> None:
    """The refusal names the entry already there and the command that voids it; a promise is told what it is too."""
    world.record("21/10 10:00", Received("12/BC-STP"), world.key("bao-cao", "so-tu-phap"))
    again = "nếu mục đó nhập nhầm, hãy hủy rồi nhập lại"
    known = "Nội dung này đã có văn bản số 12/BC-STP, mục 1 của sổ"
    assert refusal(world, Received("12/BC-STP")) == f"{known}; {again}: dondoc void 1 --reason LÝ_DO"
    assert refusal(world, Declared("12/BC-STP")) == f"{known}; {again}: dondoc void 1 --reason LÝ_DO"
    assert refusal(world, Promised(date(2022, 10, 24))) == (
        f"{known}; không còn gì để hẹn. Nếu mục đó nhập nhầm, hãy hủy rồi ghi ngày hẹn: dondoc void 1 --reason LÝ_DO"
    )


def test_a_return_needs_its_date_or_must_not_have_one(world: Any) -> None:
    """A supplement is asked for by a day to come; a document that is not valid keeps the plan's date."""
    world.record("21/10 10:00", Received("12/BC-STP"), world.key("bao-cao", "so-tu-phap"))
    assert refusal(world, Returned(Return.SUPPLEMENT, "thiếu phụ lục", date(2022, 11, 2))) == ""
    assert refusal(world, Returned(Return.INVALID, "thiếu chữ ký")) == ""
    missing = refusal(world, Returned(Return.SUPPLEMENT, "thiếu phụ lục"))
    assert missing == "Đề nghị bổ sung cần ngày cuối nhận bản bổ sung."
    assert "đã qua" in refusal(world, Returned(Return.SUPPLEMENT, "thiếu phụ lục", date(2022, 10, 20)))
    dated = refusal(world, Returned(Return.INVALID, "thiếu chữ ký", date(2022, 11, 2)))
    assert dated == "Văn bản chưa hợp lệ giữ nguyên thời hạn của kế hoạch, không đặt ngày mới."


def test_an_acceptance_names_a_declaration_that_stands(world: Any) -> None:
    """The refusal lists the declarations that could be accepted."""
    world.record("21/10 10:00", Declared("12/BC-STP"), world.key("bao-cao", "so-tu-phap"))
    assert refusal(world, Accepted(1, "12/BC-STP")) == ""
    assert "Các mục báo gửi còn hiệu lực: 1." in refusal(world, Accepted(2, "12/BC-STP"))


def test_an_exempt_agency_owes_no_document(world: Any) -> None:
    """A document of an agency that is exempt is refused."""
    world.record("21/10 10:00", Exempted("CV", "PCT"), world.key("bao-cao", "so-tu-phap"))
    assert refusal(world, Received("1")) == "Cơ quan này không thuộc diện phải gửi nội dung đó."


def test_what_the_system_wrote_cannot_be_voided(world: Any) -> None:
    """A person's slip can be voided once; a letter's outcome never."""
    world.record("21/10 10:00", Called("đồng chí B"), world.key("bao-cao", "so-tu-phap"))
    outcome = DeliveryOutcome("t", LetterKind.REMINDER, "so-tu-phap", "p", Channel.EMAIL, DeliveryState.SENT)
    world.record("21/10 10:00", outcome)
    assert refusal(world, Voided(1, "nhầm"), subject=False) == ""
    assert refusal(world, Voided(2, "nhầm"), subject=False) == "Mục 2 do hệ thống ghi, không hủy được."
    world.record("21/10 10:00", Voided(1, "nhầm"))
    assert refusal(world, Voided(1, "x"), subject=False) == "Mục 1 đã được hủy ở mục 3, không phải hủy nữa."
    world.record("21/10 10:00", Voided(3, "không nhầm"))
    assert refusal(world, Voided(1, "x"), subject=False) == ""
    world.mark("21/10 10:00", "21/10 10:00")
    assert refusal(world, Voided(5, "x"), subject=False) == ""
    not_there = "Sổ không có mục 9 (mục cuối là mục 5). Xem các mục: dondoc ledger"
    assert refusal(world, Voided(9, "x"), subject=False) == not_there


@pytest.mark.parametrize(
    "done", [Approved(letter="t"), Approved(what=Consent.PREVIEW), Retried(channel=Channel.EMAIL)], ids=str
)
def test_what_took_effect_at_once_cannot_be_voided(world: Any, done: Body) -> None:
    """A letter let go does not come back because the entry that let it go is voided."""
    world.record("21/10 10:00", done)
    assert refusal(world, Voided(1, "nhầm"), subject=False) == (
        "Việc ở mục 1 đã được thực hiện ngay khi ghi; hủy mục này không lấy lại được."
    )


def test_a_late_start_that_was_approved_can_be_voided(world: Any) -> None:
    """Whether letters start is asked of the record each day."""
    world.record("21/10 10:00", Approved(), world.key("bao-cao", "so-tu-phap"))
    assert refusal(world, Voided(1, "nhầm"), subject=False) == ""


def test_nothing_is_voided_in_a_plan_that_has_ended(world: Any) -> None:
    """Its record is read only; an entry about a plan the files no longer hold can still be corrected."""
    world.record("21/10 10:00", Received("1"), world.key("bao-cao", "so-tu-phap"))
    world.record("21/10 10:00", Called("đồng chí B"), world.key("bao-cao", "so-tu-phap")._replace(plan="da-bo"))
    ended = at(date(2023, 1, 2))
    assert refusal(world, Voided(1, "nhầm"), subject=False, now=ended) == (
        "Kế hoạch 1026-kh-ubnd-2022 đã kết thúc theo dõi sau ngày 31/12/2022: chỉ xem, không ghi thêm."
    )
    assert refusal(world, Voided(2, "nhầm"), subject=False, now=ended) == ""


def test_a_plan_that_has_ended_is_read_only(world: Any) -> None:
    """After `ends` nothing more is recorded."""
    text = refusal(world, Received("1"), now=at(date(2023, 1, 2)))
    assert text == ("Kế hoạch 1026-kh-ubnd-2022 đã kết thúc theo dõi sau ngày 31/12/2022: chỉ xem, không ghi thêm.")


def test_a_plan_without_an_end_stays_open(build: Any) -> None:
    """A plan that names no end takes entries for ever."""
    assert refusal(build(ends=None), Received("1"), now=at(date(2023, 1, 2))) == ""


def test_an_hour_precise_deadline_asks_for_the_hour_on_its_very_day(world: Any) -> None:
    """A document known only by its day cannot be judged against an hour of that day."""
    day = date(2022, 10, 20)
    key = world.key("bao-cao", "so-tu-phap")
    standing = world.snapshot(NOW).standings[key]
    deadline = Deadline(at(day, time(14)), day, hour_precise=True)
    standing = replace(standing, terms=(replace(standing.term, deadline=deadline),))
    with pytest.raises(EntryRefused, match="Thời hạn tính đến giờ \\(14:00 ngày 20/10/2022\\)"):
        admit(Received("1", received=ActTime(day)), standing, [], world.rules, NOW)
    admit(Received("1", received=ActTime.of(at(day, time(13)))), standing, [], world.rules, NOW)
    admit(Received("1", received=ActTime(date(2022, 10, 19))), standing, [], world.rules, NOW)


def test_the_obligation_meant_is_found_by_agency_and_milestone(world: Any) -> None:
    """Agency and milestone are enough where only one obligation fits."""
    known = world.snapshot(NOW).standings
    assert resolve(world.rules, known, "so-tu-phap", "bao-cao") == world.key("bao-cao", "so-tu-phap")


MEANT = [
    (("so-tu-phat", "bao-cao"), "Không có cơ quan “so-tu-phat”. Có phải là: so-tu-phap"),
    (("zz", "bao-cao"), "Không có cơ quan “zz”. Các cơ quan hợp lệ: so-tu-phap, so-noi-vu, vp-ubnd."),
    (("so-tu-phap", "bao-kao"), "Không có mốc “bao-kao”. Có phải là: bao-cao?"),
    (("so-tu-phap", "bao-cao", "1026"), "Không có kế hoạch “1026”."),
    (("vp-ubnd", "bao-cao"), "vp-ubnd không có nội dung nào phải gửi."),
    (
        ("so-tu-phap", "xep-loai", None, "2022"),
        "so-tu-phap không phải gửi “xep-loai” trong kỳ 2022. so-tu-phap phải gửi: bao-cao, ho-so-cham-diem, ke-hoach.",
    ),
]


@pytest.mark.parametrize(("asked", "words"), MEANT)
def test_an_unknown_agency_or_milestone_is_answered_with_those_that_are_known(
    world: Any, asked: tuple[str, ...], words: str
) -> None:
    """A near miss is suggested; otherwise the valid words are listed."""
    with pytest.raises(EntryRefused) as refused:
        resolve(world.rules, world.snapshot(NOW).standings, *asked)
    assert words in str(refused.value)


def test_a_recurring_duty_is_asked_for_by_its_period(world: Any) -> None:
    """Where several periods fit, the refusal lists them as they are typed."""
    keys = [world.key("bao-cao", "so-tu-phap")._replace(period=period) for period in ("2022", "2023")]
    asked = "so-tu-phap có nhiều nội dung “bao-cao”. Hãy thêm một trong: --period 2022; --period 2023."
    with pytest.raises(EntryRefused, match=f"^{re.escape(asked)}$"):
        resolve(world.rules, keys, "so-tu-phap", "bao-cao")
    assert resolve(world.rules, keys, "so-tu-phap", "bao-cao", period="2023").period == "2023"


def test_one_code_in_two_plans_is_asked_for_by_its_plan(world: Any) -> None:
    """Where plans share a milestone's code, the refusal lists the plans, with periods where those differ too."""
    first = world.key("bao-cao", "so-tu-phap")
    other = first._replace(plan="khac")
    with pytest.raises(EntryRefused, match=rf"thêm một trong: --plan {first.plan}; --plan khac\.$"):
        resolve(world.rules, [first, other], "so-tu-phap", "bao-cao")
    with pytest.raises(
        EntryRefused, match=rf"thêm một trong: --plan {first.plan} --period \w+; --plan khac --period 2\.$"
    ):
        resolve(world.rules, [first, other._replace(period="2")], "so-tu-phap", "bao-cao")


def test_a_long_list_of_valid_words_is_cut(build: Any) -> None:
    """At most eight valid words are listed."""
    big = build([f"co-quan-{n}" for n in range(12)])
    with pytest.raises(EntryRefused, match="co-quan-7, …"):
        resolve(big.rules, [], "zz", "bao-cao")


def test_the_plan_of_these_tests_is_dated(world: Any) -> None:
    """Every milestone of the small world is a plain date."""
    assert all(isinstance(m.rule, OnDate) for _, m in world.rules.dated())
