"""The program `dondoc`: how an error becomes words and an exit status.

Exit: 0 fine, also with warnings; 1 findings or failure; 2 usage, or files or a database that cannot be used.
`run` exits 78 for what a restart cannot mend.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

import typer
from typer.exceptions import TyperException

from daemon.cli.catalogue import Program
from daemon.cli.output import complain
from daemon.cli.usage import help_of, in_vietnamese
from daemon.errors import ConfigError, DatabaseRefused, DondocError, EntryRefused, FilesRefused, StoreBusy

USAGE = 2
FAILED = 1
CONFIG = 78  # EX_CONFIG of sysexits.h: systemd is told not to restart for it


@cache
def program() -> Program:
    """Return the program as one tree of commands, kept, so that each command is built once."""
    return Program()


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
