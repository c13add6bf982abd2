"""The ledger as people read it: each entry in one Vietnamese line; the export beside it is what verifies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.demo.evidence import Evidence
from daemon.demo.pages import page, reader_of
from daemon.domain.entries import Approved, Entry
from daemon.judgement.rulebook import Rulebook
from daemon.rendering import book
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
    voided = book.voided_entries(evidence.entries)
    lines = [_line(entry, rules, agency_of, voided.get(entry.seq)) for entry in evidence.entries]
    head = evidence.verdict.head
    sound = evidence.verdict.first_bad is None
    return page("so-theo-doi.html", goc="", cac_muc=lines, ma=head_code(head.hash), cuoi=head.seq, nguyen_ven=sound)


def _line(entry: Entry, rules: Rulebook, agency_of: dict[str, str], voided: Entry | None) -> Line:
    about = book.about(entry, rules, voided)
    if not about and isinstance(entry.body, Approved):
        about = agency_of.get(entry.body.letter or "", "")
    system = entry.by == BY_DONDOC
    by = "hệ thống" if system else reader_of(entry.by, rules)
    return Line(entry.seq, entry.recorded_at, book.kind(entry, voided), about, book.tell(entry, rules), by, system)
