"""Milestones, debtors and periods make exactly the obligations the plan asks for, in the order of the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from daemon.clock import at
from daemon.domain.obligations import Obligation, ObligationKey
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency, Group, Register
from daemon.domain.words import JudgedBy, Roll, Voice
from daemon.judgement.calendars import Calendar
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.phrases import parse_due
from daemon.judgement.rulebook import Rulebook

OFFICE = Calendar("chung", days_off=frozenset({date(2022, 1, 3)}), confirmed=frozenset({2022, 2023}))
OWN = Calendar("riêng", days_off=frozenset({date(2022, 3, 28)}), confirmed=frozenset({2022}))
DEBTORS = ("so-tu-phap", "ubnd-h-tan-chau", "cuc-thue")


def agency(id_: str, **changes: Any) -> Agency:
    """Return an agency of the register."""
    return replace(Agency(id_, id_.upper(), id_, "khoi", Voice.DEPARTMENT, f"Thủ trưởng {id_}"), **changes)


def milestone(id_: str, due: str, **changes: Any) -> Milestone:
    """Return a milestone owed by the three agencies."""
    plain = Milestone(id_, "báo cáo", "báo cáo", "Mục IV.1", due, parse_due(due), DEBTORS, "UBND tỉnh")
    return replace(plain, **changes)


def plan(*milestones: Milestone, **changes: Any) -> Plan:
    """Return a plan of 25/3/2022."""
    plain = Plan(
        id="1026",
        kind="Kế hoạch",
        number="1026/KH-UBND",
        title="thực hiện công tác dân vận chính quyền năm 2022",
        issued=date(2022, 3, 25),
        issuer="UBND tỉnh",
        collector="so-noi-vu",
        ladder="chuan",
        milestones=milestones,
    )
    return replace(plain, **changes)


def owed(
    *plans: Plan,
    until: date = date(2022, 12, 31),
    default_known: Callable[[Plan], datetime] = known_at_issue,
    **agencies: Agency,
) -> tuple[Obligation, ...]:
    """Return the obligations of plans; `agencies` replace those of the register by id (with _ for -)."""
    register = Register(
        groups=(Group("khoi", "Khối"),),
        agencies=tuple(agencies.get(id_.replace("-", "_"), agency(id_)) for id_ in DEBTORS),
    )
    rules = Rulebook(plans, register, {}, OFFICE, {"riêng": OWN})
    return obligations(rules, {}, default_known, until=until)


def names(found: tuple[Obligation, ...]) -> list[str]:
    """Return "milestone/period/agency" of obligations, in order."""
    return ["/".join(obligation.key[1:]) for obligation in found]


def test_obligations_come_in_the_order_of_the_files() -> None:
    """Plans, then milestones, then periods, then debtors as the register has them."""
    second = plan(milestone("b", "trước ngày 25/10/2022", debtors=("cuc-thue",)), id="2000")
    first = plan(
        milestone("ke-hoach", "chậm nhất ngày 31/3/2022"),
        milestone("thang", "ngày 25 hằng tháng", debtors=("so-tu-phap", "cuc-thue")),
        starts=date(2022, 4, 1),
    )
    found = owed(first, second, until=date(2022, 5, 20))
    assert names(found) == [
        "ke-hoach/once/so-tu-phap",
        "ke-hoach/once/ubnd-h-tan-chau",
        "ke-hoach/once/cuc-thue",
        "thang/2022-04/so-tu-phap",
        "thang/2022-04/cuc-thue",
        "thang/2022-05/so-tu-phap",
        "thang/2022-05/cuc-thue",
        "b/once/cuc-thue",
    ]
    assert [obligation.key.plan for obligation in found] == ["1026"] * 7 + ["2000"]


def test_an_obligation_carries_its_deadline_and_how_it_is_judged() -> None:
    """M2 as the plan has it: the last day is 24/10, judged by the day of sending."""
    (one,) = owed(plan(milestone("m2", "trước ngày 25/10/2022", debtors=("so-tu-phap",), judged_by=JudgedBy.SENT)))
    assert one.key == ObligationKey("1026", "m2", "once", "so-tu-phap")
    assert (one.deadline.last_day, one.deadline.due_at) == (date(2022, 10, 24), at(date(2022, 10, 25)))
    assert one.judged_by is JudgedBy.SENT


def test_undated_milestones_and_inactive_plans_owe_nothing() -> None:
    """A standing duty is listed elsewhere; a plan no longer followed asks for nothing."""
    assert owed(plan(milestone("u", "thường xuyên"))) == ()
    assert owed(plan(milestone("m", "trước ngày 25/10/2022"), active=False)) == ()


def test_the_owing_agencys_calendar_counts_its_days() -> None:
    """One working day after Friday 25/3 is Monday, but Tuesday for an agency that is closed on Monday."""
    found = owed(
        plan(milestone("m", "trong 1 ngày làm việc kể từ ngày ban hành")),
        so_tu_phap=agency("so-tu-phap", calendar="riêng"),
    )
    assert [(o.key.agency, o.deadline.last_day.day) for o in found] == [
        ("so-tu-phap", 29),
        ("ubnd-h-tan-chau", 28),
        ("cuc-thue", 28),
    ]


def test_the_milestones_roll_is_obeyed() -> None:
    """Saturday 5/11 moves to Monday only where the milestone says so."""
    stays, moves = owed(
        plan(
            milestone("a", "chậm nhất ngày 05/11/2022", debtors=("cuc-thue",)),
            milestone("b", "chậm nhất ngày 05/11/2022", debtors=("cuc-thue",), roll=Roll.NEXT),
        )
    )
    assert (stays.deadline.last_day.day, moves.deadline.last_day.day) == (5, 7)


def test_first_known_is_remembered_before_it_is_assumed() -> None:
    """What the database remembers wins; the rest was known when the default says."""
    seen = datetime(2022, 4, 1, 2, 0, tzinfo=UTC)
    late = datetime(2022, 6, 1, tzinfo=UTC)
    rules = Rulebook(
        (plan(milestone("m", "trước ngày 25/10/2022", debtors=("so-tu-phap", "cuc-thue"))),),
        Register((), (agency("so-tu-phap"), agency("cuc-thue"))),
        {},
        OFFICE,
    )
    key = ObligationKey("1026", "m", "once", "cuc-thue")
    found = obligations(rules, {key: seen}, lambda _: late, until=date(2022, 12, 31))
    assert [(o.key.agency, o.first_known_at) for o in found] == [("so-tu-phap", late), ("cuc-thue", seen)]


def test_a_preview_knows_a_plan_from_its_day_of_issue() -> None:
    """Without a database the plan is known from 00:00 of 25/3/2022 in Vietnam."""
    assert known_at_issue(plan()) == datetime(2022, 3, 24, 17, 0, tzinfo=UTC)
    (one,) = owed(plan(milestone("m", "trước ngày 25/10/2022", debtors=("cuc-thue",))))
    assert one.first_known_at == datetime(2022, 3, 24, 17, 0, tzinfo=UTC)


QUARTERLY = "ngày 20 của tháng cuối quý"


@pytest.mark.parametrize(
    ("starts", "ends", "until", "quarters"),
    [
        (date(2022, 1, 1), None, date(2022, 3, 31), ["2022-Q1"]),
        (date(2022, 1, 1), None, date(2022, 4, 1), ["2022-Q1", "2022-Q2"]),  # until is in the second
        (date(2022, 4, 1), None, date(2022, 12, 31), ["2022-Q2", "2022-Q3", "2022-Q4"]),
        (date(2022, 1, 1), date(2022, 7, 1), date(2023, 6, 30), ["2022-Q1", "2022-Q2", "2022-Q3"]),
        (date(2022, 1, 1), date(2022, 6, 30), date(2023, 6, 30), ["2022-Q1", "2022-Q2"]),  # ends begins no new one
        (None, None, date(2022, 12, 31), ["2022-Q2", "2022-Q3", "2022-Q4"]),  # whole ones after 25/3
    ],
)
def test_periods_run_from_the_plans_start_to_the_one_holding_until(
    starts: date | None, ends: date | None, until: date, quarters: list[str]
) -> None:
    """A plan begins its first period at `from`, and no period after it ends."""
    found = owed(plan(milestone("q", QUARTERLY, debtors=("cuc-thue",)), starts=starts, ends=ends), until=until)
    assert [obligation.key.period for obligation in found] == quarters


def test_a_closed_plan_keeps_its_one_off_obligations() -> None:
    """`ends` freezes the record, it does not erase it."""
    found = owed(plan(milestone("m", "trước ngày 25/10/2022"), ends=date(2022, 6, 30)), until=date(2024, 1, 1))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("changes", "owes"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"active_from": date(2022, 10, 24)}, True),  # founded on the last day
        ({"active_from": date(2022, 10, 25)}, False),
        ({"active_until": date(2022, 3, 25)}, True),  # in being on the day of issue
        ({"active_until": date(2022, 3, 24)}, False),
        ({"active_from": date(2022, 5, 1), "active_until": date(2022, 6, 30)}, True),
    ],
)
def test_an_agency_owes_what_fell_into_its_time(changes: dict[str, Any], owes: bool) -> None:
    """A debtor was followed and in being on some day between issue and last day."""
    found = owed(plan(milestone("m", "trước ngày 25/10/2022")), so_tu_phap=agency("so-tu-phap", **changes))
    assert ("so-tu-phap" in {obligation.key.agency for obligation in found}) is owes
    assert len(found) == 2 + owes


def test_an_agency_owes_only_the_periods_of_its_time() -> None:
    """A district that ended on 30/6 owes the first two quarters; one founded on 1/8, the last two."""
    found = owed(
        plan(milestone("q", QUARTERLY), starts=date(2022, 1, 1), issued=date(2021, 12, 1)),
        ubnd_h_tan_chau=agency("ubnd-h-tan-chau", active_until=date(2022, 6, 30)),
        cuc_thue=agency("cuc-thue", active_from=date(2022, 8, 1)),
    )
    by_agency = {id_: [o.key.period for o in found if o.key.agency == id_] for id_ in ("ubnd-h-tan-chau", "cuc-thue")}
    assert by_agency == {"ubnd-h-tan-chau": ["2022-Q1", "2022-Q2"], "cuc-thue": ["2022-Q3", "2022-Q4"]}


def test_a_plan_issued_in_mid_period_asks_only_those_in_being_from_then_on() -> None:
    """The first quarter of a plan of 25/3 is not owed by a body that ended in February."""
    found = owed(
        plan(milestone("q", QUARTERLY, debtors=("cuc-thue",)), starts=date(2022, 1, 1)),
        until=date(2022, 3, 31),
        cuc_thue=agency("cuc-thue", active_until=date(2022, 2, 28)),
    )
    assert found == ()


def test_a_plan_issued_after_its_own_last_day_asks_those_in_being_on_that_day() -> None:
    """A late plan still names its debtors: its letters say the date has passed."""
    late = plan(milestone("m", "chậm nhất ngày 20/3/2022"))
    assert len(owed(late)) == 3
    assert len(owed(late, cuc_thue=agency("cuc-thue", active_until=date(2022, 3, 20)))) == 3
    assert len(owed(late, cuc_thue=agency("cuc-thue", active_until=date(2022, 3, 19)))) == 2
