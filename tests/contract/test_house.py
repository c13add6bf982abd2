"""The house keeps its own rules: small files, true first sentences, reasons, and nothing of the builder's machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = {".py", ".j2", ".html", ".css", ".sh", ".service", ".conf"}


def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern written with "~" in its words, so that this file does not hold what it forbids."""
    return re.compile(text.replace("~", ""), re.MULTILINE)


FORBIDDEN = pattern(
    r"py~pi\.org|python~hosted\.org|deb~\.debian\.org|registry~\.npmjs"
    r"|^--(?:extra-)?index~-url|(?<![a-z])/(?:wo~rk|ro~ot)/|/ho~me/[a-z]"
)
LATER = pattern(r"TO~DO|FIX~ME|XX~X\b|NotImpl~ementedError")
WAITING = pattern(r"\bsle~ep\((?!0\))")
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:)(?P<rest>.*)")


@cache
def kept_files() -> tuple[Path, ...]:
    """Return every file that is, or on the next commit would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    paths = (ROOT / name for name in sorted(names.split("\0")) if name)
    return tuple(path for path in paths if path.is_file())


def modules() -> list[Path]:
    """Return every Python file."""
    return [path for path in kept_files() if path.suffix == ".py"]


def shown(path: Path) -> str:
    """Return a path as people name it."""
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    """Return a file's text; bytes that are no text stay visible as such."""
    return path.read_bytes().decode("utf-8", errors="replace")


def test_no_file_is_too_long() -> None:
    """A file over 400 lines is two files."""
    code = [path for path in kept_files() if path.suffix in CODE or path.name in {"Makefile", "run"}]
    long = {shown(path): len(read(path).splitlines()) for path in code if "versions" not in path.parts}
    assert len(long) > 50
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_module_is_a_drawer() -> None:
    """A module is named for one thing."""
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [shown(path) for path in modules() if path.stem in drawers or path.parent.name in drawers] == []


def test_every_module_opens_with_a_sentence() -> None:
    """The first line of a module is a sentence that ends."""
    for path in modules():
        docstring = ast.get_docstring(ast.parse(read(path)))
        assert docstring, shown(path)
        assert docstring.split("\n\n")[0].rstrip().endswith((".", ":", "!", "?")), shown(path)


def test_nothing_of_the_builders_machine_is_kept() -> None:
    """No path of a machine and no registry's host stands in any file."""
    found = {shown(path): match[0] for path in kept_files() for match in FORBIDDEN.finditer(read(path))}
    assert found == {}


@pytest.mark.parametrize(
    "line", ["see /ro~ot/x", "https://py~pi.org/simple", "--index~-url https://x", "(/wo~rk/main)", "/ho~me/an/x"]
)
def test_the_forbidden_would_be_found(line: str) -> None:
    """The check above can fail."""
    assert FORBIDDEN.search("first line\n" + line.replace("~", ""))


def test_every_suppression_has_a_reason() -> None:
    """Whoever silences a checker says why, on the same line."""
    silent = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in modules()
        for number, line in enumerate(read(path).splitlines(), 1)
        if (match := SUPPRESSION.search(line)) and " - " not in match["rest"] and "SUPPRESSION" not in line
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    """No note to do it another day, and no test that waits for time to pass."""
    assert {shown(path): match[0] for path in modules() for match in LATER.finditer(read(path))} == {}
    tests = [path for path in modules() if path.is_relative_to(ROOT / "tests")]
    assert {shown(path): match[0] for path in tests for match in WAITING.finditer(read(path))} == {}


@pytest.mark.parametrize("folder", ["config", "schedules"])
def test_every_shipped_yaml_is_packaged(folder: str) -> None:
    """What an operator may copy from the repository, the installed program has too."""
    kept = {path.name for path in kept_files() if path.suffix == ".yaml" and path.parent == ROOT / folder}
    packaged = {path.name for path in files(f"daemon.{folder}").iterdir() if path.name.endswith(".yaml")}
    assert kept
    assert kept <= packaged


def test_every_module_has_a_floor() -> None:
    """Each module or package directly in `daemon` and `notifiers` is named by the import contract."""
    project = tomllib.loads(read(ROOT / "pyproject.toml"))
    floors = project["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name.strip(" ()") for floor in floors for name in floor.split("|")}
    data = set(project["tool"]["setuptools"]["package-dir"])
    standing = {
        f"{top}.{path.stem}"
        for top in ("daemon", "notifiers")
        for path in (ROOT / top).iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name != "__init__.py"
    }
    assert standing - data - named == set()


def test_every_decision_has_its_four_parts() -> None:
    """Numbered without a gap, each with its context, its options, the choice and what it costs, half a page at most."""
    paths = [path for path in kept_files() if path.parent == ROOT / "docs" / "decisions"]
    assert [int(path.name[:4]) for path in paths] == list(range(1, len(paths) + 1))
    for path in paths:
        said = path.read_text("utf-8")
        assert said.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = re.findall(r"^\*\*(\w+)\.\*\* +\S", said, re.MULTILINE)
        assert parts == ["Context", "Options", "Choice", "Cost"], path.name
        assert len(said.splitlines()) <= 50, path.name
