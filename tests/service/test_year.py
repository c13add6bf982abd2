"""The year 2022 of plan 1026 for every agency, through App, SQLite and far side, is the year that was rehearsed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from daemon.clock import end_of, local_day
from daemon.domain.entries import Received
from daemon.domain.letters import History, ItemKey, Letter
from daemon.domain.obligations import ActTime
from daemon.domain.words import LetterKind, Tier
from daemon.files.settings import load_settings
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.standing import fold
from daemon.managers.reloader import read_generation
from daemon.store.ledger import verify
from tests.support.office import office_files, on

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

pytestmark = pytest.mark.timeout(900)
LAST_DAY = date(2022, 12, 31)


@dataclass(frozen=True)
class Given:
    """One letter as the far side has it: the day, the agency, the tier, what it holds and who got it."""

    day: date
    agency: str
    tier: Tier
    items: frozenset[ItemKey]
    recipients: frozenset[tuple[str, str]]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> list[Given]:
    """The year as `preview` foretells it from the day of issue."""
    settings = load_settings(office_files(tmp_path_factory.mktemp("rehearsed")))
    rules = read_generation(settings, on("25/3")).rules
    owed = obligations(rules, {}, known_at_issue, until=LAST_DAY)
    letters = rehearse(Snapshot(rules, fold(owed, [], rules), History()), on("25/3"), end_of(LAST_DAY))
    return [_foretold(letter) for letter in letters]


def _foretold(letter: Letter) -> Given:
    people = {(str(c), id_) for group in (letter.to, letter.cc) for c, ids in group.items() for id_ in ids}
    return Given(letter.day, letter.agency, letter.tier, frozenset(i.key for i in letter.items), frozenset(people))


def given(office: Office) -> list[Given]:
    """Return the reminders the far side accepted, put together from what each recipient got."""
    told = office.outcomes()
    letters: dict[str, list[tuple[date, str]]] = {}
    for instant, message in office.mail.arrived:
        if told[message.key].letter_kind is LetterKind.REMINDER:
            letters.setdefault(told[message.key].letter, []).append((local_day(instant), message.key))
    found = []
    for got in letters.values():
        ((day, first),) = dict(got).items()  # all on one day
        assert len({key for _, key in got}) == len(got)  # nobody twice
        one = told[first]
        assert one.tier is not None
        items = frozenset(ItemKey.parse(item) for item in one.items)
        people = frozenset((str(told[key].channel), told[key].person) for _, key in got)
        found.append(Given(day, one.agency, one.tier, items, people))
    return found


async def test_nobody_sends_anything(offices: Offices, rehearsed: list[Given]) -> None:
    """Marks and approvals in time, not one document: what arrives is what was rehearsed, letter for letter."""
    office = offices()
    await office.at("25/3 17:00")
    for covers in ("1/4", "25/10", "7/11"):
        await office.until(_eve(office, covers), approving=True)
        office.mark(f"{covers} 08:00")
    await office.until("31/12", approving=True)
    found = given(office)
    assert Counter(found) == Counter(rehearsed)
    assert len(found) > 500
    debtors = Counter(one.agency for one in found if one.tier is Tier.OFFICERS)
    assert len(debtors) == 39
    assert debtors.pop("so-noi-vu") == 15  # four milestones, the fourth its own
    assert set(debtors.values()) == {10}
    with office.app.database.read() as conn:
        assert verify(conn).first_bad is None


async def test_most_send_in_time(offices: Offices, rehearsed: list[Given]) -> None:
    """Whoever has sent hears no more of it but a receipt; the others get what was rehearsed for them, on those days."""
    office = offices()
    rules = office.generation.rules
    debtors = [a.id for a in rules.register.agencies if a.active]
    late = {"so-y-te", "ubnd-h-tan-bien", "bch-quan-su", "so-noi-vu"}
    await office.at("25/3 17:00")
    await office.until("29/3")
    await _send(office, "30/3 09:00", [a for a in debtors if a not in late], ["ke-hoach"])
    await office.until("31/3")
    office.mark("1/4 08:00")
    await office.until("29/9", approving=True)
    await _send(office, "30/9 09:00", [a for a in debtors if a not in late], ["bao-cao", "ho-so-cham-diem"])
    await office.until("24/10")
    office.mark("25/10 08:00")
    await office.until("6/11", approving=True)
    office.mark("7/11 08:00")
    await office.until("31/12", approving=True)
    found = given(office)
    silent = {one for one in found if one.agency not in late | {"vp-ubnd"} and one.day > date(2022, 3, 31)}
    assert silent == set()
    of_late = [one for one in found if one.agency in late and one.tier is not Tier.COLLECTOR]
    assert Counter(of_late) == Counter(
        one for one in rehearsed if one.agency in late and one.tier is not Tier.COLLECTOR
    )
    receipts = [one for one in office.letters() if one.endswith("receipt")]
    assert len(receipts) == 3 * (len(debtors) - len(late))


async def _send(office: Office, words: str, agencies: list[str], milestones: list[str]) -> None:
    """Let agencies send what they owe, and the operator enter it."""
    office.clock.move_to(office.on(words))
    when = ActTime.of(office.clock.now())
    for agency in agencies:
        for milestone in milestones:
            office.enter(Received(f"{len(agency)}/{agency}", sent=when, received=when), office.key(milestone, agency))
    await office.at(words)


def _eve(office: Office, words: str) -> str:
    """Return the day before, as people write it."""
    before = date.fromordinal(office.day(words).toordinal() - 1)
    return f"{before.day}/{before.month}"
