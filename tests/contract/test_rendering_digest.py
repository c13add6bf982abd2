"""A letter about several contents keeps each under its heading, in its own words, beneath a neutral cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from daemon.clock import at, end_of
from daemon.domain.letters import ItemKey, Letter, LetterItem
from daemon.domain.obligations import Deadline, ObligationKey, Standing, Term, TermCause
from daemon.domain.plans import Milestone
from daemon.domain.words import Level, Reason, Tier
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.context import letter_context
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_letter
from daemon.rendering.samples import MILESTONES, PLAN, sample_letter, sample_snapshot
from daemon.rendering.subjects import enumerated, joined, named

TEMPLATES = Templates()
LETTERS = Path(__file__).parent / "letters"
DAY = date(2022, 10, 26)
LATER = date(2022, 12, 1)


def milestone(id_: str, task: str, short: str, due: str) -> Milestone:
    """Return one more milestone of the sample plan."""
    return replace(MILESTONES[0], id=id_, task=task, short=short, due=due, clause="Mục IV.2")


EXTRA = (
    milestone("ke-hoach", "kế hoạch kiểm tra dân vận", "kế hoạch kiểm tra 2022", "chậm nhất ngày 26/10/2022"),
    milestone("so-lieu", "số liệu tiếp công dân quý IV", "số liệu tiếp dân quý IV", "trước ngày 05/11/2022"),
    milestone("de-an", "đề án dân chủ cơ sở", "đề án dân chủ cơ sở", "trước ngày 20/10/2022"),
)


def province(causes: dict[str, tuple[TermCause, date]], agency: str = "so-tu-phap") -> Snapshot:
    """Return the sample record on the morning of the letter, with the extra milestones in it."""
    now = at(DAY) + timedelta(hours=8, minutes=30)
    snapshot = sample_snapshot(now)
    plan = replace(snapshot.rules.plans[0], milestones=(*MILESTONES[:2], *EXTRA))
    standings = {k: s for k, s in snapshot.standings.items() if k.milestone == "bao-cao"}
    for id_, (cause, last) in causes.items():
        key = ObligationKey(PLAN, id_, "once", agency)
        first = snapshot.standings[ObligationKey(PLAN, "bao-cao", "once", agency)]
        deadline = Deadline(end_of(last), last)
        n = 1 if cause is TermCause.INITIAL else 2
        term = Term(n, deadline, at(date(2022, 10, 20)), cause)
        obligation = replace(first.obligation, key=key, deadline=deadline)
        standings[key] = Standing(obligation, (*first.terms, term)[-n:])
    return replace(snapshot, rules=replace(snapshot.rules, plans=(plan,)), standings=standings)


def letter(items: Sequence[tuple[str, str, date]], agency: str = "so-tu-phap") -> Letter:
    """Return an officers' letter of the day with items given as (milestone, step, last day)."""
    made = tuple(
        LetterItem(
            key=ItemKey(ObligationKey(PLAN, id_, "once", agency), 2, step, 1, Tier.OFFICERS),
            level=Level.PRESS,
            reason=Reason.STEP_REACHED,
            deadline=Deadline(end_of(last), last),
            wording=step,
        )
        for id_, step, last in items
    )
    one = sample_letter("qua-han", agency)
    return replace(one, day=DAY, send_at=at(DAY) + timedelta(hours=8, minutes=30), items=made)


def rendered(one: Letter, snapshot: Snapshot) -> Rendered:
    """Render at the hour of the letter."""
    return render_letter(one, snapshot, TEMPLATES, letter_id="T-1", now=one.send_at)


MIXED = {
    "ke-hoach": (TermCause.INITIAL, DAY),
    "so-lieu": (TermCause.INITIAL, date(2022, 11, 4)),
    "de-an": (TermCause.SUPPLEMENT, date(2022, 11, 2)),
}


def test_a_letter_of_four_headings() -> None:
    """Past, today, ahead and supplement stand in this order, each content in its own wording."""
    one = letter(
        [
            ("bao-cao", "qua-han", date(2022, 10, 24)),
            ("ke-hoach", "han-cuoi", DAY),
            ("de-an", "don-doc", date(2022, 11, 2)),
            ("so-lieu", "nhac", date(2022, 11, 4)),
        ]
    )
    done = rendered(one, province(MIXED))
    written = (LETTERS / "tong-hop.txt").read_text(encoding="utf-8")
    assert f"Chủ đề: {done.subject}\n\n{done.text}\nZalo: {done.zalo}\n" == written


def test_headings_without_content_are_not_printed() -> None:
    """Only the headings in use are printed and their numerals run on from one."""
    one = letter([("bao-cao", "qua-han", date(2022, 10, 24)), ("so-lieu", "nhac", date(2022, 11, 4))])
    text = rendered(one, province({"so-lieu": MIXED["so-lieu"]})).text
    assert "I. Đã qua thời hạn\n" in text
    assert "II. Sắp đến hạn\n" in text
    assert "Hạn cuối hôm nay" not in text
    assert "gửi trước các nội dung tại mục I." in text


def test_a_letter_of_soft_reminders_does_not_say_that_nothing_came() -> None:
    """Before level 2 the office does not say it has not received what is not yet due."""
    one = letter([("so-lieu", "nhac", date(2022, 11, 4)), ("de-an", "nhac", date(2022, 11, 2))])
    text = rendered(one, province({"so-lieu": MIXED["so-lieu"], "de-an": MIXED["de-an"]})).text
    assert "có 02 nội dung cần gửi:" in text
    assert "chưa nhận được" not in text
    assert "luân chuyển" not in text


def test_the_quiet_block_lists_what_falls_due_within_thirty_days() -> None:
    """What is owed, open and near but not in the letter stands in a quiet block, without a request."""
    one = letter([("bao-cao", "qua-han", date(2022, 10, 24))])
    text = rendered(one, province(MIXED)).text
    assert (
        "Nội dung khác sẽ đến hạn trong 30 ngày\n"
        "- Kế hoạch kiểm tra dân vận: chậm nhất ngày 26/10/2022 (thứ Tư).\n"
        "- Bản bổ sung đề án dân chủ cơ sở: chậm nhất ngày 02/11/2022 (thứ Tư).\n"
        "- Số liệu tiếp công dân quý IV: trước ngày 05/11/2022 (ngày cuối cùng được tính đúng hạn: thứ Sáu, ngày "
        "04/11/2022).\n"
    ) in text


@pytest.mark.parametrize(
    "change",
    [
        {"exempt": True},
        {"declared_until": DAY},
        {"terms": (Term(1, Deadline(at(LATER), LATER), at(DAY), TermCause.INITIAL),)},
        {"terms": (Term(1, Deadline(at(LATER), DAY, opens_on=LATER), at(DAY), TermCause.INITIAL),)},
    ],
    ids=["exempt", "declared", "more than thirty days ahead", "not yet open"],
)
def test_the_quiet_block_leaves_out_what_nobody_need_see(change: dict[str, object]) -> None:
    """Settled, declared, far or not yet open duties are not mentioned."""
    snapshot = province({"so-lieu": MIXED["so-lieu"]})
    key = ObligationKey(PLAN, "so-lieu", "once", "so-tu-phap")
    changed = replace(snapshot.standings[key], **change)  # type: ignore[arg-type]  # - a table of fields
    quiet = rendered(
        letter([("bao-cao", "qua-han", date(2022, 10, 24))]),
        replace(snapshot, standings={**snapshot.standings, key: changed}),
    )
    assert "Nội dung khác" not in quiet.text


def test_a_closed_plan_is_not_in_the_quiet_block() -> None:
    """Duties of a plan that has ended are not mentioned."""
    snapshot = province({"so-lieu": MIXED["so-lieu"]})
    ended = replace(snapshot.rules.plans[0], ends=date(2022, 10, 25))
    done = rendered(
        letter([("bao-cao", "qua-han", date(2022, 10, 24))]),
        replace(snapshot, rules=replace(snapshot.rules, plans=(ended,))),
    )
    assert "Nội dung khác" not in done.text


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("báo cáo dân vận 2022", "hồ sơ chấm điểm dân vận 2022", "báo cáo và hồ sơ chấm điểm dân vận 2022"),
        ("báo cáo 2022", "kế hoạch 2022", "báo cáo và kế hoạch 2022"),
        ("báo cáo quý", "kế hoạch năm", "báo cáo quý và kế hoạch năm"),
        ("báo cáo 2022", "báo cáo 2022", "báo cáo 2022"),
        ("báo cáo dân vận", "công tác vận", "báo cáo dân vận và công tác vận"),
    ],
)
def test_two_short_names_are_joined(first: str, second: str, both: str) -> None:
    """The common ending of two short names is said once, unless it may be half a word."""
    assert joined(first, second) == both


def test_more_than_two_are_counted() -> None:
    """Three contents, or two of different days, are named by the most pressing and a number."""
    assert named(["a", "b", "c"], same_day=True) == "a và 02 nội dung khác"
    assert named(["a", "b"], same_day=False) == "a và 01 nội dung khác"
    assert named(["a"], same_day=True) == "a"
    assert enumerated(["a"]) == "a"
    assert enumerated(["a", "b", "c"]) == "a, b và c"


@pytest.mark.parametrize(
    ("step", "subject"),
    [
        ("nhac", "Hạn 24/10: báo cáo và hồ sơ chấm điểm dân vận 2022 - Sở Tư pháp"),
        ("don-doc", "Hạn 24/10: báo cáo và hồ sơ chấm điểm dân vận 2022 - Sở Tư pháp"),
        ("han-cuoi", "Hạn hôm nay 24/10: báo cáo và hồ sơ chấm điểm dân vận 2022 - Sở Tư pháp"),
        ("qua-han", "Đã qua hạn 24/10: báo cáo và hồ sơ chấm điểm dân vận 2022 - Sở Tư pháp"),
    ],
)
def test_two_contents_of_one_day_share_a_subject(step: str, subject: str) -> None:
    """The report and the file of one day are named together, the day first."""
    one = sample_letter(step, "so-tu-phap", ("bao-cao", "ho-so"))
    done = render_letter(one, sample_snapshot(one.send_at), TEMPLATES, letter_id="T-1", now=one.send_at)
    assert done.subject == subject


def test_slots_are_plain_values_all_the_way_down() -> None:
    """Nothing but words, numbers, lists and dicts reaches a template."""

    def plain(slot: object) -> bool:
        if isinstance(slot, list):
            return all(plain(item) for item in slot)
        if isinstance(slot, dict):
            return all(type(name) is str and plain(item) for name, item in slot.items())
        return type(slot) in {str, int}

    one = letter([("bao-cao", "qua-han", date(2022, 10, 24)), ("ke-hoach", "han-cuoi", DAY)])
    assert plain(letter_context(one, province(MIXED), letter_id="T-1", now=one.send_at))
