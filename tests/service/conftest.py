"""Offices for a test, and how their plans and expected letters are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import Office, make_office, plan_text, written

__all__ = ["Office", "Offices"]

Offices = Callable[..., Office]


@pytest.fixture
async def offices(tmp_path: Path) -> AsyncIterator[Offices]:
    """Make offices, as `make_office` does, each in a folder of its own; close them at the end."""
    made: list[Office] = []

    def make(plans: Mapping[str, str] | None = None, **named: Any) -> Office:
        folder = tmp_path / f"office-{len(made)}"
        folder.mkdir()
        made.append(make_office(folder, plans, **named))
        return made[-1]

    yield make
    for office in made:
        await office.app.aclose()


@pytest.fixture
async def report(offices: Offices) -> Office:
    """Sở Tư pháp alone owing the report of 24/10 alone, known since 20/9."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    return office


@pytest.fixture(name="plan_text")
def _plan_text() -> Callable[..., str]:
    """How a plan file is written."""
    return plan_text


@pytest.fixture(name="written")
def _written() -> Callable[..., list[str]]:
    """How expected letters are written."""
    return written
