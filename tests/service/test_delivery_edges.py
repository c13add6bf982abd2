"""A delivery at its edges: an answer that comes late or cannot be written, a bug of ours, a record that was undone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from daemon.domain.entries import DeliveryOutcome, Received
from daemon.domain.failures import Retried
from daemon.domain.settings import Limits
from daemon.domain.words import Channel
from daemon.errors import StoreBusy
from daemon.managers import delivering
from daemon.managers.intake import Intake, Wanted
from daemon.managers.record import Record
from daemon.store.claiming import claim, dot_leaving, freeze
from daemon.store.ledger import NewEntry, append
from notifiers.base import BeforeDot, FailureKind, Message, Phase, Receipt
from notifiers.memory import Fault, MemoryNotifier
from tests.support.office import plan_text

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

FOCAL, MAILBOX = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "van-thu"))
CHAT = "zalo-so-tu-phap"
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550 5.1.1")
LOCKED_OUT = Fault(FailureKind.MISCONFIGURED, Phase.CONNECT, "535")

Event = Callable[[], Awaitable[None]]


class Far(MemoryNotifier):
    """A far side at which something happens before its reply to DATA, or after it has the whole letter."""

    def __init__(self, name: str = "email") -> None:
        super().__init__(name)
        self.early: Event | None = None
        self.late: Event | None = None

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Take a letter."""
        if self.early is not None:
            await self.early()
        receipt = await super().deliver(message, before_dot)
        if self.late is not None:
            await self.late()
        return receipt


def far_side(office: Office, channel: Channel = Channel.EMAIL) -> Far:
    """Put a far side of this test in the place of the office's."""
    far = Far("email" if channel is Channel.EMAIL else "zalo_bot")
    dispatcher = office.app.dispatcher
    dispatcher.deliverer.notifiers = {**dispatcher.deliverer.notifiers, channel: far}
    return far


def of_nhac(office: Office, columns: str = "delivery.state") -> list[Any]:
    """Return columns of the deliveries of the reminder of 3/10, in order."""
    query = f"""SELECT {columns} FROM delivery JOIN letter ON letter.id = delivery.letter
        WHERE letter.kind = 'reminder' AND letter.day = '2022-10-03' ORDER BY delivery.id"""  # noqa: S608 - fixed words
    return [row[0] if len(row) == 1 else tuple(row) for row in office.rows(query)]


def attempts(office: Office) -> list[str]:
    """Return how the attempts of the reminder of 3/10 ended."""
    query = """SELECT outcome FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        JOIN letter ON letter.id = delivery.letter WHERE letter.kind = 'reminder' AND letter.day = '2022-10-03'
        ORDER BY attempt.started_at, attempt.rowid"""
    return [row.outcome for row in office.rows(query)]


def copies(far: MemoryNotifier, address: str = FOCAL) -> int:
    """Return how many letters arrived at an address."""
    return sum(message.address == address for message in far.accepted)


@pytest.fixture
async def ready(report: Office) -> Office:
    """Sở Tư pháp's reminder nhac goes to one officer on 3/10; the weekly report is left out."""
    report.app.office_letters.report_at = None
    await report.until("30/9")
    report.clock.move_to(report.on("3/10 08:30"))
    return report


def zalo_alone(office: Office) -> None:
    """Let the focal officer be written to by Zalo alone."""
    office.edit(
        "agencies.yaml",
        f"email: {FOCAL}\n",
        f"email: {FOCAL}\n        zalo: {CHAT}\n        kenh: [zalo]\n",
    )
    office.edit("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n")


@pytest.mark.parametrize("late", [True, False])
async def test_an_answer_later_than_the_lease_is_written_and_nothing_goes_twice(ready: Office, late: bool) -> None:
    """The server takes longer than the lease, ticks go on meanwhile: what is in hand is left to its holder."""
    far = far_side(ready)
    seen: list[str] = []

    async def slow() -> None:
        if not seen:
            ready.clock.move_to(ready.clock.now() + timedelta(seconds=ready.app.settings.pace.lease + 60))
            await ready.app.tick()
            seen.extend(of_nhac(ready))

    far.late, far.early = (slow, None) if late else (None, slow)
    await ready.app.tick()
    await ready.app.settle()
    assert seen == ["sending"]
    for minutes in (1, 20, 40):
        await ready.at(ready.on("3/10 08:50") + timedelta(minutes=minutes))
    assert (copies(far), of_nhac(ready)) == (1, ["sent"])
    assert attempts(ready) == (["sent"] if late else ["lease ended", "sent"])


@pytest.mark.parametrize("late", [True, False])
async def test_a_locked_database_turns_no_answer_into_a_copy(
    ready: Office, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the lock when the answer is to be written, or the dot: it is tried until it is free."""
    monkeypatch.setattr(delivering, "FINISH_EVERY", 0.001)
    far, store = far_side(ready), ready.app.dispatcher.deliverer.store
    refused: list[object] = []
    plain = store.write
    with ready.app.database.write() as conn:
        conn.execute(text("PRAGMA busy_timeout = 0"))
    with closing(sqlite3.connect(ready.settings.database, isolation_level=None)) as other:

        async def locked() -> None:
            if not refused:
                other.execute("BEGIN IMMEDIATE")

        async def counted(do: Any) -> Any:
            try:
                return await plain(do)
            except StoreBusy:
                refused.append(do)
                if len(refused) == 5:
                    other.execute("ROLLBACK")
                raise

        monkeypatch.setattr(store, "write", counted)
        far.late, far.early = (locked, None) if late else (None, locked)
        await ready.app.tick()
        await ready.app.settle()
        assert len(refused) == 5
        assert of_nhac(ready) == (["sent"] if late else ["pending"])
        await ready.at("3/10 08:32")
        await ready.at("3/10 09:00")
    assert (copies(far), of_nhac(ready)) == (1, ["sent"])
    assert attempts(ready) == (["sent"] if late else ["temporary", "sent"])


async def test_a_bug_after_the_dot_is_unknown_and_makes_three_copies_at_most(ready: Office) -> None:
    """Our own program fails once the server has the letter: as with a lost answer, a quarter of an hour apart."""
    far = far_side(ready)

    async def bug() -> None:
        raise ZeroDivisionError

    far.late = bug
    await ready.at("3/10 08:30")
    assert of_nhac(ready, "delivery.state, next_at") == [("unknown", "2022-10-03T01:45:00.000000Z")]
    for clock in ("08:44", "08:45", "09:00", "09:15", "10:00", "11:00"):
        await ready.at(f"3/10 {clock}")
    await ready.at("4/10 08:30")
    assert (copies(far), attempts(ready)) == (3, ["broken"] * 3)
    assert of_nhac(ready, "delivery.state, unknowns, next_at") == [("unknown", 3, None)]


async def test_a_bug_after_a_zalo_message_has_left_sends_no_second(ready: Office) -> None:
    """Zalo cannot tell a copy: unknown, not again, and the office mailbox gets the letter in the same pass."""
    zalo_alone(ready)
    await ready.reload()
    far = far_side(ready, Channel.ZALO)

    async def bug() -> None:
        raise ZeroDivisionError

    far.late = bug
    await ready.at("3/10 08:30")
    assert of_nhac(ready) == ["unknown", "sent"]
    await ready.until("4/10")
    assert copies(far, CHAT) == 1


async def test_a_bug_before_the_dot_is_definite(ready: Office) -> None:
    """The dot was not on disk: nothing has left, and the letter goes a minute later."""
    far = far_side(ready)

    async def bug() -> None:
        far.early = None
        raise ZeroDivisionError

    far.early = bug
    await ready.at("3/10 08:30")
    assert of_nhac(ready) == ["pending"]
    await ready.at("3/10 08:32")
    assert (copies(far), of_nhac(ready), attempts(ready)) == (1, ["sent"], ["broken", "sent"])


async def test_a_crash_after_a_zalo_message_left_opens_the_next_road(ready: Office) -> None:
    """What Zalo leaves unknown counts as not delivered, whoever finds it: here the recovery after a crash."""
    zalo_alone(ready)
    await ready.reload()
    await ready.app.dispatcher.drain(0)  # nothing is handed over: the tick only plans
    await ready.app.tick()
    now = ready.clock.now()
    with ready.app.database.write() as conn:
        (taken,) = claim(conn, "node", now, timedelta(minutes=15), 9)
        freeze(conn, taken, "Kính gửi".encode(), now)
        assert dot_leaving(conn, taken, now)
    await ready.reopen()
    await ready.at("3/10 08:45")
    assert of_nhac(ready, "channel, delivery.state") == [("zalo", "unknown"), ("email", "sent")]


async def test_throttled_past_its_end_it_takes_the_next_road_at_once(ready: Office) -> None:
    """The server will take nothing before the letter is of no more use: the mailbox gets it in the same pass."""
    far = far_side(ready)
    far.fail(FOCAL, Fault(FailureKind.THROTTLED, Phase.ENVELOPE, "450", retry_after=86400.0 * 60))
    await ready.at("3/10 08:30")
    assert of_nhac(ready, "person, delivery.state") == [
        ("so-tu-phap-dau-moi", "refused"),
        ("so-tu-phap-van-thu", "sent"),
    ]


async def test_a_dead_address_does_not_keep_a_mended_channel_waiting(ready: Office) -> None:
    """The letter that is to try the channel is refused for its address: the next one tries a tick later."""
    far = far_side(ready)
    far.fail(FOCAL, LOCKED_OUT)
    await ready.at("3/10 08:30")
    assert of_nhac(ready) == ["pending"]
    far.always_fail(FOCAL, NO_SUCH)
    await ready.at("3/10 09:00")
    await ready.at("3/10 09:01")
    assert of_nhac(ready, "person, delivery.state") == [
        ("so-tu-phap-dau-moi", "refused"),
        ("so-tu-phap-van-thu", "sent"),
    ]
    assert ready.rows("SELECT * FROM channel_pause WHERE over_at IS NULL") == []


async def test_a_letter_taken_back_leaves_the_trying_to_the_next(ready: Office) -> None:
    """The document comes between the look and the claim: the letter that was to try is gone, the receipt tries."""
    far = far_side(ready)
    far.fail(FOCAL, LOCKED_OUT)
    await ready.at("3/10 08:30")
    ready.clock.move_to(ready.on("3/10 09:00"))
    await ready.app.tick()
    ready.enter(Received("12/BC-STP"), ready.key())
    await ready.app.settle()
    await ready.at("3/10 09:01")
    await ready.at("3/10 09:02")
    assert of_nhac(ready) == ["cancelled"]
    assert copies(far) == 1


async def test_an_entry_read_before_it_was_undone_hides_no_other(ready: Office) -> None:
    """A transaction that was read from is rolled back; the document entered in its place stops the letter."""
    app, before = ready.app, ready.entries()[-1].seq

    def read_and_undone() -> None:
        with app.database.write() as conn:
            append(conn, [NewEntry("dondoc", None, Retried("khong-co", 1))], ready.clock.now(), ready.salts)
            app.record.refresh(conn)  # as a letter committed together with it does
            raise StoreBusy

    with pytest.raises(StoreBusy):
        read_and_undone()
    assert app.record.entries[-1].seq == before + 1
    other_process = Intake(app.database, app.rules, Record(), ready.salts)
    other_process.enter([Wanted(Received("12/BC-STP"), ready.key())], "chi-lan", ready.clock.now())
    await ready.at("3/10 08:30")
    assert of_nhac(ready) == []
    with app.database.read() as conn:
        app.record.refresh(conn)
    assert app.record.entries == [one for one in ready.entries() if not isinstance(one.body, DeliveryOutcome)]


@pytest.mark.parametrize("part", ["office_letters", "alarms"])
async def test_a_part_that_fails_keeps_no_letter_back(
    ready: Office, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in what is written to the office: the agencies' letters leave, and the outside hears of it."""

    def bug(*_: object) -> None:
        raise ZeroDivisionError

    before = ready.app.ticked_at
    monkeypatch.setattr(getattr(ready.app, part), "run", bug)
    await ready.at("3/10 08:30")
    assert of_nhac(ready) == ["sent"]
    assert ready.app.ticked_at == before


async def test_stopping_waits_for_the_letter_in_hand_and_writes_its_answer(ready: Office) -> None:
    """SIGTERM between the dot and the answer: the worker ends its letter, the writing thread its transaction."""
    far = far_side(ready)
    reached, go = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        reached.set()
        await go.wait()

    far.late = held
    await ready.app.tick()
    await reached.wait()
    stopping = asyncio.create_task(ready.app.drain(60))
    await asyncio.sleep(0)
    go.set()
    assert await stopping
    assert of_nhac(ready) == ["sent"]


async def test_told_to_stop_before_the_answer_it_is_unknown_afterwards(ready: Office) -> None:
    """The server does not answer in the time given for stopping: as after a crash, one more copy of the same bytes."""
    far = far_side(ready)
    reached = asyncio.Event()

    async def silent() -> None:
        reached.set()
        await asyncio.Event().wait()

    far.late = silent
    await ready.app.tick()
    await reached.wait()
    assert not await ready.app.drain(0)
    await ready.reopen()
    assert of_nhac(ready) == ["sending"]
    await ready.at("3/10 08:45")
    assert of_nhac(ready) == ["unknown"]
    await ready.at("3/10 09:00")
    assert of_nhac(ready) == ["sent"]
    assert [message.content for message in far.accepted] == [ready.mail.arrived[-1][1].content]


def forget(office: Office, agency: str, others: list[str]) -> None:
    """Take an agency out of the register, and out of the plan that `others` still follow."""
    register = office.folder / "agencies.yaml"
    said = register.read_text("utf-8")
    start = said.index(f"\n  - ma: {agency}\n")
    register.write_text(said[:start] + said[said.index("\n  - ma:", start + 1) :], "utf-8")
    (office.folder.parent / "schedules" / "a.yaml").write_text(plan_text(others, ["bao-cao"]), "utf-8")


@pytest.mark.parametrize("waits", ["reminder", "receipt", "unknown", "crash"])
async def test_an_agency_taken_out_of_the_files_stops_nobody_else(offices: Offices, waits: str) -> None:
    """A letter to it waits, or was on its way in a crash: it is taken back or left, and the others get theirs."""
    gone, stays = "so-tu-phap", "so-y-te"
    office = offices({"a.yaml": plan_text([gone, stays], ["bao-cao"])}, start="20/9 10:00")
    office.settings = replace(office.settings, limits=Limits(removal_percent=100))
    await office.reopen()
    office.app.office_letters.report_at = None
    await office.at("20/9 10:00")
    await office.until("30/9")
    fault = Fault(FailureKind.TRANSIENT, Phase.CONTENT if waits == "unknown" else Phase.ENVELOPE)
    for agency in (gone, stays):
        office.mail.inner.fail(f"dau-moi@{agency}.example", fault)
    if waits == "receipt":
        office.clock.move_to(office.on("2/10 20:00"))
        office.enter(Received("12/BC-STP"), office.key())
    office.clock.move_to(office.on("3/10 08:30"))
    if waits == "crash":
        await office.app.dispatcher.drain(0)
    await office.app.tick()
    await office.app.settle()
    if waits == "crash":
        now = office.clock.now()
        with office.app.database.write() as conn:
            for taken in claim(conn, "node", now, timedelta(minutes=15), 9):
                freeze(conn, taken, b"Subject: nhac\n\n", now)
                assert dot_leaving(conn, taken, now)
    forget(office, gone, [stays])
    await office.reload()
    await office.reopen()
    office.app.office_letters.report_at = None
    offered = len(office.mail.inner.attempts)
    for clock in ("08:46", "09:02", "09:20"):
        await office.at(f"3/10 {clock}")
    assert office.app.ticked_at == office.clock.now()  # no part of the tick has failed
    at_last = office.rows("SELECT DISTINCT agency, delivery.state FROM delivery JOIN letter ON letter.id = letter")
    states = {agency: {row.state for row in at_last if row.agency == agency} for agency in (gone, stays)}
    assert states[stays] == {"sent"}
    assert states[gone] <= {"sent", "cancelled", "unknown"}
    assert not any(gone in key for key in office.mail.inner.attempts[offered:])
