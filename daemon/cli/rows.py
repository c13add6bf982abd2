"""The JSON shapes of the command line: English keys, ISO dates, instants as Vietnam's clocks show them (+07:00)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from daemon.clock import local
from daemon.domain.entries import Entry
from daemon.domain.letters import Letter, LetterItem
from daemon.domain.obligations import StatusLine
from daemon.store.codec import plain
from daemon.store.holding import HeldLetter
from daemon.store.listing import DeliveryLine

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def iso(value: datetime | date | None) -> str | None:
    """Return an instant with its offset, a day as it is, None for None."""
    if isinstance(value, datetime):
        return local(value).isoformat()
    return None if value is None else value.isoformat()


def letter_rows(letters: Iterable[Letter]) -> list[Json]:
    """Return one row per letter and channel, sorted by (send_at, agency, tier, channel)."""
    rows: list[tuple[tuple[datetime, str, str, str, int], dict[str, Json]]] = []
    for n, letter in enumerate(letters):
        for channel in dict.fromkeys([*letter.to, *letter.cc]):
            row: dict[str, Json] = {
                "send_at": iso(letter.send_at),
                "agency": letter.agency,
                "tier": str(letter.tier),
                "level": int(letter.level),
                "channel": str(channel),
                "to": list(letter.to.get(channel, ())),
                "cc": list(letter.cc.get(channel, ())),
                "waits_for": list(letter.waits_for),
                "items": [_item_row(item) for item in letter.items],
            }
            rows.append(((letter.send_at, letter.agency, str(letter.tier), str(channel), n), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _item_row(item: LetterItem) -> Json:
    obligation = item.key.obligation
    return {
        "plan": obligation.plan,
        "milestone": obligation.milestone,
        "period": obligation.period,
        "agency": obligation.agency,
        "term": item.key.term,
        "step": item.key.step,
        "occurrence": item.key.occurrence,
        "due_at": iso(item.deadline.due_at),
        "last_day": iso(item.deadline.last_day),
        "reason": str(item.reason),
    }


def status_rows(lines: Iterable[StatusLine]) -> list[Json]:
    """Return one row per obligation, in the order given."""
    return [
        {
            "plan": line.key.plan,
            "milestone": line.key.milestone,
            "period": line.key.period,
            "agency": line.key.agency,
            "status": str(line.status),
            "due_at": iso(line.deadline.due_at),
            "last_day": iso(line.deadline.last_day),
            "submitted_at": iso(line.submitted_at),
            "recorded_at": iso(line.recorded_at),
            "document": line.document,
            "late_days": line.late_days,
            "reminders": line.reminders,
            "extended_to": iso(line.extended_to),
            "returned_on": iso(line.returned_on),
            "nothing_to_report": line.nothing_to_report,
            "promised_on": iso(line.promised_on),
        }
        for line in lines
    ]


def delivery_rows(lines: Iterable[DeliveryLine]) -> list[Json]:
    """Return one row per delivery; a person's id, never an address."""
    return [
        {
            "letter": line.key.letter,
            "version": line.key.version,
            "person": line.key.person,
            "channel": str(line.key.channel),
            "kind": str(line.kind),
            "agency": line.agency,
            "tier": str(line.tier),
            "level": int(line.level),
            "day": iso(line.day),
            "cc": line.cc,
            "state": str(line.state),
            "attempts": line.attempts,
            "next_at": iso(line.next_at),
            "accepted_at": iso(line.accepted_at),
            "detail": line.detail,
        }
        for line in lines
    ]


def held_rows(held: Iterable[HeldLetter]) -> list[Json]:
    """Return one row per letter that waits for a person: why, since when, and until when it is of use."""
    return [
        {
            "letter": one.letter.id,
            "agency": one.letter.letter.agency,
            "tier": str(one.letter.letter.tier),
            "level": int(one.letter.letter.level),
            "to": [*dict.fromkeys(id_ for ids in one.letter.letter.to.values() for id_ in ids)],
            "cc": [*dict.fromkeys(id_ for ids in one.letter.letter.cc.values() for id_ in ids)],
            "reasons": [str(reason) for reason in one.reasons],
            "since": iso(one.since),
            "expires_at": iso(one.expires_at),
            "items": [_item_row(item) for item in one.letter.letter.items],
        }
        for one in held
    ]


def entry_rows(entries: Iterable[Entry]) -> list[Json]:
    """Return one row per ledger entry, its body as recorded."""
    return [
        {
            "seq": entry.seq,
            "recorded_at": iso(entry.recorded_at),
            "by": entry.by,
            "kind": str(entry.kind),
            "subject": list(entry.subject) if entry.subject is not None else None,
            "body": plain(entry.body),
        }
        for entry in entries
    ]
