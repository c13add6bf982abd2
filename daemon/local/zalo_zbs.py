"""The host of template messages by telephone number on loopback: approved templates, quotas, receipts.

`async with LocalZbs(now, tokens, templates=(REMINDER,)) as zbs: ... zbs.base_url ... zbs.accepted`
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from daemon.clock import local, local_day
from daemon.local.zalo_events import ZNS, LocalZaloEvents
from daemon.local.zalo_host import Refused, Work, ZaloHost
from daemon.local.zalo_templates import LocalTemplate
from daemon.local.zalo_tokens import LocalZaloTokens, Standing

DAILY = 500
_PHONE = re.compile(r"\+?84\d{9}", re.ASCII)
_TRACKING = re.compile(r"[\w.-]{1,48}", re.ASCII)
_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class ZbsMessage:
    """One message the host took, counted from 1. `phone` is in the 84 form; `delivered_at` None: not yet."""

    number: int
    msg_id: str
    phone: str
    template_id: str
    data: dict[str, object]
    tracking_id: str
    development: bool
    at: datetime
    delivered_at: datetime | None = None


class LocalZbs(ZaloHost):
    """The server. `now` turns the day's quota and knows the night; message ids are counted, so that two runs agree.

    `admins`: the numbers `mode: development` reaches. `unknown`: numbers without Zalo (-118). `deaf`: those who cannot
    receive (-114). `away`: accepted, not delivered until `deliver`. `night`: -133 from 22:00 to 06:00, but for
    templates that may. `balance`: messages paid for, None without count (-115); `wallet`: the same for tests (-126).
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        tokens: LocalZaloTokens,
        *,
        templates: Iterable[LocalTemplate] = (),
        events: LocalZaloEvents | None = None,
        admins: Iterable[str] = (),
        daily: int = DAILY,
        night: bool = False,
    ) -> None:
        super().__init__()
        self.tokens = tokens
        self.templates = {template.id: template for template in templates}
        self.admins = set(admins)
        self.unknown: set[str] = set()
        self.deaf: set[str] = set()
        self.away: set[str] = set()
        self.refusals: dict[str, tuple[int, str]] = {}
        self.daily = daily
        self.night = night
        self.balance: int | None = None
        self.wallet: int | None = None
        self.accepted: dict[str, ZbsMessage] = {}
        self._now = now
        self._events = events
        self._sent: Counter[tuple[date, str]] = Counter()

    def work(self) -> Sequence[tuple[str, Sequence[str], Work]]:
        """Return the routes."""
        return [
            ("/message/template", ("POST",), self._guarded(self._send)),
            ("/message/status", ("GET",), self._guarded(self._status)),
            ("/message/quota", ("GET",), self._guarded(self._quota)),
            ("/template/info/v2", ("GET",), self._guarded(self._info)),
            ("/template/all", ("GET",), self._guarded(self._all)),
        ]

    def deliver(self, msg_id: str) -> None:
        """Let a message reach its telephone; the receipt goes out."""
        now = self._now()
        message = replace(self.accepted[msg_id], delivered_at=now)
        self.accepted[msg_id] = message
        if self._events is not None:
            told = {"delivery_time": _ms(now), "msg_id": msg_id, "tracking_id": message.tracking_id}
            people = {"sender": {"id": self.tokens.app.oa_id}, "recipient": {"id": message.phone}}
            self._events.emit("user_received_message", people | {"message": told}, server=ZNS)

    def _guarded(self, act: Callable[[Request], Awaitable[dict[str, object]]]) -> Work:
        async def answer(request: Request) -> Response:
            if self.tokens.standing(request.headers) is not Standing.GOOD:
                raise Refused(-124, "Access token invalid")
            if not self.tokens.proven(request.headers):
                raise Refused(-1241, "appsecret_proof is invalid")
            return JSONResponse({"error": self.code(0), "message": "Success"} | await act(request))

        return answer

    async def _send(self, request: Request) -> dict[str, object]:
        document = await _document(request)
        phone = str(document.get("phone", ""))
        if not _PHONE.fullmatch(phone):
            raise Refused(-108, "Phone number is invalid")
        phone = phone.removeprefix("+")
        template = self._template(document.get("template_id"))
        tracking = document.get("tracking_id")
        if not isinstance(tracking, str) or not _TRACKING.fullmatch(tracking):
            raise Refused(-132, "tracking_id is invalid")
        data = document.get("template_data")
        template.check(data)
        assert isinstance(data, dict)
        development = document.get("mode") == "development"
        self._may_pass(phone, template, development=development)
        now = self._now()
        self._sent[local_day(now), template.id] += 1
        number = len(self.accepted) + 1
        msg_id = f"{number:020x}"
        self.accepted[msg_id] = ZbsMessage(number, msg_id, phone, template.id, data, tracking, development, now)
        if phone not in self.away:
            self.deliver(msg_id)
        quota = {"dailyQuota": str(self.daily), "remainingQuota": str(self._left(now))}
        said = {"msg_id": msg_id, "sent_time": _ms(now), "sending_mode": str(document.get("sending_mode", "1"))}
        return {"data": said | {"quota": quota}}

    def _template(self, template_id: object) -> LocalTemplate:
        template = self.templates.get(template_id) if isinstance(template_id, str) else None
        if template is None:
            raise Refused(-109, "Template is invalid")
        if template.status == "DISABLE":
            raise Refused(-146, "Template was disabled")
        if template.status != "ENABLE":
            raise Refused(-131, "Template is not approved")
        return template

    def _may_pass(self, phone: str, template: LocalTemplate, *, development: bool) -> None:
        now = self._now()
        if phone in self.refusals:
            raise Refused(*self.refusals[phone])
        if development and phone not in self.admins:
            raise Refused(-127, "Test template can be sent to admins only")
        if phone in self.unknown:
            raise Refused(-118, "Zalo account does not exist")
        if phone in self.deaf:
            raise Refused(-114, "User is inactive, or has rejected the message")
        if self.night and not template.at_night and not 6 <= local(now).hour < 22:
            raise Refused(-133, "Template is not allowed between 22:00 and 06:00")
        if self._left(now) <= 0:
            raise Refused(-144, "OA has reached its daily limit")
        if template.daily is not None and self._sent[local_day(now), template.id] >= template.daily:
            raise Refused(-147, "Template has reached its daily limit")
        if development:
            if self.wallet is not None and self.wallet <= 0:
                raise Refused(-126, "Development wallet is empty")
            self.wallet = None if self.wallet is None else self.wallet - 1
            return
        if self.balance is not None and self.balance <= 0:
            raise Refused(-115, "Out of quota")
        self.balance = None if self.balance is None else self.balance - 1

    def _left(self, now: datetime) -> int:
        return self.daily - sum(count for (day, _), count in self._sent.items() if day == local_day(now))

    async def _status(self, request: Request) -> dict[str, object]:
        message = self.accepted.get(request.query_params.get("message_id", ""))
        if message is None:
            return {"data": {"delivery_time": "", "message": "The message does not exist", "status": -1}}
        if message.delivered_at is None:
            return {"data": {"delivery_time": "", "message": "The message has not been delivered", "status": 0}}
        delivered = _ms(message.delivered_at)
        return {"data": {"delivery_time": delivered, "message": "The message has been delivered", "status": 1}}

    async def _quota(self, request: Request) -> dict[str, object]:  # noqa: ARG002 - as every act
        return {"data": {"dailyQuota": self.daily, "remainingQuota": self._left(self._now())}}

    async def _info(self, request: Request) -> dict[str, object]:
        template = self.templates.get(request.query_params.get("template_id", ""))
        if template is None:
            raise Refused(-109, "Template is invalid")
        return {"data": template.described()}

    async def _all(self, request: Request) -> dict[str, object]:
        offset, limit = (request.query_params.get(name, "0") for name in ("offset", "limit"))
        if not (offset.isdecimal() and limit.isdecimal() and 1 <= int(limit) <= _MOST_LISTED):
            raise Refused(-132, "Parameter is invalid")
        wanted = request.query_params.get("status")
        found = [one for one in self.templates.values() if wanted in {None, str(one.status_number)}]
        listed = [template.line() for template in found[int(offset) : int(offset) + int(limit)]]
        return {"data": listed, "metadata": {"total": len(found)}}


async def _document(request: Request) -> dict[str, object]:
    body = await request.body()
    if not body:
        raise Refused(-121, "Body is empty")
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Refused(-122, "Body is not JSON")
    return document


def _ms(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))
