"""The daemon as its service manager sees it: what it refuses to start on, how it reloads and speaks."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.support.station import Station

pytestmark = pytest.mark.timeout(200)
CANARY = "m4t-kh4u-hoang-yen"


def test_sighup_takes_good_files_and_leaves_bad_ones(station: Station) -> None:
    """A bad edit is logged with its place and changes nothing; the next good one comes into force."""
    station.begin(2)
    daemon = station.run()
    station.wait_for(daemon, lambda: station.waiting() == 0)
    agencies = station.folder / "agencies.yaml"
    good = agencies.read_text("utf-8")
    agencies.write_text(good.replace("khoi: nhom-0", "khoi: khong-co", 1), "utf-8")
    daemon.send_signal(signal.SIGHUP)
    station.wait_for(daemon, lambda: "reload_refused" in station.events())
    (refused,) = [line for line in station.log() if line["event"] == "reload_refused"]
    assert any(re.match(r"[^:]*agencies\.yaml:\d+:\d+: ", problem) for problem in refused["problems"])
    another = good[good.index("\n  - ma: cq-0002") :]
    agencies.write_text(good + another.replace("cq-0002", "cq-0003").replace("Cơ quan 2", "Cơ quan 3"), "utf-8")
    daemon.send_signal(signal.SIGHUP)
    station.wait_for(daemon, lambda: "reloaded" in station.events())
    station.wait_for(daemon, lambda: station.rows("SELECT count(*) FROM known_obligation") == [(3,)])
    assert station.stop(daemon) == 0


def test_a_second_daemon_is_refused(station: Station) -> None:
    """Two planners on one database: the second names the first by its pid and exits 78; commands still work."""
    station.begin(1)
    daemon = station.run()
    station.wait_for(daemon, lambda: station.waiting() == 0)
    assert f"PID {daemon.pid}" in station.ask("run", code=78).stderr
    assert "Sổ nguyên vẹn: 1 mục" in station.ask("ledger", "verify").stdout
    assert station.stop(daemon) == 0


def spoil_yaml(folder: Path) -> str:
    """Misspell a key."""
    plan = folder / "schedules" / "plan.yaml"
    plan.write_text(plan.read_text("utf-8").replace("ai-gui:", "ai-guii:"), "utf-8")
    return "plan.yaml:"


def spoil_nothing_there(folder: Path) -> str:
    """Take the database away."""
    (folder / "dondoc.db").unlink()
    return "dondoc init"


def spoil_foreign(folder: Path) -> str:
    """Put another program's database in its place."""
    (folder / "dondoc.db").unlink()
    with closing(sqlite3.connect(folder / "dondoc.db")) as conn:
        conn.execute("CREATE TABLE t (x)")
    return "chương trình khác"


def spoil_newer(folder: Path) -> str:
    """Let a later dondoc have worked on it."""
    with closing(sqlite3.connect(folder / "dondoc.db")) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.commit()
    return "mới hơn"


def spoil_damaged(folder: Path) -> str:
    """Overwrite pages in its middle."""
    path = folder / "dondoc.db"
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * 4096 * 2
    path.write_bytes(content)
    return "bị hỏng"


def spoil_secret(folder: Path) -> str:
    """Ask for a password whose file is not there."""
    settings = folder / "dondoc.yaml"
    said = settings.read_text("utf-8")
    more = "so-ket-noi: 4, tai-khoan: dondoc, tep-mat-khau: khong-co"
    settings.write_text(said.replace("so-ket-noi: 4", more), "utf-8")
    return "khong-co"


@pytest.mark.parametrize(
    "spoil", [spoil_yaml, spoil_nothing_there, spoil_foreign, spoil_newer, spoil_damaged, spoil_secret]
)
def test_what_a_restart_cannot_mend_exits_78(station: Station, spoil: object) -> None:
    """Files, database or secrets that cannot be used: said in words, exit 78, and nothing is made, changed or sent."""
    station.begin(1)
    assert callable(spoil)
    word = spoil(station.folder)
    database = station.folder / "dondoc.db"
    before = database.read_bytes() if database.exists() else None
    done = station.ask("run", code=78)
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert (database.read_bytes() if database.exists() else None) == before
    assert station.accepted() == 0


def test_no_canary_in_the_log(station: Station) -> None:
    """Addresses, the password and a refusing server's own words about an address never reach the log."""
    secret = station.folder / "mat-khau"
    secret.write_text(f"{CANARY}\n", "utf-8")
    secret.chmod(0o600)
    station.begin(3, more="muc-nhat-ky: debug\n", more_mail=f", tep-mat-khau: {secret.name}")
    daemon = station.run()
    station.wait_for(daemon, lambda: station.waiting() == 0)
    agencies = station.folder / "agencies.yaml"
    agencies.write_text(
        agencies.read_text("utf-8").replace("dau-moi@cq-0002.example", "hỏng@@cq-0002.example"), "utf-8"
    )
    daemon.send_signal(signal.SIGHUP)
    station.wait_for(daemon, lambda: "reload_refused" in station.events())
    assert station.stop(daemon) == 0
    said = station.log_path(station.starts).read_text("utf-8")
    assert "delivered" in said
    assert CANARY not in said
    assert re.findall(r"[\w.-]+@[\w.-]+", said) == []
    for line in said.splitlines():
        assert json.loads(line)["event"]


def test_the_service_manager_is_told(station: Station) -> None:
    """It says when it is ready, reloading and stopping, and now and then that it is alive."""
    station.begin(1)
    name = f"dondoc-{station.folder.name}-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(60)

        def told(until: str) -> list[str]:
            """Return what is said up to the first word of a kind."""
            said = [manager.recv(4096).decode()]
            while not said[-1].startswith(until):
                said.append(manager.recv(4096).decode())
            return said

        daemon = station.run(NOTIFY_SOCKET=f"@{name}", WATCHDOG_USEC="600000")
        ready, *_, status = told("STATUS=")
        assert ready == "READY=1"
        assert status.startswith("STATUS=Lượt vừa rồi:")
        assert told("WATCHDOG=1")
        daemon.send_signal(signal.SIGHUP)
        assert told("RELOADING=1")
        assert told("READY=1")
        daemon.send_signal(signal.SIGTERM)
        assert told("STOPPING=1")
        assert daemon.wait(timeout=60) == 0
