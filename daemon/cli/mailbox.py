"""Commands about mail that came back: repair, which addresses to mend; mailbox, which messages wait for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.cli.output import Format, FormatOption, as_json, say, table
from daemon.cli.rows import iso
from daemon.cli.session import ConfigOption, Session
from daemon.clock import local
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import short_day, table_day
from daemon.judgement.rulebook import Rulebook
from daemon.managers.repairing import to_mend
from daemon.rendering.labels import CHANNEL, ROLE
from daemon.rendering.mail_labels import ARRIVAL, DOUBT, fault_label
from daemon.store.arrivals import KeptNote, note_content, notes
from daemon.store.faults import AddressFault

SHOWN = 20_000  # characters of a message


def repair(config: ConfigOption = None, form: FormatOption = Format.TABLE) -> None:
    """Địa chỉ phải sửa: thư gửi đến bị trả lại; sửa trong danh bạ thì tự ra khỏi danh sách."""
    session = Session(config)
    with session.database() as database, database.read() as conn:
        found = to_mend(conn, session.rules)
    if form is Format.JSON:
        as_json(
            [
                {
                    "person": fault.person,
                    "agency": _owner(fault.person, session.rules)[0],
                    "channel": str(fault.channel),
                    "since": iso(fault.since),
                    "last_at": iso(fault.last_at),
                    "times": fault.times,
                    "status": fault.status,
                    "detail": fault.detail,
                }
                for fault in found
            ]
        )
        return
    if not found:
        say("Không có địa chỉ nào phải sửa.")
        return
    columns = ("Cơ quan", "Người nhận", "Đường gửi", "Từ ngày", "Lần>", "Lý do")
    table("Địa chỉ phải sửa", columns, [_fault_row(fault, session.rules) for fault in found])
    register = session.settings.files.agencies.name
    say(f"{len(found)} địa chỉ. Hỏi lại cơ quan, sửa trong {register} rồi nạp lại:", "systemctl reload dondoc.")


def _fault_row(fault: AddressFault, rules: Rulebook) -> tuple[str, ...]:
    _, agency, name = _owner(fault.person, rules)
    since = short_day(local(fault.since).date())
    return (
        agency,
        name,
        CHANNEL[fault.channel],
        since,
        str(fault.times),
        f"{fault_label(fault.status)} ({fault.status})",
    )


def _owner(person: str, rules: Rulebook) -> tuple[str | None, str, str]:
    """The agency's id and short name, and the person's name, of a recipient id."""
    if person in rules.register.person_by_id:
        agency, known = rules.register.person_by_id[person]
        return agency.id, agency.short_name, known.name or ROLE[known.role]
    for agency in rules.register.agencies:
        if agency.office_id == person:
            return agency.id, agency.short_name, "Văn thư"
    return None, "", person


def mailbox(
    show: Annotated[
        int | None, typer.Option("--show", help="Xem nội dung một thư đáng ngờ.", metavar="SỐ", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Số dòng nhiều nhất.", min=1, metavar="SỐ")] = 50,
    config: ConfigOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Thư đến cần người xem: thư trả lời của cơ quan, báo lỗi không tin được; mới nhất ở trên."""
    session = Session(config)
    with session.database() as database, database.read() as conn:
        if show is not None:
            _show(note_content(conn, show), show)
            return
        found = notes(conn, limit)
    if form is Format.JSON:
        as_json(
            [
                {
                    "id": kept.id,
                    "arrived_at": iso(kept.arrived_at),
                    "kind": str(kept.note.kind),
                    "doubt": None if kept.note.doubt is None else str(kept.note.doubt),
                    "person": kept.note.person,
                    "letter": kept.note.letter,
                    "subject": kept.note.subject,
                    "size": kept.note.size,
                }
                for kept in found
            ]
        )
        return
    if not found:
        say("Không có thư nào cần xem.")
        return
    table(
        "Thư đến cần xem", ("Số>", "Đọc lúc", "Loại", "Từ ai, vì sao", "Tiêu đề"),
        [_note_row(kept, session.rules) for kept in found],
    )  # fmt: skip
    say(f"{len(found)} thư. Thư vẫn nằm trong hộp thư; trả lời từ hộp thư đó.")


def _note_row(kept: KeptNote, rules: Rulebook) -> tuple[str, ...]:
    at = local(kept.arrived_at)
    note = kept.note
    if note.doubt is not None:
        who = DOUBT[note.doubt]
    elif note.person is None:
        who = "người ngoài danh bạ"
    else:
        _, agency, name = _owner(note.person, rules)
        who = f"{name}, {agency}" if agency else name
    return str(kept.id), f"{table_day(at.date())} {at:%H:%M}", ARRIVAL[note.kind], who, note.subject


def _show(content: bytes | None, number: int) -> None:
    if content is None:
        raise EntryRefused(
            f"Không giữ nội dung thư số {number}. Chỉ giữ nội dung báo lỗi đáng ngờ; thư trả lời xem trong hộp thư."
        )
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")[:SHOWN]
    say("".join(char if char.isprintable() or char == "\n" else "·" for char in text))
