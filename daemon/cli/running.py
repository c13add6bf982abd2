"""Commands that start something: init, run, demo."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from daemon import logs
from daemon.app import open_app
from daemon.cli.output import say
from daemon.cli.session import ConfigOption, Session
from daemon.sd_notify import ServiceManager
from daemon.service import Service
from daemon.store.opening import create_database
from daemon.store.planner_lock import planner_lock


def init(config: ConfigOption = None) -> None:
    """Tạo cơ sở dữ liệu lần đầu; không bao giờ tạo đè lên dữ liệu đã có."""
    session = Session(config)
    path = session.settings.database
    create_database(path, now=session.now, identity=secrets.token_hex(16))
    say(f"Đã tạo cơ sở dữ liệu {path}.")


def run(config: ConfigOption = None) -> None:
    """Chạy dịch vụ ở tiền cảnh (dùng với systemd); dừng bằng SIGTERM, nạp lại tệp bằng SIGHUP."""
    manager = ServiceManager.from_environment(os.environ)
    session = Session(config)
    logs.configure(session.settings.log_level)
    with planner_lock(session.settings.database):
        asyncio.run(_serve(session, manager))


async def _serve(session: Session, manager: ServiceManager) -> None:
    app = open_app(session.settings, session.clock, node=os.uname().nodename)
    try:
        await Service(app, manager).run()
    finally:
        await app.aclose()


def demo(
    out: Annotated[Path, typer.Option("--out", help="Thư mục kết quả.", metavar="THƯ_MỤC")] = Path("demo-out"),
    fast: Annotated[bool, typer.Option("--fast/--slow", help="Chạy nhanh, hoặc chậm để theo dõi từng ngày.")] = True,
) -> None:
    """Chạy thử cả năm 2022 của Kế hoạch 1026 với máy chủ thư và Zalo tại chỗ; để lại thư, sổ và bảng theo dõi."""
    from daemon.demo.play import play  # noqa: PLC0415 - its servers are needed by no other command

    raise typer.Exit(play(out, slow=not fast))
