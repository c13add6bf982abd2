"""When a road is closed the letter takes the next; when the answer is lost, only what can be told apart goes again."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Received
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office

FOCAL, DEPUTY, MAILBOX = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "phu-trach", "van-thu"))
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550")
LOST = Fault(FailureKind.TRANSIENT, Phase.CONTENT, arrives=True)
NEVER_CAME = Fault(FailureKind.TRANSIENT, Phase.CONTENT)


def on_zalo(office: Office) -> None:
    """Let the focal officer have Zalo, and the ladder ask for mail and Zalo."""
    office.edit(
        "agencies.yaml",
        "email: dau-moi@so-tu-phap.example\n",
        "email: dau-moi@so-tu-phap.example\n        zalo: zalo-so-tu-phap\n",
    )


async def offered(office: Office, day: str) -> list[str]:
    """Return, in order, to whom and by which channel the letters of a day were offered: "person channel"."""
    query = """SELECT person, channel FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        JOIN letter ON letter.id = delivery.letter WHERE letter.day = :day AND letter.kind = 'reminder'
        ORDER BY started_at, attempt.rowid"""
    return [f"{row.person} {row.channel}" for row in office.rows(query, day=office.day(day).isoformat())]


async def test_refused_everywhere_it_goes_to_the_office_mailbox(report: Office) -> None:
    """The step nhac (3/10) goes to the focal officer alone: refused, it is given to the office mailbox."""
    await report.until("30/9")
    report.mail.inner.always_fail(FOCAL, NO_SUCH)
    await report.until("3/10")
    assert await offered(report, "3/10") == ["so-tu-phap-dau-moi email", "so-tu-phap-van-thu email"]
    assert [message.address for _, message in report.mail.arrived][-1] == MAILBOX
    assert report.letters(since="3/10") == ["3/10 so-tu-phap officers 1: bao-cao nhac"]


async def test_a_refused_officer_is_reached_by_his_other_channel(report: Office) -> None:
    """An officer with Zalo whose mail is refused gets the letter there; the office mailbox is left in peace."""
    on_zalo(report)
    await report.reload()
    await report.until("30/9")
    report.mail.inner.always_fail(FOCAL, NO_SUCH)
    await report.until("3/10")
    assert await offered(report, "3/10") == ["so-tu-phap-dau-moi email", "so-tu-phap-dau-moi zalo"]
    assert [message.address for _, message in report.zalo.arrived] == ["zalo-so-tu-phap"]


async def test_the_last_road_is_the_mailbox_and_then_none(report: Office) -> None:
    """Refused by mail, by Zalo and by the office mailbox: the letter ends, each refusal is in the ledger."""
    on_zalo(report)
    await report.reload()
    await report.until("30/9")
    report.mail.inner.always_fail(FOCAL, NO_SUCH)
    report.mail.inner.always_fail(MAILBOX, NO_SUCH)
    report.zalo.inner.always_fail("zalo-so-tu-phap", NO_SUCH)
    await report.until("12/10")
    roads = ["so-tu-phap-dau-moi email", "so-tu-phap-dau-moi zalo", "so-tu-phap-van-thu email"]
    assert await offered(report, "3/10") == roads
    told = [one for one in report.outcomes().values() if one.items and ":nhac:" in one.items[0]]
    assert [f"{one.person} {one.channel} {one.state}" for one in told] == [f"{road} refused" for road in roads]
    assert report.letters(since="3/10") == []


async def test_others_have_it_so_a_refusal_opens_no_further_road(report: Office) -> None:
    """don-doc goes to three; one of them refused changes nothing for the letter."""
    await report.until("18/10")
    report.mail.inner.always_fail(FOCAL, NO_SUCH)
    await report.until("19/10")
    people = ["so-tu-phap-dau-moi", "so-tu-phap-phu-trach", "so-tu-phap-van-thu"]
    assert await offered(report, "19/10") == [f"{person} email" for person in people]


@pytest.mark.parametrize("faults", [[LOST], [NEVER_CAME], [LOST, LOST], [LOST, NEVER_CAME]])
async def test_a_letter_nobody_answered_for_goes_again_as_it_was(report: Office, faults: list[Fault]) -> None:
    """An unknown e-mail goes again after fifteen minutes, the very same bytes, until it is answered for."""
    await report.until("30/9")
    report.mail.inner.fail(FOCAL, *faults)
    await report.until("3/10")
    nhac = [(instant, m) for instant, m in report.mail.arrived if instant >= report.on("3/10")]
    assert len(nhac) == sum(fault.arrives for fault in faults) + 1
    assert len({message.content for _, message in nhac}) == 1
    attempts = report.rows(
        "SELECT outcome, started_at FROM attempt JOIN delivery ON delivery.id = attempt.delivery JOIN letter ON "
        "letter.id = delivery.letter WHERE letter.day = '2022-10-03' ORDER BY attempt.n"
    )
    assert [row.outcome for row in attempts] == ["unknown"] * len(faults) + ["sent"]
    assert report.letters(since="3/10") == ["3/10 so-tu-phap officers 1: bao-cao nhac"]


async def test_a_letter_never_answered_for_goes_three_times_in_all(report: Office) -> None:
    """Sent again twice at most, a quarter of an hour apart; then it stays unknown, and no other road is tried."""
    await report.until("30/9")
    report.mail.inner.always_fail(FOCAL, LOST)
    await report.until("12/10")
    nhac = [(i, m) for i, m in report.mail.arrived if i >= report.on("3/10") and m.address == FOCAL]
    assert [later - earlier for (earlier, _), (later, _) in pairwise(nhac)] == [timedelta(minutes=15)] * 2
    assert len({message.content for _, message in nhac}) == 1
    states = report.rows(
        "SELECT state, unknowns, next_at FROM delivery JOIN letter ON letter.id = delivery.letter "
        "WHERE letter.day = '2022-10-03' AND letter.kind = 'reminder'"
    )
    assert [tuple(row) for row in states] == [("unknown", 3, None)]


async def test_what_may_have_arrived_is_not_sent_again_once_it_is_answered(report: Office) -> None:
    """The document comes in before the quarter of an hour is over: the unknown letter stays as it is."""
    await report.until("30/9")
    report.mail.inner.fail(FOCAL, LOST)
    await report.at("3/10 08:30")
    report.enter(Received("12/BC-STP"), report.key())
    await report.until("12/10")
    assert len([1 for instant, m in report.mail.arrived if instant >= report.on("3/10")]) == 1 + 2  # and its receipt
    assert report.letters(since="3/10") == [
        "3/10 so-tu-phap officers 1: bao-cao nhac",
        "3/10 so-tu-phap receipt",
    ]


async def test_an_unknown_zalo_message_is_never_repeated(report: Office) -> None:
    """A bot cannot tell a copy: unknown counts as not delivered there, and the office mailbox gets the letter."""
    on_zalo(report)
    report.edit("agencies.yaml", "zalo: zalo-so-tu-phap\n", "zalo: zalo-so-tu-phap\n        kenh: [zalo]\n")
    report.edit("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n")
    await report.reload()
    await report.until("30/9")
    report.zalo.inner.always_fail("zalo-so-tu-phap", NEVER_CAME)
    await report.until("12/10")
    assert await offered(report, "3/10") == ["so-tu-phap-dau-moi zalo", "so-tu-phap-van-thu email"]
    assert len(report.zalo.inner.attempts) == 2  # thong-bao of 21/9, and this one once
    copy = message_from_bytes(report.mail.arrived[0][1].content, policy=policy.default)
    assert "van-thu@so-tu-phap.example" in str(copy["To"])  # the one who has it by mail stands in its header
