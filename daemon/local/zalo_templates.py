"""Approved message templates of the local Zalo, and what it says of the data it is given for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from daemon.local.zalo_host import Refused


class Param(StrEnum):
    """The kinds a parameter may have."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    ID = "id"
    LABEL = "label"
    STATUS = "status"
    PRODUCT = "product"
    AMOUNT = "amount"
    TIME = "time"
    OTP = "otp"
    URL = "url"
    CURRENCY = "currency"
    BANK_NOTE = "bank_note"


MOST: Mapping[Param, int] = {
    Param.NAME: 30,
    Param.PHONE: 15,
    Param.ADDRESS: 200,
    Param.ID: 30,
    Param.LABEL: 30,
    Param.STATUS: 30,
    Param.PRODUCT: 200,
    Param.AMOUNT: 20,
    Param.TIME: 20,
    Param.OTP: 10,
    Param.URL: 200,
    Param.CURRENCY: 12,
    Param.BANK_NOTE: 90,
}
"""Characters each kind may have."""

_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_MONTH = r"(?:0[1-9]|1[0-2])/\d{4}"
_DATE = rf"(?:0[1-9]|[12]\d|3[01])/{_MONTH}"
_FORMS: Mapping[Param, re.Pattern[str]] = {
    Param.TIME: re.compile(rf"{_CLOCK}(?: {_DATE})?|{_DATE}|{_MONTH}", re.ASCII),
    Param.PHONE: re.compile(r"\+?\d+", re.ASCII),
    Param.AMOUNT: re.compile(r"\d+", re.ASCII),
    Param.CURRENCY: re.compile(r"\d+", re.ASCII),
    Param.OTP: re.compile(r"\w+", re.ASCII),
    Param.URL: re.compile(r"https?://\S+"),
}
_ANY = re.compile(r"[^\r\n\t]+")
_TYPES = {Param.TIME: "DATE", Param.AMOUNT: "NUMBER", Param.CURRENCY: "NUMBER", Param.PHONE: "PHONE"}
_STATUS_NUMBERS = {"ENABLE": 1, "PENDING_REVIEW": 2, "REJECT": 3, "DISABLE": 4}


@dataclass(frozen=True, slots=True)
class LocalTemplate:
    """One template. `params` by name; those in `optional` may be left out.

    `status` is "ENABLE", "PENDING_REVIEW", "REJECT" or "DISABLE". `by_uid`: may go to an OA's user id.
    `at_night`: may leave between 22:00 and 06:00 in any case. `daily`: sends a day, None without limit.
    """

    id: str
    name: str
    params: Mapping[str, Param]
    optional: frozenset[str] = frozenset()
    status: str = "ENABLE"
    by_uid: bool = True
    at_night: bool = False
    daily: int | None = None

    @property
    def status_number(self) -> int:
        """The status as `/template/all` is asked for it."""
        return _STATUS_NUMBERS[self.status]

    def line(self) -> dict[str, object]:
        """Return the template as a list shows it."""
        return {"templateId": self.id, "templateName": self.name, "status": self.status, "templateQuality": "HIGH"}

    def described(self) -> dict[str, object]:
        """Return the template as `/template/info/v2` shows it; `timeout` is in milliseconds."""
        listed = [
            {
                "name": name,
                "require": name not in self.optional,
                "type": _TYPES.get(kind, "STRING"),
                "maxLength": MOST[kind],
                "minLength": 0 if name in self.optional else 1,
                "acceptNull": name in self.optional,
            }
            for name, kind in self.params.items()
        ]
        return self.line() | {
            "listParams": listed,
            "timeout": 7_200_000,
            "previewUrl": f"https://zalo.example/template/{self.id}",
            "templateTag": "TRANSACTION",
            "price": "200",
        }

    def check(self, data: object) -> None:
        """Refuse data that does not fit: -111 none, -112 not flat, -1122 missing, -1121 too long, -1124 malformed."""
        if data is None or data == {}:
            raise Refused(-111, "Template data is empty")
        if not isinstance(data, dict) or any(isinstance(value, bool | dict | list) for value in data.values()):
            raise Refused(-112, "Template data is invalid")
        for name, kind in self.params.items():
            value = data.get(name)
            text = "" if value is None else str(value)
            if not text and name in self.optional:
                continue
            if not text:
                raise Refused(-1122, f"Template data is missing parameter {name}")
            if len(text) > MOST[kind]:
                raise Refused(-1121, f"Template data parameter {name} is over length")
            if not _FORMS.get(kind, _ANY).fullmatch(text):
                raise Refused(-1124, f"Template data parameter {name} has an invalid format")


REMINDER = LocalTemplate(
    "123456",
    "Nhắc gửi văn bản",
    {"name": Param.NAME, "task": Param.PRODUCT, "time": Param.TIME, "document": Param.ID},
    optional=frozenset({"document"}),
)
"""A template such as an office would have approved for its reminders."""
