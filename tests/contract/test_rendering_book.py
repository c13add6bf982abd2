"""The ledger's entries in one line each: about whom, and what was said."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from daemon.domain.entries import (
    Approved,
    Body,
    ClockJump,
    DeliveryOutcome,
    Entry,
    Mark,
    Muted,
    Paused,
    Promised,
    Received,
    Returned,
    Voided,
)
from daemon.domain.failures import Alarmed, Retried
from daemon.domain.obligations import ActTime
from daemon.domain.warnings import Warned
from daemon.domain.words import Channel, Consent, DeliveryState, LetterKind, Matter, Return
from daemon.rendering import book
from daemon.rendering.samples import sample_key, sample_snapshot

NOW = datetime(2022, 10, 27, 2, tzinfo=UTC)
RULES = sample_snapshot(NOW).rules
KEY = sample_key("bao-cao", "so-tu-phap")
TOLD = [
    (Muted(date(2022, 10, 30), "đang sáp nhập", "so-tu-phap"), "Sở Tư pháp",
     "đến hết ngày 30/10/2022; lý do: đang sáp nhập"),
    (Paused(date(2022, 10, 30), "bão"), "tất cả", "đến hết ngày 30/10/2022; lý do: bão"),
    (Paused(date(2022, 10, 30), "bão", group="khong-con"), "khong-con", "đến hết ngày 30/10/2022; lý do: bão"),
    (Mark("so-noi-vu", NOW), "Sở Nội vụ", "đến 09:00 ngày 27/10/2022"),
    (Voided(4, "nhầm cơ quan"), "", "mục 4; lý do: nhầm cơ quan"),
    (Approved("21d14f0dc0885900", "Trần Văn B", "Giám đốc"), "", "thư 21d14f0dc0885900, Giám đốc Trần Văn B"),
    (Approved(what=Consent.PREVIEW, letters=12, until=date(2022, 11, 4)), "",
     "12 thư dự kiến đến hết ngày 04/11/2022"),
    (Approved(what=Consent.REMOVAL, digest="ab"), "", "các tệp bỏ nhiều nội dung"),
    (DeliveryOutcome("T-1", LetterKind.REMINDER, "so-tu-phap", "khong-con", Channel.ZALO, DeliveryState.SENT),
     "Sở Tư pháp", "khong-con, Zalo: Zalo đã nhận (thư T-1)"),
    (ClockJump(-90.0), "", "lùi 90 giây"),
    (Alarmed("so-noi-vu", letters=("a", "b")), "Sở Nội vụ", "2 thư không đến được"),
    (Retried(channel=Channel.EMAIL), "", "kênh Thư điện tử"),
    (Warned("so-noi-vu", Matter.MAILBOX, NOW), "Sở Nội vụ", "Không đọc được hộp thư đến, từ 09:00 ngày 27/10/2022"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "about", "told"), TOLD)
def test_an_entry_about_no_obligation(body: Body, about: str, told: str) -> None:
    """It names the body or the scope it is about, and says what was said."""
    entry = Entry(1, NOW, "lan", None, body)
    assert (book.about(entry, RULES), book.tell(entry, RULES)) == (about, told)


def test_an_entry_about_an_obligation() -> None:
    """The agency and what it owes stand before what was said."""
    promised = Entry(1, NOW, "lan", KEY, Promised(date(2022, 10, 30), "bà Lan"))
    assert book.about(promised, RULES) == "Sở Tư pháp: báo cáo dân vận 2022"
    assert book.tell(promised, RULES) == "hẹn gửi ngày 30/10/2022 (bà Lan)"
    came = Received(
        "12/BC-STP", issued_on=date(2022, 10, 24), sent=ActTime.of(NOW), received=ActTime(date(2022, 10, 28))
    )
    said = "12/BC-STP; ngày trên văn bản 24/10/2022; gửi 09:00 ngày 27/10/2022; đến ngày 28/10/2022"
    assert book.tell(Entry(2, NOW, "lan", KEY, came), RULES) == said


def test_a_return_is_named_by_its_kind() -> None:
    """A supplement asked for and a document not valid are two things."""
    returned = [Entry(1, NOW, "lan", KEY, Returned(how, "thiếu chữ ký")) for how in Return]
    assert {book.kind(entry) for entry in returned} == {"Đề nghị bổ sung", "Chưa hợp lệ"}


def test_a_silence_that_ends_early_was_no_slip() -> None:
    """What voids it says whose silence ends; what voids another entry says that it was entered by mistake."""
    muted, paused = Muted(date(2022, 10, 30), "đang sáp nhập", "so-tu-phap"), Paused(date(2022, 10, 30), "bão")
    bodies: list[Body] = [muted, paused, Promised(date(2022, 10, 30)), *(Voided(n, "xong sớm") for n in (1, 2, 3, 99))]
    entries = [Entry(n, NOW, "lan", KEY if n == 3 else None, body) for n, body in enumerate(bodies, 1)]
    voided = book.voided_entries(entries)
    assert voided == {4: entries[0], 5: entries[1], 6: entries[2]}
    assert [(book.kind(e, voided.get(e.seq)), book.about(e, RULES, voided.get(e.seq))) for e in entries[3:]] == [
        ("Thôi tạm dừng", "Sở Tư pháp"),
        ("Thôi tạm dừng", "tất cả"),
        ("Hủy mục nhập nhầm", "Sở Tư pháp: báo cáo dân vận 2022"),
        ("Hủy mục nhập nhầm", ""),
    ]
