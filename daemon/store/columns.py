"""How the field's values lie in a column: text whose order is time order, words by their English key."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Dialect, ForeignKey, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

from daemon.clock import utc

_STORED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def instant_text(instant: datetime) -> str:
    """Return an aware instant as 27 characters of UTC ISO 8601; ValueError if it is naive."""
    return utc(instant).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@lru_cache(maxsize=16_384)  # a year's record holds the same few thousand instants, read again at each tick
def instant_of(text: str) -> datetime:
    """Read back what `instant_text` wrote; ValueError if it did not."""
    if not _STORED.fullmatch(text):
        raise ValueError(f"not an instant as stored here: {text}")
    return datetime.fromisoformat(text).astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """An aware instant; naive ones are refused. Fixed width, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn an instant into text."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn text into an aware instant in UTC."""
        return None if value is None else instant_of(value)


class Day(TypeDecorator[date]):
    """A calendar day in Vietnam; an instant is refused, since its day depends on where it is read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a day into text."""
        if isinstance(value, datetime):
            raise ValueError(f"an instant where a day is stored: {value.isoformat()}")
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn text into a day."""
        return None if value is None else date.fromisoformat(value)


class Word(TypeDecorator[Any]):
    """A member of a closed list, stored by its value and read back as a member."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[Enum]) -> None:
        super().__init__()
        self.words = words
        self._members = {str(word.value): word for word in words}

    def process_bind_param(self, value: Enum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a member into its value; ValueError for a word that is not in the list."""
        return None if value is None else str(self.words(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a value into its member; ValueError for a word that is not in the list."""
        return None if value is None else self._members.get(value) or self.words(value)


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the SQL condition that a column holds one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def key(kind: type[Any] = Text) -> Any:
    """Return a field that is (part of) the primary key."""
    return Field(primary_key=True, sa_type=kind)


def words(*, null: bool = False) -> Any:
    """Return a field of text."""
    return Field(sa_type=Text, nullable=null)


def instant(*, null: bool = False) -> Any:
    """Return a field of an aware instant."""
    return Field(sa_type=Instant, nullable=null)


def calendar_day(*, null: bool = False) -> Any:
    """Return a field of a calendar day."""
    return Field(sa_type=Day, nullable=null)


def member(words: type[Enum], *, null: bool = False, key: bool = False) -> Any:
    """Return a field of one word of a closed list."""
    return Field(sa_column=Column(Word(words), nullable=null, primary_key=key))


def foreign(target: str, *, null: bool = False, key: bool = False) -> Any:
    """Return a field that names a row of another table."""
    return Field(sa_column=Column(ForeignKey(target), nullable=null, primary_key=key))
