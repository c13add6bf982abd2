"""What is odd though valid: each finding is a warning at its place, and stops nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.plans import DueRule, Every, Milestone, OnDate, Plan, Undated
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Channel, Level, Role, Voice
from daemon.files.checks import Checks
from daemon.files.nodes import Findings, Place
from daemon.judgement.calendars import Calendar
from daemon.judgement.rulebook import Rulebook

OFFICE = Calendar(
    "chung", days_off=frozenset({date(2022, 9, 1), date(2022, 9, 2)}), confirmed=frozenset({2022, 2023, 2024})
)
STEPS = (
    Step("nhac", Offset(When.BEFORE, 3), Level.NOTICE, (Role.FOCAL,)),
    Step("thu-truong", Offset(When.AFTER, 4), Level.HEAD, (Role.HEAD,), approval=True),
    Step("trinh", Offset(When.AFTER, 7), Level.SUPERIOR, (Role.COLLECTOR_HEAD,)),
)


def agency(id_: str, *people: Person, office: str | None = "a@b.example", **more: Voice) -> Agency:
    """Make an agency."""
    voice = more.get("voice", Voice.DEPARTMENT)
    return Agency(id_, id_, id_, "g", voice, "Đồng chí Giám đốc", office_email=office, people=people)


def milestone(id_: str, rule: DueRule, task: str = "báo cáo kết quả") -> Milestone:
    """Make a milestone owed by one agency."""
    return Milestone(id_, task, "báo cáo", "Mục I", "", rule, ("so-a",), "UBND tỉnh")


def plan(*milestones: Milestone, id_: str = "kh", title: str = "công tác") -> Plan:
    """Make a plan of milestones."""
    return Plan(id_, "Kế hoạch", "1", title, date(2022, 3, 25), "UBND tỉnh", "so-noi-vu", "chuan", milestones)


def warnings_of(*plans: Plan, agencies: tuple[Agency, ...] | None = None, today: date | None = None) -> list[str]:
    """Return what is said of a set of plans."""
    return checked(*plans, agencies=agencies, today=today)[0]


def checked(
    *plans: Plan, agencies: tuple[Agency, ...] | None = None, today: date | None = None
) -> tuple[list[str], list[str]]:
    """Return the warnings, by the name of what they are about, and the echoes."""
    register = Register((Group("g", "G"),), agencies or (agency("so-a"), agency("so-noi-vu")))
    rules = Rulebook(plans, register, {"chuan": Ladder("chuan", time(8, 30), STEPS)}, OFFICE)
    at: dict[tuple[str, ...], Place] = {("agency", one.id): Place(one.id) for one in register.agencies}
    for one in plans:
        at[(one.id,)] = Place(one.id)
        for each in one.milestones:
            at[one.id, each.id] = Place(f"{one.id}/{each.id}")
            at[one.id, each.id, "due"] = Place(f"{one.id}/{each.id}/han")
    findings = Findings()
    echoes = Checks(rules, findings, at, today).run()
    assert findings.errors == []
    return [f"{p.file}: {p.message}" for p in findings.warnings], [str(echo) for echo in echoes]


BY_MONDAY = OnDate(date(2022, 10, 25), before=True)


def test_a_sound_set_has_no_warning() -> None:
    """And says how it understood each date, and by how many it is owed."""
    assert checked(plan(milestone("a", BY_MONDAY))) == (
        [],
        ["kh / a: ngày cuối đúng hạn: thứ Hai, 24/10/2022; 1 cơ quan phải gửi"],
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (OnDate(date(2022, 9, 2), before=False), "ngày cuối đúng hạn 02/9/2022 là thứ Sáu, trùng ngày nghỉ"),
        (OnDate(date(2022, 11, 5), before=False), "ngày cuối đúng hạn 05/11/2022 là thứ Bảy, trùng ngày nghỉ"),
        (
            OnDate(date(2027, 3, 31), before=False),
            "lịch nghỉ 2027: tạm tính (ngày cuối đúng hạn: thứ Tư, 31/3/2027 (lịch nghỉ 2027: tạm tính))",
        ),
    ],
)
def test_a_last_day_that_is_off_or_estimated_is_reported(rule: DueRule, told: str) -> None:
    """At the phrase."""
    assert warnings_of(plan(milestone("a", rule))) == [f"kh/a/han: {told}"]


def test_a_year_that_is_not_the_deadlines_is_reported() -> None:
    """In a task, a short name or the plan's own title."""
    last_year = replace(milestone("a", BY_MONDAY, "báo cáo năm 2021"), short="báo cáo 2021")
    assert warnings_of(plan(last_year, title="công tác năm 2021")) == [
        "kh: ve-viec ghi năm 2021 nhưng thời hạn rơi vào năm 2022; kiểm tra lại",
        "kh/a: viec ghi năm 2021 nhưng thời hạn rơi vào năm 2022; kiểm tra lại",
        "kh/a: goi-tat ghi năm 2021 nhưng thời hạn rơi vào năm 2022; kiểm tra lại",
    ]
    sound = milestone("a", BY_MONDAY, "báo cáo năm 2022, phương hướng 2023")
    assert warnings_of(plan(sound, title="giai đoạn 2021-2025, năm 2022")) == []


def test_two_milestones_that_would_chase_twice_are_reported() -> None:
    """The same debtor, last day and a like task, whatever year is written; the later one is told of the earlier."""
    yearly = plan(milestone("b", BY_MONDAY, "báo cáo kết quả công tác năm"), id_="hang-nam")
    this_year = plan(milestone("a", BY_MONDAY, "báo cáo kết quả công tác năm 2022"))
    assert warnings_of(this_year, yearly) == [
        "hang-nam/b: giống mốc “a” của “kh”: cùng hạn 24/10/2022, chung 1 cơ quan; có thể bị nhắc hai lần"
    ]
    assert warnings_of(this_year, replace(yearly, active=False)) == []
    other_day = plan(milestone("b", OnDate(date(2022, 10, 26), before=True), "báo cáo kết quả công tác năm"), id_="x")
    assert warnings_of(this_year, other_day) == []
    other_task = plan(milestone("b", BY_MONDAY, "hồ sơ tự chấm điểm công tác năm 2022"), id_="x")
    assert warnings_of(this_year, other_task) == []
    other_debtor = replace(yearly, milestones=(replace(yearly.milestones[0], debtors=("so-noi-vu",)),))
    assert warnings_of(this_year, other_debtor) == []


def test_a_plan_that_has_ended_is_reported_once_and_left_alone() -> None:
    """Only when the day is known; nothing else of it is worth a warning."""
    ended = replace(plan(milestone("a", OnDate(date(2022, 11, 5), before=False))), ends=date(2022, 12, 31))
    assert warnings_of(ended, today=date(2023, 1, 1)) == [
        "kh: kế hoạch đã kết thúc theo dõi ngày 31/12/2022: chỉ xem, không nhắc"
    ]
    assert warnings_of(ended, today=date(2022, 12, 31)) == warnings_of(ended)
    assert warnings_of(replace(ended, active=False), today=date(2023, 1, 1)) == []


def test_a_deadline_after_the_plans_end_is_reported() -> None:
    """Its letters would stop before it."""
    early = replace(plan(milestone("a", BY_MONDAY)), ends=date(2022, 6, 30))
    assert warnings_of(early) == ["kh/a/han: hạn sau ngày kết thúc theo dõi 30/6/2022: sẽ không được nhắc đủ"]


def test_a_task_that_opens_like_a_sentence_is_reported() -> None:
    """It stands inside one; names and abbreviations pass."""
    assert warnings_of(plan(milestone("a", BY_MONDAY, "Báo cáo kết quả"))) == [
        "kh/a: “Báo cáo kết quả” bắt đầu bằng chữ hoa; phần này đứng giữa câu, thường viết chữ thường"
    ]
    assert warnings_of(plan(milestone("a", BY_MONDAY, "UBND tỉnh ban hành quyết định"))) == []


def test_recurring_and_undated_milestones_are_echoed() -> None:
    """The periods nearest to the day asked about; no date for what has none."""
    yearly = Every("year", 25, 10, before=True)
    recurring = replace(plan(milestone("a", yearly), milestone("b", Undated())), starts=date(2022, 1, 1))
    assert checked(recurring)[1] == [
        "kh / a: 2022: ngày cuối đúng hạn: thứ Hai, 24/10/2022; 2023: ngày cuối đúng hạn: thứ Ba, 24/10/2023; "
        "2024: ngày cuối đúng hạn: thứ Năm, 24/10/2024; 1 cơ quan phải gửi",
        "kh / b: không thời hạn; 1 cơ quan phải gửi",
    ]
    with_figures = plan(replace(milestone("a", BY_MONDAY), cutoff="30/9"))
    assert checked(with_figures)[1] == [
        "kh / a: ngày cuối đúng hạn: thứ Hai, 24/10/2022; số liệu tính đến 30/9; 1 cơ quan phải gửi"
    ]
    assert checked(recurring, today=date(2024, 5, 1))[1][0].startswith("kh / a: 2024: ngày cuối đúng hạn: thứ Năm")


def test_an_inactive_plan_is_echoed_in_one_line() -> None:
    """However many milestones it has: nothing of it is chased."""
    quiet = replace(plan(milestone("a", BY_MONDAY), milestone("b", Undated()), id_="hang-nam"), active=False)
    assert checked(quiet) == ([], ["hang-nam: đang tắt (theo-doi: không), không nhắc ai"])


def test_an_agency_nobody_of_which_can_be_written_to_is_reported() -> None:
    """By role; the office mailbox takes the place of any."""
    focal = Person("p", Role.FOCAL, email="p@a.example")
    lost = "so-a: “so-a”: không có địa chỉ nhận cho {}; thêm người hoặc van-thu"
    one = plan(milestone("a", BY_MONDAY))
    collector = agency("so-noi-vu")
    assert warnings_of(one, agencies=(agency("so-a", office=None), collector)) == [lost.format("dau-moi, thu-truong")]
    assert warnings_of(one, agencies=(agency("so-a", focal, office=None), collector)) == [lost.format("thu-truong")]
    no_collector = warnings_of(one, agencies=(agency("so-a"), agency("so-noi-vu", office=None)))
    assert no_collector == ["so-noi-vu: “so-noi-vu”: không có địa chỉ nhận cho thu-truong; thêm người hoặc van-thu"]


@pytest.mark.parametrize(
    "person",
    [
        Person("p", Role.FOCAL, phone="0276 3822 233"),
        Person("p", Role.FOCAL, zalo="1"),
        Person("p", Role.FOCAL, email="p@a.example", channels=frozenset({Channel.ZALO})),
        Person("p", Role.DEPUTY, email="p@a.example"),
        Person("p", Role.FOCAL, email="p@a.example", end=date(2022, 1, 31)),
    ],
    ids=["telephone only", "Zalo on an e-mail step", "narrowed away", "another role", "no longer in office"],
)
def test_an_address_no_step_would_use_is_no_address(person: Person) -> None:
    """Channels, roles and terms of office count."""
    head = Person("h", Role.HEAD, email="h@a.example")
    agencies = (agency("so-a", person, head, office=None), agency("so-noi-vu"))
    one = plan(milestone("a", BY_MONDAY))
    assert warnings_of(one, agencies=agencies, today=date(2022, 5, 1)) == [
        "so-a: “so-a”: không có địa chỉ nhận cho dau-moi; thêm người hoặc van-thu"
    ]


def test_zalo_reaches_where_a_step_asks_for_it() -> None:
    """But never the armed forces."""
    ladder = Ladder("chuan", time(8, 30), STEPS[:1], frozenset({Channel.ZALO}))
    person = Person("p", Role.FOCAL, zalo="1")
    for voice, expected in ((Voice.DEPARTMENT, 0), (Voice.ARMED, 1)):
        register = Register((), (agency("so-a", person, office=None, voice=voice), agency("so-noi-vu")))
        one = plan(milestone("a", BY_MONDAY))
        findings = Findings()
        at: dict[tuple[str, ...], Place] = {("agency", "so-a"): Place("a")}
        Checks(Rulebook((one,), register, {"chuan": ladder}, OFFICE), findings, at, None).run()
        assert len(findings.warnings) == expected


def test_agencies_that_cannot_be_written_to_are_named_in_one_line_when_many() -> None:
    """Five by name, the rest by their number."""
    many = tuple(agency(f"so-{n}", office=None) for n in range(6))
    owed = replace(milestone("a", BY_MONDAY), debtors=tuple(one.id for one in many))
    some = "; ".join(f"so-{n} (dau-moi, thu-truong)" for n in range(5))
    assert warnings_of(plan(owed), agencies=(*many, agency("so-noi-vu"))) == [
        f"so-0: 6 cơ quan không có địa chỉ nhận: {some}; …; thêm người hoặc van-thu"
    ]
