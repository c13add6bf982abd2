"""The dead set is what nobody got and nothing tries any more; reviving makes it live as a new version, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daemon.domain.failures import Alarmed, Retried
from daemon.domain.words import DeliveryState, LetterKind, Tier
from daemon.store.bouncing import bounce
from daemon.store.dead import at_work, dead_letters, notes_reached
from daemon.store.due import add_roads, fallen
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append, read
from daemon.store.letters import stored_letters
from daemon.store.listing import DeliveryFilter
from daemon.store.pauses import waiting_letters
from daemon.store.results import Refused, Sent, Temporary, Unknown
from daemon.store.reviving import revive
from daemon.store.settling import expire, withdraw
from tests.support.outbox_kit import DAY, EMAIL, NOW, ZALO, lines, new, put, reminder, salts, send, states

HOUR = timedelta(hours=1)
NO_SUCH = Refused("RCPT: 550 5.1.1 no such mailbox", "550 5.1.1")


def one_person(*channels: Any, **changed: Any) -> Any:
    """A letter to one person by some channels, nobody in copy."""
    return reminder(to=dict.fromkeys(channels or (EMAIL,), ("p1",)), cc={}, **changed)


def again(database: Database, letter: str = "L1", **named: Any) -> int:
    """Revive a letter an hour later."""
    given: dict[str, Any] = {"by": "chi-lan", "hour": NOW + HOUR, "until": None} | named
    with database.write() as conn:
        return revive(conn, letter, NOW + HOUR, salts, **given)


def note(database: Database, *channels: Any) -> None:
    """Put a note to a collector into the outbox."""
    with database.write() as conn:
        (entry,) = append(conn, [NewEntry("dondoc", None, Alarmed("so-noi-vu", letters=("L9",)))], NOW, salts)
    told = one_person(*channels, kind=LetterKind.NOTE, agency="so-noi-vu", items=())
    put(database, new("N1", told, source_seq=entry.seq))


def dead(database: Database) -> list[str]:
    """The ids of the dead set."""
    with database.read() as conn:
        return [letter.id for letter in dead_letters(conn)]


def test_a_letter_is_dead_when_its_last_road_has_ended(database: Database) -> None:
    """While one road is open it is not; then it says why, when, and what was tried."""
    put(database, new("L1", one_person(EMAIL, ZALO)))
    send(database, NO_SUCH)
    assert dead(database) == []
    send(database, Unknown("no answer", None), now=NOW + HOUR)
    with database.read() as conn:
        (letter,) = dead_letters(conn)
    assert (letter.id, letter.kind, letter.agency, letter.tier, letter.day) == (
        "L1",
        LetterKind.REMINDER,
        "so-tu-phap",
        Tier.OFFICERS,
        DAY,
    )
    assert letter.plans == {"1026-kh-ubnd-2022"}
    assert [item.step for item in letter.items] == ["don-doc"]
    mail, zalo = letter.roads
    assert (mail.channel, mail.state) == (EMAIL, DeliveryState.REFUSED)
    assert (mail.code, mail.detail) == (NO_SUCH.code, NO_SUCH.detail)
    assert (zalo.channel, zalo.state, zalo.ended_at) == (ZALO, DeliveryState.UNKNOWN, NOW + HOUR)
    assert letter.died_at == NOW + HOUR


@pytest.mark.parametrize("result", [Sent("id", "ok"), Temporary("later", NOW + HOUR), Unknown("lost", NOW + HOUR)])
def test_what_somebody_has_or_may_get_is_not_dead(database: Database, result: Any) -> None:
    """Accepted, waiting, or to be sent again: not a matter for a person yet."""
    put(database, new("L1", one_person(EMAIL, ZALO)))
    send(database, NO_SUCH)
    send(database, result)
    assert dead(database) == []


def test_what_was_withdrawn_is_not_dead_and_what_expired_is(database: Database) -> None:
    """A letter taken back is nobody's loss; one whose time passed unsent is."""
    put(database, new("L1", one_person(), expires_at=NOW + HOUR), new("L2", one_person(agency="so-y-te", items=())))
    with database.write() as conn:
        withdraw(conn, "L2", NOW, salts)
        expire(conn, NOW + HOUR, salts)
    assert dead(database) == ["L1"]
    with database.read() as conn:
        assert dead_letters(conn, ["L2"]) == []
        assert dead_letters(conn, ["L1"])[0].roads[0].ended_at == NOW + HOUR


@pytest.mark.parametrize(
    ("ends", "reached"),
    [
        ([Sent("id", "ok")], True),
        ([NO_SUCH], False),
        ([NO_SUCH, Sent("id", "ok")], True),
        ([Unknown("no answer", None)], False),
    ],
)
def test_when_a_note_last_reached_a_collector_is_known(database: Database, ends: list[Any], reached: bool) -> None:
    """Accepted by one road is enough; letters to others do not count."""
    note(database, *(EMAIL, ZALO)[: len(ends)])
    for end in ends:
        send(database, end)
    put(database, new("L1", one_person()))
    send(database, Sent("id", "ok"), now=NOW + HOUR)
    with database.read() as conn:
        assert notes_reached(conn) == ({"so-noi-vu": NOW} if reached else {})


def test_a_note_that_came_back_reached_nobody(database: Database) -> None:
    """It was accepted, and then the far side's own mailbox refused it."""
    note(database, EMAIL)
    taken = send(database, Sent("id", "ok"))
    with database.write() as conn:
        bounce(conn, taken.id, NOW + HOUR, "5.1.1", "no such mailbox", salts)
    with database.read() as conn:
        assert notes_reached(conn) == {}


def test_reviving_makes_new_rows_of_a_new_version(database: Database) -> None:
    """The old delivery stays as it ended, its bytes as they were; the new one is written afresh and may arrive."""
    put(database, new("L1", one_person()))
    send(database, NO_SUCH)
    assert again(database, until=NOW + 5 * HOUR) == 1
    (old, fresh) = sorted(lines(database, DeliveryFilter(letter="L1")), key=lambda line: line.key.version)
    assert (old.state, fresh.state) == (DeliveryState.REFUSED, DeliveryState.PENDING)
    assert (fresh.key.version, fresh.next_at, fresh.expires_at) == (2, NOW + HOUR, NOW + 5 * HOUR)
    assert dead(database) == []
    with database.read() as conn:
        assert stored_letters(conn, ["L1"])["L1"].letter.to == {EMAIL: ("p1",)}  # named once in its headers
        entry = read(conn)[-1]
    assert (entry.by, entry.body) == ("chi-lan", Retried("L1", 2))
    taken = send(database, Sent("id", "ok"), now=NOW + HOUR)
    assert taken.key.version == 2
    assert dead(database) == []


def test_what_lives_is_not_revived_twice(database: Database) -> None:
    """Asked again while the new one waits, nothing happens; refused once more, it is dead once more, of version 2."""
    put(database, new("L1", one_person()))
    send(database, NO_SUCH)
    assert again(database) == 1
    assert again(database) == 0
    send(database, NO_SUCH, now=NOW + HOUR)
    with database.read() as conn:
        (letter,) = dead_letters(conn)
        assert [road.version for road in letter.roads] == [2]
        assert len([entry for entry in read(conn) if isinstance(entry.body, Retried)]) == 1
    assert again(database) == 1


def test_only_who_did_not_get_it_gets_it_again(database: Database) -> None:
    """The office mailbox had it: only the officer, whose address was mended, is tried again."""
    put(database, new("L1", reminder(to={EMAIL: ("p1",)}, cc={EMAIL: ("vt",)})))
    send(database, NO_SUCH)
    send(database, Sent("id", "ok"))
    assert dead(database) == []
    assert again(database) == 1
    assert {(line.key.person, line.state) for line in lines(database) if line.key.version == 2} == {
        ("p1", DeliveryState.PENDING)
    }


def test_what_may_have_arrived_goes_again_only_on_somebody_s_word(database: Database) -> None:
    """A copy is made by a person who has asked, not by us."""
    put(database, new("L1", one_person()))
    send(database, Unknown("no answer", None))
    assert again(database) == 0
    assert again(database, not_arrived=True) == 1
    assert states(database)[-1] is DeliveryState.PENDING


def test_a_letter_taken_back_or_not_yet_approved_does_not_slip_out(database: Database) -> None:
    """Withdrawn: nothing. Never approved: it is held again, until its usefulness ends."""
    put(database, new("L1", one_person()), new("L2", one_person(agency="so-y-te", approval=True), held=True,
        expires_at=NOW))  # fmt: skip
    with database.write() as conn:
        expire(conn, NOW, salts)
        withdraw(conn, "L1", NOW, salts)
    assert again(database, "L1") == 0
    assert again(database, "L2") == 1
    fresh = lines(database, DeliveryFilter(letter="L2"))[-1]
    assert (fresh.state, fresh.next_at) == (DeliveryState.HELD, None)


def test_what_waits_and_what_is_at_work(database: Database) -> None:
    """What waits is each delivery whose hour has come; at work is what is due by a working channel."""
    put(database, new("L1", one_person(EMAIL, ZALO)), new("L2", one_person(agency="so-y-te")))
    with database.read() as conn:
        assert waiting_letters(conn, NOW - HOUR) == []
        waiting = [(letter, channel) for letter, _, channel in waiting_letters(conn, NOW)]
        assert sorted(waiting) == [("L1", EMAIL), ("L1", ZALO), ("L2", EMAIL)]
        assert not at_work(conn, NOW - HOUR, [EMAIL, ZALO])
        assert at_work(conn, NOW, [ZALO])
        assert not at_work(conn, NOW, [])


def test_refused_once_more_it_takes_the_next_road_until_the_new_end(database: Database) -> None:
    """It had expired, was asked for again and is refused: the roads left are open, and end when the second try does."""
    put(database, new("L1", one_person(), expires_at=NOW + HOUR))
    with database.write() as conn:
        expire(conn, NOW + HOUR, salts)
        assert fallen(conn, "L1").people == ()  # its time was over
    assert again(database, until=NOW + 5 * HOUR) == 1
    send(database, NO_SUCH, now=NOW + 2 * HOUR)
    with database.write() as conn:
        assert fallen(conn, "L1") == (frozenset({("p1", EMAIL)}), ("p1",), True)
        assert add_roads(conn, "L1", [("so-tu-phap-van-thu", EMAIL)], NOW + 2 * HOUR) == 1
    assert lines(database)[-1].expires_at == NOW + 5 * HOUR
