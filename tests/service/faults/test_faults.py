"""Every fault of the table, injected by number against real sockets and real processes, is answered as expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import wanted_rows
from tests.faults.rows import FAULTS, ROWS, inject


def test_the_table_is_whole() -> None:
    """No row of the table is without its injection."""
    assert sorted(ROWS) == sorted(FAULTS)


def test_rows_are_asked_for_by_number() -> None:
    """None named: all; one that is not in the table is refused."""
    assert wanted_rows([]) == sorted(FAULTS)
    assert wanted_rows(["66", "3"]) == [66, 3]
    with pytest.raises(SystemExit):
        wanted_rows(["99"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", sorted(ROWS))
def test_row(number: int, tmp_path: Path) -> None:
    """What is seen is what the table says."""
    seen = inject(number, tmp_path)
    assert seen.expected, f"{FAULTS[number][0]}: {seen}; expected: {FAULTS[number][1]}"
