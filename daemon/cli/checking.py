"""The command check: every fault of the files at once, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.cli.output import Format, FormatOption, as_json, complain, say
from daemon.cli.session import ConfigOption, Session
from daemon.clock import local_day
from daemon.errors import FilesRefused, Problem
from daemon.files.reach import unreached_by_zalo
from daemon.rendering.checking import check_templates

if TYPE_CHECKING:
    from daemon.cli.rows import Json


def check(config: ConfigOption = None, form: FormatOption = Format.TABLE) -> None:
    """Kiểm tra các tệp: báo mọi lỗi một lần, kèm vị trí và cách sửa."""
    session = Session(config)
    problems: tuple[Problem, ...] = (
        *session.settings.warnings,
        *check_templates(session.settings.files.templates),
    )
    faults = [problem for problem in problems if not problem.warning]
    try:
        problems += session.loaded.warnings
    except FilesRefused as error:
        raise FilesRefused((*faults, *error.problems)) from None
    if faults:
        raise FilesRefused(tuple(faults))
    problems += unreached_by_zalo(session.loaded, session.settings.zalo, local_day(session.now), session.links)
    if form is Format.JSON:
        as_json([_problem_row(problem) for problem in problems])
        return
    say(*(str(echo) for echo in session.loaded.echoes))
    complain(*map(str, problems))
    say(f"Các tệp hợp lệ; {len(problems)} cảnh báo." if problems else "Các tệp hợp lệ.")


def _problem_row(problem: Problem) -> Json:
    return {
        "file": problem.file,
        "line": problem.line,
        "col": problem.col,
        "message": problem.message,
        "warning": problem.warning,
    }
