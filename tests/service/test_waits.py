"""A far side that names its own hour is waited for as long as that is of use; then the letter takes the next road."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.domain.words import Channel
from daemon.judgement.health import Ailment
from daemon.store.pauses import pause_road
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault
from tests.support.real_channels import OPERATOR, OPERATORS_CHAT, operator_has_zalo

if TYPE_CHECKING:
    from tests.support.office import Office

FOCAL, MAILBOX = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "van-thu"))
CHAT = "zalo-so-tu-phap"
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550 5.1.1")


def throttled(seconds: float) -> Fault:
    """The far side takes nothing for so long."""
    return Fault(FailureKind.THROTTLED, Phase.ENVELOPE, "-211", retry_after=seconds)


async def test_what_the_weekend_puts_past_its_end_takes_the_next_road_on_friday(report: Office) -> None:
    """Zalo takes nothing before Saturday 06:05, when nothing of ours leaves; on Monday the letter is of no use."""
    report.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {FOCAL}\n        zalo: {CHAT}\n")
    report.edit("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [zalo]\n")
    await report.reload()
    for day in ("21/9", "3/10", "13/10"):
        await report.at(f"{day} 08:30")
    far = report.zalo.inner
    far.fail(CHAT, throttled(2 * 86400.0), throttled(77_700.0))
    await report.at("19/10 08:30")
    query = """SELECT channel, state FROM delivery JOIN letter ON letter.id = letter
        WHERE kind = 'reminder' AND day = '2022-10-19' AND person = 'so-tu-phap-dau-moi' ORDER BY delivery.id"""
    assert [tuple(row) for row in report.rows(query)] == [("zalo", "pending")]
    await report.at("21/10 08:30")
    assert [tuple(row) for row in report.rows(query)] == [("zalo", "refused"), ("email", "sent")]


async def test_a_note_that_would_wait_for_weeks_takes_the_next_road(report: Office) -> None:
    """A letter without an end is waited for a day: the operator has mail, and the quota is used up until November."""
    await report.until("30/9")
    report.clock.move_to(report.on("3/10 08:30"))
    operator_has_zalo(report)
    await report.reload()
    far, zalo = report.mail.inner, report.zalo.inner
    for address in (FOCAL, MAILBOX):
        far.fail(address, NO_SUCH)
    zalo.always_fail(OPERATORS_CHAT, throttled(29 * 86400.0))
    with report.app.database.write() as conn:  # so that the note goes by Zalo; mended before its next road is taken
        pause_road(conn, Channel.EMAIL, "email", "AUTH: 535", "535", report.clock.now())
    await report.at("3/10 08:30")
    query = """SELECT channel, state FROM delivery JOIN letter ON letter.id = letter
        WHERE kind = 'note' ORDER BY position"""
    assert [tuple(row) for row in report.rows(query)] == [("zalo", "refused"), ("email", "pending")]


async def test_a_note_that_waits_for_more_than_a_day_is_a_trouble(report: Office) -> None:
    """The operator's server answers "later" all day long: nothing has failed yet, and all is not well."""
    await report.until("30/9")
    report.clock.move_to(report.on("3/10 08:30"))
    for address in (FOCAL, MAILBOX):
        report.mail.inner.always_fail(address, NO_SUCH)
    report.mail.inner.always_fail(OPERATOR, Fault(FailureKind.TRANSIENT, Phase.ENVELOPE, "450 4.2.0"))
    for words in ("3/10 08:30", "3/10 08:31", "3/10 16:00"):
        assert (await report.at(words)).troubles == ()
    (late,) = (await report.at("4/10 09:00")).troubles
    assert (late.what, late.count) == (Ailment.LATE_NOTE, 1)
