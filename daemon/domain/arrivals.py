"""Mail that comes in: what a message says of itself, read but not yet judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ArrivalKind(StrEnum):
    """What a message in the mailbox is, in the order in which the question is asked."""

    OWN = "own"  # one of our own letters, come back as a copy
    REPORT = "report"  # RFC 3464: what became of a letter
    COMPLAINT = "complaint"  # RFC 5965: somebody called a letter unwanted
    READ_RECEIPT = "read_receipt"  # RFC 8098
    STRAY_REPORT = "stray_report"  # from a mail system, in words no program reads
    AUTO_REPLY = "auto_reply"  # RFC 3834, out of office: never counts, is never answered
    REPLY = "reply"  # a person wrote


class Doubt(StrEnum):
    """Why a message about a letter is not believed and waits for a person."""

    FORGED = "forged"
    UNKNOWN_LETTER = "unknown_letter"
    OTHER_RECIPIENT = "other_recipient"
    NO_REFERENCE = "no_reference"
    UNREADABLE = "unreadable"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a delivery report says of one recipient. Addresses are as reported, without their type."""

    action: str
    status: str | None = None
    final: str | None = field(default=None, repr=False)
    original: str | None = field(default=None, repr=False)
    diagnostic: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """One message. Header names are lower case, values unfolded and decoded, in the order they stand.

    `report_type`: of a multipart/report, lower case. `returned_ids`: Message-IDs found in what the report returns,
    `thread_ids` those this message says it answers. `size` counts bytes as fetched; `cut`: the server has more.
    """

    headers: Mapping[str, tuple[str, ...]] = field(repr=False)
    report_type: str | None = None
    reports: tuple[RecipientReport, ...] = ()
    returned_ids: tuple[str, ...] = ()
    thread_ids: tuple[str, ...] = ()
    size: int = 0
    cut: bool = False

    def all(self, *names: str) -> tuple[str, ...]:
        """Return every value of these headers, by name in the order given."""
        return tuple(value for name in names for value in self.headers.get(name, ()))

    def first(self, name: str) -> str:
        """Return a header's first value, "" if there is none."""
        return next(iter(self.headers.get(name, ())), "")
