"""What the system refuses is said in Vietnamese, and in its own words where there are none of ours."""

from __future__ import annotations

import errno
import os

import pytest

from daemon.errors import os_reason


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "không có quyền"),
        (OSError(errno.ENOSPC, "No space left on device"), "ổ đĩa đầy"),
        (OSError(errno.EXDEV, os.strerror(errno.EXDEV)), os.strerror(errno.EXDEV)),
        (OSError("no number"), "OSError"),
    ],
)
def test_reasons_of_the_system(refusal: OSError, said: str) -> None:
    """A common refusal is put into Vietnamese; a rare one keeps its words; one without words is named by its kind."""
    assert os_reason(refusal) == said
