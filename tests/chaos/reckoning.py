"""After the storm: the servers' own books against the database, letter by letter and attempt by attempt."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from tests.chaos.storm import Blow, Storm
from tests.chaos.troubled_mail import Did
from tests.support.station_files import person

ATTEMPTS = """SELECT person, n, attempt.phase, outcome, code, attempt.detail, started_at, ended_at
    FROM attempt JOIN delivery ON delivery.id = delivery"""
AT_THE_DOT = {Did.DROPPED_AT_DOT, Did.PUT_OFF, Did.TAKEN}
UNANSWERED = {"lease ended", "unknown"}


@dataclass(frozen=True)
class Attempt:
    """One row of `attempt`."""

    person: str
    n: int
    phase: str | None
    outcome: str | None
    code: str | None
    detail: str | None
    started: datetime
    ended: datetime | None

    @property
    def left(self) -> bool:
        """Say whether its dot may have left."""
        return self.phase in {"content", "answered"}

    def was_struck(self, blows: list[Blow]) -> bool:
        """Say whether the process was killed or stopped while this attempt was under way."""
        return any(self.started <= blow.ended and (self.ended is None or blow.began <= self.ended) for blow in blows)


@dataclass
class Reckoning:
    """What was found, by person; `faults` is what should not be."""

    storm: Storm
    faults: list[str] = field(default_factory=list)
    letters: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # sha256 of each copy, in order
    did: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    attempts: dict[str, list[Attempt]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._read()
        people = [row[0] for row in self.storm.station.rows("SELECT person FROM delivery")]
        self._expect("deliveries", len(people), self.storm.letters)
        for one in people:
            self._reckon(one)
        self._expect("people the servers know and we do not", set(self.did) - set(people), set())
        self._expect("states", self.storm.station.rows("SELECT DISTINCT state FROM delivery"), [("sent",)])
        self._reckon_ledger()

    @property
    def copies(self) -> int:
        """How many letters the servers took more than once."""
        return sum(len(found) - 1 for found in self.letters.values())

    def _read(self) -> None:
        for out in self.storm.kept:
            for path in sorted(out.glob("[0-9]*.eml")):
                (address,) = json.loads(path.with_suffix(".json").read_text("utf-8"))["to"]
                self.letters[person(address)].append(sha256(path.read_bytes()).hexdigest())
            for line in (out / "book.jsonl").read_text("utf-8").splitlines():
                noted = json.loads(line)
                self.did[person(noted["to"])][noted["did"]] += 1
        for who, n, phase, outcome, code, detail, started, ended in self.storm.station.rows(ATTEMPTS):
            times = datetime.fromisoformat(started), datetime.fromisoformat(ended) if ended else None
            self.attempts[who].append(Attempt(who, n, phase, outcome, code, detail, *times))

    def _reckon(self, one: str) -> None:
        letters, did, attempts = self.letters[one], self.did[one], self.attempts[one]
        unanswered = [a for a in attempts if a.outcome in UNANSWERED and a.left]
        struck = [a for a in unanswered if a.was_struck(self.storm.struck)]
        if not letters:
            self.faults.append(f"{one}: lost")
        if len(set(letters)) > 1:
            self.faults.append(f"{one}: copies differ")
        if len(letters) - 1 > len(struck):
            self.faults.append(f"{one}: {len(letters)} taken, {len(struck)} attempts struck: {attempts}")
        self._expect(f"{one}: attempts without an end", sum(a.ended is None for a in attempts), 0)
        self._expect(f"{one}: sent", sum(a.outcome == "sent" for a in attempts), 1)
        # Every session of the servers is some attempt's, and whatever an attempt was told the servers said.
        let_in = did[Did.LET_IN]
        asked = let_in + did[Did.GREYLISTED] + did[Did.DROPPED_AT_RCPT] + did[Did.STALLED_AT_RCPT]
        self._at_most(f"{one}: recipients asked for", asked, len(attempts))
        self._at_most(f"{one}: letters let in", sum(a.left for a in attempts if a.outcome != "lease ended"), let_in)
        self._at_most(f"{one}: dots", sum(did[at] for at in AT_THE_DOT), sum(a.left for a in attempts))
        self._expect(f"{one}: taken", did[Did.TAKEN], len(letters))
        for code, at in (("450 4.2.0", Did.GREYLISTED), ("451 4.3.0", Did.PUT_OFF)):
            told = sum(a.code == code for a in attempts)
            cut_off = sum(a.was_struck(self.storm.struck) for a in attempts)
            self._at_most(f"{one}: told {code}", told, did[at])
            self._at_most(f"{one}: {code} said and not heard", did[at] - told, cut_off)

    def _reckon_ledger(self) -> None:
        ends = sum(a.left and a.outcome in {"sent", *UNANSWERED} for found in self.attempts.values() for a in found)
        ((told,),) = self.storm.station.rows("SELECT count(*) FROM ledger WHERE kind = 'delivery'")
        self._expect("ledger: sent and unknown", told, ends)
        if "Sổ nguyên vẹn" not in self.storm.station.ask("ledger", "verify").stdout:
            self.faults.append("the ledger does not verify")

    def _expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.faults.append(f"{what}: {found}, not {wanted}")

    def _at_most(self, what: str, found: int, most: int) -> None:
        if found > most:
            self.faults.append(f"{what}: {found}, at most {most}")

    def lines(self) -> list[str]:
        """Return what a person is told."""
        storm = self.storm
        every = [attempt for found in self.attempts.values() for attempt in found]
        outcomes = Counter(str(attempt.outcome) for attempt in every)
        struck = sum(a.left and a.outcome in UNANSWERED and a.was_struck(storm.struck) for a in every)
        said = [
            f"seed {storm.seed}: {storm.letters} letters by two servers in {storm.seconds:.0f} s",
            f"blows: {_counted(Counter(blow.kind for blow in storm.struck))}",
            f"servers: {_counted(sum(self.did.values(), Counter()))}",
            f"attempts: {_counted(outcomes)}; struck between the dot and the commit: {struck}",
            f"lost: {sum(not found for found in self.letters.values())}; copies: {self.copies}",
        ]
        return said + (["NOT AS IT SHOULD BE:", *self.faults] if self.faults else ["all accounted for, ledger clean"])


def _counted(found: Counter[str]) -> str:
    return f"{sum(found.values())} ({', '.join(f'{what} {n}' for what, n in sorted(found.items()))})"
