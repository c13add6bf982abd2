"""The unit is one that systemd accepts, shuts in as far as promised, and agrees with the code it starts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from daemon.domain.settings import Pace

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "systemd"
UNIT = (SYSTEMD / "dondoc.service").read_text("utf-8")
DROP_INS = sorted(path.name for path in (SYSTEMD / "drop-ins").glob("*.conf"))

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def values(key: str) -> list[str]:
    """Return what the unit assigns to `key`, in order."""
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze on files alone."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


def unit_copy(folder: Path, *drop_ins: str) -> Path:
    """Return a copy of the unit with these drop-ins, whose program exists on any machine."""
    copy = folder / "dondoc.service"
    copy.write_text(re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", UNIT, flags=re.MULTILINE), "utf-8")
    beside = folder / "dondoc.service.d"
    beside.mkdir()
    for name in drop_ins:
        shutil.copy(SYSTEMD / "drop-ins" / name, beside)
    return copy


def version() -> int:
    """Return the version of systemd here."""
    return int(analyze("--version").stdout.split()[1])


@needs_systemd
@pytest.mark.parametrize("drop_in", [None, *DROP_INS])
def test_systemd_understands_every_line(tmp_path: Path, drop_in: str | None) -> None:
    """No key is unknown and no value refused, in the unit and in each drop-in."""
    result = analyze("verify", "--man=no", unit_copy(tmp_path, *([drop_in] if drop_in else [])))
    complaints = [line for line in result.stderr.splitlines() if "dondoc.service" in line]
    if drop_in == "notify-reload.conf" and version() < 253:
        assert len(complaints) == 1  # this is why it is a drop-in
        assert "notify-reload" in complaints[0]
    else:
        assert (result.returncode, complaints) == (0, [])


@needs_systemd
def test_a_misspelt_line_would_be_seen(tmp_path: Path) -> None:
    """The check above can fail."""
    copy = unit_copy(tmp_path)
    copy.write_text(copy.read_text("utf-8").replace("ProtectHome=yes", "ProtectHouse=yes"), "utf-8")
    assert "ProtectHouse" in analyze("verify", "--man=no", copy).stderr


@needs_systemd
@pytest.mark.parametrize(("drop_ins", "exposure"), [((), 11), (("relay-only.conf",), 10)])
def test_the_daemon_is_shut_in(tmp_path: Path, drop_ins: tuple[str, ...], exposure: int) -> None:
    """The exposure, in tenths, is at most what systemd/README.md promises."""
    copy = unit_copy(tmp_path, *drop_ins)
    result = analyze("security", "--offline=true", "--no-pager", f"--threshold={exposure}", copy)
    assert result.returncode == 0, result.stdout[-200:]
    assert analyze("security", "--offline=true", f"--threshold={exposure - 1}", copy).returncode == 1


@needs_systemd
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders to another user")
def test_the_user_and_its_folders_can_be_made(tmp_path: Path) -> None:
    """sysusers.d makes the unit's user, and tmpfiles.d gives it exactly the folders it may read or write."""
    (tmp_path / "etc").mkdir()
    for program, folder in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles --create", "tmpfiles.d")):
        command = [*program.split(), f"--root={tmp_path}", str(SYSTEMD / folder / "dondoc.conf")]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    user = next(
        line for line in (tmp_path / "etc/passwd").read_text().splitlines() if line.startswith(values("User")[0])
    )
    uid = int(user.split(":")[2])
    state, configuration = tmp_path / "var/lib/dondoc", tmp_path / "etc/dondoc"
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (uid, int(values("StateDirectoryMode")[0], 8))
    assert configuration.stat().st_mode & 0o777 == int(values("ConfigurationDirectoryMode")[0], 8)
    assert configuration.stat().st_uid != uid
    assert (configuration / "credentials").stat().st_mode & 0o077 == 0


def test_the_unit_starts_the_console_script() -> None:
    """The program in ExecStart is the one the package installs."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    program, *arguments = values("ExecStart")[0].split()
    assert Path(program).name in scripts
    assert arguments == ["run"]


def test_systemd_waits_longer_than_the_daemon_drains() -> None:
    """Letters in flight end by themselves before systemd ends them."""
    assert int(values("TimeoutStopSec")[0]) > Pace().drain


def test_the_watchdog_outlasts_several_ticks() -> None:
    """One slow tick is no reason to be aborted."""
    assert int(values("WatchdogSec")[0]) > 3 * Pace().tick


def test_what_a_restart_cannot_mend_is_not_restarted() -> None:
    """Exit 78 (files, database) and 64 (usage) leave the unit down; anything else is tried for ever."""
    assert values("RestartPreventExitStatus") == ["64 78"]
    assert values("Restart") == ["on-failure"]
    assert values("StartLimitIntervalSec") == ["0"]


def test_every_drop_in_is_explained() -> None:
    """An administrator finds each drop-in in the README."""
    readme = (SYSTEMD / "README.md").read_text("utf-8")
    assert DROP_INS
    assert [name for name in DROP_INS if f"`{name}`" not in readme] == []
