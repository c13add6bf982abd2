"""A whole office for a test: real files, a real SQLite file, an App, and a far side that keeps what it is given.

Instants and days are written as people write them ("25/10 08:00", "24/10"), in 2022 and in Vietnam's time.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Row, text

from daemon.app import App, TickReport
from daemon.clock import VirtualClock, at, end_of, local_day
from daemon.domain.entries import Body, DeliveryOutcome, Entry, Mark
from daemon.domain.letters import ItemKey
from daemon.domain.obligations import ObligationKey
from daemon.domain.settings import Pace, Settings
from daemon.domain.words import Channel, LetterKind, Outcome, Tier
from daemon.files.settings import load_settings
from daemon.judgement.rehearsal import instants
from daemon.managers.intake import Wanted
from daemon.managers.reloader import Generation, read_generation
from daemon.store import ledger
from daemon.store.history import decisions
from daemon.store.listing import next_at
from daemon.store.opening import open_database
from notifiers.base import BeforeDot, Message, Notifier, Receipt
from notifiers.memory import MemoryNotifier
from tests.support.fresh import new_database

PLAN = "1026-kh-ubnd-2022"
ISSUED = "25/3 17:00"
HEADER = f"""
ke-hoach: {PLAN}
loai: Kế hoạch
so: 1026/KH-UBND
ve-viec: thực hiện công tác dân vận chính quyền năm 2022
ban-hanh: 25/3/2022
co-quan: UBND tỉnh
dau-moi: so-noi-vu
lien-he: chuyen-vien-xdcq
ket-thuc: 31/12/2022
cach-nhac: chuan
moc:
"""
DUE = {
    "ke-hoach": ("chậm nhất ngày 31/3/2022", "kế hoạch công tác dân vận", "kế hoạch dân vận 2022", "chuan"),
    "bao-cao": ("trước ngày 25/10/2022", "báo cáo kết quả công tác dân vận", "báo cáo dân vận 2022", "chuan"),
    "ho-so-cham-diem": ("trước 25/10/2022", "hồ sơ tự chấm điểm", "hồ sơ chấm điểm 2022", "cham-diem"),
}


def plan_text(debtors: Iterable[str], milestones: Iterable[str] = tuple(DUE), plan: str = PLAN) -> str:
    """Return a plan file by which `debtors` owe `milestones`; phrases and ladders as in plan 1026."""
    lines = [HEADER.replace(PLAN, plan)]
    for id_ in milestones:
        due, task, short, ladder = DUE[id_]
        owed_by = ", ".join(debtors)
        lines.append(
            f"  - {{ma: {id_}, viec: {task}, goi-tat: {short}, muc: Mục IV.1, han: {due}, ai-gui: [{owed_by}],\n"
            f"     gui-ve: UBND tỉnh, tinh-theo: ngày gửi, cach-nhac: {ladder}}}\n"
        )
    return "".join(lines)


def day_of(words: str) -> date:
    """Return the day of 2022 written d/m."""
    day, month = words.split("/")
    return date(2022, int(month), int(day))


def on(words: str) -> datetime:
    """Return the instant of 2022 written "d/m" (00:00) or "d/m hh:mm", Vietnam's time."""
    day, _, clock = words.partition(" ")
    return at(day_of(day), time.fromisoformat(clock) if clock else time(0, 0))


def written(*blocks: str) -> list[str]:
    """Return the lines of text blocks."""
    return [line.strip() for block in blocks for line in block.strip().split("\n") if line.strip()]


class FarSide:
    """A notifier that notes when each message arrived; `inner` decides what becomes of it."""

    def __init__(self, clock: VirtualClock, name: str) -> None:
        self.clock = clock
        self.name = name
        self.inner = MemoryNotifier(name)
        self.arrived: list[tuple[datetime, Message]] = []
        self.on_offer: Callable[[Message], Awaitable[None]] | None = None

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over to the inner notifier, and note what it kept."""
        if self.on_offer is not None:
            await self.on_offer(message)
        before = len(self.inner.accepted)
        try:
            return await self.inner.deliver(message, before_dot)
        finally:
            self.arrived += [(self.clock.now(), one) for one in self.inner.accepted[before:] if one is message]

    async def aclose(self) -> None:
        """Keep everything."""


@dataclass
class Office:
    """One office: its files under `settings.file`'s folder, its database, the App that runs and the far sides.

    `channels`, if given, carry the letters instead of the far sides.
    """

    settings: Settings
    clock: VirtualClock
    generation: Generation
    mail: FarSide
    zalo: FarSide
    channels: Mapping[Channel, Notifier] | None = None
    app: App = field(init=False)
    _salt: int = 0

    on = staticmethod(on)
    day = staticmethod(day_of)

    def __post_init__(self) -> None:
        self.open()

    @property
    def folder(self) -> Path:
        """The folder of the settings, the register, the ladders and the calendar."""
        return self.settings.file.parent

    def salts(self) -> bytes:
        """Return another salt each time, the same in each run."""
        self._salt += 1
        return self._salt.to_bytes(16, "big")

    def open(self) -> None:
        """Open the database with an App of its own."""
        channels = self.channels or {Channel.EMAIL: self.mail, Channel.ZALO: self.zalo}
        self.app = App(
            self.settings, self.generation, open_database(self.settings.database), channels, self.clock,
            salts=self.salts,
        )  # fmt: skip

    async def reopen(self) -> None:
        """Close the App and open another on the same file, as a restart does."""
        await self.app.aclose()
        self.open()

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a text that occurs once in one of the operators' files."""
        path = self.folder / name
        said = path.read_text("utf-8")
        assert said.count(old) == 1, f"{old!r} occurs {said.count(old)} times in {name}"
        path.write_text(said.replace(old, new), "utf-8")

    async def reload(self) -> None:
        """Take the files into force, as SIGHUP does."""
        await self.app.reload()
        self.generation = self.app.generation

    async def at(self, words: str | datetime) -> TickReport:
        """Move to an instant, tick, and let every letter that is due go."""
        self.clock.move_to(on(words) if isinstance(words, str) else words)
        report = await self.app.tick()
        await self.app.settle()
        assert self.rows("SELECT letter FROM delivery WHERE state = 'sending'") == []  # every attempt came to its end
        return report

    async def until(self, words: str, *, approving: bool = False) -> None:
        """Tick at every instant that matters through the end of a day: step and opening hours, what the outbox asks.

        `approving`: letters to heads are approved as soon as they are held.
        """
        end = end_of(day_of(words))
        coming = sorted(instants(self.app.generation.rules, self.clock.now(), end))
        while True:
            now = self.clock.now()
            with self.app.database.read() as conn:
                wanted = next_at(conn)
            ahead = [instant for instant in (*coming, *([wanted] if wanted else [])) if now < instant < end]
            if not ahead:
                return
            await self.at(min(ahead))
            if approving and self.approve_all():
                await self.at(self.clock.now())

    def enter(self, body: Body, subject: ObligationKey | None = None, by: str = "chi-lan") -> Entry:
        """Record one entry now."""
        return self.app.intake.enter([Wanted(body, subject)], by, self.clock.now())[0]

    def mark(self, complete_to: str) -> None:
        """Confirm that the record is complete up to an instant, if need be at that instant."""
        self.clock.move_to(max(self.clock.now(), on(complete_to)))
        self.enter(Mark("so-noi-vu", on(complete_to)))

    def approve_all(self) -> int:
        """Approve every held letter now, for a person; return how many there were."""
        held = [row.letter for row in self.rows("SELECT DISTINCT letter FROM delivery WHERE state = 'held'")]
        for letter in held:
            self.app.intake.approve(
                letter, "chi-lan", self.clock.now(), name="Nguyễn Văn A", title="Giám đốc Sở Nội vụ"
            )
        return len(held)

    def key(self, milestone: str = "bao-cao", agency: str = "so-tu-phap", plan: str = PLAN) -> ObligationKey:
        """Return the key of an obligation."""
        return ObligationKey(plan, milestone, "once", agency)

    def rows(self, query: str, **values: Any) -> list[Row[Any]]:
        """Return what the database says."""
        with self.app.database.read() as conn:
            return list(conn.execute(text(query), values))

    def entries(self) -> list[Entry]:
        """Return the ledger."""
        with self.app.database.read() as conn:
            return ledger.read(conn)

    def outcomes(self) -> dict[str, DeliveryOutcome]:
        """Return what the ledger says last of each delivery, by message key."""
        told = [entry.body for entry in self.entries() if isinstance(entry.body, DeliveryOutcome)]
        return {f"{one.letter}.{one.version}.{one.person}.{one.channel}": one for one in told}

    def passed_over(self) -> dict[str, str]:
        """Return, by "milestone step", why steps will never be sent."""
        with self.app.database.read() as conn:
            found = decisions(conn)
        over = [d for d in found.values() if d.outcome is Outcome.PASS_OVER]
        return {f"{d.key.obligation.milestone} {_step(d.key)}": str(d.reason) for d in over}

    def arrived(self) -> list[tuple[date, DeliveryOutcome]]:
        """Return what the far sides took, in order, with the day it was and what the ledger says of it."""
        told = self.outcomes()
        taken = sorted([*self.mail.arrived, *self.zalo.arrived], key=lambda pair: pair[0])
        return [(local_day(instant), told[message.key]) for instant, message in taken]

    def letters(self, since: str | None = None) -> list[str]:
        """Return the letters that arrived, by day and tier, a line each: day, agency, tier, level, items; or a kind.

        Notes to the operator are left out.
        """
        found: dict[str, str] = {}
        for day, outcome in sorted(self.arrived(), key=lambda pair: (pair[0], tuple(Tier).index(pair[1].tier))):
            if outcome.letter_kind is not LetterKind.NOTE and (since is None or day >= day_of(since)):
                found.setdefault(outcome.letter, f"{day.day}/{day.month} {outcome.agency} {_told(outcome)}")
        return list(found.values())


def _step(key: ItemKey) -> str:
    return key.step if key.occurrence == 1 else f"{key.step}#{key.occurrence}"


def _told(outcome: DeliveryOutcome) -> str:
    if outcome.letter_kind is not LetterKind.REMINDER:
        return str(outcome.letter_kind)
    items = (ItemKey.parse(item) for item in outcome.items)
    return f"{outcome.tier} {outcome.level}: " + ", ".join(f"{k.obligation.milestone} {_step(k)}" for k in items)


def office_files(folder: Path, plans: Mapping[str, str] | None = None) -> Path:
    """Copy the shipped files into a folder, with other plans if given; return the path of the settings."""
    shutil.copytree(Path(str(files("daemon.config"))), folder / "config", ignore=shutil.ignore_patterns("__*"))
    schedules = folder / "schedules"
    if plans is None:
        shutil.copytree(Path(str(files("daemon.schedules"))), schedules, ignore=shutil.ignore_patterns("__*"))
    else:
        schedules.mkdir()
        for name, said in plans.items():
            (schedules / name).write_text(said, "utf-8")
    return folder / "config" / "dondoc.yaml"


def make_office(
    folder: Path,
    plans: Mapping[str, str] | None = None,
    start: str = ISSUED,
    *,
    office_letters: bool = False,
    **pace: Any,
) -> Office:
    """Open an office on fresh files and a fresh database, its clock at `start`.

    Without `office_letters` it has neither the afternoon's note nor the weekly report: a test counts what arrives.
    """
    settings = replace(load_settings(office_files(folder, plans)), pace=replace(Pace(in_turn=True), **pace))
    if not office_letters:
        settings = replace(settings, tomorrow_note=None, weekly_report=None)
    clock = VirtualClock(on(start))
    new_database(settings.database, now=clock.now())
    mail, zalo = FarSide(clock, "email"), FarSide(clock, "zalo_bot")
    return Office(settings, clock, read_generation(settings, clock.now()), mail, zalo)
