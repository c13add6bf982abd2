"""What an answer to a token refresh means: a new pair, a passing trouble, a lost one, or a pair that is dead."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifiers.base import DeliveryError, FailureKind, Phase, veil
from notifiers.http_post import Answer
from notifiers.zalo_codes import CODES, Service, Treatment, number, seconds
from notifiers.zalo_pair import PERMIT, Kept, Pair, is_token, pair_of

log = logging.getLogger(__name__)

NEW_PAIR = "put in a new pair with: dondoc zalo token"

MOST_LOST = 2
"""Refreshes of one pair that may go without an answer: the first, and one more."""

# These speak of the app and not of the refresh token, which stays as good as it was.
_OF_THE_APP = frozenset({-14002, -14003, -14004, -14018})


@dataclass(frozen=True, slots=True)
class Failed:
    """A refresh that gave no pair. `untaken`: it certainly spent nothing; `dead`: no refresh of this pair ever will."""

    error: DeliveryError
    untaken: bool = False
    dead: bool = False


def read_answer(answer: Answer, kept: Kept, now: datetime, secret: str) -> Pair | Failed:
    """Return the pair an answer brought (issued at `now`), or why there is none; `secret` is kept out of the words."""
    if answer.status < 300 and not answer.body.strip():
        return _dead(kept, "an empty answer")  # how a spent refresh token has been answered
    document = _object(answer.body) if answer.status < 500 else None
    if document is None:
        return _gateway(answer, kept)
    code, access = number(document.get("error", 0)), document.get("access_token")
    if answer.status >= 300 and number(document.get("error")) is None and access is None:
        return _gateway(answer, kept)
    if code:
        told = document.get("error_name") or document.get("message") or document.get("error_description") or ""
        hidden = (kept.pair.access, kept.pair.refresh, secret)
        return _refused(code, veil(f"{code}: {told}", hidden), kept, now)
    refresh = document.get("refresh_token") or kept.pair.refresh
    if code is None or not is_token(access) or not is_token(refresh):
        return lost(kept, f"HTTP {answer.status} that cannot be read")
    if refresh == kept.pair.refresh:
        log.warning("no new refresh token came with the access token: the old one is kept")
    given = number(document.get("expires_in"))
    lasts = timedelta(seconds=max(given, 60)) if given else PERMIT
    return pair_of(str(access), str(refresh), now, lasts, kept.pair.generation + 1)


def stop(detail: str) -> DeliveryError:
    """Return the failure that waits for a person."""
    return DeliveryError(FailureKind.MISCONFIGURED, detail, phase=Phase.CONNECT)


def spent(kept: Kept) -> str:
    """Return why a pair must not be refreshed any more; empty if it may."""
    if kept.refused is not None:
        return kept.refused
    return f"{kept.asked} token refreshes brought no answer; {NEW_PAIR}" if kept.asked >= MOST_LOST else ""


def lost(kept: Kept, what: str) -> Failed:
    """Return what a refresh amounts to that left and whose answer never came; `kept` as it was before it left."""
    if kept.asked + 1 >= MOST_LOST:
        return Failed(stop(f"token refresh: {what}, for the second time; {NEW_PAIR}"))
    detail = f"token refresh: {what}; its outcome is unknown, it will be tried once more"
    return Failed(DeliveryError(FailureKind.TRANSIENT, detail, phase=Phase.CONNECT))


def _dead(kept: Kept, what: str) -> Failed:
    why = "it was spent by a refresh whose answer was lost" if kept.asked else "it is spent or unknown"
    return Failed(stop(f"the refresh token was refused ({what}): {why}; {NEW_PAIR}"), dead=True)


def _refused(code: int, told: str, kept: Kept, now: datetime) -> Failed:
    known = CODES[Service.OAUTH].get(code)
    if known is not None and known.treatment is Treatment.RETRY:
        wait = seconds(known.wait, now)
        error = DeliveryError(
            FailureKind.THROTTLED, f"token refresh: {told}", phase=Phase.CONNECT, code=str(code), retry_after=wait
        )
        return Failed(error, untaken=True)
    if code in _OF_THE_APP:
        return Failed(stop(f"the app's settings were refused ({told})"), untaken=True)
    return _dead(kept, told)


def _gateway(answer: Answer, kept: Kept) -> Failed:
    """Return what a gateway's words, in HTML or JSON, in place of the server's answer means."""
    told = f"token refresh: HTTP {answer.status}"
    if answer.status in {429, 503}:
        return Failed(DeliveryError(FailureKind.TRANSIENT, told, phase=Phase.CONNECT), untaken=True)
    if 300 <= answer.status < 500 and answer.status != 408:
        return Failed(stop(told), untaken=True)
    return lost(kept, f"HTTP {answer.status} that cannot be read")


def _object(body: bytes) -> dict[str, object] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
