"""The dispatcher: claims what is due, asks once more whether it should go, hands it over, writes what became of it.

A worker holds one delivery at a time: a row before the network, and again after. Workers live until nothing is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from daemon.judgement.recipients import address_of
from daemon.judgement.retry import next_attempt_at
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.managers.record import Record
from daemon.managers.writing import Writer, subject_of
from daemon.store.claiming import Claim, Stuck, claim, content_leaving, finish, freeze, frozen, recover
from daemon.store.due import add_roads, due_letters, postpone, tried_roads
from daemon.store.engine import Database
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.listing import earlier_letters
from daemon.store.results import Cancelled, Refused, Result, Sent, Temporary, Unknown
from daemon.store.settling import drop_items, expire, withdraw
from notifiers.base import DeliveryError, FailureKind, Message, Notifier

log = structlog.get_logger(__name__)


FINISH_EVERY = 2.0
"""Seconds between tries to write down how an attempt ended, while the database cannot be written."""


class Stale(Exception):
    """The claim was taken away: somebody else decides about this delivery now."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed delivery with the bytes that leave and where they go."""

    taken: Claim
    stored: StoredLetter
    message: Message


class Dispatcher:
    """Delivers for one node. `notifiers` maps a channel to who carries it; a channel without one is not claimed."""

    def __init__(
        self,
        database: Database,
        record: Record,
        writer: Writer,
        notifiers: Mapping[Channel, Notifier],
        clock: Clock,
        pace: Pace,
        salts: Callable[[], bytes],
        node: str,
    ) -> None:
        self.database = database
        self.record = record
        self.writer = writer
        self.notifiers = notifiers
        self.clock = clock
        self.pace = pace
        self.node = node
        self._salts = salts
        self._workers: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._base: tuple[Snapshot, Judge] | None = None

    def recover(self, rules: Rulebook, now: datetime) -> int:
        """Resolve what a crash left behind and end what is no longer of use; return how many deliveries moved."""
        with self.database.write() as conn:
            recovered = recover(conn, now, self._salts, lambda stuck: self._resend_at(stuck, rules, now))
            expired = expire(conn, now, self._salts)
        moved = recovered.pending + recovered.unknown + expired
        if moved:
            log.info("recovered", pending=recovered.pending, unknown=recovered.unknown, expired=expired)
        return moved

    def _resend_at(self, stuck: Stuck, rules: Rulebook, now: datetime) -> datetime | None:
        """When bytes somebody may have go again: by mail and to a gateway, in sending hours; to a Zalo bot never."""
        notifier = self.notifiers.get(stuck.key.channel)
        limit = self.pace.resend_unknown
        # Zalo's bot has no idempotency key: a second copy could not be told from the first.
        if notifier is None or notifier.name == "zalo_bot" or (limit is not None and stuck.unknowns > limit):
            return None
        after = now + timedelta(seconds=self.pace.unknown_after)
        reminder = stuck.kind is LetterKind.REMINDER
        morning = reminder and stuck.level >= Level.OVERDUE
        return rules.sending_days(stuck.agency).next_from(after, soft=not reminder, morning=morning)

    def look(self, snapshot: Callable[[], Snapshot], judge: Judge, now: datetime) -> bool:
        """Put off what is due but may not leave at this hour; say whether anything may.

        `snapshot` gives the files and letters past by which what leaves now is judged; it is asked only if needed.
        """
        with self.database.read() as conn:
            due = stored_letters(conn, due_letters(conn, now))
        if not due:
            return False
        self._base = (snapshot(), judge)
        hours = {id_: next_hour(stored.letter, self._base[0].rules, now) for id_, stored in due.items()}
        closed = {id_: hour for id_, hour in hours.items() if hour > now}
        if closed:
            with self.database.write() as conn:
                for id_, hour in closed.items():
                    postpone(conn, id_, hour, now)
        return len(due) > len(closed)

    def kick(self) -> None:
        """Start the workers that are not at work."""
        for _ in range(self.pace.workers - len(self._workers)):
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    @property
    def busy(self) -> bool:
        """Say whether a worker is at work."""
        return bool(self._workers)

    async def idle(self) -> None:
        """Wait until nothing more is due."""
        while self._workers:
            await asyncio.gather(*self._workers)

    async def drain(self, seconds: float) -> bool:
        """Claim nothing more and wait for the letters in hand; say whether all were finished in time."""
        self._stopping = True
        if not self._workers:
            return True
        _, left = await asyncio.wait(self._workers, timeout=seconds)
        for worker in left:
            worker.cancel()
        return not left

    async def _work(self) -> None:
        while not self._stopping:
            try:
                taken = await asyncio.to_thread(self._claim)
                if taken is None:
                    return
                await self._deliver(taken)
            except StoreBusy as error:
                log.warning("dispatch_postponed", error=str(error))
                return
            except Exception:
                # What this letter was stays claimed until its lease ends; the others have workers still.
                log.exception("dispatch_failed")
                return

    def _claim(self) -> Claim | None:
        lease = timedelta(seconds=self.pace.lease)
        with self.database.write() as conn:
            found = claim(conn, self.node, self.clock.now(), lease, 1)
        return found[0] if found else None

    async def _deliver(self, taken: Claim) -> None:
        ready = await asyncio.to_thread(self._prepare, taken)
        if ready is None:
            return
        result = await self._hand_over(ready)
        if result is not None:
            await self._write_down(ready, result)

    async def _write_down(self, ready: Ready, result: Result) -> None:
        """Finish while the lease holds: a full disk or a held lock must not turn an answer into *unknown*."""
        for _ in range(max(1, int(self.pace.lease // FINISH_EVERY))):
            try:
                await asyncio.to_thread(self._finish, ready, result)
            except StoreBusy as error:
                log.warning("finish_postponed", letter=ready.stored.id, error=str(error))
                await asyncio.sleep(FINISH_EVERY)
            else:
                return
        log.error("finish_given_up", letter=ready.stored.id)

    def _prepare(self, taken: Claim) -> Ready | None:
        """Freeze the bytes of a letter that still stands; None if the attempt has ended here."""
        now = self.clock.now()
        assert self._base is not None  # kicked only after a look
        with self.database.write() as conn:
            snapshot = self.record.again(conn, self._base[0])
            stored = stored_letters(conn, [taken.key.letter])[taken.key.letter]
            if not self._still_wanted(conn, taken, stored, snapshot, now):
                return None
            hour = next_hour(stored.letter, snapshot.rules, now)
            if hour > now:
                finish(conn, taken, Temporary("outside sending hours", hour), now, self._salts)
                return None
            address = address_of(snapshot.rules, taken.key.person, taken.key.channel)
            if address is None or taken.key.channel not in self.notifiers:
                self._end(conn, taken, stored, Refused("no address by this channel"), now)
                return None
            content = frozen(conn, taken.key)
            if content is None:
                content = freeze(conn, taken, self._written(conn, taken, stored, snapshot, now), now)
        return Ready(taken, stored, Message(_message_key(taken.key), address, content))

    def _still_wanted(
        self, conn: Connection, taken: Claim, stored: StoredLetter, snapshot: Snapshot, now: datetime
    ) -> bool:
        assert self._base is not None
        if stored.letter.kind is LetterKind.REMINDER:
            closed = closed_items(stored.letter, snapshot.standings, self._base[1], now)
            if not closed:
                return True
            why = "what it asks for is settled, silent or over"
            if taken.again:  # the same bytes or none: the items it holds can no longer be taken out
                finish(conn, taken, Cancelled(why), now, self._salts)
            elif len(closed) == len(stored.letter.items):
                withdraw(conn, stored.id, now, self._salts, why)
            else:
                drop_items(conn, stored.id, closed, now, self._salts)
            return False
        if stored.letter.kind is LetterKind.NOTE:
            return True
        stands = {entry.seq: entry for entry in standing_entries(self.record.entries)}
        source = stands.get(stored.source_seq or 0)
        if source is not None and subject_of(stored, source) in snapshot.standings:
            return True
        withdraw(conn, stored.id, now, self._salts, "its entry was voided")
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

    async def _hand_over(self, ready: Ready) -> Result | None:
        taken = ready.taken

        async def before_content() -> None:
            if not await asyncio.to_thread(self._leaving, taken):
                raise Stale

        try:
            receipt = await self.notifiers[taken.key.channel].deliver(ready.message, before_content)
        except Stale:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
            return None
        except DeliveryError as error:
            log.info("delivery_failed", letter=taken.key.letter, kind=error.kind, phase=error.phase, code=error.code)
            return self._result(taken, ready.stored, error)
        log.info("delivered", letter=taken.key.letter, channel=taken.key.channel, attempt=taken.attempt)
        return Sent(receipt.provider_id, receipt.detail)

    def _leaving(self, taken: Claim) -> bool:
        with self.database.write() as conn:
            return content_leaving(conn, taken, self.clock.now())

    def _result(self, taken: Claim, stored: StoredLetter, error: DeliveryError) -> Result:
        now = self.clock.now()
        assert self._base is not None
        rules = self._base[0].rules
        if error.maybe_accepted:
            letter = stored.letter
            unknowns = taken.unknowns + 1
            stuck = Stuck(taken.key, taken.kind, letter.agency, letter.level, unknowns, taken.expires_at)
            return Unknown(error.detail, self._resend_at(stuck, rules, now), error.code, error.phase)
        if error.kind is FailureKind.PERMANENT:
            return Refused(error.detail, error.code, error.phase)
        wait = next_attempt_at(
            taken.attempt, now, taken.expires_at, jitter=_jitter(taken), retry_after=error.retry_after
        )
        retry_at = next_hour(stored.letter, rules, wait) if wait is not None else None
        return Temporary(error.detail, retry_at, error.code, error.phase)

    def _finish(self, ready: Ready, result: Result) -> None:
        now = self.clock.now()
        with self.database.write() as conn:
            self._end(conn, ready.taken, ready.stored, result, now)

    def _end(self, conn: Connection, taken: Claim, stored: StoredLetter, result: Result, now: datetime) -> None:
        """Write the end of an attempt; where a letter has reached nobody and no more, open the next road."""
        state = finish(conn, taken, result, now, self._salts)
        if state is None:
            log.warning("claim_stale", letter=taken.key.letter, attempt=taken.attempt)
        elif state in (DeliveryState.REFUSED, DeliveryState.UNKNOWN):
            tried = tried_roads(conn, stored.id)
            if tried is None:
                return
            assert self._base is not None
            rules = self._base[0].rules
            roads = [r for r in fallback_roads(stored.letter, tried, rules, local_day(now)) if r[1] in self.notifiers]
            add_roads(conn, stored.id, roads, now)
            log.warning("nobody_reached", letter=stored.id, agency=stored.letter.agency, roads=len(roads))


def _message_key(key: DeliveryKey) -> str:
    return f"{key.letter}.{key.version}.{key.person}.{key.channel}"


def _jitter(taken: Claim) -> float:
    """A fixed spread in [0, 1): the same delivery and attempt always wait as long."""
    digest = sha256(f"{_message_key(taken.key)}#{taken.attempt}".encode()).digest()
    return digest[0] / 256
