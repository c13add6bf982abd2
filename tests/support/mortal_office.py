"""An office whose process dies at named points of a conversation, and a far side that holds it to its promises.

A process that dies leaves what was committed: at the point of death the database is copied, whatever the office still
does afterwards is forgotten, and the next process opens the copy.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from daemon.clock import VirtualClock, local, utc
from daemon.domain.entries import Received
from daemon.domain.letters import ItemKey
from daemon.domain.obligations import ObligationKey
from daemon.domain.warnings import Warned
from daemon.domain.words import ACCEPTED_STATES, Channel, LetterKind, Matter, Tier
from daemon.errors import EntryRefused
from daemon.managers.clock_guard import ClockGuard
from daemon.managers.reloader import Generation, read_generation
from daemon.store.letters import StoredLetter, stored_letters
from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt
from tests.support.office import FarSide, Office, make_office, on, plan_text

AGENCIES = ("so-tu-phap", "so-y-te")
MILESTONES = ("bao-cao", "ho-so-cham-diem")
LATER = plan_text(["so-tu-phap"], ["bao-cao"], plan="ke-hoach-hai").replace(
    "trước ngày 25/10/2022", "trước ngày 15/11/2022"
)
BEGIN = "7/10 10:00"
WINDOWS = ((time(8, 30), time(11, 30)), (time(13, 30), time(16, 30)))


class Point(StrEnum):
    """Where in the conversation the process dies."""

    CONNECT = "before connect"
    DATA = "in DATA"
    DOT = "after the dot, not taken"
    TAKEN = "after the dot, taken"
    ANSWERED = "after 250"


class Trouble(StrEnum):
    """What the far side says instead of taking a letter."""

    GREYLISTED = "450"
    NO_SUCH = "550"
    CUT = "cut after the dot, not taken"
    MEANWHILE = "taken, and meanwhile the document comes in"
    LATER = "450, and then the document comes in"


class SetClock(VirtualClock):
    """A clock that can also be set back."""

    def set_to(self, instant: datetime) -> None:
        """Show another time, whatever it was."""
        self._now = utc(instant)


@cache
def generations() -> tuple[Office, Generation, Generation, bytes]:
    """Return an office's files read, with one plan and with two, and its database once it has met what is owed."""
    with TemporaryDirectory() as folder:
        office = make_office(Path(folder), {"a.yaml": plan_text(AGENCIES, MILESTONES)}, start=BEGIN)
        first = office.generation
        office.app.planner.run(on(BEGIN))
        office.app.database.close()
        (office.folder.parent / "schedules" / "b.yaml").write_text(LATER, "utf-8")
        second = read_generation(office.settings, on(BEGIN))
        return office, first, second, office.settings.database.read_bytes()


@dataclass(eq=False)
class FarEnd:
    """The far side. `died` is set once the process has died: nothing arrives any more.

    `doom`: after how many letters more, and where, it dies; `trouble`: what the next letters meet.
    """

    office: MortalOffice
    name: str = "email"
    doom: tuple[int, Point] | None = None
    trouble: list[Trouble] = field(default_factory=list)
    died: bool = False
    took: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    bytes_of: dict[tuple[str, str], bytes] = field(default_factory=dict)
    letter_of: dict[ItemKey, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Take a letter, meet trouble, or see the process die; a promise broken is noted, for the office goes on."""
        try:
            return await self._deliver(message, before_dot)
        except AssertionError as broken:
            self.broken.append(str(broken))
            raise

    async def _deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        if self.died:
            raise _lost(Phase.CONNECT)
        self.office.hold_to_promises(message)
        doom = self._doomed()
        if doom in {Point.CONNECT, Point.DATA}:
            self._die()
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble in {Trouble.MEANWHILE, Trouble.LATER}:
            self.office.submit_all(message)
        if trouble in {Trouble.GREYLISTED, Trouble.LATER}:
            raise _refused(FailureKind.TRANSIENT, "450 4.2.0")
        if trouble is Trouble.NO_SUCH:
            raise _refused(FailureKind.PERMANENT, "550 5.1.1")
        await before_dot()
        if doom is Point.DOT:
            self._die()
        if trouble is Trouble.CUT:
            raise _lost(Phase.CONTENT)
        self._take(message)
        if doom is not None:
            self.struck[message.key] += 1
            self._die()
        return Receipt(f"q{sum(self.took.values())}", "250")

    async def aclose(self) -> None:
        """Keep everything."""

    def _doomed(self) -> Point | None:
        if self.doom is None:
            return None
        others, point = self.doom
        self.doom = (others - 1, point) if others else None
        return None if others else point

    def _die(self) -> None:
        self.died = True
        self.office.keep_image()
        raise _lost(Phase.CONNECT)

    def _take(self, message: Message) -> None:
        self.took[message.key] += 1
        letter, version, _, channel = message.key.rsplit(".", 3)
        assert self.took[message.key] <= 1 + self.struck[message.key], f"two of {message.key} without a crash"
        same = self.bytes_of.setdefault((letter, f"{version} {channel}"), message.content)
        assert same == message.content, f"copies of {letter} differ"
        for item in self.office.letter(message).letter.items:
            assert self.letter_of.setdefault(item.key, letter) == letter, f"{item.key} went out in two letters"


def _lost(phase: Phase) -> DeliveryError:
    return DeliveryError(FailureKind.TRANSIENT, "connection lost", phase=phase, maybe_accepted=phase is Phase.CONTENT)


def _refused(kind: FailureKind, code: str) -> DeliveryError:
    return DeliveryError(kind, code, phase=Phase.ENVELOPE, code=code)


class MortalOffice:
    """Two agencies and two documents due on 24/10, on a machine whose clocks the test moves."""

    def __init__(self, folder: Path) -> None:
        office, first, self.second, database = generations()
        self.folder = folder
        self.settled: set[ObligationKey] = set()
        self.approved: set[str] = set()
        self.clock = SetClock(on(BEGIN))
        self.leapt = timedelta()  # what the clock showed to pass and did not
        self.lives = 0
        self.far = FarEnd(self)
        settings = replace(office.settings, database=folder / "dondoc.db", weekly_report=None, tomorrow_note=None)
        settings.database.write_bytes(database)
        settings.database.chmod(0o600)
        unused = FarSide(self.clock, "email")
        self.office = Office(settings, self.clock, first, unused, unused, channels={Channel.EMAIL: self.far})
        self._watch()

    def _watch(self) -> None:
        self.office.app.watch_clock(ClockGuard(self.office.app.database, self.office.salts, self.clock.now, self._boot))

    def _boot(self) -> float:
        return (self.clock.now() - on(BEGIN) - self.leapt).total_seconds()

    async def tick(self) -> None:
        """Tick, let every letter that is due go, and be born again if that was death."""
        await self.office.app.tick()
        await self.office.app.settle()
        if self.far.died:
            await self.rebirth()
            await self.tick()

    def keep_image(self) -> None:
        """Copy what is committed."""
        with (
            closing(sqlite3.connect(self.office.settings.database)) as dying,
            closing(sqlite3.connect(self._image())) as image,
        ):
            dying.backup(image)

    def _image(self) -> Path:
        return self.folder / f"life-{self.lives + 1}.db"

    async def rebirth(self) -> None:
        """Begin anew on what the last process left."""
        await self.office.app.aclose()
        self.lives += 1
        image = self.folder / f"life-{self.lives}.db"
        image.chmod(0o600)
        self.office.settings = replace(self.office.settings, database=image)
        self.far.died = False
        self.office.open()
        self._watch()

    async def restart(self) -> None:
        """Stop the process in peace and start it again."""
        await self.office.reopen()
        self._watch()

    def letter(self, message: Message) -> StoredLetter:
        """Return the letter a message is of."""
        id_ = message.key.split(".")[0]
        with self.office.app.database.read() as conn:
            return stored_letters(conn, [id_])[id_]

    def submit_all(self, message: Message) -> None:
        """Enter every document a letter asks for."""
        for item in self.letter(message).letter.items:
            owed = item.key.obligation
            if owed not in self.settled:
                with suppress(EntryRefused):
                    self.office.enter(Received("12/BC"), owed)
                    self.settled.add(owed)

    def hold_to_promises(self, message: Message) -> None:
        """What is about to be handed over may be: in hours, to nobody who has sent, to no head unapproved."""
        stored = self.letter(message)
        if self._on_the_clock(stored):
            return  # it leaves by another time than the one shown: test_clock_telling asks by which
        now = local(self.clock.now())
        open_ = any(begin <= now.time() <= end for begin, end in WINDOWS)
        assert open_, f"{message.key} at {now:%H:%M}"
        assert now.weekday() < 5, f"{message.key} on a day off, {now:%d/%m}"
        if stored.letter.kind is not LetterKind.REMINDER:
            return
        assert stored.letter.level < 3 or now.time() <= WINDOWS[0][1], f"level {stored.letter.level} at {now:%H:%M}"
        chased = {item.key.obligation for item in stored.letter.items} & self.settled
        assert not chased, f"{chased} has been sent and is chased"
        if stored.letter.tier is Tier.HEAD:
            assert stored.id in self.approved, f"{stored.id} goes to a head unapproved"

    def _on_the_clock(self, stored: StoredLetter) -> bool:
        """Say whether a letter is the note that the clock is wrong, which alone leaves while it is."""
        told = [entry.body for entry in self.office.entries() if entry.seq == stored.source_seq]
        return any(isinstance(body, Warned) and body.matter is Matter.CLOCK for body in told)

    def hold_to_record(self) -> None:
        """No promise was broken, what the database says agrees with what the far side has, nothing is forgotten."""
        assert not self.far.broken, self.far.broken
        with self.office.app.database.read() as conn:
            rows = conn.execute(
                text(
                    "SELECT letter, version, person, channel, state, unknowns, next_at, finished_at, detail, "
                    "(SELECT count(*) FROM attempt WHERE delivery = delivery.id AND ended_at IS NULL) AS under_way "
                    "FROM delivery"
                )
            ).all()
        accepted = {str(state) for state in ACCEPTED_STATES}
        for row in rows:
            key = f"{row.letter}.{row.version}.{row.person}.{row.channel}"
            assert not (row.detail or "").startswith("internal error"), f"{key}: {row.detail}"
            told = f"{key}: {row.state}, {row.unknowns} unknown, taken {self.far.took[key]}"
            assert row.state not in accepted or self.far.took[key], f"said to be sent, never taken: {told}"
            assert not self.far.took[key] or row.state in {*accepted, "unknown", "sending"}, f"taken and denied: {told}"
            doubted = row.state == "sending" or row.unknowns >= self.far.struck[key]
            assert doubted, f"nobody knows whether it arrived, and that is not said: {told}"
            waits_for_a_person = row.state in {"held", "unknown"}
            assert row.finished_at or row.next_at or waits_for_a_person, f"forgotten: {told}"
            assert row.under_way == (row.state == "sending"), f"an attempt without an end: {told}"
