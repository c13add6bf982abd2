"""Calls Zalo's two hosts that take an OA's token: the header, the answer's meaning, one renewed token, one repeat."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Phase, veil
from notifiers.http_post import NOBODY_THERE, Answer, checked_url, get_json, open_client, post_json, retry_after
from notifiers.zalo_codes import (
    AGAIN,
    CODES,
    LOST,
    MINUTE,
    RECIPIENT,
    Code,
    Service,
    Treatment,
    by_status,
    failure,
    number,
)
from notifiers.zalo_pair import Pair
from notifiers.zalo_signature import appsecret_proof
from notifiers.zalo_tokens import TokenSource

_REMEMBERED = 1000  # messages whose unknown code is kept in mind


@dataclass(frozen=True, slots=True)
class OaRoute:
    """One host. `timeout` in seconds, for connecting and again for the answer; ValueError for a malformed part.

    `ca_file`: trust this authority and no other. `proof_secret`: the app's secret, if the app asks for proofs.
    """

    base_url: str
    timeout: float = 30.0
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    proof_secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could never be a URL, without repeating it."""
        checked_url(self.base_url)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no acceptance: what its code means and the error it amounts to."""

    code: Code
    error: DeliveryError
    known: bool = True


_Told = Mapping[str, object] | Refusal


class ZaloApi:
    """One host, with the tokens it is called by. Closing it closes the tokens' own connections too."""

    def __init__(self, service: Service, route: OaRoute, tokens: TokenSource, now: Callable[[], datetime]) -> None:
        self._service = service
        self._route = route
        self._tokens = tokens
        self._now = now
        self._base = route.base_url.rstrip("/")
        self._client = open_client(route.timeout, ca_file=route.ca_file, proxy=route.proxy)
        self._doubted: dict[str, None] = {}

    async def send(
        self, path: str, body: bytes, before_dot: BeforeDot, *, key: str, hidden: tuple[str, ...]
    ) -> Mapping[str, object]:
        """Post one message and return what the host says of it; DeliveryError if it took none.

        A refused token is renewed and the message sent once more. A code the table does not know is a passing trouble
        for the message `key` the first time and final the second. `hidden` strings are kept out of every error.
        """
        asked = False

        async def once() -> None:
            nonlocal asked
            if not asked:
                await before_dot()
            asked = True

        async def post(pair: Pair) -> Answer:
            return await post_json(
                self._client, self._base + path, body, once, within=self._route.timeout, headers=self._headers(pair)
            )

        told = await self._twice(post, hidden)
        if not isinstance(told, Refusal):
            self._doubted.pop(key, None)
            return told
        if told.known:
            raise told.error
        if key in self._doubted:
            del self._doubted[key]
            raise failure(RECIPIENT, told.error.detail, told.error.code or "", self._now())
        while len(self._doubted) >= _REMEMBERED:
            del self._doubted[next(iter(self._doubted))]
        self._doubted[key] = None
        raise told.error

    async def ask(
        self, path: str, parameters: Mapping[str, str], *, hidden: tuple[str, ...] = ()
    ) -> Mapping[str, object]:
        """Ask the host something and return its answer's data; DeliveryError if there is none."""

        async def get(pair: Pair) -> Answer:
            return await get_json(
                self._client,
                self._base + path,
                within=self._route.timeout,
                parameters=parameters,
                headers=self._headers(pair),
            )

        told = await self._twice(get, hidden)
        if isinstance(told, Refusal):
            raise told.error
        return told

    async def keep_fresh(self) -> None:
        """Replace tokens near their end, so that an idle office's do not lapse."""
        await self._tokens.keep_fresh()

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()
        await self._tokens.aclose()

    async def _twice(self, call: Callable[[Pair], Awaitable[Answer]], hidden: tuple[str, ...]) -> _Told:
        pair = await self._tokens.current()
        told = self._read(await call(pair), pair, hidden)
        if isinstance(told, Refusal) and told.code.treatment is Treatment.REFRESH:
            pair = await self._tokens.renewed(pair)
            told = self._read(await call(pair), pair, hidden)
        return told

    def _read(self, answer: Answer, pair: Pair, hidden: tuple[str, ...]) -> _Told:
        return read_answer(answer, self._service, self._now(), (*hidden, *self._tokens.hidden(pair)))

    def _headers(self, pair: Pair) -> dict[str, str]:
        headers = {"access_token": pair.access}
        if self._route.proof_secret is not None:
            headers["appsecret_proof"] = appsecret_proof(pair.access, self._route.proof_secret)
        return headers


def read_answer(answer: Answer, service: Service, now: datetime, hidden: tuple[str, ...]) -> _Told:
    """Return the data of an acceptance, or what the refusal means.

    The body's `error` decides, whatever the status; where there is none, the status does: a gateway has answered.
    """
    envelope = _envelope(answer.body)
    code = number((envelope or {}).get("error"))
    data = (envelope or {}).get("data")
    given: Mapping[str, object] = data if isinstance(data, dict) else {}
    name = f"http {answer.status}"
    if code:
        found = CODES[service].get(code)
        told = veil(f"{code}: {(envelope or {}).get('message', '')}", hidden)
        return Refusal(found or AGAIN, failure(found or AGAIN, told, str(code), now), known=found is not None)
    if code is None and not given and answer.status >= 300:
        known = by_status(answer.status)
        wait = retry_after(answer.headers) if known is MINUTE else None
        silent = answer.status in NOBODY_THERE
        return Refusal(known, failure(known, f"HTTP {answer.status}", name, now, wait, of_road=silent))
    accepted = code == 0 or (envelope is not None and "error" not in envelope and bool(given))
    if accepted and answer.status < 300:
        return given
    told = "the answer cannot be read"
    return Refusal(
        LOST, DeliveryError(FailureKind.TRANSIENT, told, phase=Phase.CONTENT, code=name, maybe_accepted=True)
    )


def _envelope(body: bytes) -> dict[str, object] | None:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None
