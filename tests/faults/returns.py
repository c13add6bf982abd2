"""Rows 20 to 22: what a real Postfix sends back and a real Dovecot holds, and what somebody made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

from daemon.domain.settings import Mailbox, Sender, Smtp
from daemon.managers.returning import ReadReport
from daemon.store.arrivals import notes
from tests.faults.offices import FOCAL, opened, states, tries
from tests.faults.table import Seen, row
from tests.support.office import Office
from tests.support.postfix_kit import ACCOUNT, PASSWORD, PostOffice, post_office

FORGED = f"{ACCOUNT.partition('@')[0]}+0000000000000000@{ACCOUNT.partition('@')[2]}"


@asynccontextmanager
async def by_post(folder: Path, *people: str) -> AsyncIterator[tuple[Office, PostOffice]]:
    """Give an office whose letters go by a real Postfix in which only these have mailboxes; 3/10 has been sent."""
    secret = folder / "mat-khau"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o600)
    with post_office(("nhac-viec", *people)) as post:
        async with opened(folder) as (office, mail, _):
            mailbox = Mailbox("127.0.0.1", ACCOUNT, secret, post.imap, "none")
            office.settings = replace(
                office.settings,
                sender=Sender(ACCOUNT, "Sở Nội vụ"),
                smtp=Smtp("127.0.0.1", post.smtp, "none", bounce="plus"),
                mailbox=mailbox,
            )
            await mail.lead_to(post.smtp, sender=ACCOUNT)
            await office.reopen()
            await office.at("3/10 08:30")
            yield office, post


def message_id(office: Office) -> str:
    """Return the Message-ID of the reminder of 3/10."""
    (row,) = office.rows(
        "SELECT content.content FROM content JOIN letter ON letter.id = content.letter "
        "WHERE letter.day = '2022-10-03' AND letter.kind = 'reminder'"
    )
    return str(message_from_bytes(row.content)["Message-ID"])


def report(id_: str, *, to: str = ACCOUNT, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Return a report on a letter to the focal officer, as servers write it."""
    return (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mail.example\nTo: {to}\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="A"\n\n--A\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n"
        f"Final-Recipient: rfc822; {FOCAL}\nAction: {action}\nStatus: {status}\n\n--A\n"
        f"Content-Type: message/rfc822\n\nFrom: {ACCOUNT}\nMessage-ID: {id_}\n\nx\n--A--\n"
    ).encode()


async def put_and_read(office: Office, post: PostOffice, *held: bytes) -> ReadReport:
    """Lay messages into the mailbox and read it."""
    for raw in held:
        await asyncio.to_thread(post.put, raw)
    found = await office.app.read_mailbox()
    assert found is not None
    return found


def waiting(office: Office) -> list[str]:
    """Return why messages wait for a person, the oldest first."""
    with office.app.database.read() as conn:
        return [str(one.note.doubt) for one in reversed(notes(conn))]


@row(20)
async def returned(seen: Seen, folder: Path) -> None:
    """The focal officer has no mailbox: Postfix takes his letter and then sends it back."""
    async with by_post(folder, "van-thu") as (office, post):
        seen.equal("accepted at first", states(office, "3/10"), {"dau-moi email": "sent"})
        await asyncio.to_thread(post.wait_for, 1)
        found = await put_and_read(office, post)
        seen.equal("reports that turned sent into bounced", found.bounced, 1)
        await office.at("3/10 09:00")
        seen.equal("states", states(office, "3/10"), {"dau-moi email": "bounced", "van-thu email": "sent"})
        told = [str(one.state) for one in office.outcomes().values() if one.items and one.person.endswith("dau-moi")]
        seen.holds("ledger: bounced", "bounced" in told)
        await asyncio.to_thread(post.wait_for, 1, "van-thu")
        seen.holds("the office mailbox has the letter", holds=True)
        faults = office.rows("SELECT person, status FROM address_fault")
        seen.equal("to be mended", [tuple(one) for one in faults], [("so-tu-phap-dau-moi", "5.1.1")])


@row(21)
async def doubtful_reports(seen: Seen, folder: Path) -> None:
    """A report of a delay, one to a made-up address, one without any reference of ours."""
    async with by_post(folder, "dau-moi") as (office, post):
        known = message_id(office)
        found = await put_and_read(office, post, report(known, action="delayed", status="4.4.1"))
        seen.equal("delayed: noted, bounced", (found.noted, found.bounced), (1, 0))
        seen.holds("the attempt carries the note", "delayed: 4.4.1" in (tries(office, "3/10")[0].detail or ""))
        found = await put_and_read(office, post, report(known, to=FORGED), report("<x@y.example>"))
        seen.equal("forged and without reference: bounced, doubtful", (found.bounced, found.doubtful), (0, 2))
        seen.equal("quarantine", waiting(office), ["forged", "no_reference"])
        seen.equal("states", states(office, "3/10"), {"dau-moi email": "sent"})


@row(22)
async def machines_answer(seen: Seen, folder: Path) -> None:
    """Out of office, an answer by a machine, our own letter come back."""
    async with by_post(folder, "dau-moi") as (office, post):
        known = message_id(office)
        await asyncio.to_thread(post.wait_for, 1, "dau-moi")
        with post.mailbox("dau-moi", readonly=True) as box:
            (own,) = (one.obj.as_bytes() for one in box.fetch(mark_seen=False))
        head = f"From: {FOCAL}\nTo: {ACCOUNT}\nIn-Reply-To: {known}\n"
        answers = (
            f"{head}Auto-Submitted: auto-replied\nSubject: Vắng mặt\n\nĐã gửi văn bản.\n".encode(),
            f"{head}Auto-Submitted: auto-generated\nSubject: Re: đã gửi\n\nĐã gửi văn bản.\n".encode(),
            own,
        )
        before = office.rows("SELECT count(*) FROM letter")
        found = await put_and_read(office, post, *answers)
        seen.equal("read, by machines, replies", (found.read, found.automatic, found.replies), (3, 3, 0))
        await office.at("3/10 09:00")
        await office.at("3/10 13:30")
        seen.equal("letters written in answer", office.rows("SELECT count(*) FROM letter") == before, True)
        settled = office.rows("SELECT count(*) AS n FROM ledger WHERE kind IN ('received', 'declared', 'accepted')")
        seen.equal("confirmations in the ledger", settled[0].n, 0)
