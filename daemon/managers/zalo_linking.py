"""Links people to the chats they write from: a code is given out, found in what the bot receives, and answered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from daemon.domain.zalo_links import LinkCode, LinkReply
from daemon.judgement.linking import LASTS, codes_in, new_code
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.zalo_linking import named, reply_text
from daemon.store.engine import Database
from daemon.store.zalo_links import end_codes, find_code, keep_code, linked, open_codes, unlink, use_code
from notifiers.base import DeliveryError, Message, Notifier
from notifiers.zalo_bot_inbox import BotText, ZaloBotInbox

MOST = 50
"""Messages read in one go."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What one reading did: messages read, people linked (ids), why answers did not leave (fit for a log)."""

    read: int
    linked: tuple[str, ...]
    unanswered: tuple[str, ...]


def give_code(conn: Connection, person: str, by: str, now: datetime) -> LinkCode:
    """Return a new code for a person, good for 24 hours and once; his earlier codes end."""
    code = new_code(secrets.choice)
    while find_code(conn, code) is not None:
        code = new_code(secrets.choice)
    given = LinkCode(code, person, by, now, now + LASTS)
    keep_code(conn, given)
    return given


def end_link(conn: Connection, person: str, now: datetime) -> bool:
    """Forget a person's chat and end the codes given out for him; False if there was neither."""
    ended = end_codes(conn, person, now)
    return unlink(conn, person) or ended


def waiting(database: Database, now: datetime) -> bool:
    """Say whether anybody may still write a code: only then is the bot worth reading."""
    with database.read() as conn:
        return bool(open_codes(conn, now))


async def poll_once(
    database: Database,
    inbox: ZaloBotInbox,
    speaker: Notifier,
    rules: Rulebook,
    office: str,
    now: Callable[[], datetime],
    *,
    wait: float = 1.0,
) -> LinkReport:
    """Read what was written to the bot until nothing is left, link whom a code names, answer each chat.

    `speaker` carries the answers, `office` signs them; `wait` is in seconds, for the first message. A link stands
    even if its answer does not leave. DeliveryError if the bot cannot be read, as while a webhook is set.
    """
    read = 0
    people: list[str] = []
    unanswered: list[str] = []
    answered: set[str] = set()
    while read < MOST and (text := await inbox.next_text(wait if not read else min(wait, 1.0))) is not None:
        read += 1
        reply, person = await asyncio.to_thread(_take, database, rules, text, now())
        if person is not None and reply is LinkReply.LINKED:
            people.append(person)
        elif reply is None or text.chat_id in answered:
            continue
        answered.add(text.chat_id)
        who = named(*rules.register.person_by_id[person]) if person is not None else ""
        try:
            await speaker.deliver(Message("zalo-link", text.chat_id, reply_text(reply, office, who).encode()), _at_once)
        except DeliveryError as failure:
            unanswered.append(failure.detail)
    return LinkReport(read, tuple(people), tuple(unanswered))


def _take(database: Database, rules: Rulebook, text: BotText, now: datetime) -> tuple[LinkReply | None, str | None]:
    """Return what a message amounts to and whom its code names; None for what needs no answer."""
    if not text.chat_id or text.from_bot:
        return None, None
    codes = codes_in(text.text)
    if not text.private:
        return (LinkReply.NOT_PRIVATE if codes else None), None
    with database.write() as conn:
        for code in codes:
            found = find_code(conn, code)
            if found is not None and found.person in rules.register.person_by_id:
                return _use(conn, found, text.chat_id, now), found.person
    return LinkReply.UNKNOWN, None


def _use(conn: Connection, code: LinkCode, address: str, now: datetime) -> LinkReply:
    if code.used_at is not None:
        return LinkReply.AGAIN if linked(conn).get(code.person) == address else LinkReply.USED
    if now >= code.expires_at:
        return LinkReply.EXPIRED
    use_code(conn, code, address, now)
    return LinkReply.LINKED


async def _at_once() -> None:
    """Let an answer go: nothing of it is kept."""
