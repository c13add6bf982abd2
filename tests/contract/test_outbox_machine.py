"""Whatever is planned, claimed, sent, lost and recovered, in whatever order: nothing is lost and nothing is denied."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.clock import at
from daemon.domain.entries import DeliveryOutcome
from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey
from daemon.domain.words import ACCEPTED_STATES, Channel, DeliveryState, LetterKind, Level, Reason, Tier
from daemon.store.claiming import Claim, Stuck, claim, dot_leaving, finish, freeze, frozen, recover
from daemon.store.history import PastLetters
from daemon.store.ledger import read, verify
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryLine, deliveries
from daemon.store.opening import open_database
from daemon.store.outbox import NewDelivery, NewLetter, enqueue
from daemon.store.results import Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import approve, drop_items, expire, withdraw
from daemon.store.tables import LIVE
from tests.support.fresh import new_database

START = at(date(2022, 10, 19), time(8, 30))
LEASE = timedelta(minutes=20)
MOST = 2
AGENCY = "so-tu-phap"
MILESTONES = ("bao-cao", "xep-loai")
ENDS = ("temporary", "unknown", "crash", "temporary", "unknown", "crash", "refused", "cancelled")
MOSTLY = st.sampled_from([True, True, True, False])
TRY = st.tuples(MOSTLY, MOSTLY, st.sampled_from(ENDS))


def item(milestone: str, occurrence: int) -> LetterItem:
    """Return the step that this machine repeats for an obligation."""
    key = ItemKey(ObligationKey("1026", milestone, "2022", AGENCY), 1, "qua-han", occurrence, Tier.OFFICERS)
    deadline = Deadline(at(date(2022, 10, 25)), date(2022, 10, 24))
    return LetterItem(key, Level.PRESS, Reason.STEP_REACHED, deadline, "don-doc")


def salts() -> bytes:
    """Return a salt that never varies, so that runs are alike."""
    return b"0123456789abcdef"


@cache
def empty_database() -> bytes:
    """Return the bytes of a database just made."""
    with tempfile.TemporaryDirectory() as folder:
        new_database(Path(folder) / "dondoc.db", now=START)
        return (Path(folder) / "dondoc.db").read_bytes()


class Outbox:
    """Planners, senders and a far side that remembers every copy it took, whoever then hears of it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "dondoc.db").write_bytes(empty_database())
        self.database = open_database(self.folder / "dondoc.db", check=False)
        self.now = START
        self.planned = 0
        self.occurrence = 0
        self.left: set[tuple[int, int]] = set()  # (delivery, attempt) whose first byte was let go
        self.took: Counter[int] = Counter()  # copies the far side has, by delivery
        self.late: list[Claim] = []
        self.versions: dict[tuple[str, str, Channel], int] = {}
        self.steps: dict[ItemKey, str] = {}
        self.copies: dict[tuple[str, int, Channel], bytes] = {}

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def take(self, step: tuple[Any, ...]) -> None:
        """Take one step, as drawn."""
        match step:
            case ("work", tries, minutes):
                self.work(tries, minutes)
            case ("wake", nth, went_on) if self.late:
                self.wake(nth, went_on)
            case ("settle", milestone, whole):
                self.settle(milestone, whole=whole)
            case ("plan", milestones, held):
                self.plan(milestones, held=held, fresh=False)
            case ("approve",):
                self.approve()

    def plan(self, milestones: set[str], *, held: bool, fresh: bool) -> None:
        """Plan a letter by both channels, of fresh steps or of the latest once more; what waits is replaced."""
        self.occurrence += fresh
        items = tuple(item(milestone, self.occurrence) for milestone in sorted(milestones))
        with self.database.read() as conn:
            waiting = tuple(old.id for old in PastLetters().history(conn).letters if old.replaceable)
        people = {Channel.EMAIL: ("p1", "p2"), Channel.ZALO: ("p1",)}
        letter = Letter(
            LetterKind.REMINDER, AGENCY, Tier.OFFICERS, START.date(), self.now, Level.PRESS, items, people, {},
            replaces=waiting,
        )  # fmt: skip
        self.planned += 1
        end = self.now + timedelta(hours=3)
        envelopes = tuple(NewDelivery(p, channel, self.now, end) for channel, ids in people.items() for p in ids)
        with self.database.write() as conn:
            enqueue(conn, [NewLetter(f"L{self.planned}", letter, envelopes, held=held)], self.now, salts)

    def approve(self) -> None:
        """A person approves whatever waits for it."""
        with self.database.write() as conn:
            for letter in PastLetters().history(conn).letters:
                approve(conn, letter.id, "lan.nguyen", self.now)

    def work(self, tries: list[tuple[bool, bool, str]], minutes: int) -> None:
        """Some attempts: claimed, perhaps let go, perhaps taken by the far side, then answered, or left by a crash."""
        with self.database.read() as conn:
            idle = not any(letter.live for letter in PastLetters().history(conn).letters)
        if idle:
            self.plan(set(MILESTONES), held=False, fresh=True)
        for leaves, took, how in tries:
            with self.database.write() as conn:
                taken = claim(conn, "node-1", self.now, LEASE, 1)
            if not taken:
                break
            if leaves:
                self.let_go(taken[0], took=took)
            if how == "crash":
                self.late.append(taken[0])
            else:
                self.finish(taken[0], how)
        self.pass_time(minutes)

    def wake(self, nth: int, went_on: tuple[bool, bool, str]) -> None:
        """A holder that was stopped goes on where it stood, whatever has happened meanwhile."""
        taken = self.late.pop(nth % len(self.late))
        leaves, took, how = went_on
        if leaves:
            self.let_go(taken, took=took)
        if how != "crash":
            self.finish(taken, how)

    def let_go(self, taken: Claim, *, took: bool) -> None:
        """Freeze, record, and only then let the bytes leave; the far side may take them."""
        if (taken.id, taken.attempt) in self.left:
            return
        with self.database.write() as conn:
            content = freeze(conn, taken, f"{taken.key.letter} v{taken.key.version}".encode(), self.now)
            leaving = dot_leaving(conn, taken, self.now)
            items = stored_letters(conn, [taken.key.letter])[taken.key.letter].letter.items
        if not leaving:
            return
        self.left.add((taken.id, taken.attempt))
        self.took[taken.id] += took
        letter, version, person, channel = taken.key
        assert self.copies.setdefault((letter, version, channel), content) == content
        if took:  # whoever has one version has no other of the same letter by the same road
            assert self.versions.setdefault((letter, person, channel), version) == version
            assert {self.steps.setdefault(item.key, letter) for item in items} == {letter}, "a step went out twice"

    def finish(self, taken: Claim, how: str) -> None:
        """Hear the far side's word, which is yes once it has a copy, or hear none."""
        retry_at = self.now + LEASE
        words: dict[str, Result] = {
            "temporary": Temporary("450", retry_at),
            "refused": Refused("550"),
            "unknown": Unknown("no answer", retry_at if taken.unknowns < MOST else None),
            "cancelled": Cancelled("đã nhận"),
        }
        result = words[how]
        if (taken.id, taken.attempt) not in self.left:
            result = words["temporary"] if how == "unknown" else result
        elif self.took[taken.id]:
            result = result if how == "unknown" else Sent("q", "250")
        elif how == "cancelled":
            result = words["refused"]
        with self.database.write() as conn:
            finish(conn, taken, result, self.now, salts)

    def pass_time(self, minutes: int) -> None:
        """Time passes and the next tick recovers and expires."""
        self.now += timedelta(minutes=minutes)

        def resend_at(stuck: Stuck) -> datetime | None:
            return self.now + LEASE if stuck.key.channel is Channel.EMAIL and stuck.unknowns <= MOST else None

        with self.database.write() as conn:
            recover(conn, self.now, salts, resend_at)
            expire(conn, self.now, salts)

    def settle(self, milestone: str, whole: bool) -> None:
        """A document comes in: its item is dropped from every letter that has it, or the letter withdrawn."""
        with self.database.write() as conn:
            for letter in PastLetters().history(conn).letters:
                settled = {key for key in letter.items if key.obligation.milestone == milestone}
                if whole and settled:
                    withdraw(conn, letter.id, self.now, salts)
                else:
                    drop_items(conn, letter.id, settled, self.now, salts)

    def hold(self) -> None:
        """Look once at all there is, and hold it to every promise."""
        with self.database.read() as conn:
            lines = deliveries(conn)
            letters = PastLetters().history(conn).letters
            entries = read(conn)
            kept = {line.key: frozen(conn, line.key) for line in lines}
            assert verify(conn).first_bad is None
        told: defaultdict[tuple[str, str, Channel], list[DeliveryState]] = defaultdict(list)
        for entry in entries:
            assert isinstance(entry.body, DeliveryOutcome)
            told[entry.body.letter, entry.body.person, entry.body.channel].append(entry.body.state)
        held = Counter(key for letter in letters for key in letter.items)
        assert all(count == 1 for count in held.values()), "two letters hold one step"
        assert all(letter.items for letter in letters), "an empty letter stands"
        for line in lines:
            self.hold_delivery(line, kept[line.key])
            said = told[line.key.letter, line.key.person, line.key.channel]
            assert said.count(DeliveryState.UNKNOWN) == line.unknowns, "an unknown is missing in the ledger"
            ended = [state for state in said if state is not DeliveryState.UNKNOWN]
            assert ended == ([] if line.state in LIVE else [line.state]), "an end is not in the ledger exactly once"

    def hold_delivery(self, line: DeliveryLine, content: bytes | None) -> None:
        """Hold one delivery to what it promises."""
        denied = {DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.CANCELLED, DeliveryState.EXPIRED}
        assert not (self.took[line.id] and line.state in denied), "a copy the far side has is denied"
        forgotten = line.next_at is None and line.state is not DeliveryState.UNKNOWN
        assert not (line.state in LIVE and forgotten), "nobody will look at it again"
        assert self.took[line.id] <= line.unknowns + 1 <= MOST + 2, "more copies than one and two sent again"
        name = (line.key.letter, line.key.version, line.key.channel)
        assert name not in self.copies or content == self.copies[name], "other bytes are kept than left"
        assert line.state not in ACCEPTED_STATES or name in self.copies, "accepted without having left"


WORK = st.tuples(st.just("work"), st.lists(TRY, min_size=1, max_size=3), st.sampled_from([15, 0, 15, 0, 200]))
WAKE = st.tuples(st.just("wake"), st.integers(0, 9), TRY)
SETTLE = st.tuples(st.just("settle"), st.sampled_from(MILESTONES), st.booleans())
PLAN = st.tuples(st.just("plan"), st.sets(st.sampled_from(MILESTONES), min_size=1), st.booleans())
APPROVE = st.tuples(st.just("approve"))
STEPS = st.lists(st.one_of(WORK, WORK, WORK, WAKE, SETTLE, PLAN, APPROVE), min_size=8, max_size=16)


@settings(max_examples=40)
@given(STEPS)
def test_nothing_is_lost_denied_or_doubled_in_any_order(steps: list[tuple[Any, ...]]) -> None:
    """After every step, in whatever order they come, every promise of the outbox holds; at the end the chain too."""
    with Outbox() as outbox:
        for step in steps:
            outbox.take(step)
            outbox.hold()
