"""Zalo's OAuth host on loopback: one refresh token, good for one use.

`async with LocalZaloOAuth(tokens) as oauth: ... oauth.base_url ... oauth.refreshes`
A lost answer is `oauth.forecast.append(Weather.DROPPED)`: the pair is rotated, nobody hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from daemon.local.zalo_host import Refused, Work, ZaloHost
from daemon.local.zalo_tokens import ACCESS_LASTS, LocalZaloTokens

PATH = "/v4/oa/access_token"


class LocalZaloOAuth(ZaloHost):
    """The token endpoint. `refreshes` counts the calls with a right secret; all but the taken ones are refused.

    `spent_is_empty`: a spent refresh token is answered by an empty body instead of -14014.
    """

    def __init__(self, tokens: LocalZaloTokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.spent_is_empty = False
        self.refreshes = 0
        self.rotations = 0

    def work(self) -> Sequence[tuple[str, Sequence[str], Work]]:
        """Return the one route."""
        return [(PATH, ("POST",), self._answer)]

    def refusal(self, refused: Refused) -> Response:
        """Return the host's own shape of an error: the useful text is `error_name`."""
        told = {"error_description": "", "error_reason": "", "ref_doc": "https://docs.zalo.example/errors"}
        empty = {"message": "", "access_token": "", "refresh_token": ""}
        return JSONResponse({"error": self.code(refused.code), "error_name": refused.description} | told | empty)

    async def _answer(self, request: Request) -> Response:
        form = await _form(request)
        if form.get("app_id") != self.tokens.app.app_id:
            raise Refused(-14002, "Invalid app id.")
        if request.headers.get("secret_key") != self.tokens.app.app_secret:
            raise Refused(-14004, "Invalid secret key.")
        if form.get("grant_type") != "refresh_token":
            raise Refused(-14018, "Invalid grant type.")
        self.refreshes += 1
        given = form.get("refresh_token", "")
        if given in self.tokens.spent and self.spent_is_empty:
            return Response(b"")
        if not self.tokens.refreshable(given):
            raise Refused(-14014, "Invalid refresh token.")
        self.tokens.rotate()
        self.rotations += 1
        return JSONResponse(
            {
                "access_token": self.tokens.access_token,
                "refresh_token": self.tokens.refresh_token,
                "expires_in": str(int(ACCESS_LASTS.total_seconds())),
            }
        )


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form body; nothing of any other body."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
