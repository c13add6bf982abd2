"""An office whose clock the row moves and whose letters go over real sockets, to whatever the row puts there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from daemon.domain.words import Channel
from daemon.store.listing import next_at
from notifiers.base import BeforeDot, Message, Notifier, Receipt
from notifiers.email import EmailNotifier
from notifiers.memory import MemoryNotifier
from notifiers.smtp_connection import SmtpRoute
from tests.support.office import Office, make_office, on, plan_text

SENDER = "dondoc@so-noi-vu.example"
FOCAL, DEPUTY, MAILBOX = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "phu-trach", "van-thu"))
A_TICK = timedelta(minutes=1)
SCHEDULE = (1, 5, 15, 30, 60)  # minutes, each ±20 %
TRIES = """SELECT attempt.started_at, attempt.outcome, attempt.code, attempt.phase, attempt.detail, person
    FROM attempt JOIN delivery ON delivery.id = attempt.delivery JOIN letter ON letter.id = delivery.letter
    WHERE letter.day = :day AND letter.kind = 'reminder' AND delivery.channel = :channel
    ORDER BY attempt.started_at, attempt.delivery"""


class Road:
    """A channel whose carrier may be changed while the office goes on."""

    def __init__(self, name: str = "email") -> None:
        self.name = name
        self.carrier: Notifier = MemoryNotifier(name)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over by the present carrier."""
        return await self.carrier.deliver(message, before_dot)

    async def aclose(self) -> None:
        """Close the present carrier."""
        await self.carrier.aclose()

    async def lead_to(self, port: int, **route: Any) -> None:
        """Let letters go to a mail server from now on."""
        await self.carrier.aclose()
        usual = {"host": "127.0.0.1", "sender": SENDER, "security": "none"}
        self.carrier = EmailNotifier(SmtpRoute(port=port, **usual | route))


@asynccontextmanager
async def opened(
    folder: Path,
    agencies: Iterable[str] = ("so-tu-phap",),
    edits: Iterable[tuple[str, str, str]] = (),
    *,
    milestones: Iterable[str] = ("bao-cao",),
) -> AsyncIterator[tuple[Office, Road, Road]]:
    """Give an office to which `agencies` owe `milestones`, past their first letter, its roads by mail and Zalo.

    `edits`: (file, old, new) in the operators' files.
    """
    office = make_office(folder, {"a.yaml": plan_text(agencies, milestones)}, start="20/9 10:00")
    for edit in edits:
        office.edit(*edit)
    await office.reload()
    mail, zalo = Road(), Road("zalo_bot")
    office.channels = {Channel.EMAIL: mail, Channel.ZALO: zalo}
    # Reminders and what is told of their failure, nothing of the week's and the day's round.
    office.settings = replace(office.settings, weekly_report=None, tomorrow_note=None)
    await office.reopen()
    await office.at("20/9 10:00")
    for day in (*range(21, 24), *range(26, 31)):  # at work each working day: a stop is another row's matter
        await office.at(f"{day}/9 08:30")
    yield office, mail, zalo
    await office.app.aclose()


async def go_on(office: Office, end: str) -> None:
    """Tick whenever the outbox asks, and at the end."""
    while True:
        with office.app.database.read() as conn:
            wanted = next_at(conn)
        if wanted is None:
            break
        # What a paused channel holds up is due all the time.
        following = max(wanted, office.clock.now() + A_TICK)
        if following >= on(end):
            break
        await office.at(following)
    await office.at(end)


def tries(office: Office, day: str, channel: str = "email") -> list[Any]:
    """Return the attempts by a channel of a day's reminders."""
    return office.rows(TRIES, day=office.day(day).isoformat(), channel=channel)


def waits(found: list[Any]) -> list[float]:
    """Return the minutes between the attempts."""
    started = [datetime.fromisoformat(one.started_at) for one in found]
    return [round((later - earlier).total_seconds() / 60, 1) for earlier, later in pairwise(started)]


def on_schedule(found: list[float]) -> bool:
    """Say whether waits follow the schedule of retries."""
    wanted = [SCHEDULE[min(n, len(SCHEDULE) - 1)] for n in range(len(found))]
    return all(0.8 * one - 0.1 <= wait <= 1.2 * one + 0.1 for wait, one in zip(found, wanted, strict=True))


def states(office: Office, day: str) -> dict[str, str]:
    """Return, by person and channel, where the reminders of a day stand."""
    found = office.rows(
        "SELECT person, channel, state FROM delivery JOIN letter ON letter.id = letter "
        "WHERE day = :day AND kind = 'reminder' ORDER BY delivery.id",
        day=office.day(day).isoformat(),
    )
    return {f"{one.person.removeprefix('so-tu-phap-')} {one.channel}": one.state for one in found}
