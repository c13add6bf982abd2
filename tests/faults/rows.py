"""All rows of the fault table, each module's own gathered."""

from __future__ import annotations

from tests.faults import channels, clocks, crashes, engine, returns, roads, words, zalo
from tests.faults.table import FAULTS, ROWS, Seen, inject

__all__ = [
    "FAULTS", "ROWS", "Seen", "channels", "clocks", "crashes", "engine", "inject", "returns", "roads", "words", "zalo",
]  # fmt: skip
