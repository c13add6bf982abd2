"""Bytes to a tree of text: every scalar as typed, every problem with its place, slips mended so that more are found."""

from __future__ import annotations

import re

import yaml

from daemon.files.encoding import decode
from daemon.files.nodes import Findings, Node, Place
from daemon.files.syntax import Fault, Repair, repair, tidy
from daemon.files.tree import Build, TooMuch

MOST_REPAIRS = 20
PATIENCE = 8 * 1024 * 1024
"""Characters parsed at most, over all attempts to mend one file."""


def read(raw: bytes, file: str, findings: Findings) -> Node | None:
    """Return the one document of a file; None if it cannot be read. Problems go to `findings`."""
    text = decode(raw, file, findings)
    if text is None:
        return None
    lines = text.split("\n")
    mended = tidy(lines, file, findings)
    attempts = max(2, PATIENCE // (len(text) + 1))
    for _ in range(min(MOST_REPAIRS, attempts)):
        build = Build(file, lines)
        try:
            node = build.document()
        except TooMuch as exc:
            build.report(findings)
            findings.error(exc.place, exc.message)
            return None
        except yaml.MarkedYAMLError as exc:
            fault = _fault(exc)
            found, spent = _mend(lines, fault, attempts)
            attempts -= spent
            if found is None:
                build.report(findings)
                if fault.line not in mended or findings.errors_in(file) == 0:
                    findings.error(Place(file, fault.line + 1, fault.col + 1), _unreadable(lines, fault))
                return None
            if found.line not in mended:
                findings.error(Place(file, found.line + 1, found.col + 1), found.message)
            lines[found.line] = found.text
            continue
        build.report(findings)
        return node
    findings.error(Place(file, 1, 1), "còn nhiều lỗi cú pháp nữa; sửa các lỗi trên rồi kiểm tra lại")
    return None


def _fault(exc: yaml.MarkedYAMLError) -> Fault:
    mark = exc.problem_mark or exc.context_mark
    inside = exc.context_mark if re.search("quoted scalar|flow", exc.context or "") else None
    return Fault(mark.line if mark else 0, mark.column if mark else 0, inside.line if inside else None)


def _mend(lines: list[str], fault: Fault, attempts: int) -> tuple[Repair | None, int]:
    """Return a correction that lets the parser pass the line it corrects, and how many parses it took."""
    spent = 0

    def mends(one: Repair) -> bool:
        nonlocal spent
        if spent >= attempts:
            return False
        spent += 1
        after = _first_fault([*lines[: one.line], one.text, *lines[one.line + 1 :]])
        return after is None or after.is_past(fault, one)

    return repair(lines, fault, mends), spent


def _first_fault(lines: list[str]) -> Fault | None:
    try:
        Build("", lines).document()
    except yaml.MarkedYAMLError as exc:
        return _fault(exc)
    except TooMuch:
        return None
    return None


def _unreadable(lines: list[str], fault: Fault) -> str:
    line = lines[fault.line].strip() if fault.line < len(lines) else ""
    shown = f" ở “{line[:80]}”" if line else ""
    look = "xem lại thụt đầu dòng, dấu nháy, dấu ngoặc và dấu hai chấm ở dòng này và dòng trên"
    return f"không đọc được cú pháp{shown}; {look}"
