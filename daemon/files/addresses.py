"""E-mail addresses fit for an envelope and a header: checked by rule, never by asking the network."""

from __future__ import annotations

from collections.abc import Callable

from email_validator import EmailNotValidError, validate_email

from daemon.files.fields import Unreadable, line

LONGEST_LOCAL = 64  # RFC 5321 §4.5.3.1.1


def email(*, international: bool = False) -> Callable[[str], str]:
    """Return a reader of addresses; beyond ASCII only with `international`. The domain comes back in small letters.

    So long as the part before the @ is ASCII it comes back as servers spell it (xn--...), which headers take too.
    """

    def read(text: str) -> str:
        line(text)
        shown = f"địa chỉ “{text[:60]}”"
        local, at, domain = text.rpartition("@")
        if text.startswith('"') or local.endswith('"'):
            raise Unreadable(f"{shown} có dấu nháy; bỏ dấu nháy")
        if text.count("@") > 1 and ("," in text or ";" in text):
            raise Unreadable(f"{shown} có nhiều địa chỉ; mỗi chỗ ghi một địa chỉ, mỗi người một mục riêng")
        if "<" in text or ">" in text or " " in text:
            raise Unreadable(f"{shown} chỉ ghi địa chỉ, không ghi tên, dấu < > hay dấu cách; viết như ten@so.example")
        if not at or not local or not domain or "@" in local:
            raise Unreadable(f"{shown} phải có đúng một dấu @; viết như ten@so.example")
        if domain.startswith("["):
            raise Unreadable(f"{shown} dùng số IP; ghi tên miền")
        if not text.isascii() and not international:
            raise Unreadable(f"{shown} có chữ có dấu; máy chủ thư chưa nhận loại địa chỉ này, viết không dấu")
        if len(local.encode()) > LONGEST_LOCAL:
            raise Unreadable(f"{shown} dài quá {LONGEST_LOCAL} ký tự trước dấu @")
        try:
            found = validate_email(text, allow_smtputf8=international, check_deliverability=False)
        except EmailNotValidError:
            raise Unreadable(f"{shown} không hợp lệ; kiểm tra dấu chấm và tên miền, viết như ten@so.example") from None
        return found.ascii_email or found.normalized

    return read
