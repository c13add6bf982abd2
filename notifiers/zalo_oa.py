"""Hands one text with its buttons to one person over a Zalo Official Account (consultation message, OpenAPI v3)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from datetime import datetime

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.zalo_api import OaRoute, ZaloApi
from notifiers.zalo_codes import Service
from notifiers.zalo_tokens import TokenSource

LONGEST = 2000
"""UTF-16 units in one text, after NFC."""

MOST_BUTTONS = 5
_PATH = "/v3.0/oa/message/cs"


class ZaloOaNotifier:
    """Texts of one OA to people who wrote to it in the last seven days; to anybody else the failure is PERMANENT.

    A message's address is the person's id at this OA; its content JSON as `body_of` reads it.
    """

    name = "zalo_oa"

    def __init__(self, route: OaRoute, tokens: TokenSource, now: Callable[[], datetime]) -> None:
        """`now` returns the present instant, aware. The notifier closes `tokens` when it is closed."""
        self._api = ZaloApi(Service.OA, route, tokens, now)

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one text; `maybe_accepted` marks a send that must not be repeated, for there is no key."""
        body = body_of(message)
        hidden = (message.address,)
        data = await self._api.send(_PATH, body, before_dot, key=message.key, hidden=hidden)
        given = data.get("message_id")  # a quota may stand beside it or not; nothing depends on it
        return Receipt(veil(str(given), hidden) if given else None, "ok")

    async def keep_fresh(self) -> None:
        """Replace tokens near their end, so that an idle office's do not lapse."""
        await self._api.keep_fresh()

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._api.aclose()


def body_of(message: Message) -> bytes:
    """Return the request for content {"text": ..., "buttons": [{"title", "type", "payload"}, ...]}, buttons optional.

    The same message always gives the same bytes; PERMANENT for what the OA would never take.
    """
    text, buttons = _content(message.content)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if not text.strip() or units > LONGEST or len(buttons) > MOST_BUTTONS:
        told = f"the text has {units} UTF-16 units and {len(buttons)} buttons, Zalo takes 1 to {LONGEST} and 5"
        raise DeliveryError(FailureKind.PERMANENT, told, phase=Phase.CONNECT)
    said: dict[str, object] = {"text": text}
    if buttons:
        said["attachment"] = {"type": "template", "payload": {"buttons": buttons}}
    document = {"recipient": {"user_id": message.address}, "message": said}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _content(raw: bytes) -> tuple[str, list[object]]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    text = document.get("text") if isinstance(document, dict) else None
    buttons = document.get("buttons", []) if isinstance(document, dict) else None
    if isinstance(text, str) and isinstance(buttons, list):
        return unicodedata.normalize("NFC", text), buttons
    raise DeliveryError(FailureKind.PERMANENT, "the content is no text with buttons", phase=Phase.CONNECT)
