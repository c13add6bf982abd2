"""The administrator's part about Zalo: which of its services is used, and what an approved template is filled with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from daemon.domain.settings import Zalo
from daemon.domain.words import LetterKind
from daemon.domain.zalo import FORMS, USUAL, ParamKind, Says, ZbsParameter, ZbsTemplate, with_templates
from daemon.files import keys
from daemon.files.fields import Unreadable, duration, token, word, yes_no
from daemon.files.forms import Form
from daemon.files.rates import rates

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "bot": ("token_file",),
    "webhook": ("url", "key_id", "secret_file"),
    "oa": ("oa_id", "app_id", "app_secret_file"),
    "zbs": ("oa_id", "app_id", "app_secret_file", "templates"),
}
_HOSTS = {"oa": "https://openapi.zalo.me", "zbs": "https://business.openapi.zalo.me"}
_KINDS = {one: one for one in _NEEDED}

SAYS: Mapping[str, Says] = {
    "cơ quan": Says.AGENCY,
    "tên cơ quan": Says.AGENCY_NAME,
    "việc": Says.TASK,
    "hạn": Says.DUE,
    "tình trạng": Says.STATE,
    "kế hoạch": Says.PLAN,
    "đơn vị": Says.OFFICE,
    "liên hệ": Says.CONTACT,
    "điện thoại": Says.PHONE,
    "liên kết": Says.LINK,
    "mã thư": Says.CODE,
    "số việc": Says.COUNT,
}
_PARAM_KINDS: Mapping[str, ParamKind] = {str(kind): kind for kind in ParamKind}

_FORMS = {name: name for names in FORMS.values() for name in names}
_CALLED: Mapping[LetterKind, str] = {
    LetterKind.REMINDER: "thư nhắc",
    LetterKind.RECEIPT: "biên nhận",
    LetterKind.NOTICE: "thông báo",
    LetterKind.APOLOGY: "thư xin lỗi",
    LetterKind.NOTE: "ghi chú cho người theo dõi",
}


def read_zalo(form: Form, path: Callable[[str], Path], url: Callable[[str], str]) -> Zalo | None:
    """Return the service under `zalo`, None if nothing stands there."""
    inner = form.form("zalo", keys.ZALO)
    if inner is None:
        return None
    kind = inner.must("kind", word(_KINDS), "bot")
    plain = Zalo(kind)
    for key in _NEEDED[kind]:
        if inner.node(key) is None:
            inner.missing(key)
    return Zalo(
        kind=kind,
        base_url=inner.may("base_url", url) or _HOSTS.get(kind, plain.base_url),
        oauth_url=inner.may("oauth_url", url) or plain.oauth_url,
        oa_id=inner.may("oa_id", _digits) or plain.oa_id,
        app_id=inner.may("app_id", _digits) or plain.app_id,
        app_secret_file=inner.may("app_secret_file", path),
        app_secret_proof=bool(inner.may("app_secret_proof", yes_no)),
        templates=_templates(inner),
        development=bool(inner.may("development", yes_no)),
        proxy=inner.may("proxy", url),
        ca_file=inner.may("ca_file", path),
        token_file=inner.may("token_file", path),
        url=inner.may("url", url),
        key_id=inner.may("key_id", token),
        secret_file=inner.may("secret_file", path),
        timeout=inner.may("timeout", duration) or plain.timeout,
        **rates(inner, plain),
    )


def _templates(form: Form) -> tuple[ZbsTemplate, ...]:
    found = []
    for one in form.forms("templates", keys.ZBS_TEMPLATE):
        if one.node("parameters") is None:
            one.missing("parameters")
        letters = frozenset(one.several("letters", word(_FORMS)))
        found.append(ZbsTemplate(one.must("id", _digits, ""), _parameters(one), letters))
    if found and not form.findings.errors:  # a faulty file is mended first
        _warn_of_missing(form, found)
    return tuple(found)


def _warn_of_missing(form: Form, templates: Sequence[ZbsTemplate]) -> None:
    """Say which letters never leave by Zalo: those no template stands for, and those too long for any."""
    known = with_templates(templates)
    missing = {kind: [name for name in names if name not in known] for kind, names in FORMS.items()}
    named = "; ".join(f"{_CALLED[kind]} ({', '.join(names)})" for kind, names in missing.items() if names)
    if not named:
        return
    form.warn(
        "templates",
        f"chưa có mẫu cho {named}; những thư này, cùng báo cáo tuần và danh sách thư ngày mai, không đi qua Zalo mà "
        "đến thư điện tử của người nhận hoặc hộp thư cơ quan; nơi không có cả hai thì không nhận được",
    )


def _parameters(form: Form) -> tuple[ZbsParameter, ...]:
    found: list[ZbsParameter] = []
    for one in form.forms("parameters", keys.ZBS_PARAMETER):
        name = one.must("name", _parameter, "")
        if name and name in {known.name for known in found}:
            one.error("name", f"tham số “{name}” ghi hai lần; giữ một")
        says = one.must("says", word(SAYS), Says.TASK)
        found.append(ZbsParameter(name, says, one.may("kind", word(_PARAM_KINDS)) or USUAL[says]))
    return tuple(found)


def _digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,30}", text):
        raise Unreadable(f"“{text[:40]}” không hợp lệ; chép dãy chữ số trong trang quản trị của Zalo")
    return text


def _parameter(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", text):
        raise Unreadable(f"“{text[:40]}” không phải tên tham số; chép đúng tên đã đăng ký trong mẫu")
    return text
