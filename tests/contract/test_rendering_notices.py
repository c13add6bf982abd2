"""Receipts, dates moved, documents sent back, apologies and notes say what the ledger holds and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from daemon.clock import at, end_of
from daemon.domain.entries import (
    Accepted,
    Body,
    Called,
    Declared,
    Entry,
    Extended,
    Nothing,
    PlanChanged,
    Received,
    Returned,
)
from daemon.domain.obligations import ActTime, Deadline, ObligationKey, Settlement, Standing, Term, TermCause
from daemon.domain.words import Return
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.apologies import Signature, TakenBack, apology_context
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_notice
from daemon.rendering.notes import Note, note_context
from daemon.rendering.notices import notice_context
from daemon.rendering.samples import LAST_DAY, PLAN, sample_key, sample_snapshot

TEMPLATES = Templates()
NOW = at(date(2022, 10, 28), time(9))
CONTACT = "đồng chí Nguyễn Thị A, chuyên viên Phòng Xây dựng chính quyền, điện thoại 0276 3000 000"
REPORT = "báo cáo kết quả thực hiện công tác dân vận chính quyền năm 2022"
SENT = ActTime.of(at(date(2022, 10, 28), time(16, 5)))
CAME = ActTime.of(at(date(2022, 10, 28), time(16, 20)))
DUE = Deadline(end_of(LAST_DAY), LAST_DAY)


def only(snapshot: Snapshot, *keys: ObligationKey) -> Snapshot:
    """Keep only some obligations on record."""
    return replace(snapshot, standings={key: snapshot.standings[key] for key in keys})


def settled(act: ActTime, *, on_time: bool = False, days: int = 4, nothing: bool = False) -> Settlement:
    """Return a settlement of the report."""
    return Settlement(
        1, "123/BC-STP", act, DUE, on_time=on_time, late_days=days, recorded_at=NOW, nothing_to_report=nothing
    )


def told(body: Body, agency: str = "so-tu-phap", **changes: object) -> Rendered:
    """Render what an entry tells its agency; `changes` are made to the standing after it."""
    before = changes.pop("before", None)
    key = sample_key("bao-cao", agency)
    snapshot = sample_snapshot(NOW)
    standing = replace(snapshot.standings[key], **changes)  # type: ignore[arg-type]  # - a test names fields
    snapshot = replace(snapshot, standings={**snapshot.standings, key: standing})
    snapshot = only(snapshot, key, sample_key("ho-so", agency))
    entry = Entry(7, NOW, "chuyen-vien", key, body)
    slots = notice_context(entry, standing, snapshot, letter_id="T-2", before=before)  # type: ignore[arg-type]  # - as above
    return render_notice(slots, TEMPLATES)


def test_a_receipt_says_when_how_and_how_it_was_judged() -> None:
    """A late document's receipt holds both times, the road, the lateness and what is still owed."""
    body = Received("123/BC-STP", date(2022, 10, 24), SENT, CAME, "Trục liên thông văn bản")
    done = told(body, settlement=settled(SENT))
    assert done.subject == "Đã nhận báo cáo dân vận 2022 - Sở Tư pháp"
    assert done.text == (
        "Kính gửi: Sở Tư pháp\n\n"
        f"Sở Nội vụ đã nhận {REPORT} của Sở Tư pháp:\n\n"
        "- Văn bản số 123/BC-STP, ngày 24/10/2022;\n"
        "- Gửi lúc 16 giờ 05 ngày 28/10/2022, nhận lúc 16 giờ 20 ngày 28/10/2022, qua Trục liên thông văn bản;\n"
        "- Thời hạn: trước ngày 25/10/2022. Kết quả: quá hạn 04 ngày.\n\n"
        "Sở Nội vụ dừng nhắc nội dung này. Nội dung còn lại: hồ sơ chấm điểm dân vận 2022, hạn 24/10/2022.\n\n"
        "Biên nhận xác nhận việc tiếp nhận, chưa phải ý kiến về nội dung. Nếu thông tin trên chưa đúng, đề "
        "nghị báo lại "
        f"qua {CONTACT}.\n\n"
        "Trân trọng cảm ơn sự phối hợp của Sở Tư pháp.\n\n"
        "--\nThư gửi tự động từ hệ thống theo dõi của Sở Nội vụ, không thay thế văn bản hành chính. Có thể "
        "trả lời trực "
        "tiếp thư này. Mã thư: T-2.\n"
    )
    assert done.zalo == (
        "Sở Nội vụ đã nhận báo cáo dân vận 2022 của Sở Tư pháp: văn bản số 123/BC-STP, lúc 16 giờ 20 ngày 28/10/2022, "
        "quá hạn 04 ngày. Đã dừng nhắc nội dung này. Trân trọng cảm ơn."
    )


def test_a_receipt_of_the_last_thing_owed() -> None:
    """With nothing left the receipt says so, and a document known only by its day has no hour."""
    key = sample_key("bao-cao", "so-tu-phap")
    snapshot = sample_snapshot(NOW)
    standing = replace(snapshot.standings[key], settlement=settled(ActTime(LAST_DAY), on_time=True, days=0))
    body = Accepted(3, "Báo cáo số 9/BC-STP", None, ActTime(LAST_DAY))
    snapshot = replace(only(snapshot, key), standings={key: standing})
    slots = notice_context(Entry(7, NOW, "chuyen-vien", key, body), standing, snapshot, letter_id="T-2")
    done = render_notice(slots, TEMPLATES)
    assert "- Báo cáo số 9/BC-STP;\n- Gửi ngày 24/10/2022;\n" in done.text
    assert "Kết quả: đúng hạn." in done.text
    assert "Không còn nội dung nào chưa gửi." in done.text


def test_a_receipt_for_nothing_to_report() -> None:
    """A document that says there is nothing to report gets its receipt too."""
    done = told(Nothing("15/STP-VP"), settlement=settled(ActTime(LAST_DAY), on_time=True, days=0, nothing=True))
    assert f"Sở Nội vụ đã nhận văn bản của Sở Tư pháp báo không phát sinh nội dung {REPORT}:" in done.text


def test_late_by_hours_is_late_within_the_day() -> None:
    """A document late on the last day itself is not called zero days late."""
    done = told(Received("1/BC", None, SENT), settlement=settled(SENT, days=0))
    assert "Kết quả: quá hạn trong ngày." in done.text


def test_no_number_of_the_armed_forces_is_written_down() -> None:
    """A receipt to the armed forces holds neither the document's number nor its road, and has no Zalo form."""
    body = Received("01/BC-BCH", LAST_DAY, SENT, CAME, "văn thư mật")
    done = told(body, "bch-quan-su", settlement=settled(SENT))
    assert "01/BC-BCH" not in done.text + done.subject
    assert "văn thư mật" not in done.text
    assert done.zalo is None


def test_a_receipt_for_what_was_sent_back_since_confirms_its_coming_alone() -> None:
    """Where the obligation is open again the receipt neither judges nor says that reminders stop."""
    done = told(Received("1/BC", None, SENT))
    assert "- Văn bản số 1/BC;\n- Gửi lúc 16 giờ 05 ngày 28/10/2022;\n- Thời hạn: trước ngày 25/10/2022.\n" in done.text
    assert "Kết quả" not in done.text
    assert "dừng nhắc" not in done.text + (done.zalo or "")


def test_nobody_is_told_of_a_telephone_call() -> None:
    """Entries that concern only the office make no letter."""
    with pytest.raises(ValueError, match="called"):
        told(Called("đồng chí B"))


def test_a_declaration_is_taken_note_of() -> None:
    """A declaration is acknowledged with the day to which it holds, and is not a receipt."""
    done = told(Declared("123/BC-STP", LAST_DAY), declared_until=date(2022, 11, 2))
    assert (
        f"Sở Nội vụ đã ghi nhận Sở Tư pháp báo gửi {REPORT}, văn bản số 123/BC-STP ngày 24/10/2022. Việc nhắc tạm dừng "
        "trong khi văn thư đối chiếu (không quá 03 ngày làm việc, đến hết ngày 02/11/2022).\n\n"
        "Đây chưa phải là biên nhận."
    ) in done.text


def test_a_supplement_keeps_the_first_sending() -> None:
    """A request for a supplement names what is missing, the day, and the first sending that is kept."""
    done = told(
        Returned(Return.SUPPLEMENT, "chưa có phụ lục số liệu.", date(2022, 11, 4)),
        before=Received("123/BC-STP", LAST_DAY, ActTime.of(at(LAST_DAY, time(16, 55)))),
    )
    assert done.subject == "Hạn 04/11: bổ sung báo cáo dân vận 2022 - Sở Tư pháp"
    assert (
        f"Sở Nội vụ đã nhận {REPORT} kèm văn bản số 123/BC-STP ngày 24/10/2022 của Sở Tư pháp. Qua rà soát, "
        f"còn nội dung "
        "cần bổ sung: chưa có phụ lục số liệu.\n\n"
        "Sở Nội vụ đề nghị Sở Tư pháp hoàn thiện, gửi lại chậm nhất ngày 04/11/2022. Ngày gửi lần đầu (16 giờ 55 ngày "
        "24/10/2022) được giữ để xác định thời hạn nếu bản bổ sung đến trong thời hạn trên."
    ) in done.text


def test_a_document_that_is_not_valid_moves_no_date() -> None:
    """A document sent back as not valid says why, and that the deadline stands."""
    done = told(
        Returned(Return.INVALID, "chưa có chữ ký của người có thẩm quyền"), before=Received("123/BC-STP", LAST_DAY)
    )
    assert (
        f"Văn bản số 123/BC-STP ngày 24/10/2022 của Sở Tư pháp về {REPORT} chưa được ghi nhận là đã gửi, do "
        f"chưa có chữ ký "
        "của người có thẩm quyền.\n\n"
        "Sở Nội vụ đề nghị Sở Tư pháp gửi lại văn bản hợp lệ; thời hạn không thay đổi (trước ngày "
        "25/10/2022; ngày cuối "
        "cùng được tính đúng hạn: thứ Hai, ngày 24/10/2022)."
    ) in done.text
    unknown = told(Returned(Return.INVALID, "gửi nhầm nội dung"))
    assert "Văn bản của Sở Tư pháp về" in unknown.text


def test_an_extension_names_its_authority() -> None:
    """The agency that was granted a date reads by which document, and the new phrase as it was written."""
    last = date(2022, 11, 15)
    body = Extended("chậm nhất ngày 15/11/2022", end_of(last), last, "Công văn số 3210/UBND-NC ngày 20/10/2022", "PCT")
    done = told(body)
    assert done.subject == "Hạn mới 15/11: báo cáo dân vận 2022 - Sở Tư pháp"
    assert (
        f"Theo Công văn số 3210/UBND-NC ngày 20/10/2022, thời hạn gửi {REPORT} về UBND tỉnh (qua Sở Nội vụ) "
        f"của Sở Tư pháp "
        "là chậm nhất ngày 15/11/2022 (thứ Ba). Sở Nội vụ nhắc theo thời hạn mới."
    ) in done.text


def test_an_amended_deadline_shows_both_dates() -> None:
    """When the plan's own date moves, the old phrase stands beside the new."""
    last = date(2022, 11, 9)
    done = told(
        PlanChanged(
            PLAN, "thời hạn", "bao-cao", "once", "trước ngày 10/11/2022", end_of(last), last, "trước ngày 25/10/2022"
        )
    )
    assert (
        "được điều chỉnh: trước ngày 10/11/2022; ngày cuối cùng được tính đúng hạn: thứ Tư, ngày 09/11/2022 "
        "(trước đây: "
        "trước ngày 25/10/2022)."
    ) in done.text
    assert "được điều chỉnh: trước ngày 25/10/2022" in told(PlanChanged(PLAN, "thời hạn")).text


def apology(signer: Signature | None = None, agency: str = "so-tu-phap", *, others: bool = False) -> Rendered:
    """Render an apology for the letter of 26/10."""
    key = sample_key("bao-cao", agency)
    snapshot = sample_snapshot(NOW)
    standing = replace(snapshot.standings[key], settlement=settled(SENT))
    taken = [TakenBack(standing, "123/BC-STP")]
    slots = apology_context(
        taken,
        snapshot,
        letter_id="T-3",
        letter_day=date(2022, 10, 26),
        to_head=signer is not None,
        others=others,
        signature=signer,
    )
    return render_notice(slots, TEMPLATES)


def test_an_apology_takes_the_letter_back() -> None:
    """A reminder sent in error is taken back with the day, the document and no excuse."""
    done = apology()
    assert done.subject == "Xin rút lại thư nhắc ngày 26/10: báo cáo dân vận 2022 - Sở Tư pháp"
    assert (
        f"Thư nhắc ngày 26/10/2022 về {REPORT} được gửi khi văn bản số 123/BC-STP của Sở Tư pháp đã đến nhưng "
        f"chưa kịp cập "
        "nhật. Sở Nội vụ xin rút lại thư đó và mong Sở Tư pháp thông cảm."
    ) in done.text
    assert "Giám đốc" not in done.text
    assert "Thư gửi tự động từ hệ thống theo dõi" in done.text


def test_what_a_letter_rightly_asked_for_still_stands() -> None:
    """By mail and by Zalo only the content chased wrongly is taken back."""
    done = apology(others=True)
    for said in (done.text, done.zalo or ""):
        assert "xin rút lại việc nhắc nội dung này" in said
        assert "Nội dung khác nêu trong thư đó không thay đổi." in said
        assert "rút lại thư đó" not in said


def test_an_apology_to_a_head_is_signed() -> None:
    """One to a head is addressed to him and signed by who approved the letter; no number of the armed forces."""
    done = apology(Signature("Trần Văn B", "Giám đốc"), "bch-quan-su")
    assert "Thư gửi từ hệ thống theo dõi của Sở Nội vụ sau khi được duyệt" in done.text
    assert done.text.startswith("Kính gửi: Đồng chí Chỉ huy trưởng Bộ Chỉ huy Quân sự tỉnh\n")
    assert "Giám đốc Trần Văn B, Sở Nội vụ" in done.text
    assert "123/BC-STP" not in done.text


def test_the_collector_is_written_to_inwardly() -> None:
    """Told of its own documents, the collector is addressed as its Phòng."""
    done = told(Returned(Return.INVALID, "thiếu chữ ký"), "so-noi-vu")
    assert done.text.startswith("Kính gửi: Phòng Xây dựng chính quyền, Sở Nội vụ\n")
    assert "Đề nghị Phòng Xây dựng chính quyền gửi lại" in done.text


def test_a_note_says_what_to_do() -> None:
    """A note has a subject that says it all, its facts, its list and the act that is asked for."""
    subject, said = "02 thư chờ duyệt", "- x\n- y\n"
    note = Note(subject, ("Các thư sau chờ duyệt:",), ("x", "y"), "Đề nghị xem và duyệt.")
    slots = note_context(note, office="Sở Nội vụ", addressed="Phòng Xây dựng chính quyền", letter_id="T-4")
    done = render_notice(slots, TEMPLATES)
    assert done.subject.startswith(subject)
    assert said in done.text
    assert note.to_do in done.text
    assert "chỉ gửi trong Sở Nội vụ. Mã thư: T-4." in done.text
    assert done.zalo == f"{subject}. Các thư sau chờ duyệt:\n{said}{note.to_do}"


def test_a_note_without_a_list_says_it_once_by_zalo() -> None:
    """Its sentences say what its subject says; a chat has no subject."""
    note = Note("Zalo tạm ngừng gửi", ("Từ 08 giờ 31, Zalo tạm ngừng gửi.",), to_do="Đề nghị báo quản trị.")
    slots = note_context(note, office="Sở Nội vụ", addressed="Phòng Xây dựng chính quyền", letter_id="T-4")
    assert render_notice(slots, TEMPLATES).zalo == "Từ 08 giờ 31, Zalo tạm ngừng gửi. Đề nghị báo quản trị."


def test_an_hour_in_another_zone_is_shown_as_vietnam_s() -> None:
    """An instant given in UTC is stated by Vietnam's clocks."""
    act = ActTime.of(datetime(2022, 10, 24, 18, 30, tzinfo=UTC))
    done = told(Received("1/BC", None, act), settlement=settled(act, days=1))
    assert "Gửi lúc 01 giờ 30 ngày 25/10/2022" in done.text


def test_a_receipt_quotes_the_date_it_was_judged_by() -> None:
    """After an extension that is the extension's phrase; a late supplement is judged by the earlier date."""
    last = date(2022, 11, 15)
    term = Term(2, Deadline(end_of(last), last), NOW, TermCause.EXTENDED, "chậm nhất ngày 15/11/2022")
    late = settled(SENT)
    standing: Standing = sample_snapshot(NOW).standings[sample_key("bao-cao", "so-tu-phap")]
    done = told(
        Received("1/BC", None, SENT),
        settlement=replace(late, judged=term.deadline, on_time=True, late_days=0),
        terms=(*standing.terms, term),
    )
    assert "Thời hạn: chậm nhất ngày 15/11/2022. Kết quả: đúng hạn." in done.text
    supplement = replace(term, cause=TermCause.SUPPLEMENT, due=None)
    judged_before = told(Received("1/BC", None, SENT), settlement=late, terms=(*standing.terms, supplement))
    assert "Thời hạn: trước ngày 25/10/2022. Kết quả: quá hạn 04 ngày." in judged_before.text
