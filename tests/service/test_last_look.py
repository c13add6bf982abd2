"""A letter is looked at once more when its bytes are frozen: nobody who has sent is chased, no key is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from daemon.domain.entries import Received, Voided
from daemon.domain.words import DeliveryState
from notifiers.base import FailureKind, Message, Phase
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

FOCAL = "dau-moi@so-tu-phap.example"
BUSY = Fault(FailureKind.TRANSIENT, Phase.ENVELOPE, "450")


async def due_together(offices: Offices, plan_text: Callable[..., str]) -> Office:
    """Return an office where Sở Tư pháp owes two things of one day, on the eve of don-doc (19/10)."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao", "ho-so-cham-diem"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("18/10")
    return office


def state_of(office: Office, day: str) -> set[str]:
    """Return the states of the deliveries of a day's reminders."""
    query = "SELECT DISTINCT state FROM delivery JOIN letter ON letter.id = delivery.letter WHERE day = :day"
    return {row.state for row in office.rows(query, day=office.day(day).isoformat())}


async def test_what_comes_in_between_composing_and_sending_stops_the_letter(report: Office) -> None:
    """A document entered after the letter was composed and before it left: cancelled, never sent."""
    await report.until("18/10")
    report.clock.move_to(report.on("19/10 08:30"))
    planned = await report.app.tick()
    assert len(planned.planned.letters) == 1
    report.enter(Received("12/BC-STP"), report.key())  # the workers have been set going and not been waited for
    await report.app.settle()
    await report.at("19/10 08:31")
    assert report.letters(since="19/10") == ["19/10 so-tu-phap receipt"]
    assert {one.state for one in report.outcomes().values() if one.items} == {DeliveryState.SENT, "cancelled"}
    assert state_of(report, "19/10") == {"cancelled", "sent"}


async def test_what_comes_in_while_a_copy_is_on_its_way_stops_the_next(report: Office) -> None:
    """The first envelope of a letter has left when the document is entered: the others are cancelled."""
    await report.until("18/10")

    async def entered_meanwhile(message: Message) -> None:
        report.mail.on_offer = None
        report.enter(Received("12/BC-STP"), report.key())

    report.mail.on_offer = entered_meanwhile
    await report.at("19/10 08:30")
    gone = [one for one in report.outcomes().values() if one.items and "don-doc" in one.items[0]]
    assert sorted(one.state for one in gone) == ["cancelled", "cancelled", "sent"]
    await report.until("31/12", approving=True)
    assert report.letters(since="19/10") == [
        "19/10 so-tu-phap officers 2: bao-cao don-doc",
        "19/10 so-tu-phap receipt",
    ]


async def test_one_of_two_is_in_so_the_letter_speaks_of_the_other(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """A letter that could not leave is written again without what has come in meanwhile, as its next version."""
    office = await due_together(offices, plan_text)
    for address in (FOCAL, "phu-trach@so-tu-phap.example", "van-thu@so-tu-phap.example"):
        office.mail.inner.fail(address, BUSY)
    await office.at("19/10 08:30")
    office.enter(Received("12/BC-STP"), office.key("bao-cao"))
    await office.at("19/10 08:40")
    await office.until("19/10")
    assert office.letters(since="19/10") == [
        "19/10 so-tu-phap officers 2: ho-so-cham-diem don-doc",
        "19/10 so-tu-phap receipt",
    ]
    don_doc = {key for key, outcome in office.outcomes().items() if outcome.items and "don-doc" in outcome.items[0]}
    letters = [message for _, message in office.mail.arrived if message.key in don_doc]
    assert [message.key.split(".")[1] for message in letters] == ["2"] * 3  # version 2 is what everybody has
    body = message_from_bytes(letters[0].content, policy=policy.default).get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert "hồ sơ tự chấm điểm" in said
    assert "II. " not in said


async def test_the_steps_of_a_cancelled_letter_are_free_again(report: Office) -> None:
    """A receipt entered by mistake cancels the letter; once it is voided the same step goes after all."""
    await report.until("18/10")
    for address in (FOCAL, "phu-trach@so-tu-phap.example", "van-thu@so-tu-phap.example"):
        report.mail.inner.fail(address, BUSY)
    await report.at("19/10 08:30")
    entry = report.enter(Received("12/BC-STP"), report.key())
    await report.at("19/10 08:40")
    assert state_of(report, "19/10") >= {"cancelled"}
    report.enter(Voided(entry.seq, "nhập nhầm cơ quan"), by="chi-lan")
    await report.until("21/10")
    reminders = [line for line in report.letters(since="19/10") if "officers" in line]
    assert reminders == ["20/10 so-tu-phap officers 2: bao-cao don-doc"]
    held = report.rows("SELECT withdrawn FROM letter_item WHERE step = 'don-doc' ORDER BY withdrawn")
    assert [row.withdrawn for row in held] == [0, 1]


async def test_a_receipt_is_not_sent_for_an_entry_that_was_voided(report: Office) -> None:
    """An entry of the night is voided before the office opens: nobody hears of it."""
    report.clock.move_to(report.on("19/10 20:00"))
    entry = report.enter(Received("12/BC-STP"), report.key())
    await report.app.tick()
    report.enter(Voided(entry.seq, "nhập nhầm cơ quan"))
    await report.until("20/10")
    assert [line for line in report.letters() if "receipt" in line] == []


async def test_bytes_of_one_letter_are_the_same_for_everybody(report: Office) -> None:
    """To, Cc and the office mailbox get one letter, byte for byte, in an envelope each."""
    await report.until("19/10")
    last = [message for instant, message in report.mail.arrived if instant > report.clock.now() - timedelta(days=1)]
    assert len(last) == 3
    assert len({message.content for message in last}) == 1
    assert len({message.address for message in last}) == 3
