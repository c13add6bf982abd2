"""Which shape the database has, and how it gets there: Alembic revisions, the newest last.

Alembic itself is imported only to migrate; opening a database compares one word and the trigger set.
"""

from __future__ import annotations

from importlib import resources

from sqlalchemy import Connection, inspect, text

from daemon.store.triggers import TRIGGERS

REVISIONS = ("0001", "0002")
"""Every revision this program knows, oldest first."""


def revision(conn: Connection) -> str | None:
    """Return the database's revision; None if it has none."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def migrate(conn: Connection) -> None:
    """Bring the schema to the newest revision, inside the caller's transaction; RuntimeError if a trigger is amiss."""
    from alembic import command  # noqa: PLC0415 - Alembic takes longer to import than the rest of the store
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.attributes["connection"] = conn
    with resources.as_file(resources.files("daemon.store")) as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        command.upgrade(config, "head")
    if missing := faulty_triggers(conn):
        raise RuntimeError(f"triggers missing or changed after migrating: {', '.join(missing)}")


def faulty_triggers(conn: Connection) -> tuple[str, ...]:
    """Return the names of triggers that are missing, changed or not ours, sorted."""
    rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: row.sql for row in rows}
    expected = {name: sql.strip() for name, sql in TRIGGERS.items()}
    return tuple(sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)))
