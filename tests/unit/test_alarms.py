"""What cannot wait for tomorrow's note: one note, by a road that works, in sending hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from daemon.domain.entries import Entry, Exempted, Received
from daemon.domain.failures import Alarmed, ChannelPause, DeadLetter, Road
from daemon.domain.letters import ItemKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier
from daemon.judgement.alarms import Alarm, Failures, collectors, is_moot, owed_alarms

COLLECTOR = "so-noi-vu"
EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
BOTH = frozenset(Channel)
MORNING = "3/10 09:00"


@pytest.fixture
def operated(report: Any) -> Any:
    """The world of one report, its plan with a contact who has mail and Zalo."""
    office = report.rules.agency(COLLECTOR)
    people = tuple(replace(p, zalo=f"zalo-{p.id}") if p.id.endswith("dau-moi") else p for p in office.people)
    agencies = tuple(replace(a, people=people) if a is office else a for a in report.rules.register.agencies)
    plan = replace(report.rules.plans[0], contact="so-noi-vu-phu-trach")
    report.rules = replace(report.rules, plans=(plan,), register=replace(report.rules.register, agencies=agencies))
    return report


def stopped(world: Any, at: str = MORNING, channel: Channel = EMAIL, **more: Any) -> ChannelPause:
    """A channel paused at an instant."""
    since = world.on(at)
    probe_at = since + timedelta(minutes=30)
    return ChannelPause(channel, str(channel), since, "AUTH: 535 5.7.8 bad", "535 5.7.8", probe_at, **more)


def lost(world: Any, id_: str = "thu", at: str = MORNING, agency: str = "so-tu-phap", **more: Any) -> DeadLetter:
    """A letter nobody got, its last road ended at an instant."""
    road = Road("p", EMAIL, DeliveryState.REFUSED, 1, 1, world.on(at))
    letter = DeadLetter(
        id_, LetterKind.REMINDER, agency, Tier.OFFICERS, Level.NOTICE, world.day("3/10"), frozenset({world.key().plan}),
        (), (road,),
    )  # fmt: skip
    return replace(letter, **more)


def told(world: Any, at: str, **body: Any) -> Entry:
    """An alarm composed before."""
    return Entry(1, world.on(at), "dondoc", None, Alarmed(COLLECTOR, **body))


def told_stopped(
    world: Any, at: str, channel: Channel = EMAIL, route: str | None = None, since: str = MORNING, **more: Any
) -> Entry:
    """A note on a channel that stopped."""
    return told(world, at, channel=channel, route=route or str(channel), since=world.on(since), **more)


def told_of(
    world: Any, now: str, failures: Failures, entries: tuple[Entry, ...] = (), carried: Any = BOTH
) -> list[Alarm]:
    """The notes owed at an instant, each channel with one server."""
    paused = {pause.channel for pause in failures.pauses if pause.holds(world.on(now))}
    return owed_alarms(
        failures, entries, world.rules, lambda _, channel: channel in carried and channel not in paused, world.on(now)
    )


def bodies(world: Any, now: str, failures: Failures, entries: tuple[Entry, ...] = (), carried: Any = BOTH) -> Any:
    """What is told at an instant."""
    return [alarm.body for alarm in told_of(world, now, failures, entries, carried)]


def test_nothing_fails_nothing_is_told(operated: Any) -> None:
    """A day on which all goes well has no note out of turn."""
    assert bodies(operated, MORNING, Failures()) == []


def test_a_stopped_channel_is_told_at_once_to_the_contact(operated: Any) -> None:
    """Mail is dead: the contact has no Zalo, so the focal officer gets the note there."""
    failures = Failures([stopped(operated)], at_work=True)
    (alarm,) = told_of(operated, MORNING, failures)
    assert alarm.letter.to == {ZALO: ("so-noi-vu-dau-moi",)}
    assert (alarm.letter.kind, alarm.letter.agency, alarm.letter.send_at) == (
        LetterKind.NOTE,
        COLLECTOR,
        operated.on(MORNING),
    )
    assert alarm.body == Alarmed(
        COLLECTOR, EMAIL, operated.on(MORNING), None, "535 5.7.8", "AUTH: 535 5.7.8 bad", route="email"
    )


def test_zalo_dead_is_told_by_mail_and_a_contact_comes_first(operated: Any) -> None:
    """The plan's contact has mail, so nobody else is troubled."""
    (alarm,) = told_of(operated, MORNING, Failures([stopped(operated, channel=ZALO)]))
    assert alarm.letter.to == {EMAIL: ("so-noi-vu-phu-trach",)}


def test_a_contact_with_two_channels_gets_one_note(operated: Any) -> None:
    """The first channel that works carries it; the other is only the way out should it be refused."""
    plan = replace(operated.rules.plans[0], contact="so-noi-vu-dau-moi")
    operated.rules = replace(operated.rules, plans=(plan,))
    (alarm,) = told_of(operated, MORNING, Failures(dead=[lost(operated)]))
    assert alarm.letter.to == {EMAIL: ("so-noi-vu-dau-moi",)}


def test_officers_with_one_zalo_account_get_one_note(operated: Any) -> None:
    """The account gets the text once, for the first of them."""
    register = operated.rules.register
    office = operated.rules.agency(COLLECTOR)
    focal, *others = office.people
    officers = tuple(replace(focal, id=id_, email=None, zalo="1") for id_ in ("a", "b"))
    agencies = tuple(replace(a, people=(*officers, *others)) if a is office else a for a in register.agencies)
    plan = replace(operated.rules.plans[0], contact=None)
    operated.rules = replace(operated.rules, plans=(plan,), register=replace(register, agencies=agencies))
    (alarm,) = told_of(operated, MORNING, Failures(dead=[lost(operated)]))
    assert alarm.letter.to == {ZALO: ("a",)}


def test_one_of_two_servers_stopped_leaves_mail_to_whom_the_other_serves(operated: Any) -> None:
    """The contact's server is paused: the officers get the note by theirs, else the office mailbox does."""
    failures = Failures([stopped(operated)])

    def without(*gone: str) -> Any:
        return owed_alarms(
            failures,
            [],
            operated.rules,
            lambda who, channel: channel is EMAIL and who not in gone,
            operated.on(MORNING),
        )

    contact, officer, office = "so-noi-vu-phu-trach", "so-noi-vu-dau-moi", operated.rules.agency(COLLECTOR).office_id
    assert [alarm.letter.to for alarm in without(contact)] == [{EMAIL: (officer,)}]
    assert [alarm.letter.to for alarm in without(contact, officer)] == [{EMAIL: (office,)}]
    assert without(contact, officer, office) == []


@pytest.mark.parametrize("carried", [{EMAIL}, set()])
def test_without_a_road_that_works_nobody_can_be_told(operated: Any, carried: Any) -> None:
    """Only mail is set up, and mail is dead: no note is composed for it to wait in."""
    assert bodies(operated, MORNING, Failures([stopped(operated)], [lost(operated)]), carried=carried) == []


def test_what_could_not_be_told_is_told_when_the_channel_is_back(operated: Any) -> None:
    """Over and untold: the note goes by that very channel and says from when to when."""
    back = stopped(operated, over_at=operated.on("3/10 10:00"))
    (body,) = bodies(operated, "3/10 10:01", Failures([back]), carried={EMAIL})
    assert (body.since, body.until) == (operated.on(MORNING), operated.on("3/10 10:00"))


@pytest.mark.parametrize(
    ("told_at", "over_at", "now", "again"),
    [
        ("3/10 09:00", None, "3/10 16:00", False),
        ("3/10 09:00", None, "4/10 08:30", True),
        ("3/10 09:00", "4/10 08:00", "4/10 08:30", False),
    ],
)
def test_a_pause_that_goes_on_is_told_again_each_day(
    operated: Any, told_at: str, over_at: str | None, now: str, again: bool
) -> None:
    """Once a day while it lasts, and not again when it is over."""
    pause = stopped(operated, over_at=operated.on(over_at) if over_at else None)
    assert bool(bodies(operated, now, Failures([pause]), (told_stopped(operated, told_at),))) is again


def test_a_server_that_lets_nobody_in_is_told_of_after_half_an_hour(operated: Any) -> None:
    """Before that it is a hiccup, and mail counts as a road that works; then Zalo carries the note, once that day."""
    silence = stopped(operated, silent=True, failed_at=operated.on("3/10 09:21"))
    assert bodies(operated, "3/10 09:29", Failures([silence])) == []
    (alarm,) = told_of(operated, "3/10 09:30", Failures([silence]))
    assert (alarm.body.since, alarm.body.silent, list(alarm.letter.to)) == (operated.on(MORNING), True, [ZALO])
    known = (told_stopped(operated, "3/10 09:30", silent=True),)
    assert bodies(operated, "3/10 16:00", Failures([silence]), known) == []
    assert bodies(operated, "4/10 08:30", Failures([silence]), known)
    (lost_one,) = told_of(operated, "3/10 09:20", Failures([silence], [lost(operated, at="3/10 09:05")]))
    assert list(lost_one.letter.to) == [EMAIL]


def test_a_server_that_refuses_us_after_a_silence_is_told_of_anew(operated: Any) -> None:
    """What a person must do is another thing: told the same day, an hour after the first note."""
    refusing = Failures([stopped(operated)])
    silence = told_stopped(operated, "3/10 09:31", silent=True)
    assert bodies(operated, "3/10 10:30", refusing, (silence,)) == []
    (body,) = bodies(operated, "3/10 10:31", refusing, (silence,))
    assert (body.since, body.silent, body.code) == (operated.on(MORNING), False, "535 5.7.8")
    heard = (silence, told_stopped(operated, "3/10 10:31"))
    assert bodies(operated, "3/10 16:00", refusing, heard) == []
    of_another: list[dict[str, Any]] = [{"route": "email 2"}, {"since": "2/10"}]
    for said in of_another:
        assert bodies(operated, "3/10 09:32", refusing, (told_stopped(operated, "3/10 09:31", **said),))


def test_a_collector_that_did_not_hear_of_a_pause_is_told_though_another_was(operated: Any) -> None:
    """One was out of reach when the other was told."""
    other = replace(operated.rules.plans[0], id="khac", collector="so-tu-phap", contact="so-tu-phap-dau-moi")
    operated.rules = replace(operated.rules, plans=(*operated.rules.plans, other))
    pause = stopped(operated, channel=ZALO)
    told_one = (told_stopped(operated, MORNING, channel=ZALO),)
    assert [body.collector for body in bodies(operated, "3/10 10:00", Failures([pause]), told_one)] == ["so-tu-phap"]


@pytest.mark.parametrize("now", ["3/10 08:29", "3/10 12:00", "3/10 16:30", "3/10 23:00", "2/10 09:00"])
def test_nothing_is_told_outside_sending_hours(operated: Any, now: str) -> None:
    """Neither at night nor at noon nor on a Sunday: the note is composed when it can leave."""
    assert bodies(operated, now, Failures([stopped(operated)], [lost(operated, at="1/10 09:00")])) == []


def test_letters_nobody_got_are_one_note_in_protocol_order(operated: Any) -> None:
    """A dozen at once become one note; whoever stands first in the register stands first in it."""
    dead = [lost(operated, f"thu-{n:02d}", agency=COLLECTOR if n % 2 else "so-tu-phap") for n in range(12)]
    dead.append(lost(operated, "la", agency="khong-con"))
    (body,) = bodies(operated, MORNING, Failures(dead=dead))
    firsts = [f"thu-{n:02d}" for n in (*range(0, 12, 2), *range(1, 12, 2))]
    assert body == Alarmed(COLLECTOR, letters=(*firsts, "la"))


def test_letters_wait_until_the_outbox_rests_but_not_for_ever(operated: Any) -> None:
    """While letters are being handed over more may fail in a moment: ten minutes at most."""
    busy = Failures(dead=[lost(operated), lost(operated, "thu-2", at="3/10 09:08")], at_work=True)
    assert bodies(operated, "3/10 09:09", busy) == []
    assert bodies(operated, "3/10 09:10", busy) == [Alarmed(COLLECTOR, letters=("thu", "thu-2"))]
    assert bodies(operated, "3/10 09:09", replace(busy, at_work=False))


def test_a_second_note_comes_an_hour_after_the_first(operated: Any) -> None:
    """What fails within the hour waits; an alarm about a channel does not hold it back."""
    dead = [lost(operated), lost(operated, "thu-2", at="3/10 09:20")]
    first = told(operated, MORNING, letters=("thu",))
    assert bodies(operated, "3/10 09:59", Failures(dead=dead), (first,)) == []
    assert bodies(operated, "3/10 10:00", Failures(dead=dead), (first,)) == [Alarmed(COLLECTOR, letters=("thu-2",))]
    channel = told(operated, "3/10 09:30", channel=ZALO, since=operated.on(MORNING))
    assert bodies(operated, "3/10 09:59", Failures(dead=dead), (channel,))


def test_a_letter_is_told_once_for_each_death(operated: Any) -> None:
    """Named since it died: silent. Revived and dead again: told again."""
    first = told(operated, MORNING, letters=("thu",))
    assert bodies(operated, "4/10 09:00", Failures(dead=[lost(operated)]), (first,)) == []
    again = lost(operated, at="4/10 08:40")
    assert bodies(operated, "4/10 09:00", Failures(dead=[again]), (first,)) == [Alarmed(COLLECTOR, letters=("thu",))]


def test_a_note_that_reached_nobody_makes_no_note(operated: Any) -> None:
    """It would follow the same road, hour after hour."""
    assert bodies(operated, MORNING, Failures(dead=[lost(operated, kind=LetterKind.NOTE)])) == []


def test_each_collector_hears_of_its_own_plans(operated: Any) -> None:
    """A letter of another collector's plan is his; one that names no plan known is everybody's."""
    other = replace(operated.rules.plans[0], id="khac", collector="so-tu-phap", contact="so-tu-phap-dau-moi")
    closed = replace(other, id="cu", collector="khong-con", active=False)
    operated.rules = replace(operated.rules, plans=(*operated.rules.plans, other, closed))
    dead = [
        lost(operated),
        lost(operated, "cua-khac", plans=frozenset({"khac"})),
        lost(operated, "chung", plans=frozenset()),
    ]
    assert collectors(operated.rules) == [COLLECTOR, "so-tu-phap"]
    assert bodies(operated, MORNING, Failures(dead=dead)) == [
        Alarmed(COLLECTOR, letters=("chung", "thu")),
        Alarmed("so-tu-phap", letters=("chung", "cua-khac")),
    ]
    gone = replace(other, contact="khong-con")
    operated.rules = replace(operated.rules, plans=(gone,))
    (alarm,) = told_of(operated, MORNING, Failures(dead=[lost(operated, plans=frozenset({"khac"}))]))
    assert alarm.letter.to == {EMAIL: ("so-tu-phap-dau-moi",)}


def test_a_letter_that_asks_for_nothing_any_more_is_no_news(build: Any) -> None:
    """All its documents have come, are excused or left the files: nobody need know that it was lost."""
    world = build(("so-tu-phap",), ("bao-cao", "ho-so-cham-diem"))
    first, second = (
        ItemKey(world.key(milestone), 1, "nhac", 1, Tier.OFFICERS) for milestone in ("bao-cao", "ho-so-cham-diem")
    )
    gone = first._replace(obligation=world.key("khong-con"))
    both = lost(world, items=(first, second, gone))
    assert not is_moot(both, world.snapshot().standings)
    world.record("4/10 09:00", Received("12/BC"), first.obligation)
    assert not is_moot(both, world.snapshot().standings)
    world.record("4/10 09:01", Exempted("CV 1", "PCT"), second.obligation)
    standings = world.snapshot().standings
    assert is_moot(both, standings)
    assert not is_moot(replace(both, kind=LetterKind.RECEIPT), standings)
    assert not is_moot(lost(world), standings)
