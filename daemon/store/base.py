"""What every table class shares: one set of constraint names, apart from any other SQLModel program's."""

from __future__ import annotations

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """What all tables share: one set of names, apart from any other SQLModel program's."""


def table(name: str) -> Table:
    """Return a table by its name, for statements of SQLAlchemy Core."""
    return METADATA.tables[name]
