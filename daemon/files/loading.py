"""All of the operators' files to one Rulebook: read whole, checked across, refused together or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from daemon.domain.ladders import Ladder
from daemon.domain.settings import Settings
from daemon.errors import Problem
from daemon.files.agencies import RegisterFile
from daemon.files.calendars import CalendarsFile, read_calendars
from daemon.files.checks import Checks, Echo, Places
from daemon.files.holiday_tables import differences
from daemon.files.ladders import read_ladders
from daemon.files.matching import near_miss
from daemon.files.nodes import Findings, Node, Place, in_file_order
from daemon.files.plans import Known, PlansFile
from daemon.files.reader import read
from daemon.files.references import Directory
from daemon.files.sources import raw_bytes, shown_name, yaml_files
from daemon.judgement.calendars import Window
from daemon.judgement.rulebook import Rulebook


@dataclass(frozen=True)
class Loaded:
    """One valid set of files. `digest` is the SHA-256 of their names and contents, in hexadecimal.

    `echoes` say how each milestone was understood, in the order of the Rulebook; an inactive plan has one line.
    `at`: where agencies, people, plans and milestones were declared.
    """

    rules: Rulebook
    warnings: tuple[Problem, ...]
    digest: str
    echoes: tuple[Echo, ...]
    at: Places = field(default_factory=dict, repr=False, compare=False)


def load(settings: Settings, *, today: date | None = None) -> Loaded:
    """Read the files the settings name; FilesRefused with every problem of every file if any has a fault.

    `today` (in Vietnam) adds what depends on the day: plans that have ended. Without it nothing does.
    """
    return _Load(settings, today).run()


class _Load:
    """One reading of all files."""

    def __init__(self, settings: Settings, today: date | None) -> None:
        self._settings = settings
        self._today = today
        self._findings = Findings()
        self._digest = hashlib.sha256()

    def run(self) -> Loaded:
        """Return what was read, or raise FilesRefused."""
        files, findings = self._settings.files, self._findings
        calendars = self._calendars(files.calendar)
        ladders = self._ladders(files.ladders)
        register = self._register(files.agencies, calendars)
        plans = PlansFile()
        for path in yaml_files(files.schedules, findings):
            if (node := self._node(path)) is not None:
                plans.add(node, shown_name(path), findings)
        known = Known(
            directory=Directory(register.register) if register else None,
            ladders=ladders,
            office=calendars.office if calendars else None,
            inactive=[agency.id for agency in register.register.agencies if not agency.active] if register else (),
        )
        read_plans = plans.plans(known)
        findings.refuse()
        assert calendars is not None, "a file without problems was read"
        assert register is not None, "a file without problems was read"
        assert ladders is not None, "a file without problems was read"
        rules = Rulebook(
            plans=read_plans,
            register=register.register,
            ladders=ladders,
            office=calendars.office,
            own=calendars.own,
            windows=tuple(Window(opens, closes) for opens, closes in self._settings.windows),
        )
        differences(calendars, findings)
        places = {**plans.at, **_register_places(register)}
        checks = Checks(rules, findings, places, self._today)
        echoes = checks.run()
        return Loaded(rules, in_file_order(findings.warnings), self._digest.hexdigest(), echoes, places)

    def _node(self, path: Path) -> Node | None:
        shown = shown_name(path)
        raw = raw_bytes(path, shown, self._findings)
        if raw is None:
            return None
        for part in (path.name.encode("utf-8", "surrogateescape"), raw):
            self._digest.update(len(part).to_bytes(8, "big") + part)
        return read(raw, shown, self._findings)

    def _calendars(self, path: Path) -> CalendarsFile | None:
        node = self._node(path)
        return None if node is None else read_calendars(node, self._findings)

    def _ladders(self, path: Path) -> Mapping[str, Ladder] | None:
        node = self._node(path)
        return None if node is None else read_ladders(node, self._findings, self._settings.windows)

    def _register(self, path: Path, calendars: CalendarsFile | None) -> RegisterFile | None:
        node = self._node(path)
        if node is None:
            return None
        smtp = self._settings.smtp
        zalo = self._settings.zalo
        register = RegisterFile(
            node,
            self._findings,
            international=smtp is not None and smtp.international,
            zalo_by_phone=zalo is not None and zalo.kind == "zbs",
        )
        if calendars is not None:
            for form, calendar in register.calendar_at.values():
                if calendar not in calendars.own:
                    form.error("calendar", f"không có lịch riêng “{calendar}”{near_miss(calendar, calendars.own)}")
        return register


def _register_places(register: RegisterFile) -> dict[tuple[str, ...], Place]:
    places: dict[tuple[str, ...], Place] = {("agency", id_): at for id_, at in register.agency_at.items()}
    return places | {("person", id_): at for id_, at in register.person_at.items()}
