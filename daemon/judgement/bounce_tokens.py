"""The token in an envelope sender names one delivery, and only who holds the key can have written it.

    token = delivery id "-" the first 80 bits of HMAC-SHA-256(key, "bounce:" id), in small base32 letters

It stands in `dondoc+<token>@domain`, or in `<token>@bounce-domain`: letters, digits and a hyphen, for mail systems
fold case.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from hashlib import sha256

LONGEST_LOCAL = 64  # octets of a local part (RFC 5321 §4.5.3.1.1)
MAC_BYTES = 10

_TOKEN = re.compile(r"[0-9]{1,18}-[a-z2-7]{16}")
_ADDRESS = re.compile(r"[^\s<>\"'()\[\]:;,]+@[^\s<>\"'()\[\]:;,]+")


def token_of(delivery: int, key: bytes) -> str:
    """Return the token of a delivery's id."""
    mac = hmac.new(key, f"bounce:{delivery}".encode(), sha256).digest()[:MAC_BYTES]
    return f"{delivery}-{base64.b32encode(mac).decode('ascii').lower()}"


def delivery_of(token: str, key: bytes) -> int | None:
    """Return the id of the delivery a token names, None for a token this key did not make."""
    found = token.lower()
    if not _TOKEN.fullmatch(found):
        return None
    delivery = int(found.partition("-")[0])
    return delivery if hmac.compare_digest(token_of(delivery, key), found) else None


def bounce_address(sender: str, delivery: int, key: bytes, domain: str | None = None) -> str | None:
    """Return the envelope sender of a delivery: in `domain` if given, else the sender's own plus-address.

    None if it would be too long for a mail server: then the sender itself is used.
    """
    local, _, own = sender.partition("@")
    token = token_of(delivery, key)
    name, place = (token, domain) if domain is not None else (f"{local}+{token}", own)
    return f"{name}@{place}" if len(name.encode()) <= LONGEST_LOCAL else None


def tokens_in(texts: Iterable[str], sender: str, domain: str | None = None) -> tuple[str, ...]:
    """Return what stands where a token should in the addresses of these texts, without regard to its truth."""
    local, _, own = sender.lower().partition("@")
    found: dict[str, None] = {}
    for text in texts:
        for address in _ADDRESS.findall(text.lower()):
            name, _, place = address.rpartition("@")
            if domain is not None and place == domain.lower():
                found[name] = None
            elif place == own and name.startswith(f"{local}+"):
                found[name.removeprefix(f"{local}+")] = None
    return tuple(found)


def fingerprint(address: str, key: bytes) -> str:
    """Return a keyed digest by which an address is known again without being kept."""
    return hmac.new(key, f"address:{address.strip().lower()}".encode(), sha256).hexdigest()
