"""One plan's file: phrases, names of agencies, references and texts, as they are and as they are mistyped."""

from __future__ import annotations

from datetime import date, time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.ladders import Ladder
from daemon.domain.plans import Every, OnDate, Plan, Undated
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Role, Voice
from daemon.files.nodes import Findings
from daemon.files.plans import Known, PlansFile
from daemon.files.reader import read
from daemon.files.references import Directory
from daemon.judgement.calendars import Calendar

PLAN = """\
ke-hoach: kh-2022
loai: Kế hoạch
so: 1026/KH-UBND
ve-viec: công tác năm 2022
ban-hanh: 25/3/2022
phat-hanh: 28/3/2022
co-quan: UBND tỉnh
dau-moi: so-noi-vu
lien-he: cv-xdcq
ket-thuc: 31/12/2022
cach-nhac: chuan
tai-lieu:
  - {ten: Kế hoạch số 1026/KH-UBND, tep: tai-lieu/1026.pdf}
moc:
  - ma: bao-cao
    viec: báo cáo kết quả năm 2022
    goi-tat: báo cáo 2022
    muc: Mục IV.1
    han: trước ngày 25/10/2022
    nghia-la: by 24/10/2022
    ai-gui: [so-nganh]
    gui-ve: UBND tỉnh
    qua: so-noi-vu
    tinh-theo: ngày gửi
  - ma: xep-loai
    viec: quyết định xếp loại
    cau: "{co_quan} tham mưu {han}"
    goi-tat: xếp loại 2022
    muc: Mục IV.2.a
    han: trước ngày 05/11/2022
    ai-gui: [so-noi-vu]
    gui-ve: UBND tỉnh
    can-co: [bao-cao]
    cach-nhac: noi-bo
khong-thoi-han:
  - {ma: phan-cong, viec: phân công lãnh đạo, muc: Mục IV.1}
chi-tieu:
  - {ma: co-bao-cao, muc: III.2, dem: cơ quan đã gửi bao-cao, dat-khi: 100%}
  - {ma: tot, muc: III.6, dem: cơ quan xếp loại Tốt ở xep-loai, dat-khi: trên 50%}
"""


def agency(id_: str, name: str, short: str, *, active: bool = True) -> Agency:
    """Make an agency of the one group."""
    people = (Person("cv-xdcq", Role.FOCAL),) if id_ == "so-noi-vu" else ()
    return Agency(id_, name, short, "so-nganh", Voice.DEPARTMENT, "Đồng chí Giám đốc", active=active, people=people)


REGISTER = Register(
    (Group("so-nganh", "Sở, ban, ngành"), Group("trong", "Khối trống")),
    (
        agency("so-vhttdl", "Sở Văn hóa, Thể thao và Du lịch", "Sở VH,TT&DL"),
        agency("so-noi-vu", "Sở Nội vụ", "SNV"),
        agency("so-cu", "Sở Cũ", "Sở Cũ", active=False),
        agency("hoa-thanh", "UBND thị xã Hòa Thành", "TX Hòa Thành"),
        agency("hoa-thanh-2", "UBND huyện Hòa Thành", "tx hoà  thành"),
    ),
)
KNOWN = Known(
    Directory(REGISTER),
    {id_: Ladder(id_, time(8, 30), ()) for id_ in ("chuan", "noi-bo")},
    Calendar("chung", confirmed=frozenset({2022})),
    ("so-cu",),
)


def plans_of(text: str, known: Known = KNOWN) -> tuple[tuple[Plan, ...], list[str], list[str]]:
    """Read one file; return its plan, its errors and its warnings."""
    findings = Findings()
    node = read(text.encode(), "kh.yaml", findings)
    file = PlansFile()
    if node is not None:
        file.add(node, "kh.yaml", findings)
    plans = file.plans(known)
    return plans, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


def with_line(key: str, value: str) -> str:
    """Return the plan with the last line of a key given another value."""
    start = PLAN.rindex(f"    {key}:")
    return f"{PLAN[:start]}    {key}: {value}\n{PLAN[PLAN.index(chr(10), start) + 1 :]}"


def test_the_plan_of_these_tests_is_sound() -> None:
    """What follows changes one thing of it each time."""
    (plan,), errors, warnings = plans_of(PLAN)
    assert (errors, warnings) == ([], [])
    assert plan.by_id["bao-cao"].debtors == ("so-vhttdl", "so-noi-vu", "hoa-thanh", "hoa-thanh-2")


CASES = [
    ("han: trước ngày 05/11/2022", "han: §sớm nhất có thể", "han: không đọc được thời hạn “sớm nhất có thể”"),
    (
        "nghia-la: by 24/10/2022",
        "nghia-la: §by 25/10/2022",
        "nghia-la: hai cách ghi không khớp: han là ngày cuối đúng hạn: thứ Hai, 24/10/2022, "
        "còn nghia-la là ngày cuối đúng hạn: thứ Ba, 25/10/2022; sửa một trong hai",
    ),
    ("nghia-la: by 24/10/2022", "nghia-la: §every month by 25", "nghia-la: hai cách ghi không khớp"),
    ("nghia-la: by 24/10/2022", "nghia-la: §undated", "nghia-la: hai cách ghi không khớp"),
    ("nghia-la: by 24/10/2022", "nghia-la: §hôm nào đó", "nghia-la: không đọc được thời hạn “hôm nào đó”"),
    (
        "ai-gui: [so-noi-vu]",
        "ai-gui: [§so-noi-vi]",
        "ai-gui: không có khối hay cơ quan “so-noi-vi” trong danh bạ; có phải là “so-noi-vu”?",
    ),
    (
        "ai-gui: [so-noi-vu]",
        "ai-gui: §TX Hoà Thành",
        "ai-gui: “TX Hoà Thành” là tên của 2 cơ quan (hoa-thanh, hoa-thanh-2); ghi mã",
    ),
    ("ai-gui: [so-noi-vu]", "ai-gui: §[so-cu]", "ai-gui: không còn cơ quan nào phải gửi"),
    ("ai-gui: [so-noi-vu]", "ai-gui: §{a: b}", "ai-gui: chỗ này cần một danh sách, mỗi dòng bắt đầu bằng “- ”"),
    ("ai-gui: [so-noi-vu]", "ai-gui: [§[a, b]]", "ai-gui: dấu [ ] bị hiểu là danh sách"),
    ("can-co: [bao-cao]", "can-co: §[bao-ca]", "can-co: không có mốc “bao-ca” trong kế hoạch; có phải là “bao-cao”?"),
    ("can-co: [bao-cao]", "can-co: §[xep-loai]", "can-co: mốc “xep-loai” không thể cần chính nó"),
    ("cach-nhac: noi-bo", "cach-nhac: §noi_bo", "cach-nhac: không có lịch nhắc “noi_bo”; có phải là “noi-bo”?"),
    (
        "cach-nhac: chuan",
        "cach-nhac: §xyz",
        "cach-nhac: không có lịch nhắc “xyz”; các lịch nhắc đã khai: chuan, noi-bo",
    ),
    ("qua: so-noi-vu", "qua: §Sở Nội vụu", "qua: không có cơ quan “Sở Nội vụu” trong danh bạ; có phải là “Sở Nội vụ”?"),
    ("dau-moi: so-noi-vu", "§dau-moi:", "dau-moi: chưa có nội dung"),
    (
        "lien-he: cv-xdcq",
        "lien-he: §cv-xdcp",
        "lien-he: không có người mã “cv-xdcp” trong danh bạ; có phải là “cv-xdcq”?",
    ),
    ("tinh-theo: ngày gửi", "tinh-theo: §ngày ký", "tinh-theo: không hiểu “ngày ký”"),
    ("dem: cơ quan đã gửi bao-cao", "dem: §cơ quan đã gửi bao-ca", "dem: không có mốc “bao-ca”; có phải là “bao-cao”?"),
    ("dem: cơ quan đã gửi bao-cao", "dem: §số cơ quan", "dem: máy không đếm được “số cơ quan”"),
    ("dat-khi: trên 50%", "dat-khi: §quá nửa", "dat-khi: không hiểu “quá nửa”; viết như 100%, từ 50% hoặc trên 50%"),
    ("dat-khi: trên 50%", "dat-khi: §trên 100%", "dat-khi: “trên 100%” không thể đạt; viết 100%"),
    ("tep: tai-lieu/1026.pdf", "tep: §/etc/passwd", "tep: “/etc/passwd” phải nằm trong thư mục của kế hoạch"),
    ("tep: tai-lieu/1026.pdf", "tep: §../../khoa", "tep: “../../khoa” phải nằm trong thư mục của kế hoạch"),
    ("ket-thuc: 31/12/2022", "ket-thuc: §31/12/2021", "ket-thuc: ngày kết thúc đứng trước ngày bắt đầu"),
    ("phat-hanh: 28/3/2022", "phat-hanh: §24/3/2022", "phat-hanh: đứng trước ngày ban hành (ban-hanh)"),
    ("ban-hanh: 25/3/2022", "ban-hanh: §25/3", "ban-hanh: “25/3” không phải ngày; thiếu năm; viết như 25/10/2022"),
    ("  - ma: xep-loai", "  - ma: §bao-cao", "ma: mã “bao-cao” đã dùng ở dòng 15; mỗi mục một mã"),
    ("{ma: phan-cong", "{ma: §xep-loai", "ma: mã “xep-loai” đã dùng ở dòng 25; mỗi mục một mã"),
    ("so: 1026/KH-UBND", 'so: §"1026\\r\\nBcc: a@b.example"', "so: chỉ được viết trên một dòng; bỏ dấu xuống dòng"),
    ("ve-viec: công tác năm 2022", f"ve-viec: §{'x' * 2000}", "ve-viec: dài 2000 ký tự, nhiều nhất 200; viết gọn lại"),
    (
        'cau: "{co_quan} tham mưu {han}"',
        "cau: §{co_quan}",
        'cau: dấu { } bị hiểu là nhóm mục; đặt cả giá trị trong dấu nháy, ví dụ "{co_quan}"',
    ),
    ("moc:", "§mốc:", "không có mục “mốc”; có phải là “moc”?"),
    (
        "muc: Mục IV.2.a",
        "muc: Mục IV.2.a\n    §clause: a",
        "mục “clause” ghi hai lần, lần đầu ở dòng 29 (“muc” và “clause”",
    ),
    ("muc: Mục IV.2.a", "muc: Mục IV.2.a\n    §muc: a", "mục “muc” ghi hai lần, lần đầu ở dòng 29; giữ một dòng"),
    ("    gui-ve: UBND tỉnh\n    can-co", "    §-gui-ve: a\n    can-co", "thiếu dấu cách sau dấu gạch đầu dòng"),
    ("    muc: Mục IV.2.a", "    §<<: a", "không dùng << để gộp mục; chép đủ các dòng"),
]


@pytest.mark.parametrize(("old", "new", "told"), CASES)
def test_a_plan_that_cannot_be_followed_is_refused(old: str, new: str, told: str) -> None:
    """Phrases, names and references that lead nowhere; § is where the message points."""
    marked = PLAN.replace(old, new, 1)
    before = marked[: marked.index("§")]
    place = f"kh.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "
    errors = plans_of(marked.replace("§", ""))[1]
    assert [one for one in errors if one.startswith(place + told)], errors


@pytest.mark.parametrize(
    "typed",
    [
        "[so-vhttdl; so-noi-vu]",
        "so-vhttdl, so-noi-vu",
        "[Sở Văn hóa, Thể thao và Du lịch, Sở Nội vụ]",
        "Sở Văn hoá, Thể thao và Du lịch; SNV",
        "[SO NOI VU, Sở VH,TT&DL]",
        '["Sở Văn hóa, Thể thao và Du lịch", so-noi-vu, so-noi-vu]',
        "\n      - Sở Nội vụ\n      - Sở Văn hóa, Thể thao và Du lịch",
    ],
)
def test_agencies_are_named_as_people_name_them(typed: str) -> None:
    """Ids, official and short names, with their own commas, split at commas and semicolons, in protocol order."""
    (plan,), errors, _ = plans_of(with_line("ai-gui", typed))
    assert errors == []
    assert plan.by_id["xep-loai"].debtors == ("so-vhttdl", "so-noi-vu")


def test_those_left_out_are_taken_from_the_list() -> None:
    """`tru` removes; one that is not there is warned of."""
    text = with_line("ai-gui", "Sở, ban, ngành\n    tru: [so-vhttdl; hoa-thanh, hoa-thanh-2]")
    assert plans_of(text)[0][0].by_id["xep-loai"].debtors == ("so-noi-vu",)
    _, errors, warnings = plans_of(with_line("ai-gui", "[so-noi-vu]\n    tru: [so-vhttdl]"))
    assert errors == []
    assert warnings == ["kh.yaml:32:10: cảnh báo: tru: “so-vhttdl” không có trong ai-gui nên không cần trừ"]


def test_a_phrase_nobody_can_read_is_rescued_by_its_explanation() -> None:
    """`nghia-la` takes over; the phrase stays verbatim."""
    (plan,), errors, _ = plans_of(with_line("han", "sớm nhất có thể\n    nghia-la: before 05/11/2022"))
    assert errors == []
    milestone = plan.by_id["xep-loai"]
    assert (milestone.due, milestone.rule) == ("sớm nhất có thể", OnDate(date(2022, 11, 5), before=True))


def test_a_phrase_read_with_a_doubt_is_warned_of() -> None:
    """The phrase's own warning stands at the phrase."""
    _, errors, warnings = plans_of(with_line("han", "chậm nhất trước ngày 05/11/2022"))
    assert errors == []
    assert warnings[0].startswith("kh.yaml:30:10: cảnh báo: han: ")


def test_a_recurring_milestone_needs_the_day_its_periods_begin() -> None:
    """`tu` is asked for by name."""
    text = with_line("han", "chậm nhất ngày 15/01 năm sau")
    assert plans_of(text)[1] == ["kh.yaml:1:1: tu: thiếu mục này"]
    (plan,), errors, _ = plans_of(text.replace("ban-hanh:", "tu: 1/1/2022\nban-hanh:"))
    assert errors == []
    assert isinstance(plan.by_id["xep-loai"].rule, Every)


def test_an_undated_milestone_is_listed() -> None:
    """A phrase without a date is no fault."""
    (plan,), errors, _ = plans_of(with_line("han", "thường xuyên"))
    assert errors == []
    assert plan.by_id["xep-loai"].rule == Undated()


def test_a_plan_may_be_written_in_english() -> None:
    """Missing keys are then named in English."""
    milestone = "{id: b, task: c, short: d, clause: e, due: undated}"
    text = f"plan: a\nkind: Plan\nissued: 2022-03-25\nmilestones:\n  - {milestone}\n"
    _, errors, _ = plans_of(text)
    assert "kh.yaml:5:5: owed_by: thiếu mục này" in errors
    assert "kh.yaml:1:1: collector: thiếu mục này" in errors


def test_a_plan_without_an_id_is_not_lost_among_others() -> None:
    """Two nameless files are two faults, not one plan."""
    findings = Findings()
    file = PlansFile()
    for name in ("a.yaml", "b.yaml"):
        node = read(PLAN.replace("ke-hoach: kh-2022\n", "").encode(), name, findings)
        assert node is not None
        file.add(node, name, findings)
    assert [str(p) for p in findings.errors] == [
        "a.yaml:1:1: ke-hoach: thiếu mục này",
        "b.yaml:1:1: ke-hoach: thiếu mục này",
    ]
    assert len(file.plans(KNOWN)) == 2


def test_a_list_in_place_of_a_plan_is_said_once() -> None:
    """Not key by key."""
    assert plans_of("- a\n")[1] == ["kh.yaml:1:1: chỗ này cần một nhóm mục, mỗi mục một dòng như “ke-hoach: …”"]


def title_of(typed: str) -> tuple[str, list[str], list[str]]:
    """Return a plan's title as read from the YAML text `typed`, with errors and warnings."""
    plans, errors, warnings = plans_of(PLAN.replace("công tác năm 2022", typed, 1))
    return plans[0].title if plans else "", errors, warnings


@pytest.mark.parametrize(
    "typed", ["NO", "17:30", "012", "1.10", "y", "~", "null", "1_000", "2027-01-31", "1e3", "=", "0o14"]
)
def test_a_title_is_never_taken_for_something_else(typed: str) -> None:
    """What YAML would convert stays as typed."""
    assert title_of(typed) == (typed, [], [])


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_a_quoted_title_is_kept_or_refused_with_a_place(text: str) -> None:
    """Never changed silently: the same text, or an error, or a warning that says what was put right."""
    typed = yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10_000).strip()
    title, errors, warnings = title_of(typed)
    assert errors or warnings or title == text
    assert all(error.startswith("kh.yaml:") for error in errors)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=50))
def test_a_plain_title_is_kept_or_refused_with_a_place(text: str) -> None:
    """Without quotes too; spaces and straight quotes around a value, and a comment after it, are no part of it."""
    title, errors, warnings = title_of(text)
    typed = f" {text} ".split(" #")[0].strip()
    quotes = typed[:1] in ("'", '"') and typed[:1] == typed[-1:]
    assert errors or warnings or title == (title if quotes else typed)
