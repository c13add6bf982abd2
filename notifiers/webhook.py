"""Hands one text to the province's own messaging gateway, by the signed protocol of docs/webhook.md."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.http_post import NOBODY_THERE, Answer, checked_url, open_client, post_json, retry_after

_HEADER = re.compile(r"[\x21-\x7e]{1,300}")
_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """A gateway. `timeout` in seconds, for connecting and again for the answer; ValueError for a malformed part.

    `ca_file`: trust this authority and no other.
    """

    url: str = field(repr=False)
    key_id: str
    secret: str = field(repr=False)
    timeout: float = 30.0
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could never be sent, without repeating it."""
        checked_url(self.url)
        if not _HEADER.fullmatch(self.key_id) or not self.secret:
            raise ValueError("a gateway needs a key id in ASCII and a secret")


class WebhookNotifier:
    """A signed POST for each text. The message id is an idempotency key: after *unknown* the same bytes go again."""

    name = "zalo_webhook"

    def __init__(self, route: WebhookRoute, now: Callable[[], datetime]) -> None:
        """`now` returns the present instant, aware; it stamps each attempt."""
        self._route = route
        self._now = now
        self._client = open_client(route.timeout, ca_file=route.ca_file, proxy=route.proxy)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one text; DeliveryError says what the gateway answered, or that it did not."""
        if not _HEADER.fullmatch(message.key):
            raise DeliveryError(FailureKind.PERMANENT, "the message id cannot stand in a header", phase=Phase.CONNECT)
        raw = body(message)
        stamp = str(int(self._now().timestamp()))
        headers = {
            "X-Dondoc-Key-Id": self._route.key_id,
            "X-Dondoc-Timestamp": stamp,
            "X-Dondoc-Message-Id": message.key,
            "X-Dondoc-Signature": sign(self._route.secret, stamp, message.key, raw),
        }
        answer = await post_json(
            self._client, self._route.url, raw, before_dot, within=self._route.timeout, headers=headers
        )
        return self._read(answer, message)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()

    def _read(self, answer: Answer, message: Message) -> Receipt:
        named = _id_in(answer.body)
        hidden = (message.address, self._route.secret)
        if 200 <= answer.status < 300:
            return Receipt(veil(named, hidden) if named else None, f"HTTP {answer.status}")
        if answer.status == 409 and named == message.key:
            return Receipt(None, "HTTP 409: already accepted")
        wait = retry_after(answer.headers, self._now)
        raise DeliveryError(
            kind_of(answer.status),
            veil(f"HTTP {answer.status}: {answer.body.decode('utf-8', 'replace')}", hidden),
            phase=Phase.ANSWERED,
            code=f"http {answer.status}",
            retry_after=wait or (_WAIT if answer.status == 429 else None),
            of_road=answer.status in NOBODY_THERE,
            maybe_accepted=answer.status == 504,  # the gateway's own proxy does not know what became of it
        )


def body(message: Message) -> bytes:
    """Return the request's body: the same message always gives the same bytes; PERMANENT if it is not UTF-8."""
    try:
        text = message.content.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise DeliveryError(FailureKind.PERMANENT, "the text is not UTF-8", phase=Phase.CONNECT)
    document = {"id": message.key, "to": message.address, "text": text}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, timestamp: str, message_id: str, raw: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 of `timestamp.message_id.raw` under the secret's UTF-8 bytes."""
    signed = f"{timestamp}.{message_id}.".encode() + raw
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def kind_of(status: int) -> FailureKind:
    """Return what to do about a status that is no acceptance."""
    if status == 429:
        return FailureKind.THROTTLED
    # A wrong key, path or method refuses every text alike: the channel is to be mended, not the text dropped.
    if status in {401, 403, 404, 405, 407} or status < 400:
        return FailureKind.MISCONFIGURED
    if status in {408, 425} or status >= 500:
        return FailureKind.TRANSIENT
    return FailureKind.PERMANENT


def _id_in(raw: bytes) -> str | None:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    named = document.get("id") if isinstance(document, dict) else None
    return named if isinstance(named, str) else None
