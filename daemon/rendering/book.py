"""Entries of the ledger as people read them: about whom or what, and what was said, each in one Vietnamese line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.entries import (
    Accepted,
    Apologised,
    Approved,
    Called,
    ClockJump,
    Declared,
    DeliveryOutcome,
    Entry,
    Erased,
    Exempted,
    Extended,
    HandedOver,
    Mark,
    Muted,
    Nothing,
    Objected,
    Paused,
    PlanChanged,
    Promised,
    Rated,
    Received,
    Reported,
    Returned,
    Voided,
)
from daemon.domain.failures import Alarmed, Retried, TemplateFailed
from daemon.domain.obligations import ActTime
from daemon.domain.warnings import Warned
from daemon.domain.words import Channel, Consent, DeliveryState
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.context import letter_code
from daemon.rendering.labels import CHANNEL, DELIVERY_STATE, ENTRY_KIND, MATTER, OFFICE_LETTER, RETURNED, SILENCE_ENDED
from daemon.rendering.names import agency_name, role_of, task_name


def outcome_label(channel: Channel, state: DeliveryState) -> str:
    """Return where a delivery stands, naming who took it."""
    if channel is Channel.ZALO and state is DeliveryState.SENT:
        return "Zalo đã nhận"
    return DELIVERY_STATE[state]


def voided_entries(entries: Iterable[Entry]) -> Mapping[int, Entry]:
    """Return what was voided, by the number of the entry that voids it; `entries` hold both."""
    kept = list(entries)
    voids = {entry.seq: entry.body.seq for entry in kept if isinstance(entry.body, Voided)}
    wanted = set(voids.values())
    known = {entry.seq: entry for entry in kept if entry.seq in wanted}
    return {seq: known[of] for seq, of in voids.items() if of in known}


def is_silence(entry: Entry) -> bool:
    """Say whether an entry keeps letters back until a day."""
    return isinstance(entry.body, Muted | Paused)


def kind(entry: Entry, voided: Entry | None = None) -> str:
    """Return what an entry is: "Nhận văn bản"; `voided` is the entry it voids, if it does."""
    if voided is not None and is_silence(voided):
        return SILENCE_ENDED
    return RETURNED[entry.body.how] if isinstance(entry.body, Returned) else ENTRY_KIND[entry.kind]


def about(entry: Entry, rules: Rulebook, voided: Entry | None = None) -> str:
    """Return whom and what an entry is about: "Sở Tư pháp: báo cáo dân vận 2022"; "" if it is about no one body.

    One that voids another (`voided`) is about what that one is about.
    """
    if voided is not None:
        return about(voided, rules)
    if entry.subject is not None:
        return f"{agency_name(entry.subject.agency, rules)}: {task_name(entry.subject, rules)}"
    match entry.body:
        case DeliveryOutcome(agency=agency) | HandedOver(agency=agency) | TemplateFailed(agency=agency):
            return agency_name(agency, rules)
        case Reported(agency=agency) | Mark(collector=agency) | Alarmed(collector=agency) | Warned(collector=agency):
            return agency_name(agency, rules)
        case Muted(agency=str(agency)):
            return agency_name(agency, rules)
        case Paused(plan=plan, group=group):
            return _scope(plan, group, rules)
        case PlanChanged(plan=plan):
            return _plan(plan, rules)
        case _:
            return ""


def tell(entry: Entry, rules: Rulebook) -> str:  # noqa: PLR0911, PLR0912 - one line for each kind of entry
    """Return what an entry says, in one line without a full stop; "" if its kind says it all."""
    match entry.body:
        case Received() | Accepted() | Nothing() | Declared() as body:
            return _document(body)
        case Returned(reason=reason, until=until):
            return reason + (f"; bổ sung đến hết ngày {day_in_sentence(until)}" if until is not None else "")
        case Extended(due=due, authority=authority, signer=signer):
            return f"{due}, theo {authority} ({signer})"
        case Exempted(authority=authority, signer=signer, reason=reason):
            return f"theo {authority} ({signer}){f': {reason}' if reason else ''}"
        case Rated(rating=rating, document=document):
            return "; ".join(filter(None, (rating, document)))
        case Called(spoke_to=spoke_to, said=said):
            return "; ".join(filter(None, (spoke_to, said)))
        case Promised(on=on, said_by=said_by):
            return f"hẹn gửi ngày {day_in_sentence(on)}{f' ({said_by})' if said_by else ''}"
        case Objected(text=text):
            return text
        case Muted(until=until, reason=reason) | Paused(until=until, reason=reason):
            return f"đến hết ngày {day_in_sentence(until)}; lý do: {reason}"
        case Mark(complete_to=complete_to):
            return f"đến {_moment(complete_to)}"
        case Approved() as body:
            return _approved(body)
        case HandedOver(given_by=given_by, taken_by=taken_by):
            return f"{given_by} bàn giao cho {taken_by}"
        case Voided(seq=seq, reason=reason):
            return f"mục {seq}; lý do: {reason}"
        case PlanChanged(what=what):
            return what
        case DeliveryOutcome() as body:
            role = role_of(body.person, rules)
            where = outcome_label(body.channel, body.state)
            return f"{role}, {CHANNEL[body.channel]}: {where} (thư {letter_code(body.letter)})"
        case ClockJump(seconds=seconds, accepted=accepted):
            moved = f"{'tới' if seconds > 0 else 'lùi'} {abs(seconds):.0f} giây"
            return f"{moved}; người trực xác nhận giờ đúng" if accepted else moved
        case Erased(seq=seq, rule=rule):
            return f"mục {seq}, theo {rule}"
        case Alarmed(channel=channel, letters=letters):
            return f"kênh {CHANNEL[channel]} tạm ngừng" if channel else f"{len(letters)} thư không đến được"
        case Retried(letter=letter, channel=channel):
            return f"kênh {CHANNEL[channel]}" if channel else f"thư {letter_code(letter or '')}"
        case TemplateFailed(letter=letter, fault=fault):
            return f"thư {letter_code(letter)}: {fault}"
        case Reported() as body:
            code = f"; mã đối chiếu sổ {body.code}, mục {body.head}" if body.code else ""
            return f"{OFFICE_LETTER[body.what]}, ngày {day_in_sentence(body.day)}{code}"
        case Warned(matter=matter, since=since, until=until):
            return f"{MATTER[matter]}, từ {_moment(since)}{f' đến {_moment(until)}' if until is not None else ''}"
        case Apologised(letter=letter, name=name, title=title):
            return f"thư {letter_code(letter)}{f', {title} {name}' if name else ''}"


def _plan(id_: str, rules: Rulebook) -> str:
    return rules.plan_by_id[id_].number if id_ in rules.plan_by_id else id_


def _scope(plan: str | None, group: str | None, rules: Rulebook) -> str:
    named = next((f"khối {one.name}" for one in rules.register.groups if one.id == group), group)
    return ", ".join(filter(None, (_plan(plan, rules) if plan else None, named))) or "tất cả"


def _approved(body: Approved) -> str:
    if body.letter is not None:
        signed = f", {body.title} {body.name}" if body.name else ""
        return f"thư {letter_code(body.letter)}{signed}"
    if body.what is Consent.PREVIEW and body.until is not None:
        return f"{body.letters} thư dự kiến đến hết ngày {day_in_sentence(body.until)}"
    return "các tệp bỏ nhiều nội dung" if body.what is Consent.REMOVAL else "bắt đầu nhắc muộn"


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
