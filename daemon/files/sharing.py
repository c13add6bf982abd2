"""Addresses that several people of one agency have: usual, and told, as they get one copy of each letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from daemon.domain.register import Agency, Person, Register, same_place
from daemon.domain.words import Channel
from daemon.files.nodes import Findings, Place

MOST = 5
"""Addresses that have a line each; more are named in one."""

ONE_COPY = "mỗi thư chỉ gửi đến đó một bản"


def tell_shared(register: Register, at: Callable[[str], Place], findings: Findings) -> None:
    """Warn of each shared address at the second of its people (`at`: where a person was declared), or of all in one."""
    shared = [(agency, people, told) for agency in register.agencies for people, told in _shared(agency)]
    places = [at(people[min(1, len(people) - 1)].id) for _, people, _ in shared]
    if len(shared) > MOST:
        some = ", ".join(list(dict.fromkeys(agency.id for agency, _, _ in shared))[:MOST])
        told = f"{len(shared)} địa chỉ có nhiều người trong cùng một cơ quan dùng chung ({some}, …): {ONE_COPY}"
        findings.warn(places[0], told)
        return
    for place, (_, _, told) in zip(places, shared, strict=True):
        findings.warn(place, told)


def _shared(agency: Agency) -> Iterator[tuple[list[Person], str]]:
    """Yield the people who share an address with each other or the office mailbox, and what is told of it."""
    for channel in Channel:
        by_place: dict[str, list[Person]] = {}
        for person in agency.people:
            if address := _address(person, channel):
                by_place.setdefault(same_place(channel, address), []).append(person)
        office = same_place(channel, agency.office_email or "") if channel is Channel.EMAIL else ""
        for place, people in by_place.items():
            alike = [one for one in people if place == office or any(one.overlaps(p) for p in people if p is not one)]
            if alike:
                *others, last = [*(f"“{one.id}”" for one in alike), *(["văn thư"] if place == office else [])]
                what = f"địa chỉ “{_address(alike[0], channel)}”" if channel is Channel.EMAIL else "một tài khoản Zalo"
                yield alike, f"{', '.join(others)} và {last} của “{agency.id}” dùng chung {what}: {ONE_COPY}"


def _address(person: Person, channel: Channel) -> str | None:
    return person.email if channel is Channel.EMAIL else person.zalo
