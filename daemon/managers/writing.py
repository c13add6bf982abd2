"""Writes a stored letter: its slots, its words, and the bytes that leave by one channel.

Every delivery of a letter has the same bytes; they are written when the first of them is about to leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from daemon.domain.entries import Accepted, Apologised, Approved, Entry, PlanChanged, Received, Reported, Returned
from daemon.domain.failures import Alarmed, Undelivered
from daemon.domain.obligations import ObligationKey
from daemon.domain.register import Recipient
from daemon.domain.settings import Settings
from daemon.domain.warnings import Warned
from daemon.domain.words import Channel, LetterKind, OfficeLetter, Role
from daemon.judgement.attention import attention
from daemon.judgement.flood import Expected
from daemon.judgement.recipients import address_of, once
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.alarms import alarm_context
from daemon.rendering.apologies import apology_of
from daemon.rendering.attention import attention_context
from daemon.rendering.engine import Templates
from daemon.rendering.message import Envelope, Rendered, email_bytes, render_letter, render_notice, zalo_bytes
from daemon.rendering.mime import message_id
from daemon.rendering.notices import notice_context
from daemon.rendering.office import office_context
from daemon.rendering.warnings import warning_context
from daemon.store.letters import StoredLetter


class Writer:
    """Writes letters with one generation of templates."""

    def __init__(self, settings: Settings, templates: Templates) -> None:
        self.settings = settings
        self.templates = templates

    def render(self, stored: StoredLetter, snapshot: Snapshot, entries: Sequence[Entry], now: datetime) -> Rendered:
        """Return a letter as it would leave at `now`; one to the office itself is written by `note`.

        `entries` is the ledger as it stands; it may leave out how letters ended unless `speaks_of_ends`.
        """
        if stored.letter.kind is LetterKind.REMINDER:
            return render_letter(
                stored.letter,
                snapshot,
                self.templates,
                letter_id=stored.id,
                now=now,
                approver=_approval(stored, entries),
            )
        source = next(entry for entry in entries if entry.seq == stored.source_seq)
        if isinstance(source.body, Apologised):
            taken_back = apology_of(source, stored.letter, snapshot, entries, letter_id=stored.id)
            return render_notice(taken_back, self.templates)
        standing = snapshot.standings[subject_of(stored, source)]
        slots = notice_context(
            source, standing, snapshot, letter_id=stored.id, before=_before(source, standing.key, entries)
        )
        return render_notice(slots, self.templates)

    def note(
        self,
        stored: StoredLetter,
        snapshot: Snapshot,
        entries: Sequence[Entry],
        expected: Expected,
        undelivered: Undelivered,
        now: datetime,
    ) -> Rendered:
        """Return a letter to the office itself as it would leave at `now`; `expected`: what a person has seen by then.

        `undelivered`: what did not get through. `entries` as in `render`.
        """
        alarm = next((e.body for e in entries if e.seq == stored.source_seq and isinstance(e.body, Alarmed)), None)
        if alarm is not None:
            return render_notice(alarm_context(alarm, snapshot, entries, letter_id=stored.id), self.templates)
        warned = next((e.body for e in entries if e.seq == stored.source_seq and isinstance(e.body, Warned)), None)
        if warned is not None:
            return render_notice(warning_context(warned, snapshot, letter_id=stored.id), self.templates)
        reported = next((e for e in entries if e.seq == stored.source_seq and isinstance(e.body, Reported)), None)
        if reported is not None:
            slots = office_context(reported, snapshot, entries, expected, undelivered, letter_id=stored.id, now=now)
            return render_notice(slots, self.templates)
        collector = stored.letter.agency
        told = attention(snapshot, entries, undelivered, collector, now)
        return render_notice(attention_context(told, snapshot, collector, letter_id=stored.id, now=now), self.templates)

    def write(
        self,
        stored: StoredLetter,
        rendered: Rendered,
        channel: Channel,
        snapshot: Snapshot,
        earlier: Sequence[tuple[str, int]],
        now: datetime,
    ) -> bytes:
        """Return the bytes for one channel; `earlier` are (letter, version) of accepted letters on the same duties."""
        if channel is Channel.ZALO:
            return zalo_bytes(rendered, self.settings.zalo)
        addressed = once(stored.letter.to, stored.letter.cc, snapshot.rules)
        to, cc = (_people(each, snapshot) for each in addressed)
        envelope = Envelope(
            sender=self.settings.sender,
            to=to or cc,  # a header needs somebody, also where those it speaks to have another channel
            cc=cc if to else (),
            letter_id=stored.id,
            date=now,
            version=stored.version,
            references=tuple(message_id(letter, version, self.settings.sender) for letter, version in earlier),
        )
        return email_bytes(rendered, envelope)


def subject_of(stored: StoredLetter, source: Entry) -> ObligationKey:
    """Return the obligation a notice speaks of; KeyError if the files no longer hold it."""
    if source.subject is not None:
        return source.subject
    body = source.body
    if isinstance(body, PlanChanged) and body.milestone is not None and body.period is not None:
        return ObligationKey(body.plan, body.milestone, body.period, stored.letter.agency)
    raise KeyError(stored.id)


def speaks_of_ends(stored: StoredLetter, entries: Sequence[Entry]) -> bool:
    """Say whether a letter speaks of how other letters ended: on lost ones, to apologise, in the weekly report."""
    if stored.source_seq is None:
        return False
    match next((entry.body for entry in reversed(entries) if entry.seq == stored.source_seq), None):
        case Alarmed() | Apologised() | Reported(what=OfficeLetter.WEEKLY):
            return True
        case _:
            return False


def _approval(stored: StoredLetter, entries: Sequence[Entry]) -> Approved | None:
    said = [e.body for e in entries if isinstance(e.body, Approved) and e.body.letter == stored.id]
    return said[-1] if said else None


def _before(source: Entry, key: ObligationKey, entries: Sequence[Entry]) -> Received | Accepted | None:
    """The document a return speaks of: the last one received before it."""
    if not isinstance(source.body, Returned):
        return None
    came = [
        e.body for e in entries if e.subject == key and e.seq < source.seq and isinstance(e.body, Received | Accepted)
    ]
    return came[-1] if came else None


def _people(by_channel: Mapping[Channel, tuple[str, ...]], snapshot: Snapshot) -> tuple[Recipient, ...]:
    """The letter's recipients with a mail address today, for its headers; never stored."""
    rules = snapshot.rules
    found: list[Recipient] = []
    for id_ in by_channel.get(Channel.EMAIL, ()):
        address = address_of(rules, id_, Channel.EMAIL)
        if address is None:
            continue
        if id_ in rules.register.person_by_id:
            agency, person = rules.register.person_by_id[id_]
            found.append(Recipient(id_, agency.id, person.role, Channel.EMAIL, address, person.name))
        else:
            agency = next(a for a in rules.register.agencies if a.office_id == id_)
            found.append(Recipient(id_, agency.id, Role.OFFICE, Channel.EMAIL, address, f"Văn thư {agency.name}"))
    return tuple(found)
