"""Codes given out and the chats they linked; a chat's id is text and leaves the store only to be written to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from daemon.domain.zalo_links import LinkCode, ZaloLink
from daemon.store.side_tables import ZALO_LINK, ZALO_LINK_CODE


def keep_code(conn: Connection, code: LinkCode) -> None:
    """Keep a new code; the person's earlier ones end with it. AlreadyRecorded if the code was ever given out."""
    end_codes(conn, code.person, code.made_at)
    values = {"code": code.code, "person": code.person, "by_whom": code.by}
    conn.execute(insert(ZALO_LINK_CODE), values | {"made_at": code.made_at, "expires_at": code.expires_at})


def find_code(conn: Connection, code: str) -> LinkCode | None:
    """Return a code that was given out, whatever became of it."""
    row = conn.execute(select(ZALO_LINK_CODE).where(ZALO_LINK_CODE.c.code == code)).first()
    return None if row is None else _code(row)


def open_codes(conn: Connection, now: datetime) -> list[LinkCode]:
    """Return the codes somebody may still write, by when they end."""
    waiting = (ZALO_LINK_CODE.c.used_at.is_(None), ZALO_LINK_CODE.c.expires_at > now)
    found = select(ZALO_LINK_CODE).where(*waiting).order_by(ZALO_LINK_CODE.c.expires_at, ZALO_LINK_CODE.c.code)
    return [_code(row) for row in conn.execute(found)]


def use_code(conn: Connection, code: LinkCode, address: str, now: datetime) -> None:
    """Link the code's person to a chat; the code is used up."""
    conn.execute(update(ZALO_LINK_CODE).where(ZALO_LINK_CODE.c.code == code.code).values(used_at=now))
    values = {"address": address, "linked_at": now, "by_whom": code.by}
    statement = upsert(ZALO_LINK).values({"person": code.person} | values)
    conn.execute(statement.on_conflict_do_update(index_elements=[ZALO_LINK.c.person], set_=values))


def end_codes(conn: Connection, person: str, now: datetime) -> bool:
    """End the codes of a person nobody has written yet; say whether there were any."""
    waiting = (ZALO_LINK_CODE.c.used_at.is_(None), ZALO_LINK_CODE.c.expires_at > now)
    ended = conn.execute(
        update(ZALO_LINK_CODE).where(ZALO_LINK_CODE.c.person == person, *waiting).values(expires_at=now)
    )
    return bool(ended.rowcount)


def unlink(conn: Connection, person: str) -> bool:
    """Forget a person's chat; False if none was known."""
    return bool(conn.execute(delete(ZALO_LINK).where(ZALO_LINK.c.person == person)).rowcount)


def links(conn: Connection) -> list[ZaloLink]:
    """Return every link, by person."""
    rows = conn.execute(select(ZALO_LINK).order_by(ZALO_LINK.c.person))
    return [ZaloLink(row.person, row.address, row.linked_at, row.by_whom) for row in rows]


def linked(conn: Connection) -> Mapping[str, str]:
    """Return the chat id of each person who has one."""
    return {link.person: link.address for link in links(conn)}


def _code(row: Row[Any]) -> LinkCode:
    return LinkCode(row.code, row.person, row.by_whom, row.made_at, row.expires_at, row.used_at)
