"""Commands about the database file itself: upgrade."""

from __future__ import annotations

import typer

from daemon.cli.helping import Command, Commands
from daemon.cli.output import say
from daemon.cli.session import ConfigOption, Session
from daemon.store.upgrading import upgrade_database

db = typer.Typer(help="Cơ sở dữ liệu: nâng cấp sau khi cài phiên bản mới.", no_args_is_help=True, cls=Commands)


@db.callback()
def database() -> None:
    """Cơ sở dữ liệu: nâng cấp sau khi cài phiên bản mới."""


@db.command(short_help="Nâng cấp cho phiên bản mới", cls=Command)
def upgrade(config: ConfigOption = None) -> None:
    """Nâng cấp cơ sở dữ liệu cho phiên bản mới của dondoc: tạo bản sao bên cạnh trước, rồi nâng cấp trọn một lần."""
    session = Session(config)
    path = session.settings.database
    done = upgrade_database(path, session.now)
    if done.copy is None:
        say(f"Cơ sở dữ liệu {path} đã ở phiên bản mới nhất ({done.now}); không phải làm gì.")
        return
    say(
        f"Đã sao lưu cơ sở dữ liệu cũ vào {done.copy}.",
        f"Đã nâng cấp cơ sở dữ liệu {path} từ phiên bản {done.was} lên {done.now}.",
    )
