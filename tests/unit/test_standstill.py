"""Working days through which nothing was done: found in the record, told once, with what they passed over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.domain.entries import Called, Entry
from daemon.domain.letters import Decision, ItemKey
from daemon.domain.warnings import DroppedLetter, PassedStep, Warned
from daemon.domain.words import Matter, Outcome, Reason, Tier
from daemon.judgement.standstill import Stretch, is_told, standstill, stretches

COLLECTOR = "so-noi-vu"


def found(world: Any, composed: str, today: str) -> list[Stretch]:
    """The stretches after compositions on some days ("d/m d/m")."""
    return stretches([world.day(one) for one in composed.split()], world.rules, world.day(today))


def step(world: Any, id_: str, moment: str, outcome: Outcome, reason: Reason, agency: str = "so-tu-phap") -> Decision:
    """A decision on a step that was to come at an instant."""
    key = ItemKey(world.key(agency=agency), 1, id_, 1, Tier.OFFICERS)
    return Decision(key, outcome, reason, world.on(moment))


def test_a_weekend_is_no_standstill(report: Any) -> None:
    """Friday and Monday, and a holiday between, have no working day between them."""
    assert found(report, "21/10 24/10", "24/10") == []
    assert found(report, "31/8 5/9", "5/9") == []
    assert found(report, "24/10", "24/10") == []


def test_working_days_without_a_composition_are_one(report: Any) -> None:
    """From the opening of the first to the close of the last, weekends within included."""
    (stretch,) = found(report, "20/10 27/10 28/10", "28/10")
    assert (stretch.opens, stretch.closes) == (report.on("21/10 08:30"), report.on("26/10 16:30"))


def test_old_ones_are_no_news(report: Any) -> None:
    """A week after work went on nobody need be told."""
    assert len(found(report, "20/10 27/10", "3/11")) == 1
    assert found(report, "20/10 27/10 3/11", "4/11")[0].opens == report.on("28/10 08:30")


def test_told_is_told_once_and_to_each(report: Any) -> None:
    """A warning about the same days to the same collector; another matter's or another's is none."""
    (stretch,) = found(report, "20/10 27/10", "27/10")
    said = Warned(COLLECTOR, Matter.STANDSTILL, report.on("20/10 15:00"), report.on("27/10 08:20"))

    def told(body: Any) -> bool:
        return is_told(stretch, COLLECTOR, [Entry(1, report.on("27/10 08:30"), "dondoc", None, body)])

    assert told(said)
    assert not told(replace(said, collector="so-y-te"))
    assert not told(replace(said, since=report.on("3/10"), until=report.on("7/10")))
    assert not told(replace(said, since=report.on("27/10 08:30"), until=None))
    assert not told(Called())


def test_what_was_passed_over(report: Any) -> None:
    """Steps whose time went by, in order of time and protocol; no other rule's, nor another collector's."""
    since, until = report.on("21/10 08:30"), report.on("27/10 08:30")
    elsewhere = step(report, "nhac", "24/10 08:30", Outcome.PASS_OVER, Reason.PAST_DUE)
    elsewhere = replace(elsewhere, key=elsewhere.key._replace(obligation=report.key()._replace(plan="khac")))
    decided = [
        step(report, "han-cuoi", "24/10 08:30", Outcome.PASS_OVER, Reason.LATER_STEP),
        step(report, "don-doc", "22/10 08:30", Outcome.PASS_OVER, Reason.PAST_DUE, "khong-con"),
        step(report, "don-doc", "22/10 08:30", Outcome.PASS_OVER, Reason.NO_LONGER_USEFUL),
        step(report, "nhac", "24/10 08:30", Outcome.PASS_OVER, Reason.SAME_DAY),
        step(report, "qua-han", "26/10 08:30", Outcome.SEND, Reason.CATCH_UP),
        step(report, "thu-truong", "27/10 08:00", Outcome.SEND, Reason.STEP_REACHED, "so-y-te"),
        step(report, "trinh", "27/10 08:30", Outcome.PASS_OVER, Reason.PAST_DUE),
        elsewhere,
    ]
    mine = DroppedLetter("thu", "so-tu-phap", report.day("20/10"), (str(decided[0].key),), replaced=True)
    others = DroppedLetter("thu-2", "so-tu-phap", report.day("20/10"), (str(elsewhere.key),))
    told = standstill(COLLECTOR, since, until, decided, [mine, others], report.rules)
    assert told == Warned(
        COLLECTOR,
        Matter.STANDSTILL,
        since,
        until,
        steps=(
            PassedStep(str(decided[2].key), Reason.NO_LONGER_USEFUL),
            PassedStep(str(decided[1].key), Reason.PAST_DUE),
            PassedStep(str(decided[0].key), Reason.LATER_STEP),
        ),
        letters=(mine,),
        late=("so-tu-phap",),
    )
