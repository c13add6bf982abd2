"""Hands one text to one chat over the Zalo Bot Platform, whose every method lies behind a secret in the URL."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.http_post import NOBODY_THERE, Answer, checked_url, open_client, post_json, retry_after
from notifiers.zalo_codes import AGAIN, CODES, MINUTE, Service, by_status, failure, number

LONGEST = 2000
"""UTF-16 units in one text."""

_TOKEN = re.compile(r"[\w:.~-]{8,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ZaloBotRoute:
    """One bot. `timeout` in seconds, for connecting and again for the answer; ValueError for a malformed part.

    `ca_file`: trust this authority and no other.
    """

    base_url: str
    token: str = field(repr=False)
    timeout: float = 30.0
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could never be a URL, without repeating it."""
        checked_url(self.base_url)
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("the bot token is malformed")


class ZaloBotNotifier:
    """`sendMessage` of one bot: plain text, NFC, at most 2000 UTF-16 units, to a chat that once wrote to the bot."""

    name = "zalo_bot"

    def __init__(self, route: ZaloBotRoute, now: Callable[[], datetime]) -> None:
        """`now` returns the present instant, aware; a quota lasts until the month turns."""
        self._route = route
        self._now = now
        self._url = f"{route.base_url.rstrip('/')}/bot{route.token}/sendMessage"
        self._client = open_client(route.timeout, ca_file=route.ca_file, proxy=route.proxy)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one text; `maybe_accepted` marks a send that must not be repeated, for there is no key."""
        text = _text(message.content)
        body = json.dumps({"chat_id": message.address, "text": text}, ensure_ascii=False).encode()
        answer = await post_json(self._client, self._url, body, before_dot, within=self._route.timeout)
        return read_answer(answer, self._now(), (message.address, self._route.token, *self._route.token.split(":")))

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()


def read_answer(answer: Answer, now: datetime, hidden: tuple[str, ...]) -> Receipt:
    """Return the receipt an answer amounts to, or raise the failure; `hidden` strings are kept out of both."""
    envelope = _envelope(answer.body)
    accepted = 200 <= answer.status < 300
    if envelope is None:
        if accepted:
            raise DeliveryError(
                FailureKind.TRANSIENT, "the answer cannot be read", phase=Phase.CONTENT, maybe_accepted=True
            )
        known = by_status(answer.status)
        wait = retry_after(answer.headers) if known is MINUTE else None  # too many just now, not the quota
        silent = answer.status in NOBODY_THERE
        raise failure(known, f"HTTP {answer.status}", f"http {answer.status}", now, wait, of_road=silent)
    if accepted and envelope["ok"] is True:
        result = envelope.get("result")
        given = result.get("message_id") if isinstance(result, dict) else None
        name = veil(str(given), hidden) if given is not None else None
        return Receipt(name, "ok")
    code = number(envelope.get("error_code"))
    told = veil(f"{code if code is not None else 'no code'}: {envelope.get('description', '')}", hidden)
    known = AGAIN if code is None else CODES[Service.BOT].get(code, AGAIN)
    raise failure(known, told, str(code) if code is not None else f"http {answer.status}", now)


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
