"""Every fault of the table, injected by number against real sockets and real processes, is answered as expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.rows import FAULTS, ROWS, inject

NOT_YET = {
    8: "nobody is warned after thirty minutes yet: letters that only wait are told by the next day's note at most"
}
"""Rows the program does not answer as the table says; a row that begins to is an error here until it is taken out."""


def _row(number: int) -> Any:
    missing = [pytest.mark.xfail(reason=NOT_YET[number], strict=True)] if number in NOT_YET else []
    return pytest.param(number, marks=missing)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [_row(number) for number in sorted(ROWS)])
def test_row(number: int, tmp_path: Path) -> None:
    """What is seen is what the table says."""
    seen = inject(number, tmp_path)
    assert seen.expected, f"{FAULTS[number][0]}: {seen}; expected: {FAULTS[number][1]}"
