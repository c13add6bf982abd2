"""Words compared as people write them: without regard to case, marks, tone placement, dashes or spacing."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ALIKE = 0.6


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """Return a text without case, marks and needless spaces: "Sở  Hoà Bình" and "so hòa binh" are equal."""
    marks = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(char for char in marks if not unicodedata.combining(char))
    bare = re.sub("[‐‑‒–—−]", "-", bare)
    return re.sub(r"\s*([-,;&.])\s*", r"\1", " ".join(bare.split()))


def slug(text: str) -> str:
    """Return the id a text would have: "Báo cáo năm" is "bao-cao-nam"."""
    return re.sub("[^a-z0-9]+", "-", folded(text)).strip("-")


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return "; có phải là “…”?" with the nearest of `known`, or an empty string when none is near."""
    by_fold = {folded(one): one for one in known}
    typed = folded(word)[:200]
    nearest = [typed] if typed in by_fold else difflib.get_close_matches(typed, by_fold, n=1, cutoff=ALIKE)
    return f"; có phải là “{by_fold[nearest[0]]}”?" if nearest else ""
