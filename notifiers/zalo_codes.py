"""Every error code Zalo documents and what a sender does about it: the one table, read for all four of its services.

The services number their errors independently of each other; a code means nothing without its service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

from notifiers.base import DeliveryError, FailureKind, Phase

VIETNAM = timezone(timedelta(hours=7))
"""The zone of Zalo's nights, days and months; it has no summer time."""

MORNING = time(6, 5)
"""When what Zalo refuses from 22:00 to 06:00 may be tried again."""


class Service(StrEnum):
    """Which of Zalo's services answered."""

    BOT = "bot"  # Bot Platform
    OA = "oa"  # openapi.zalo.me
    ZBS = "zbs"  # business.openapi.zalo.me
    OAUTH = "oauth"  # oauth.zaloapp.com


class Treatment(StrEnum):
    """What a code asks of the sender."""

    RETRY = "retry"  # the same message later
    REFRESH = "refresh"  # a new access token, then the same message once more
    RECIPIENT = "recipient"  # never this message to this person
    TEMPLATE = "template"  # nothing by this template; if others fare no better, as CONFIGURATION
    CONFIGURATION = "configuration"  # nothing passes until a person mends the channel


class Until(StrEnum):
    """A wait that ends with the clock in Vietnam; each ends at 06:05, when the night is over too."""

    MORNING = "morning"
    NEXT_DAY = "next_day"
    NEXT_MONTH = "next_month"


@dataclass(frozen=True, slots=True)
class Code:
    """What an error code means. `wait`: seconds, or until when; None: as long as the sender thinks fit.

    `maybe_accepted`: the text may be out all the same.
    """

    treatment: Treatment
    wait: float | Until | None = None
    maybe_accepted: bool = False


AGAIN = Code(Treatment.RETRY)
"""A passing trouble; also what an unknown code is taken for, the first time."""

REFRESH = Code(Treatment.REFRESH)
RECIPIENT = Code(Treatment.RECIPIENT)
TEMPLATE = Code(Treatment.TEMPLATE)
CONFIGURATION = Code(Treatment.CONFIGURATION)
MINUTE = Code(Treatment.RETRY, 60.0)
LOST = Code(Treatment.RETRY, maybe_accepted=True)
"""Nobody knows whether the message was taken."""

_MORNING = Code(Treatment.RETRY, Until.MORNING)
_NEXT_DAY = Code(Treatment.RETRY, Until.NEXT_DAY)
_NEXT_MONTH = Code(Treatment.RETRY, Until.NEXT_MONTH)


def _rows(*rows: tuple[Code, Iterable[int]]) -> Mapping[int, Code]:
    found: dict[int, Code] = {}
    for code, numbers in rows:
        for number in numbers:
            assert number not in found, f"{number} stands twice"
            found[number] = code
    return MappingProxyType(found)


CODES: Mapping[Service, Mapping[int, Code]] = MappingProxyType(
    {
        Service.BOT: _rows(
            (AGAIN, [403]),  # the platform's own table calls it "internal server error"
            (LOST, [408]),
            (MINUTE, [426]),
            (_NEXT_MONTH, [429]),  # the plan's quota; the gateway's own 429 is no envelope and never comes here
            (RECIPIENT, [400]),
            (CONFIGURATION, [401, 404]),
        ),
        Service.OA: _rows(
            (MINUTE, [-32]),
            (AGAIN, [-200]),
            (_MORNING, [-234]),
            (_NEXT_DAY, [-218]),  # the recipient's quota
            (CONFIGURATION, [-211]),  # the OA's: a person is told, and what tries the paused road finds it full again
            (REFRESH, [-216, -220, -401, 401, 216]),
            # -100: an attachment expired, and dondoc sends none. -230, -232: until the person writes again.
            (RECIPIENT, [-100, -201, -210, -213, -217, -227, -230, -232, -244, -248]),
            # The OA, its package, its app; -237, -238, -241, -403 its groups; -320, -321 its money.
            (CONFIGURATION, [-204, -205, -209, -212, -219, -221, -223, -224, -233, -235, -240, -242]),
            (TEMPLATE, [-249]),
            (CONFIGURATION, [-237, -238, -241, -403, -320, -321]),
        ),
        Service.ZBS: _rows(
            (AGAIN, [-100]),
            (_MORNING, [-133]),
            (_NEXT_DAY, [-144, -147]),
            (_NEXT_MONTH, [-1441]),
            (REFRESH, [-124]),
            (RECIPIENT, [-107, -108, -110, -114, -118, -119, -134, -139, -140, -141, -1471, -1472]),
            (RECIPIENT, [-111, -112, -113, -116, -1121, -1122, -1123, -1124, -1131, -130, -132]),  # what it says
            (TEMPLATE, [-109, -117, -131, -146]),
            # App and OA, keys, permissions and money, the request itself.
            (CONFIGURATION, [-101, -102, -103, -104, -105, -125, -135, -1351]),
            (CONFIGURATION, [-123, -128, -129, -142, -143, -1241]),
            (CONFIGURATION, [-106, -121, -122, -126, -127]),
            (CONFIGURATION, [-115, -120, -136, -137, -138, -1381, -145]),
            (CONFIGURATION, range(-162, -152)),
        ),
        # No page of Zalo's names the code of a dead refresh token: whatever is not a rate stops the channel.
        Service.OAUTH: _rows(
            (MINUTE, [-32]),
            (CONFIGURATION, [-14002, -14003, -14004, -14005, -14014, -14018, -118]),
        ),
    }
)

_STATUSES: Mapping[int, Code] = MappingProxyType(
    {
        401: REFRESH,
        403: AGAIN,
        404: CONFIGURATION,
        405: CONFIGURATION,
        407: CONFIGURATION,
        408: LOST,
        429: MINUTE,
    }
)

_KINDS = {
    Treatment.REFRESH: FailureKind.MISCONFIGURED,
    Treatment.RECIPIENT: FailureKind.PERMANENT,
    Treatment.TEMPLATE: FailureKind.DENIED,
    Treatment.CONFIGURATION: FailureKind.MISCONFIGURED,
}


def kind_of(code: Code) -> FailureKind:
    """Return what a caller does about a code; a refresh that did not help is a fault of the configuration."""
    return _KINDS.get(code.treatment) or (FailureKind.TRANSIENT if code.wait is None else FailureKind.THROTTLED)


def seconds(wait: float | Until | None, now: datetime) -> float | None:
    """Return a wait in seconds from `now` (aware), at least one."""
    if wait is None or isinstance(wait, float):
        return wait
    here = now.astimezone(VIETNAM)
    day = here.date()
    if wait is Until.NEXT_MONTH:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    elif wait is Until.NEXT_DAY or here.time() >= MORNING:
        day += timedelta(days=1)
    return max((datetime.combine(day, MORNING, VIETNAM) - here).total_seconds(), 1.0)


def number(value: object) -> int | None:
    """Return an error code as a number; some answers carry it as text."""
    return int(value) if isinstance(value, int | str) and re.fullmatch(r"-?\d{1,9}", str(value), re.ASCII) else None


def by_status(status: int) -> Code:
    """Return what an answer means that carries no code of Zalo's: it is a gateway's, in HTML or JSON, and not 2xx."""
    if status >= 500:
        return LOST if status == 504 else AGAIN  # whoever waited in vain does not know what became of the request
    # A redirect, or a path or method the host does not know, is the same for every message.
    return _STATUSES.get(status) or (CONFIGURATION if status < 400 else RECIPIENT)


def failure(
    code: Code, detail: str, name: str, now: datetime, wait: float | None = None, *, of_road: bool = False
) -> DeliveryError:
    """Return the error an answer amounts to; `name` is the code as told, `wait` seconds the far side itself asked."""
    return DeliveryError(
        kind_of(code),
        detail,
        phase=Phase.ANSWERED,
        code=name,
        retry_after=wait or seconds(code.wait, now),
        maybe_accepted=code.maybe_accepted,
        of_road=of_road,
    )
