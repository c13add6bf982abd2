"""The outgoing side of the local Zalo: which webhook addresses it takes, and how it posts to them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping

import httpx

WITHIN = 2.0
"""Seconds Zalo gives a receiver."""


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


def domain_url(url: str) -> bool:
    """Return whether the OA console would take `url`: public, a domain by name, and no port."""
    return public_url(url) and httpx.URL(url).port is None and not _numeric(httpx.URL(url).host)


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Post a JSON body and return the receiver's status; None if it gave none within 2 seconds."""
    sent = {"content-type": "application/json", **headers}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=WITHIN) as client:
            response = await client.post(url, content=body, headers=sent)
    except httpx.RequestError:
        return None
    return response.status_code


async def call_webhook(url: str, secret: str, update: Mapping[str, object], *, wrapped: bool = True) -> int | None:
    """Post one update of the Bot Platform and return the receiver's status, None if it gave none in time.

    `wrapped` False sends the update without the `ok`/`result` envelope, as some deployed receivers expect.
    """
    body = {"ok": True, "result": update} if wrapped else update
    return await post(url, compact(body), {"X-Bot-Api-Secret-Token": secret})


def compact(document: Mapping[str, object]) -> bytes:
    """Return JSON without a space, letters as they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
