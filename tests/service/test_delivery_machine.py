"""Whatever is entered and approved, whenever the process dies or the clock jumps, delivery keeps its five promises.

Never lost, never to one who has sent, never two for one key but for a crash, never outside hours, never a head
without approval.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daemon.clock import at, local
from daemon.domain.entries import Extended, Mark, Received, Returned
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Return
from daemon.errors import EntryRefused
from daemon.judgement import clock_watch
from daemon.managers.approvals import Approvals
from daemon.managers.intake import Wanted
from daemon.store.listing import next_at
from tests.support.mortal_office import AGENCIES, MILESTONES, MortalOffice, Point, Trouble
from tests.support.office import PLAN

OWED = [ObligationKey(PLAN, milestone, "once", agency) for milestone in MILESTONES for agency in AGENCIES]
HOURS = (8.5, 13.5)
"""When the office is looked at in a day, if the outbox does not ask, in hours after midnight."""
LOOKS = 40  # in one stretch of life, at most
DAYS = st.sampled_from([0, 1, 1, 2, 3])


class Deliveries(RuleBasedStateMachine):
    """An office through weeks of its life."""

    @initialize(diligent=st.booleans())
    def begin(self, diligent: bool) -> None:
        """The office knows what is owed since 7/10; a diligent operator marks and approves whenever he is there."""
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.year = patch.object(clock_watch, "RELEASE_YEAR", 2022)  # the plan's year
        self.year.start()
        self.diligent = diligent
        self.world = self.runner.run(_made(self.folder))
        self._tick()

    @rule(days=st.integers(1, 5))
    def live(self, days: int) -> None:
        """Days pass and the daemon works."""
        end = self._now + timedelta(days=days)
        for _ in range(LOOKS):
            following = self._next()
            if following >= end:
                break
            self.world.clock.set_to(following)
            self._tick()
            if self.diligent:
                self.mark()
                self.approve()
        self.world.clock.set_to(max(end, self._now))
        self._tick()

    @rule(hours=st.sampled_from([1, 5, 20, 70]), days=DAYS)
    def let_time_pass(self, hours: int, days: int) -> None:
        """The machine is suspended for a while; both clocks go on."""
        self.world.clock.set_to(self._now + timedelta(hours=hours))
        self.live(days)

    @rule(hours=st.sampled_from([1, 6, 30, -1, -6, -30]), days=DAYS)
    def jump(self, hours: int, days: int) -> None:
        """Somebody sets the wall clock; an operator says later that it is right."""
        gone = timedelta(hours=hours)
        self.world.clock.set_to(self._now + gone)
        self.world.leapt += gone
        self.live(days)
        self._trust_the_clock()

    @rule(point=st.sampled_from(Point), others=st.integers(0, 2), days=st.integers(1, 4))
    def crash(self, point: Point, others: int, days: int) -> None:
        """Some letters more, and the one then handed over is the process's last."""
        self.world.far.doom = (others, point)
        self.live(days)

    @rule(trouble=st.lists(st.sampled_from(Trouble), max_size=4), days=DAYS)
    def trouble(self, trouble: list[Trouble], days: int) -> None:
        """The next letters meet trouble."""
        self.world.far.trouble = trouble
        self.live(days)

    @precondition(lambda self: self.world.office.generation is not self.world.second)
    @rule()
    def plan(self) -> None:
        """A second plan comes; the daemon is started with it."""
        self.world.office.generation = self.world.second
        self.runner.run(self.world.restart())
        self._tick()

    @rule(owed=st.sampled_from(OWED), days=DAYS)
    def submit(self, owed: ObligationKey, days: int) -> None:
        """A document comes in."""
        if self._enter(Wanted(Received("12/BC"), owed)):
            self.world.settled.add(owed)
        self.live(days)

    @rule(when=st.sampled_from([Trouble.MEANWHILE, Trouble.LATER]), days=st.integers(1, 4))
    def submit_under_way(self, when: Trouble, days: int) -> None:
        """The documents the next letter asks for come in while it is on its way."""
        self.world.far.trouble = [when]
        self.live(days)

    @rule(owed=st.sampled_from(OWED), how=st.sampled_from(Return), days=DAYS)
    def send_back(self, owed: ObligationKey, how: Return, days: int) -> None:
        """A document is sent back: it is owed again."""
        until = local(self._now).date() + timedelta(days=10) if how is Return.SUPPLEMENT else None
        if self._enter(Wanted(Returned(how, "thiếu phụ lục", until), owed)):
            self.world.settled.discard(owed)
        self.live(days)

    @rule(owed=st.sampled_from(OWED), last=st.sampled_from([date(2022, 11, 4), date(2022, 11, 18)]), days=DAYS)
    def extend(self, owed: ObligationKey, last: date, days: int) -> None:
        """An agency is given more time."""
        end = at(last + timedelta(days=1))
        self._enter(Wanted(Extended(f"chậm nhất ngày {last:%d/%m/%Y}", end, last, "CV 9/UBND", "Trần Văn B"), owed))
        self.live(days)

    @rule()
    def mark(self) -> None:
        """The record is said to be complete."""
        self._enter(Wanted(Mark("so-noi-vu", self._now), None))

    @rule()
    def approve(self) -> None:
        """A person lets the held letters to heads go."""
        for row in self.world.office.rows("SELECT DISTINCT letter FROM delivery WHERE state = 'held'"):
            signed = {"name": "Nguyễn Văn A", "title": "Giám đốc"}
            if self._admitted(partial(self.world.office.app.intake.approve, row.letter, "lan", self._now, **signed)):
                self.world.approved.add(row.letter)

    @invariant()
    def nothing_is_lost_or_denied(self) -> None:
        """The record agrees with the far side."""
        self.world.hold_to_record()

    def teardown(self) -> None:
        """Once nothing goes wrong any more, every attempt comes to its end."""
        if not hasattr(self, "world"):
            return
        try:
            self._trust_the_clock()
            self.world.far.doom, self.world.far.trouble = None, []
            self.live(3)
            self.nothing_is_lost_or_denied()
            assert not self.world.office.rows("SELECT letter FROM delivery WHERE state = 'sending'")
        finally:
            self.runner.run(self.world.office.app.aclose())
            self.runner.close()
            self.year.stop()
            shutil.rmtree(self.folder)

    @property
    def _now(self) -> datetime:
        return self.world.clock.now()

    def _tick(self) -> None:
        self.runner.run(self.world.tick())

    def _next(self) -> datetime:
        midnight = at(local(self._now).date())
        hours = [midnight + timedelta(days=day, hours=hour) for day in (0, 1) for hour in HOURS]
        with self.world.office.app.database.read() as conn:
            wanted = next_at(conn)
        return min(instant for instant in (*hours, *([wanted] if wanted else [])) if instant > self._now)

    def _trust_the_clock(self) -> None:
        app = self.world.office.app
        approvals = Approvals(app.database, app.intake.rules, app.record, self.world.office.salts)
        self._admitted(partial(approvals.clock, "lan", self._now))

    def _enter(self, wanted: Wanted) -> bool:
        return self._admitted(partial(self.world.office.app.intake.enter, [wanted], "lan", self._now))

    def _admitted(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except EntryRefused:
            return False
        return True


async def _made(folder: Path) -> MortalOffice:
    return MortalOffice(folder)


Deliveries.TestCase.settings = settings(
    Deliveries.TestCase.settings,
    max_examples=15,
    stateful_step_count=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # twelve steps can be read; making them fewer takes minutes
)
test_deliveries = Deliveries.TestCase
