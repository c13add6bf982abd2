"""Injects every fault of the table, or those named by number, and prints row, what was injected, what was seen."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog
from rich.console import Console
from rich.table import Table

from tests.faults.rows import FAULTS, ROWS, Seen, inject


def _tried(number: int) -> Seen:
    if number not in ROWS:
        return Seen(["not there"], expected=False)
    with tempfile.TemporaryDirectory(prefix=f"row-{number}-") as folder:
        try:
            return inject(number, Path(folder))
        except pytest.skip.Exception as why:  # what cannot be run here has not been seen
            return Seen([f"not run: {why}"], expected=False)
        except Exception as error:  # noqa: BLE001 - one row's failure is that row's finding
            return Seen([f"{type(error).__name__}: {error}"], expected=False)


def wanted_rows(arguments: Sequence[str] | None = None) -> list[int]:
    """Return the rows named on the command line, or all; SystemExit if one is not in the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW", help="all if none is named")
    named: list[int] = parser.parse_args(arguments).rows
    if unknown := sorted(set(named) - set(FAULTS)):
        parser.error(f"no such row: {unknown[0]}; the table has {', '.join(map(str, sorted(FAULTS)))}")
    return named or sorted(FAULTS)


def main() -> int:
    """Return 1 if any row is not as expected."""
    wanted = wanted_rows()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    table = Table("row", "injected", "seen", "as expected", show_lines=True)
    unexpected = []
    for number in wanted:
        began = time.monotonic()
        seen = _tried(number)
        sys.stderr.write(f"row {number}: {'as expected' if seen.expected else 'NOT AS EXPECTED'}"
                         f" ({time.monotonic() - began:.1f} s)\n")  # fmt: skip
        fault, expected = FAULTS[number]
        told = str(seen) if seen.expected else f"{seen}\n(expected: {expected})"
        table.add_row(str(number), fault, told, "yes" if seen.expected else "NO")
        if not seen.expected:
            unexpected.append(number)
    Console(width=150).print(table)
    said = f"not as expected: {', '.join(map(str, unexpected))}" if unexpected else "all as expected"
    sys.stdout.write(f"{len(wanted)} rows, {said}\n")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
