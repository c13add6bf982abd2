"""Closed lists: every enumerated word of the field, spelt once.

The member's value is the English key used in code, JSON and the database.
Labels people read are in `daemon.rendering.labels`; YAML spellings in `daemon.files.keys`.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How hard a letter presses (`design.md` ladder `muc-do`)."""

    NOTICE = 1
    PRESS = 2
    OVERDUE = 3
    HEAD = 4
    SUPERIOR = 5


class Tier(StrEnum):
    """Whom a letter reaches: one letter a day per agency and tier."""

    OFFICERS = "officers"  # the focal officer and those with or under him
    HEAD = "head"  # thủ trưởng of the owing agency
    COLLECTOR = "collector"  # leaders of the collector (of the issuer's office, if it owes itself)


class Role(StrEnum):
    """What a person is to an agency, or where a step is addressed."""

    FOCAL = "focal"  # đầu mối
    DEPUTY = "deputy"  # lãnh đạo phụ trách
    HEAD = "head"  # thủ trưởng
    OFFICE = "office"  # văn thư: the office mailbox
    COLLECTOR_HEAD = "collector_head"  # the collector's thủ trưởng, copy to the plan's contact


class Voice(StrEnum):
    """The manner of address (`xung-ho`)."""

    DEPARTMENT = "department"  # sở, ban, ngành
    DISTRICT = "district"  # UBND cấp huyện
    CENTRAL = "central"  # cơ quan Trung ương
    ARMED = "armed"  # lực lượng vũ trang: e-mail only, no link
    INTERNAL = "internal"  # the collector to itself


class Channel(StrEnum):
    """By which road a delivery goes."""

    EMAIL = "email"
    ZALO = "zalo"


class Unit(StrEnum):
    """What an offset or a period counts."""

    DAY = "day"  # ngày lịch
    WORKING_DAY = "working_day"  # ngày làm việc


class JudgedBy(StrEnum):
    """Which of a document's times decides whether it is on time."""

    SENT = "sent"
    RECEIVED = "received"


class Roll(StrEnum):
    """What happens to a last day that is off work (Bộ luật Dân sự 2015, Đ.148, for periods only)."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class Status(StrEnum):
    """What an obligation is today, in the order in which the question is asked."""

    EXEMPT = "exempt"
    ON_TIME = "on_time"
    LATE = "late"
    CLOSED = "closed"
    SCHEDULED = "scheduled"
    DECLARED = "declared"
    OVERDUE = "overdue"
    RETURNED = "returned"
    EXTENDED = "extended"
    OPEN = "open"


class Return(StrEnum):
    """The two meanings of sending a document back."""

    SUPPLEMENT = "supplement"  # đề nghị bổ sung: the first sending counts if the supplement is in time
    INVALID = "invalid"  # chưa hợp lệ: counts as not sent


class EntryKind(StrEnum):
    """What a ledger entry records."""

    RECEIVED = "received"
    DECLARED = "declared"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    EXTENDED = "extended"
    EXEMPTED = "exempted"
    NOTHING = "nothing"
    RATED = "rated"
    CALLED = "called"
    PROMISED = "promised"
    OBJECTED = "objected"
    MUTED = "muted"
    PAUSED = "paused"
    MARK = "mark"
    APPROVED = "approved"
    HANDED_OVER = "handed_over"
    VOIDED = "voided"
    PLAN_CHANGED = "plan_changed"
    DELIVERY = "delivery"  # a letter's outcome
    CLOCK_JUMP = "clock_jump"
    ERASED = "erased"
    ALARMED = "alarmed"  # an operator was told out of turn
    RETRIED = "retried"  # somebody asked for one more try
    REPORTED = "reported"  # the office was told something by its own letter
    APOLOGISED = "apologised"
    TEMPLATE_FAILED = "template_failed"  # a letter left in its plain form
    WARNED = "warned"  # an operator was told of what the service itself went through


class LetterKind(StrEnum):
    """What a letter is for; the ladder's rules bind reminders only."""

    REMINDER = "reminder"
    RECEIPT = "receipt"
    NOTICE = "notice"  # extension, return, declaration taken note of
    APOLOGY = "apology"
    NOTE = "note"  # to an operator


class OfficeLetter(StrEnum):
    """What a letter to the office itself is about."""

    ATTENTION = "attention"  # what waits for the operator this morning
    TOMORROW = "tomorrow"  # what leaves on the next sending day
    WEEKLY = "weekly"  # progress, to the collector's leaders
    MONTHLY = "monthly"  # the one line of a quiet month


class Matter(StrEnum):
    """What an operator is warned of besides letters and channels."""

    STANDSTILL = "standstill"  # the daemon did nothing for whole working days
    CLOCK = "clock"  # by the machine's clock nothing is planned or sent
    MAILBOX = "mailbox"  # the mailbox that reports come to cannot be read
    ZALO_TOKENS = "zalo_tokens"  # an OA's tokens cannot be replaced


class Consent(StrEnum):
    """What a person lets happen that is neither one letter nor one obligation."""

    PREVIEW = "preview"  # the letters a preview foresaw
    REMOVAL = "removal"  # files that drop much of what was followed


class DeliveryState(StrEnum):
    """Where one letter to one person by one channel stands."""

    HELD = "held"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"
    DELIVERED = "delivered"
    SEEN = "seen"


ACCEPTED_STATES = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.SEEN, DeliveryState.BOUNCED})
"""States a delivery can only reach after the server or Zalo took it."""

REACHED_STATES = ACCEPTED_STATES - {DeliveryState.BOUNCED}
"""States in which somebody has it: what came back reached nobody."""


class Outcome(StrEnum):
    """What was decided for one step of one obligation and tier."""

    SEND = "send"
    HOLD = "hold"  # its moment has come; it waits
    PASS_OVER = "pass_over"  # it will never be sent
    NOTHING = "nothing"  # nothing is owed or the record is settled


class Reason(StrEnum):
    """Why: stored with a decision when it changes, shown by `why`, logged."""

    # send
    STEP_REACHED = "step_reached"
    FIRST_LETTER = "first_letter"
    REPEAT = "repeat"
    CATCH_UP = "catch_up"  # sent after the day planned for it
    CROSSED = "crossed"  # level 3 without a mark after one working day: with the crossed-letters sentence
    # hold
    WAITS_MARK = "waits_mark"
    WAITS_LEVEL_3 = "waits_level_3"
    WAITS_SENDING_DAY = "waits_sending_day"
    WAITS_HOUR = "waits_hour"
    WAITS_NEXT_DAY = "waits_next_day"  # arose after the day's composition, or a letter has left today
    GAP = "gap"
    DECLARED = "declared"
    MUTED = "muted"
    PAUSED = "paused"
    PROMISED = "promised"
    # pass over
    LATER_STEP = "later_step"
    SAME_DAY = "same_day"  # the lower step of the ladder on one day wins
    NO_LONGER_USEFUL = "no_longer_useful"
    PAST_DUE = "past_due"
    BEFORE_FIRST_DAY = "before_first_day"
    BEFORE_START = "before_start"
    NEW_TERM = "new_term"
    # nothing
    SETTLED = "settled"
    EXEMPT = "exempt"
    CLOSED = "closed"
