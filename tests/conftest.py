"""What every test shares: one way to draw examples, and no silent skips where skips are not allowed."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

# Two cores are shared with other work: a slow example is not a failing one.
settings.register_profile("dondoc", deadline=None, print_blob=True)
# In CI the same examples are drawn each time, so a red run is red again.
settings.register_profile("ci", parent=settings.get_profile("dondoc"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dondoc")

NO_SKIPS = "DONDOC_NO_SKIPS" in os.environ

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there, for this user alone
ROOM = 2**30  # bytes a whole run may need

# Every commit of a database waits for its disk, some hundred thousand times in a run: folders of tests lie in memory
# where there is room. What survives kill -9 survives it there too.
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _loggers() -> list[logging.Logger]:
    named = logging.Logger.manager.loggerDict.values()
    return [logging.getLogger(), *(one for one in named if isinstance(one, logging.Logger))]


@pytest.fixture(autouse=True)
def _logging_as_found() -> Iterator[None]:
    """Give the next test the loggers this one found: a command or a daemon under test configures the whole process."""
    root = logging.getLogger()
    found = {one: (one.level, one.propagate) for one in _loggers()}
    handlers, raising = list(root.handlers), logging.raiseExceptions
    # As it comes, structlog draws every local variable of every frame of an exception: minutes for a whole plan.
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    for one in _loggers():
        level, one.propagate = found.get(one, (logging.NOTSET, True))
        if one.level != level:
            one.setLevel(level)
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
    logging.raiseExceptions = raising
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


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
