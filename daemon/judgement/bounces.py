"""What a message in the mailbox means for our letters: a bounce, a delay, a reply, or nothing that can be believed.

A report is believed when it came to an address whose token we made, or when it returns the Message-ID of a letter of
ours and speaks of somebody that letter went to. Everything else waits for a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from daemon.domain.arrivals import ArrivalKind, Doubt, IncomingMail, RecipientReport
from daemon.judgement.bounce_tokens import delivery_of, tokens_in
from notifiers.base import veil

SENT_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
"""Headers in which the address a message was sent to may stand."""

ARRIVED = frozenset({"delivered", "relayed", "expanded"})
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mdaemon"})
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply-from")
_AUTO_SUBJECT = re.compile(
    r"^\s*(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|trả lời tự động|tự động trả lời"
    r"|thư trả lời tự động|vắng mặt)\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NOT_THE_ADDRESS = re.compile(r"4\..*|5\.2\.[234]|5\.[367]\..*|5\.4\.[67]")
"""Transient reports given up, full or closed to this letter, the system's, the content's or a policy's fault."""


@dataclass(frozen=True, slots=True)
class Ours:
    """By what our own mail is known. `bounce_domain`: where envelope senders live, if not at the sender's domain."""

    sender: str
    message_id_domain: str
    key: bytes = field(repr=False)
    bounce_domain: str | None = None

    def made(self, message_id: str) -> bool:
        """Say whether a Message-ID has the shape of ours."""
        return bool(re.fullmatch(rf"<dd\.[0-9a-f]{{32}}@{re.escape(self.message_id_domain)}>", message_id, re.I))


@dataclass(frozen=True, slots=True)
class SentMail:
    """An accepted e-mail a report may speak of. `address`: the person's today, lower case; `open`: not yet bounced."""

    delivery: int
    message_id: str
    address: str | None = field(repr=False)
    open: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """Which deliveries a message names: by a true token, by Message-IDs of our shape. `forged`: by a false token."""

    delivery: int | None = None
    message_ids: tuple[str, ...] = ()
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The letter did not arrive. `address_fault`: the address must be looked at; `reported`: which one, lower case."""

    delivery: int
    status: str
    detail: str
    address_fault: bool
    reported: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Noted:
    """A delay, or an arrival: written down, nothing changes."""

    delivery: int
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A report nothing follows from."""

    doubt: Doubt


Finding = Failed | Noted | Doubtful


def kind_of(mail: IncomingMail, ours: Ours) -> ArrivalKind:
    """Say what a message is."""
    author = _address(mail.first("from"))
    if ours.made(mail.first("message-id").strip()) or author == ours.sender.lower():
        return ArrivalKind.OWN
    if mail.reports or mail.report_type == "delivery-status":
        return ArrivalKind.REPORT
    if mail.report_type == "feedback-report":
        return ArrivalKind.COMPLAINT
    if mail.report_type == "disposition-notification":
        return ArrivalKind.READ_RECEIPT
    if author.partition("@")[0] in _DAEMONS:
        return ArrivalKind.STRAY_REPORT
    return ArrivalKind.AUTO_REPLY if _automatic(mail) else ArrivalKind.REPLY


def _automatic(mail: IncomingMail) -> bool:
    said = mail.first("auto-submitted").partition(";")[0].strip().lower()
    return (
        said not in ("", "no")
        or mail.first("return-path").strip() == "<>"
        or any(mail.first(name) for name in _AUTO_HEADERS)
        or mail.first("precedence").strip().lower() in ("auto_reply", "bulk", "junk", "list")
        or _AUTO_SUBJECT.match(mail.first("subject")) is not None
    )


def named_in(mail: IncomingMail, ours: Ours) -> Named:
    """Return which deliveries a report names."""
    tokens = tokens_in(mail.all(*SENT_TO), ours.sender, ours.bounce_domain)
    true = [delivery for token in tokens if (delivery := delivery_of(token, ours.key)) is not None]
    returned = tuple(dict.fromkeys(one.lower() for one in mail.returned_ids if ours.made(one)))
    return Named(true[0] if true else None, returned, forged=bool(tokens) and not true)


def findings(mail: IncomingMail, named: Named, sent: Collection[SentMail]) -> list[Finding]:
    """Return what follows from a report; `sent` holds every accepted e-mail that `named` may mean."""
    if named.forged:
        return [Doubtful(Doubt.FORGED)]
    if not mail.reports:
        return [Doubtful(Doubt.UNREADABLE)]
    if named.delivery is not None:
        known = [one for one in sent if one.delivery == named.delivery]
        return [_whole(mail.reports, known[0])] if known else [Doubtful(Doubt.UNKNOWN_LETTER)]
    if not named.message_ids:
        return [Doubtful(Doubt.NO_REFERENCE)]
    known = [one for one in sent if one.message_id.lower() in named.message_ids]
    if not known:
        return [Doubtful(Doubt.UNKNOWN_LETTER)]
    return [_for_recipient(report, known) for report in mail.reports]


def _whole(reports: Sequence[RecipientReport], mail: SentMail) -> Finding:
    """A token means one envelope: it failed if somebody behind the address has it not, and nobody has it."""
    failed = [report for report in reports if report.action == "failed"]
    if failed and not any(report.action in ARRIVED for report in reports):
        return _meaning(failed[0], mail)
    others = [report for report in reports if report.action != "failed"]
    return _meaning(others[0], mail)


def _for_recipient(report: RecipientReport, known: Sequence[SentMail]) -> Finding:
    said = {address.lower() for address in (report.original, report.final) if address}
    his = [one for one in known if one.address is not None and one.address in said]
    if not his:
        return Doubtful(Doubt.OTHER_RECIPIENT)
    return _meaning(report, next((one for one in his if one.open), his[0]))


def _meaning(report: RecipientReport, mail: SentMail) -> Finding:
    status = _status(report)
    addresses = [one for one in (report.final, report.original, mail.address) if one]
    hidden = [*addresses, *(one.partition("@")[0] for one in addresses)]
    detail = veil(f"{status} {report.diagnostic}", hidden)
    if report.action == "failed":
        reported = frozenset(one.lower() for one in (report.final, report.original) if one)
        return Failed(mail.delivery, status, detail, not _NOT_THE_ADDRESS.fullmatch(status), reported)
    return Noted(mail.delivery, report.action, detail)


def _status(report: RecipientReport) -> str:
    found = _STATUS.search(report.status or "") or _STATUS.search(report.diagnostic)
    if found is not None:
        return found[0]
    return {"failed": "5.0.0", "delayed": "4.0.0"}.get(report.action, "2.0.0")


def _address(header: str) -> str:
    bracketed = re.findall(r"<([^<>]*)>", header)
    return (bracketed[-1] if bracketed else header).strip().lower()


def address_fault(code: str | None) -> bool:
    """Say whether a server's permanent refusal, "550 5.1.1" or "550", speaks of the address and not of the letter."""
    found = _STATUS.search(code or "")
    if found is None:
        return code in ("550", "551", "553")
    return found[1] == "5" and not _NOT_THE_ADDRESS.fullmatch(found[0])
