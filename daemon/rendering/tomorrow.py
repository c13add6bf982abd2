"""The note of the afternoon before: which letters leave on the next sending day, and how to stop one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast

from daemon.clock import local_day
from daemon.domain.letters import ItemKey, Letter, SentLetter
from daemon.domain.words import LetterKind, Role, Voice
from daemon.judgement.calendars import ONE_DAY
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence, short_day, two_digits, weekday
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.judgement.tomorrow import Tomorrow
from daemon.rendering.attention import addressed
from daemon.rendering.clean import Slot, capital, clean
from daemon.rendering.context import common_slots
from daemon.rendering.labels import ROLE, step_label
from daemon.rendering.slots import moment
from daemon.rendering.subjects import enumerated

Slots = dict[str, Slot]
Asked = tuple[tuple[str, tuple[ItemKey, ...]], ...]
"""What a letter says: each step's name with the items it is about."""


def tomorrow_context(told: Tomorrow, snapshot: Snapshot, collector: str, *, letter_id: str, now: datetime) -> Slots:
    """Return the slots of the note on `told`; `collector` is both who speaks and who is addressed."""
    rules, today = snapshot.rules, local_day(now)
    commands = _commands(told)
    parts = _parts(told, rules)
    going: tuple[Letter | SentLetter, ...] = (*told.leaving, *told.waiting)
    hour = clock_in_table(told.send_at) if told.send_at else ""
    slots: Slots = {
        **common_slots(letter_id, LetterKind.NOTE, Voice.INTERNAL, None),
        "mau": "thu-ngay-mai",
        "duyet": 0,
        "don_vi": rules.agency(collector).name,
        "kinh_gui": addressed(snapshot, collector),
        "luc": f"{hour} {_day_named(told.day, today)}".strip(),
        "Luc": capital(f"{hour} {_day_named(told.day, today)}".strip()),
        "ngay": f"{weekday(told.day)}, ngày {day_in_sentence(told.day)}" if told.day - today == ONE_DAY else "",
        "truoc_gio": f"trước {moment(told.send_at)}" if told.send_at else f"trước ngày {day_in_sentence(told.day)}",
        "den_luc": moment(now),
        "so_thu": two_digits(told.letters),
        "so_co_quan": two_digits(told.agencies),
        "so_tu_gui": two_digits(len(going)),
        "so_co_quan_tu_gui": two_digits(len({letter.agency for letter in going})),
        "co_tu_gui": int(bool(going)),
        "con_cho": _waits(told),
        "co_thu": int(told.letters > 0),
        "cac_phan": cast("list[Slot]", parts),
        "co_cho_duyet": int(bool(told.unapproved or told.held or told.unforeseen)),
        "co_se_giu": int(bool(told.surprising)),
        "co_cho_xac_nhan": int(bool(told.unmarked)),
        **commands,
        "noi_dung": [],
        "so_noi_dung": 1,
        "nhan": [
            *(cast("str", line["viec"]) for part in parts for line in cast("list[Slots]", part["dong"])),
            *commands.values(),
        ],
        "lien_he": "",
        "tom_tat": _in_short(told, parts),
    }
    return cast("Slots", clean(slots))


def _in_short(told: Tomorrow, parts: Sequence[Slots]) -> list[Slot]:
    """What the plain form says where the template fails: each line without its frame."""
    lines = [line for part in parts for line in cast("list[Slots]", part["dong"])]
    if not lines:
        return [f"Ngày {day_in_sentence(told.day)} không còn thư nào phải gửi."]
    return [f"{line['viec']}: {line['ai']}." for line in lines]


def _day_named(day: date, today: date) -> str:
    """The day a letter leaves as the operator says it: "ngày mai", else "thứ Hai, ngày 24/10"."""
    return "ngày mai" if day - today == ONE_DAY else f"{weekday(day)}, ngày {short_day(day)}"


def _waits(told: Tomorrow) -> str:
    """What some of the letters still wait for: "03 thư chờ xác nhận, 02 chờ duyệt"; "" if all go by themselves."""
    parts = [
        (len(told.unmarked), "chờ xác nhận"),
        (len(told.unapproved) + len(told.surprising) + len(told.held) + len(told.unforeseen), "chờ duyệt"),
    ]
    present = [(n, what) for n, what in parts if n]
    return ", ".join(
        f"{two_digits(n)} {'' if position else 'thư '}{what}" for position, (n, what) in enumerate(present)
    )


def _commands(told: Tomorrow) -> Slots:
    """The commands that stop a letter, as they can be typed: for the agency named first."""
    until, (agency, milestone) = day_in_sentence(told.day), _example(told)
    return {
        "lenh_nhap": f"dondoc submit {agency} {milestone} --document SỐ_VĂN_BẢN",
        "lenh_dung": f'dondoc mute {agency} --until {until} --reason "LÝ DO"',
        "lenh_dung_het": f'dondoc pause --until {until} --reason "LÝ DO"',
    }


def _example(told: Tomorrow) -> tuple[str, str]:
    """The agency and the milestone named first, for commands that can be copied."""
    letters: tuple[Letter | SentLetter, ...] = (*told.foreseen, *told.held, *told.unforeseen, *told.waiting)
    if not letters:
        return "", ""
    first = letters[0]
    key = first.items[0].key if isinstance(first, Letter) else first.items[0]
    return first.agency, key.obligation.milestone


def _parts(told: Tomorrow, rules: Rulebook) -> list[Slots]:
    """The letters by what they still wait for, empty parts left out; numbers run over those that are printed."""
    found = (
        ("Gửi theo lịch", _lines(told.leaving, rules)),
        ("Chờ xác nhận đã nhập hết văn bản đến", _lines(told.unmarked, rules)),
        ("Chờ lãnh đạo duyệt", _lines((*told.held, *told.unapproved), rules)),
        ("Sẽ giữ lại chờ duyệt, vì nhiều thư chưa có trong bản xem trước đã duyệt", _lines(told.surprising, rules)),
        ("Đang giữ lại chờ duyệt, vì nhiều thư hơn bản xem trước đã duyệt", _lines(told.unforeseen, rules)),
        ("Đã soạn từ trước, đang chờ gửi", _lines(told.waiting, rules)),
    )
    printed = [(name, lines) for name, lines in found if lines]
    return [
        {
            "so": n,
            "ten": name,
            "so_thu": two_digits(sum(cast("int", line["so"]) for line in lines)),
            "dong": cast("list[Slot]", lines),
        }
        for n, (name, lines) in enumerate(printed, 1)
    ]


def _lines(letters: Iterable[Letter | SentLetter], rules: Rulebook) -> list[Slots]:
    """One line for all letters that say the same to the same posts, the agencies in protocol order."""
    alike: dict[tuple[str, str], list[str]] = {}
    for letter in letters:
        to_whom = _to_whom(letter, rules) if isinstance(letter, Letter) else ""
        alike.setdefault((_says(_asked(letter), rules), to_whom), []).append(letter.agency)
    return [
        {
            "viec": capital(says),
            "gui": to_whom,
            "so": len(agencies),
            "so_chu": two_digits(len(agencies)),
            "ai": "; ".join(f"{rules.agency(id_).name} ({id_})" for id_ in rules.register.in_order(agencies)),
        }
        for (says, to_whom), agencies in alike.items()
    ]


def _asked(letter: Letter | SentLetter) -> Asked:
    if isinstance(letter, Letter):
        pairs = [(item.wording, item.key) for item in letter.items]
    else:
        pairs = [(key.step, key) for key in letter.items]
    return tuple(
        (step, tuple(key for named, key in pairs if named == step)) for step in dict.fromkeys(s for s, _ in pairs)
    )


def _says(asked: Asked, rules: Rulebook) -> str:
    known = [(step, [key for key in keys if key.obligation.plan in rules.plan_by_id]) for step, keys in asked]
    return "; ".join(f"{step_label(step).lower()} ({_shorts(keys, rules)})" for step, keys in known)


def _shorts(keys: Sequence[ItemKey], rules: Rulebook) -> str:
    names = list(dict.fromkeys(_short(key, rules) for key in keys))
    return enumerated(names) if names else "kế hoạch đã bỏ"


def _short(key: ItemKey, rules: Rulebook) -> str:
    milestone = rules.plan(key.obligation).by_id.get(key.obligation.milestone)
    return milestone.short if milestone is not None else key.obligation.milestone


def _to_whom(letter: Letter, rules: Rulebook) -> str:
    """To whom by post: "đầu mối; đồng gửi lãnh đạo phụ trách, văn thư"."""
    to, cc = (_posts(people.values(), rules) for people in (letter.to, letter.cc))
    return f"{', '.join(to)}; đồng gửi {', '.join(cc)}" if cc else ", ".join(to)


def _posts(people: Iterable[Sequence[str]], rules: Rulebook) -> list[str]:
    known = rules.register.person_by_id
    roles = [known[id_][1].role if id_ in known else Role.OFFICE for ids in people for id_ in ids]
    return list(dict.fromkeys(ROLE[role].lower() for role in roles))
