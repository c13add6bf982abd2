"""Every command a message, a letter, a page of the guides or a comment in the settings tells people to type exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import program

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\bdondoc((?: [a-z][a-z-]*)+)(?![\w_])((?:(?!dondoc )[^”;).`\n])*)")
GUIDES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "systemd" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
TEMPLATES = [*sorted((ROOT / "templates").glob("*")), *sorted((ROOT / "config").glob("*.yaml"))]
TEMPLATES += sorted((ROOT / "schedules").glob("*.yaml"))
VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạèẻéẹìỉíịòỏóọùủúụừửữứựờởớợếềểễệốồổỗộấầẩẫậắằẳẵặ]")


def said_by(path: Path) -> Iterator[str]:
    """Yield what a file says to people: a module's texts without its docstrings, in a guide what stands as code."""
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        yield from re.findall(r"`(dondoc [^`]+)`", text)
        yield from re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    elif path.suffix == ".py":
        tree = ast.parse(text)
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                yield "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield node.value
    else:
        yield text


def command(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that the words lead to, and those left over."""
    found: Any = program()
    while words and words[0] in getattr(found, "commands", {}):
        found, words = found.commands[words[0]], words[1:]
    return found, words


def faults(text: str) -> list[str]:
    """Return what a text tells people to type that cannot be typed."""
    wrong = []
    for match in NAMED.finditer(text):
        found, left = command(match[1].split())
        if hasattr(found, "commands") and (left or not found.invoke_without_command):  # no command, or a group's name
            wrong.append(match[0])
            continue
        known = {name for param in found.params for name in (*param.opts, *param.secondary_opts)}
        asked = re.findall(r"(?<!\S)--[a-z][a-z-]*", " ".join([*left, match[2]]))
        wrong += [f"{match[0]}: {option}" for option in asked if option not in known]
    return wrong


@pytest.mark.parametrize(
    "text",
    [
        "dondoc why",
        "dondoc retry MÃ --soon",
        "dondoc zalo",
        "dondoc approve --clock --now",
        "dondoc preview, dondoc why",
    ],
)
def test_what_cannot_be_typed_is_found(text: str) -> None:
    """The search is not in vain."""
    assert faults(text)


def test_what_people_are_told_to_type_can_be_typed() -> None:
    """In messages and letters, by Vietnamese sentences; in guides, templates and settings, wherever it stands."""
    found = {}
    for path in sorted((ROOT / "daemon").rglob("*.py")):
        found[path] = [text for text in said_by(path) if VIETNAMESE.search(text)]
    for path in (*GUIDES, *TEMPLATES):
        if path.is_file():
            found[path] = list(said_by(path))
    assert sum(len(NAMED.findall(text)) for texts in found.values() for text in texts) > 40
    wrong = {
        path.relative_to(ROOT): bad for path, texts in found.items() if (bad := [f for t in texts for f in faults(t)])
    }
    assert wrong == {}
