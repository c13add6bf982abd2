"""The outgoing side of the local Zalo platform: which webhook addresses it takes, and how it calls them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

import httpx

_WITHIN = 2.0  # seconds the platform gives a receiver


def public_url(url: str) -> bool:
    """Return whether the platform would take `url`: HTTPS, and neither this machine nor a private network."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    if parsed.scheme != "https" or not parsed.host or parsed.host == "localhost":
        return False
    try:
        return ipaddress.ip_address(parsed.host).is_global
    except ValueError:
        return "." in parsed.host and not parsed.host.endswith((".local", ".localhost", ".internal"))


async def call_webhook(url: str, secret: str, update: Mapping[str, object], *, wrapped: bool = True) -> int | None:
    """Post one update and return the receiver's status; None if it gave none within 2 seconds.

    `wrapped` False sends the update without the `ok`/`result` envelope, as some deployed receivers expect.
    """
    body = {"ok": True, "result": update} if wrapped else update
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_WITHIN) as client:
            response = await client.post(url, json=body, headers={"X-Bot-Api-Secret-Token": secret})
    except httpx.RequestError:
        return None
    return response.status_code
