"""The script of the demo as frozen values, read from scenario.yaml with the reader the operators' files have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.resources import files
from typing import cast

from daemon.clock import at, end_of
from daemon.domain.entries import (
    Accepted,
    Approved,
    Body,
    Called,
    Declared,
    Exempted,
    Extended,
    Promised,
    Received,
    Returned,
)
from daemon.domain.obligations import ActTime
from daemon.domain.words import Return
from daemon.files.fields import clock, day
from daemon.files.nodes import Findings, Items, Node, Text
from daemon.files.reader import read
from daemon.judgement.dates_vi import day_in_sentence

Told = dict[str, str]
Part = dict[str, object]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does at one instant: an entry for the ledger, or the approval of an agency's held letter.

    An `Accepted` names its declaration, and an `Approved` its letter, only when it is carried out.
    """

    at: datetime
    by: str
    agency: str | None
    milestone: str | None
    body: Body


@dataclass(frozen=True, slots=True)
class Case:
    """One agency's story, with the title a reader knows it by."""

    title: str
    agency: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """When the operator says the record is complete: each working morning of the spans, the missing days left out."""

    collector: str
    at: time
    complete_to: time
    spans: tuple[tuple[date, date], ...]
    missing: frozenset[date]


@dataclass(frozen=True, slots=True)
class Deal:
    """One milestone's documents: numbers (first, stride, round) and sending days, dealt out in turn."""

    milestone: str
    paper: str
    numbers: tuple[int, int, int]
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class OnTime:
    """The documents of all agencies without a story; `arrives_after` in minutes."""

    road: str
    arrives_after: int
    same_day_before: time
    entered_at: time
    next_morning_at: time
    hours: tuple[time, ...]
    deals: tuple[Deal, ...]
    signs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ZaloPart:
    """Whose focal officers have Zalo, at which steps it is used, and who has blocked the bot."""

    steps: frozenset[str]
    agencies: tuple[str, ...]
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The whole script. Instants are aware UTC; `boards` are those at which a sheet is drawn besides the end."""

    start: datetime
    end: datetime
    operator: str
    marks: Marks
    zalo: ZaloPart
    dead_mailboxes: tuple[str, ...]
    never: tuple[str, ...]
    on_time: OnTime
    boards: tuple[datetime, ...]
    cases: tuple[Case, ...]


def load_scenario() -> Scenario:
    """Return the shipped script; FilesRefused, KeyError or ValueError for one that cannot be read."""
    findings = Findings()
    node = read(files("daemon.demo").joinpath("scenario.yaml").read_bytes(), "scenario.yaml", findings)
    findings.refuse()
    assert node is not None, "a file without problems was read"
    told = cast("Part", _plain(node))
    return Scenario(
        start=_instant(_text(told, "start")),
        end=_instant(_text(told, "end")),
        operator=_text(told, "operator"),
        marks=_marks(_part(told, "marks")),
        zalo=_zalo(_part(told, "zalo")),
        dead_mailboxes=_several(told, "dead_mailboxes"),
        never=_several(told, "never"),
        on_time=_on_time(_part(told, "on_time"), cast("Told", told["signs"])),
        boards=tuple(map(_instant, _several(told, "boards"))),
        cases=tuple(_case(case, told) for case in cast("list[Part]", told["cases"])),
    )


def _plain(node: Node) -> object:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return {key.value: _plain(value) for key, value in node.pairs}


def _part(told: Part, key: str) -> Part:
    return cast("Part", told[key])


def _text(told: Part, key: str) -> str:
    return cast("str", told[key])


def _several(told: Part, key: str) -> tuple[str, ...]:
    return tuple(cast("list[str]", told[key]))


def _instant(text: str) -> datetime:
    typed, _, hour = text.partition(" ")
    return at(day(typed), clock(hour))


def _marks(told: Part) -> Marks:
    spans = [tuple(map(day, span.split(" - "))) for span in _several(told, "spans")]
    return Marks(
        collector=_text(told, "collector"),
        at=clock(_text(told, "at")),
        complete_to=clock(_text(told, "complete_to")),
        spans=tuple((first, last) for first, last in spans),
        missing=frozenset(map(day, _several(told, "missing"))),
    )


def _zalo(told: Part) -> ZaloPart:
    return ZaloPart(frozenset(_several(told, "steps")), _several(told, "agencies"), _several(told, "blocked"))


def _on_time(told: Part, signs: Told) -> OnTime:
    return OnTime(
        road=_text(told, "road"),
        arrives_after=int(_text(told, "arrives_after")),
        same_day_before=clock(_text(told, "same_day_before")),
        entered_at=clock(_text(told, "entered_at")),
        next_morning_at=clock(_text(told, "next_morning_at")),
        hours=tuple(map(clock, _several(told, "hours"))),
        deals=tuple(_deal(id_, cast("Part", deal)) for id_, deal in _part(told, "milestones").items()),
        signs=signs,
    )


def _deal(milestone: str, told: Part) -> Deal:
    first, stride, rounds = map(int, _several(told, "numbers"))
    return Deal(milestone, _text(told, "paper"), (first, stride, rounds), tuple(map(day, _several(told, "days"))))


def _case(told: Part, script: Part) -> Case:
    agency = _text(told, "agency")
    acts = tuple(_act(act, agency, script) for act in cast("list[Part]", told["acts"]))
    return Case(_text(told, "title"), agency, acts)


def _act(told: Part, agency: str, script: Part) -> Act:
    (verb,) = told.keys() - {"at", "milestone"}
    milestone = _text(told, "milestone") if "milestone" in told else None
    approver = cast("Told", script["approver"])
    by = {"declare": f"{agency}-dau-moi", "approve": approver["by"]}.get(verb, _text(script, "operator"))
    if verb == "approve":
        body: Body = Approved(name=approver["name"], title=approver["title"])
    else:
        body = _BODIES[verb](cast("Told", told[verb]))
    return Act(_instant(_text(told, "at")), by, agency, milestone, body)


def _act_time(told: Told, key: str) -> ActTime | None:
    if key not in told:
        return None
    return ActTime.of(_instant(told[key])) if " " in told[key] else ActTime(day(told[key]))


def _extended(told: Told) -> Extended:
    last = day(told["until"])
    return Extended(f"chậm nhất ngày {day_in_sentence(last)}", end_of(last), last, told["authority"], told["signer"])


def _returned(told: Told) -> Returned:
    return Returned(Return(told["how"]), told["reason"], day(told["until"]) if "until" in told else None)


_BODIES: Mapping[str, Callable[[Told], Body]] = {
    "receive": lambda t: Received(
        t["document"], day(t["issued"]), _act_time(t, "sent"), _act_time(t, "received"), t["road"]
    ),
    "declare": lambda t: Declared(t["document"], day(t["issued"]), _act_time(t, "sent")),
    "accept": lambda t: Accepted(
        0, t["document"], day(t["issued"]), _act_time(t, "sent"), _act_time(t, "received"), t["road"]
    ),
    "return": _returned,
    "extend": _extended,
    "exempt": lambda t: Exempted(t["authority"], t["signer"], t["reason"]),
    "call": lambda t: Called(t["spoke_to"], t["said"]),
    "promise": lambda t: Promised(day(t["on"]), t["said_by"]),
}
