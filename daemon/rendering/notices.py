"""Slots of what an agency is told outside the ladder: receipts, dates moved, documents sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import cast

from daemon.clock import local_day
from daemon.domain.entries import (
    Accepted,
    Declared,
    Entry,
    Extended,
    Nothing,
    PlanChanged,
    Received,
    Returned,
)
from daemon.domain.obligations import ActTime, ObligationKey, Settlement, Standing
from daemon.domain.words import LetterKind, Return, Voice
from daemon.judgement.dates_vi import clock_in_letter, day_in_sentence, short_day, two_digits, weekday, weekday_day
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import Slot, capital, clean
from daemon.rendering.context import common_slots, open_duties
from daemon.rendering.voices import MANNERS, called

Slots = dict[str, Slot]


def act_time(act: ActTime) -> str:
    """Return when something was done as a letter states it: "16 giờ 55 ngày 21/10/2022", or "ngày 21/10/2022"."""
    hour = f"{clock_in_letter(act.at)} " if act.at is not None else ""
    return f"{hour}ngày {day_in_sentence(act.day)}"


def result(settled: Settlement) -> str:
    """Return how a document was judged: "đúng hạn" or "quá hạn 04 ngày"."""
    if settled.on_time:
        return "đúng hạn"
    return f"quá hạn {two_digits(settled.late_days)} ngày" if settled.late_days else "quá hạn trong ngày"


def document_name(document: str) -> str:
    """Return a document as a sentence names it: "văn bản số 123/BC-STP"; one already named in words stays as it is."""
    return f"văn bản số {document}" if document[:1].isdigit() else document


def base_slots(
    standing: Standing, snapshot: Snapshot, letter_id: str, kind: LetterKind, public_url: str | None
) -> Slots:
    """Return what every letter about one entry of the record says of its obligation."""
    rules, key = snapshot.rules, standing.key
    plan, milestone, agency = rules.plan(key), rules.milestone(key), rules.agency(key.agency)
    voice = rules.voice(plan, key.agency)
    room = phrases.department(key, rules, local_day(standing.term.started_at)) if voice is Voice.INTERNAL else None
    name = called(agency, voice, room)
    speaker = phrases.office(plan, rules)
    request = MANNERS[voice].request
    asked = f"đề nghị {name}" if voice is Voice.INTERNAL else f"{speaker} {request} {name}"
    return {
        **common_slots(letter_id, kind, voice, public_url),
        "duyet": 0,
        "vu_trang": int(voice is Voice.ARMED),
        "kinh_gui": f"{room}, {agency.name}" if room else agency.name,
        "don_vi": speaker,
        "co_quan": agency.name,
        "ten_ngan": agency.short_name,
        "goi": name,
        "Loi_de_nghi": capital(asked),
        "viec": milestone.task,
        "Viec": capital(milestone.task),
        "goi_tat": milestone.short,
        "muc": milestone.clause,
        "can_cu": phrases.authority(plan, None, rules),
        "gui_viec": phrases.act(milestone, milestone.task, plan, rules, voice),
        "lien_he": phrases.contact(plan, rules),
        "noi_dung": [],
        "so_noi_dung": 1,
        "nhan": [],
        **_dates(phrases.due_phrase(milestone, standing.term, standing), standing.term.deadline.last_day),
    }


def _dates(due: str, last: date) -> Slots:
    return {
        "han": due,
        "trung_ngay": int(phrases.names_day(due, last)),
        "thu": weekday(last),
        "ngay_cuoi": weekday_day(last),
        "ngay_cuoi_ngan": short_day(last),
    }


def _paper(document: str | None, issued_on: date | None, *, secret: bool) -> Slots:
    """The document's number and day; the armed forces' are never written into a letter."""
    shown = document if document and not secret else None
    name = document_name(shown) if shown else ""
    return {
        "vb": name,
        "Vb": capital(name),
        "ngay_vb": day_in_sentence(issued_on) if issued_on and shown else "",
    }


def _receipt(body: Received | Accepted | Nothing, standing: Standing, snapshot: Snapshot) -> Slots:
    settled = standing.settlement  # None if the document was sent back since: then only its coming is confirmed
    armed = snapshot.rules.agency(standing.key.agency).voice is Voice.ARMED
    times = [
        f"gửi lúc {act_time(body.sent)}" if body.sent else "",
        f"nhận lúc {act_time(body.received)}" if body.received else "",
    ]
    times = [time.replace("lúc ngày", "ngày") for time in times if time]
    judged = next((t for t in reversed(standing.terms) if settled and t.deadline == settled.judged), standing.term)
    due = phrases.due_phrase(snapshot.rules.milestone(standing.key), judged, standing)
    return {
        "mau": "bien-nhan",
        "khong_phat_sinh": int(isinstance(body, Nothing)),
        "luc": capital(", ".join(times)),
        "gio_nhan": act_time(body.received) if body.received else "",
        "duong_gui": (getattr(body, "road", None) or "") if not armed else "",
        "ket_qua": result(settled) if settled else "",
        "con_lai": remaining(standing.key, snapshot, settled.recorded_at) if settled else "",
        "tom_tat": [f"Đã nhận {snapshot.rules.milestone(standing.key).task}."],
        **_dates(due, judged.deadline.last_day),
        **_paper(body.document, body.issued_on, secret=armed),
    }


def remaining(key: ObligationKey, snapshot: Snapshot, now: datetime) -> str:
    """Return what the agency still owes, as a receipt ends: each short name with its last day."""
    left = open_duties(key.agency, snapshot, now, without=frozenset({key}))
    if not left:
        return "Không còn nội dung nào chưa gửi."
    named = [
        f"{snapshot.rules.milestone(standing.key).short}, hạn {day_in_sentence(standing.term.deadline.last_day)}"
        for standing in left
    ]
    return f"Nội dung còn lại: {'; '.join(named)}."


def _declared(body: Declared, standing: Standing, snapshot: Snapshot) -> Slots:
    armed = snapshot.rules.agency(standing.key.agency).voice is Voice.ARMED
    until = standing.declared_until
    return {
        "mau": "bao-gui",
        "den_ngay": day_in_sentence(until) if until else "",
        "tom_tat": ["Đã ghi nhận báo gửi; đây chưa phải là biên nhận."],
        **_paper(body.document, body.issued_on, secret=armed),
    }


def _returned(body: Returned, standing: Standing, snapshot: Snapshot, before: Received | Accepted | None) -> Slots:
    armed = snapshot.rules.agency(standing.key.agency).voice is Voice.ARMED
    paper = _paper(before.document if before else None, before.issued_on if before else None, secret=armed)
    reason = body.reason.strip().rstrip(".")
    if body.how is Return.SUPPLEMENT and body.until is not None:
        first = (before.sent or before.received) if before else None
        return {
            "mau": "bo-sung",
            "ly_do": reason,
            "ngay_bo_sung": day_in_sentence(body.until),
            "ngay_bo_sung_ngan": short_day(body.until),
            "gio_gui": act_time(first) if first else "",
            "nhan": [f"ngày {day_in_sentence(body.until)}"],
            "tom_tat": [f"Đề nghị bổ sung, gửi lại trong ngày {day_in_sentence(body.until)}: {reason}."],
            **paper,
        }
    return {"mau": "chua-hop-le", "ly_do": reason, "tom_tat": [f"Đề nghị gửi lại văn bản hợp lệ: {reason}."], **paper}


def _extended(body: Extended) -> Slots:
    return {
        "mau": "gia-han",
        "van_ban_cho_phep": body.authority,
        "nhan": [body.due],
        "tom_tat": [f"Theo {body.authority}, thời hạn mới: {body.due}."],
        **_dates(body.due, body.last_day),
    }


def _amended(body: PlanChanged, standing: Standing, snapshot: Snapshot) -> Slots:
    due = body.due or snapshot.rules.milestone(standing.key).due
    last = body.last_day or standing.term.deadline.last_day
    return {
        "mau": "dieu-chinh",
        "han_cu": body.was_due or "",
        "nhan": [due],
        "tom_tat": [f"Thời hạn mới: {due}."],
        **_dates(due, last),
    }


_KIND: dict[type, LetterKind] = {
    Received: LetterKind.RECEIPT,
    Accepted: LetterKind.RECEIPT,
    Nothing: LetterKind.RECEIPT,
}


def notice_context(
    entry: Entry,
    standing: Standing,
    snapshot: Snapshot,
    *,
    letter_id: str,
    public_url: str | None = None,
    before: Received | Accepted | None = None,
) -> Slots:
    """Return the slots of what a ledger entry tells its agency; `standing` is the record after it.

    `before`: the document a return speaks of. ValueError for an entry nobody is told of.
    """
    body = entry.body
    builders: dict[type, Callable[[], Slots]] = {
        Received: lambda: _receipt(cast("Received", body), standing, snapshot),
        Accepted: lambda: _receipt(cast("Accepted", body), standing, snapshot),
        Nothing: lambda: _receipt(cast("Nothing", body), standing, snapshot),
        Declared: lambda: _declared(cast("Declared", body), standing, snapshot),
        Returned: lambda: _returned(cast("Returned", body), standing, snapshot, before),
        Extended: lambda: _extended(cast("Extended", body)),
        PlanChanged: lambda: _amended(cast("PlanChanged", body), standing, snapshot),
    }
    if type(body) not in builders:
        raise ValueError(f"nobody is told of an entry of kind {entry.kind.value}")
    base = base_slots(standing, snapshot, letter_id, _KIND.get(type(body), LetterKind.NOTICE), public_url)
    return cast("Slots", clean(base | builders[type(body)]()))
