"""Who holds up whom: a slow server its own letters, a letter we fail on none, a channel out of order all of its."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import Entry
from daemon.domain.failures import TemplateFailed
from daemon.domain.settings import Pace, Smtp
from daemon.domain.words import Channel, LetterKind
from daemon.judgement.snapshot import Snapshot
from daemon.managers.writing import Writer
from daemon.rendering.message import Rendered
from daemon.store.letters import StoredLetter
from notifiers.base import BeforeDot, FailureKind, Message, Phase, Receipt
from notifiers.mail_servers import MailServer, MailServers
from notifiers.memory import Fault, MemoryNotifier
from tests.support.office import plan_text

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

AGENCIES = ["so-tu-phap", "so-y-te", "so-cong-thuong"]
LOCKED_OUT = Fault(FailureKind.MISCONFIGURED, Phase.CONNECT, "535")


@pytest.fixture
async def three(offices: Offices) -> Office:
    """Three agencies owing the report of 24/10, known since 20/9: the step nhac is on 3/10."""
    office = offices({"a.yaml": plan_text(AGENCIES, ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("30/9")
    return office


def reminders(office: Office) -> list[str]:
    """Return, in order, to which agencies a reminder of 3/10 was accepted."""
    query = """SELECT letter.agency FROM delivery JOIN letter ON letter.id = delivery.letter
        WHERE letter.kind = 'reminder' AND letter.day = '2022-10-03' AND delivery.state = 'sent'
        ORDER BY delivery.accepted_at, delivery.id"""
    return [row.agency for row in office.rows(query)]


def attempts(office: Office, agency: str) -> list[tuple[str, str | None]]:
    """Return (outcome, detail) of the attempts of the reminder of 3/10 to an agency, in order."""
    query = """SELECT attempt.outcome, attempt.detail FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        JOIN letter ON letter.id = delivery.letter
        WHERE letter.kind = 'reminder' AND letter.day = '2022-10-03' AND letter.agency = :agency
        ORDER BY attempt.started_at, attempt.n"""
    return [(row.outcome, row.detail) for row in office.rows(query, agency=agency)]


async def test_a_slow_server_holds_up_its_own_letters_alone(three: Office) -> None:
    """While one server answers nobody, what goes by the other arrives; both are at work at once."""
    go, both = asyncio.Event(), asyncio.Event()

    class Quick(MemoryNotifier):
        """A server that says when it has had two letters."""

        async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
            """Take one."""
            receipt = await super().deliver(message, before_dot)
            if len(self.accepted) == 2:
                both.set()
            return receipt

    class Slow(MemoryNotifier):
        """A server that takes its time."""

        async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
            """Answer once let go."""
            await go.wait()
            return await super().deliver(message, before_dot)

    slow, quick = Slow("email"), Quick("email")
    servers = MailServers([MailServer("email", quick), MailServer("email 2", slow, ("so-y-te.example",))])
    three.settings = replace(three.settings, smtp=None, pace=Pace(workers=1))
    await three.reopen()
    three.app.dispatcher.roads.notifiers = three.app.dispatcher.deliverer.notifiers = {Channel.EMAIL: servers}
    three.clock.move_to(three.on("3/10 08:30"))
    await three.app.tick()
    await both.wait()
    assert sorted(reminders(three)) != AGENCIES
    assert slow.accepted == []
    go.set()
    await three.app.settle()
    assert sorted(reminders(three)) == sorted(AGENCIES)


async def test_a_letter_we_fail_on_is_set_aside(three: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug met by one agency's letter three times refuses that letter, is told, and holds up no other."""
    plain = Writer.render

    def broken(
        self: Writer, stored: StoredLetter, snapshot: Snapshot, entries: Sequence[Entry], now: datetime
    ) -> Rendered:
        if stored.letter.agency == "so-y-te" and stored.letter.kind is LetterKind.REMINDER:
            raise ZeroDivisionError
        return plain(self, stored, snapshot, entries, now)

    monkeypatch.setattr(Writer, "render", broken)
    await three.until("3/10")
    assert sorted(reminders(three)) == ["so-cong-thuong", "so-tu-phap"]
    told = attempts(three, "so-y-te")[:3]
    assert told == [("broken", "internal error (ZeroDivisionError)")] * 3
    states = [one.state for one in three.outcomes().values() if one.agency == "so-y-te" and one.level]
    assert "refused" in states


async def test_a_template_that_fails_is_told(three: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain letter leaves in its place; the ledger keeps the fault, for the operator's next note."""
    plain = Writer.render

    def faulty(
        self: Writer, stored: StoredLetter, snapshot: Snapshot, entries: Sequence[Entry], now: datetime
    ) -> Rendered:
        done = plain(self, stored, snapshot, entries, now)
        return replace(done, fault="nhac.j2:3: không có “co_quam”") if stored.letter.agency == "so-y-te" else done

    monkeypatch.setattr(Writer, "render", faulty)
    await three.at("3/10 08:30")
    assert sorted(reminders(three)) == sorted(AGENCIES)
    (told,) = [entry.body for entry in three.entries() if isinstance(entry.body, TemplateFailed)]
    assert (told.agency, told.fault) == ("so-y-te", "nhac.j2:3: không có “co_quam”")


async def test_a_channel_that_cannot_carry_is_tried_with_one_letter(three: Office) -> None:
    """A login refused stops the channel: one attempt, not one per letter; every half hour one letter tries again."""
    mail = three.mail.inner
    for agency in AGENCIES:
        mail.always_fail(f"dau-moi@{agency}.example", LOCKED_OUT)
        mail.always_fail(f"van-thu@{agency}.example", LOCKED_OUT)
    before = len(mail.attempts)
    await three.at("3/10 08:30")
    assert len(mail.attempts) == before + 1
    await three.at("3/10 08:45")
    assert len(mail.attempts) == before + 1
    await three.at("3/10 09:00")
    assert len(mail.attempts) == before + 2
    assert reminders(three) == []
    for agency in AGENCIES:
        mail.always_fail(f"dau-moi@{agency}.example", None)
    await three.at("3/10 09:30")
    await three.at("3/10 09:31")
    assert sorted(reminders(three)) == sorted(AGENCIES)


async def test_the_pace_is_kept(three: Office) -> None:
    """One letter a minute: a virtual minute, a letter; the rest waits."""
    smtp = Smtp("mail.example", rate_per_second=1 / 60, rate_per_hour=None)
    three.settings = replace(three.settings, smtp=smtp, email="smtp", pace=Pace())
    await three.reopen()
    for minute in range(4):
        await three.at(three.on("3/10 08:30") + timedelta(minutes=minute))
        assert len(reminders(three)) == min(minute + 1, 3)
