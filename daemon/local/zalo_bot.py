"""A Zalo Bot Platform on loopback: the same methods, envelopes and errors, without the platform.

`async with LocalZaloBot(now, chats=("c1",)) as zalo: ... zalo.base_url, zalo.token ... zalo.accepted`
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from daemon.clock import local
from daemon.local.zalo_host import Refused, Work, ZaloHost
from daemon.local.zalo_webhook import call_webhook, public_url

TOKEN = "1000000000000000001:local-demo-bot"  # noqa: S105 - opens nothing but this server
LONGEST = 2000
FREE_PLAN = 3000
"""Messages a month on the free plan; `quota=None` counts nothing."""


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """One text the platform took, counted from 1."""

    number: int
    message_id: str
    chat_id: str
    text: str
    at: datetime


class LocalZaloBot(ZaloHost):
    """The server. `now` stamps messages and turns the quota's month; message ids are counted, so that two runs agree.

    `chats`: the chat ids known, as if each had once written to the bot.
    `private_webhooks`: addresses of this machine are taken too. `empty_is_ok`: an empty poll is `{}`, not 408.
    `refusals`: what sendMessage answers for a chat id, as (error_code, description).
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        chats: Iterable[str] = (),
        token: str = TOKEN,
        quota: int | None = None,
        private_webhooks: bool = False,
        empty_is_ok: bool = False,
    ) -> None:
        super().__init__()
        self.token = token
        self.chats = set(chats)
        self.quota = quota
        self.private_webhooks = private_webhooks
        self.empty_is_ok = empty_is_ok
        self.accepted: list[AcceptedText] = []
        self.refusals: dict[str, tuple[int, str]] = {}
        self.webhook: tuple[str, str] | None = None
        self._now = now
        self._updates: deque[dict[str, object]] = deque()
        self._arrived = asyncio.Event()
        self._sent: Counter[tuple[int, int]] = Counter()
        self._inbound = 0

    def work(self) -> Sequence[tuple[str, Sequence[str], Work]]:
        """Return the one route: every method lies behind the token."""
        return [("/bot{token}/{method}", ("GET", "POST"), self._answer)]

    def refusal(self, refused: Refused) -> Response:
        """Return the platform's own envelope of an error."""
        code = self.code(refused.code)
        return JSONResponse({"ok": False, "description": refused.description, "error_code": code})

    def write_to_bot(self, chat_id: str, text: str, *, group: bool = False, mentions_bot: bool = False) -> None:
        """Let a person write: the chat becomes known and, unless it is group talk past the bot, an update waits."""
        self.chats.add(chat_id)
        if group and not mentions_bot:
            return
        self._inbound += 1
        message = {
            "from": {"id": chat_id if not group else "member", "display_name": "Local", "is_bot": False},
            "chat": {"id": chat_id, "chat_type": "GROUP" if group else "PRIVATE"},
            "text": text,
            "message_id": f"in{self._inbound:018x}",
            "date": self._milliseconds(),
        }
        self._updates.append({"event_name": "message.text.received", "message": message})
        self._arrived.set()

    async def call_webhook(self, *, wrapped: bool = True) -> list[int | None]:
        """Post every waiting update to the webhook that is set; return its statuses, None where it gave none."""
        if self.webhook is None:
            return []
        waiting, self._updates = self._updates, deque()
        return [await call_webhook(*self.webhook, update, wrapped=wrapped) for update in waiting]

    async def _answer(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            raise Refused(401, "Unauthorized")
        result = await self._call(request.path_params["method"], await _arguments(request))
        return JSONResponse({"ok": True, "result": result})

    async def _call(self, method: str, arguments: dict[str, object]) -> object:
        match method:
            case "getMe":
                return {"id": "local", "account_name": "dondoc", "account_type": "BASIC", "can_join_groups": False}
            case "sendMessage":
                return self._send(str(arguments.get("chat_id", "")), arguments.get("text"))
            case "sendChatAction":
                return {}
            case "getUpdates":
                return await self._update(str(arguments.get("timeout", "30")))
            case "setWebhook":
                return self._set_webhook(str(arguments.get("url", "")), str(arguments.get("secret_token", "")))
            case "deleteWebhook":
                self.webhook = None
                return {"url": "", "updated_at": self._milliseconds()}
            case "getWebhookInfo":
                return {"url": self.webhook[0] if self.webhook else "", "updated_at": self._milliseconds()}
            case _:
                raise Refused(404, "Not Found")

    def _send(self, chat_id: str, text: object) -> dict[str, object]:
        if not chat_id or chat_id not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        if not isinstance(text, str) or not 1 <= len(text.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST:
            raise Refused(400, "Bad Request: text must have 1-2000 characters")
        if chat_id in self.refusals:
            raise Refused(*self.refusals[chat_id])
        now = self._now()
        month = (local(now).year, local(now).month)
        if self.quota is not None and self._sent[month] >= self.quota:
            raise Refused(429, "Quota exceeded")
        self._sent[month] += 1
        number = len(self.accepted) + 1
        self.accepted.append(AcceptedText(number, f"{number:020x}", chat_id, text, now))
        return {"message_id": f"{number:020x}", "date": self._milliseconds()}

    async def _update(self, timeout: str) -> dict[str, object]:  # noqa: ASYNC109 - the platform's own parameter
        if self.webhook is not None:
            raise Refused(400, "Bad Request: getUpdates is off while a webhook is set")
        if not timeout.isdecimal():
            raise Refused(400, "Bad Request: timeout is not a number of seconds")
        if not self._updates:
            self._arrived.clear()
            waiting = (asyncio.create_task(self._arrived.wait()), asyncio.create_task(self._closing.wait()))
            await asyncio.wait(waiting, timeout=float(timeout), return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
        if not self._updates and self.empty_is_ok:
            return {}
        if not self._updates:
            raise Refused(408, "Request timeout")
        return self._updates.popleft()

    def _set_webhook(self, url: str, secret: str) -> dict[str, object]:
        if not self.private_webhooks and not public_url(url):
            raise Refused(400, "Bad Request: url must be public HTTPS")
        if not 8 <= len(secret) <= 256:
            raise Refused(400, "Bad Request: secret_token must have 8-256 characters")
        self.webhook = (url, secret)
        return {"url": url, "updated_at": self._milliseconds()}

    def _milliseconds(self) -> int:
        return int(self._now().timestamp() * 1000)


async def _arguments(request: Request) -> dict[str, object]:
    """Return the call's arguments from query, form or JSON, as the platform takes them all (multipart left out)."""
    arguments: dict[str, object] = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return arguments | dict(parse_qsl(body.decode()))
    if not body:
        return arguments
    try:
        document = json.loads(body)
    except ValueError:
        raise Refused(400, "Bad Request: body is not JSON") from None
    if not isinstance(document, dict):
        raise Refused(400, "Bad Request: body is not an object")
    return arguments | document
