"""Whom the ladders would send to by Zalo and who has no address there: said once, in few lines, before it is missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from daemon.domain.register import Agency, Person
from daemon.domain.settings import Zalo
from daemon.domain.words import Channel, Role
from daemon.errors import Problem
from daemon.files.loading import Loaded
from daemon.files.nodes import Place
from daemon.judgement.rulebook import Rulebook

MOST = 5
"""People named in lines of their own; more are named in one."""

WHY = {
    "bot": ("chưa kết nối với Zalo Bot", "kết nối: dondoc zalo link {id}"),
    "oa": ("danh bạ chưa có zalo (mã người dùng của OA)", "ghi mã ấy vào mục zalo"),
    "zbs": ("danh bạ chưa có số điện thoại di động", "ghi số ấy vào mục dien-thoai"),
    "webhook": ("danh bạ chưa có zalo", "ghi mã người nhận của cổng vào mục zalo"),
}


def unreached_by_zalo(
    loaded: Loaded, zalo: Zalo | None, today: date, linked: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Return a warning for each person whom a step would reach by Zalo and cannot, folded into one if they are many.

    `linked` are the ids of people whose chat is known apart from the files.
    """
    asked = dict(_asked(loaded.rules, today))
    if zalo is None:
        told = (
            f"lịch nhắc có kênh zalo cho {len(asked)} người nhưng dondoc.yaml chưa có mục zalo: không ai nhận qua Zalo"
        )
        return (_warning(Place("dondoc.yaml"), told),) if asked else ()
    lost = [(agency, person) for agency, person in asked.values() if not person.zalo and person.id not in linked]
    if not lost:
        return ()
    why, mend = WHY[zalo.kind]
    if len(lost) > MOST:
        some = ", ".join(person.id for _, person in lost[:MOST])
        told = (
            f"{len(lost)} người được nhắc qua Zalo nhưng {why}: {some}, …; {mend.format(id='NGƯỜI')}{_otherwise(lost)}"
        )
        return (_warning(loaded.at["person", lost[0][1].id], told),)
    warnings = []
    for agency, person in lost:
        told = f"“{person.id}” được nhắc qua Zalo nhưng {why}; {mend.format(id=person.id)}"
        warnings.append(_warning(loaded.at["person", person.id], told + _otherwise([(agency, person)])))
    return tuple(warnings)


def _asked(rules: Rulebook, today: date) -> Iterator[tuple[str, tuple[Agency, Person]]]:
    """Yield by their ids the people in office whom some step of a running plan asks to reach by Zalo."""
    for plan, milestone in rules.dated():
        if plan.ends is not None and plan.ends < today:
            continue
        ladder = rules.ladders[milestone.ladder or plan.ladder]
        for step in ladder.steps:
            for role in (*step.to, *step.cc):
                head = role is Role.COLLECTOR_HEAD
                for id_ in (plan.collector,) if head else milestone.debtors:
                    agency = rules.agency(id_)
                    if Channel.ZALO not in agency.narrowed(ladder.roads(step)):
                        continue
                    for person in agency.people_in(Role.HEAD if head else role, today):
                        if person.channels is None or Channel.ZALO in person.channels:
                            yield person.id, (agency, person)


def _otherwise(lost: list[tuple[Agency, Person]]) -> str:
    """Return what these people get instead."""
    silent = [person.id for agency, person in lost if not person.email and not agency.office_email]
    if not silent:
        return "; đến lúc ấy chỉ nhận thư điện tử"
    return f"; không nhận được bằng đường nào: {', '.join(silent[:MOST])}{', …' if len(silent) > MOST else ''}"


def _warning(place: Place, message: str) -> Problem:
    return Problem(place.file, place.line, place.col, message, warning=True)
