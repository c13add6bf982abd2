"""Hands one filled template to one telephone number over Zalo's ZBS, and asks later whether it arrived."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt, veil
from notifiers.zalo_api import OaRoute, ZaloApi
from notifiers.zalo_codes import Service
from notifiers.zalo_phone import international
from notifiers.zalo_tokens import TokenSource

_PATH = "/message/template"
_STATUS = "/message/status"


class Arrival(StrEnum):
    """What ZBS says of a message it accepted."""

    DELIVERED = "delivered"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"  # it does not know the message, or said nothing that can be read


class ZaloZbsNotifier:
    """One approved template after another to telephone numbers; needs no consent, takes no free text.

    A message's address is a Vietnamese mobile number, its content JSON as `body_of` reads it. `development`: only the
    app's and OA's administrators are reached, and nothing is paid for.
    """

    name = "zalo_zbs"

    def __init__(
        self,
        route: OaRoute,
        tokens: TokenSource,
        now: Callable[[], datetime],
        *,
        kinds: Collection[str],
        development: bool = False,
    ) -> None:
        """`now` returns the present instant, aware; `kinds` of letters have a template.

        The notifier closes `tokens` when it is closed.
        """
        self._api = ZaloApi(Service.ZBS, route, tokens, now)
        self._kinds = frozenset(kinds)
        self._development = development

    def takes(self, kind: str) -> bool:
        """Say whether some letter of a kind has a template: any other would be refused."""
        return kind in self._kinds

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Hand over one template; the receipt's `provider_id` is what `status` is asked with."""
        phone = international(message.address)
        if phone is None:
            raise _unfit("the number is no Vietnamese mobile number")
        body = body_of(message, phone, development=self._development)
        hidden = (message.address, phone, phone.removeprefix("84"))
        data = await self._api.send(_PATH, body, before_dot, key=message.key, hidden=hidden)
        given = data.get("msg_id")
        return Receipt(veil(str(given), hidden) if given else None, "ok")

    async def status(self, msg_id: str) -> Arrival:
        """Return whether an accepted message reached its telephone; DeliveryError if nobody could be asked."""
        data = await self._api.ask(_STATUS, {"message_id": msg_id})
        return {"1": Arrival.DELIVERED, "0": Arrival.NOT_YET}.get(str(data.get("status")), Arrival.UNKNOWN)

    async def keep_fresh(self) -> None:
        """Replace tokens near their end, so that an idle office's do not lapse."""
        await self._api.keep_fresh()

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._api.aclose()


def tracking_id(key: str) -> str:
    """Return a short name of a delivery, without special characters: always the same, and saying nothing of whom."""
    return f"dd{sha256(key.encode()).hexdigest()[:30]}"


def body_of(message: Message, phone: str, *, development: bool = False) -> bytes:
    """Return the request for content {"template_id": "123456", "template_data": {name: text, ...}}.

    The same message always gives the same bytes; PERMANENT for what ZBS would never take.
    """
    template_id, data = _content(message.content)
    empty = sorted(name for name, value in data.items() if not value.strip())
    if empty:
        raise _unfit(f"nothing to say for {', '.join(empty)}")
    document: dict[str, object] = {"phone": phone, "template_id": template_id, "template_data": data}
    document["tracking_id"] = tracking_id(message.key)
    if development:
        document["mode"] = "development"
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _content(raw: bytes) -> tuple[str, Mapping[str, str]]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    template_id = document.get("template_id") if isinstance(document, dict) else None
    data = document.get("template_data") if isinstance(document, dict) else None
    fit = isinstance(data, dict) and data and all(isinstance(value, str) for value in data.values())
    if isinstance(template_id, str) and template_id and fit:
        assert isinstance(data, dict)
        return template_id, data
    raise _unfit("no template is approved for this letter")


def _unfit(detail: str) -> DeliveryError:
    return DeliveryError(FailureKind.PERMANENT, detail, phase=Phase.CONNECT)
