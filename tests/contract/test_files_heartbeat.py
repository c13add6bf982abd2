"""The watcher outside as the administrator sets it: left out, with its own pace, and only over https."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.domain.settings import Heartbeat
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings

SHORTEST = """\
co-so-du-lieu: dondoc.db
tep: {ke-hoach: schedules, co-quan: agencies.yaml, cach-nhac: ladders.yaml, lich: calendar.yaml}
nguoi-gui: {dia-chi: nhac-viec@so.example, ten: Sở Nội vụ}
cach-gui-thu: console
"""


def heartbeat(folder: Path, more: str) -> Heartbeat | None:
    """Return who is told by a settings file with these further lines."""
    path = folder / "dondoc.yaml"
    path.write_text(SHORTEST + more, encoding="utf-8")
    return load_settings(path).heartbeat


def test_left_out_nobody_is_told(tmp_path: Path) -> None:
    """Nothing leaves the province unless the administrator says so."""
    assert heartbeat(tmp_path, "") is None


def test_an_address_and_a_pace(tmp_path: Path) -> None:
    """Every five minutes, or as written; the address is not shown with the settings."""
    five = heartbeat(tmp_path, "bao-song: {dia-chi: https://theo-doi.example/ping/canary}\n")
    assert five == Heartbeat("https://theo-doi.example/ping/canary", 300.0)
    assert "canary" not in repr(five)
    slower = heartbeat(tmp_path, "bao-song: {dia-chi: https://theo-doi.example/p, chu-ky: 15 phút}\n")
    assert slower is not None
    assert slower.every == 900.0


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("bao-song: {chu-ky: 5 phút}\n", "dia-chi: thiếu mục này"),
        ("bao-song: {dia-chi: http://theo-doi.example/p}\n", "không phải địa chỉ web"),
        ("bao-song: {dia-chi: https://theo-doi.example/p, chu-ky: mãi}\n", "không phải thời lượng"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, lines: str, problem: str) -> None:
    """Without an address, in the clear, or at no pace."""
    with pytest.raises(FilesRefused) as refused:
        heartbeat(tmp_path, lines)
    assert problem in str(refused.value)
