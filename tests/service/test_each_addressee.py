"""Who was addressed and got nothing is told of, whoever else of his agency has the letter: once, until mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from daemon.domain.failures import Alarmed
from daemon.managers.repairing import undelivered
from daemon.store.bouncing import bounce
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault
from tests.support.real_channels import OPERATOR, read, words

if TYPE_CHECKING:
    from tests.support.office import Office

PEOPLE = ("dau-moi", "phu-trach", "van-thu")
FOCAL, DEPUTY, MAILBOX = (f"{who}@so-tu-phap.example" for who in PEOPLE)
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550 5.1.1")
LOST = Fault(FailureKind.TRANSIENT, Phase.CONTENT)
LATER = Fault(FailureKind.TRANSIENT, Phase.ENVELOPE, "450 4.2.0")


@pytest.fixture
async def pressing(report: Office) -> Office:
    """The morning of 19/10: don-doc goes to the focal officer, with copies to his deputy and the office mailbox."""
    await report.until("18/10")
    report.clock.move_to(report.on("19/10 08:30"))
    return report


def notes(office: Office, since: str) -> list[tuple[str, str]]:
    """The operator's notes since an instant: subject and words."""
    got = [m for at, m in office.mail.arrived if m.address == OPERATOR and at >= office.on(since)]
    return [(str(read(one)["Subject"]), words(one)) for one in got]


def people(office: Office) -> list[str]:
    """Who was not reached, by which letters' days, and since when nothing reaches him."""
    with office.app.database.read() as conn:
        missed = undelivered(conn, office.app.rules).people
    return [f"{one.person.removeprefix('so-tu-phap-')} {one.road.state} {one.since:%d/%m}" for one in missed]


async def bounced(office: Office) -> None:
    """The focal officer's copy of 19/10 comes back, reported by the mailbox's reader."""
    (row,) = office.rows(
        "SELECT delivery.id FROM delivery JOIN letter ON letter.id = letter WHERE day = '2022-10-19' "
        "AND kind = 'reminder' AND person = 'so-tu-phap-dau-moi'"
    )
    with office.app.database.write() as conn:
        assert bounce(conn, row.id, office.clock.now(), "5.2.2", "full", office.salts)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (NO_SUCH, "máy chủ bên nhận từ chối"),
        (LOST, "không rõ đã đến hay chưa"),
        (LATER, "chưa gửi được thì đã quá thời gian thư còn cần thiết"),
        (None, "bị trả lại, hộp thư đầy (mã 5.2.2)"),
    ],
)
async def test_the_next_mornings_note_names_him_whatever_the_end(
    pressing: Office, fault: Fault | None, why: str
) -> None:
    """Refused, unknown, of no more use or come back; no alarm, for the agency has the letter."""
    pressing.mail.inner.always_fail(FOCAL, fault)
    await pressing.at("19/10 08:30")
    if fault is None:
        await bounced(pressing)
    await pressing.until("21/10")
    told = [said for _, said in notes(pressing, "19/10 08:30") if "không nhận được thư" in said]
    if fault is LATER:  # it is of use until the last day's letter
        assert told == []
        await pressing.until("24/10")
        told = [said for _, said in notes(pressing, "19/10 08:30") if "không nhận được thư" in said]
    (said,) = told
    assert "01 người không nhận được thư, dù nơi khác của cơ quan đã nhận: " in said
    assert f": Sở Tư pháp, đầu mối qua thư điện tử: {why}." in said
    assert FOCAL not in said
    assert not any(isinstance(entry.body, Alarmed) for entry in pressing.entries())


async def test_he_is_told_of_once_and_again_only_when_a_letter_reached_him_in_between(pressing: Office) -> None:
    """The letter of the last day fails him too and makes no second note; mended and broken anew, he is news."""
    pressing.mail.inner.always_fail(FOCAL, NO_SUCH)
    await pressing.at("19/10 08:30")
    await pressing.until("24/10")
    assert people(pressing) == ["dau-moi refused 19/10", "dau-moi refused 19/10"]
    named = [subject for subject, _ in notes(pressing, "19/10 08:30") if "người chưa nhận được thư" in subject]
    assert named == ["Cần xử lý 20/10: 01 người chưa nhận được thư, 01 địa chỉ phải sửa"]
    pressing.mail.inner.always_fail(FOCAL, None)
    pressing.mark("25/10 08:00")
    await pressing.until("26/10")  # qua-han reaches him
    pressing.mail.inner.always_fail(FOCAL, NO_SUCH)
    await pressing.until("31/10")
    assert people(pressing)[2:] == ["dau-moi refused 31/10"]
    await pressing.until("1/11")
    assert any("01 người chưa nhận được thư" in subject for subject, _ in notes(pressing, "1/11 08:30"))


async def test_a_copy_that_fails_is_nobodys_alarm_but_its_address_is_to_be_mended(pressing: Office) -> None:
    """The office mailbox gets copies alone: its address stands in the next note, and only there is anybody told."""
    pressing.mail.inner.always_fail(MAILBOX, NO_SUCH)
    await pressing.at("19/10 08:30")
    await pressing.until("21/10")
    assert people(pressing) == []
    (note,) = [said for _, said in notes(pressing, "19/10 08:30") if "phải sửa" in said]
    assert "01 địa chỉ phải sửa trong danh bạ" in note
    assert "Sở Tư pháp, văn thư." in note


async def test_who_nobody_stands_in_for_is_told_by_an_alarm_and_not_by_the_note(pressing: Office) -> None:
    """Where nobody has the letter the operator hears at once; the next morning says nothing of it again."""
    for address in (FOCAL, DEPUTY, MAILBOX):
        pressing.mail.inner.always_fail(address, NO_SUCH)
    await pressing.at("19/10 08:30")
    await pressing.at("19/10 08:31")
    assert sum(isinstance(entry.body, Alarmed) for entry in pressing.entries()) == 1
    assert people(pressing) == []
