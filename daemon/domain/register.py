"""Who owes and whom to write to: agencies, their people, and the groups that fix protocol order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from daemon.domain.words import Channel, Role, Voice


def same_place(channel: Channel, address: str) -> str:
    """Return what the spellings of one address have in common: a mailbox's differ in case, a Zalo id has but one."""
    return address.casefold() if channel is Channel.EMAIL else address


@dataclass(frozen=True, slots=True)
class Person:
    """One contact of one agency. `id` is permanent; `start`/`end` are the days in office, both included."""

    id: str
    role: Role
    name: str | None = None
    title: str | None = None  # chức danh
    department: str | None = None  # phòng
    email: str | None = None
    phone: str | None = None
    zalo: str | None = None
    channels: frozenset[Channel] | None = None  # narrows; None: whatever the step asks
    start: date | None = None
    end: date | None = None

    def in_office(self, day: date) -> bool:
        """Say whether the person is in office on `day`."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def overlaps(self, other: Person) -> bool:
        """Say whether there is a day on which both are in office."""
        first, last = date.min, date.max
        return (self.start or first) <= (other.end or last) and (other.start or first) <= (self.end or last)


@dataclass(frozen=True, slots=True)
class Agency:
    """A body that may owe, collect or be written to. `active` is the operator's switch."""

    id: str
    name: str  # full name as the agency writes it
    short_name: str  # at most 30 characters, for Zalo
    group: str
    voice: Voice
    head_title: str  # "Đồng chí Giám đốc Sở Tư pháp": written in full, never put together
    office_email: str | None = None  # văn thư
    channels: frozenset[Channel] | None = None
    calendar: str | None = None  # its own calendar's id
    active: bool = True
    active_from: date | None = None
    active_until: date | None = None
    people: tuple[Person, ...] = ()

    @property
    def office_id(self) -> str:
        """The recipient id of the office mailbox."""
        return f"{self.id}-van-thu"

    def is_active(self, day: date) -> bool:
        """Say whether the agency exists and is followed on `day`."""
        return (
            self.active
            and (self.active_from is None or self.active_from <= day)
            and (self.active_until is None or day <= self.active_until)
        )

    def people_in(self, role: Role, day: date) -> tuple[Person, ...]:
        """Return the people of a role in office on `day`, in file order."""
        return tuple(p for p in self.people if p.role is role and p.in_office(day))

    def narrowed(self, asked: frozenset[Channel]) -> frozenset[Channel]:
        """Return the channels of `asked` this agency allows; the armed forces take e-mail only."""
        allowed = asked if self.channels is None else asked & self.channels
        return allowed & {Channel.EMAIL} if self.voice is Voice.ARMED else allowed


@dataclass(frozen=True, slots=True)
class Group:
    """A block of the register (`so-ban-nganh`, ...), printed with a roman numeral in file order."""

    id: str
    name: str


@dataclass(frozen=True)
class Register:
    """All groups and agencies in protocol order. `issuer_office` is the issuer's office (`van-phong`)."""

    groups: tuple[Group, ...]
    agencies: tuple[Agency, ...]
    issuer_office: str | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Agency]:
        """Agencies by id."""
        return {agency.id: agency for agency in self.agencies}

    @cached_property
    def person_by_id(self) -> Mapping[str, tuple[Agency, Person]]:
        """People by their permanent id, with the agency each belongs to."""
        return {person.id: (agency, person) for agency in self.agencies for person in agency.people}

    @cached_property
    def order(self) -> Mapping[str, int]:
        """Protocol order: position of each agency in the file."""
        return {agency.id: index for index, agency in enumerate(self.agencies)}

    def members(self, group: str) -> tuple[Agency, ...]:
        """Return the agencies of a group, in file order."""
        return tuple(agency for agency in self.agencies if agency.group == group)

    def in_order(self, ids: Iterable[str]) -> list[str]:
        """Return agency ids in protocol order; unknown ids come last, by name."""
        return sorted(ids, key=lambda id_: (self.order.get(id_, len(self.order)), id_))


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of one letter by one channel, as it stands when asked. Never stored with its address."""

    id: str
    agency: str
    role: Role
    channel: Channel
    address: str
    name: str | None = field(default=None)
