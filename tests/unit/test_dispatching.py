"""Asked again at the door: may it leave now, does it still stand, who else can be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.domain.entries import Extended, Promised, Received
from daemon.domain.letters import Letter
from daemon.domain.register import Person
from daemon.domain.words import Channel, LetterKind, Role, Tier
from daemon.judgement.dispatching import closed_items, fallback_roads, next_hour, next_roads
from daemon.judgement.judging import Judge

EMAIL, ZALO = Channel.EMAIL, Channel.ZALO


def one_letter(world: Any, now: str) -> Letter:
    """The letter to Sở Tư pháp that leaves at `now`."""
    found: list[Letter] = [letter for letter in world.step(now) if letter.agency == "so-tu-phap"]
    assert len(found) == 1
    return found[0]


def test_soft_letters_leave_in_any_sending_hour(report: Any) -> None:
    """A first letter kept from leaving in the morning leaves in the afternoon."""
    letter = one_letter(report, "28/3 08:30")
    assert next_hour(letter, report.rules, report.on("28/3 12:00")) == report.on("28/3 13:30")


def test_levels_3_to_5_leave_in_the_morning_only(report: Any) -> None:
    """An overdue letter refused in the morning waits for the next one."""
    report.run("28/3", "25/10")
    report.mark("26/10 08:00", "25/10 08:00")
    letter = one_letter(report, "26/10 08:30")
    assert next_hour(letter, report.rules, report.on("26/10 12:00")) == report.on("27/10 08:30")


def test_a_letter_of_the_last_day_leaves_on_a_quiet_day_and_a_stern_one_does_not(report: Any) -> None:
    """Only level 1 and the last day's letter are soft; a receipt always is."""
    report.run("28/3", "18/10")
    stern = one_letter(report, "19/10 08:30")
    last = one_letter(report, "24/10 08:30")
    report.on_calendar(quiet="20/10 24/10")
    assert next_hour(stern, report.rules, report.on("20/10 08:30")) == report.on("21/10 08:30")
    assert next_hour(last, report.rules, report.on("24/10 08:30")) == report.on("24/10 08:30")
    receipt = replace(stern, kind=LetterKind.RECEIPT, items=())
    assert next_hour(receipt, report.rules, report.on("20/10 08:30")) == report.on("20/10 08:30")


def test_a_step_the_files_no_longer_hold_counts_as_stern(report: Any) -> None:
    """A letter whose plan, milestone or step is gone waits out quiet days."""
    report.run("28/3", "18/10")
    letter = one_letter(report, "19/10 08:30")
    report.on_calendar(quiet="20/10")
    item = letter.items[0]
    for key in (
        item.key._replace(step="khong-con"),
        item.key._replace(obligation=report.key("khong-con")),
        item.key._replace(obligation=report.key()._replace(plan="khong-con")),
    ):
        gone = replace(letter, items=(replace(item, key=key),))
        assert next_hour(gone, report.rules, report.on("20/10 08:30")) == report.on("21/10 08:30")


def closed(world: Any, letter: Letter, now: str) -> int:
    """How many of a letter's items are closed at `now`."""
    return len(closed_items(letter, world.snapshot(world.on(now)).standings, Judge(world.rules), world.on(now)))


def test_an_item_closes_when_settled_silent_of_an_older_term_or_of_no_use(build: Any) -> None:
    """Nobody who has sent, promised or was given another date is chased by a letter under way."""
    due = ("trước ngày 15/11/2022", "15/11", "14/11")
    world = build(("so-tu-phap",), ("bao-cao",))
    extension = Extended(due[0], world.on(due[1]), world.day(due[2]), "CV 99/UBND", "PCT")
    for body in (Received("1/BC"), Promised(world.day("21/10")), extension):
        world = build(("so-tu-phap",), ("bao-cao",))
        world.run("28/3", "18/10")
        letter = one_letter(world, "19/10 08:30")
        assert closed(world, letter, "19/10 09:00") == 0
        world.record("19/10 10:00", body, world.key())
        assert closed(world, letter, "19/10 11:00") == 1


def test_an_item_of_no_more_use_or_of_a_duty_gone_is_closed(report: Any) -> None:
    """A pressing letter ends with the last day's; a duty gone from the files is not chased."""
    report.run("28/3", "18/10")
    letter = one_letter(report, "19/10 08:30")
    assert closed(report, letter, "24/10 08:30") == 1
    assert closed_items(letter, {}, Judge(report.rules), report.on("19/10 09:00")) == {report_key(letter)}


def report_key(letter: Letter) -> Any:
    """The key of a letter's only item."""
    return letter.items[0].key


def test_a_letter_nobody_could_take_goes_by_the_other_channel_then_to_the_office(report: Any) -> None:
    """The officer's Zalo comes before the office mailbox; after both there is no road left."""
    letter = one_letter(report, "28/3 08:30")
    agencies = report.rules.register.agencies
    focal = replace(agencies[0].people[0], zalo="z1")
    with_zalo = replace(agencies[0], people=(focal, *agencies[0].people[1:]))
    rules = replace(report.rules, register=replace(report.rules.register, agencies=(with_zalo, *agencies[1:])))
    day = report.day("28/3")
    mail = (focal.id, EMAIL)
    assert fallback_roads(letter, {mail}, rules, day) == [(focal.id, ZALO)]
    office = ("so-tu-phap-van-thu", EMAIL)
    assert fallback_roads(letter, {mail, (focal.id, ZALO)}, rules, day) == [office]
    assert fallback_roads(letter, {mail, (focal.id, ZALO), office}, rules, day) == []
    assert fallback_roads(letter, {mail}, report.rules, day) == [office]


def test_a_person_who_wants_mail_only_or_has_left_is_no_road(report: Any) -> None:
    """A person's own channels and term of office narrow the roads; an agency without an office has none."""
    letter = one_letter(report, "28/3 08:30")
    agencies = report.rules.register.agencies
    day = report.day("28/3")
    for changed in ({"channels": frozenset({EMAIL})}, {"end": report.day("27/3")}, {"zalo": None}):
        person = replace(Person("so-tu-phap-dau-moi", Role.FOCAL, email="a@x.example", zalo="z1"), **changed)
        alone = replace(agencies[0], people=(person,), office_email=None)
        rules = replace(report.rules, register=replace(report.rules.register, agencies=(alone, *agencies[1:])))
        assert fallback_roads(letter, {(person.id, EMAIL)}, rules, day) == []


def test_each_addressee_has_a_next_road_of_his_own(report: Any) -> None:
    """Who failed takes his other channel, or the office mailbox if it has not the letter; copies have none."""
    letter = one_letter(report, "28/3 08:30")
    agencies = report.rules.register.agencies
    focal, deputy, *others = agencies[0].people
    first = replace(agencies[0], people=(replace(focal, zalo="z1"), deputy, *others))
    rules = replace(report.rules, register=replace(report.rules.register, agencies=(first, *agencies[1:])))
    both = replace(letter, to={EMAIL: (focal.id, deputy.id)}, cc={})
    tried = {(focal.id, EMAIL), (deputy.id, EMAIL)}
    day, office, zalo = report.day("28/3"), ("so-tu-phap-van-thu", EMAIL), (focal.id, ZALO)
    assert next_roads(both, [focal.id], tried, set(Channel), rules, day) == [zalo]
    assert next_roads(both, [deputy.id], tried, set(Channel), rules, day) == [office]
    assert next_roads(both, [focal.id, deputy.id], tried, set(Channel), rules, day) == [zalo, office]
    assert next_roads(both, [focal.id, deputy.id], tried, {EMAIL}, rules, day) == [office]  # Zalo is not set up
    assert next_roads(both, [deputy.id], {*tried, office}, set(Channel), rules, day) == []
    assert next_roads(both, [office[0]], {*tried, office}, set(Channel), rules, day) == []


def test_an_address_that_failed_is_not_tried_again_as_anothers(report: Any) -> None:
    """The office mailbox is no way out where it is the addressee's own; then whoever reads it too may have Zalo."""
    letter = one_letter(report, "28/3 08:30")
    agencies = report.rules.register.agencies
    focal, deputy, head = (replace(one, email="VT@so-tu-phap.example") for one in agencies[0].people)
    day, mail = report.day("28/3"), (focal.id, EMAIL)

    def roads(*people: Person, to: Letter = letter, tried: Any = frozenset({mail})) -> Any:
        first = replace(agencies[0], people=people)
        rules = replace(report.rules, register=replace(report.rules.register, agencies=(first, *agencies[1:])))
        return fallback_roads(to, tried, rules, day)

    assert roads(focal, deputy, head) == []
    with_zalo = [replace(one, zalo="z1") for one in (focal, deputy, head)]
    assert roads(*with_zalo) == [(focal.id, ZALO)]
    assert roads(focal, *with_zalo[1:]) == [(deputy.id, ZALO)]
    assert roads(focal, *with_zalo[1:], tried={mail, (deputy.id, ZALO)}) == []
    assert roads(focal, deputy, with_zalo[2]) == []  # what goes to officers is nothing for their head
    assert roads(focal, replace(with_zalo[1], end=report.day("27/3")), head) == []
    assert roads(focal, replace(with_zalo[1], email="khac@so-tu-phap.example"), head) == []
    to_head = replace(letter, tier=Tier.HEAD, to={EMAIL: (head.id,)})
    assert roads(focal, with_zalo[1], head, to=to_head, tried={(head.id, EMAIL)}) == []


def test_one_zalo_account_of_two_addressees_is_one_road(report: Any) -> None:
    """Both were refused by mail: the text goes once to the account they share."""
    letter = one_letter(report, "28/3 08:30")
    agencies = report.rules.register.agencies
    focal, deputy, *others = agencies[0].people
    first = replace(agencies[0], people=(replace(focal, zalo="z1"), replace(deputy, zalo="z1"), *others))
    rules = replace(report.rules, register=replace(report.rules.register, agencies=(first, *agencies[1:])))
    both = replace(letter, to={EMAIL: (focal.id, deputy.id)}, cc={})
    tried, day = {(focal.id, EMAIL), (deputy.id, EMAIL)}, report.day("28/3")
    assert fallback_roads(both, tried, rules, day) == [(focal.id, ZALO)]
