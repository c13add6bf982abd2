"""What a command works with: the settings found, the files read, the database opened - each when first asked for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from daemon.app import App, random_salts
from daemon.channels import open_notifiers
from daemon.clock import Clock, SystemClock, local_day
from daemon.domain.entries import Body, Entry
from daemon.domain.settings import Settings
from daemon.errors import ConfigError
from daemon.files.loading import Loaded, load
from daemon.files.settings import load_settings
from daemon.judgement.linking import with_links
from daemon.judgement.rulebook import Rulebook
from daemon.managers.intake import Intake, Wanted
from daemon.managers.record import Record
from daemon.managers.reloader import read_generation
from daemon.managers.removals import hold_large_removal
from daemon.store.engine import Database
from daemon.store.opening import create_database, open_database
from daemon.store.zalo_links import linked

PLACES = (Path("config/dondoc.yaml"), Path("/etc/dondoc/dondoc.yaml"))

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Tệp thiết lập dondoc.yaml.", show_default=False, metavar="TỆP")
]
AsOption = Annotated[str | None, typer.Option("--as", help="Người nhập, ghi vào sổ.", metavar="TÊN")]


def settings_path(named: Path | None) -> Path:
    """Return the settings file: `--config`, else DONDOC_CONFIG, else the first usual place that exists."""
    given = named or (Path(os.environ["DONDOC_CONFIG"]) if os.environ.get("DONDOC_CONFIG") else None)
    if given is not None and not given.exists():
        raise ConfigError(f"Không có tệp thiết lập {given}: kiểm tra --config hoặc biến DONDOC_CONFIG.")
    if given is not None:
        return given
    found = next((place for place in PLACES if place.is_file()), None)
    if found is None:
        places = " hoặc ".join(str(place) for place in PLACES)
        raise ConfigError(f"Không thấy tệp thiết lập: chưa có {places}. Hãy chỉ rõ bằng --config TỆP.")
    return found


@dataclass
class Session:
    """One command's view. Files are read once; ConfigError and DatabaseRefused pass to `main`."""

    config: Path | None = None
    clock: Clock = SystemClock()  # noqa: RUF009 - it holds nothing

    @cached_property
    def settings(self) -> Settings:
        """The administrator's settings."""
        return load_settings(settings_path(self.config))

    @cached_property
    def loaded(self) -> Loaded:
        """The operators' files."""
        return load(self.settings, today=local_day(self.now))

    @cached_property
    def rules(self) -> Rulebook:
        """What the files say, with the chats of those who linked theirs to the Zalo bot."""
        return with_links(self.loaded.rules, self.links)

    @cached_property
    def links(self) -> Mapping[str, str]:
        """The chats of people by their ids; none without a bot, or before there is a database."""
        zalo = self.settings.zalo
        if zalo is None or zalo.kind != "bot" or not self.settings.database.exists():
            return {}
        with self.database() as database, database.read() as conn:
            return linked(conn)

    @cached_property
    def now(self) -> datetime:
        """The instant at which the command began."""
        return self.clock.now()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database for the length of the block."""
        with open_database(self.settings.database) as database:
            yield database

    def make_database(self) -> Path:
        """Make an empty database; DatabaseRefused if there is anything in its place."""
        create_database(self.settings.database, now=self.now, identity=secrets.token_hex(16))
        return self.settings.database

    def enter(self, wanted: Sequence[Wanted], by: str) -> list[Entry]:
        """Record entries, all or none."""
        with self.database() as database:
            return Intake(database, self.rules, Record(), random_salts).enter(wanted, by, self.now)

    def about(
        self, agency: str, milestones: Sequence[str], plan: str | None, period: str | None, body: Body
    ) -> list[Wanted]:
        """Return one wanted entry for each milestone of an agency; EntryRefused naming what is valid."""
        with self.database() as database:
            intake = Intake(database, self.rules, Record(), random_salts)
            return [Wanted(body, intake.find(self.now, agency, m, plan, period)) for m in milestones]

    def open_app(self) -> App:
        """Return the whole daemon, wired."""
        generation = read_generation(self.settings, self.now)
        with self.database() as database:
            hold_large_removal(database, Record(), generation, self.settings.limits, self.now)
        database = open_database(self.settings.database)
        node = os.uname().nodename
        notifiers = open_notifiers(self.settings, self.clock, database)
        return App(self.settings, generation, database, notifiers, self.clock, node=node)
