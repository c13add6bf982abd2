"""Every word of the closed lists has a Vietnamese label a person can read."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

import pytest

from daemon.domain.words import (
    Channel,
    DeliveryState,
    EntryKind,
    JudgedBy,
    LetterKind,
    Level,
    OfficeLetter,
    Outcome,
    Reason,
    Return,
    Role,
    Status,
    Tier,
    Voice,
)
from daemon.rendering import labels

TABLES: list[tuple[Any, Any]] = [
    (Status, labels.STATUS),
    (Return, labels.RETURNED),
    (EntryKind, labels.ENTRY_KIND),
    (DeliveryState, labels.DELIVERY_STATE),
    (Role, labels.ROLE),
    (Channel, labels.CHANNEL),
    (Level, labels.LEVEL),
    (Tier, labels.TIER),
    (LetterKind, labels.LETTER_KIND),
    (OfficeLetter, labels.OFFICE_LETTER),
    (Voice, labels.VOICE),
    (JudgedBy, labels.JUDGED_BY),
    (Outcome, labels.OUTCOME),
    (Reason, labels.REASON),
]
AVOIDED = ("con nợ", "chủ nợ", "phạt", "vi phạm", "đối tượng", "milestone", "pending", "token", "lease")


@pytest.mark.parametrize(("words", "table"), TABLES)
def test_every_member_has_a_label_of_its_own(words: type[Enum], table: Mapping[Enum, str]) -> None:
    """No member is without a label and no two share one."""
    assert set(table) == set(words)
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize(("words", "table"), TABLES)
def test_labels_are_composed_letters_and_office_words(words: type[Enum], table: Mapping[Enum, str]) -> None:
    """Labels are NFC and hold none of the words that `users.md` §4 bans from screens."""
    for label in table.values():
        assert unicodedata.is_normalized("NFC", label)
        assert label == label.strip()
        assert label
        assert not any(word in label.lower() for word in AVOIDED), (words, label)


def test_every_reason_is_one_sentence() -> None:
    """A reason reads as a sentence: a capital first, a full stop last."""
    for sentence in labels.REASON.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.count(".") == 1


def test_no_reason_tells_the_machine_s_words() -> None:
    """The reason for a hold without a mark says what the operator has to do."""
    assert labels.REASON[Reason.WAITS_MARK] == "Chờ xác nhận đã nhập hết văn bản đến."


@pytest.mark.parametrize(
    ("status", "more", "full"),
    [
        (Status.OPEN, {}, "Trong hạn, chưa gửi"),
        (Status.LATE, {"late_days": 4}, "Đã gửi quá hạn (4 ngày)"),
        (Status.LATE, {}, "Đã gửi quá hạn"),
        (Status.EXTENDED, {"extended_to": date(2022, 11, 15)}, "Được gia hạn đến 15/11/2022"),
        (Status.EXTENDED, {}, "Được gia hạn"),
        (Status.RETURNED, {"returned_how": Return.INVALID}, "Chưa hợp lệ"),
        (Status.RETURNED, {"returned_how": Return.SUPPLEMENT}, "Đề nghị bổ sung"),
        (Status.RETURNED, {}, "Đề nghị bổ sung"),
        (Status.ON_TIME, {"nothing_to_report": True}, "Không phát sinh (có văn bản)"),
        (Status.OVERDUE, {"nothing_to_report": True, "late_days": 3}, "Quá hạn, chưa gửi"),
    ],
)
def test_a_status_is_shown_with_its_day_or_days(status: Status, more: dict[str, Any], full: str) -> None:
    """It carries what belongs to the status and nothing else."""
    assert labels.status_label(status, **more) == full


def test_groups_are_numbered_in_roman() -> None:
    """Blocks of the register carry roman numerals by their place."""
    wanted = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI"]
    assert [labels.group_numeral(n) for n in range(1, 12)] == wanted


def test_a_step_of_the_office_s_own_keeps_its_name() -> None:
    """The shipped steps have names; one an office invents is shown as it wrote it."""
    assert labels.step_label("qua-han") == "Quá hạn"
    assert labels.step_label("nhac-them") == "nhac-them"
