"""What a command works with: the settings found, the files read, the database opened - each when first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.clock import Clock, SystemClock, local_day
from daemon.domain.settings import Settings
from daemon.errors import ConfigError
from daemon.files.loading import Loaded, load
from daemon.files.settings import load_settings
from daemon.judgement.linking import with_links
from daemon.judgement.rulebook import Rulebook

if TYPE_CHECKING:
    from daemon.store.engine import Database

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
        from daemon.store.zalo_links import linked  # noqa: PLC0415 - as below: only with a bot

        with self.database() as database, database.read() as conn:
            return linked(conn)

    @cached_property
    def now(self) -> datetime:
        """The instant at which the command began."""
        return self.clock.now()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database for the length of the block."""
        from daemon.store.opening import open_database  # noqa: PLC0415 - `check` waits for no store it does not open

        with open_database(self.settings.database) as database:
            yield database
