"""Commands that link people to the Zalo chats they write from: zalo link, read, links, unlink."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated

import typer

from daemon.cli.helping import Command, Commands
from daemon.cli.output import Format, FormatOption, as_json, complain, say, table
from daemon.cli.rows import Json, iso
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.who import who
from daemon.cli.zalo_token import token
from daemon.domain.register import Agency, Person
from daemon.domain.words import Channel
from daemon.domain.zalo_links import LinkCode, ZaloLink
from daemon.errors import EntryRefused
from daemon.managers.zalo_linking import LinkReport, end_link, give_code, poll_once
from daemon.rendering.zalo_linking import invitation, moment, named
from daemon.store.zalo_links import find_code, links, open_codes
from daemon.zalo_bot import open_bot
from notifiers.base import DeliveryError
from notifiers.zalo_bot import ZaloBotNotifier
from notifiers.zalo_bot_inbox import LONGEST_POLL, ZaloBotInbox

FAILED = 1
SHOWN = 12
PATIENCE = timedelta(minutes=10)
"""How long `--wait` waits."""

Bot = tuple[ZaloBotInbox, ZaloBotNotifier]
PersonArgument = Annotated[str, typer.Argument(help="Mã của người trong danh bạ.", metavar="NGƯỜI")]

zalo = typer.Typer(
    help="Kết nối Zalo của từng người với Zalo Bot; mã truy cập của OA.",
    no_args_is_help=True,
    rich_markup_mode=None,
    cls=Commands,
)


def link(
    person: PersonArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Chờ đến khi người ấy nhắn mã, nhiều nhất 10 phút.")] = False,
    by: AsOption = None,
    config: ConfigOption = None,
) -> int:
    """Cấp mã một lần để một người kết nối Zalo của mình; in sẵn câu để chuyển cho người ấy."""
    session = Session(config)
    actor = who(by, os.environ)
    agency, found = _person(session, person)
    return asyncio.run(_link(session, agency, found, actor, wait=wait))


async def _link(session: Session, agency: Agency, person: Person, actor: str, *, wait: bool) -> int:
    office = session.settings.sender.name
    async with _bot(session) as bot:
        name = await _bot_name(bot[0])
        with session.database() as database, database.write() as conn:
            code = give_code(conn, person.id, actor, session.now)
        say(f"Mã kết nối Zalo của {named(agency, person)}: {code.code}", "Chuyển cho người ấy câu sau:", "")
        say(f"  {invitation(code.code, name, office, code.expires_at)}", "")
        _say_what_hinders(agency, person)
        if not wait:
            say("Khi người ấy đã nhắn, chạy: dondoc zalo read (dịch vụ đang chạy thì tự đọc).")
            return 0
        say(f"Đang chờ người ấy nhắn mã, nhiều nhất {int(PATIENCE.total_seconds() // 60)} phút.")
        return await _until_linked(session, bot, code)


async def _until_linked(session: Session, bot: Bot, code: LinkCode) -> int:
    """Read until the code is used, be it read here or by the daemon."""
    end = session.clock.now() + PATIENCE
    while session.clock.now() < end:
        report = await _poll(session, bot, LONGEST_POLL)
        if report is None:
            return FAILED
        _say_read(session, report)
        with session.database() as database, database.read() as conn:
            kept = find_code(conn, code.code)
        if kept is not None and kept.used_at is not None:
            if code.person not in report.linked:
                say("Dịch vụ đã đọc mã và kết nối.")
            return 0
    complain("Chưa thấy mã. Mã vẫn còn hiệu lực; khi người ấy đã nhắn, chạy: dondoc zalo read.")
    return FAILED


def read(config: ConfigOption = None) -> int:
    """Đọc các tin đã nhắn tới Zalo Bot, kết nối người nhắn đúng mã và trả lời từng người."""
    return asyncio.run(_read(Session(config)))


async def _read(session: Session) -> int:
    async with _bot(session) as bot:
        report = await _poll(session, bot, 1.0)
    if report is None:
        return FAILED
    _say_read(session, report)
    if not report.read:
        say("Không có tin mới.")
    return 0


def list_links(form: FormatOption = Format.TABLE, config: ConfigOption = None) -> None:
    """Những người đã kết nối Zalo và những mã đang chờ nhắn."""
    session = Session(config)
    with session.database() as database, database.read() as conn:
        linked, waiting = links(conn), open_codes(conn, session.now)
    if form is Format.JSON:
        as_json(_rows(session, linked, waiting))
        return
    rows = [(*_who(session, one.person), moment(one.linked_at), one.by) for one in linked]
    rows += [(*_who(session, one.person), f"chờ nhắn mã đến {moment(one.expires_at)}", one.by) for one in waiting]
    if not rows:
        say("Chưa có ai kết nối Zalo. Cấp mã: dondoc zalo link NGƯỜI.")
        return
    table("Kết nối Zalo", ("Người", "Cơ quan", "Kết nối lúc", "Cấp mã"), rows)


def unlink(person: PersonArgument, config: ConfigOption = None) -> None:
    """Bỏ kết nối Zalo của một người; mã đã cấp mà chưa dùng cũng hết hiệu lực."""
    session = Session(config)
    with session.database() as database, database.write() as conn:
        ended = end_link(conn, person, session.now)
    if not ended:
        raise EntryRefused(f"“{person}” chưa kết nối Zalo. Xem những người đã kết nối: dondoc zalo links.")
    say(f"Đã bỏ kết nối Zalo của “{person}”.")


for name, command, short in (
    ("link", link, "Cấp mã kết nối cho một người"),
    ("read", read, "Đọc tin nhắn tới Bot, kết nối người nhắn đúng mã"),
    ("links", list_links, "Ai đã kết nối, mã nào đang chờ"),
    ("unlink", unlink, "Bỏ kết nối của một người"),
    ("token", token, "Nhập cặp mã truy cập của OA"),
):
    zalo.command(name, short_help=short, cls=Command)(command)


@asynccontextmanager
async def _bot(session: Session) -> AsyncIterator[Bot]:
    inbox, voice = open_bot(session.settings, session.clock)
    try:
        yield inbox, voice
    finally:
        await inbox.aclose()
        await voice.aclose()


async def _bot_name(inbox: ZaloBotInbox) -> str:
    try:
        return await inbox.account_name()
    except DeliveryError as failure:
        complain(f"Chưa hỏi được tên của Zalo Bot: {failure.detail}.")
        return ""


async def _poll(session: Session, bot: Bot, wait: float) -> LinkReport | None:
    """Read once; None, said aloud, if the bot cannot be read."""
    inbox, voice = bot
    office = session.settings.sender.name
    try:
        with session.database() as database:
            return await poll_once(database, inbox, voice, session.rules, office, session.clock.now, wait=wait)
    except DeliveryError as failure:
        complain(f"Không đọc được tin nhắn tới Zalo Bot: {failure.detail}.")
        return None


def _say_read(session: Session, report: LinkReport) -> None:
    for person in report.linked:
        say(f"Đã kết nối Zalo của {named(*session.rules.register.person_by_id[person])}.")
    if report.read > len(report.linked):
        say(f"Đã đọc {report.read} tin, {report.read - len(report.linked)} tin không kết nối được ai.")
    if report.unanswered:
        told = "; ".join(dict.fromkeys(report.unanswered))
        complain(f"{len(report.unanswered)} câu trả lời không gửi được ({told}); kết nối vẫn có hiệu lực.")


def _person(session: Session, word: str) -> tuple[Agency, Person]:
    people = session.rules.register.person_by_id
    if word in people:
        return people[word]
    near = get_close_matches(word, people, n=3)
    some = ", ".join(list(people)[:SHOWN]) + (", …" if len(people) > SHOWN else "")
    hint = f"Có phải là: {', '.join(near)}?" if near else f"Những người trong danh bạ: {some}."
    raise EntryRefused(f"Trong danh bạ không có người “{word}”. {hint}")


def _say_what_hinders(agency: Agency, person: Person) -> None:
    road = frozenset({Channel.ZALO})
    if not agency.narrowed(road) or (person.channels is not None and Channel.ZALO not in person.channels):
        complain(
            "Lưu ý: danh bạ (kenh, xung-ho) không cho gửi Zalo tới người này; kết nối rồi vẫn chỉ gửi thư điện tử."
        )


def _who(session: Session, person: str) -> tuple[str, str]:
    known = session.rules.register.person_by_id.get(person)
    if known is None:
        return person, "không còn trong danh bạ"
    agency, found = known
    return found.name or found.id, agency.short_name


def _rows(session: Session, linked: Sequence[ZaloLink], waiting: Sequence[LinkCode]) -> list[Json]:
    """Return one row per link and per open code; never a chat's id, never a code."""

    def row(person: str, by: str, **more: Json) -> Json:
        known = session.rules.register.person_by_id.get(person)
        return {"person": person, "agency": known[0].id if known else None, "by": by, **more}

    rows = [row(one.person, one.by, state="linked", linked_at=iso(one.linked_at)) for one in linked]
    return rows + [row(one.person, one.by, state="waiting", expires_at=iso(one.expires_at)) for one in waiting]
