"""The last look at a letter before its bytes are frozen: whether it still stands, and how it reads now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from daemon.domain.failures import TemplateFailed
from daemon.domain.words import Channel, LetterKind
from daemon.judgement.dispatching import closed_items
from daemon.judgement.judging import Judge
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import standing_entries
from daemon.managers.planner import expected
from daemon.managers.record import Record
from daemon.managers.repairing import undelivered
from daemon.managers.writing import Writer, speaks_of_ends, subject_of
from daemon.store.claiming import Claim, finish
from daemon.store.ledger import NewEntry, Salts, append, read
from daemon.store.letters import StoredLetter
from daemon.store.listing import earlier_letters
from daemon.store.moving import BY_DONDOC
from daemon.store.results import Cancelled
from daemon.store.settling import drop_items, withdraw

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class LastLook:
    """Looks by the record as it stands inside the transaction; `writer` changes when the files do."""

    record: Record
    writer: Writer
    salts: Salts

    def still_wanted(
        self, conn: Connection, taken: Claim, stored: StoredLetter, snapshot: Snapshot, judge: Judge, now: datetime
    ) -> tuple[bool, bool]:
        """Say whether a letter is to go as it stands, and, if it is not, whether it is due at once in another form."""
        if stored.letter.kind is LetterKind.REMINDER:
            closed = closed_items(stored.letter, snapshot.standings, judge, now)
            if not closed:
                return True, False
            why = "what it asks for is settled, silent or over"
            if taken.again:  # the same bytes or none: the items it holds can no longer be taken out
                finish(conn, taken, Cancelled(why), now, self.salts)
            elif len(closed) == len(stored.letter.items):
                withdraw(conn, stored.id, now, self.salts, why)
            else:
                drop_items(conn, stored.id, closed, now, self.salts)
                return False, True
            return False, False
        if stored.letter.kind is LetterKind.NOTE:
            return True, False
        stands = {entry.seq: entry for entry in standing_entries(self.record.entries)}
        source = stands.get(stored.source_seq or 0)
        if source is not None and subject_of(stored, source) in snapshot.standings:
            return True, False
        withdraw(conn, stored.id, now, self.salts, "its entry was voided")
        return False, False

    def written(self, conn: Connection, taken: Claim, stored: StoredLetter, snapshot: Snapshot, now: datetime) -> bytes:
        """Return the bytes that leave by the delivery's channel; a template's fault is entered for the operator."""
        entries = read(conn) if speaks_of_ends(stored, self.record.entries) else self.record.entries
        if stored.letter.kind is LetterKind.NOTE:
            seen = expected(conn, self.writer.settings.limits)
            rendered = self.writer.note(stored, snapshot, entries, seen, undelivered(conn, snapshot.rules), now)
        else:
            rendered = self.writer.render(stored, snapshot, entries, now)
        if rendered.fault is not None:
            log.error("template_failed", letter=stored.id, fault=rendered.fault)
            told = TemplateFailed(stored.id, stored.letter.agency, rendered.fault)
            append(conn, [NewEntry(BY_DONDOC, None, told)], now, self.salts)
        duties = {item.key.obligation for item in stored.letter.items}
        threads = bool(duties) and taken.key.channel is Channel.EMAIL
        earlier = earlier_letters(conn, duties, taken.key.channel) if threads else []
        return self.writer.write(stored, rendered, taken.key.channel, snapshot, earlier, now)
