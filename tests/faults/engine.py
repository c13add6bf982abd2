"""Rows 65 and 66: a letter our own program fails on, and more letters at once than may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from bench.throughput import Rush
from daemon.domain.entries import Entry
from daemon.domain.words import LetterKind
from daemon.judgement.snapshot import Snapshot
from daemon.local.mail import LocalMail
from daemon.managers.writing import Writer
from daemon.rendering.message import Rendered
from daemon.store.letters import StoredLetter
from tests.faults.channels import TWO, alarms
from tests.faults.offices import go_on, opened, tries
from tests.faults.table import RUSH, Seen, row
from tests.support.station import stationed

A_SECOND = 50


@row(65)
async def poison(seen: Seen, folder: Path) -> None:
    """Writing one agency's letter raises whenever it is tried."""
    plain = Writer.render

    def failing(
        self: Writer, stored: StoredLetter, snapshot: Snapshot, entries: Sequence[Entry], now: datetime
    ) -> Rendered:
        if stored.letter.agency == "so-tu-phap" and stored.letter.kind is LetterKind.REMINDER:
            raise ZeroDivisionError
        return plain(self, stored, snapshot, entries, now)

    async with opened(folder, TWO) as (office, mail, _), LocalMail(office.clock.now) as server:
        await mail.lead_to(server.port)
        with patch.object(Writer, "render", failing):
            await office.at("3/10 08:30")
            got = [one.recipients[0] for one in server.accepted]
            seen.equal("the other's letter, in the same pass", got, ["dau-moi@so-y-te.example"])
            await go_on(office, "3/10 16:00")
        found = [one.outcome for one in tries(office, "3/10") if one.person == "so-tu-phap-dau-moi"]
        seen.equal("its own attempts", found, ["broken"] * 3)
        told = {one.state for one in office.outcomes().values() if one.agency == "so-tu-phap" and one.items}
        seen.holds("ledger: refused", "refused" in told)
        seen.equal("alarms", alarms(office), 1)


@row(66)
async def all_at_once(seen: Seen, folder: Path) -> None:
    """More letters than a few seconds take, seven deadlines, some passed (10,000 of them: `make bench-rate`)."""
    with stationed(folder) as station:
        rush = Rush(station, RUSH, A_SECOND, officers=10, marks=(0, RUSH // 4, RUSH))
        await asyncio.to_thread(rush.run)
        seen.equal("letters accepted", len(rush.arrivals()), RUSH)
        seen.equal(f"before their time at {A_SECOND} a second", rush.too_early(), 0)
        seen.equal("claimed out of their turn", rush.inversions(), 0)
        first, last = rush.samples[RUSH // 4], rush.samples[RUSH]
        seen.holds(f"memory: {first:.0f} MiB after a quarter, {last:.0f} at the end", last < 1.1 * first)
