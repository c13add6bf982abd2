"""Posts one request and brings back the answer, knowing whether the letter had begun to leave when it failed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Phase

MOST_ANSWER = 65_536
NOBODY_THERE = frozenset({502, 503})
"""What a gateway says when what lies behind it has not seen the request; a 500 may be the work of one message."""
_KEEP = 2.0  # shorter than any server's own limit: a connection closed under our request would read as "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `headers` have lower-case names; `body` is cut at 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_client(timeout: float, *, ca_file: Path | None = None, proxy: str | None = None) -> httpx.AsyncClient:
    """Return a client that takes nothing from the environment and follows no redirect; `timeout` in seconds.

    `ca_file`: trust this authority and no other; OSError if it cannot be read.
    """
    return httpx.AsyncClient(
        trust_env=False,
        verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
        follow_redirects=False,
        timeout=timeout,
        proxy=proxy,
        limits=httpx.Limits(keepalive_expiry=_KEEP),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "dondoc"},
    )


def checked_url(url: str) -> str:
    """Return `url` if it is http or https with a host; else ValueError that does not repeat it."""
    fit = False
    with suppress(httpx.InvalidURL):
        parsed = httpx.URL(url)
        fit = parsed.scheme in {"http", "https"} and bool(parsed.host)
    if not fit:
        raise ValueError("not an http or https address")
    return url


async def post_json(
    client: httpx.AsyncClient,
    url: str,
    body: bytes,
    before_dot: BeforeDot,
    *,
    within: float,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post `body`; any status is an answer, DeliveryError (without a chain: it would show the URL) is none.

    `before_dot` is awaited with the connection open, before the body leaves; `within` seconds count from then.
    """
    begun = False
    loop = asyncio.get_running_loop()

    async def content() -> AsyncIterator[bytes]:
        nonlocal begun
        await before_dot()
        begun = True
        limit.reschedule(loop.time() + within)
        yield body

    what, kind = "no answer in time", FailureKind.TRANSIENT
    sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    try:
        async with asyncio.timeout(None) as limit, client.stream("POST", url, content=content(), headers=sent) as got:
            return Answer(got.status_code, got.headers, await _read(got))
    except TimeoutError:
        if not limit.expired():
            raise  # not ours: before_dot's own
    except httpx.TimeoutException:
        pass
    except httpx.RequestError as error:
        what, kind = _broken(error)
    raise DeliveryError(kind, what, phase=Phase.CONTENT if begun else Phase.CONNECT, maybe_accepted=begun)


async def get_json(
    client: httpx.AsyncClient,
    url: str,
    *,
    within: float,
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask for something that asking does not change; any status is an answer, DeliveryError (without a chain) is none.

    `within` seconds count from the beginning.
    """
    what, kind = "no answer in time", FailureKind.TRANSIENT
    try:
        async with (
            asyncio.timeout(within),
            client.stream("GET", url, params=dict(parameters or {}), headers=dict(headers or {})) as got,
        ):
            return Answer(got.status_code, got.headers, await _read(got))
    except (TimeoutError, httpx.TimeoutException):
        pass
    except httpx.RequestError as error:
        what, kind = _broken(error)
    raise DeliveryError(kind, what, phase=Phase.CONNECT)


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] | None = None) -> float | None:
    """Return Retry-After in seconds, 1 to 86 400, or None; a date needs `now`, which returns an aware instant."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(min(max(int(value), 1), 86_400))
    if now is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now()).total_seconds(), 1.0), 86_400.0)


def _broken(error: httpx.RequestError) -> tuple[str, FailureKind]:
    if _caused_by(error, ssl.SSLCertVerificationError):
        return "certificate refused", FailureKind.MISCONFIGURED
    return f"connection lost ({type(error).__name__})", FailureKind.TRANSIENT


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= MOST_ANSWER:
            break
    return bytes(body[:MOST_ANSWER])


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None
