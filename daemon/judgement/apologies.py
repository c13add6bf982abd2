"""A letter that should not have been sent: what was wrong in it, who had it, and in whose name it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.entries import Accepted, Apologised, Approved, DeliveryOutcome, Entry, Nothing, Received
from daemon.domain.letters import ItemKey, Letter
from daemon.domain.obligations import ActTime
from daemon.domain.words import Channel, DeliveryState, LetterKind, Level, Tier
from daemon.errors import EntryRefused
from daemon.judgement.dates_vi import day_in_sentence
from daemon.judgement.recipients import ByChannel
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.standing import standing_entries

HAD_IT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.SEEN, DeliveryState.UNKNOWN})
"""Ends after which somebody has a letter, or may have it."""

Reader = tuple[str, Channel]


@dataclass(frozen=True, slots=True)
class Wrong:
    """An item that asked for what had been sent: `document` settles it; `had_arrived`: it was in when the letter left.

    Else the document was on its way.
    """

    key: ItemKey
    document: Received | Accepted | Nothing
    had_arrived: bool


@dataclass(frozen=True, slots=True)
class Had:
    """Who had a letter: the items each reader was told of, and when the first of them had it."""

    readers: dict[Reader, frozenset[ItemKey]]
    first_at: datetime


def who_had(letter: str, entries: Iterable[Entry]) -> Had | None:
    """Return who has a letter or may have it, as the ledger tells; None if nobody."""
    last: dict[Reader, tuple[datetime, DeliveryOutcome]] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, DeliveryOutcome) and body.letter == letter:
            began = last.get((body.person, body.channel), (entry.recorded_at, body))[0]
            last[body.person, body.channel] = (began, body)
    had = {reader: told for reader, told in last.items() if told[1].state in HAD_IT}
    if not had:
        return None
    readers = {reader: frozenset(map(ItemKey.parse, body.items)) for reader, (_, body) in had.items()}
    return Had(readers, min(began for began, _ in had.values()))


def wrong_items(keys: Iterable[ItemKey], left_at: datetime, entries: Sequence[Entry]) -> list[Wrong]:
    """Return the items whose document had come, or had been sent, when the letter left; the record as it stands."""
    stand = standing_entries(entries)
    found = []
    for key in keys:
        documents = [
            e.body for e in stand if e.subject == key.obligation and isinstance(e.body, Received | Accepted | Nothing)
        ]
        early = [d for d in documents if _by(d.received, left_at) or _by(d.sent, left_at)]
        if early:
            arrived = next((d for d in early if _by(d.received, left_at)), None)
            found.append(Wrong(key, arrived or early[0], arrived is not None))
    return found


def _by(act: ActTime | None, instant: datetime) -> bool:
    if act is None:
        return False
    return act.at <= instant if act.at is not None else act.day <= local_day(instant)


def refuse_unfit(letter: Letter, agency: str | None, rules: Rulebook) -> None:
    """Raise EntryRefused for a letter nobody apologises for: not a reminder, one to leaders, another agency's."""
    if letter.kind is not LetterKind.REMINDER:
        raise EntryRefused("Chỉ xin lỗi cho thư nhắc; thư này không nhắc cơ quan nào.")
    if letter.tier is Tier.COLLECTOR:
        raise EntryRefused("Đây là thư trình lãnh đạo, cơ quan không nhận; hãy báo lại trực tiếp người đã nhận.")
    if agency is not None and agency != letter.agency:
        raise EntryRefused(f"Thư này gửi {rules.agency(letter.agency).name} ({letter.agency}), không phải {agency}.")


def refuse_without_document(wrong: Sequence[Wrong], letter: Letter, left_at: datetime, rules: Rulebook) -> None:
    """Raise EntryRefused unless some item was wrong: an apology names the document that had come."""
    if not wrong:
        owed = ", ".join(dict.fromkeys(item.key.obligation.milestone for item in letter.items))
        raise EntryRefused(
            f"Chưa có văn bản nào của {rules.agency(letter.agency).name} được ghi là đã gửi hoặc đã đến trước thư ngày "
            f"{day_in_sentence(local_day(left_at))}, nên chưa có căn cứ để xin lỗi. Hãy nhập văn bản trước: "
            f"dondoc submit {letter.agency} MỐC --document SỐ --sent NGÀY --received NGÀY (mốc: {owed})."
        )


def refuse_twice(letter: str, wrong: Sequence[Wrong], entries: Sequence[Entry]) -> None:
    """Raise EntryRefused if the same was apologised for before."""
    for entry in standing_entries(entries):
        body = entry.body
        if isinstance(body, Apologised) and body.letter == letter and {str(w.key) for w in wrong} <= {*body.items}:
            day = day_in_sentence(local_day(entry.recorded_at))
            raise EntryRefused(f"Đã xin lỗi về thư này ngày {day} (mục {entry.seq} của sổ).")


def signer(
    letter: str, level: Level, entries: Sequence[Entry], name: str | None, title: str | None
) -> tuple[str | None, str | None]:
    """Return who signs: below level 3 nobody, else the one named or who approved the letter; EntryRefused if none."""
    if level < Level.OVERDUE:
        return None, None
    approvals = [e.body for e in entries if isinstance(e.body, Approved) and e.body.letter == letter]
    known = approvals[-1] if approvals else Approved()
    name, title = (name or "").strip() or known.name, (title or "").strip() or known.title
    if not name or not title:
        raise EntryRefused(
            "Thư quá hạn và thư gửi thủ trưởng phải có người đứng tên xin lỗi: thêm --name HỌ_TÊN --title CHỨC_DANH."
        )
    return name, title


def readers_of(people: ByChannel, had: Had, wrong: Sequence[Wrong]) -> dict[Channel, tuple[str, ...]]:
    """Return those of `people` who had a wrong item, by the channels that took it."""
    keys = {one.key for one in wrong}
    told = {reader for reader, items in had.readers.items() if items & keys}
    left = {channel: tuple(id_ for id_ in ids if (id_, channel) in told) for channel, ids in people.items()}
    return {channel: ids for channel, ids in left.items() if ids}
