"""The program `dondoc`: its commands, and how an error becomes words and an exit status.

Exit: 0 fine, also with warnings; 1 findings or failure; 2 usage, or files or a database that cannot be used.
`run` exits 78 for what a restart cannot mend.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from daemon.cli import (
    acts,
    answers,
    apologies,
    db,
    deliveries,
    failures,
    files,
    ledger,
    mailbox,
    restraint,
    running,
    silence,
    zalo,
)
from daemon.cli.helping import Command, Commands
from daemon.cli.output import complain
from daemon.cli.usage import help_of, in_vietnamese
from daemon.errors import ConfigError, DatabaseRefused, DondocError, EntryRefused, FilesRefused, StoreBusy

USAGE = 2
FAILED = 1
CONFIG = 78  # EX_CONFIG of sysexits.h: systemd is told not to restart for it

app = typer.Typer(
    name="dondoc",
    help="Đôn đốc các cơ quan gửi văn bản theo kế hoạch, đúng thời hạn.\n\nCách dùng từng lệnh: dondoc LỆNH --help",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=Commands,
)
COMMANDS = (
    ("init", running.init, "Tạo cơ sở dữ liệu lần đầu"),
    ("run", running.run, "Chạy dịch vụ (dùng với systemd)"),
    ("demo", running.demo, "Chạy thử cả năm 2022 của Kế hoạch 1026"),
    ("check", files.check, "Kiểm tra các tệp, báo mọi lỗi kèm vị trí"),
    ("preview", files.preview, "Xem trước các thư sẽ gửi"),
    ("status", answers.status, "Ai đã gửi, ai chưa, trễ mấy ngày"),
    ("show", answers.show, "Hồ sơ của một cơ quan và lý do từng lần nhắc"),
    ("submit", acts.submit, "Nhập văn bản đến"),
    ("mark", acts.mark, "Xác nhận đã nhập hết văn bản đến"),
    ("approve", restraint.approve, "Những gì chờ duyệt; cho gửi"),
    ("pause", silence.pause, "Tạm dừng nhắc: tất cả, một kế hoạch, một khối"),
    ("mute", silence.mute, "Tạm dừng nhắc một cơ quan"),
    ("promise", silence.promise, "Ghi ngày cơ quan hẹn gửi"),
    ("call", silence.call, "Ghi cuộc gọi nhắc"),
    ("apologise", apologies.apologise, "Xin lỗi vì nhắc nhầm, gửi mọi người đã nhận thư"),
    ("retry", failures.retry, "Gửi lại thư không đến được, thử lại kênh tạm ngừng"),
    ("deliveries", deliveries.list_deliveries, "Thư đã gửi, đang chờ, không gửi được"),
    ("repair", mailbox.repair, "Địa chỉ phải sửa vì thư bị trả lại"),
    ("mailbox", mailbox.mailbox, "Thư đến cần người xem: trả lời, báo lỗi lạ"),
)
for name, command, short in COMMANDS:
    app.command(name, short_help=short, cls=Command)(command)
app.add_typer(ledger.ledger_commands, name="ledger", short_help="Sổ theo dõi: xem, xuất, đối chiếu")
app.add_typer(db.db, name="db", short_help="Cơ sở dữ liệu: nâng cấp cho phiên bản mới")
app.add_typer(zalo.zalo, name="zalo", short_help="Zalo: kết nối từng người, mã truy cập của OA")


@cache
def program() -> Callable[..., Any]:
    """Return the program as one tree of commands; building it takes longer than most of them."""
    return get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = program()(given, standalone_mode=False, prog_name="dondoc")
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return FAILED
    except TyperException as error:
        hint = [] if error.message.startswith("Cách dùng:") else [f"Xem cách dùng: {help_of(error)}"]
        complain(in_vietnamese(error), *hint)
        return USAGE
    except FilesRefused as error:
        complain(*map(str, error.problems), *_undone(given))
        return _refused(given)
    except (ConfigError, DatabaseRefused) as error:
        complain(str(error))
        return _refused(given)
    except EntryRefused as error:
        complain(str(error))
        return USAGE
    except StoreBusy as error:
        complain(f"Chưa thực hiện được: cơ sở dữ liệu đang bận hoặc ổ đĩa đầy ({error}). Hãy thử lại sau ít phút.")
        return FAILED
    except DondocError as error:
        complain(f"Chưa thực hiện được: {error}")
        return FAILED
    return result if isinstance(result, int) else 0


def _undone(given: Sequence[str]) -> list[str]:
    """What the faults meant for the command: nothing to add where they are its answer, or end the journal."""
    if {"check", "run"} & set(given[:3]):
        return []
    return ["Lệnh chưa được thực hiện, vì các tệp có lỗi như trên. Sửa xong, xin chạy lại lệnh."]


def _refused(given: Sequence[str]) -> int:
    return CONFIG if "run" in given[:3] else USAGE
