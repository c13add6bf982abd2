"""What is said when a silence begins or ends, and when an entry is voided: only what is true of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

import pytest

from daemon.clock import at, end_of, local_day
from daemon.domain.entries import (
    Body,
    Called,
    Declared,
    Entry,
    Exempted,
    Extended,
    Mark,
    Muted,
    Paused,
    Promised,
    Received,
    Returned,
    Voided,
)
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import Return
from daemon.judgement.silences import owed, silencing
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold, marks, standing_entries
from daemon.rendering.samples import sample_key, sample_snapshot
from daemon.rendering.silences import goes_on, kept_deadlines, silent_until
from daemon.rendering.voiding import what_follows

NOW = at(date(2022, 10, 20), time(9))
SAMPLE = sample_snapshot(NOW)
RULES = replace(SAMPLE.rules, plans=tuple(replace(plan, ends=date(2022, 12, 31)) for plan in SAMPLE.rules.plans))
KEY, OTHER = sample_key("bao-cao", "so-tu-phap"), sample_key("bao-cao", "cuc-thue")
BOTH = {KEY, OTHER}
UNTIL = date(2022, 10, 28)

Recorded = tuple[Body, ObligationKey | None]


def ledger(*said: Recorded) -> list[Entry]:
    """Return a ledger of these entries, all of them of this morning."""
    return [Entry(n, NOW, "lan", subject, body) for n, (body, subject) in enumerate(said, 1)]


def record(entries: Sequence[Entry]) -> Snapshot:
    """Return the record of two agencies' reports."""
    stand = standing_entries(entries)
    obligations = [one.obligation for key, one in SAMPLE.standings.items() if key in BOTH]
    return replace(SAMPLE, rules=RULES, standings=fold(obligations, stand, RULES), marks=marks(stand))


def again(*said: Recorded) -> list[str]:
    """Say what goes on for the two reports after these entries."""
    entries, today = ledger(*said), local_day(NOW)
    left = owed(record(entries).standings, RULES, today)
    return goes_on(left, silencing(standing_entries(entries), left, RULES, today), RULES)


def begun(last: date, *said: Recorded) -> list[str]:
    """Say what follows for the two reports when nobody is written to through `last`."""
    entries, after = ledger(*said), date.fromordinal(last.toordinal() + 1)
    standings = record(entries).standings
    then = owed(standings, RULES, after)
    held = silencing(standing_entries(entries), then, RULES, after)
    return silent_until(last, owed(standings, RULES, local_day(NOW)), then, held, RULES)


def test_letters_go_on_where_nothing_holds_them_back() -> None:
    """Named is what still does, each with its number in the ledger."""
    assert again() == ["Thư nhắc lại được gửi theo lịch."]
    assert again((Promised(UNTIL), KEY), (Muted(UNTIL, "lũ", "cuc-thue"), None)) == [
        "Thư nhắc vẫn chưa được gửi, vì còn:",
        "  - Sở Tư pháp: báo cáo dân vận 2022 (mục 1: hẹn gửi ngày 28/10/2022)",
        "  - Cục Thuế tỉnh (mục 2: tạm dừng đến hết ngày 28/10/2022)",
    ]
    assert again((Declared("9/BC"), OTHER)) == [
        "Thư nhắc lại được gửi theo lịch, trừ:",
        "  - Cục Thuế tỉnh: báo cáo dân vận 2022 (mục 1: cơ quan báo đã gửi, chờ xác nhận)",
    ]
    assert again((Received("1"), KEY), (Received("2"), OTHER)) == ["Không còn nội dung nào phải nhắc."]


def test_a_silence_says_when_letters_leave_again() -> None:
    """The day after; not where something else holds them then, and never once the plan has ended."""
    day = "Thư nhắc dừng đến hết ngày 28/10/2022"
    assert begun(UNTIL, (Paused(UNTIL, "lũ"), None)) == [f"{day}, được gửi lại từ ngày 29/10/2022."]
    longer = (Promised(date(2022, 11, 2)), KEY)
    named = "  - Sở Tư pháp: báo cáo dân vận 2022 (mục 1: hẹn gửi ngày 02/11/2022)"
    assert begun(UNTIL, longer, (Paused(UNTIL, "lũ"), None)) == [
        f"{day}, được gửi lại từ ngày 29/10/2022, trừ:",
        named,
    ]
    assert begun(UNTIL, longer, (Received("1"), OTHER), (Paused(UNTIL, "lũ"), None)) == [
        f"{day}; sau ngày đó vẫn chưa được gửi lại, vì còn:",
        named,
    ]
    assert begun(date(2030, 1, 1), (Paused(date(2030, 1, 1), "lũ"), None)) == [
        "Thư nhắc dừng đến hết ngày 01/01/2030; khi đó kế hoạch đã kết thúc theo dõi nên không còn thư nhắc nào được "
        "gửi nữa."
    ]


def test_deadlines_that_pass_in_a_silence_stay() -> None:
    """One or a few are named; of many how many they are, and the first and the last."""
    days = [date(2022, 10, n) for n in (24, 25, 26, 27)]
    due = [Deadline(end_of(day), day) for day in days]
    first = "Trong thời gian này cơ quan không được nhắc; thời hạn vẫn"
    assert kept_deadlines(due, date(2022, 10, 23)) == []
    assert kept_deadlines(due, date(2022, 10, 24)) == [f"{first} là ngày 24/10/2022."]
    assert kept_deadlines([due[1], due[0], due[1]], UNTIL) == [f"{first} là ngày 24/10/2022, ngày 25/10/2022."]
    assert kept_deadlines([*due, due[0]], UNTIL) == [
        f"{first} giữ nguyên: 5 nội dung đến hạn, từ ngày 24/10/2022 đến ngày 27/10/2022."
    ]
    by_the_hour = Deadline(NOW, local_day(NOW), hour_precise=True)
    assert kept_deadlines([by_the_hour], UNTIL) == [f"{first} là 09:00 ngày 20/10/2022."]


def test_more_silences_than_are_named_are_counted() -> None:
    """Eight are named."""
    entries = [Entry(n, NOW, "lan", KEY, Promised(UNTIL)) for n in range(1, 12)]
    said = goes_on([KEY], {KEY: entries}, RULES)
    assert len(said) == 10
    assert said[-1] == "  - và 3 mục khác"


RECEIVED, MARK = Received("812/BC"), Mark("so-noi-vu", NOW)
AGAIN = "Thư nhắc lại được gửi theo lịch."
EXTENDED = Extended("đến 15/11", end_of(date(2022, 11, 15)), date(2022, 11, 15), "CV 9", "PCT")
VOIDED: dict[str, tuple[list[Recorded], int, list[str]]] = {
    "a document": (
        [(RECEIVED, KEY)],
        1,
        ["Sở Tư pháp lại phải gửi báo cáo dân vận 2022; thời hạn là ngày 24/10/2022.", AGAIN],
    ),
    "a document, while they are not written to": (
        [(RECEIVED, KEY), (Muted(UNTIL, "lũ", "so-tu-phap"), None)],
        1,
        [
            "Sở Tư pháp lại phải gửi báo cáo dân vận 2022; thời hạn là ngày 24/10/2022.",
            "Thư nhắc vẫn chưa được gửi, vì còn:",
            "  - Sở Tư pháp (mục 2: tạm dừng đến hết ngày 28/10/2022)",
        ],
    ),
    "an exemption": (
        [(Exempted("CV", "PCT"), KEY)],
        1,
        ["Sở Tư pháp lại phải gửi báo cáo dân vận 2022; thời hạn là ngày 24/10/2022.", AGAIN],
    ),
    "the voiding of an exemption": (
        [(Exempted("CV", "PCT"), KEY), (Voided(1, "nhầm"), None)],
        2,
        ["Sở Tư pháp không thuộc diện phải gửi báo cáo dân vận 2022."],
    ),
    "a document of an agency that is exempt": ([(RECEIVED, KEY), (Exempted("CV", "PCT"), KEY)], 1, []),
    "a document sent back": (
        [(RECEIVED, KEY), (Returned(Return.INVALID, "thiếu chữ ký"), KEY)],
        2,
        ["Sở Tư pháp được tính là đã gửi báo cáo dân vận 2022, đúng hạn: văn bản số 812/BC, mục 1."],
    ),
    "an extension": (
        [(EXTENDED, KEY)],
        1,
        ["Sở Tư pháp phải gửi báo cáo dân vận 2022 theo thời hạn ngày 24/10/2022."],
    ),
    "a promise": ([(Promised(UNTIL), KEY)], 1, [AGAIN]),
    "a promise that was kept": ([(Promised(UNTIL), KEY), (RECEIVED, KEY)], 1, ["Không còn nội dung nào phải nhắc."]),
    "a pause": ([(Paused(UNTIL, "lũ"), None)], 1, [AGAIN]),
    "the voiding of a pause": (
        [(Paused(UNTIL, "lũ"), None), (Voided(1, "nhầm"), None)],
        2,
        ["Thư nhắc vẫn chưa được gửi, vì còn:", "  - tất cả (mục 1: tạm dừng đến hết ngày 28/10/2022)"],
    ),
    "a call": ([(Called("bà Lan"), KEY)], 1, []),
    "a call about what has come in": ([(RECEIVED, KEY), (Called("bà Lan"), KEY)], 2, []),
    "the only mark": (
        [(MARK, None)],
        1,
        [
            "Sở Nội vụ chưa xác nhận đã nhập hết văn bản đến; thư quá hạn chờ xác nhận: dondoc mark 'GIỜ NGÀY'",
        ],
    ),
    "one of two marks": (
        [(MARK, None), (MARK, None)],
        2,
        [
            "Sở Nội vụ còn xác nhận đã nhập hết văn bản đến đến 09:00 ngày 20/10/2022; cần lúc khác thì xác nhận lại "
            "bằng dondoc mark.",
        ],
    ),
}


@pytest.mark.parametrize(("said", "seq", "told"), VOIDED.values(), ids=VOIDED)
def test_what_follows_when_an_entry_is_voided(said: list[Recorded], seq: int, told: list[str]) -> None:
    """What is owed again and by when, by which document it is settled, and whether letters go on."""
    entries = ledger(*said, (Voided(seq, "nhầm"), None))
    assert what_follows(entries[seq - 1], entries, record(entries), NOW) == told


def test_a_document_voided_after_the_deadline() -> None:
    """It is said that the deadline has passed."""
    entries = ledger((RECEIVED, KEY), (Voided(1, "nhầm"), None))
    said = what_follows(entries[0], entries, record(entries), end_of(date(2022, 10, 25)))
    assert said[0] == "Sở Tư pháp lại phải gửi báo cáo dân vận 2022; thời hạn là ngày 24/10/2022, đã qua."


def test_the_second_of_two_documents_counts_late() -> None:
    """The first was voided; the days are counted by the later one."""
    came = [Entry(1, NOW, "lan", KEY, RECEIVED), Entry(2, NOW, "lan", None, Voided(1, "nhầm"))]
    after = at(date(2022, 10, 27), time(9))
    came += [Entry(3, after, "lan", KEY, Received("9/BC")), Entry(4, after, "lan", None, Voided(2, "không nhầm"))]
    came.append(Entry(5, after, "lan", None, Voided(1, "nhầm thật")))
    assert what_follows(came[0], came, record(came), after) == [
        "Sở Tư pháp được tính là đã gửi báo cáo dân vận 2022, trễ 3 ngày: văn bản số 9/BC, mục 3."
    ]
