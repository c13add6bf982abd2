"""What did not get through: the dead set with why and what was tried, one more try, and the line that says so first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from daemon.cli.output import Format, FormatOption, as_json, complain, say, table
from daemon.cli.rows import Json, iso
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.who import who
from daemon.clock import local_day
from daemon.domain.failures import DeadLetter
from daemon.domain.words import Channel
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import clock_in_table, short_day
from daemon.judgement.failing import needs
from daemon.judgement.rulebook import Rulebook
from daemon.managers.alarming import count_waiting, ills, lost_letters
from daemon.managers.record import Record
from daemon.managers.reviving import Retry, Revived
from daemon.rendering.causes import why_unreached
from daemon.rendering.health import trouble_line
from daemon.rendering.labels import CHANNEL, REASON
from daemon.rendering.names import agency_name, channel_name, role_of
from daemon.roads import named_roads
from daemon.store.dead import dead_letters
from daemon.store.ledger import random_salts


def warn(session: Session) -> None:
    """Say first, on standard error, what is not well, so that no answer is read as if all were."""
    with session.database() as database, database.read() as conn:
        record = Record()
        lost = lost_letters(conn, record, session.rules, session.now)
        found = ills(conn, record, lost, needs(session.settings), session.rules, session.now)
        waiting = count_waiting(conn, named_roads(session.settings), session.rules, session.now) if found else {}
    complain(*(f"Chú ý: {trouble_line(trouble, waiting)}." for trouble in found))


def list_dead(session: Session, form: Format, agency: str | None = None) -> None:
    """Print the letters nobody got and nothing is trying to deliver any more, the latest first."""
    with session.database() as database, database.read() as conn:
        found = [dead for dead in dead_letters(conn) if agency in (None, dead.agency)]
    if form is Format.JSON:
        as_json([_json(dead) for dead in found])
        return
    if not found:
        say("Không có thư nào không đến được.")
        return
    table(
        "Thư không đến được người nào",
        ("Mã thư", "Cơ quan", "Từ lúc", "Đã thử"),
        [_row(dead, session.rules) for dead in found],
    )
    say(f"{len(found)} thư. Gửi lại: dondoc retry MÃ_THƯ, hoặc dondoc retry --all-dead.")


def _row(dead: DeadLetter, rules: Rulebook) -> tuple[str, ...]:
    tried = "; ".join(
        f"{role_of(road.person, rules)} qua {channel_name(road.channel)}: "
        f"{why_unreached(road.channel, road.state, road.detail)}"
        for road in dead.roads
    )
    since = f"{clock_in_table(dead.died_at)} {short_day(local_day(dead.died_at))}"
    return dead.id, agency_name(dead.agency, rules), since, tried


def _json(dead: DeadLetter) -> Json:
    return {
        "letter": dead.id,
        "kind": str(dead.kind),
        "agency": dead.agency,
        "tier": str(dead.tier),
        "level": int(dead.level),
        "day": iso(dead.day),
        "died_at": iso(dead.died_at),
        "items": [str(item) for item in dead.items],
        "tried": [
            {
                "person": road.person,
                "channel": str(road.channel),
                "state": str(road.state),
                "version": road.version,
                "attempts": road.attempts,
                "ended_at": iso(road.ended_at),
                "code": road.code,
                "detail": road.detail,
            }
            for road in dead.roads
        ],
    }


def retry(
    letters: Annotated[
        list[str] | None,
        typer.Argument(help="Mã các thư gửi lại (xem: dondoc deliveries --dead).", metavar="[MÃ_THƯ...]"),
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="Thử lại ngay kênh đang tạm ngừng.", show_default=False)
    ] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Gửi lại mọi thư không đến được.")] = False,
    not_arrived: Annotated[
        bool, typer.Option("--not-arrived", help="Gửi lại cả thư không rõ, vì cơ quan xác nhận chưa nhận được.")
    ] = False,
    by: AsOption = None,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Gửi lại thư không đến được (sau khi sửa địa chỉ), hoặc thử lại kênh đang tạm ngừng."""
    if sum((bool(letters), channel is not None, all_dead)) != 1:
        raise EntryRefused("Cần đúng một trong ba: mã thư, --channel KÊNH, hoặc --all-dead.")
    if not_arrived and not letters:
        raise EntryRefused("--not-arrived chỉ dùng với mã thư: mỗi thư phải hỏi cơ quan trước.")
    session = Session(config)
    person = who(by, os.environ)
    with session.database() as database:
        again = Retry(database, session.rules, Record(), random_salts)
        if channel is not None:
            again.channel(channel, person, session.now)
            done = None
        elif letters:
            done = again.letters(letters, person, session.now, not_arrived=not_arrived)
        else:
            done = again.all_dead(person, session.now)
    if done is None:
        _say_channel(channel, form)
    else:
        _say_letters(done, session.rules, form)


def _say_channel(channel: Channel | None, form: Format) -> None:
    assert channel is not None
    if form is Format.JSON:
        as_json({"channel": str(channel)})
        return
    say(f"{CHANNEL[channel]}: thư kế tiếp được gửi thử ngay trong lượt tới; gửi được thì các thư chờ tự gửi tiếp.")


def _say_letters(done: Sequence[Revived], rules: Rulebook, form: Format) -> None:
    if form is Format.JSON:
        as_json(
            [
                {
                    "letter": one.letter,
                    "agency": one.agency,
                    "deliveries": one.deliveries,
                    "refused": str(one.refused) if one.refused is not None else None,
                }
                for one in done
            ]
        )
    elif not done:
        say("Không có thư nào gửi lại được.")
    else:
        for one in done:
            to = f"{one.letter} ({agency_name(one.agency, rules)})"
            if one.refused is not None:
                say(f"{to}: không gửi lại. {REASON[one.refused]}")
            else:
                say(f"{to}: gửi lại cho {one.deliveries} nơi nhận, vào giờ gửi gần nhất.")
        if any(one.deliveries for one in done):
            say("Địa chỉ vừa sửa chỉ có hiệu lực sau khi nạp lại: systemctl reload dondoc.")
    if done and not any(one.deliveries for one in done):
        raise typer.Exit(1)
