"""systemd hears what the daemon says, and nothing it should not: every test reads a real datagram socket."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from daemon.sd_notify import ServiceManager, watchdog_interval


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """Give a bound datagram socket such as systemd listens on."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as bound:
        bound.settimeout(5)
        bound.bind(str(tmp_path / "notify"))
        yield bound


@pytest.fixture
def manager(listener: socket.socket) -> ServiceManager:
    """Give a manager that speaks to the listener."""
    return ServiceManager(listener.getsockname())


def heard(listener: socket.socket) -> dict[str, str]:
    """Return the next datagram's assignments."""
    lines = listener.recv(4096).decode().split("\n")
    return dict(line.split("=", 1) for line in lines)


def test_ready_stopping_and_watchdog_are_one_assignment_each(listener: socket.socket, manager: ServiceManager) -> None:
    """Each of the three states is a datagram of its own."""
    manager.ready()
    manager.watchdog()
    manager.stopping()
    assert [heard(listener) for _ in range(3)] == [{"READY": "1"}, {"WATCHDOG": "1"}, {"STOPPING": "1"}]


def test_reloading_carries_the_monotonic_time(listener: socket.socket, manager: ServiceManager) -> None:
    """notify-reload refuses a reload whose time stamp is missing or from before the request."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    state = heard(listener)
    assert state["RELOADING"] == "1"
    assert before <= int(state["MONOTONIC_USEC"]) <= after


def test_status_is_one_line_of_vietnamese(listener: socket.socket, manager: ServiceManager) -> None:
    """A status keeps its letters and cannot smuggle in a second assignment."""
    manager.status("đang chờ cơ sở dữ liệu\nREADY=1\r\nMAINPID=1")
    assert heard(listener) == {"STATUS": "đang chờ cơ sở dữ liệu READY=1 MAINPID=1"}


def test_a_long_status_is_cut(listener: socket.socket, manager: ServiceManager) -> None:
    """A status longer than people read does not grow the datagram."""
    manager.status("ơ" * 10_000)
    assert heard(listener) == {"STATUS": "ơ" * 512}


def test_an_abstract_socket_is_reached() -> None:
    """An abstract socket is named with a leading "@"."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as bound:
        bound.settimeout(5)
        bound.bind("")  # Linux gives a free abstract name
        ServiceManager("@" + bound.getsockname()[1:].decode()).ready()
        assert heard(bound) == {"READY": "1"}


def test_the_variable_is_taken_from_the_environment(listener: socket.socket) -> None:
    """A child process inherits no socket to speak on."""
    environ = {"NOTIFY_SOCKET": listener.getsockname(), "HOME": "/nonexistent"}
    ServiceManager.from_environment(environ).ready()
    assert environ == {"HOME": "/nonexistent"}
    assert heard(listener) == {"READY": "1"}


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}])
def test_without_a_socket_nothing_happens(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """A daemon in a terminal says nothing and complains of nothing."""
    manager = ServiceManager.from_environment(environ)
    manager.ready()
    manager.reloading()
    assert caplog.records == []


@pytest.mark.parametrize("address", ["/nonexistent/notify", "vsock:2:1234", "@nobody-listens-here"])
def test_trouble_is_logged_once(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """A socket that cannot be used is named in one warning, not in one for every tick."""
    manager = ServiceManager(address)
    with caplog.at_level(logging.WARNING):
        manager.ready()
        manager.watchdog()
        manager.stopping()
    assert [(record.getMessage(), record.__dict__["socket"]) for record in caplog.records] == [
        ("sd_notify_failed", address)
    ]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({"WATCHDOG_USEC": "1min"}, None),
    ],
)
def test_the_watchdog_is_fed_three_times_an_interval(environ: dict[str, str], seconds: float | None) -> None:
    """A third of WATCHDOG_USEC, and None where nobody watches this very process."""
    assert watchdog_interval(environ) == seconds
