"""The slots of one item: everything a step's text may say about one obligation, as plain words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from daemon.clock import local_day
from daemon.domain.letters import Letter, LetterItem
from daemon.domain.obligations import Standing, Term, TermCause
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Agency
from daemon.domain.words import Voice
from daemon.judgement.dates_vi import (
    clock_in_letter,
    clock_in_table,
    day_in_sentence,
    short_day,
    two_digits,
    weekday,
    weekday_day,
)
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import Slot, capital
from daemon.rendering.figures import known_to, reminder_days, tally
from daemon.rendering.voices import MANNERS, Manner, called
from daemon.rendering.wording import Section, Wording, section_of, wording_of

DOCUMENT_WANTED = {TermCause.SUPPLEMENT: "văn bản bổ sung", TermCause.INVALID: "văn bản hợp lệ"}


@dataclass(frozen=True)
class Subject:
    """What one item is about, looked up once."""

    item: LetterItem
    plan: Plan
    milestone: Milestone
    agency: Agency
    standing: Standing | None
    term: Term | None
    voice: Voice
    manner: Manner
    wording: Wording
    section: Section

    @property
    def cause(self) -> TermCause:
        """What opened the term in force."""
        return self.term.cause if self.term else TermCause.INITIAL


def moment(instant: datetime) -> str:
    """Return an instant as letters state it: "17 giờ 00 ngày 24/10/2022"."""
    return f"{clock_in_letter(instant)} ngày {day_in_sentence(local_day(instant))}"


def short_moment(instant: datetime) -> str:
    """Return an instant as subjects and lists state it: "17:00 ngày 24/10"."""
    return f"{clock_in_table(instant)} ngày {short_day(local_day(instant))}"


def subject_of(item: LetterItem, letter: Letter, snapshot: Snapshot, now: datetime) -> Subject:
    """Look up what an item of a letter is about."""
    rules, key = snapshot.rules, item.key.obligation
    plan, standing = rules.plan(key), snapshot.standings.get(key)
    term = phrases.term_of(item, standing)
    voice = rules.voice(plan, key.agency)
    cause = term.cause if term else TermCause.INITIAL
    return Subject(
        item=item,
        plan=plan,
        milestone=rules.milestone(key),
        agency=rules.agency(key.agency),
        standing=standing,
        term=term,
        voice=voice,
        manner=MANNERS[voice],
        wording=wording_of(item, rules.ladder(key), now),
        section=section_of(item, cause, now, today=item.deadline.last_day == letter.day),
    )


def _voice_slots(subject: Subject, rules: Rulebook, day: date) -> dict[str, Slot]:
    manner, plan = subject.manner, subject.plan
    speaker = phrases.office(plan, rules)
    room = phrases.department(subject.item.key.obligation, rules, day)
    name = called(subject.agency, subject.voice, room)
    inward = subject.voice is Voice.INTERNAL
    request = f"{manner.request} {name}" if inward else f"{speaker} {manner.request} {name}"
    return {
        "don_vi": speaker,
        "co_quan": subject.agency.name,
        "ten_ngan": subject.agency.short_name,
        "goi": name,
        "de_nghi": manner.request,
        "loi_de_nghi": request,
        "Loi_de_nghi": capital(request),
        "lam": manner.do,
        "lam_gap": manner.do_now,
        "de_lam_gi": manner.so_that.format(office=speaker, issuer=plan.issuer),
        "dem_lan": int(manner.counts),
        "vu_trang": int(subject.voice is Voice.ARMED),
        "noi_bo": int(inward),
        "lien_he": phrases.contact(plan, rules),
        "thu_truong": subject.agency.head_title,
    }


def _date_slots(subject: Subject, rules: Rulebook, day: date) -> dict[str, Slot]:
    item, milestone = subject.item, subject.milestone
    last = item.deadline.last_day
    due = phrases.due_phrase(milestone, subject.term, subject.standing)
    left = rules.calendar(subject.agency.id).working_days(day, last)
    remarks = []
    if subject.cause is TermCause.EXTENDED and subject.term and not subject.term.authority:
        remarks.append("thời hạn đã được gia hạn")
    if item.deadline.estimated:
        remarks.append(f"lịch nghỉ năm {last.year}: tạm tính")
    return {
        "han": due,
        "trung_ngay": int(phrases.names_day(due, last)),
        "thu": weekday(last),
        "ngay_cuoi": weekday_day(last),
        "ngay_cuoi_so": day_in_sentence(last),
        "ngay_cuoi_ngan": short_day(last),
        "ghi_chu_han": "; ".join(remarks),
        "n": left,
        "n_chu": two_digits(left),
        "hom_nay": int(last == day),
        "trung_ngay_nghi": int(not rules.calendar(subject.agency.id).is_working(last)),
        "ngay_tra_loi": day_in_sentence(rules.calendar(subject.agency.id).shift(day, milestone.reply_after)),
    }


def _emphasis(subject: Subject, day: date, rules: Rulebook) -> str:
    """The one day a reader must not miss: the last day, or past it the day by which an answer is asked."""
    if subject.wording in {Wording.OVERDUE, Wording.HEAD}:
        return f"ngày {day_in_sentence(rules.calendar(subject.agency.id).shift(day, subject.milestone.reply_after))}"
    due = phrases.due_phrase(subject.milestone, subject.term, subject.standing)
    last = subject.item.deadline.last_day
    return due if phrases.names_day(due, last) else weekday_day(last)


def _count_slots(subject: Subject, letter: Letter, snapshot: Snapshot, now: datetime) -> dict[str, Slot]:
    key = subject.item.key.obligation
    mark = known_to(subject.plan, subject.item.deadline, snapshot, letter.day, now)
    days = [] if subject.item.first else reminder_days(key, snapshot, letter.day)
    slots: dict[str, Slot] = {
        "thoi_diem": moment(mark or now),
        "ty_so": "",
        "k": len(days),
        "k_chu": two_digits(len(days)),
        "ngay_nhac_truoc": day_in_sentence(days[-1]) if days else "",
    }
    if mark is not None:
        figures = tally(key[:3], snapshot, now)
        if figures.total and 2 * figures.sent >= figures.total:
            slots["ty_so"] = f"{two_digits(figures.sent)}/{two_digits(figures.total)}"
    return slots


def _needed_slots(subject: Subject, snapshot: Snapshot, now: datetime) -> dict[str, Slot]:
    """Who has not yet sent what this milestone needs; only the collector itself may read these names."""
    slots: dict[str, Slot] = {"danh_sach": "", "z": 0, "z_chu": "", "viec_can": ""}
    if subject.voice is not Voice.INTERNAL:
        return slots
    period = subject.item.key.obligation.period
    for needed in subject.milestone.needs:
        figures = tally((subject.plan.id, needed, period), snapshot, now)
        waited = [standing.key.agency for standing in (*figures.missing, *figures.ahead)]
        others = [id_ for id_ in snapshot.rules.register.in_order(waited) if id_ != subject.agency.id]
        if others:
            slots["z"] = len(others)
            slots["z_chu"] = two_digits(len(others))
            slots["viec_can"] = subject.plan.by_id[needed].task
            names = [snapshot.rules.agency(id_).short_name for id_ in others]
            slots["danh_sach"] = ("; " if any("," in name for name in names) else ", ").join(names)
    return slots


def item_slots(subject: Subject, letter: Letter, snapshot: Snapshot, now: datetime) -> dict[str, Slot]:
    """Return every slot a step's text may use for one item."""
    rules, milestone, plan, voice = snapshot.rules, subject.milestone, subject.plan, subject.voice
    supplement = subject.cause is TermCause.SUPPLEMENT
    what = phrases.task(milestone, subject.term)
    does = phrases.act(milestone, what, plan, rules, voice)
    place = phrases.destination(milestone, rules, voice)
    due = phrases.due_phrase(milestone, subject.term, subject.standing)
    # The plan itself is cited by every letter; naming it once more as a paper says nothing.
    papers = [
        paper.name for paper in (*plan.attachments, *milestone.attachments) if paper.name != phrases.document(plan)
    ]
    return {
        "mau": subject.wording.value,
        "muc_thu": subject.section.value,
        "dau": int(subject.item.first),
        "cheo": int(subject.item.crossed),
        "viec": what,
        "Viec": capital(what),
        "goi_tat": f"bổ sung {milestone.short}" if supplement else milestone.short,
        "muc": "" if supplement else milestone.clause,
        "can_cu": phrases.authority(plan, subject.term, rules),
        "van_ban_ke_hoach": phrases.document(plan),
        "so_ke_hoach": f"{plan.kind} {plan.number}",
        "noi_gui": place,
        "gui_viec": does,
        "cau": phrases.sentence(milestone, does, subject.agency.name, due, place),
        "co_gui": int(milestone.sentence is None),
        "theo_ke_hoach": int(subject.cause in {TermCause.INITIAL, TermCause.AMENDED, TermCause.INVALID}),
        "can_cu_chung": phrases.authority(plan, None, rules),
        "han_chung": int(subject.cause in {TermCause.INITIAL, TermCause.AMENDED}),
        "van_ban": DOCUMENT_WANTED.get(subject.cause, "văn bản"),
        "cach_gui": milestone.send_by or "",
        "tai_lieu": "; ".join(dict.fromkeys(papers)),
        "cac_tai_lieu": cast("list[Slot]", papers),
        "nhan": [_emphasis(subject, letter.day, rules)],
        **_voice_slots(subject, rules, letter.day),
        **_date_slots(subject, rules, letter.day),
        **_count_slots(subject, letter, snapshot, now),
        **_needed_slots(subject, snapshot, now),
    }
