"""What a finished run can be shown by: letters joined to what the servers received, the record, the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy

from sqlalchemy import Connection

from daemon.app import App
from daemon.demo.acting import Actor
from daemon.demo.scenario import Act, Scenario
from daemon.demo.sheet import Sheet, draw
from daemon.domain.entries import Entry
from daemon.domain.register import Register
from daemon.domain.words import ACCEPTED_STATES, Channel, LetterKind, OfficeLetter, Tier
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.local.kept_mail import AcceptedMail
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import AcceptedText, LocalZaloBot
from daemon.managers.office_letters import office_letter_id
from daemon.managers.record import Record
from daemon.rendering.labels import LETTER_KIND, OFFICE_LETTER, STEP, step_label
from daemon.store import ledger
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.listing import DeliveryLine, deliveries


@dataclass(frozen=True, slots=True)
class Received:
    """One version of one letter as its readers have it. `number` counts from 1: by acceptance, then protocol order."""

    number: int
    stored: StoredLetter
    lines: tuple[DeliveryLine, ...]
    mails: tuple[AcceptedMail, ...]
    texts: tuple[AcceptedText, ...]

    @property
    def at(self) -> datetime:
        """When the first reader had it."""
        return min([mail.at for mail in self.mails] + [text.at for text in self.texts])

    @property
    def category(self) -> str:
        """What it is: see `category`."""
        return category(self.stored)

    def message(self) -> EmailMessage | None:
        """Return the letter as an e-mail, None if it only went by Zalo."""
        if not self.mails:
            return None
        return message_from_bytes(self.mails[0].content, policy=default_policy)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, at the end of the run."""

    script: Scenario
    rules: Rulebook
    letters: tuple[Received, ...]
    lines: tuple[DeliveryLine, ...]
    stored: dict[str, StoredLetter]
    sheets: tuple[Sheet, ...]
    snapshot: Snapshot
    entries: tuple[Entry, ...]
    exported: tuple[str, ...]
    verdict: ledger.Verdict
    done: tuple[Act, ...]
    refused: tuple[tuple[Act, str], ...]

    @property
    def sound(self) -> bool:
        """Say whether the ledger verifies and every act of the script could be carried out."""
        return self.verdict.first_bad is None and not self.refused


def category(stored: StoredLetter) -> str:
    """Return the id of a reminder's hardest step, of the notice's for a first letter; else what the letter is."""
    letter = stored.letter
    if letter.kind is LetterKind.NOTE and letter.tier is Tier.COLLECTOR:
        return str(OfficeLetter.WEEKLY)
    if stored.id == office_letter_id(OfficeLetter.TOMORROW, letter.agency, letter.day):
        return str(OfficeLetter.TOMORROW)
    if letter.kind is not LetterKind.REMINDER:
        return str(letter.kind)
    hardest = max(stored.letter.items, key=lambda item: (item.level, list(STEP).index(item.key.step)))
    return "thong-bao" if hardest.first else hardest.key.step


def category_label(code: str) -> str:
    """Return what people call a category."""
    if code == LetterKind.NOTICE:
        return "Thông tin lại"  # "Thông báo" is what they call the first letter of the ladder
    if code in set(OfficeLetter):
        return OFFICE_LETTER[OfficeLetter(code)]
    return LETTER_KIND[LetterKind(code)] if code in set(LetterKind) else step_label(code)


def gather(app: App, actor: Actor, script: Scenario, mail: LocalMail, zalo: LocalZaloBot) -> Evidence:
    """Read what the run left in the database and at the servers."""
    rules = app.generation.rules
    with app.database.read() as conn:
        lines = sorted(deliveries(conn), key=lambda line: line.id)
        stored = stored_letters(conn, {line.key.letter for line in lines})
        snapshot, _ = Record().as_recorded_by(conn, rules, script.end)
        return Evidence(
            script=script,
            rules=rules,
            letters=_received(lines, stored, mail.accepted, zalo.accepted, rules.register),
            lines=tuple(lines),
            stored=stored,
            sheets=tuple(_sheet(conn, rules, instant) for instant in (*script.boards, script.end)),
            snapshot=snapshot,
            entries=tuple(ledger.read(conn)),
            exported=tuple(ledger.export(conn)),
            verdict=ledger.verify(conn),
            done=tuple(actor.done),
            refused=(*actor.refused, *((act, "chưa đến lúc") for act in actor.waiting)),
        )


def _sheet(conn: Connection, rules: Rulebook, instant: datetime) -> Sheet:
    """The sheet of the one plan that is followed, as the record stood at an instant."""
    snapshot, stand = Record().as_recorded_by(conn, rules, instant)
    plan = next(plan for plan in rules.plans if plan.active)
    return draw(plan, snapshot, stand, instant)


def _received(
    lines: Sequence[DeliveryLine],
    stored: dict[str, StoredLetter],
    mails: Sequence[AcceptedMail],
    texts: Sequence[AcceptedText],
    register: Register,
) -> tuple[Received, ...]:
    by_mail = {f"L{mail.number:06d}": mail for mail in mails}
    by_text = {text.message_id: text for text in texts}
    grouped: dict[tuple[str, int], list[DeliveryLine]] = {}
    for line in lines:
        if line.state in ACCEPTED_STATES:
            grouped.setdefault((line.key.letter, line.key.version), []).append(line)
    found = [
        Received(
            0,
            stored[letter],
            tuple(group),
            tuple(by_mail[line.provider_id or ""] for line in group if line.key.channel is Channel.EMAIL),
            tuple(by_text[line.provider_id or ""] for line in group if line.key.channel is Channel.ZALO),
        )
        for (letter, _), group in grouped.items()
    ]
    found.sort(key=lambda one: (one.at, register.order[one.stored.letter.agency], one.stored.id))
    return tuple(Received(n, one.stored, one.lines, one.mails, one.texts) for n, one in enumerate(found, start=1))
