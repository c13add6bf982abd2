"""Rows 1 to 7: the daemon as a process, killed, stopped or cut off at a named moment; the mail server another."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from daemon.store.ledger import read, verify
from daemon.store.opening import open_database
from tests.faults.table import Seen, row
from tests.support.station import HOST, Station, stationed
from tests.support.station_files import person

LETTERS = 12
AT_ONCE = 4  # letters in hand at once, as the station's settings have it
IMAGES = 6
LOOKS = 1000  # at a transaction that does not come to its end


def ended(daemon: subprocess.Popen[str]) -> None:
    """Kill a daemon at once."""
    daemon.kill()
    assert daemon.wait() == -signal.SIGKILL


def finished(station: Station) -> None:
    """Start a daemon and let it bring everything to its end."""
    daemon = station.run()
    station.wait_for(daemon, lambda: station.waiting() == 0)
    assert station.stop(daemon) == 0


def copies(seen: Seen, station: Station, wanted: int) -> None:
    """Note how many letters arrived, how many of them twice, and that a copy is the same."""
    letters = station.letters()
    seen.equal("recipients reached", len(letters), LETTERS)
    seen.equal("copies", sum(map(len, letters.values())) - len(letters), wanted)
    if wanted:
        seen.holds("each copy byte-identical", all(len(set(same)) == 1 for same in letters.values()))
        seen.equal("ledger: unknown", _told(station, "unknown"), wanted)
    seen.equal("ledger: sent", _told(station, "sent"), LETTERS)
    seen.holds("chain verifies", "Sổ nguyên vẹn" in station.ask("ledger", "verify").stdout)


def _told(station: Station, state: str) -> int:
    ((found,),) = station.rows(
        "SELECT count(*) FROM ledger JOIN ledger_body USING (seq) "  # noqa: S608 - our own words
        f"WHERE kind = 'delivery' AND json_extract(body, '$.body.state') = '{state}'"
    )
    return int(found)


@contextmanager
def nobody_commits(station: Station) -> Iterator[None]:
    """Read and go on reading: a writer may begin and change, but not commit."""
    with closing(sqlite3.connect(station.database, isolation_level=None)) as conn:
        conn.execute("BEGIN")
        conn.execute("SELECT count(*) FROM delivery").fetchone()
        yield


def is_committing(station: Station) -> bool:
    """Say whether some transaction has changed pages and is not committed."""
    journal = station.database.with_name(f"{station.database.name}-journal")
    return journal.exists() and journal.stat().st_size > 0


@row(1)
def killed_before_the_claim_is_committed(seen: Seen, folder: Path) -> None:
    """The letters are planned; the claim has been written and waits for its commit when the process is killed."""
    endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1e10) SELECT max(i) FROM n"
    with stationed(folder) as station:
        station.begin(LETTERS)
        station.plan()
        station.change("UPDATE delivery SET next_at = '2999-01-01T00:00:00.000000Z'")
        daemon = station.run()
        station.wait_for(daemon, lambda: "daemon_started" in station.events())
        station.change(f"CREATE TRIGGER endless BEFORE INSERT ON attempt BEGIN {endless}; END")
        station.change("UPDATE delivery SET next_at = not_before")
        station.wait_for(daemon, lambda: all(is_committing(station) for _ in range(LOOKS)))
        ended(daemon)
        station.change("DROP TRIGGER endless")
        seen.equal("attempts on disk after the kill", station.rows("SELECT count(*) FROM attempt"), [(0,)])
        finished(station)
        copies(seen, station, 0)


@contextmanager
def unreachable() -> Iterator[int]:
    """Give a port whose queue of connections is full: whoever connects waits."""
    with socket.create_server((HOST, 0), backlog=0) as server:
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex((HOST, port))
        yield port
        for one in waiting:
            one.close()


@row(2)
def killed_before_connecting(seen: Seen, folder: Path) -> None:
    """Claimed, on the way to a server that does not take the connection, then killed."""
    with stationed(folder) as station:
        with unreachable() as port:
            station.begin(LETTERS, port=port)
            daemon = station.run()
            claimed = "SELECT count(*) FROM attempt WHERE phase IS NULL AND ended_at IS NULL"
            station.wait_for(daemon, lambda: station.rows(claimed) == [(AT_ONCE,)])
            ended(daemon)
        station.serve(port)
        finished(station)
        ended_by_lease = station.rows("SELECT count(*) FROM attempt WHERE outcome = 'lease ended' AND phase IS NULL")
        seen.equal("claims ended with their lease", ended_by_lease, [(AT_ONCE,)])
        copies(seen, station, 0)


@row(3)
def killed_before_the_answer(seen: Seen, folder: Path) -> None:
    """The server has the letters and has not answered for them."""
    with stationed(folder) as station:
        station.begin(LETTERS)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        ended(daemon)
        station.hold.unlink()
        finished(station)
        copies(seen, station, AT_ONCE)
        outcomes = station.rows("SELECT outcome, phase, count(*) FROM attempt GROUP BY outcome, phase ORDER BY outcome")
        seen.holds(
            "attempts: 4 lease ended in content, the rest answered",
            outcomes == [("lease ended", "content", AT_ONCE), ("sent", "answered", LETTERS)],
        )


@row(4)
def killed_before_the_answer_is_committed(seen: Seen, folder: Path) -> None:
    """The server has answered for the letters; nothing of it is on the disk yet."""
    with stationed(folder) as station:
        station.begin(LETTERS)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        with nobody_commits(station):
            station.hold.unlink()
            station.wait_for(daemon, lambda: is_committing(station) and "delivered" in station.events())
            answered = station.events().count("delivered")
            ended(daemon)
        seen.holds(f"250 read for {answered}, none committed", 1 <= answered <= AT_ONCE)
        finished(station)
        copies(seen, station, AT_ONCE)


@row(5)
def asked_to_stop_in_data(seen: Seen, folder: Path) -> None:
    """Four letters are in the server's hands when the stop comes; it answers later."""
    with stationed(folder) as station:
        station.begin(LETTERS)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        daemon.send_signal(signal.SIGTERM)
        in_hand = "SELECT count(*) FROM delivery WHERE state = 'sending'"
        station.wait_for(daemon, lambda: station.rows(in_hand) == [(AT_ONCE,)])
        station.hold.unlink()
        seen.equal("exit status", daemon.wait(timeout=130), 0)
        states = station.rows("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state")
        seen.equal("deliveries", dict(states), {"pending": LETTERS - AT_ONCE, "sent": AT_ONCE})
        unended = station.rows("SELECT count(*) FROM attempt WHERE ended_at IS NULL")
        seen.equal("attempts without an end", unended, [(0,)])
        (stopped,) = [line for line in station.log() if line["event"] == "daemon_stopped"]
        seen.holds("drained", stopped["drained"] is True)
        finished(station)
        copies(seen, station, 0)


@row(6)
def asked_to_stop_twice(seen: Seen, folder: Path) -> None:
    """SIGTERM, then SIGINT while it waits for the server."""
    with stationed(folder) as station:
        station.begin(LETTERS)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        daemon.send_signal(signal.SIGTERM)
        daemon.send_signal(signal.SIGINT)
        status = daemon.wait(timeout=60)
        seen.holds(f"exit status {status}", status in {128 + signal.SIGTERM, 128 + signal.SIGINT})
        station.hold.unlink()
        finished(station)
        copies(seen, station, AT_ONCE)


@row(7)
def images_as_after_a_power_cut(seen: Seen, folder: Path) -> None:
    """The files are copied in mid-commit, then as they stand at some instant of the work, each after one more entry."""
    moments = random.Random(7)  # noqa: S311 - moments, not secrets
    with stationed(folder) as station:
        station.begin(5 * LETTERS)
        station.hold.touch()
        daemon = station.run()
        station.wait_for(daemon, lambda: station.accepted() == AT_ONCE)
        _enter(station, 0)
        with nobody_commits(station):
            station.hold.unlink()
            station.wait_for(daemon, lambda: is_committing(station) and "delivered" in station.events())
            with _stopped(daemon):
                seen.holds("the first in mid-transaction", is_committing(station))
                images = [_image(station, 0)]
        for number in range(1, IMAGES):
            target = moments.randint(number * 8, number * 8 + 7)
            station.wait_for(daemon, partial(station.has_accepted, target))
            _enter(station, number)
            with _stopped(daemon):
                images.append(_image(station, number))
        whole = [_is_whole(image, taken, number) for number, (image, taken) in enumerate(images)]
        seen.equal(
            "images opened, verified, with every letter that had left and every entry made", whole, [True] * IMAGES
        )
        station.wait_for(daemon, lambda: station.waiting() == 0)
        assert station.stop(daemon) == 0


def _enter(station: Station, number: int) -> None:
    """Make an entry by a command, which says that it is done."""
    station.ask("mark", f"08:00 {number + 1}/10/2025", "--as", f"lan-{number}")


@contextmanager
def _stopped(daemon: subprocess.Popen[str]) -> Iterator[None]:
    daemon.send_signal(signal.SIGSTOP)
    yield
    daemon.send_signal(signal.SIGCONT)


def _image(station: Station, number: int) -> tuple[Path, set[str]]:
    """Copy the database as it lies there; return the copy, and who had a letter by then."""
    taken = set(station.letters())
    image = station.folder / f"image-{number}" / station.database.name
    image.parent.mkdir()
    for path in station.folder.glob(f"{station.database.name}*"):
        shutil.copy(path, image.parent)
    return image, taken


def _is_whole(image: Path, taken: set[str], number: int) -> bool:
    with open_database(image) as database, database.read() as conn:
        assert verify(conn).first_bad is None
        left = conn.exec_driver_sql(
            "SELECT person FROM attempt JOIN delivery ON delivery.id = delivery WHERE attempt.phase IS NOT NULL"
        )
        known = {one.person for one in left}
        entered = {entry.by for entry in read(conn)}
    return set(map(person, taken)) <= known and {f"lan-{n}" for n in range(number + 1)} <= entered
