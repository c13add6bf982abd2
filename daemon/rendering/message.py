"""The face of rendering: a letter or a notice in, its subject, text, HTML, Zalo line and bytes out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from daemon.domain.entries import Approved
from daemon.domain.letters import Letter
from daemon.domain.register import Recipient
from daemon.domain.settings import Sender, Zalo
from daemon.domain.words import Tier
from daemon.errors import TemplateRefused
from daemon.judgement.snapshot import Snapshot
from daemon.rendering import phrases
from daemon.rendering.clean import Slot, capital, header_text, one_line
from daemon.rendering.context import letter_context
from daemon.rendering.engine import Templates
from daemon.rendering.fallback import fallback_subject, fallback_text
from daemon.rendering.ics import FILE_NAME, DatedItem, calendar_file
from daemon.rendering.layout import blocks, plain_text
from daemon.rendering.mime import Enclosure, build_email
from daemon.rendering.zalo import zalo_text
from daemon.rendering.zalo_forms import Facts, oa_content, zalo_facts, zbs_content

Slots = Mapping[str, Slot]

_BLANK = re.compile(r"\n\s*\n")  # what control lines of a template leave behind


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in every form it has. `zalo` None: it does not go that way; `ics`: the calendar of a first letter.

    `fault` says which template failed (file:line: why) when this is the plain letter sent in its place.
    `facts`: what the letter says in short, for the Zalo services that take no plain text.
    """

    subject: str
    text: str
    html: str | None
    zalo: str | None
    ics: bytes | None = None
    fault: str | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an e-mail says of its journey. `date`: the instant it was frozen; `references`: earlier Message-IDs."""

    sender: Sender
    to: tuple[Recipient, ...]
    letter_id: str
    date: datetime
    cc: tuple[Recipient, ...] = ()
    version: int = 1
    references: tuple[str, ...] = ()


def _with_lines(slots: Slots, templates: Templates) -> dict[str, Slot]:
    """Fill each section with its items' own words, taken from the template each item was decided on."""
    sections = []
    for section in cast("list[dict[str, Slot]]", slots.get("cac_nhom") or []):
        items = cast("list[dict[str, Slot]]", section["muc"])
        lines = [one_line(templates.block(f"{item['mau']}.j2", "dong", {**slots, **item})) for item in items]
        sections.append({**section, "dong": cast("list[Slot]", lines)})
    return {**slots, "cac_nhom": cast("list[Slot]", sections)}


def render_slots(slots: Slots, templates: Templates) -> Rendered:
    """Return a letter from its slots; TemplateFault if one of its templates fails."""
    name = f"{slots['mau']}.j2"
    if cast("int", slots.get("so_noi_dung", 1)) > 1:
        slots = _with_lines(slots, templates)
    subject = header_text(templates.block(name, "chu_de", slots))
    body = blocks(templates.block(name, "than", slots))
    foot = one_line(templates.whole("_chan-thu.j2", slots))
    text = templates.whole("thu.txt.j2", {**slots, "than": plain_text(body)}).strip() + "\n"
    framed = {
        **slots,
        "chu_de": subject,
        "khoi": [block.slots() for block in body],
        "chan": foot,
        "nhan": slots.get("nhan", []),
    }
    html = _BLANK.sub("\n", templates.whole("thu.html.j2", framed)).strip() + "\n"
    spoken = "" if slots.get("vu_trang") else zalo_text(templates.block(name, "zalo", slots))
    return Rendered(subject, text, html, spoken or None, facts=zalo_facts(slots))


def render_letter(
    letter: Letter,
    snapshot: Snapshot,
    templates: Templates,
    *,
    letter_id: str,
    now: datetime,
    public_url: str | None = None,
    approver: Approved | None = None,
) -> Rendered:
    """Return a reminder as it would leave at `now`.

    A template that fails gives the plain letter in its place, with `fault` set. Letters to heads and leaders have no
    such second form: for them, and for a head's letter without an approver's name, TemplateRefused is raised.
    """
    slots = letter_context(letter, snapshot, letter_id=letter_id, now=now, public_url=public_url, approver=approver)
    calendar = _calendar(letter, snapshot, now)
    try:
        done = render_slots(slots, templates)
    except TemplateRefused as exc:
        if letter.tier is not Tier.OFFICERS:
            raise
        return plain_letter(slots, str(exc), calendar)
    return replace(done, ics=calendar)


def render_notice(slots: Slots, templates: Templates) -> Rendered:
    """Return a receipt, notice, apology or note from its slots; the plain letter if its template fails."""
    try:
        return render_slots(slots, templates)
    except TemplateRefused as exc:
        return plain_letter(slots, str(exc), None)


def plain_letter(slots: Slots, fault: str, calendar: bytes | None) -> Rendered:
    """Return the letter that needs no template."""
    subject = header_text(fallback_subject(slots))
    text = fallback_text(slots)
    spoken = None if slots.get("vu_trang") else zalo_text(f"{subject}.\nTrân trọng.")
    return Rendered(subject, text, None, spoken, calendar, fault, zalo_facts(slots))


def _calendar(letter: Letter, snapshot: Snapshot, now: datetime) -> bytes | None:
    """The calendar file of a first letter: its items that are still ahead; None for any other letter."""
    items = []
    for item in letter.items:
        if not item.first or now >= item.deadline.due_at:
            continue
        key = item.key.obligation
        plan, milestone = snapshot.rules.plan(key), snapshot.rules.milestone(key)
        standing = snapshot.standings.get(key)
        term = phrases.term_of(item, standing)
        due = phrases.due_phrase(milestone, term, standing)
        ground = phrases.authority(plan, term, snapshot.rules)
        items.append(
            DatedItem(
                key=str(key),
                revision=item.key.term,
                last_day=item.deadline.last_day,
                title=one_line(f"Hạn cuối: {milestone.short}"),
                description=one_line(f"{capital(milestone.task)}: {due}. Theo {ground} ({milestone.clause})."),
            )
        )
    return calendar_file(items, now) if items else None


def email_bytes(rendered: Rendered, envelope: Envelope, enclosures: Sequence[Enclosure] = ()) -> bytes:
    """Return the e-mail of a rendered letter; the same letter and envelope give the same bytes."""
    files = list(enclosures)
    if rendered.ics is not None:
        parameters = (("method", "PUBLISH"), ("charset", "utf-8"))
        files.insert(0, Enclosure(FILE_NAME, "text", "calendar", rendered.ics, parameters))
    return build_email(
        sender=envelope.sender,
        to=envelope.to,
        cc=envelope.cc,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        date=envelope.date,
        letter_id=envelope.letter_id,
        version=envelope.version,
        references=envelope.references,
        enclosures=files,
    )


def zalo_bytes(rendered: Rendered, zalo: Zalo | None = None) -> bytes:
    """Return what a rendered letter is by Zalo, in the form the service set up takes; ValueError if it has none.

    A bot and a gateway take UTF-8 text, an OA a text with buttons, ZBS the parameters of a template, both as JSON.
    """
    if rendered.zalo is None:
        raise ValueError("this letter does not go by Zalo")
    text = unicodedata.normalize("NFC", rendered.zalo)
    match zalo.kind if zalo is not None else "bot":
        case "oa":
            return oa_content(text, rendered.facts)
        case "zbs":
            assert zalo is not None
            return zbs_content(zalo.templates, rendered.facts)
        case _:
            return text.encode()
