"""What is installed is what stands in the tree: names, data and all."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, packages_distributions
from importlib.resources import files
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
DATA: dict[str, str] = SETUPTOOLS["package-dir"]  # package -> folder at the top of the tree
FOLDERS = {"daemon": "daemon", "notifiers": "notifiers"} | DATA


def tree() -> set[str]:
    """Return every file of the packages, named as in a wheel."""
    return {
        (Path(*package.split(".")) / path.relative_to(ROOT / folder)).as_posix()
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give a wheel built from a copy of the tree, and what the build had to say."""
    copied = tmp_path_factory.mktemp("source")
    for folder in FOLDERS.values():
        copytree(ROOT / folder, copied / folder, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        copy(ROOT / name, copied)
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    result = subprocess.run(
        [sys.executable, "-c", code, "dist"], cwd=copied, capture_output=True, text=True, timeout=110, check=False
    )
    assert result.returncode == 0, result.stderr
    (wheel,) = (copied / "dist").glob("*.whl")
    return wheel, result.stderr


def test_our_import_names_have_one_owner() -> None:
    """Other distributions exist that install `daemon` or `notifiers`; beside one of them dondoc would break."""
    owners = packages_distributions()
    assert set(owners["daemon"]) == set(owners["notifiers"]) == {"dondoc"}


def test_every_package_is_listed() -> None:
    """The list in pyproject.toml is the tree's: every folder with an `__init__.py`, and no other."""
    standing = {
        ".".join([*package.split("."), *path.parent.relative_to(ROOT / folder).parts])
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(SETUPTOOLS["packages"]) == standing
    assert SETUPTOOLS["packages"] == sorted(SETUPTOOLS["packages"])


def test_the_wheel_holds_exactly_the_tree(build: tuple[Path, str]) -> None:
    """No file of the packages is left out and nothing is added but the metadata."""
    wheel, _ = build
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert archive.testzip() is None
    assert held == tree()


def test_the_build_has_no_reservations(build: tuple[Path, str]) -> None:
    """A package that setuptools finds "absent" or deprecated today is missing tomorrow."""
    _, said = build
    assert "absent" not in said
    assert "Deprecat" not in said


def test_both_packages_are_typed(build: tuple[Path, str]) -> None:
    """Type checkers believe our annotations only where a marker lies beside them."""
    wheel, _ = build
    with zipfile.ZipFile(wheel) as archive:
        assert {"daemon/py.typed", "notifiers/py.typed"} <= set(archive.namelist())


@pytest.mark.parametrize("package", sorted(DATA))
def test_data_is_found_where_the_program_looks(package: str) -> None:
    """At run time the shipped data is the tree's, live."""
    found = {path.name for path in files(package).iterdir()} - {"__pycache__"}
    assert found == {path.name for path in (ROOT / DATA[package]).iterdir()} - {"__pycache__"}
    assert found > {"__init__.py"}


def test_the_console_script_is_there() -> None:
    """`dondoc` starts something that can be called."""
    (script,) = entry_points(group="console_scripts", name="dondoc")
    assert script.value == PROJECT["project"]["scripts"]["dondoc"]
    assert callable(script.load())


def test_requirements_are_locked_for_every_dependency() -> None:
    """Each dependency stands in the locked files with a hash, and no line there names a place to fetch from."""
    locked = (ROOT / "requirements.txt").read_text("utf-8")
    locked_dev = (ROOT / "requirements-dev.txt").read_text("utf-8")
    extras = PROJECT["project"]["optional-dependencies"]
    for text, needs in (
        (locked, PROJECT["project"]["dependencies"] + extras["build"]),
        (locked_dev, PROJECT["project"]["dependencies"] + extras["build"] + extras["dev"]),
    ):
        pins = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
        names = {pin.split("==")[0] for pin in pins}
        assert {requirement_name(need) for need in needs} - names == set()
        assert [pin for pin in pins if "==" not in pin] == []
        assert text.count("--hash=sha256:") >= len(pins)


def requirement_name(requirement: str) -> str:
    """Return the name that a requirement begins with."""
    return requirement.partition(">")[0].partition("<")[0].partition("=")[0].strip()
