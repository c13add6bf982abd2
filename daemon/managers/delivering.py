"""One delivery from its claim to its end: asked once more whether it should go, handed over, written down.

A row before the network, and again after. What goes wrong in our own program is an end too, so that one letter never
holds up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import count

import structlog
from sqlalchemy import Connection

from daemon.clock import Clock
from daemon.domain.letters import DeliveryKey
from daemon.domain.settings import Pace
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level
from daemon.errors import StoreBusy
from daemon.judgement.blame import Fault
from daemon.judgement.detours import comes_too_late
from daemon.judgement.dispatching import next_hour
from daemon.judgement.judging import Judge
from daemon.judgement.retry import next_attempt_at
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.managers.envelopes import BouncesTo
from daemon.managers.last_look import LastLook
from daemon.managers.next_roads import open_next
from daemon.managers.record import Record
from daemon.managers.repairing import remember_refusal
from daemon.managers.road_watch import RoadWatch, at_fault
from daemon.store.claiming import Claim, Stuck, claim, dot_leaving, finish, freeze, frozen
from daemon.store.due import Due
from daemon.store.group_commit import GroupCommit
from daemon.store.ledger import Salts
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.results import Broken, Refused, Result, Sent, Temporary, Unknown
from notifiers.base import DeliveryError, FailureKind, Message, Notifier, Phase

log = structlog.get_logger(__name__)

FINISH_EVERY = 2.0
"""Seconds between tries to write down how an attempt ended, while the database cannot be written."""


class Stale(Exception):
    """The claim was taken away: somebody else decides about this delivery now."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What leaves now is judged by: files and letters past as of the last look, and where each person is reached."""

    snapshot: Snapshot
    judge: Judge
    address: Callable[[str, Channel], str | None]

    @property
    def rules(self) -> Rulebook:
        """The files."""
        return self.snapshot.rules


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed delivery with the bytes that leave and where they go."""

    taken: Claim
    stored: StoredLetter
    message: Message


@dataclass(slots=True)
class Deliverer:
    """Delivers for one node.

    `on_roads` is called when more may be due at once, `on_pause` when a road cannot carry; `bounces_to` gives the
    envelope sender of a delivery by its id.
    """

    store: GroupCommit
    record: Record
    last_look: LastLook
    notifiers: Mapping[Channel, Notifier]
    roads: RoadWatch
    clock: Clock
    pace: Pace
    salts: Salts
    node: str
    on_roads: Callable[[], None]
    on_pause: Callable[[str], None]
    bounces_to: BouncesTo
    in_hand: set[int] = field(default_factory=set)
    """Deliveries being handed over: their answer will be written, however long their lease has been over."""

    async def deliver(self, due: Due, grounds: Grounds) -> None:
        """Take one delivery through an attempt; StoreBusy if the database cannot be written before it is claimed."""
        taken = await self.store.write(lambda conn: self._claim(conn, due, grounds))
        if taken is None:
            return
        self.in_hand.add(taken.id)
        try:
            result = await self._attempt(taken, grounds)
            if result is not None:
                await self._write_down(taken, result, grounds)
        finally:
            self.in_hand.discard(taken.id)

    def resend_at(self, stuck: Stuck, rules: Rulebook, now: datetime) -> datetime | None:
        """When bytes somebody may have go again: by mail and to a gateway, in sending hours; to Zalo itself never."""
        notifier = self.notifiers.get(stuck.key.channel)
        limit = self.pace.resend_unknown
        # Zalo has no idempotency key: a second copy could not be told from the first.
        if notifier is None or notifier.name in _NEVER_TWICE or (limit is not None and stuck.unknowns > limit):
            return None
        if stuck.agency not in rules.register.by_id:  # the files have lost it since: by what hours should it go?
            return None
        after = now + timedelta(seconds=self.pace.unknown_after)
        reminder = stuck.kind is LetterKind.REMINDER
        morning = reminder and stuck.level >= Level.OVERDUE
        return rules.sending_days(stuck.agency).next_from(after, soft=not reminder, morning=morning)

    def _claim(self, conn: Connection, due: Due, grounds: Grounds) -> Claim | None:
        now = self.clock.now()
        route = partial(self._route, due.person, due.channel, grounds)
        if self.roads.rests(conn, route, now):  # it may have stopped since the last look
            return None
        found = claim(conn, self.node, now, timedelta(seconds=self.pace.lease), 1, among=(due.id,))
        if found:
            self.roads.tried(conn, route(), now)
        return found[0] if found else None

    def _route(self, person: str, channel: Channel, grounds: Grounds) -> str:
        return self.roads.route(channel, grounds.address(person, channel))

    async def _attempt(self, taken: Claim, grounds: Grounds) -> Result | None:
        """Take a claimed delivery up to its end; None if that is written already, or is no longer ours to write."""
        try:
            ready, more = await self.store.write(lambda conn: self._prepare(conn, taken, grounds))
            if more:
                self.on_roads()
            return None if ready is None else await self._hand_over(ready, grounds)
        except StoreBusy as error:  # nothing has left: what completes the letter waits for the commit before it
            log.warning("attempt_postponed", letter=taken.key.letter, error=str(error))
            return Temporary("the database could not be written", self._next_attempt(taken))
        except Exception as error:  # our own fault with one letter: it is set aside, the others go on
            log.exception("letter_failed", letter=taken.key.letter, attempt=taken.attempt)
            stored = await self.store.write(partial(_stored, letter=taken.key.letter))
            resend_at = self.resend_at(_stuck(taken, stored), grounds.rules, self.clock.now())
            return Broken(f"internal error ({type(error).__name__})", self._next_attempt(taken), resend_at)

    async def _write_down(self, taken: Claim, result: Result, grounds: Grounds) -> None:
        """Finish, however long it takes: a full disk or a held lock must not turn an answer into *unknown*.

        The claim stays in hand meanwhile, so that nobody here sends a second copy.
        """
        for told in count():
            try:
                more = await self.store.write(lambda conn: self._end(conn, taken, result, self.clock.now(), grounds))
            except StoreBusy as error:
                if not told:
                    log.warning("finish_postponed", letter=taken.key.letter, error=str(error))
                await asyncio.sleep(FINISH_EVERY)
            else:
                if more:  # only now can anybody else see it
                    self.on_roads()
                return

    def _next_attempt(self, taken: Claim) -> datetime | None:
        return next_attempt_at(taken.attempt, self.clock.now(), taken.expires_at, jitter=_jitter(taken))

    def _prepare(self, conn: Connection, taken: Claim, grounds: Grounds) -> tuple[Ready | None, bool]:
        """Freeze the bytes of a letter that still stands; None if the attempt has ended here, and whether more is due.

        One that was to try a paused road and did not leaves the trying to the next.
        """
        ready, more = self._ready(conn, taken, grounds)
        if ready is None:
            self.roads.not_tried(conn, self._route(taken.key.person, taken.key.channel, grounds), self.clock.now())
        return ready, more

    def _ready(self, conn: Connection, taken: Claim, grounds: Grounds) -> tuple[Ready | None, bool]:
        now = self.clock.now()
        snapshot = self.record.again(conn, grounds.snapshot)
        stored = _stored(conn, taken.key.letter)
        wanted, more = self.last_look.still_wanted(conn, taken, stored, snapshot, grounds.judge, now)
        if not wanted:
            return None, more
        hour = next_hour(stored.letter, snapshot.rules, now)
        if hour > now:
            finish(conn, taken, Temporary("outside sending hours", hour), now, self.salts)
            return None, False
        address = grounds.address(taken.key.person, taken.key.channel)
        if address is None or taken.key.channel not in self.notifiers:
            return None, self._end(conn, taken, Refused("no address by this channel"), now, grounds)
        content = frozen(conn, taken.key)
        if content is None:
            content = freeze(conn, taken, self.last_look.written(conn, taken, stored, snapshot, now), now)
        message = Message(_message_key(taken.key), address, content, self.bounces_to(taken.id))
        return Ready(taken, stored, message), False

    async def _hand_over(self, ready: Ready, grounds: Grounds) -> Result | None:
        taken = ready.taken

        async def before_dot() -> None:
            if not await self.store.write(lambda conn: dot_leaving(conn, taken, self.clock.now())):
                raise Stale

        try:
            receipt = await self.notifiers[taken.key.channel].deliver(ready.message, before_dot)
        except Stale:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
            return None
        except DeliveryError as error:
            log.info("delivery_failed", letter=taken.key.letter, kind=error.kind, phase=error.phase, code=error.code)
            result = self._result(taken, ready.stored, error, grounds)
            if isinstance(result, Temporary) and result.fault is not None:
                result = await self.store.write(partial(self._weighed, taken=taken, result=result, grounds=grounds))
            if isinstance(result, Temporary) and result.stops:
                self.on_pause(self.roads.route(taken.key.channel, ready.message.address))
            return result
        log.info("delivered", letter=taken.key.letter, channel=taken.key.channel, attempt=taken.attempt)
        return Sent(receipt.provider_id, receipt.detail)

    def _result(self, taken: Claim, stored: StoredLetter, error: DeliveryError, grounds: Grounds) -> Result:
        now = self.clock.now()
        if error.maybe_accepted:
            resend_at = self.resend_at(_stuck(taken, stored), grounds.rules, now)
            return Unknown(error.detail, resend_at, error.code, error.phase)
        if error.kind is FailureKind.PERMANENT:
            return Refused(error.detail, error.code, error.phase)
        wait = next_attempt_at(
            taken.attempt, now, taken.expires_at, jitter=_jitter(taken), retry_after=error.retry_after
        )
        retry_at = next_hour(stored.letter, grounds.rules, wait) if wait is not None else None
        if error.retry_after is not None and not taken.again:
            letter, rules = stored.letter, grounds.rules
            if retry_at is None or comes_too_late(letter, retry_at, taken.expires_at, rules, now):
                # The far side will not take it while it is of use, or for days: another road may.
                return Refused(error.detail, error.code, error.phase)
        # What came before the letter was shown is never its fault.
        certain = error.of_road if error.kind is FailureKind.TRANSIENT else error.phase is Phase.CONNECT
        ended = Temporary(error.detail, retry_at, error.code, error.phase)
        fault = _FAULTS.get(error.kind)
        return at_fault(ended, fault, now) if fault and certain else replace(ended, fault=fault)

    def _weighed(self, conn: Connection, taken: Claim, result: Temporary, grounds: Grounds) -> Result:
        """Return how an attempt ended by what became of other letters by the same road."""
        return self.roads.weighed(conn, taken.key.person, taken.key.channel, result, grounds.address, self.clock.now())

    def _end(self, conn: Connection, taken: Claim, result: Result, now: datetime, grounds: Grounds) -> bool:
        """Write the end of an attempt and what follows from it; say whether more may be due at once."""
        state = finish(conn, taken, result, now, self.salts)
        person, channel = taken.key.person, taken.key.channel
        back = self.roads.ended(conn, channel, self._route(person, channel, grounds), result, now)
        if isinstance(result, Refused):
            remember_refusal(conn, grounds.rules, (person, channel), result.code, result.detail, now, self.salts)
        if state is None:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
        if state not in (DeliveryState.REFUSED, DeliveryState.UNKNOWN):
            return back
        return self.open_roads(conn, taken.key.letter, grounds.rules, now) or back

    def open_roads(self, conn: Connection, letter: str, rules: Rulebook, now: datetime) -> bool:
        """Open the next roads of a letter that did not reach an addressee; say whether there are any."""
        return bool(open_next(conn, letter, set(self.notifiers), rules, now).roads)


def _stored(conn: Connection, letter: str) -> StoredLetter:
    return stored_letters(conn, [letter])[letter]


def _stuck(taken: Claim, stored: StoredLetter) -> Stuck:
    """A claim whose bytes somebody may have now, this attempt counted."""
    letter = stored.letter
    return Stuck(taken.key, taken.kind, letter.agency, letter.level, taken.unknowns + 1, taken.expires_at)


_FAULTS = {
    FailureKind.TRANSIENT: Fault.DEFERRED,
    FailureKind.MISCONFIGURED: Fault.STOPPED,
    FailureKind.DENIED: Fault.DENIED,
}
_NEVER_TWICE = frozenset({"zalo_bot", "zalo_oa", "zalo_zbs"})


def _message_key(key: DeliveryKey) -> str:
    return f"{key.letter}.{key.version}.{key.person}.{key.channel}"


def _jitter(taken: Claim) -> float:
    """A fixed spread in [0, 1): the same delivery and attempt always wait as long."""
    digest = sha256(f"{_message_key(taken.key)}#{taken.attempt}".encode()).digest()
    return digest[0] / 256
