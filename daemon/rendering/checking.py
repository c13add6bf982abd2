"""Tries every template with sample data before it is used, so that no letter finds a fault first."""

from __future__ import annotations

import difflib
from pathlib import Path

from daemon.errors import Problem
from daemon.rendering.engine import TemplateFault, Templates, shipped_names
from daemon.rendering.message import render_slots
from daemon.rendering.samples import sample_slots


def _unknown(directory: Path, known: frozenset[str]) -> list[Problem]:
    """Files that no letter would ever read: most likely a name misspelt."""
    problems = []
    for path in sorted(directory.iterdir()):
        if path.name in known or path.name.startswith((".", "__")) or path.is_dir():
            continue
        near = difflib.get_close_matches(path.name, known, n=1)
        hint = f"; có phải “{near[0]}”?" if near else ""
        problems.append(Problem(path.name, 0, 0, f"không có mẫu thư nào tên như vậy, tệp không được dùng{hint}", True))
    return problems


def check_templates(directory: Path | None) -> tuple[Problem, ...]:
    """Return every fault of the templates in force (`directory` over the shipped ones), in file and line order.

    Each template is read, and each letter and notice is filled with sample data of every voice. A warning names a file
    that nothing uses. A directory that does not exist is one problem.
    """
    if directory is not None and not directory.is_dir():
        return (Problem(str(directory), 0, 0, "không có thư mục mẫu thư này"),)
    known = shipped_names()
    templates = Templates(directory)
    found = {(fault.file, fault.line, fault.message) for fault in _read_faults(templates, known)}
    for slots in sample_slots():
        try:
            rendered = render_slots(slots, templates)
        except TemplateFault as fault:
            found.add((fault.file, fault.line, fault.message))
            continue
        if not rendered.subject:
            found.add((f"{slots['mau']}.j2", 0, "tiêu đề (khối “chu_de”) không có chữ nào"))
    warnings = _unknown(directory, known) if directory is not None else []
    faults = [Problem(file, line, 0, message) for file, line, message in sorted(found)]
    return (*faults, *warnings)


def _read_faults(templates: Templates, names: frozenset[str]) -> list[TemplateFault]:
    faults = []
    for name in sorted(names):
        try:
            templates.read(name)
        except TemplateFault as fault:
            faults.append(fault)
    return faults
