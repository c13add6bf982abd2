"""The counts a letter states are true, carry the hour they are known to, and are left out where they would mislead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import at, end_of
from daemon.domain.letters import History, ItemKey, SentLetter
from daemon.domain.obligations import ActTime, Deadline, Settlement, Standing, Term, TermCause
from daemon.domain.words import Level, Tier
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.context import letter_context
from daemon.rendering.figures import known_to, reached_by_overdue, reminder_days, tally
from daemon.rendering.report import percent
from daemon.rendering.samples import AGENCIES, COLLECTOR, LAST_DAY, PLAN, sample_key, sample_letter, sample_snapshot

DUE = Deadline(end_of(LAST_DAY), LAST_DAY)
AFTER = at(date(2022, 10, 26), time(8, 30))
KEY = sample_key("bao-cao", "so-tu-phap")
MILESTONE = KEY[:3]


def settlement(*, on_time: bool = True) -> Settlement:
    """Return a settlement on the last day or four days after."""
    act = ActTime(LAST_DAY if on_time else date(2022, 10, 28))
    return Settlement(1, "1/BC", act, DUE, on_time=on_time, late_days=0 if on_time else 4, recorded_at=AFTER)


def with_sent(count: int, now: datetime = AFTER) -> Snapshot:
    """Return the record with the first `count` agencies settled and all others open."""
    snapshot = sample_snapshot(now)
    standings = dict(snapshot.standings)
    for n, agency in enumerate(AGENCIES):
        key = sample_key("bao-cao", agency.id)
        standings[key] = replace(standings[key], settlement=settlement() if n < count else None)
    return replace(snapshot, standings=standings)


def changed(snapshot: Snapshot, agency: str, **fields: object) -> Snapshot:
    """Return the record with one standing of the report changed."""
    key = sample_key("bao-cao", agency)
    standing = replace(snapshot.standings[key], **fields)  # type: ignore[arg-type]  # - a test names fields
    return replace(snapshot, standings={**snapshot.standings, key: standing})


def ratio(snapshot: Snapshot, step: str = "don-doc", agency: str = "vp-ubnd") -> str:
    """Return the x/y figure as a letter of the step would state it, "" if it states none."""
    letter = sample_letter(step, agency)
    slots = letter_context(letter, snapshot, letter_id="T", now=letter.send_at)
    return str(slots["ty_so"])


@pytest.mark.parametrize(("sent", "shown"), [(0, ""), (2, ""), (3, "03/06"), (5, "05/06")])
def test_a_figure_is_stated_from_one_half_up(sent: int, shown: str) -> None:
    """Under one half the figure would invite waiting, so it is left out."""
    assert ratio(with_sent(sent, at(date(2022, 10, 19), time(8, 30)))) == shown


def test_no_figure_without_a_mark() -> None:
    """Without the operator's word that the record is complete there is no figure."""
    assert ratio(replace(with_sent(5, at(date(2022, 10, 19), time(8, 30))), marks={})) == ""


def test_the_exempt_and_the_closed_are_not_counted() -> None:
    """An exempt agency and one that no longer exists are outside the total."""
    snapshot = changed(with_sent(3, at(date(2022, 10, 19), time(8, 30))), "cuc-thue", exempt=True)
    assert ratio(snapshot) == "03/05"
    gone = tuple(replace(a, active=a.id != "bch-quan-su") for a in snapshot.rules.register.agencies)
    register = replace(snapshot.rules.register, agencies=gone)
    assert ratio(replace(snapshot, rules=replace(snapshot.rules, register=register))) == "03/04"


@pytest.mark.parametrize(
    ("mark", "day", "usable"),
    [
        (at(date(2022, 10, 18), time(17)), date(2022, 10, 19), True),
        (at(date(2022, 10, 14), time(17)), date(2022, 10, 19), True),
        (at(date(2022, 10, 13), time(17)), date(2022, 10, 19), False),
        (at(date(2022, 10, 24), time(17)), date(2022, 10, 26), False),
        (at(date(2022, 10, 25), time(8)), date(2022, 10, 26), True),
        (at(date(2022, 10, 25), time(8)), date(2022, 11, 11), True),
        (at(date(2022, 10, 26), time(17)), date(2022, 10, 26), False),
    ],
    ids=[
        "yesterday",
        "three days old",
        "stale",
        "before the deadline's end",
        "covers",
        "covers still",
        "in the future",
    ],
)
def test_which_mark_a_letter_may_rest_on(mark: datetime, day: date, usable: bool) -> None:
    """Before the deadline a mark must be fresh, past it it must cover the deadline; it is never later than now."""
    snapshot = replace(sample_snapshot(AFTER), marks={COLLECTOR: mark})
    known = known_to(snapshot.rules.plans[0], DUE, snapshot, day, at(day, time(8, 30)))
    assert known == (mark if usable else None)


def test_without_a_mark_the_letter_states_its_own_hour() -> None:
    """A letter that rests on no mark says what it knew at its own hour."""
    letter = sample_letter("don-doc", "so-tu-phap")
    snapshot = replace(sample_snapshot(letter.send_at), marks={})
    slots = letter_context(letter, snapshot, letter_id="T", now=letter.send_at)
    assert slots["thoi_diem"] == "08 giờ 30 ngày 19/10/2022"


def sent(
    day: int, step: str, *, accepted: bool = True, tier: Tier = Tier.OFFICERS, level: Level = Level.PRESS
) -> SentLetter:
    """Return a letter of the outbox about the report of Sở Tư pháp."""
    item = ItemKey(KEY, 1, step, 1, tier)
    on = date(2022, 10, day)
    return SentLetter(
        id=f"{step}-{day}",
        agency=KEY.agency,
        tier=tier,
        day=on,
        level=level,
        items=(item,),
        levels={item: level},
        live=not accepted,
        accepted_at=at(on, time(8, 31)) if accepted else None,
    )


def test_reminders_are_those_accepted_before_this_day() -> None:
    """The notice, letters nobody accepted, letters to others and the letter itself are not counted."""
    letters = (
        sent(3, "thong-bao"),
        sent(19, "don-doc"),
        sent(12, "nhac"),
        sent(13, "nhac", accepted=False),
        sent(24, "thu-truong", tier=Tier.HEAD),
        sent(26, "qua-han"),
    )
    snapshot = replace(sample_snapshot(AFTER), history=History(letters))
    days = reminder_days(KEY, snapshot, date(2022, 10, 26))
    assert days == [date(2022, 10, 12), date(2022, 10, 19)]
    assert len(reminder_days(KEY, snapshot, date(2022, 10, 26), {Tier.OFFICERS, Tier.HEAD})) == 3


def test_a_level_3_letter_counts_once_it_was_accepted() -> None:
    """An overdue letter that reached nobody, or a first letter at level 1, is not held against an agency."""

    def record(letter: SentLetter) -> Snapshot:
        return replace(sample_snapshot(AFTER), history=History((letter,)))

    assert reached_by_overdue(KEY, record(sent(26, "qua-han", level=Level.OVERDUE)))
    assert not reached_by_overdue(KEY, record(sent(26, "qua-han", level=Level.OVERDUE, accepted=False)))
    assert not reached_by_overdue(KEY, record(sent(26, "qua-han", level=Level.NOTICE)))


LATER = Deadline(end_of(date(2022, 11, 15)), date(2022, 11, 15))
EXTENDED = Term(2, LATER, AFTER, TermCause.EXTENDED)
SUPPLEMENT = Term(3, LATER, AFTER, TermCause.SUPPLEMENT)


def test_the_report_says_what_must_be_said_for_each() -> None:
    """Calls, promises, extensions, a pause and letters that never arrived stand beside the name."""
    snapshot = sample_snapshot(at(date(2022, 10, 31), time(8, 30)))
    snapshot = changed(
        snapshot,
        "so-tu-phap",
        calls=1,
        called_on=(date(2022, 10, 27),),
        promised_on=date(2022, 11, 4),
        muted_until=date(2022, 11, 4),
        extended_to=date(2022, 10, 28),
    )
    snapshot = replace(snapshot, history=History((sent(19, "don-doc"),)))
    letter = sample_letter("trinh", "so-tu-phap")
    slots = letter_context(letter, snapshot, letter_id="T", now=letter.send_at)
    assert slots["nhom_a"] == [
        "Sở Tư pháp: đã nhắc 01 lần (19/10); gọi điện 01 lần (27/10); hẹn gửi ngày 04/11/2022; đã được gia "
        "hạn đến ngày "
        "28/10/2022; đang tạm dừng nhắc đến hết ngày 04/11/2022; chưa có thư báo quá hạn nào đến nơi",
        "UBND huyện Gò Dầu: chưa có thư nhắc nào đến nơi",
    ]
    assert slots["nhom_b"] == ["Bộ Chỉ huy Quân sự tỉnh: chưa có thư nhắc nào đến nơi"]


def test_the_report_names_every_place_but_only_the_missing() -> None:
    """Declared, extended, supplementing and exempt agencies have their numbers and are not listed as missing."""
    snapshot = with_sent(1, at(date(2022, 10, 31), time(8, 30)))
    snapshot = changed(snapshot, "so-tu-phap", declared_until=date(2022, 11, 1))
    snapshot = changed(snapshot, "ubnd-go-dau", terms=(EXTENDED,), extended_to=LATER.last_day)
    snapshot = changed(snapshot, "cuc-thue", terms=(SUPPLEMENT,), extended_to=LATER.last_day)
    snapshot = changed(snapshot, "bch-quan-su", exempt=True)
    letter = sample_letter("trinh", "vp-ubnd")
    slots = letter_context(letter, snapshot, letter_id="T", now=letter.send_at)
    assert slots["x_tren_y"] == "01/05"
    assert slots["khac"] == (
        "đang chờ xác nhận 01; được gia hạn 01; đang bổ sung 01; không thuộc diện 01 (không tính vào tổng số)"
    )
    assert slots["so_chua_gui"] == "01"
    assert slots["nhom_b"] == []


def test_names_with_a_comma_are_parted_by_semicolons() -> None:
    """Where a short name holds a comma itself, the list the collector reads stays unambiguous."""
    letter = sample_letter("nhac", COLLECTOR, ("xep-loai",))
    snapshot = sample_snapshot(letter.send_at)
    agencies = tuple(replace(a, short_name=a.short_name.replace("Tư pháp", "VH,TT&DL")) for a in AGENCIES)
    register = replace(snapshot.rules.register, agencies=agencies)
    snapshot = replace(snapshot, rules=replace(snapshot.rules, register=register))
    slots = letter_context(letter, snapshot, letter_id="T", now=letter.send_at)
    assert str(slots["danh_sach"]).startswith("Sở VH,TT&DL; UBND huyện Gò Dầu; ")


def test_a_report_before_anybody_sent() -> None:
    """With nothing in, the report counts the whole and gives no share."""
    letter = sample_letter("trinh", "vp-ubnd")
    slots = letter_context(letter, with_sent(0, letter.send_at), letter_id="T", now=letter.send_at)
    assert (slots["so_da_gui"], slots["tong_so"], slots["so_chua_gui"]) == (0, "06", "06")


KINDS = ("sent", "late", "declared", "extended", "supplement", "exempt", "open")


def placed(kind: str, standing: Standing) -> Standing:
    """Return a standing in one of the places a report knows."""
    return {
        "sent": lambda: replace(standing, settlement=settlement()),
        "late": lambda: replace(standing, settlement=settlement(on_time=False)),
        "declared": lambda: replace(standing, settlement=None, declared_until=date(2022, 11, 30)),
        "extended": lambda: replace(standing, settlement=None, terms=(EXTENDED,), extended_to=LATER.last_day),
        "supplement": lambda: replace(standing, settlement=None, terms=(SUPPLEMENT,)),
        "exempt": lambda: replace(standing, exempt=True),
        "open": lambda: replace(standing, settlement=None),
    }[kind]()


@given(st.lists(st.sampled_from(KINDS), min_size=len(AGENCIES), max_size=len(AGENCIES)))
def test_the_sums_equal_the_rows(kinds: list[str]) -> None:
    """Whatever the record, each agency stands in exactly one place and the parts make the whole."""
    snapshot = sample_snapshot(AFTER)
    keys = [sample_key("bao-cao", agency.id) for agency in AGENCIES]
    standings = {key: placed(kind, snapshot.standings[key]) for key, kind in zip(keys, kinds, strict=True)}
    figures = tally(MILESTONE, replace(snapshot, standings=standings), AFTER)
    assert figures.total == len(AGENCIES) - kinds.count("exempt")
    assert figures.sent == kinds.count("sent") + kinds.count("late")
    assert len(figures.missing) == kinds.count("open")
    assert figures.extended == kinds.count("extended")
    assert figures.supplementing == kinds.count("supplement")
    assert len(figures.ahead) == figures.extended + figures.supplementing


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (31, 39, "79,5%"),
        (38, 39, "97,4%"),
        (999, 1000, "99,9%"),
        (9999, 10000, "99,9%"),
        (3, 6, "50%"),
        (39, 39, "100%"),
        (0, 39, "0%"),
    ],
)
def test_a_share_is_printed_as_papers_print_it(part: int, whole: int, shown: str) -> None:
    """A comma, one place, and never 100% of what is not whole."""
    assert percent(part, whole) == shown


def test_another_plan_s_obligations_are_not_counted() -> None:
    """Only the milestone and period of the letter are counted."""
    snapshot = sample_snapshot(AFTER)
    assert tally((PLAN, "bao-cao", "2023"), snapshot, AFTER).total == 0
