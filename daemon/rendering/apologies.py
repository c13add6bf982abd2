"""The slots of an apology: which letter is taken back, for which documents, and in whose name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from daemon.clock import local_day
from daemon.domain.entries import Apologised, Entry
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import Standing
from daemon.domain.words import LetterKind, Tier, Voice
from daemon.judgement.apologies import who_had, wrong_items
from daemon.judgement.dates_vi import day_in_sentence, short_day
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.clean import Slot, capital, clean
from daemon.rendering.notices import Slots, base_slots, document_name
from daemon.rendering.subjects import named


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One content of the letter: the document that had come, or, if not `arrived`, was on its way."""

    standing: Standing
    document: str | None = None
    arrived: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs."""

    name: str
    title: str


def apology_context(
    taken: Sequence[TakenBack],
    snapshot: Snapshot,
    *,
    letter_id: str,
    letter_day: date,
    to_head: bool = False,
    others: bool = False,
    signature: Signature | None = None,
) -> Slots:
    """Return the slots of an apology for the letter of `letter_day`; `others`: what else it asked for still stands."""
    first = taken[0].standing
    agency = snapshot.rules.agency(first.key.agency)
    shorts = [snapshot.rules.milestone(one.standing.key).short for one in taken]
    told = [_told(one, snapshot, secret=agency.voice is Voice.ARMED) for one in taken]
    own: Slots = {
        "mau": "xin-loi",
        "goi_tat": named(shorts, same_day=True),
        "ngay_thu": day_in_sentence(letter_day),
        "ngay_thu_ngan": short_day(letter_day),
        "cac_muc": cast("list[Slot]", told),
        "nhieu_muc": int(len(told) > 1),
        "vb": told[0]["vb"],
        "da": "đã đến" if all(one.arrived for one in taken) else "đã gửi",
        "con_lai": int(others),
        "duyet": int(signature is not None),
        "ho_ten_ky": signature.name if signature else "",
        "chuc_danh_ky": signature.title if signature else "",
        "tom_tat": [f"Xin rút lại thư nhắc ngày {day_in_sentence(letter_day)}."],
    }
    if to_head:
        own["kinh_gui"] = agency.head_title
    return cast("Slots", clean(base_slots(first, snapshot, letter_id, LetterKind.APOLOGY, None) | own))


def _told(one: TakenBack, snapshot: Snapshot, *, secret: bool) -> Slots:
    """The content and its document; the armed forces' numbers are never written into a letter."""
    shown = document_name(one.document) if one.document and not secret else ""
    return {"Viec": capital(snapshot.rules.milestone(one.standing.key).task), "vb": shown}


def apology_of(source: Entry, letter: Letter, snapshot: Snapshot, entries: Sequence[Entry], *, letter_id: str) -> Slots:
    """Return the slots of the apology that the entry `source` records; `letter` is the apology itself."""
    body = source.body
    assert isinstance(body, Apologised), "an apology stands on the entry that says who apologised"
    had = who_had(body.letter, entries)
    assert had is not None, "somebody had the letter that is taken back"
    keys = [ItemKey.parse(item) for item in body.items]
    asked = frozenset().union(*had.readers.values())
    taken = [
        TakenBack(snapshot.standings[wrong.key.obligation], wrong.document.document, wrong.had_arrived)
        for wrong in wrong_items(keys, had.first_at, entries)
    ]
    return apology_context(
        taken or [TakenBack(snapshot.standings[keys[0].obligation])],
        snapshot,
        letter_id=letter_id,
        letter_day=local_day(had.first_at),
        to_head=letter.tier is Tier.HEAD,
        others=bool(asked - set(keys)),
        signature=Signature(body.name, body.title) if body.name and body.title else None,
    )
