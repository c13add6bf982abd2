"""All rows of the fault table, each module's own gathered."""

from __future__ import annotations

from tests.faults import channels, crashes, roads
from tests.faults.table import FAULTS, ROWS, Seen, inject

__all__ = ["FAULTS", "ROWS", "Seen", "channels", "crashes", "inject", "roads"]
