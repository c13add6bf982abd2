"""Zalo's signatures: the one on its webhooks (plain SHA-256, no HMAC), and the proof a caller may add to a token."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

_HEADER = re.compile(r"(?:mac=)?([0-9a-f]{64})", re.ASCII | re.IGNORECASE)


def sign(app_id: str, body: bytes, timestamp: str, oa_secret: str) -> str:
    """Return the 64 hex digits Zalo puts after `mac=`.

    `body`: what travels, byte for byte; `timestamp`: the text in it (ms); `oa_secret`: the OA's own key, not the app's.
    """
    return hashlib.sha256(b"".join((_bytes(app_id), body, _bytes(timestamp), _bytes(oa_secret)))).hexdigest()


def verified(header: str | None, body: bytes, oa_secret: str) -> bool:
    """Say whether `X-ZEvent-Signature` holds for the bytes as received; False, never an error, for anything else.

    `mac=` and the case of the digits are free. An empty secret verifies nothing.
    """
    given = _HEADER.fullmatch(header) if header is not None else None
    if given is None or not oa_secret.strip():
        return False
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    app_id, timestamp = _text(document.get("app_id")), _text(document.get("timestamp"))
    if app_id is None or timestamp is None:
        return False
    return hmac.compare_digest(sign(app_id, body, timestamp, oa_secret), given[1].lower())


def appsecret_proof(token: str, app_secret: str) -> str:
    """Return the header that shows the caller of an access token to hold the app's secret as well."""
    return hmac.new(_bytes(app_secret), _bytes(token), hashlib.sha256).hexdigest()


def _text(value: object) -> str | None:
    """Return an id or a time as text; Zalo sends both as strings, a number is read as its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can name half a character; it verifies nothing, quietly
