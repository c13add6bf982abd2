"""What every test shares: one way to draw examples, and no silent skips where skips are not allowed."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# Two cores are shared with other work: a slow example is not a failing one.
settings.register_profile("dondoc", deadline=None, print_blob=True)
# In CI the same examples are drawn each time, so a red run is red again.
settings.register_profile("ci", parent=settings.get_profile("dondoc"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dondoc")

NO_SKIPS = "DONDOC_NO_SKIPS" in os.environ


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one when DONDOC_NO_SKIPS is set."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"a test that must run was skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a file that skips itself whole into a failed one when DONDOC_NO_SKIPS is set."""
    report = yield
    if NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"tests that must run were skipped: {report.longrepr}"
    return report
