"""The people of the local Official Account: who follows, when each last wrote, and what may be sent to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.local.zalo_host import Refused

FREE = timedelta(hours=48)
WINDOW = timedelta(days=7)
LONGEST = 2000
MOST_BUTTONS = 5
LONGEST_TITLE = 100
LONGEST_PAYLOAD = 1000


@dataclass(slots=True)
class OaUser:
    """One person as the OA knows him. `last`: when he last wrote, tapped or followed; None: never."""

    id: str
    last: datetime | None = None
    unfollowed: bool = False
    restricted: bool = False

    def may_be_consulted(self, now: datetime) -> None:
        """Refuse what the platform refuses: -213, -244, -232, -230, in this order."""
        if self.unfollowed:
            raise Refused(-213, "User has not followed OA")
        self.may_be_sent()
        if self.last is None:
            raise Refused(-232, "User has not interacted with the OA")
        if now - self.last > WINDOW:
            raise Refused(-230, "User has not interacted with the OA in the past 7 days")

    def may_be_sent(self) -> None:
        """Refuse a template by user id to one who wants none: -244."""
        if self.restricted:
            raise Refused(-244, "User has restricted this type of message from the OA")

    def quota_type(self, now: datetime) -> str:
        """Return what pays for a message now: the free window, or the package."""
        return "reply" if self.last is not None and now - self.last <= FREE else "sub_quota"


def units(text: str) -> int:
    """Return how the platform counts a text: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def checked_text(message: object) -> str:
    """Return the text of a consultation message; -201 without one, -210 if it is too long."""
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Refused(-201, "text is invalid!")
    if units(text) > LONGEST:
        raise Refused(-210, "text is over the limit")
    return text


def checked_buttons(attachment: object) -> tuple[dict[str, object], ...]:
    """Return the buttons of an attachment, () for None; -201 for what is malformed, -210 for what is too much."""
    if attachment is None:
        return ()
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    buttons = payload.get("buttons") if isinstance(payload, dict) else None
    if not isinstance(attachment, dict) or attachment.get("type") != "template" or not isinstance(buttons, list):
        raise Refused(-201, "attachment is invalid!")
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise Refused(-210, "buttons is over the limit")
    for button in buttons:
        _check_button(button)
    return tuple(buttons)


def _check_button(button: object) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("title"), str) or not button["title"]:
        raise Refused(-201, "buttons is invalid!")
    if units(button["title"]) > LONGEST_TITLE:
        raise Refused(-210, "title is over the limit")
    payload = button.get("payload")
    match button.get("type"):
        case "oa.query.show" | "oa.query.hide":
            fits = isinstance(payload, str) and bool(payload)
        case "oa.open.url":
            fits = isinstance(payload, dict) and str(payload.get("url", "")).startswith(("https://", "http://"))
        case "oa.open.phone":
            fits = isinstance(payload, dict) and str(payload.get("phone_code", "")).isdecimal()
        case _:
            fits = False
    if not fits:
        raise Refused(-201, "buttons is invalid!")
    if isinstance(payload, str) and units(payload) > LONGEST_PAYLOAD:
        raise Refused(-210, "payload is over the limit")
