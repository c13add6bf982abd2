"""Ledger bodies as canonical JSON text and back: one text for one body, so that its hash means something.

Keys sorted, no spaces, letters as themselves; instants as the columns write them, days as ISO dates, words by their
English key, an `ActTime` as {"at", "day"}. A field that is None is left out, so that a body written before a field
existed reads the same as one written after. Shapes come from the dataclasses in `daemon.domain.entries`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from daemon.domain.entries import BODY_OF, Body
from daemon.domain.words import EntryKind
from daemon.store.columns import instant_of, instant_text

Reader = Callable[[Any], Any]


def canonical(value: object) -> str:
    """Return the one JSON text of a value made of dicts, lists, text, numbers and None."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def plain(value: object) -> Any:
    """Return a body, or a value inside one, as what JSON can hold; TypeError for what no body has."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: plain(part) for name, part in parts if part is not None}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"no JSON for {type(value).__name__}")


def body_of(kind: EntryKind, value: object) -> Body:
    """Return the body of a kind from parsed JSON; ValueError if it has another shape."""
    shape: Any = BODY_OF[kind]
    return cast("Body", _reader(shape)(value))


@cache
def _reader(hint: Any) -> Reader:
    if isinstance(hint, UnionType):
        (inner,) = (part for part in get_args(hint) if part is not NoneType)
        return _reader(inner)  # None is left out, never read
    if get_origin(hint) is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if is_dataclass(hint):
        return _dataclass_reader(hint)
    return _READERS.get(hint) or (_member_reader(hint) if issubclass(hint, Enum) else _typed_reader(hint))


def _list_reader(inner: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"not a list: {value!r}")
        return tuple(inner(part) for part in value)

    return read


def _dataclass_reader(shape: Any) -> Reader:
    hints: Mapping[str, Any] = get_type_hints(shape)

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not value.keys() <= hints.keys():
            raise ValueError(f"not the shape of {shape.__name__}: {value!r}")
        try:
            return shape(**{name: _reader(hints[name])(part) for name, part in value.items()})
        except TypeError as error:
            raise ValueError(f"{shape.__name__}: {error}") from error

    return read


def _member_reader(words: type[Enum]) -> Reader:
    return words


def _typed_reader(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"not {kind.__name__}: {value!r}")
        return value

    return read


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"not a number: {value!r}")
    return float(value)


_READERS: Mapping[Any, Reader] = {datetime: instant_of, date: date.fromisoformat, float: _float}
