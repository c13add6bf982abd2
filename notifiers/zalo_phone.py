"""A telephone number as Zalo's templates are addressed by: a Vietnamese mobile number in the form 84xxxxxxxxx."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?:\+?84|0)([35789]\d{8})", re.ASCII)


def international(phone: str) -> str | None:
    """Return a mobile number in the form 84xxxxxxxxx; None if it is none of Vietnam's."""
    found = _MOBILE.fullmatch(re.sub(r"[\s().-]", "", phone))
    return f"84{found[1]}" if found else None
