"""Reads what people write to one Zalo Bot: one text a call, and reading takes it away for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notifiers.http_post import Answer, open_client, post_json
from notifiers.zalo_bot import ZaloBotRoute, read_answer
from notifiers.zalo_codes import number

LONGEST_POLL = 30.0
"""Seconds one call may wait for somebody to write."""

_GRACE = 7.0  # the platform answers an empty poll only when its time is over
_NOTHING_CAME = 408


@dataclass(frozen=True, slots=True)
class BotText:
    """One message to the bot. `text` is empty for pictures and the like; `chat_id` is where an answer goes."""

    chat_id: str = field(repr=False)
    text: str = field(repr=False)
    private: bool
    from_bot: bool


class ZaloBotInbox:
    """`getUpdates` and `getMe` of one bot. Both raise DeliveryError, without the URL: it holds the token."""

    def __init__(self, route: ZaloBotRoute, now: Callable[[], datetime]) -> None:
        """`now` returns the present instant, aware; a quota lasts until the month turns."""
        self._route = route
        self._now = now
        self._client = open_client(max(route.timeout, LONGEST_POLL + _GRACE), ca_file=route.ca_file, proxy=route.proxy)

    async def account_name(self) -> str:
        """Return the bot's name, empty if the platform gives none."""
        result = await self._call("getMe", {}, self._route.timeout)
        return str(result.get("account_name") or "")

    async def next_text(self, wait: float) -> BotText | None:
        """Return the oldest message not yet read, None if there is none within `wait` seconds (30 at most)."""
        wait = min(wait, LONGEST_POLL)
        result = await self._call("getUpdates", {"timeout": str(int(wait))}, wait + _GRACE)
        if not result:
            return None
        message, text = _part(result, "message"), result.get("event_name") == "message.text.received"
        chat, sender = _part(message, "chat"), _part(message, "from")
        return BotText(
            chat_id=str(chat.get("id") or ""),
            text=str(message.get("text") or "") if text else "",
            private=chat.get("chat_type") == "PRIVATE",
            from_bot=bool(sender.get("is_bot")),
        )

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()

    async def _call(self, method: str, arguments: dict[str, str], within: float) -> dict[str, object]:
        """Return the result of a method, empty if nothing came or it has none."""
        url = f"{self._route.base_url.rstrip('/')}/bot{self._route.token}/{method}"
        answer = await post_json(self._client, url, json.dumps(arguments).encode(), _at_once, within=within)
        envelope = _envelope(answer)
        if envelope.get("ok") is False and number(envelope.get("error_code")) == _NOTHING_CAME:
            return {}
        read_answer(answer, self._now(), (self._route.token, *self._route.token.split(":")))
        return _part(envelope, "result")


async def _at_once() -> None:
    """Let the question go: it holds nothing that could arrive twice."""


def _envelope(answer: Answer) -> dict[str, object]:
    try:
        envelope = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _part(whole: dict[str, object], name: str) -> dict[str, object]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
