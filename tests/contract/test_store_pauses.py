"""A paused road is one row: paused once, tried now and then, forgotten when it carries again and somebody knows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from daemon.clock import at
from daemon.domain.failures import SILENT_FOR, TRIED_FOR, ChannelPause
from daemon.domain.words import Channel
from daemon.store.engine import Database
from daemon.store.pauses import (
    PROBE_EVERY,
    note_silence,
    pause_road,
    paused,
    pauses,
    put_off_probe,
    resting,
    resume_road,
    running,
    tell_of_pause,
)

NOW = at(date(2022, 10, 19), time(8, 30))
HOUR = timedelta(hours=1)
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
MAIL, OTHER = "email", "email mail-noi-bo.example"
REFUSED = "authentication failed"


def stop(conn: Connection, now: datetime, route: str = MAIL, channel: Channel = EMAIL, reason: str = REFUSED) -> bool:
    """Pause a road; say whether it was not paused before."""
    return pause_road(conn, channel, route, reason, "535", now) is not None


def silent(conn: Connection, now: datetime, route: str = MAIL) -> ChannelPause:
    """Note that nobody answers on a road."""
    return note_silence(conn, EMAIL, route, "Connection refused at connect", None, now)


def test_a_road_is_paused_once(database: Database) -> None:
    """The second failure of a paused road is no new pause: `since` stays, the cause and the probe are the last's."""
    with database.write() as conn:
        assert stop(conn, NOW)
        assert not stop(conn, NOW + HOUR, reason="certificate has expired")
    with database.read() as conn:
        expected = ChannelPause(EMAIL, MAIL, NOW, "certificate has expired", "535", NOW + HOUR + PROBE_EVERY)
        assert paused(conn, NOW + HOUR) == {MAIL: expected}


def test_an_address_is_not_kept(database: Database) -> None:
    """A server that names the account in its answer does not get it into the database."""
    with database.write() as conn:
        stop(conn, NOW, reason="535 5.7.8 nhac-viec@so-noi-vu.example: bad\r\npassword")
    with database.read() as conn:
        assert paused(conn, NOW)[MAIL].reason == "535 5.7.8 …: bad password"


def test_each_road_has_its_own_pause(database: Database) -> None:
    """Zalo and one mail server stop, the other mail server goes on; ending one leaves the others."""
    with database.write() as conn:
        assert stop(conn, NOW, "zalo", ZALO)
        assert not resume_road(conn, MAIL, NOW)
        assert stop(conn, NOW)
        assert stop(conn, NOW, OTHER)
        assert resume_road(conn, MAIL, NOW)
    with database.read() as conn:
        assert list(paused(conn, NOW)) == [OTHER, "zalo"]


def test_a_probe_is_moved(database: Database) -> None:
    """A probe is put off when one letter tries, or brought forward by a person; only for a road that is paused."""
    with database.write() as conn:
        assert not put_off_probe(conn, MAIL, NOW)
        stop(conn, NOW)
        assert put_off_probe(conn, MAIL, NOW)
        assert paused(conn, NOW)[MAIL].probe_at == NOW


def test_a_pause_somebody_knew_of_is_forgotten_when_it_ends(database: Database) -> None:
    """Told and over: nothing is left, and ending it twice is no second end."""
    with database.write() as conn:
        stop(conn, NOW)
        tell_of_pause(conn, MAIL, NOW + HOUR)
        assert paused(conn, NOW + HOUR)[MAIL].told_at == NOW + HOUR
        assert resume_road(conn, MAIL, NOW + 2 * HOUR)
        assert not resume_road(conn, MAIL, NOW + 3 * HOUR)
        assert (running(conn), pauses(conn)) == ({}, [])


def test_a_pause_nobody_knew_of_is_kept_until_somebody_does(database: Database) -> None:
    """It ended before a person could be told: it is paused no more, and stays to be told of, once."""
    with database.write() as conn:
        stop(conn, NOW)
        assert resume_road(conn, MAIL, NOW + HOUR)
        assert not resume_road(conn, MAIL, NOW + 2 * HOUR)
        assert not put_off_probe(conn, MAIL, NOW)
        assert running(conn) == {}
        (over,) = pauses(conn)
        assert (over.since, over.over_at) == (NOW, NOW + HOUR)
        tell_of_pause(conn, MAIL, NOW + 2 * HOUR)
        assert pauses(conn) == []


def test_a_new_pause_takes_the_place_of_one_nobody_was_told_of(database: Database) -> None:
    """Stopped, back and stopped again: newly paused, since the second time."""
    with database.write() as conn:
        stop(conn, NOW)
        resume_road(conn, MAIL, NOW + HOUR)
        assert stop(conn, NOW + 2 * HOUR)
        assert [(p.since, p.over_at, p.told_at) for p in pauses(conn)] == [(NOW + 2 * HOUR, None, None)]


def test_a_paused_road_rests_until_its_probe(database: Database) -> None:
    """Nothing of it is claimed before; then one is, and the next probe is put off."""
    with database.write() as conn:
        assert resting(conn, NOW) == frozenset()
        stop(conn, NOW)
        assert resting(conn, NOW + PROBE_EVERY - timedelta(seconds=1)) == {MAIL}
        assert resting(conn, NOW + PROBE_EVERY) == frozenset()
        put_off_probe(conn, MAIL, NOW + 2 * PROBE_EVERY)
        assert resting(conn, NOW + PROBE_EVERY) == {MAIL}
        resume_road(conn, MAIL, NOW + PROBE_EVERY)
        assert resting(conn, NOW + PROBE_EVERY) == frozenset()


def test_silence_is_a_pause_only_once_it_has_lasted(database: Database) -> None:
    """Half an hour after the first letter that came to nothing; until then every letter has its own schedule."""
    with database.write() as conn:
        first = silent(conn, NOW)
        assert (first.since, first.silent, first.holds(NOW)) == (NOW, True, False)
        silent(conn, NOW + timedelta(minutes=21))
        almost = NOW + SILENT_FOR - timedelta(seconds=1)
        assert (paused(conn, almost), resting(conn, almost)) == ({}, frozenset())
        assert [pause.since for pause in paused(conn, NOW + SILENT_FOR).values()] == [NOW]
        assert resting(conn, NOW + SILENT_FOR) == {MAIL}


def test_a_short_silence_is_forgotten_and_a_long_one_is_told_of(database: Database) -> None:
    """What lasted twenty minutes nobody need know of; an hour's end is kept like any pause's."""
    with database.write() as conn:
        silent(conn, NOW)
        assert not resume_road(conn, MAIL, NOW + timedelta(minutes=20))
        assert pauses(conn) == []
        silent(conn, NOW)
        silent(conn, NOW + TRIED_FOR)
        assert resume_road(conn, MAIL, NOW + HOUR)
        assert [(p.since, p.over_at) for p in pauses(conn)] == [(NOW, NOW + HOUR)]
        untold = silent(conn, NOW + 2 * HOUR)
        assert untold.over_at == NOW + HOUR
        assert pauses(conn) == [untold]


def test_one_letter_that_failed_in_the_evening_makes_no_pause_of_the_night(database: Database) -> None:
    """Nothing was tried until the morning: what was in vain for a minute or two is forgotten with the first success."""
    with database.write() as conn:
        silent(conn, NOW)
        silent(conn, NOW + timedelta(minutes=1))
        morning = NOW + 16 * HOUR
        assert (paused(conn, morning), resting(conn, morning)) == ({}, frozenset())
        assert not resume_road(conn, MAIL, morning)
        assert pauses(conn) == []


def test_a_server_that_refuses_us_and_is_out_of_reach_besides_keeps_its_cause(database: Database) -> None:
    """The password is still wrong: whoever is told again reads of that; the next try is put off."""
    with database.write() as conn:
        stop(conn, NOW)
        still = silent(conn, NOW + HOUR)
    assert (still.since, still.reason, still.code, still.silent) == (NOW, REFUSED, "535", False)
    assert still.probe_at == NOW + HOUR + PROBE_EVERY


def test_a_silent_server_that_refuses_us_is_paused_at_once(database: Database) -> None:
    """Back from its silence it knows our password no more: since now; one paused for silence keeps its beginning."""
    with database.write() as conn:
        silent(conn, NOW)
        assert stop(conn, NOW + timedelta(minutes=5))
        (refused,) = paused(conn, NOW + timedelta(minutes=5)).values()
        assert (refused.since, refused.silent) == (NOW + timedelta(minutes=5), False)
        silent(conn, NOW, OTHER)
        silent(conn, NOW + TRIED_FOR, OTHER)
        assert not stop(conn, NOW + HOUR, OTHER)
        assert (running(conn)[OTHER].since, running(conn)[OTHER].silent) == (NOW, False)
        silent(conn, NOW + 2 * HOUR, OTHER)
        assert not running(conn)[OTHER].silent
