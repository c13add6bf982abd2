"""A letter that was accepted and came back: bounced in the book, given to the next road, its address to be mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from daemon.domain.failures import Alarmed
from daemon.domain.words import Channel, DeliveryState
from daemon.judgement.bounce_tokens import bounce_address, token_of
from daemon.managers.mailbox_reader import MailboxReader
from daemon.managers.repairing import key_of, mend, remember_refusal, to_mend
from daemon.managers.returning import ReadReport
from daemon.store.arrivals import KeptNote, note_content, notes
from notifiers.base import FailureKind, Message
from notifiers.imap_mailbox import MailboxUnavailable, Page, RawMail

if TYPE_CHECKING:
    from tests.support.office import Office

SENDER = "dondoc@so-noi-vu.example"
FOCAL, DEPUTY, OFFICE = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "phu-trach", "van-thu"))


class Box:
    """A mailbox in memory: what it holds has uids from 1; `fails`: it cannot be read."""

    def __init__(self) -> None:
        self.validity = 1
        self.held: list[bytes] = []
        self.fails: MailboxUnavailable | None = None
        self.asked: list[tuple[int | None, int]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def fetch(self, validity: int | None, after: int, since: date, limit: int) -> Page:
        """Return what lies behind a place."""
        self.asked.append((validity, after))
        if self.fails is not None:
            raise self.fails
        start = after if validity == self.validity else 0
        self.meanwhile()
        mails = [RawMail(uid, raw) for uid, raw in enumerate(self.held, 1) if uid > start]
        return Page(self.validity, tuple(mails[:limit]), len(mails) > limit)


def reader(office: Office, box: Box) -> MailboxReader:
    """Return a reader of the box for an office."""
    channels = (Channel.EMAIL, Channel.ZALO)
    return MailboxReader(office.app.database, office.settings, box, office.salts, channels, "hop-thu")


async def read(office: Office, box: Box) -> ReadReport:
    """Read the box now."""
    return await reader(office, box).read_once(office.app.generation.rules, office.clock.now())


async def third(office: Office) -> None:
    """Let the notice of 21/9 and the reminder of 3/10 leave; both go to the focal officer."""
    await office.at("21/9 08:30")
    await office.at("3/10 08:30")


def dsn(message_id: str, recipient: str, *, to: str = SENDER, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Return a report as servers write it."""
    return (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mail.example\nTo: {to}\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="A"\n\n--A\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 <{recipient}> no\n\n--A\nContent-Type: message/rfc822\n\n"
        f"From: {SENDER}\nMessage-ID: {message_id}\n\nx\n--A--\n"
    ).encode()


def id_of(office: Office, day: str) -> str:
    """Return the Message-ID of the reminder of a day."""
    query = """SELECT content.content FROM content JOIN letter ON letter.id = content.letter
        WHERE letter.day = :day AND letter.kind = 'reminder'"""
    (row,) = office.rows(query, day=office.day(day).isoformat())
    return str(message_from_bytes(row.content)["Message-ID"])


def states(office: Office, day: str) -> list[str]:
    """Return "person state" of a day's reminders, in the order of their envelopes."""
    rows = office.rows(
        "SELECT person, state FROM delivery JOIN letter ON letter.id = delivery.letter "
        "WHERE letter.day = :day AND kind = 'reminder' ORDER BY delivery.id",
        day=office.day(day).isoformat(),
    )
    return [f"{row.person.removeprefix('so-tu-phap-')} {row.state}" for row in rows]


def kept(office: Office) -> list[KeptNote]:
    """Return the messages that wait for a person."""
    with office.app.database.read() as conn:
        return notes(conn)


def delivery_of(office: Office, person: str = "so-tu-phap-dau-moi") -> int:
    """Return the id of the last delivery to a person."""
    found: int = office.rows("SELECT max(id) AS id FROM delivery WHERE person = :person", person=person)[0].id
    return found


def token_address(office: Office, delivery: int) -> str:
    """Return the envelope sender of a delivery."""
    with office.app.database.write() as conn:
        key = key_of(conn, office.clock.now(), office.salts)
    found = bounce_address(SENDER, delivery, key)
    assert found is not None
    return found


async def test_a_bounce_opens_the_next_road(report: Office) -> None:
    """The letter of 3/10 came back: the book says so, the office mailbox gets it, the address is on the list."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL)]
    found = await read(report, box)
    assert (found.read, found.bounced, found.roads, found.nobody) == (1, 1, 1, [])
    assert states(report, "3/10") == ["dau-moi bounced", "van-thu pending"]
    await report.at("3/10 09:00")
    again = [message for _, message in report.mail.arrived if id_of(report, "3/10").encode() in message.content]
    assert [message.address for message in again] == [FOCAL, OFFICE]
    assert again[0].content == again[1].content
    assert states(report, "3/10") == ["dau-moi bounced", "van-thu sent"]
    told = [one for one in report.outcomes().values() if one.state is DeliveryState.BOUNCED]
    assert [(one.person, one.detail) for one in told] == [("so-tu-phap-dau-moi", "5.1.1 550 <…> no")]
    assert FOCAL not in str(report.rows("SELECT * FROM ledger_body"))
    with report.app.database.read() as conn:
        (fault,) = to_mend(conn, report.app.generation.rules)
    assert (fault.person, fault.channel, fault.status, fault.times) == ("so-tu-phap-dau-moi", "email", "5.1.1", 1)
    assert FOCAL not in str(report.rows("SELECT * FROM address_fault"))


async def test_a_report_read_twice_counts_once(report: Office) -> None:
    """The same message again, after a folder was made anew, or by a second reader from the same place."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL)]
    await read(report, box)
    assert (await read(report, box)).read == 0
    box.validity = 2
    again = await read(report, box)
    assert (again.read, again.bounced, again.doubtful) == (1, 0, 0)
    assert box.asked == [(None, 0), (1, 1), (1, 1)]
    assert states(report, "3/10") == ["dau-moi bounced", "van-thu pending"]


async def test_two_readers_at_once_take_a_message_once(report: Office) -> None:
    """Another process was faster between the fetching and the writing: this one stops and changes nothing."""
    await third(report)
    box, other = Box(), Box()
    box.held = other.held = [dsn(id_of(report, "3/10"), FOCAL), b"From: a@b.example\n\nreply\n"]

    def meanwhile() -> None:
        taken = reader(report, other)._read_once(report.app.generation.rules, report.clock.now())
        assert (taken.read, taken.bounced, taken.replies) == (2, 1, 1)

    box.meanwhile = meanwhile
    assert (await read(report, box)).read == 0
    assert len(kept(report)) == 1


async def test_a_token_is_enough_where_nothing_is_returned(report: Office) -> None:
    """Behind a forwarding address another one failed; the token says whose letter it was."""
    await third(report)
    box = Box()
    box.held = [dsn("<khac@x.example>", "ngoai@gmail.example", to=token_address(report, delivery_of(report)))]
    found = await read(report, box)
    assert (found.bounced, found.roads, found.doubtful) == (1, 1, 0)
    assert states(report, "3/10")[0] == "dau-moi bounced"


async def test_what_is_forged_or_unmatched_changes_nothing_and_waits_for_a_person(report: Office) -> None:
    """A made-up token, a letter nobody knows, one never sent to that person, no reference, a report in prose."""
    await third(report)
    known = id_of(report, "3/10")
    other = known.replace("dd.", "dd.0")[:4] + "0" * 32 + known[known.index("@") :]
    forged = f"dondoc+{token_of(delivery_of(report), b'x' * 32)}@so-noi-vu.example"
    box = Box()
    box.held = [
        dsn(known, FOCAL, to=forged),
        dsn(other, FOCAL),
        dsn(known, DEPUTY),
        dsn("<x@y.example>", FOCAL),
        f"From: postmaster@mail.example\nSubject: khong gui duoc den {FOCAL}\n\nno such user {FOCAL}\n".encode(),
        b"From: abuse@mail.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=A\n\n--A--\n",
    ]
    found = await read(report, box)
    assert (found.read, found.bounced, found.doubtful) == (6, 0, 6)
    assert states(report, "3/10") == ["dau-moi sent"]
    assert [note.note.doubt for note in reversed(kept(report))] == [
        "forged", "unknown_letter", "other_recipient", "no_reference", "unreadable", "complaint",
    ]  # fmt: skip
    assert FOCAL not in kept(report)[1].note.subject
    with report.app.database.read() as conn:
        assert note_content(conn, kept(report)[-1].id) == box.held[0]
        assert to_mend(conn, report.app.generation.rules) == []


async def test_delays_and_arrivals_are_noted_once(report: Office) -> None:
    """The last attempt carries the note; the letter stays sent and opens no road."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL, action="delayed", status="4.4.1")] * 2
    found = await read(report, box)
    assert (found.noted, found.bounced, found.doubtful) == (2, 0, 0)
    assert states(report, "3/10") == ["dau-moi sent"]
    (row,) = report.rows("SELECT detail FROM attempt WHERE delivery = :id", id=delivery_of(report))
    assert row.detail.endswith("; delayed: 4.4.1 550 <…> no")
    assert row.detail.count("delayed") == 1


async def test_people_and_machines_who_write_back_change_nothing(report: Office) -> None:
    """Out of office never counts; a person's answer is flagged, with who wrote and about which letter."""
    await third(report)
    known = id_of(report, "3/10")
    own = next(m.content for _, m in report.mail.arrived if m.address == FOCAL)
    box = Box()
    box.held = [
        f"From: {FOCAL}\nAuto-Submitted: auto-replied\nIn-Reply-To: {known}\n\nvang mat\n".encode(),
        f"From: Mẫu <{FOCAL}>\nSubject: Re: đã gửi, hỏi {OFFICE}\nIn-Reply-To: {known}\n\nchao\n".encode(),
        own,
        b"From: la@x.example\n\nhoi\n",
    ]
    found = await read(report, box)
    assert (found.read, found.automatic, found.replies, found.doubtful) == (4, 2, 2, 0)
    stranger, reply = (note.note for note in kept(report))
    assert (reply.person, reply.subject, reply.content) == ("so-tu-phap-dau-moi", "Re: đã gửi, hỏi …", None)
    assert report.rows("SELECT id FROM letter WHERE id = :id", id=reply.letter)
    assert (stranger.person, stranger.letter) == (None, None)
    assert states(report, "3/10") == ["dau-moi sent"]


async def test_a_full_mailbox_is_no_fault_of_the_address(report: Office) -> None:
    """The letter did not arrive and goes its next way; nobody is asked to mend an address."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL, status="5.2.2")]
    found = await read(report, box)
    assert (found.bounced, found.roads) == (1, 1)
    with report.app.database.read() as conn:
        assert to_mend(conn, report.app.generation.rules) == []


async def test_when_every_road_came_back_somebody_must_be_told(report: Office) -> None:
    """The officer's letter and the office mailbox's: nobody has it, and no road is left."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL)]
    await read(report, box)
    await report.at("3/10 09:00")
    box.held.append(dsn(id_of(report, "3/10"), OFFICE))
    found = await read(report, box)
    (letter,) = report.rows(
        "SELECT id FROM letter WHERE day = :day AND kind = 'reminder'", day=report.day("3/10").isoformat()
    )
    assert (found.bounced, found.roads, found.nobody) == (1, 0, [letter.id])
    assert states(report, "3/10") == ["dau-moi bounced", "van-thu bounced"]
    reached = {one.id: one.accepted_at for one in report.app.snapshot(report.clock.now()).history.letters}
    assert reached.pop(letter.id) is None  # nobody has it: no later letter may lean on it
    assert None not in reached.values()
    await report.at("3/10 09:15")
    told = [entry.body.letters for entry in report.entries() if isinstance(entry.body, Alarmed)]
    assert told == [(letter.id,)]


async def test_a_report_that_comes_too_late_opens_no_road(report: Office) -> None:
    """The step is no longer of use: the letter is not sent after it."""
    await third(report)
    report.clock.move_to(report.on("20/10"))
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL)]
    found = await read(report, box)
    assert (found.bounced, found.roads, len(found.nobody)) == (1, 0, 1)


async def test_others_have_it_and_the_officer_gets_it_by_his_other_channel(report: Office) -> None:
    """don-doc of 19/10 went to three: who was addressed and got nothing is not served by a copy to others."""
    report.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {FOCAL}\n        zalo: zalo-so-tu-phap\n")
    await report.reload()
    await third(report)
    await report.at("13/10 08:30")
    await report.at("19/10 08:30")
    box = Box()
    box.held = [dsn(id_of(report, "19/10"), FOCAL)]
    found = await read(report, box)
    assert (found.bounced, found.roads, found.nobody) == (1, 1, [])
    await report.at("19/10 08:45")
    assert states(report, "19/10") == ["dau-moi bounced", "phu-trach sent", "van-thu sent", "dau-moi sent"]


async def test_the_office_mailbox_is_not_given_twice_what_it_has(report: Office) -> None:
    """The letter of 19/10 lies there as a copy, and a copy that came back is nobody's who must act."""
    await third(report)
    await report.at("13/10 08:30")
    await report.at("19/10 08:30")
    box = Box()
    box.held = [dsn(id_of(report, "19/10"), FOCAL), dsn(id_of(report, "19/10"), DEPUTY)]
    found = await read(report, box)
    assert (found.bounced, found.roads, found.nobody) == (2, 0, [])


async def test_a_report_faster_than_our_own_book_is_read_next_time(report: Office) -> None:
    """The server bounced before its 250 was written down: nothing is lost, nothing is called unknown."""
    box = Box()
    seen: list[ReadReport] = []

    async def while_sending(message: Message) -> None:
        if message.address == FOCAL:
            box.held = [dsn(id_of(report, "3/10"), FOCAL)]
            seen.append(await read(report, box))

    report.mail.on_offer = while_sending
    await third(report)
    report.mail.on_offer = None
    assert [(one.read, one.doubtful) for one in seen] == [(0, 0)]
    assert (await read(report, box)).bounced == 1


async def test_a_mailbox_that_cannot_be_read_stops_nothing(report: Office) -> None:
    """The reason is told, and the next time goes on where the last one ended."""
    box = Box()
    box.fails = MailboxUnavailable(FailureKind.MISCONFIGURED, "login refused")
    assert (await read(report, box)).unavailable == "login refused"
    box.fails, box.held = None, [b"From: a@b.example\n\nx\n"] * 120
    assert (await read(report, box)).replies == 120  # page by page
    assert [after for _, after in box.asked] == [0, 0, 50, 100]


async def test_what_waits_for_a_person_is_kept_ninety_days(report: Office) -> None:
    """Then the note goes; the message itself was never ours to delete."""
    box = Box()
    box.held = [b"From: a@b.example\n\nx\n"]
    await read(report, box)
    report.clock.move_to(report.clock.now() + timedelta(days=90))
    await read(report, box)
    assert len(kept(report)) == 1
    report.clock.move_to(report.clock.now() + timedelta(seconds=1))
    await read(report, box)
    assert kept(report) == []


async def test_an_address_leaves_the_list_when_somebody_changed_it(report: Office) -> None:
    """Not before; and if the new one fails too, it comes on anew."""
    await third(report)
    box = Box()
    box.held = [dsn(id_of(report, "3/10"), FOCAL)]
    await read(report, box)
    rules = report.app.generation.rules
    assert mend(report.app.database, rules, report.clock.now()) == 0
    report.edit("agencies.yaml", f"email: {FOCAL}\n", "email: moi@so-tu-phap.example\n")
    await report.reload()
    rules = report.app.generation.rules
    with report.app.database.read() as conn:
        assert to_mend(conn, rules) == []
    await read(report, box)
    (row,) = report.rows("SELECT mended_at FROM address_fault")
    assert row.mended_at is not None
    with report.app.database.write() as conn:
        road = ("so-tu-phap-dau-moi", Channel.EMAIL)
        assert remember_refusal(conn, rules, road, "550 5.1.1", "no", report.clock.now(), report.salts)
        assert remember_refusal(conn, rules, road, "550 5.1.1", "no", report.clock.now(), report.salts)
        (fault,) = to_mend(conn, rules)
    assert (fault.times, fault.status) == (2, "5.1.1")


async def test_a_report_about_an_address_changed_since_accuses_nobody(report: Office) -> None:
    """The letter went to the old address: the new one is not put on the list for it."""
    await third(report)
    report.edit("agencies.yaml", f"email: {FOCAL}\n", "email: moi@so-tu-phap.example\n")
    await report.reload()
    box = Box()
    box.held = [dsn("<x@y.example>", FOCAL, to=token_address(report, delivery_of(report)))]
    assert (await read(report, box)).bounced == 1
    with report.app.database.read() as conn:
        assert to_mend(conn, report.app.generation.rules) == []


@pytest.mark.parametrize(
    ("road", "code"),
    [
        (("so-tu-phap-dau-moi", Channel.EMAIL), "552 5.2.2"),
        (("so-tu-phap-dau-moi", Channel.ZALO), "550 5.1.1"),
        (("khong-con-ai", Channel.EMAIL), "550 5.1.1"),
    ],
)
async def test_not_every_refusal_is_an_address_to_mend(report: Office, road: tuple[str, Channel], code: str) -> None:
    """A full mailbox, a channel with codes of its own, a person no longer in the register."""
    with report.app.database.write() as conn:
        now, rules = report.clock.now(), report.app.generation.rules
        assert not remember_refusal(conn, rules, road, code, "no", now, report.salts)
        assert conn.execute(text("SELECT count(*) FROM address_fault")).scalar() == 0
