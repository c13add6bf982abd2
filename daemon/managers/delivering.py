"""One delivery from its claim to its end: asked once more whether it should go, handed over, written down.

A row before the network, and again after. What goes wrong in our own program is an end too, so that one letter never
holds up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

import structlog
from sqlalchemy import Connection

from daemon.clock import Clock, local_day
from daemon.domain.letters import DeliveryKey
from daemon.domain.settings import Pace
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level
from daemon.errors import StoreBusy
from daemon.judgement.dispatching import closed_items, fallback_roads, next_hour
from daemon.judgement.judging import Judge
from daemon.judgement.retry import next_attempt_at
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.managers.envelopes import BouncesTo
from daemon.managers.record import Record
from daemon.managers.repairing import remember_refusal
from daemon.managers.writing import Writer, subject_of
from daemon.store.claiming import Claim, Stuck, claim, content_leaving, finish, freeze, frozen
from daemon.store.due import Due, add_roads, tried_roads
from daemon.store.group_commit import GroupCommit
from daemon.store.ledger import Salts
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.listing import earlier_letters
from daemon.store.pauses import PROBE_EVERY, pause_channel, put_off_probe, rests, resume_channel
from daemon.store.results import Broken, Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import drop_items, withdraw
from notifiers.base import DeliveryError, FailureKind, Message, Notifier

log = structlog.get_logger(__name__)

FINISH_EVERY = 2.0
"""Seconds between tries to write down how an attempt ended, while the database cannot be written."""


class Stale(Exception):
    """The claim was taken away: somebody else decides about this delivery now."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What leaves now is judged by: the files and letters past as of the last look, and where each person is reached.

    `paused`: channels of which one letter at a time tries whether they carry again.
    """

    snapshot: Snapshot
    judge: Judge
    address: Callable[[str, Channel], str | None]
    paused: frozenset[Channel] = frozenset()

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

    `on_roads` is called when more may be due at once, `on_pause` when a channel cannot carry; `bounces_to` gives the
    envelope sender of a delivery by its id.
    """

    store: GroupCommit
    record: Record
    writer: Writer
    notifiers: Mapping[Channel, Notifier]
    clock: Clock
    pace: Pace
    salts: Salts
    node: str
    on_roads: Callable[[], None]
    on_pause: Callable[[Channel], None]
    bounces_to: BouncesTo

    async def deliver(self, due: Due, grounds: Grounds) -> None:
        """Take one delivery through an attempt; StoreBusy if the database cannot be written before anything left."""
        taken = await self.store.write(lambda conn: self._claim(conn, due, grounds))
        if taken is None:
            return
        try:
            ready = await self.store.write(lambda conn: self._prepare(conn, taken, grounds))
            result = await self._hand_over(ready, grounds) if ready is not None else None
        except StoreBusy:
            raise
        except Exception as error:
            log.exception("letter_failed", letter=taken.key.letter, attempt=taken.attempt)
            stored = await self._stored(taken)
            retry_at = next_attempt_at(taken.attempt, self.clock.now(), taken.expires_at, jitter=_jitter(taken))
            await self._write_down(taken, stored, Broken(f"internal error ({type(error).__name__})", retry_at), grounds)
        else:
            if ready is not None and result is not None:
                await self._write_down(taken, ready.stored, result, grounds)

    def resend_at(self, stuck: Stuck, rules: Rulebook, now: datetime) -> datetime | None:
        """When bytes somebody may have go again: by mail and to a gateway, in sending hours; to Zalo itself never."""
        notifier = self.notifiers.get(stuck.key.channel)
        limit = self.pace.resend_unknown
        # Zalo has no idempotency key: a second copy could not be told from the first.
        if notifier is None or notifier.name in _NEVER_TWICE or (limit is not None and stuck.unknowns > limit):
            return None
        after = now + timedelta(seconds=self.pace.unknown_after)
        reminder = stuck.kind is LetterKind.REMINDER
        morning = reminder and stuck.level >= Level.OVERDUE
        return rules.sending_days(stuck.agency).next_from(after, soft=not reminder, morning=morning)

    def _claim(self, conn: Connection, due: Due, grounds: Grounds) -> Claim | None:
        now = self.clock.now()
        if due.channel in grounds.paused:
            if rests(conn, due.channel, now):
                return None
            put_off_probe(conn, due.channel, now + PROBE_EVERY)  # this one tries; the others wait for what it meets
        found = claim(conn, self.node, now, timedelta(seconds=self.pace.lease), 1, among=(due.id,))
        return found[0] if found else None

    async def _stored(self, taken: Claim) -> StoredLetter:
        return await self.store.write(lambda conn: stored_letters(conn, [taken.key.letter])[taken.key.letter])

    async def _write_down(self, taken: Claim, stored: StoredLetter, result: Result, grounds: Grounds) -> None:
        """Finish while the lease holds: a full disk or a held lock must not turn an answer into *unknown*."""
        for _ in range(max(1, int(self.pace.lease // FINISH_EVERY))):
            try:
                await self.store.write(lambda conn: self._end(conn, taken, stored, result, self.clock.now(), grounds))
            except StoreBusy as error:
                log.warning("finish_postponed", letter=stored.id, error=str(error))
                await asyncio.sleep(FINISH_EVERY)
            else:
                return
        log.error("finish_given_up", letter=stored.id)

    def _prepare(self, conn: Connection, taken: Claim, grounds: Grounds) -> Ready | None:
        """Freeze the bytes of a letter that still stands; None if the attempt has ended here."""
        now = self.clock.now()
        snapshot = self.record.again(conn, grounds.snapshot)
        stored = stored_letters(conn, [taken.key.letter])[taken.key.letter]
        if not self._still_wanted(conn, taken, stored, snapshot, grounds, now):
            return None
        hour = next_hour(stored.letter, snapshot.rules, now)
        if hour > now:
            finish(conn, taken, Temporary("outside sending hours", hour), now, self.salts)
            return None
        address = grounds.address(taken.key.person, taken.key.channel)
        if address is None or taken.key.channel not in self.notifiers:
            self._end(conn, taken, stored, Refused("no address by this channel"), now, grounds)
            return None
        content = frozen(conn, taken.key)
        if content is None:
            content = freeze(conn, taken, self._written(conn, taken, stored, snapshot, now), now)
        return Ready(taken, stored, Message(_message_key(taken.key), address, content, self.bounces_to(taken.id)))

    def _still_wanted(
        self, conn: Connection, taken: Claim, stored: StoredLetter, snapshot: Snapshot, grounds: Grounds, now: datetime
    ) -> bool:
        if stored.letter.kind is LetterKind.REMINDER:
            closed = closed_items(stored.letter, snapshot.standings, grounds.judge, now)
            if not closed:
                return True
            why = "what it asks for is settled, silent or over"
            if taken.again:  # the same bytes or none: the items it holds can no longer be taken out
                finish(conn, taken, Cancelled(why), now, self.salts)
            elif len(closed) == len(stored.letter.items):
                withdraw(conn, stored.id, now, self.salts, why)
            else:
                drop_items(conn, stored.id, closed, now, self.salts)
                self.on_roads()
            return False
        if stored.letter.kind is LetterKind.NOTE:
            return True
        stands = {entry.seq: entry for entry in standing_entries(self.record.entries)}
        source = stands.get(stored.source_seq or 0)
        if source is not None and subject_of(stored, source) in snapshot.standings:
            return True
        withdraw(conn, stored.id, now, self.salts, "its entry was voided")
        return False

    def _written(
        self, conn: Connection, taken: Claim, stored: StoredLetter, snapshot: Snapshot, now: datetime
    ) -> bytes:
        rendered = self.writer.render(stored, snapshot, self.record.entries, now)
        if rendered.fault is not None:
            log.error("template_failed", letter=stored.id, fault=rendered.fault)
        duties = {item.key.obligation for item in stored.letter.items}
        earlier = earlier_letters(conn, duties, taken.key.channel) if duties else []
        return self.writer.write(stored, rendered, taken.key.channel, snapshot, earlier, now)

    async def _hand_over(self, ready: Ready, grounds: Grounds) -> Result | None:
        taken = ready.taken

        async def before_content() -> None:
            if not await self.store.write(lambda conn: content_leaving(conn, taken, self.clock.now())):
                raise Stale

        try:
            receipt = await self.notifiers[taken.key.channel].deliver(ready.message, before_content)
        except Stale:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
            return None
        except DeliveryError as error:
            log.info("delivery_failed", letter=taken.key.letter, kind=error.kind, phase=error.phase, code=error.code)
            if error.kind is FailureKind.MISCONFIGURED and not error.maybe_accepted:
                self.on_pause(taken.key.channel)
                await self.store.write(partial(self._pause, channel=taken.key.channel, error=error))
                return Temporary(error.detail, self.clock.now(), error.code, error.phase)
            return self._result(taken, ready.stored, error, grounds)
        log.info("delivered", letter=taken.key.letter, channel=taken.key.channel, attempt=taken.attempt)
        return Sent(receipt.provider_id, receipt.detail)

    def _pause(self, conn: Connection, channel: Channel, error: DeliveryError) -> None:
        if pause_channel(conn, channel, error.detail, error.code, self.clock.now()):
            log.error("channel_paused", channel=channel, code=error.code, detail=error.detail)

    def _result(self, taken: Claim, stored: StoredLetter, error: DeliveryError, grounds: Grounds) -> Result:
        now = self.clock.now()
        if error.maybe_accepted:
            letter = stored.letter
            stuck = Stuck(taken.key, taken.kind, letter.agency, letter.level, taken.unknowns + 1, taken.expires_at)
            return Unknown(error.detail, self.resend_at(stuck, grounds.rules, now), error.code, error.phase)
        if error.kind is FailureKind.PERMANENT:
            return Refused(error.detail, error.code, error.phase)
        wait = next_attempt_at(
            taken.attempt, now, taken.expires_at, jitter=_jitter(taken), retry_after=error.retry_after
        )
        if wait is None and error.retry_after is not None:
            # The far side will not take it before it is of no more use: another road may.
            return Refused(error.detail, error.code, error.phase)
        retry_at = next_hour(stored.letter, grounds.rules, wait) if wait is not None else None
        return Temporary(error.detail, retry_at, error.code, error.phase)

    def _end(
        self, conn: Connection, taken: Claim, stored: StoredLetter, result: Result, now: datetime, grounds: Grounds
    ) -> None:
        """Write the end of an attempt; where a letter has reached nobody and no more, open the next road."""
        state = finish(conn, taken, result, now, self.salts)
        if state is None:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
            return
        if isinstance(result, Sent) and taken.key.channel in grounds.paused:
            resume_channel(conn, taken.key.channel, now)
            log.info("channel_resumed", channel=taken.key.channel)
        if isinstance(result, Refused):
            road = (taken.key.person, taken.key.channel)
            remember_refusal(conn, grounds.rules, road, result.code, result.detail, now, self.salts)
        if state in (DeliveryState.REFUSED, DeliveryState.UNKNOWN):
            tried = tried_roads(conn, stored.id)
            if tried is None:
                return
            roads = fallback_roads(stored.letter, tried, grounds.rules, local_day(now))
            open_ = [road for road in roads if road[1] in self.notifiers]
            add_roads(conn, stored.id, open_, now)
            log.warning("nobody_reached", letter=stored.id, agency=stored.letter.agency, roads=len(open_))
            if open_:
                self.on_roads()


_NEVER_TWICE = frozenset({"zalo_bot", "zalo_oa", "zalo_zbs"})


def _message_key(key: DeliveryKey) -> str:
    return f"{key.letter}.{key.version}.{key.person}.{key.channel}"


def _jitter(taken: Claim) -> float:
    """A fixed spread in [0, 1): the same delivery and attempt always wait as long."""
    digest = sha256(f"{_message_key(taken.key)}#{taken.attempt}".encode()).digest()
    return digest[0] / 256
