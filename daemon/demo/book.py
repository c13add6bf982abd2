"""The ledger as people read it: each entry in one Vietnamese line; the export beside it is what verifies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.demo.evidence import Evidence
from daemon.demo.pages import outcome_label, page, reader_of, short_task
from daemon.domain.entries import (
    Accepted,
    Approved,
    Called,
    Declared,
    DeliveryOutcome,
    Entry,
    Exempted,
    Extended,
    Mark,
    Nothing,
    Promised,
    Received,
    Reported,
    Returned,
)
from daemon.domain.obligations import ActTime
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.labels import CHANNEL, ENTRY_KIND, OFFICE_LETTER, RETURNED
from daemon.store.ledger import head_code
from daemon.store.moving import BY_DONDOC


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a row."""

    seq: int
    at: datetime
    kind: str
    about: str
    told: str
    by: str
    system: bool


def write_book(evidence: Evidence) -> str:
    """Return the ledger page."""
    rules = evidence.rules
    agency_of = {id_: rules.agency(stored.letter.agency).short_name for id_, stored in evidence.stored.items()}
    lines = [_line(entry, rules, agency_of) for entry in evidence.entries]
    head = evidence.verdict.head
    sound = evidence.verdict.first_bad is None
    return page("so-theo-doi.html", goc="", cac_muc=lines, ma=head_code(head.hash), cuoi=head.seq, nguyen_ven=sound)


def _line(entry: Entry, rules: Rulebook, agency_of: dict[str, str]) -> Line:
    body, subject = entry.body, entry.subject
    about = ""
    if subject is not None:
        about = f"{rules.agency(subject.agency).short_name}: {short_task(subject, rules)}"
    elif isinstance(body, DeliveryOutcome):
        about = rules.agency(body.agency).short_name
    elif isinstance(body, Approved):
        about = agency_of.get(body.letter or "", "")
    kind = RETURNED[body.how] if isinstance(body, Returned) else ENTRY_KIND[entry.kind]
    system = entry.by == BY_DONDOC
    by = "hệ thống" if system else reader_of(entry.by, rules)
    return Line(entry.seq, entry.recorded_at, kind, about, tell(entry, rules), by, system)


def tell(entry: Entry, rules: Rulebook) -> str:
    """Return what an entry says, in one line; "" for a kind the demo does not use."""
    body = entry.body
    match body:
        case Received() | Accepted() | Nothing() | Declared():
            return _document(body)
        case Returned():
            until = f"; bổ sung đến hết ngày {day_in_sentence(body.until)}" if body.until is not None else ""
            return f"{body.reason}{until}"
        case Extended():
            return f"{body.due}, theo {body.authority} ({body.signer})"
        case Exempted():
            return f"theo {body.authority} ({body.signer}){f': {body.reason}' if body.reason else ''}"
        case Called():
            return "; ".join(filter(None, (body.spoke_to, body.said)))
        case Promised():
            said = f" ({body.said_by})" if body.said_by else ""
            return f"hẹn gửi ngày {day_in_sentence(body.on)}{said}"
        case Mark():
            return f"đến {_moment(body.complete_to)}"
        case Approved():
            return f"{body.title} {body.name} duyệt thư {body.letter}"
        case DeliveryOutcome():
            role = reader_of(body.person, rules).partition(",")[0]
            return f"{role}, {CHANNEL[body.channel]}: {outcome_label(body.channel, body.state)} (thư {body.letter})"
        case _:
            return _reported(body) if isinstance(body, Reported) else ""


def _reported(body: Reported) -> str:
    code = f"; mã đối chiếu sổ {body.code}, mục {body.head}" if body.code else ""
    return f"{OFFICE_LETTER[body.what]}, ngày {day_in_sentence(body.day)}{code}"


def _moment(instant: datetime) -> str:
    return f"{clock_in_table(instant)} ngày {day_in_sentence(local_day(instant))}"


def _when(time: ActTime) -> str:
    return _moment(time.at) if time.at is not None else f"ngày {day_in_sentence(time.day)}"


def _document(body: Received | Accepted | Nothing | Declared) -> str:
    received = None if isinstance(body, Declared) else body.received
    parts = [
        body.document or "",
        f"ngày trên văn bản {day_in_sentence(body.issued_on)}" if body.issued_on else "",
        f"gửi {_when(body.sent)}" if body.sent else "",
        f"đến {_when(received)}" if received else "",
        (body.road or "") if isinstance(body, Received | Accepted) else "",
    ]
    return "; ".join(filter(None, parts))
