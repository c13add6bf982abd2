"""The shipped files load as they stand, say what the plan says, and can write to nobody real."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from daemon.domain.obligations import Obligation
from daemon.domain.plans import Every, OnDate, Plan
from daemon.domain.words import Channel, JudgedBy, Role, Voice
from daemon.files import keys
from daemon.files.loading import Loaded, load
from daemon.files.settings import load_settings
from daemon.judgement.calendars import Calendar
from daemon.judgement.duties import known_at_issue, obligations

CONFIG = Path(str(files("daemon.config")))
SCHEDULES = Path(str(files("daemon.schedules")))
SHIPPED = sorted([*CONFIG.glob("*.yaml"), *SCHEDULES.glob("*.yaml")])

PLAN = "1026-kh-ubnd-2022"
MERGED_ON = date(2025, 7, 1)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """The shipped set, read through the shipped settings."""
    return load(load_settings(CONFIG / "dondoc.yaml"))


@pytest.fixture(scope="module")
def plan(loaded: Loaded) -> Plan:
    """Plan 1026."""
    return loaded.rules.plan_by_id[PLAN]


@pytest.fixture(scope="module")
def owed(loaded: Loaded) -> tuple[Obligation, ...]:
    """What plan 1026 makes each agency owe, to the end of 2022."""
    return obligations(loaded.rules, {}, known_at_issue, until=date(2022, 12, 31))


def test_only_the_holiday_table_disagrees(loaded: Loaded) -> None:
    """The one warning is the swap of January 2026, which the table of public holidays has missed."""
    told = [re.search(r"\d\d/\d\d/\d{4}", warning.message) for warning in loaded.warnings]
    assert {warning.file for warning in loaded.warnings} <= {"config/calendar.yaml"}
    assert {found[0] for found in told if found} <= {"02/01/2026", "10/01/2026"}
    assert all(told)


def test_every_shipped_file_is_read(loaded: Loaded) -> None:
    """Both plans and all three ladders come from the shipped folders."""
    assert [plan.id for plan in loaded.rules.plans] == [PLAN, "hang-nam"]
    assert list(loaded.rules.ladders) == ["chuan", "cham-diem", "noi-bo"]
    assert len(SHIPPED) == 6


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_address_is_real(path: Path) -> None:
    """No address of any shipped file lies outside the reserved `.example`."""
    text = path.read_text(encoding="utf-8")
    assert [found for found in re.findall(r"[\w.+-]+@[\w.-]+", text) if not found.endswith(".example")] == []


def test_no_telephone_and_no_zalo_is_given(loaded: Loaded) -> None:
    """People are posts with a mailbox: no name, number or Zalo id that could be somebody's."""
    people = [person for agency in loaded.rules.register.agencies for person in agency.people]
    assert len(people) == 39 * 3
    assert {(person.name, person.phone, person.zalo) for person in people} == {(None, None, None)}


def test_settings_send_nothing_away() -> None:
    """As shipped, mail goes to a host that cannot exist, Zalo is off and letters carry no link."""
    settings = load_settings(CONFIG / "dondoc.yaml")
    assert settings.smtp is not None
    assert settings.smtp.host.endswith(".example")
    assert (settings.email, settings.zalo, settings.public_url) == ("smtp", None, None)


def test_every_setting_is_explained() -> None:
    """Each setting stands in the file, in use or commented out, below at least one line of explanation."""
    lines = (CONFIG / "dondoc.yaml").read_text(encoding="utf-8").splitlines()
    tables = (keys.SETTINGS, keys.FILES, keys.SENDER, keys.SMTP, keys.MAILBOX, keys.ZALO, keys.PACE, keys.LIMITS)
    for key in {name for table in tables for name in table.values()}:
        at = [n for n, line in enumerate(lines) if re.match(rf"[# ]*{key}:( |$)", line)]
        assert at, key
        assert any("#" in line for line in lines[at[0] - 2 : at[0]]), key


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_files_are_as_an_editor_leaves_them(path: Path) -> None:
    """UTF-8 in composed form, no tab, no trailing blank; braces only in the ladders."""
    text = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search(r"\t|\r|[ ]+$", text, re.MULTILINE)
    flow = [token for token in yaml.scan(text) if isinstance(token, yaml.FlowMappingStartToken)]
    assert bool(flow) == (path.name == "ladders.yaml")


PHRASES = [
    ("ke-hoach", "chậm nhất ngày 31/3/2022", OnDate(date(2022, 3, 31), before=False), date(2022, 3, 31)),
    ("bao-cao", "trước ngày 25/10/2022", OnDate(date(2022, 10, 25), before=True), date(2022, 10, 24)),
    ("ho-so-cham-diem", "trước 25/10/2022", OnDate(date(2022, 10, 25), before=True), date(2022, 10, 24)),
    ("xep-loai", "trước ngày 05/11/2022", OnDate(date(2022, 11, 5), before=True), date(2022, 11, 4)),
]


def test_the_plan_has_four_dated_milestones(plan: Plan) -> None:
    """The plan fixes four dates, no more."""
    assert [milestone.id for milestone in plan.milestones if milestone.dated] == [row[0] for row in PHRASES]


@pytest.mark.parametrize(("milestone", "phrase", "rule", "last_day"), PHRASES, ids=[row[0] for row in PHRASES])
def test_phrases_are_the_plans_own(
    plan: Plan, owed: tuple[Obligation, ...], milestone: str, phrase: str, rule: OnDate, last_day: date
) -> None:
    """Each phrase is copied from the plan and understood strictly."""
    found = plan.by_id[milestone]
    assert (found.due, found.rule) == (phrase, rule)
    assert {one.deadline.last_day for one in owed if one.key.milestone == milestone} == {last_day}


def test_the_heading_of_the_plan(plan: Plan) -> None:
    """The letters cite the document as it is printed."""
    assert (plan.kind, plan.number, plan.issuer, plan.issued, plan.ends) == (
        "Kế hoạch",
        "1026/KH-UBND",
        "UBND tỉnh",
        date(2022, 3, 25),
        date(2022, 12, 31),
    )
    assert plan.title == "thực hiện công tác dân vận chính quyền năm 2022"


def test_where_each_document_goes(plan: Plan) -> None:
    """Plan and report go to UBND tỉnh by way of Sở Nội vụ, the scoring file straight to Sở Nội vụ."""
    ways = {m.id: (m.clause, m.send_to, m.via, m.judged_by, m.ladder, m.needs) for m in plan.milestones}
    assert ways == {
        "ke-hoach": ("Mục IV.1", "UBND tỉnh", "so-noi-vu", JudgedBy.SENT, None, ()),
        "bao-cao": ("Mục IV.1", "UBND tỉnh", "so-noi-vu", JudgedBy.SENT, None, ()),
        "ho-so-cham-diem": ("Mục IV.1", "Sở Nội vụ", None, JudgedBy.RECEIVED, "cham-diem", ()),
        "xep-loai": ("Mục IV.2.a", "UBND tỉnh", None, JudgedBy.RECEIVED, "noi-bo", ("ho-so-cham-diem",)),
    }


def test_who_owes_what(owed: tuple[Obligation, ...]) -> None:
    """39 agencies owe three documents, Sở Nội vụ alone the rating: 118 obligations."""
    count = Counter(one.key.milestone for one in owed)
    assert count == {"ke-hoach": 39, "bao-cao": 39, "ho-so-cham-diem": 39, "xep-loai": 1}
    assert {one.key.agency for one in owed if one.key.milestone == "xep-loai"} == {"so-noi-vu"}
    assert len(owed) == 118


def test_debtors_by_group_and_voice(loaded: Loaded, plan: Plan) -> None:
    """19 departments, 9 districts and 11 central bodies, the armed forces among them with their own voice."""
    agencies = [loaded.rules.agency(id_) for id_ in plan.by_id["ke-hoach"].debtors]
    assert Counter(agency.group for agency in agencies) == {"so-ban-nganh": 19, "cap-huyen": 9, "trung-uong": 11}
    assert Counter(agency.voice for agency in agencies) == {
        Voice.DEPARTMENT: 19,
        Voice.DISTRICT: 9,
        Voice.ARMED: 3,
        Voice.CENTRAL: 8,
    }
    assert [a.id for a in agencies if a.voice is Voice.ARMED] == ["cong-an", "bch-quan-su", "bch-bdbp"]


def test_doubtful_bodies_are_listed_and_silent(loaded: Loaded) -> None:
    """Bodies the plan does not clearly address can be switched on, and owe nothing until then."""
    off = Counter(agency.group for agency in loaded.rules.register.agencies if not agency.active)
    assert off == {"trung-uong": 8, "su-nghiep": 6}


def test_every_debtor_can_be_written_to(loaded: Loaded, plan: Plan) -> None:
    """Each debtor has a focal officer, a deputy, a head and an office mailbox, in an allowed channel."""
    for agency in map(loaded.rules.agency, plan.by_id["ke-hoach"].debtors):
        assert [person.role for person in agency.people] == [Role.FOCAL, Role.DEPUTY, Role.HEAD]
        assert all(person.email for person in agency.people)
        assert agency.office_email
        assert agency.narrowed(frozenset({Channel.EMAIL})) == {Channel.EMAIL}
        assert agency.head_title.startswith("Đồng chí ")


def test_districts_end_with_the_merger(loaded: Loaded) -> None:
    """The district level ended on 1/7/2025; nobody else's end is known here."""
    ends = {agency.id: agency.active_until for agency in loaded.rules.register.agencies if agency.active_until}
    assert set(ends) == {agency.id for agency in loaded.rules.register.members("cap-huyen")}
    assert set(ends.values()) == {MERGED_ON - timedelta(days=1)}


def test_people_answer_for_the_plan(loaded: Loaded, plan: Plan) -> None:
    """The plan's contact is the collector's focal officer; the issuer's office is in the register."""
    agency, person = loaded.rules.register.person_by_id[plan.contact or ""]
    assert (agency.id, person.role) == (plan.collector, Role.FOCAL)
    assert loaded.rules.register.issuer_office == "vp-ubnd"


def test_targets(plan: Plan) -> None:
    """Six targets stand in section III; two can be counted from the record."""
    assert [target.clause for target in plan.targets] == [f"III.{n}" for n in range(1, 7)]
    assert [(t.clause, t.milestone, t.rating, t.at_least) for t in plan.targets if not t.manual] == [
        ("III.2", "ke-hoach", None, (100, False)),
        ("III.6", "ho-so-cham-diem", "Tốt", (50, True)),
    ]


def test_what_is_rated_can_be_rated(plan: Plan) -> None:
    """A rating is entered on an obligation, so the target counts a milestone that every rated agency owes."""
    rated = next(target.milestone for target in plan.targets if target.rating)
    assert plan.by_id[rated or ""].debtors == plan.by_id["ke-hoach"].debtors


def test_undated_duties_are_listed(plan: Plan) -> None:
    """Every lettered clause of IV.2, đ between d and e, and the duties of IV.1 and II.3 without a date."""
    clauses = list(dict.fromkeys(duty.clause for duty in plan.undated))
    assert clauses == ["Mục IV.1", "Mục II.3", *(f"Mục IV.2.{letter}" for letter in "abcdđeg")]


def test_the_yearly_plan_sleeps(loaded: Loaded) -> None:
    """The yearly form asks the same of the same agencies from 2023 on, and is shipped inactive."""
    yearly, plan = loaded.rules.plan_by_id["hang-nam"], loaded.rules.plan_by_id[PLAN]
    assert (yearly.active, yearly.starts) == (False, date(2023, 1, 1))
    for ours, theirs in zip(yearly.milestones, plan.milestones, strict=True):
        assert (ours.id, ours.debtors, ours.ladder, ours.via) == (theirs.id, theirs.debtors, theirs.ladder, theirs.via)
        assert isinstance(ours.rule, Every)
        assert isinstance(theirs.rule, OnDate)
        assert (ours.rule.period, ours.rule.day, ours.rule.month, ours.rule.before) == (
            "year",
            theirs.rule.day.day,
            theirs.rule.day.month,
            theirs.rule.before,
        )
        assert not re.search(r"\d{4}", f"{ours.due} {ours.task} {ours.short}")


# Weekdays off, month by month, then Saturdays worked: the civil service's calendar as announced (2027: as computed).
DAYS_OFF = {
    2021: "1/1 10/2 11/2 12/2 15/2 16/2 21/4 30/4 3/5 2/9 3/9",
    2022: "3/1 31/1 1/2 2/2 3/2 4/2 11/4 2/5 3/5 1/9 2/9",
    2023: "2/1 20/1 23/1 24/1 25/1 26/1 1/5 2/5 3/5 1/9 4/9",
    2024: "1/1 8/2 9/2 12/2 13/2 14/2 18/4 29/4 30/4 1/5 2/9 3/9",
    2025: "1/1 27/1 28/1 29/1 30/1 31/1 7/4 30/4 1/5 2/5 1/9 2/9",
    2026: "1/1 2/1 16/2 17/2 18/2 19/2 20/2 27/4 30/4 1/5 31/8 1/9 2/9 24/11",
    2027: "1/1 4/2 5/2 8/2 9/2 10/2 16/4 30/4 3/5 2/9 3/9 24/11",
}
WORKED = {2024: "4/5", 2025: "26/4", 2026: "10/1 22/8"}
FIRST_OF_TET = {2021: "12/2", 2022: "1/2", 2023: "22/1", 2024: "10/2", 2025: "29/1", 2026: "17/2", 2027: "6/2"}


def _days(year: int, written: str) -> set[date]:
    return {date(year, int(month), int(day)) for day, month in (one.split("/") for one in written.split())}


@pytest.mark.parametrize("year", DAYS_OFF)
def test_days_off(loaded: Loaded, year: int) -> None:
    """The calendar has exactly the announced days off and worked Saturdays of each year."""
    office = loaded.rules.office
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    assert {day for day in days if day.weekday() < 5 and not office.is_working(day)} == _days(year, DAYS_OFF[year])
    assert {day for day in days if day.weekday() >= 5 and office.is_working(day)} == _days(year, WORKED.get(year, ""))


@pytest.mark.parametrize("year", DAYS_OFF)
def test_quiet_days_lie_around_tet(loaded: Loaded, year: int) -> None:
    """Quiet are the two working days before the days off of Tết and the first working day after them, no others."""
    office = loaded.rules.office
    bare = Calendar("bare", office.days_off, office.worked)
    (first,) = _days(year, FIRST_OF_TET[year])
    before, after = bare.on_or_before(first), bare.on_or_after(first)
    assert {day for day in office.quiet if day.year == year} == {bare.shift(before, -1), before, after}


def test_only_2027_is_an_estimate(loaded: Loaded) -> None:
    """Six years rest on notices; the seventh says that it does not."""
    assert loaded.rules.office.confirmed == set(range(2021, 2027))
    assert {day.year for day in loaded.rules.office.days_off} == set(DAYS_OFF)


def test_ladders_differ_only_where_they_must(loaded: Loaded) -> None:
    """`cham-diem` presses the head and the province sooner; `noi-bo` writes to no head; the rest is `chuan`."""
    chuan, cham_diem, noi_bo = (loaded.rules.ladders[id_] for id_ in ("chuan", "cham-diem", "noi-bo"))
    moved = {step.id: (step.when.n, chuan.by_id[step.id].when.n) for step in cham_diem.steps}
    assert {id_: pair for id_, pair in moved.items() if pair[0] != pair[1]} == {"thu-truong": (3, 4), "trinh": (4, 7)}
    assert [step for step in chuan.steps if step.id != "thu-truong"] == list(noi_bo.steps)
    assert [step.id for step in chuan.steps if step.approval] == ["thu-truong"]
