"""The record as judgement reads it: the ledger's acts read once and kept, obligations with when they were first known.

Every process keeps its own copy and reads what others committed since; the ledger only grows, so that is its tail.
How deliveries ended is most of a ledger and seldom asked for: who speaks of it reads the whole ledger (`ledger.read`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.entries import Entry, Erased
from daemon.domain.letters import History
from daemon.domain.obligations import KnownObligation, Obligation, ObligationKey, Standing
from daemon.judgement.duties import obligations
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold, marks, standing_entries
from daemon.store import ledger
from daemon.store.history import KnownObligations, PastLetters


class Record:
    """The ledger's `entries` but for how deliveries ended, and what they say of each obligation at an instant."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.entries: list[Entry] = []
        self._head = ledger.EMPTY
        self._past = PastLetters()
        self._known = KnownObligations()
        self._owed: tuple[Rulebook, date, Mapping[ObligationKey, KnownObligation], tuple[Obligation, ...]] | None = None
        self._folded: tuple[Rulebook, object, Mapping[ObligationKey, Standing], Mapping[str, datetime]] | None = None

    def refresh(self, conn: Connection) -> None:
        """Read the entries added since the last call; what was read in a transaction that came to nothing is dropped.

        Another task's entry is read before it is committed. Undone, its place in the ledger is somebody else's.
        """
        with self._lock:
            head = ledger.head(conn)
            if head == self._head:
                return
            kept, after = self.entries, self._head.seq
            if not ledger.holds(conn, self._head):
                kept = self._still_there(conn)
                after = kept[-1].seq if kept else 0
            new = ledger.acts(conn, after, head.seq)
            if any(isinstance(entry.body, Erased) for entry in new):
                kept, new = [], ledger.acts(conn, 0, head.seq)
            if kept is self.entries:
                kept += new
            else:  # another list at once: other threads read it meanwhile
                self.entries, self._folded = kept + new, None
            self._head = head

    def _still_there(self, conn: Connection) -> list[Entry]:
        """The entries up to the last that is in the ledger as it was read; the list itself if that is all of them."""
        kept, back = len(self.entries), 1
        while kept:
            last = self.entries[kept - 1]
            if ledger.acts(conn, last.seq - 1, last.seq) == [last]:
                break
            kept, back = max(0, kept - back), 2 * back
        return self.entries if kept == len(self.entries) else self.entries[:kept]

    def owed(self, conn: Connection, rules: Rulebook, now: datetime) -> tuple[Obligation, ...]:
        """Return every obligation of the files; one the daemon has not met yet counts as first known now."""
        return self._owed_of(rules, self.known(conn), now)

    def _owed_of(
        self, rules: Rulebook, known: Mapping[ObligationKey, KnownObligation], now: datetime
    ) -> tuple[Obligation, ...]:
        """The obligations as counted before, where neither files nor day nor what is known have changed."""
        with self._lock:
            day, kept = local_day(now), self._owed
            if kept is not None and kept[0] is rules and kept[1] == day and kept[2] is known:
                return kept[3]
            first_known = {key: one.first_known_at for key, one in known.items()}
            found = obligations(rules, first_known, lambda _plan: now, until=day)
            if all(one.key in known for one in found):  # else it depends on the instant
                self._owed = rules, day, known, found
            return found

    def known(self, conn: Connection) -> Mapping[ObligationKey, KnownObligation]:
        """Return every obligation the daemon has met."""
        with self._lock:
            return self._known.known(conn)

    def snapshot(self, conn: Connection, rules: Rulebook, now: datetime) -> Snapshot:
        """Return what a decision at `now` is made from."""
        return self.snapshot_of(conn, rules, self.known(conn), now)

    def snapshot_of(
        self, conn: Connection, rules: Rulebook, known: Mapping[ObligationKey, KnownObligation], now: datetime
    ) -> Snapshot:
        """Return `snapshot` for a caller who has read what is `known` by the same connection."""
        self.refresh(conn)
        return self._fold(rules, self._owed_of(rules, known, now), self._history(conn))

    def _history(self, conn: Connection) -> History:
        with self._lock:
            return self._past.history(conn)

    def again(self, conn: Connection, base: Snapshot) -> Snapshot:
        """Return `base` with what was entered since: the same obligations, the same letters past."""
        self.refresh(conn)
        owed = tuple(standing.obligation for standing in base.standings.values())
        return self._fold(base.rules, owed, base.history)

    def _fold(self, rules: Rulebook, owed: tuple[Obligation, ...], past: History) -> Snapshot:
        with self._lock:
            key = (owed, len(self.entries))
            if self._folded is None or self._folded[0] is not rules or self._folded[1] != key:
                stand = standing_entries(self.entries)
                self._folded = (rules, key, fold(owed, stand, rules), marks(stand))
            _, _, standings, complete = self._folded
        return Snapshot(rules, standings, past, complete)

    def as_recorded_by(self, conn: Connection, rules: Rulebook, until: datetime) -> tuple[Snapshot, list[Entry]]:
        """Return the record as it was at `until` (letters accepted by then), and all entries that stood."""
        stand = standing_entries(ledger.read(conn, until=until))
        past = self._history(conn)
        letters = tuple(x for x in past.letters if x.accepted_at is not None and x.accepted_at <= until)
        owed = self.owed(conn, rules, until)
        kept = History(letters, past.missed_at, past.composed_at)
        return Snapshot(rules, fold(owed, stand, rules), kept, marks(stand)), stand
