"""The folder a demo leaves behind, whole in itself: the office's files, a database, and who carries the letters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from daemon.app import App
from daemon.clock import VirtualClock
from daemon.demo.scenario import Scenario, ZaloPart
from daemon.domain.register import Agency
from daemon.domain.settings import Settings
from daemon.domain.words import Channel, Role
from daemon.errors import ConfigError, os_reason
from daemon.files.settings import load_settings
from daemon.judgement.rulebook import Rulebook
from daemon.local.mail import HOST, LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from daemon.managers.reloader import read_generation
from daemon.store.opening import create_database, open_database
from notifiers.base import Notifier
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute

MARKER = ".dondoc-demo"
"""Says that a folder is a demo's, so that the next demo may replace it."""

IDENTITY = "demo"
_MARKER_TEXT = "Thư mục kết quả của dondoc demo; lần chạy sau sẽ xóa và làm lại.\n"


def clear(out: Path) -> None:
    """Make an empty folder for the demo; ConfigError (Vietnamese) if something else lies there."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} là một tệp, không phải thư mục. Hãy chọn thư mục khác bằng --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise ConfigError(
            f"Thư mục {out} đã có nội dung khác nên dondoc không ghi vào. Hãy chọn thư mục mới hoặc trống bằng --out."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        for inside in out.iterdir():
            if inside.is_dir() and not inside.is_symlink():
                shutil.rmtree(inside)
            elif inside.name != MARKER:
                inside.unlink()
    except OSError as error:
        raise ConfigError(f"Không ghi được vào thư mục {out}: {os_reason(error)}.") from error


def furnish(out: Path) -> Settings:
    """Copy the shipped files into the folder, as an office would have them, and return its settings."""
    for package in ("config", "schedules"):
        folder = out / package
        folder.mkdir()
        for name in sorted(entry.name for entry in files(f"daemon.{package}").iterdir()):
            if name.endswith(".yaml"):
                (folder / name).write_bytes(files(f"daemon.{package}").joinpath(name).read_bytes())
    settings = load_settings(out / "config" / "dondoc.yaml")
    return replace(settings, pace=replace(settings.pace, in_turn=True))  # a fixed order


def open_demo(settings: Settings, script: Scenario, clock: VirtualClock, mail: LocalMail, zalo: LocalZaloBot) -> App:
    """Return the daemon as an office would run it, but for its clock, its salts and whom its letters reach."""
    generation = read_generation(settings, clock.now())
    rules = with_zalo(generation.rules, script.zalo)
    zalo.chats.update(chat_of(id_) for id_ in focal_officers(rules, script.zalo.agencies))
    for id_ in focal_officers(rules, script.zalo.blocked):
        zalo.refusals[chat_of(id_)] = (400, "Bad Request: bot was blocked by the user")
    for id_ in script.dead_mailboxes:
        mail.refuse(rules.register.person_by_id[id_][1].email or "")
    create_database(settings.database, now=clock.now(), identity=IDENTITY)
    route = SmtpRoute(HOST, settings.sender.address, port=mail.port, security="none", connections=1)
    notifiers: dict[Channel, Notifier] = {
        Channel.EMAIL: EmailNotifier(route),
        Channel.ZALO: ZaloBotNotifier(ZaloBotRoute(zalo.base_url, zalo.token), clock.now),
    }
    loaded = replace(generation.loaded, rules=rules)
    salts = _salts()
    return App(
        settings,
        replace(generation, loaded=loaded),
        open_database(settings.database),
        notifiers,
        clock,
        salts=lambda: next(salts),
        node=IDENTITY,
    )


def with_zalo(rules: Rulebook, part: ZaloPart) -> Rulebook:
    """Return the files as they would be with Zalo in use: ids in the register, both channels at the steps named."""
    officers = frozenset(focal_officers(rules, part.agencies))
    agencies = tuple(_with_ids(agency, officers) for agency in rules.register.agencies)
    both = frozenset(Channel)
    ladders = {
        id_: replace(
            ladder,
            steps=tuple(replace(s, channels=both) if s.id in part.steps else s for s in ladder.steps),
        )
        for id_, ladder in rules.ladders.items()
    }
    return replace(rules, register=replace(rules.register, agencies=agencies), ladders=ladders)


def focal_officers(rules: Rulebook, agencies: tuple[str, ...]) -> list[str]:
    """Return the ids of the focal officers of some agencies."""
    people = [person for id_ in agencies for person in rules.agency(id_).people]
    return [person.id for person in people if person.role is Role.FOCAL]


def chat_of(person: str) -> str:
    """Return the Zalo chat id a person has in the demo: shaped like the platform's, the same each time."""
    return sha256(person.encode()).hexdigest()[:19]


def _with_ids(agency: Agency, officers: frozenset[str]) -> Agency:
    people = tuple(replace(p, zalo=chat_of(p.id)) if p.id in officers else p for p in agency.people)
    return replace(agency, people=people)


def _salts() -> Iterator[bytes]:
    """Salts that are the same in every run; a real office's are random."""
    number = 0
    while True:
        number += 1
        yield sha256(f"{IDENTITY} salt {number}".encode()).digest()[:16]
