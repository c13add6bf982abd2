"""Wrongly chased: one act takes a letter back before everybody who had it, and what of it has not left yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.entries import Apologised, Entry
from daemon.domain.letters import Letter
from daemon.domain.words import LetterKind
from daemon.errors import EntryRefused
from daemon.judgement import apologies
from daemon.judgement.recipients import ByChannel, once
from daemon.judgement.rulebook import Rulebook
from daemon.managers.clock_guard import refuse_held_clock
from daemon.managers.planner import new_letter
from daemon.managers.record import Record
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append, read
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.outbox import enqueue
from daemon.store.settling import withdraw

WHY = "taken back: what it asks for had been sent"


@dataclass(frozen=True, slots=True)
class Apology:
    """What came of it. `entry` and `letter` None: nobody had the letter, it was only stopped.

    `readers` counts the deliveries of the apology, `stopped` those of the old letter that no longer go.
    """

    entry: Entry | None
    letter: Letter | None
    id: str | None
    readers: int
    stopped: int


class Apologies:
    """Takes letters back, for a person."""

    def __init__(self, database: Database, rules: Rulebook, record: Record, salts: Callable[[], bytes]) -> None:
        self.database = database
        self.rules = rules
        self.record = record
        self._salts = salts

    def apologise(
        self, letter: str, by: str, now: datetime, *, agency: str | None, name: str | None, title: str | None
    ) -> Apology:
        """Compose the apology for a letter and enter who apologised for what; EntryRefused saying what is missing.

        It goes to everybody the letter's wrong items reached, by the same channels, in the next sending hours.
        """
        with self.database.write() as conn:
            refuse_held_clock(conn)
            self.record.snapshot(conn, self.rules, now)
            stored = _stored(conn, letter)
            entries = read(conn)
            apologies.refuse_unfit(stored.letter, agency, self.rules)
            had = apologies.who_had(stored.id, entries)
            if had is None:
                return self._stopped(conn, stored, entries, now)
            keys = dict.fromkeys(key for items in had.readers.values() for key in sorted(items))
            wrong = apologies.wrong_items(keys, had.first_at, entries)
            apologies.refuse_without_document(wrong, stored.letter, had.first_at, self.rules)
            apologies.refuse_twice(stored.id, wrong, entries)
            signed = apologies.signer(stored.id, stored.letter.level, entries, name, title)
            to = apologies.readers_of(stored.letter.to, had, wrong)
            cc = apologies.readers_of(stored.letter.cc, had, wrong)
            body = Apologised(stored.id, tuple(str(one.key) for one in wrong), *signed)
            (entry,) = append(conn, [NewEntry(by, wrong[0].key.obligation, body)], now, self._salts)
            told = self._letter(stored.letter, *once(to or cc, cc, self.rules), now)
            (id_,) = enqueue(conn, [new_letter(told, now, entry.seq)], now, self._salts)
            stopped = withdraw(conn, stored.id, now, self._salts, WHY).cancelled
        return Apology(entry, told, id_, _count(told), stopped)

    def _stopped(self, conn: Connection, stored: StoredLetter, entries: Sequence[Entry], now: datetime) -> Apology:
        """Stop a letter nobody has: no apology is owed, and it must not leave."""
        keys = [item.key for item in stored.letter.items]
        wrong = {one.key for one in apologies.wrong_items(keys, now, entries)}
        if stored.withdrawn_at is not None or not keys:
            raise EntryRefused("Thư này chưa đến ai và đã hủy; không cần xin lỗi.")
        if not wrong.issuperset(keys):
            raise EntryRefused(
                "Thư này chưa đến ai nên không cần xin lỗi. Muốn thư không gửi: nhập văn bản của cơ quan "
                f"(dondoc submit {stored.letter.agency} MỐC --document SỐ), hoặc tạm dừng nhắc "
                f"(dondoc mute {stored.letter.agency} --until NGÀY --reason LÝ_DO)."
            )
        stopped = withdraw(conn, stored.id, now, self._salts, WHY).cancelled
        if not stopped:
            raise EntryRefused("Thư này chưa đến ai và không còn chờ gửi; không cần xin lỗi.")
        return Apology(None, None, None, 0, stopped)

    def _letter(self, wrong: Letter, to: ByChannel, cc: ByChannel, now: datetime) -> Letter:
        send_at = self.rules.sending_days(wrong.agency).next_from(now, soft=True, morning=False)
        return Letter(
            kind=LetterKind.APOLOGY,
            agency=wrong.agency,
            tier=wrong.tier,
            day=local_day(send_at),
            send_at=send_at,
            level=wrong.level,
            items=(),
            to=to,
            cc=cc,
        )


def _stored(conn: Connection, letter: str) -> StoredLetter:
    """The letter meant, by its code as the foot of every letter prints it."""
    named = letter.strip().lower()
    found = stored_letters(conn, [named])
    if named not in found:
        raise EntryRefused(
            f"Không có thư “{letter}”. Mã thư in ở cuối mỗi thư; xem thêm: dondoc deliveries --agency MÃ_CƠ_QUAN."
        )
    return found[named]


def _count(letter: Letter) -> int:
    return sum(len(ids) for people in (letter.to, letter.cc) for ids in people.values())
