"""How often it ticks, where it stands, how its files are cut and how often it restarts: the same letters arrive."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from daemon.clock import at, end_of, local
from daemon.domain.letters import History, ItemKey
from daemon.domain.words import LetterKind
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

pytestmark = pytest.mark.timeout(600)
SIX = ("vp-ubnd", "so-noi-vu", "so-tu-phap", "so-y-te", "ubnd-h-tan-bien", "bch-quan-su")
START, END = date(2022, 3, 21), date(2022, 4, 15)
FINE, MINUTES, HOUR = timedelta(seconds=15), timedelta(minutes=5), timedelta(hours=1)
AROUND = (time(8, 29), time(8, 35))  # where letters leave on an ordinary day, ticks are fifteen seconds apart

Arrived = list[list[object]]


def instants_of(pace: timedelta) -> Iterator[datetime]:
    """Yield the ticks of 21/3 - 15/4 at a pace; when nothing can leave, seldom is as good."""
    for day in (START + timedelta(days=n) for n in range((END - START).days + 1)):
        now, evening = at(day, time(0, 30)), at(day, time(23, 30))
        while now <= evening:
            yield now
            now += _until_next(local(now).time(), day, pace)


def _until_next(clock: time, day: date, pace: timedelta) -> timedelta:
    if clock < time(7, 30):
        return 7 * HOUR
    if clock >= time(14, 0) or day.weekday() > 4:
        return 3 * HOUR
    if pace is FINE:
        return FINE if AROUND[0] <= clock < AROUND[1] else MINUTES
    return pace


async def weeks(office: Office, pace: timedelta, *, reopened: bool = False) -> Arrived:
    """Live through 21/3 - 15/4, the mark entered on 1/4, approvals given at once; return what arrived."""
    marked_at = office.on("1/4 08:00")
    for now in instants_of(pace):
        if office.clock.now() < marked_at <= now:
            office.mark("1/4 08:00")
        await office.at(now)
        if office.approve_all():
            await office.at(now)
        if reopened:
            await office.reopen()
    return arrived(office)


def arrived(office: Office) -> Arrived:
    """Return (day, agency, tier, items without their plan, recipient) of every reminder that arrived, in order."""
    found: Arrived = [
        [
            day.isoformat(),
            outcome.agency,
            str(outcome.tier),
            _items(map(ItemKey.parse, outcome.items)),
            outcome.person,
            str(outcome.channel),
        ]
        for day, outcome in office.arrived()
        if outcome.letter_kind is LetterKind.REMINDER
    ]
    return sorted(found, key=str)


def _items(keys: Iterable[ItemKey]) -> list[str]:
    """Return items without their plan, in a fixed order."""
    return sorted(f"{key.obligation.milestone} {key.step} {key.occurrence}" for key in keys)


@pytest.fixture
def six(offices: Offices, plan_text: Callable[..., str]) -> Office:
    """Six agencies of every voice owing three things, known before the plan was issued."""
    return offices({"a.yaml": plan_text(SIX)}, start="21/3 00:00")


@pytest.fixture
def foretold(six: Office) -> Arrived:
    """What `preview` says will arrive."""
    rules = six.generation.rules
    owed = obligations(rules, {}, known_at_issue, until=END)
    letters = rehearse(Snapshot(rules, fold(owed, [], rules), History()), at(START), end_of(END))
    found: Arrived = [
        [letter.day.isoformat(), letter.agency, str(letter.tier), _items(i.key for i in letter.items), person, str(by)]
        for letter in letters
        for group in (letter.to, letter.cc)
        for by, people in group.items()
        for person in people
    ]
    days = {str(row[0]) for row in found}
    assert days == {"2022-03-28", "2022-03-31", "2022-04-04", "2022-04-06", "2022-04-07", "2022-04-12"}
    return sorted(found, key=str)


@pytest.mark.parametrize("pace", [FINE, MINUTES, HOUR])
async def test_any_pace(six: Office, foretold: Arrived, pace: timedelta) -> None:
    """Ticks of fifteen seconds, of five minutes and of an hour let the same letters leave on the same days."""
    assert await weeks(six, pace) == foretold


async def test_restarted_after_every_tick(six: Office, foretold: Arrived) -> None:
    """Whatever an App knows is in its database: one that lives for a single tick does the same."""
    assert await weeks(six, HOUR, reopened=True) == foretold


@pytest.mark.parametrize(
    "cut", [[["ke-hoach"], ["bao-cao", "ho-so-cham-diem"]], [["ho-so-cham-diem"], ["bao-cao"], ["ke-hoach"]]]
)
async def test_plans_merged_or_split(
    offices: Offices, plan_text: Callable[..., str], foretold: Arrived, cut: list[list[str]]
) -> None:
    """One plan of three milestones, or as many plans: one letter a day to each agency all the same."""
    plans = {f"{n}.yaml": plan_text(SIX, milestones, f"phan-{n}") for n, milestones in enumerate(cut)}
    assert await weeks(offices(plans, start="21/3 00:00"), HOUR) == foretold


HERE = Path(__file__)
ELSEWHERE = f"""
import asyncio, json, pathlib, runpy, sys
office_files = runpy.run_path({str(HERE.with_name("conftest.py"))!r})
told = runpy.run_path({str(HERE)!r})

async def live():
    plans = {{"a.yaml": office_files["plan_text"](told["SIX"])}}
    office = office_files["make_office"](pathlib.Path(sys.argv[1]), plans, start="21/3 00:00")
    found = await told["weeks"](office, told["HOUR"])
    await office.app.aclose()
    return found

found = asyncio.run(live())
print("ARRIVED" + json.dumps(found))
"""


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Asia/Ho_Chi_Minh"])
async def test_wherever_the_machine_stands(tmp_path: Path, foretold: Arrived, zone: str) -> None:
    """The machine's own time zone changes nothing, on either side of the date line."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    command = [sys.executable, "-c", ELSEWHERE, str(folder)]
    environment = {**os.environ, "TZ": zone}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("ARRIVED")]
    assert json.loads(said.removeprefix("ARRIVED")) == foretold
