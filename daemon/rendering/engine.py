"""Loads and renders the office's templates over the shipped ones, in a sandbox that cannot run away.

An operator's directory needs to hold only the files it changes; every other template is the shipped one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import CodeType, TracebackType

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    Environment,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment

from daemon.errors import TemplateRefused
from daemon.rendering import grammar
from daemon.rendering.clean import Slot
from daemon.rendering.layout import emphasised

OUTPUT_LIMIT = 256 * 1024  # characters of one rendered block
SOURCE_LIMIT = 64 * 1024  # bytes of one template file
RANGE_LIMIT = 100
NAME = re.compile(r"[a-z0-9_.-]+\.j2")

_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def bounded_range(*bounds: int) -> range:
    """Return `range(*bounds)`; ValueError above a hundred steps, which no letter needs."""
    steps = range(*bounds)
    if len(steps) > RANGE_LIMIT:
        raise ValueError(f"range quá dài (nhiều nhất {RANGE_LIMIT})")
    return steps


class _Strict(StrictUndefined):
    """An empty slot nobody filled, named in Vietnamese."""

    @property
    def _undefined_message(self) -> str:
        return f"không có ô dữ liệu “{self._undefined_name}”"


class _Letters(ImmutableSandboxedEnvironment):
    """The sandbox, with the grammar of letters checked at every parse."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        grammar.check(tree, name)
        return tree


def shipped_names() -> frozenset[str]:
    """Return the names of the templates that come with the program."""
    return frozenset(entry.name for entry in files("daemon.templates").iterdir() if entry.name.endswith(".j2"))


class _Compiled(BytecodeCache):
    """What each template compiled to, by its text: a reload compiles only what was edited."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept for a template of this name and text."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a template compiled to, in place of an earlier text's."""
        if bucket.code is not None:
            self._kept[bucket.key] = (bucket.checksum, bucket.code)


_COMPILED = _Compiled()
"""For both environments: a template's name says in which of them it is read."""


class _Layers(BaseLoader):
    """The operator's directory first, then the shipped templates."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - jinja2's own signature
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return the text and the path of a template; TemplateNotFound if neither layer has it."""
        if not NAME.fullmatch(template):
            raise TemplateNotFound(template)
        own = self.directory / template if self.directory is not None else None
        if own is not None and own.is_file():
            return _read(own.read_bytes(), template), str(own), lambda: True
        shipped = files("daemon.templates").joinpath(template)
        if not shipped.is_file():
            raise TemplateNotFound(template, f"không có mẫu thư “{template}”")
        return _read(shipped.read_bytes(), template), str(shipped), lambda: True


def _read(raw: bytes, name: str) -> str:
    if len(raw) > SOURCE_LIMIT:
        raise TemplateSyntaxError(f"tệp lớn hơn {SOURCE_LIMIT // 1024} KiB", 1, name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise TemplateSyntaxError("tệp không phải Unicode UTF-8", line, name) from exc


def _capped(pieces: Iterator[str]) -> str:
    held: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise ValueError(f"nội dung soạn ra vượt {OUTPUT_LIMIT // 1024} nghìn ký tự")
        held.append(piece)
    return "".join(held)


def _place(exc: BaseException, traceback: TracebackType | None) -> tuple[str | None, int]:
    """Where in which template it went wrong: the innermost template on the way."""
    if isinstance(exc, TemplateSyntaxError):
        return exc.name, exc.lineno
    found: tuple[str | None, int] = (None, 0)
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            found = (template.name, template.get_corresponding_lineno(traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def _message(exc: BaseException, slots: Mapping[str, Slot]) -> str:
    text = str(getattr(exc, "message", None) or exc)
    if isinstance(exc, UndefinedError):
        wanted = re.search(r"“(.+?)”", text)
        near = difflib.get_close_matches(wanted[1], list(slots), n=1) if wanted else []
        return f"{text}; có phải “{near[0]}”?" if near else text
    if isinstance(exc, TemplateNotFound):
        return f"không có mẫu thư “{exc.name}”"
    if isinstance(exc, TemplateSyntaxError) and text.isascii():
        return f"sai cú pháp ({text})"
    return text if not text.isascii() else f"không soạn được ({type(exc).__name__}: {text})"


class TemplateFault(TemplateRefused):
    """A template that does not load or render, with its file and line (0: the file as a whole)."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class Templates:
    """The templates in force; `directory` holds the operator's own, None: the shipped ones alone.

    Files are read once: a live edit is checked and then loaded as a new `Templates`.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory
        options = {
            "loader": _Layers(directory), "undefined": _Strict, "auto_reload": False, "bytecode_cache": _COMPILED
        }  # fmt: skip
        self._plain = self._environment(_Letters(autoescape=False, **options))
        self._html = self._environment(_Letters(autoescape=True, **options))

    @staticmethod
    def _environment(environment: _Letters) -> _Letters:
        environment.globals.clear()
        environment.globals["range"] = bounded_range
        environment.filters = {k: v for k, v in environment.filters.items() if k in grammar.FILTERS}
        environment.filters["nhan_manh"] = emphasised
        return environment

    def block(self, name: str, block: str, slots: Mapping[str, Slot]) -> str:
        """Return one block of a template filled with `slots`; TemplateFault if it does not render."""
        return self._render(name, block, slots)

    def whole(self, name: str, slots: Mapping[str, Slot]) -> str:
        """Return a whole template filled with `slots`, escaped if its name has ".html."; TemplateFault on failure."""
        return self._render(name, None, slots)

    def read(self, name: str) -> None:
        """Read and compile a template without filling it; TemplateFault if it cannot be."""
        self._guarded(name, {}, lambda environment: str(environment.get_template(name).name))

    def _render(self, name: str, block: str | None, slots: Mapping[str, Slot]) -> str:
        def fill(environment: Environment) -> str:
            template = environment.get_template(name)
            if block is not None and block not in template.blocks:
                raise TemplateSyntaxError(f"thiếu khối “{block}”", 1, name)
            root = template.root_render_func if block is None else template.blocks[block]
            return _capped(root(template.new_context(dict(slots))))

        return self._guarded(name, slots, fill)

    def _guarded(self, name: str, slots: Mapping[str, Slot], work: Callable[[Environment], str]) -> str:
        try:
            return work(self._html if ".html." in name else self._plain)
        except _FAULTS as exc:
            file, line = _place(exc, exc.__traceback__)
            raise TemplateFault(file or name, line, _message(exc, slots)) from exc
