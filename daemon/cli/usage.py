"""Usage errors in Vietnamese: what was typed wrongly and what is valid."""

from __future__ import annotations

import re

from typer.exceptions import TyperException

EXTRA = re.compile(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)
MARKS = str.maketrans("", "", "'[]{}")  # how the library dresses a name


def in_vietnamese(error: TyperException) -> str:
    """Return what a person is told of a usage error; the library's own words only where none of ours fit."""
    name = type(error).__name__
    if name == "NoSuchOption":
        near = sorted(getattr(error, "possibilities", None) or [])
        hint = f" Có phải là: {', '.join(near)}?" if near else ""
        return f"Không có tùy chọn “{getattr(error, 'option_name', '')}”.{hint}"
    if name == "MissingParameter":
        return f"Còn thiếu {_param(error)}."
    if name == "BadParameter":
        return f"Giá trị của {_param(error)} không hợp lệ{_why(error.message)}"
    if name == "BadOptionUsage":
        return f"Tùy chọn “{getattr(error, 'option_name', '')}” cần kèm giá trị."
    if error.message.startswith("No such command"):
        named = re.findall(r"'([^']*)'", error.message)
        meant = f" Có phải là: {', '.join(named[1:])}?" if len(named) > 1 else ""
        return f"Không có lệnh “{named[0]}”.{meant}"
    if found := EXTRA.search(error.message):
        return f"Thừa từ trong câu lệnh: {found[1]}."
    return error.format_message()


def help_of(error: TyperException) -> str:
    """Return the command whose help explains the error: the one that was typed, as far as it was understood."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context is not None else 'dondoc'} --help"


def _param(error: TyperException) -> str:
    param = getattr(error, "param", None)
    return f"“{param.get_error_hint().translate(MARKS)}”" if param is not None else "một giá trị"


def _why(message: str) -> str:
    """Say what is valid instead; nothing but a full stop where the library's words are not known."""
    if " is not one of " in message:
        return f". Chọn một trong: {message.partition(' is not one of ')[2].replace(chr(39), '').rstrip('.')}."
    if found := re.search(r"greater than or equal to (\d+)", message):
        return f": phải từ {found[1]} trở lên."
    if "valid integer" in message:
        return ": phải là một số."
    return "."
