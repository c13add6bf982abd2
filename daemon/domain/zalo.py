"""What an approved Zalo template is filled with: the things a letter can say in short, and how long each may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from daemon.domain.words import LetterKind


class Says(StrEnum):
    """One short thing a letter says; empty where a letter does not say it."""

    AGENCY = "agency"  # tên ngắn
    AGENCY_NAME = "agency_name"  # tên đầy đủ
    TASK = "task"  # the short names of what is owed
    DUE = "due"  # the last day, dd/mm/yyyy; of several the first
    STATE = "state"  # "Sắp đến hạn", "Đã qua thời hạn"
    PLAN = "plan"  # "Kế hoạch 1026/KH-UBND"
    OFFICE = "office"  # who speaks
    CONTACT = "contact"  # whom to call
    PHONE = "phone"  # his number, digits alone
    LINK = "link"
    CODE = "code"  # mã thư
    COUNT = "count"  # how many things are owed


class ParamKind(StrEnum):
    """The kind a template's parameter was registered with."""

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


LONGEST: Mapping[ParamKind, int] = MappingProxyType(
    {
        ParamKind.NAME: 30,
        ParamKind.PHONE: 15,
        ParamKind.ADDRESS: 200,
        ParamKind.ID: 30,
        ParamKind.LABEL: 30,
        ParamKind.STATUS: 30,
        ParamKind.PRODUCT: 200,
        ParamKind.AMOUNT: 20,
        ParamKind.TIME: 20,
        ParamKind.OTP: 10,
        ParamKind.URL: 200,
        ParamKind.CURRENCY: 12,
        ParamKind.BANK_NOTE: 90,
    }
)
"""Characters a parameter of each kind may have."""

USUAL: Mapping[Says, ParamKind] = MappingProxyType(
    {
        Says.AGENCY: ParamKind.NAME,
        Says.AGENCY_NAME: ParamKind.PRODUCT,
        Says.TASK: ParamKind.PRODUCT,
        Says.DUE: ParamKind.TIME,
        Says.STATE: ParamKind.STATUS,
        Says.PLAN: ParamKind.LABEL,
        Says.OFFICE: ParamKind.NAME,
        Says.CONTACT: ParamKind.PRODUCT,
        Says.PHONE: ParamKind.PHONE,
        Says.LINK: ParamKind.URL,
        Says.CODE: ParamKind.ID,
        Says.COUNT: ParamKind.AMOUNT,
    }
)
"""The kind a parameter most likely has, by what it says."""


@dataclass(frozen=True, slots=True)
class ZbsParameter:
    """One parameter of a template, by the name it was registered with."""

    name: str
    says: Says
    kind: ParamKind


@dataclass(frozen=True, slots=True)
class ZbsTemplate:
    """One approved template. `letters`: the letter templates it stands for; empty: every reminder."""

    id: str
    parameters: tuple[ZbsParameter, ...]
    letters: frozenset[str] = frozenset()


FORMS: Mapping[LetterKind, tuple[str, ...]] = MappingProxyType(
    {
        LetterKind.REMINDER: (
            *("thong-bao", "nhac", "don-doc", "han-cuoi", "qua-han", "tong-hop", "thu-truong", "thu-truong-nhieu"),
            *("trinh", "noi-bo", "noi-bo-qua-han", "noi-bo-thu-truong", "trinh-viec-minh"),
        ),
        LetterKind.RECEIPT: ("bien-nhan",),
        LetterKind.NOTICE: ("bao-gui", "bo-sung", "chua-hop-le", "gia-han", "dieu-chinh"),
        LetterKind.APOLOGY: ("xin-loi",),
        LetterKind.NOTE: ("ghi-chu",),
    }
)
"""The letters a template may stand for, by the names of their own templates. Reports and lists are too long for one."""


def with_templates(templates: Iterable[ZbsTemplate]) -> frozenset[str]:
    """Return the letters some template stands for."""
    return frozenset(name for one in templates for name in one.letters or FORMS[LetterKind.REMINDER])


def carried(templates: Iterable[ZbsTemplate]) -> frozenset[LetterKind]:
    """Return the kinds of letters of which some have a template."""
    known = with_templates(templates)
    return frozenset(kind for kind, names in FORMS.items() if not known.isdisjoint(names))
