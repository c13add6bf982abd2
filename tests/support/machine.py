"""A machine whose clocks a test sets, the office's daemon on it, and what its operators are told of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

from daemon.judgement.clock_watch import Trust
from daemon.managers.clock_guard import ClockGuard
from tests.support.office import Office

HOUR, DAY = 3600.0, 86_400.0


@dataclass
class Machine:
    """A machine whose boot time runs with the office's clock, and whose wall clock can be set; and the guard."""

    office: Office
    leapt: float = 0.0  # seconds the office's clock moved that did not pass
    moved: float = 0.0  # seconds the wall clock shows more than the office's

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the daemon's guard, as after a restart."""
        self.office.app.guard = ClockGuard(self.office.app.database, self.office.salts, self.wall, self.boot)

    @property
    def guard(self) -> ClockGuard:
        """The guard."""
        assert self.office.app.guard is not None
        return self.office.app.guard

    def wall(self) -> datetime:
        """What the wall clock shows."""
        return self.office.clock.now() + timedelta(seconds=self.moved)

    def boot(self) -> float:
        """The seconds that really passed since the machine was started."""
        return (self.office.clock.now() - self.office.on("1/1")).total_seconds() - self.leapt

    async def pass_(self, seconds: float) -> Trust:
        """Let time pass on both clocks, and tick."""
        report = await self.office.at(self.office.clock.now() + timedelta(seconds=seconds))
        return report.clock

    async def jump(self, seconds: float) -> Trust:
        """Set the wall clock forward, and tick fifteen seconds later."""
        self.leapt += seconds
        return await self.pass_(seconds + 15)

    async def jump_back(self, seconds: float) -> Trust:
        """Set the wall clock back (what the daemon plans by cannot go back in a test), and tick."""
        self.moved -= seconds
        return await self.pass_(15)


def told_of_clock(office: Office) -> list[str]:
    """Return the notes to the operator that by the machine's clock nothing is sent."""
    read = [message_from_bytes(message.content, policy=default) for _, message in office.mail.arrived]
    bodies = [mail.get_body(("plain",)) for mail in read if "Tạm dừng gửi thư" in str(mail["Subject"])]
    return [str(body.get_content()) for body in bodies if body is not None]
