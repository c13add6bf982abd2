"""The command approve: what waits for a person and why, and his word that it may happen."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from daemon.cli.output import Format, FormatOption, as_json, say, table
from daemon.cli.previewing import snapshot_at, span
from daemon.cli.rows import Json, held_rows, iso
from daemon.cli.session import AsOption, ConfigOption, Session
from daemon.cli.who import who
from daemon.clock import local, local_day
from daemon.domain.letters import Letter
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import Tier
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import day_in_sentence, short_day
from daemon.judgement.rehearsal import rehearse
from daemon.judgement.rulebook import Rulebook
from daemon.managers.approvals import Approvals
from daemon.managers.intake import Intake
from daemon.managers.record import Record
from daemon.managers.removals import dropped
from daemon.rendering.context import letter_code
from daemon.rendering.labels import step_label
from daemon.rendering.names import agency_name, task_name
from daemon.store.clock_state import ClockState, clock_state
from daemon.store.engine import Database
from daemon.store.holding import HeldFor, HeldLetter, held_letters
from daemon.store.ledger import random_salts
from daemon.store.listing import DeliveryFilter, deliveries

HELD = ("Mã thư", "Gửi", "Nội dung", "Vì sao chờ", "Từ lúc")
WHY = {
    HeldFor.APPROVAL: "Chờ ký duyệt",
    HeldFor.FLOOD: "Ngoài dự kiến",
}
TO = {
    Tier.OFFICERS: "đầu mối",
    Tier.HEAD: "thủ trưởng",
    Tier.COLLECTOR: "lãnh đạo",
}
NAMED = "Cần thêm --name và --title của người duyệt: thư gửi thủ trưởng đứng tên người duyệt."


def approve(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Mã các thư cho gửi; với --start: mã cơ quan và các mốc.", metavar="[MÃ...]"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Tất cả các thư (với --start: mọi nội dung).")] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="Họ tên người duyệt.", metavar="HỌ_TÊN", show_default=False)
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="Chức danh người duyệt.", metavar="CHỨC_DANH", show_default=False)
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Duyệt các thư dự kiến, như dondoc preview.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", help="Thư dự kiến từ ngày.", metavar="NGÀY", show_default=False)
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Thư dự kiến đến hết ngày.", metavar="NGÀY", show_default=False)
    ] = None,
    late: Annotated[bool, typer.Option("--start", help="Cho nhắc nội dung được biết quá muộn.")] = False,
    removal: Annotated[bool, typer.Option("--removal", help="Cho dùng các tệp hiện có, dù bỏ nhiều nội dung.")] = False,
    clock: Annotated[bool, typer.Option("--clock", help="Xác nhận đồng hồ máy chủ đang đúng.")] = False,
    by: AsOption = None,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Những gì đang chờ người duyệt và vì sao; kèm mã thư: cho gửi."""
    session = Session(config)
    if sum((preview, late, removal, clock)) > 1:
        raise EntryRefused("Mỗi lần chỉ duyệt một việc: --preview, --start, --removal hoặc --clock.")
    given = words or []
    if not (given or everything or preview or late or removal or clock):
        _show(session, form)
        return
    person = who(by, os.environ)
    with session.database() as database:
        approvals = Approvals(database, session.rules, Record(), random_salts)
        if preview:
            _preview(session, approvals, person, start, end)
        elif late:
            _late_start(session, approvals, person, given, everything=everything)
        elif removal:
            _removal(session, database, approvals, person)
        elif clock:
            approvals.clock(person, session.now)
            say("Đã ghi: đồng hồ máy chủ đang đúng. Việc gửi thư tiếp tục ở lượt sau.")
        else:
            _letters(session, database, person, None if everything else given, name, title)


def _show(session: Session, form: Format) -> None:
    with session.database() as database:
        with database.read() as conn:
            held, state = held_letters(conn), clock_state(conn)
            gone = dropped(conn, Record(), session.rules, session.now)
        late = Approvals(database, session.rules, Record(), random_salts).late_starts(session.now)
    if form is Format.JSON:
        as_json({"letters": held_rows(held), "late_starts": [_key(key) for key in late], "clock": _clock_json(state)})
        return
    rules = session.rules
    if held:
        table("Thư chờ duyệt", HELD, [_held_row(one, rules) for one in _in_order(held, rules)])
        say(f"{len(held)} thư. Cho gửi: dondoc approve MÃ_THƯ... hoặc dondoc approve --all.")
        if any(HeldFor.FLOOD in one.reasons for one in held):
            limit = session.settings.limits.flood
            say(f"Ngoài dự kiến: một lần gửi có hơn {limit} thư không có trong bản xem trước đã duyệt.")
    if late:
        rows = [(rules.agency(key.agency).short_name, rules.milestone(key).short, key.milestone) for key in late]
        table("Nội dung được biết khi lịch nhắc đã qua hết", ("Cơ quan", "Nội dung", "Mốc"), rows)
        say(f"{len(late)} nội dung. Cho nhắc: dondoc approve --start CƠ_QUAN MỐC... hoặc --start --all.")
    if gone:
        say(f"Các tệp hiện có bỏ {len(gone)} nội dung đang theo dõi. Nếu đúng: dondoc approve --removal.")
    if state.seconds is not None:
        say(f"{_moved(state.seconds)} Nếu giờ hiện nay đã đúng: dondoc approve --clock.")
    if not (held or late or gone or state.seconds is not None):
        say("Không có gì chờ duyệt.")


def _in_order(held: Sequence[HeldLetter], rules: Rulebook) -> list[HeldLetter]:
    """The first to be of no more use first, then in protocol order."""
    order = rules.register.order
    return sorted(held, key=lambda x: (x.expires_at is None, x.expires_at, order.get(x.letter.letter.agency, 0)))


def _moved(seconds: float) -> str:
    way = "tới" if seconds > 0 else "lùi"
    return f"Đồng hồ máy chủ bị chỉnh {way} {abs(seconds) / 3600:.0f} giờ; việc gửi thư đang tạm dừng."


def _clock_json(state: ClockState) -> Json:
    return {"held_since": iso(state.held_since), "seconds": state.seconds}


def _key(key: ObligationKey) -> Json:
    return {**key._asdict()}


def _held_row(held: HeldLetter, rules: Rulebook) -> tuple[str, ...]:
    letter, since = held.letter.letter, local(held.since)
    asked: dict[str, dict[str, None]] = {}
    for item in letter.items:
        asked.setdefault(step_label(item.wording), {})[task_name(item.key.obligation, rules)] = None
    return (
        letter_code(held.letter.id),
        f"{agency_name(letter.agency, rules)} ({TO[letter.tier]})",
        "; ".join(f"{step}: {', '.join(contents)}" for step, contents in asked.items()),
        "; ".join(WHY[reason] for reason in held.reasons),
        f"{short_day(since.date())} {since:%H:%M}",
    )


def _letters(
    session: Session, database: Database, by: str, typed: Sequence[str] | None, name: str | None, title: str | None
) -> None:
    with database.read() as conn:
        held = {one.letter.id: one for one in held_letters(conn)}
    ids = list(held) if typed is None else list(dict.fromkeys(_meant(word, held) for word in typed))
    if not ids:
        raise EntryRefused("Không có thư nào chờ duyệt.")
    # All or none: half of them gone and a refusal would leave the reader guessing which.
    if any(HeldFor.APPROVAL in held[id_].reasons for id_ in ids if id_ in held) and not (name and title):
        raise EntryRefused(NAMED)
    intake = Intake(database, session.rules, Record(), random_salts)
    for id_ in ids:
        intake.approve(id_, by, session.now, name=name, title=title)
        with database.read() as conn:
            leaves = local(min(line.not_before for line in deliveries(conn, DeliveryFilter(letter=id_))))
        to = agency_name(held[id_].letter.letter.agency, session.rules)
        say(f"Đã duyệt thư {letter_code(id_)} gửi {to}: gửi từ {leaves:%H:%M} ngày {day_in_sentence(leaves.date())}.")


def _meant(word: str, held: Sequence[str] | dict[str, HeldLetter]) -> str:
    """The id typed, or the one it begins; what fits none, or several, is refused by the intake."""
    found = [id_ for id_ in held if id_.startswith(word.lower())]
    return found[0] if len(found) == 1 else word


def _preview(session: Session, approvals: Approvals, by: str, start: str | None, end: str | None) -> None:
    begin, until = span(start, end, session.now)
    last = local_day(until - timedelta(seconds=1))
    letters = rehearse(snapshot_at(session, begin, last), begin, until)
    approvals.preview(letters, last, by, session.now)
    for sent_on in dict.fromkeys(local_day(letter.send_at) for letter in letters):
        todays = [letter for letter in letters if local_day(letter.send_at) == sent_on]
        say(f"  {short_day(sent_on):>5}: {len(todays)} thư gửi {_agencies(todays)} cơ quan")
    say(
        f"Đã duyệt {len(letters)} thư gửi {_agencies(letters)} cơ quan, từ {day_in_sentence(local_day(begin))} "
        f"đến {day_in_sentence(last)}.",
        f"Ngoài các thư này, một lần gửi vượt quá {session.settings.limits.flood} thư sẽ chờ duyệt.",
    )


def _agencies(letters: Sequence[Letter]) -> int:
    return len({letter.agency for letter in letters})


def _late_start(session: Session, approvals: Approvals, by: str, given: Sequence[str], *, everything: bool) -> None:
    late = approvals.late_starts(session.now)
    if everything:
        keys = late
    elif len(given) > 1:
        agency, milestones = given[0], given[1:]
        keys = [key for key in late if key.agency == agency and key.milestone in milestones]
        if missing := [one for one in milestones if one not in {key.milestone for key in keys}]:
            waiting = f" Đang chờ: {', '.join(f'{key.agency} {key.milestone}' for key in late)}." if late else ""
            raise EntryRefused(f"“{missing[0]}” của {agency} không chờ duyệt.{waiting}")
    else:
        raise EntryRefused("Cần nói rõ cơ quan và mốc: dondoc approve --start CƠ_QUAN MỐC..., hoặc --start --all.")
    if not keys:
        raise EntryRefused("Không có nội dung nào chờ duyệt bắt đầu muộn.")
    approvals.start(keys, by, session.now)
    for key in keys:
        say(f"Đã duyệt: nhắc {session.rules.agency(key.agency).name} gửi {session.rules.milestone(key).short}.")


def _removal(session: Session, database: Database, approvals: Approvals, by: str) -> None:
    with database.read() as conn:
        gone = dropped(conn, Record(), session.rules, session.now)
    if not gone:
        raise EntryRefused("Các tệp hiện có không bỏ nội dung nào đang theo dõi.")
    approvals.files(session.loaded.digest, by, session.now)
    for (plan, milestone), owed in Counter((key.plan, key.milestone) for key in gone).items():
        say(f"  {plan} / {milestone}: {owed} nội dung")
    say(
        f"Đã duyệt các tệp hiện có, bỏ {len(gone)} nội dung. Nạp lại: systemctl reload dondoc.",
        "Sửa thêm tệp nào sau lúc này thì phải duyệt lại.",
    )
