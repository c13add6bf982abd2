"""A paused channel is one row: paused once, tried now and then, forgotten when it carries again and somebody knows."""

from __future__ import annotations

from datetime import date, time, timedelta

from daemon.clock import at
from daemon.domain.failures import ChannelPause
from daemon.domain.words import Channel
from daemon.store.engine import Database
from daemon.store.pauses import (
    PROBE_EVERY,
    pause_channel,
    paused,
    pauses,
    put_off_probe,
    rests,
    resume_channel,
    tell_of_pause,
)

NOW = at(date(2022, 10, 19), time(8, 30))
HOUR = timedelta(hours=1)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO


def test_a_channel_is_paused_once(database: Database) -> None:
    """The second failure of a paused channel is no new pause: `since` stays, the cause and the probe are the last's."""
    with database.write() as conn:
        assert pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        assert not pause_channel(conn, EMAIL, "certificate has expired", None, NOW + HOUR)
    with database.read() as conn:
        expected = ChannelPause(EMAIL, NOW, "certificate has expired", None, NOW + HOUR + PROBE_EVERY)
        assert paused(conn) == {EMAIL: expected}


def test_an_address_is_not_kept(database: Database) -> None:
    """A server that names the account in its answer does not get it into the database."""
    with database.write() as conn:
        pause_channel(conn, EMAIL, "535 5.7.8 nhac-viec@so-noi-vu.example: bad\r\npassword", "535", NOW)
    with database.read() as conn:
        assert paused(conn)[EMAIL].reason == "535 5.7.8 …: bad password"


def test_each_channel_has_its_own_pause(database: Database) -> None:
    """Zalo stops and mail goes on; ending one leaves the other."""
    with database.write() as conn:
        assert pause_channel(conn, ZALO, "token refused", "-401", NOW)
        assert not resume_channel(conn, EMAIL, NOW)
        assert pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        assert resume_channel(conn, EMAIL, NOW)
    with database.read() as conn:
        assert list(paused(conn)) == [ZALO]


def test_a_probe_is_moved(database: Database) -> None:
    """A probe is put off when one letter tries, or brought forward by a person; only for a channel that is paused."""
    with database.write() as conn:
        assert not put_off_probe(conn, EMAIL, NOW)
        pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        assert put_off_probe(conn, EMAIL, NOW)
        assert paused(conn)[EMAIL].probe_at == NOW


def test_a_pause_somebody_knew_of_is_forgotten_when_it_ends(database: Database) -> None:
    """Told and over: nothing is left, and ending it twice is no second end."""
    with database.write() as conn:
        pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        tell_of_pause(conn, EMAIL, NOW + HOUR)
        assert paused(conn)[EMAIL].told_at == NOW + HOUR
        assert resume_channel(conn, EMAIL, NOW + 2 * HOUR)
        assert not resume_channel(conn, EMAIL, NOW + 3 * HOUR)
        assert (paused(conn), pauses(conn)) == ({}, [])


def test_a_pause_nobody_knew_of_is_kept_until_somebody_does(database: Database) -> None:
    """It ended before a person could be told: it is paused no more, and stays to be told of, once."""
    with database.write() as conn:
        pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        assert resume_channel(conn, EMAIL, NOW + HOUR)
        assert not resume_channel(conn, EMAIL, NOW + 2 * HOUR)
        assert not put_off_probe(conn, EMAIL, NOW)
        assert paused(conn) == {}
        (over,) = pauses(conn)
        assert (over.since, over.over_at) == (NOW, NOW + HOUR)
        tell_of_pause(conn, EMAIL, NOW + 2 * HOUR)
        assert pauses(conn) == []


def test_a_new_pause_takes_the_place_of_one_nobody_was_told_of(database: Database) -> None:
    """Stopped, back and stopped again: newly paused, since the second time."""
    with database.write() as conn:
        pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        resume_channel(conn, EMAIL, NOW + HOUR)
        assert pause_channel(conn, EMAIL, "authentication failed", "535", NOW + 2 * HOUR)
        assert [(p.since, p.over_at, p.told_at) for p in pauses(conn)] == [(NOW + 2 * HOUR, None, None)]


def test_a_paused_channel_rests_until_its_probe(database: Database) -> None:
    """Nothing of it is claimed before; then one is, and the next probe is put off."""
    with database.write() as conn:
        assert not rests(conn, EMAIL, NOW)
        pause_channel(conn, EMAIL, "authentication failed", "535", NOW)
        assert rests(conn, EMAIL, NOW + PROBE_EVERY - timedelta(seconds=1))
        assert not rests(conn, EMAIL, NOW + PROBE_EVERY)
        assert not rests(conn, ZALO, NOW)
        put_off_probe(conn, EMAIL, NOW + 2 * PROBE_EVERY)
        assert rests(conn, EMAIL, NOW + PROBE_EVERY)
        resume_channel(conn, EMAIL, NOW + PROBE_EVERY)
        assert not rests(conn, EMAIL, NOW + PROBE_EVERY)
