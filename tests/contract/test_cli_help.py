"""What the command line says of itself: every command and every option, in the operator's language and in README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.cli import main
from daemon.cli.main import program

ENGLISH = re.compile(
    r"\b(Usage|Options|Commands|Arguments|Show this|exit|default|required|TEXT|PATH|INTEGER|range|str|int)\b"
)
VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def walk(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command below a group, by what is typed."""
    for name, found in getattr(tree, "commands", {}).items():
        typed = f"{path} {name}".strip()
        yield typed, found
        yield from walk(found, typed)


COMMANDS = dict(walk(program()))


def told(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """Return the help of a command as an operator reads it."""
    assert main([*command.split(), "--help"]) == 0
    return capsys.readouterr().out


def test_there_are_commands() -> None:
    """The tree is not walked in vain."""
    assert {"run", "check", "submit", "ledger verify", "db upgrade"} <= COMMANDS.keys()


@pytest.mark.parametrize("group", ["", *(name for name, found in COMMANDS.items() if hasattr(found, "commands"))])
def test_a_group_lists_its_commands(capsys: pytest.CaptureFixture[str], group: str) -> None:
    """Each command stands in its group's help, with a line that says what it is for."""
    _, _, lines = told(capsys, group).partition("Các lệnh:")
    listed = dict(re.findall(r"^  (\w[\w-]*) +(\S.*)$", lines, re.MULTILINE))
    inside = {name.removeprefix(group).strip() for name in COMMANDS if name.rpartition(" ")[0] == group}
    assert listed.keys() == inside
    assert [name for name, line in listed.items() if not VIETNAMESE.search(line)] == []


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_vietnamese(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """No word of the library's is left in any help text, and each command says what it does."""
    said = told(capsys, command)
    assert ENGLISH.findall(said) == []
    assert not re.search(r"[{}<]|\[\[", said.partition("\n")[0])
    assert "x>=" not in said
    assert said.startswith("Cách dùng: dondoc")
    assert VIETNAMESE.search(said.split("\n\n")[1])


@pytest.mark.parametrize("command", COMMANDS)
def test_everything_that_can_be_typed_is_explained(command: str) -> None:
    """Every option and every argument has a sentence in Vietnamese."""
    params = [param for param in COMMANDS[command].params if param.name != "help"]
    unsaid = [param.name for param in params if not VIETNAMESE.search(getattr(param, "help", None) or "")]
    assert unsaid == []


@pytest.mark.parametrize("command", [name for name, found in COMMANDS.items() if not hasattr(found, "commands")])
def test_readme_names_every_command(command: str) -> None:
    """What can be typed can be read of."""
    assert f"`{command}`" in README


def test_readme_names_no_other_command() -> None:
    """The table of commands has nothing that cannot be typed."""
    table = README.partition("| command | does |")[2].partition("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}
    assert named <= COMMANDS.keys()
