"""Hands one text to one chat over the Zalo Bot Platform, whose every method lies behind a secret in the URL."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from notifiers.base import BeforeContent, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.http_post import Answer, checked_url, open_client, post_json, retry_after

LONGEST = 2000
"""UTF-16 units in one text."""

_TOKEN = re.compile(r"[\w:.~-]{8,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """What an error code means for a send. `retry_after` in seconds; `maybe_accepted`: the text may be out."""

    kind: FailureKind
    retry_after: float | None = None
    maybe_accepted: bool = False


ERROR_CODES: Mapping[int, ErrorClass] = MappingProxyType(
    {
        400: ErrorClass(FailureKind.PERMANENT),
        401: ErrorClass(FailureKind.MISCONFIGURED),
        403: ErrorClass(FailureKind.TRANSIENT),  # the platform's own table calls it "internal server error"
        404: ErrorClass(FailureKind.MISCONFIGURED),
        408: ErrorClass(FailureKind.TRANSIENT, maybe_accepted=True),
        426: ErrorClass(FailureKind.THROTTLED, retry_after=60.0),
        429: ErrorClass(FailureKind.THROTTLED, retry_after=21_600.0),  # the plan's quota: lasts until the month turns
    }
)
"""The platform's `error_code`, whatever the HTTP status around it; any other is a passing trouble."""

THROTTLED_BY_GATEWAY = ErrorClass(FailureKind.THROTTLED, retry_after=60.0)
"""HTTP 429 without the platform's envelope: too many requests just now, not the quota."""

GATEWAY_TIMEOUT = ErrorClass(FailureKind.TRANSIENT, maybe_accepted=True)
"""HTTP 504: the gateway passed the request on and does not know what became of it."""

OTHER = ErrorClass(FailureKind.TRANSIENT)


@dataclass(frozen=True, slots=True)
class ZaloBotRoute:
    """One bot. `timeout` in seconds, for connecting and again for the answer; ValueError for a malformed part."""

    base_url: str
    token: str = field(repr=False)
    timeout: float = 30.0
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could never be a URL, without repeating it."""
        checked_url(self.base_url)
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("the bot token is malformed")


class ZaloBotNotifier:
    """`sendMessage` of one bot: plain text, NFC, at most 2000 UTF-16 units, to a chat that once wrote to the bot."""

    name = "zalo_bot"

    def __init__(self, route: ZaloBotRoute) -> None:
        self._route = route
        self._url = f"{route.base_url.rstrip('/')}/bot{route.token}/sendMessage"
        self._client = open_client(route.timeout, proxy=route.proxy)

    async def deliver(self, message: Message, before_content: BeforeContent) -> Receipt:
        """Hand over one text; `maybe_accepted` marks a send that must not be repeated, for there is no key."""
        text = _text(message.content)
        body = json.dumps({"chat_id": message.address, "text": text}, ensure_ascii=False).encode()
        answer = await post_json(self._client, self._url, body, before_content, within=self._route.timeout)
        return read_answer(answer, (message.address, self._route.token, *self._route.token.split(":")))

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()


def read_answer(answer: Answer, hidden: tuple[str, ...]) -> Receipt:
    """Return the receipt an answer amounts to, or raise the failure; `hidden` strings are kept out of both."""
    envelope = _envelope(answer.body)
    accepted = 200 <= answer.status < 300
    if envelope is None:
        if accepted:
            raise DeliveryError(
                FailureKind.TRANSIENT, "the answer cannot be read", phase=Phase.CONTENT, maybe_accepted=True
            )
        raise _error(_gateway(answer), f"HTTP {answer.status}", f"http {answer.status}")
    if accepted and envelope["ok"] is True:
        result = envelope.get("result")
        given = result.get("message_id") if isinstance(result, dict) else None
        name = veil(str(given), hidden) if given is not None else None
        return Receipt(name, "ok")
    code = _number(envelope.get("error_code"))
    told = veil(f"{code if code is not None else 'no code'}: {envelope.get('description', '')}", hidden)
    known = OTHER if code is None else ERROR_CODES.get(code, OTHER)
    raise _error(known, told, str(code) if code is not None else f"http {answer.status}")


def _text(content: bytes) -> str:
    try:
        text = unicodedata.normalize("NFC", content.decode("utf-8"))
    except UnicodeDecodeError:
        text = ""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if text.strip() and units <= LONGEST:
        return text
    told = f"the text has {units} UTF-16 units, Zalo takes {LONGEST} at most" if text.strip() else "no text to send"
    raise DeliveryError(FailureKind.PERMANENT, told, phase=Phase.CONNECT)


def _envelope(body: bytes) -> dict[str, object] | None:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) and isinstance(envelope.get("ok"), bool) else None


def _gateway(answer: Answer) -> ErrorClass:
    if answer.status == 429:
        return ErrorClass(FailureKind.THROTTLED, retry_after(answer.headers) or THROTTLED_BY_GATEWAY.retry_after)
    if answer.status == 504:
        return GATEWAY_TIMEOUT
    if answer.status < 400:
        return ErrorClass(FailureKind.MISCONFIGURED)  # a redirect: the base URL is not the platform's
    return ERROR_CODES.get(answer.status, OTHER)


def _number(value: object) -> int | None:
    """Return the code as a number; some answers carry it as text."""
    return int(value) if isinstance(value, int | str) and re.fullmatch(r"-?\d{1,9}", str(value), re.ASCII) else None


def _error(known: ErrorClass, told: str, code: str) -> DeliveryError:
    return DeliveryError(
        known.kind,
        told,
        phase=Phase.ANSWERED,
        code=code,
        retry_after=known.retry_after,
        maybe_accepted=known.maybe_accepted,
    )
