"""The commands of `dondoc`: each one's name, place and line in the help; imported when it is asked for."""

from __future__ import annotations

from collections import UserDict
from pkgutil import resolve_name
from typing import Any, NamedTuple

import typer
from typer.main import get_group

from daemon.cli.helping import Command, Commands


class Entry(NamedTuple):
    """One command: `place` is "module:name" below this package, a function or a group of commands."""

    place: str
    short: str

    def build(self, name: str) -> Any:
        """Import the command's module and return the command as the library runs it."""
        found = resolve_name(f"{__package__}.{self.place}")
        shelf = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            shelf.add_typer(found, name=name, short_help=self.short)
        else:
            shelf.command(name, short_help=self.short, cls=Command)(found)
        return get_group(shelf).commands[name]


COMMANDS = {
    "init": Entry("running:init", "Tạo cơ sở dữ liệu lần đầu"),
    "run": Entry("running:run", "Chạy dịch vụ (dùng với systemd)"),
    "demo": Entry("running:demo", "Chạy thử cả năm 2022 của Kế hoạch 1026"),
    "check": Entry("checking:check", "Kiểm tra các tệp, báo mọi lỗi kèm vị trí"),
    "preview": Entry("previewing:preview", "Xem trước các thư sẽ gửi"),
    "status": Entry("answers:status", "Ai đã gửi, ai chưa, trễ mấy ngày"),
    "show": Entry("answers:show", "Hồ sơ của một cơ quan và lý do từng lần nhắc"),
    "submit": Entry("acts:submit", "Nhập văn bản đến"),
    "mark": Entry("acts:mark", "Xác nhận đã nhập hết văn bản đến"),
    "void": Entry("corrections:void", "Hủy một mục nhập nhầm trong sổ"),
    "approve": Entry("restraint:approve", "Những gì chờ duyệt; cho gửi"),
    "pause": Entry("silence:pause", "Tạm dừng nhắc: tất cả, một kế hoạch, một khối"),
    "mute": Entry("silence:mute", "Tạm dừng nhắc một cơ quan"),
    "promise": Entry("silence:promise", "Ghi ngày cơ quan hẹn gửi"),
    "call": Entry("silence:call", "Ghi cuộc gọi nhắc"),
    "apologise": Entry("apologies:apologise", "Xin lỗi vì nhắc nhầm, gửi mọi người đã nhận thư"),
    "retry": Entry("failures:retry", "Gửi lại thư không đến được, thử lại kênh tạm ngừng"),
    "deliveries": Entry("deliveries:list_deliveries", "Thư đã gửi, đang chờ, không gửi được"),
    "repair": Entry("mailbox:repair", "Địa chỉ phải sửa vì thư bị trả lại"),
    "mailbox": Entry("mailbox:mailbox", "Thư đến cần người xem: trả lời, báo lỗi lạ"),
    "ledger": Entry("ledger:ledger_commands", "Sổ theo dõi: xem, xuất, đối chiếu"),
    "db": Entry("db:db", "Cơ sở dữ liệu: nâng cấp cho phiên bản mới"),
    "zalo": Entry("zalo:zalo", "Zalo: kết nối từng người, mã truy cập của OA"),
}


class Built(UserDict[str, Any]):
    """The commands by name, in the catalogue's order; one is imported and built when it is first taken."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, Entry):
            found = self.data[name] = found.build(name)
        return found


class Program(Commands):
    """`dondoc` itself: it is listed, and what was mistyped is matched, without importing any command."""

    def __init__(self) -> None:
        super().__init__(
            name="dondoc",
            help="Đôn đốc các cơ quan gửi văn bản theo kế hoạch, đúng thời hạn.\n\n"
            "Cách dùng từng lệnh: dondoc LỆNH --help",
            no_args_is_help=True,
            rich_markup_mode=None,
        )
        self.commands = Built(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library asks with a context
        """Return the names in the order in which the help lists them."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the library asks with a context
        """Write the help's list of commands."""
        with formatter.section("Các lệnh"):
            formatter.write_dl([(name, entry.short) for name, entry in COMMANDS.items()])
