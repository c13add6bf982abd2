"""The fault table: what is injected by number, what is expected, and how a row tells what it saw."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

RUSH = int(os.environ.get("DONDOC_RUSH", "400"))
"""Letters due at once in row 66; the table's 10,000 take `DONDOC_RUSH=10000`, or `make bench-rate`."""

FAULTS = {
    1: ("kill -9 before claim commit", "same message sent once after restart"),
    2: ("kill -9 after claim, before connect", "sent once after lease end"),
    3: ("kill -9 after the dot, before 250 read", "resent, same bytes and Message-ID; ledger: unknown"),
    4: ("kill -9 after 250, before commit", "as 3; exactly one more copy"),
    5: ("SIGTERM during DATA", "waits, commits, exits 0 within 130 s"),
    6: ("SIGTERM twice / SIGINT", "second ends at once; as 3 at worst"),
    7: ("power-cut image (copy of db files between writes)", "opens, chain verifies, no acknowledged row missing"),
    8: ("SMTP refuses connection 1 h", "retries on schedule; sent once; warning after 30 min"),
    9: ("DNS failure", "temporary; no attempt storm"),
    10: ("421, 450 greylist, 451 at dot", "retry later"),
    11: ("550 5.1.1", "stop, ledger: refused, escalation person told by other channel"),
    12: ("552 5.2.2 / 452 quota", "retried to give-up time"),
    13: ("535 auth failed", "no retries per message; channel paused, one alarm"),
    14: ("STARTTLS missing or certificate expired/wrong host", "no plain sending; channel paused"),
    15: ("tarpit greeting, 1 byte a second", "timeout per command; other messages go on"),
    16: ("drop after dot; 250 after 9 min; after 11 min", "unknown; accepted; unknown"),
    17: ("one recipient of several refused", "others accepted, that one refused in the ledger"),
    18: ("garbage, endless or 10 MB reply", "closed, temporary, memory bounded"),
    19: ("message over SIZE", "refused before its content leaves, with the size named"),
    20: ("bounce (DSN failed) after acceptance", "ledger: bounced; escalates"),
    21: ("DSN delayed; forged DSN; DSN without VERP", "note only; ignored; quarantine"),
    22: ("out-of-office reply, Auto-Submitted reply, own mail loop", "never confirms, never answered"),
    23: ("Zalo 5xx, timeout, error code in a 200 body", "temporary; classified by code table"),
    24: ("Zalo token expired/refresh fails", "refresh once; else fall to e-mail, alarm"),
    25: ("Zalo 429/quota used up", "honours wait; falls to e-mail before the deadline"),
    33: ("wall clock moved against CLOCK_BOOTTIME by +1 h, +1 day, +1 year", "over 24 h = hold for an operator"),
    34: ("clock -1 h, -1 day", "nothing sent twice; ledger: clock_jump"),
    35: ("suspend 8 h (SIGSTOP)", "catch-up within one tick of waking; only the newest stage"),
    36: ("down 3 days over deadlines", "one catch-up letter per agency and tier, late items marked; operator told"),
    60: ("recipient invalid, IDN, CR/LF, 65-char local part, duplicate", "refused with line, or normalised"),
    61: (
        "template: undefined, endless loop, huge output, attribute attack, bad syntax",
        "refused at load; at run time fallback plain message still goes out",
    ),
    62: ("subject/name with CR/LF, RTL marks, emoji, 2,000 characters", "one safe header"),
    65: ("job raises each tick", "isolated after n; others go on; alarm"),
    66: (f"{RUSH:,} due at once", "rate limit per server; nearest deadline first, then most overdue; bounded memory"),
}
"""Row number -> what is injected, what is expected."""


@dataclass
class Seen:
    """What one row saw: facts in order, each as expected or not."""

    facts: list[str] = field(default_factory=list)
    expected: bool = True

    def equal(self, what: str, found: object, wanted: object) -> None:
        """Note a fact and what it should have been."""
        holds = found == wanted
        self.expected &= holds
        self.facts.append(f"{what}: {found}" if holds else f"{what}: {found}, NOT {wanted}")

    def holds(self, what: str, holds: bool) -> None:
        """Note something that should be so."""
        self.expected &= holds
        self.facts.append(what if holds else f"NOT SO: {what}")

    def __str__(self) -> str:
        return "; ".join(self.facts)


Injected = Callable[[Seen, Path], None] | Callable[[Seen, Path], Awaitable[None]]
ROWS: dict[int, Injected] = {}


def row(number: int) -> Callable[[Injected], Injected]:
    """Say which row of the table a function injects: (seen, an empty folder) -> nothing, or an awaitable of it."""

    def put(injected: Injected) -> Injected:
        assert number in FAULTS
        assert number not in ROWS
        ROWS[number] = injected
        return injected

    return put


def inject(number: int, folder: Path) -> Seen:
    """Inject a row's fault in a folder of its own and return what was seen."""
    seen = Seen()
    done = ROWS[number](seen, folder)
    if inspect.iscoroutine(done):
        asyncio.run(done)
    return seen
