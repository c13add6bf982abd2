"""The calendar file of a first letter: one calm all-day event per last day, no alarm, no reply asked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from daemon.clock import utc

FILE_NAME = "lich-han.ics"


@dataclass(frozen=True, slots=True)
class DatedItem:
    """One event: `key` names the obligation for good, `revision` grows with each term."""

    key: str
    revision: int
    last_day: date
    title: str
    description: str


def calendar_file(items: Sequence[DatedItem], made_at: datetime) -> bytes:
    """Return an iCalendar file (RFC 5545, METHOD:PUBLISH); the same items and instant give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//dondoc//lich han//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for item in items:
        event = Event()
        event.add("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, f"dondoc:{item.key}")))
        event.add("dtstamp", utc(made_at).replace(microsecond=0))
        event.add("dtstart", item.last_day)
        event.add("dtend", item.last_day + timedelta(days=1))
        event.add("sequence", item.revision - 1)
        event.add("summary", item.title)
        event.add("description", item.description)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
