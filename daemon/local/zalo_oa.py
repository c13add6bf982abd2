"""An Official Account's message API on loopback: consultation texts with buttons, templates by user id, quotas.

`async with LocalZaloOa(now, tokens) as oa: oa.write("2000000000000000002", "chào"); ... oa.base_url ... oa.accepted`
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from daemon.local.zalo_events import LocalZaloEvents
from daemon.local.zalo_host import Refused, Work, ZaloHost
from daemon.local.zalo_templates import LocalTemplate
from daemon.local.zalo_tokens import LocalZaloTokens, Standing
from daemon.local.zalo_users import OaUser, checked_buttons, checked_text

PER_MINUTE = 4000


class Quota(StrEnum):
    """How much an answer says of the quota."""

    FULL = "full"
    SHORT = "short"  # without `remain` and `total`
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OaMessage:
    """One message the platform took, counted from 1. `text` is empty for a template, `template_id` for a text."""

    number: int
    message_id: str
    user_id: str
    text: str
    buttons: tuple[dict[str, object], ...]
    template_id: str
    at: datetime


class LocalZaloOa(ZaloHost):
    """The server. `now` moves every window; message ids are counted, so that two runs agree.

    `expired_code`: what an outlived token is told, -216 or -220. `per_minute`: calls taken in one minute.
    `refusals`: what a send to a user id answers, as (error, message). `events` None: nothing is called back.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        tokens: LocalZaloTokens,
        *,
        templates: Iterable[LocalTemplate] = (),
        events: LocalZaloEvents | None = None,
        per_minute: int = PER_MINUTE,
    ) -> None:
        super().__init__()
        self.tokens = tokens
        self.users: dict[str, OaUser] = {}
        self.templates = {template.id: template for template in templates}
        self.accepted: list[OaMessage] = []
        self.refusals: dict[str, tuple[int, str]] = {}
        self.per_minute = per_minute
        self.quota = Quota.FULL
        self.expired_code = -216
        self._now = now
        self._events = events
        self._calls: Counter[int] = Counter()
        self._inbound = 0

    def work(self) -> Sequence[tuple[str, Sequence[str], Work]]:
        """Return the routes."""
        return [
            ("/v3.0/oa/message/cs", ("POST",), self._guarded(self._consult)),
            ("/v3.0/oa/message/template", ("POST",), self._guarded(self._template)),
            ("/v3.0/oa/quota/message", ("POST",), self._guarded(self._quota)),
            ("/v2.0/oa/getoa", ("GET",), self._guarded(self._about)),
        ]

    def follow(self, user_id: str) -> None:
        """Let a person follow the OA: an interaction."""
        self._touched(user_id).unfollowed = False
        self._followed("follow", user_id, source="oa_profile")

    def unfollow(self, user_id: str) -> None:
        """Let a person leave; he can be consulted no more until he follows again."""
        self.users.setdefault(user_id, OaUser(user_id)).unfollowed = True
        self._followed("unfollow", user_id, source="oa_profile")

    def write(self, user_id: str, text: str) -> None:
        """Let a person write to the OA, or tap a button of kind `oa.query.*`, whose payload is then the text."""
        self._touched(user_id)
        self._inbound += 1
        message = {"msg_id": f"in{self._inbound:018x}", "text": text}
        people = {"sender": {"id": user_id}, "recipient": {"id": self.tokens.app.oa_id}}
        self._emit("user_send_text", people | {"message": message})

    def _touched(self, user_id: str) -> OaUser:
        user = self.users.setdefault(user_id, OaUser(user_id))
        user.last = self._now()
        return user

    def _followed(self, event_name: str, user_id: str, *, source: str) -> None:
        self._emit(event_name, {"oa_id": self.tokens.app.oa_id, "follower": {"id": user_id}, "source": source})

    def _emit(self, event_name: str, document: Mapping[str, object]) -> None:
        if self._events is not None:
            self._events.emit(event_name, document)

    def _guarded(self, act: Callable[[Request], Awaitable[object]]) -> Work:
        async def answer(request: Request) -> Response:
            minute = int(self._now().timestamp()) // 60
            self._calls[minute] += 1
            left = self.per_minute - self._calls[minute]
            try:
                if left < 0:
                    raise Refused(-32, "Your application reached limit call api")
                self._let_in(request)
                done: Response = JSONResponse({"data": await act(request), "error": self.code(0), "message": "Success"})
            except Refused as refused:
                done = self.refusal(refused)
            done.headers["X-RateLimit-Limit"] = str(self.per_minute)
            done.headers["X-RateLimit-Remain"] = str(max(left, 0))
            return done

        return answer

    def _let_in(self, request: Request) -> None:
        match self.tokens.standing(request.headers):
            case Standing.DEAD:
                raise Refused(-216, "Access token is invalid")
            case Standing.EXPIRED if self.expired_code == -220:
                raise Refused(-220, "access_token is expired or removed")
            case Standing.EXPIRED:
                raise Refused(self.expired_code, "Access token is invalid")
        if not self.tokens.proven(request.headers):
            raise Refused(-242, "appsecret_proof is invalid")

    async def _consult(self, request: Request) -> dict[str, object]:
        document = await _document(request)
        recipient, message = document.get("recipient"), document.get("message")
        user = self._user(recipient.get("user_id") if isinstance(recipient, dict) else None)
        text = checked_text(message)
        assert isinstance(message, dict)
        buttons = checked_buttons(message.get("attachment"))
        user.may_be_consulted(self._now())
        taken = self._take(user, text=text, buttons=buttons)
        people = {"sender": {"id": self.tokens.app.oa_id}, "recipient": {"id": user.id}}
        self._emit("oa_send_text", people | {"message": {"msg_id": taken["message_id"], "text": text}})
        return taken

    async def _template(self, request: Request) -> dict[str, object]:
        document = await _document(request)
        user = self._user(document.get("user_id"))
        template = self.templates.get(str(document.get("template_id")))
        if template is None or template.status != "ENABLE":
            raise Refused(-201, "template_id is invalid!")
        if not template.by_uid:
            raise Refused(-249, "Template cannot be sent by UID")
        try:
            template.check(document.get("template_data"))
        except Refused:
            raise Refused(-201, "template_data is invalid!") from None
        user.may_be_sent()
        return self._take(user, template_id=template.id)

    async def _quota(self, request: Request) -> dict[str, object]:
        user = self._user((await _document(request)).get("user_id"))
        said: dict[str, object] = {"last_interaction": str(_ms(user.last)) if user.last else "0"}
        if self.quota is Quota.FULL:
            said["cs_reply"] = {"remain": "8", "total": "8"}
        month = {"monthly_remain": "30", "monthly_total": "30"}
        return said | {"promotion": {"daily_remain": "1", "daily_total": "1"} | month}

    async def _about(self, request: Request) -> dict[str, object]:  # noqa: ARG002 - as every act
        about = {"oaid": self.tokens.app.oa_id, "name": "dondoc", "is_verified": True, "oa_type": "2"}
        return about | {
            "package_name": "OA Nâng cao",
            "num_follower": sum(not u.unfollowed for u in self.users.values()),
        }

    def _user(self, user_id: object) -> OaUser:
        """Return a person by id, which must be text: a number would have lost its last digits on the way."""
        if not isinstance(user_id, str) or user_id not in self.users:
            raise Refused(-201, "user_id is invalid!")
        return self.users[user_id]

    def _take(
        self, user: OaUser, *, text: str = "", buttons: tuple[dict[str, object], ...] = (), template_id: str = ""
    ) -> dict[str, object]:
        if user.id in self.refusals:
            raise Refused(*self.refusals[user.id])
        now = self._now()
        number = len(self.accepted) + 1
        self.accepted.append(OaMessage(number, f"{number:020x}", user.id, text, buttons, template_id, now))
        said: dict[str, object] = {"message_id": f"{number:020x}", "user_id": user.id, "sent_time": str(_ms(now))}
        quota = {"quota_type": user.quota_type(now) if text else "sub_quota"}
        if self.quota is Quota.FULL:
            quota |= {"remain": "8", "total": "8"}
        return said if self.quota is Quota.NONE else said | {"quota": quota}


async def _document(request: Request) -> dict[str, object]:
    try:
        document = json.loads(await request.body())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Refused(-201, "body is invalid!")
    return document


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
