"""All rows of the fault table, each module's own gathered."""

from __future__ import annotations

from tests.faults import crashes, roads
from tests.faults.table import FAULTS, ROWS, Seen, inject

__all__ = ["FAULTS", "ROWS", "Seen", "crashes", "inject", "roads"]
