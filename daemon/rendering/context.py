"""Builds what a letter's templates see: plain words and numbers from a letter, the files and the record.

Nothing of the domain reaches a template; every slot is a str, an int, a list or a dict of those. A slot that has
nothing to say is "" or 0, and its clause is left out; the approver's are missing altogether until somebody approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import cast

from daemon.clock import local_day
from daemon.domain.entries import Approved
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey, Standing
from daemon.domain.register import Person
from daemon.domain.words import LetterKind, Role, Tier, Voice
from daemon.judgement.dates_vi import day_in_sentence, short_day, two_digits, weekday, weekday_day
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import Slot, capital, clean
from daemon.rendering.labels import group_numeral
from daemon.rendering.report import report_slots
from daemon.rendering.slots import Subject, item_slots, subject_of
from daemon.rendering.subjects import enumerated, named
from daemon.rendering.wording import Section, Wording

Slots = dict[str, Slot]

QUIET_DAYS = 30  # calendar days ahead that the quiet block looks
CODE = 8  # characters of a letter's id that are printed

INWARD = {
    Wording.REMIND: "noi-bo",
    Wording.PRESS: "noi-bo",
    Wording.LAST_DAY: "noi-bo",
    Wording.OVERDUE: "noi-bo-qua-han",
}


def letter_code(letter_id: str) -> str:
    """Return what of a letter's id is printed: all of a short one, the head of a long one."""
    return letter_id if len(letter_id) <= 2 * CODE else letter_id[:CODE].upper()


def letter_context(
    letter: Letter,
    snapshot: Snapshot,
    *,
    letter_id: str,
    now: datetime,
    public_url: str | None = None,
    approver: Approved | None = None,
) -> Slots:
    """Return the slots of a reminder. `public_url` is the agency's own page as it should stand in the letter.

    "mau" names the template; "noi_dung" holds the slots of each item, in the letter's order.
    """
    subjects = [subject_of(item, letter, snapshot, now) for item in letter.items]
    items = [item_slots(subject, letter, snapshot, now) for subject in subjects]
    shared: Slots = {
        **common_slots(letter_id, LetterKind.REMINDER, subjects[0].voice, public_url),
        "duyet": int(approver is not None),
        "noi_dung": cast("list[Slot]", items),
        "so_noi_dung": len(items),
        "so_noi_dung_chu": two_digits(len(items)),
    }
    if approver is not None and approver.name and approver.title:
        shared |= {"chuc_danh_nguoi_duyet": approver.title, "ho_ten_nguoi_duyet": approver.name}
    if letter.tier is Tier.COLLECTOR:
        shared |= report_slots(subjects[0], letter, snapshot, now)
    elif letter.tier is Tier.HEAD:
        shared |= {
            "mau": _head_template(subjects),
            "lien_ket": "",
            "kinh_gui": subjects[0].agency.head_title,
            "cac_nhom": _sections(subjects, items),
        }
    else:
        shared |= _officers_slots(letter, subjects, items, snapshot, now)
    cover = items[0] | _several_slots(subjects, items) | shared
    return cast("Slots", clean(cover))


def common_slots(letter_id: str, kind: LetterKind, voice: Voice, public_url: str | None) -> Slots:
    """Return what every letter's foot needs; the armed forces get no link."""
    linked = public_url if public_url and voice is not Voice.ARMED else ""
    return {"ma_thu": letter_code(letter_id), "loai_thu": kind.value, "lien_ket": linked}


def _officers_slots(
    letter: Letter, subjects: Sequence[Subject], items: Sequence[Slots], snapshot: Snapshot, now: datetime
) -> Slots:
    first = subjects[0]
    addressed = first.agency.name
    if first.voice is Voice.INTERNAL:
        room = phrases.department(letter.items[0].key.obligation, snapshot.rules, letter.day)
        addressed = f"{room or 'các phòng chuyên môn'}, {first.agency.name}"
    return {
        "mau": _template(subjects),
        "kinh_gui": addressed,
        "dau_moi": _focal_line(first.agency.people_in(Role.FOCAL, letter.day)),
        "ke_hoach": _by_plan(subjects, items),
        "cac_nhom": _sections(subjects, items),
        "sap_den_han": _quiet_block(letter, snapshot, now),
        "kem_lich": int(any(s.item.first and now < s.item.deadline.due_at for s in subjects)),
    }


def _template(subjects: Sequence[Subject]) -> str:
    if all(subject.wording is Wording.NOTICE for subject in subjects):
        return Wording.NOTICE.value
    if len(subjects) > 1:
        return "tong-hop"
    wording = subjects[0].wording
    return INWARD.get(wording, wording.value) if subjects[0].voice is Voice.INTERNAL else wording.value


def _head_template(subjects: Sequence[Subject]) -> str:
    if len(subjects) > 1:
        return "thu-truong-nhieu"
    return "noi-bo-thu-truong" if subjects[0].voice is Voice.INTERNAL else "thu-truong"


def _focal_line(people: Sequence[Person]) -> str:
    known = [", ".join(part for part in (p.name, p.title if not p.name else None, p.email) if part) for p in people]
    return "; ".join(line for line in known if line)


def _by_plan(subjects: Sequence[Subject], items: Sequence[Slots]) -> list[Slot]:
    """The notice's list: per plan what it is and what this agency owes by it."""
    pairs = zip(subjects, items, strict=True)
    plans: list[Slot] = []
    for plan, group in groupby(pairs, key=lambda pair: pair[0].plan):
        plans.append(
            {
                "ngay_ban_hanh": day_in_sentence(plan.issued),
                "noi_ban_hanh": plan.issuer,
                "van_ban": phrases.document(plan),
                "ve_viec": plan.title,
                "muc": [slots for _, slots in group],
            }
        )
    return plans


def _sections(subjects: Sequence[Subject], items: Sequence[Slots]) -> list[Slot]:
    """The items by heading, empty headings left out; numerals run over those that are printed."""
    found = [
        (section, [slots for subject, slots in zip(subjects, items, strict=True) if subject.section is section])
        for section in Section
    ]
    printed = [(section, group) for section, group in found if group]
    return [
        {"so": group_numeral(n), "ten": section.value, "gap": int(section in URGENT), "muc": cast("list[Slot]", group)}
        for n, (section, group) in enumerate(printed, 1)
    ]


URGENT = frozenset({Section.PAST, Section.TODAY})


def _several_slots(subjects: Sequence[Subject], items: Sequence[Slots]) -> Slots:
    """What a subject line and a Zalo line say of the whole letter."""
    order = sorted(zip(subjects, items, strict=True), key=lambda pair: list(Section).index(pair[0].section))
    leading = order[0][0]
    days = {subject.item.deadline.last_day for subject in subjects}
    urgent = [subject for subject in subjects if subject.section in URGENT]
    plans = {subject.plan.id for subject in subjects}
    issuers = {subject.plan.issuer for subject in subjects}
    return {
        "cung_ngay": int(len(days) == 1),
        "deu_qua_han": int(all(subject.section is Section.PAST for subject in subjects)),
        "deu_hom_nay": int(all(subject.section is Section.TODAY for subject in subjects)),
        "co_gap": int(bool(urgent)),
        "deu_gap": int(len(urgent) == len(subjects)),
        "muc_gap": ", ".join(group_numeral(n) for n in range(1, 1 + len({subject.section for subject in urgent}))),
        "co_nhac_chua_nhan": int(any(s.wording not in {Wording.NOTICE, Wording.REMIND} for s in subjects)),
        "co_cheo": int(any(subject.item.crossed for subject in subjects)),
        "ngay_chu_de": short_day(leading.item.deadline.last_day),
        "ten_chu_de": named([cast("str", slots["goi_tat"]) for _, slots in order], same_day=len(days) == 1),
        "cac_han": _by_day(order),
        "nhan": list(
            dict.fromkeys(cast("list[str]", [phrase for s in items for phrase in cast("list[str]", s["nhan"])]))
        ),
        "mot_ke_hoach": int(len(plans) == 1),
        "noi_ban_hanh": issuers.pop() if len(issuers) == 1 else "",
        "cach_gui_chung": "; ".join(dict.fromkeys(cast("str", s["cach_gui"]) for s in items if s["cach_gui"])),
        "tai_lieu_chung": "; ".join(
            dict.fromkeys(name for s in items for name in cast("list[str]", s["cac_tai_lieu"]))
        ),
    }


def _by_day(order: Sequence[tuple[Subject, Slots]]) -> list[Slot]:
    """Short names by last day: "báo cáo và hồ sơ chấm điểm dân vận 2022" and the day's short form."""
    pairs = sorted(order, key=lambda pair: pair[0].item.deadline.last_day)
    return [
        {"ten": enumerated([cast("str", slots["goi_tat"]) for _, slots in group]), "ngay": short_day(day)}
        for day, members in groupby(pairs, key=lambda pair: pair[0].item.deadline.last_day)
        if (group := list(members))
    ]


def open_duties(
    agency: str, snapshot: Snapshot, now: datetime, *, without: frozenset[ObligationKey] = frozenset()
) -> list[Standing]:
    """Return what an agency still owes at `now`, the nearest first: open periods of running plans, not declared."""
    duties = [
        standing
        for key, standing in snapshot.standings.items()
        if key.agency == agency and key not in without and _is_open(standing, snapshot, local_day(now))
    ]
    return sorted(duties, key=lambda standing: (standing.term.deadline.due_at, standing.key))


def _is_open(standing: Standing, snapshot: Snapshot, today: date) -> bool:
    plan = snapshot.rules.plan(standing.key)
    opens = standing.term.deadline.opens_on
    settled = standing.exempt or standing.settlement is not None
    declared = standing.declared_until is not None and today <= standing.declared_until
    running = plan.active and (plan.ends is None or today <= plan.ends)
    return running and (opens is None or opens <= today) and not settled and not declared


def _quiet_block(letter: Letter, snapshot: Snapshot, now: datetime) -> list[Slot]:
    """Other open duties of the agency due within thirty days, as one line each, in the order of their days."""
    inside = frozenset(item.key.obligation for item in letter.items)
    until = letter.day + timedelta(days=QUIET_DAYS)
    return [
        _quiet_line(standing, snapshot)
        for standing in open_duties(letter.agency, snapshot, now, without=inside)
        if now < standing.term.deadline.due_at and standing.term.deadline.last_day <= until
    ]


def _quiet_line(standing: Standing, snapshot: Snapshot) -> Slot:
    milestone, last = snapshot.rules.milestone(standing.key), standing.term.deadline.last_day
    due = phrases.due_phrase(milestone, standing.term, standing)
    named_in_phrase = phrases.names_day(due, last)
    exact = weekday(last) if named_in_phrase else f"ngày cuối cùng được tính đúng hạn: {weekday_day(last)}"
    return f"{capital(phrases.task(milestone, standing.term))}: {due} ({exact})"
