"""A letter reaches the people of its roles, by the roads they have, or the office mailbox for want of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain.letters import ItemKey
from daemon.domain.register import Agency, Person, Register
from daemon.domain.words import Channel, Role, Tier, Voice
from daemon.judgement.recipients import address_of, addressee, contact_of, once, recipients, together

if TYPE_CHECKING:
    from tests.unit.conftest import Build, World

EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
BOTH = frozenset({EMAIL, ZALO})
ONE = frozenset({EMAIL})
DAY = date(2022, 10, 24)
AN = Person("an", Role.FOCAL, email="an@so-y-te.example", zalo="123")
BINH = Person("binh", Role.FOCAL, email="binh@so-y-te.example")


def agency(*people: Person, **changes: Any) -> Agency:
    """Return Sở Y tế with these people."""
    made = Agency("so-y-te", "Sở Y tế", "Sở Y tế", "so-ban-nganh", Voice.DEPARTMENT, "Đồng chí Giám đốc Sở Y tế")
    return replace(made, **({"office_email": "vt@so-y-te.example"} | changes), people=people)


def of(made: Agency, *roles: Role, asked: frozenset[Channel] = BOTH) -> dict[Channel, tuple[str, ...]]:
    """Return the recipients of roles on 24/10."""
    return recipients(made, [(role, asked) for role in roles], DAY)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((AN, BINH), {EMAIL: ("an", "binh"), ZALO: ("an",)}),  # on each road the person has
        ((replace(AN, channels=frozenset({ZALO})), BINH), {EMAIL: ("binh",), ZALO: ("an",)}),
        ((replace(AN, channels=ONE),), {EMAIL: ("an",)}),
        ((replace(AN, end=date(2022, 10, 23)), BINH), {EMAIL: ("binh",)}),  # in office that day
        ((replace(AN, start=DAY, end=DAY),), {EMAIL: ("an",), ZALO: ("an",)}),
        ((replace(AN, start=date(2022, 10, 25)),), {EMAIL: ("so-y-te-van-thu",)}),
        ((replace(AN, role=Role.DEPUTY),), {EMAIL: ("so-y-te-van-thu",)}),
        ((), {EMAIL: ("so-y-te-van-thu",)}),
        ((replace(AN, email=None, zalo=None),), {EMAIL: ("so-y-te-van-thu",)}),
    ],
)
def test_people_of_a_role(people: tuple[Person, ...], expected: dict[Channel, tuple[str, ...]]) -> None:
    """A role is its people in office that day; an empty role, or one without address, is the office mailbox."""
    assert of(agency(*people), Role.FOCAL) == expected


@pytest.mark.parametrize(
    ("changes", "asked", "expected"),
    [
        ({}, ONE, {EMAIL: ("an",)}),
        ({"channels": ONE}, BOTH, {EMAIL: ("an",)}),  # an agency only narrows
        ({"channels": BOTH}, ONE, {EMAIL: ("an",)}),
        ({"voice": Voice.ARMED}, BOTH, {EMAIL: ("an",)}),  # e-mail only
        ({"voice": Voice.ARMED, "channels": frozenset({ZALO})}, BOTH, {EMAIL: ("so-y-te-van-thu",)}),
        ({"office_email": None}, frozenset({ZALO}), {ZALO: ("an",)}),
    ],
)
def test_roads(changes: dict[str, Any], asked: frozenset[Channel], expected: dict[Channel, tuple[str, ...]]) -> None:
    """The step asks for roads; the agency, its voice and the person narrow them."""
    assert of(agency(AN, **changes), Role.FOCAL, asked=asked) == expected


def test_nobody_at_all() -> None:
    """Without people and without an office mailbox nobody is reached."""
    assert of(agency(office_email=None), Role.FOCAL, Role.OFFICE) == {}


def test_several_roles() -> None:
    """Roles are joined in order, nobody twice; two empty roles are one letter to the office mailbox."""
    deputy = Person("chi", Role.DEPUTY, email="chi@so-y-te.example")
    assert of(agency(deputy, AN), Role.FOCAL, Role.DEPUTY, Role.FOCAL, Role.OFFICE) == {
        EMAIL: ("an", "chi", "so-y-te-van-thu"), ZALO: ("an",),
    }  # fmt: skip
    assert of(agency(), Role.FOCAL, Role.DEPUTY) == {EMAIL: ("so-y-te-van-thu",)}


def test_joining(world: World) -> None:
    """Several are joined channel by channel in order, nobody twice; who is in To needs no copy by the same channel."""
    cc = together({EMAIL: ("an", "binh")}, {ZALO: ("an",), EMAIL: ("chi", "an")}, {})
    assert cc == {EMAIL: ("an", "binh", "chi"), ZALO: ("an",)}
    to: dict[Channel, tuple[str, ...]] = {EMAIL: ("an", "chi")}
    assert once(to, cc, world.rules) == (to, {EMAIL: ("binh",), ZALO: ("an",)})  # nobody here has an address yet
    assert once(cc, cc, world.rules) == (cc, {})


OFFICE_MAIL = "vt@so-y-te.example"


@pytest.mark.parametrize(
    ("addresses", "to", "cc"),
    [
        ((OFFICE_MAIL, "phu@so-y-te.example"), ("an", "chi"), ()),  # the office mailbox has it with the first
        (("an@so-y-te.example", OFFICE_MAIL), ("an", "chi"), ()),
        (("AN@so-y-te.example", "an@so-y-te.example"), ("an",), ("so-y-te-van-thu",)),
        ((OFFICE_MAIL, OFFICE_MAIL), ("an",), ()),
        (("an@so-y-te.example", "chi@so-y-te.example"), ("an", "chi"), ("so-y-te-van-thu",)),
    ],
)
def test_one_mailbox_of_several_people(world: World, addresses: tuple[str, str], to: Any, cc: Any) -> None:
    """Within one letter an address is written to once, for the first whose it is, To before Cc; in either case."""
    an, chi = (replace(AN, id=id_, email=mail, zalo=None) for id_, mail in zip(("an", "chi"), addresses, strict=True))
    rules = replace(world.rules, register=Register((), (agency(an, chi),)))
    assert once({EMAIL: ("an", "chi")}, {EMAIL: ("so-y-te-van-thu",)}, rules) == (
        {EMAIL: to}, {EMAIL: cc} if cc else {},
    )  # fmt: skip


def test_a_zalo_account_of_two(world: World) -> None:
    """It gets one text; ids that differ in case are two, and one channel does not stand in for the other."""
    chi = replace(AN, id="chi", email="chi@so-y-te.example")
    other = replace(AN, id="dung", email="chi@so-y-te.example", zalo="A1")
    small = replace(other, id="giang", email=None, zalo="a1")
    rules = replace(world.rules, register=Register((), (agency(AN, chi, other, small),)))
    every = ("an", "chi", "dung", "giang")
    assert once({ZALO: every}, {EMAIL: every[:3]}, rules) == ({ZALO: ("an", "dung", "giang")}, {EMAIL: ("an", "chi")})


@pytest.mark.parametrize(
    ("tier", "agency_id", "office", "expected"),
    [
        (Tier.OFFICERS, "so-tu-phap", "vp-ubnd", "so-tu-phap"),
        (Tier.HEAD, "so-noi-vu", "vp-ubnd", "so-noi-vu"),
        (Tier.COLLECTOR, "so-tu-phap", "vp-ubnd", "so-noi-vu"),
        (Tier.COLLECTOR, "so-noi-vu", "vp-ubnd", "vp-ubnd"),
        (Tier.COLLECTOR, "so-noi-vu", None, "so-noi-vu"),
    ],
)
def test_whose_letter_it_is(world: World, tier: Tier, agency_id: str, office: str | None, expected: str) -> None:
    """The collector's leaders hear of its debtors; of what the collector owes, the issuer's office does."""
    rules = replace(world.rules, register=replace(world.rules.register, issuer_office=office))
    key = ItemKey(world.key(agency=agency_id), 1, "trinh", 1, tier)
    assert addressee(rules.plans[0], key, rules) == expected


@pytest.mark.parametrize(
    ("contact", "person", "expected"),
    [
        ("so-noi-vu-dau-moi", {}, {EMAIL: ("so-noi-vu-dau-moi",)}),
        ("so-noi-vu-dau-moi", {"zalo": "9"}, {EMAIL: ("so-noi-vu-dau-moi",), ZALO: ("so-noi-vu-dau-moi",)}),
        ("so-noi-vu-dau-moi", {"end": date(2022, 10, 23)}, {}),
        ("nguoi-la", {}, {}),
        (None, {}, {}),
    ],
)
def test_the_plans_contact(
    build: Build, world: World, contact: str | None, person: dict[str, Any], expected: dict[Channel, tuple[str, ...]]
) -> None:
    """The plan's contact gets a copy by the roads he has, while he is in office and in the register."""
    collector = world.rules.agency("so-noi-vu")
    focal, *others = collector.people
    changed = replace(collector, people=(replace(focal, **person), *others))
    rules = build(agencies=(changed,), contact=contact).rules
    assert contact_of(rules.plans[0], rules, BOTH, DAY) == expected


@pytest.mark.parametrize(
    ("recipient", "channel", "address"),
    [
        ("so-tu-phap-dau-moi", EMAIL, "dau-moi@so-tu-phap.example"),
        ("so-tu-phap-dau-moi", ZALO, None),
        ("so-tu-phap-van-thu", EMAIL, "vt@so-tu-phap.example"),
        ("so-tu-phap-van-thu", ZALO, None),
        ("nguoi-la", EMAIL, None),
    ],
)
def test_addresses_today(world: World, recipient: str, channel: Channel, address: str | None) -> None:
    """An id is looked up when the letter leaves: a person's, an office mailbox's, or nobody's."""
    assert address_of(world.rules, recipient, channel) == address


def test_the_rulebook_says_how_an_agency_is_addressed(world: World) -> None:
    """To itself the collector speaks inwardly; roads are what the agency allows."""
    rules = world.rules
    assert [rules.voice(rules.plans[0], id_) for id_ in ("so-noi-vu", "so-tu-phap")] == [
        Voice.INTERNAL, Voice.DEPARTMENT,
    ]  # fmt: skip
    assert rules.roads("so-tu-phap", BOTH) == BOTH


def test_undated_duties_and_sleeping_plans_are_not_chased(build: Build) -> None:
    """Only dated milestones of active plans are ever due."""
    assert next(m.id for _, m in build().rules.dated()) == "ke-hoach"
    assert list(build(active=False).rules.dated()) == []
