"""A template that could hurt is refused with its file and line, and a letter still goes out when one fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.entries import Approved
from daemon.domain.words import Tier
from daemon.errors import TemplateRefused
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.checking import check_templates
from daemon.rendering.clean import utf16_units
from daemon.rendering.engine import OUTPUT_LIMIT, TemplateFault, Templates, shipped_names
from daemon.rendering.layout import Block, blocks, emphasised, plain_text
from daemon.rendering.message import render_letter, render_notice, render_slots
from daemon.rendering.samples import COLLECTOR, DAY_OF, sample_letter, sample_slots, sample_snapshot

BODY = "{% block chu_de %}x{% endblock %}{% block than %}\n@@\n{% endblock %}{% block zalo %}{% endblock %}"


def own(tmp_path: Path, written: str, name: str = "nhac.j2") -> Path:
    """Write one template of the operator's and return its directory."""
    (tmp_path / name).write_text(written, encoding="utf-8")
    return tmp_path


def with_line(tmp_path: Path, line: str) -> Path:
    """Write a reminder whose body is one line; it stands on line 2."""
    shipped = (Path(__file__).parents[2] / "templates" / "nhac.j2").read_text(encoding="utf-8")
    dong = shipped[shipped.index("{% block dong %}") : shipped.index("{% block zalo %}")]
    return own(tmp_path, BODY.replace("@@", line) + dong)


def test_the_shipped_templates_are_sound() -> None:
    """Every template that comes with the program loads and renders with every sample."""
    assert check_templates(None) == ()


def test_every_template_is_tried() -> None:
    """The samples reach every letter and notice, so that a fault in any is found at load."""
    tried = {f"{slots['mau']}.j2" for slots in sample_slots()}
    framed = {"thu.txt.j2", "thu.html.j2"}
    assert {name for name in shipped_names() if not name.startswith("_")} == tried | framed


REFUSED = [
    ("{{ khong_co }}", "khong_co"),
    ("{{ ngay_cuoi_nga }}", "ngay_cuoi_ngan"),
    ("{% if %}", "sai cú pháp"),
    ("{{ viec ", "sai cú pháp"),
    ("{{ viec.__class__ }}", "__class__"),
    ("{{ viec.__class__.__mro__[1].__subclasses__() }}", "hàm"),
    ("{{ viec['__class__'] }}", "ngoặc vuông"),
    ("{{ viec[muc] }}", "ngoặc vuông"),
    ("{{ '{0.__class__}'.format(viec) }}", "hàm"),
    ("{{ noi_dung.append(1) }}", "hàm"),
    ("{{ 'a' * 10000000 }}", "mul"),
    ("{{ viec ~ viec }}", "concat"),
    ("{{ viec % viec }}", "mod"),
    ("{{ viec | center(1000000000) }}", "bộ lọc"),
    ("{{ viec | safe }}", "bộ lọc"),
    ("{{ viec | attr('__class__') }}", "bộ lọc"),
    ("{{ viec is mapping }}", "phép thử"),
    ("{% for i in range(1000000) %}x{% endfor %}", "range"),
    ("{% for i in cac_han %}{% for j in cac_han %}{% for k in cac_han %}x{% endfor %}{% endfor %}{% endfor %}", "lồng"),
    ("{% for i in range(99) recursive %}{{ loop(range(9)) }}{% endfor %}", "vòng lặp"),
    ("{% set a = viec %}", "assign"),
    ("{% set a %}{{ viec }}{% endset %}", "assignblock"),
    ("{% macro m() %}{{ m() }}{% endmacro %}", "macro"),
    ("{% import '_can-cu.j2' as c %}", "import"),
    ("{% extends 'nhac.j2' %}", "extends"),
    ("{% include 'nhac.j2' %}", "dùng chung"),
    ("{% include muc %}", "dùng chung"),
    ("{% include '_khong-co.j2' %}", "_khong-co.j2"),
    ("{% include '_../../../etc/passwd' %}", "_../../../etc/passwd"),
    ("{% filter upper %}x{% endfilter %}", "filterblock"),
    ("{{ namespace(a=1) }}", "hàm"),
    ("{{ 1 / 0 }}", "div"),
    ("{{ viec + 1 }}", "không soạn được"),
    ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nhac.j2"),
    ("{% for i in range(99) %}{% for j in range(99) %}" + "x" * 60 + "{% endfor %}{% endfor %}", "nghìn ký tự"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[line[:40] for line, _ in REFUSED])
def test_what_a_letter_may_not_do_is_refused_at_load(tmp_path: Path, line: str, said: str) -> None:
    """Undefined slots, attribute attacks, loops, growth, calls and bad syntax are refused by name."""
    directory = with_line(tmp_path, line)
    problems = [problem for problem in check_templates(directory) if not problem.warning]
    assert problems
    assert any(said in str(problem) for problem in problems), problems
    assert all(problem.file.endswith(".j2") for problem in problems)


@pytest.mark.parametrize(
    "line",
    ["{{ khong_co }}", "{% if %}", "{{ viec.__class__ }}", "{{ 'a' * 9 }}", "{{ viec + 1 }}", "{{ viec | safe }}"],
)
def test_the_line_at_fault_is_named(tmp_path: Path, line: str) -> None:
    """The problem names the file and the very line the operator has to look at."""
    found = [problem for problem in check_templates(with_line(tmp_path, line)) if not problem.warning]
    assert {(problem.file, problem.line) for problem in found} == {("nhac.j2", 2)}


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Two files at fault and one misspelt are three problems, the misspelt one a warning with the right name."""
    own(tmp_path, "{{ mot }}", "don-doc.j2")
    own(tmp_path, "{% if %}", "han-cuoi.j2")
    own(tmp_path, "x", "nhacc.j2")
    found = check_templates(tmp_path)
    assert {problem.file for problem in found} == {"don-doc.j2", "han-cuoi.j2", "nhacc.j2"}
    warning = next(problem for problem in found if problem.warning)
    assert "“nhac.j2”" in warning.message


def test_a_missing_directory_and_a_missing_block_are_told(tmp_path: Path) -> None:
    """A directory that is not there is one problem; a template without its subject says which block it lacks."""
    assert "không có thư mục" in str(check_templates(tmp_path / "x")[0])
    own(tmp_path, "{% block than %}x{% endblock %}")
    assert any("thiếu khối “chu_de”" in str(problem) for problem in check_templates(tmp_path))


def test_an_empty_subject_is_told(tmp_path: Path) -> None:
    """A subject without a word in it is a problem."""
    own(
        tmp_path,
        "{% block chu_de %} {% endblock %}{% block than %}x{% endblock %}{% block zalo %}{% endblock %}",
        "gia-han.j2",
    )
    assert any("chu_de" in str(problem) for problem in check_templates(tmp_path))


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"\xff\xfe\x00x", "UTF-8"), (b"a\nb\nc \xe9", "gia-han.j2:3:"), (b"x" * 70_000, "KiB")],
    ids=["UTF-16", "Latin-1 on line 3", "too large"],
)
def test_files_that_are_no_text_are_told(tmp_path: Path, raw: bytes, said: str) -> None:
    """A template in another encoding or far too large is refused by name and line."""
    (tmp_path / "gia-han.j2").write_bytes(raw)
    assert any(said in str(problem) for problem in check_templates(tmp_path))


def test_an_operator_changes_one_text_and_keeps_the_rest(tmp_path: Path) -> None:
    """A file in the operator's directory takes the place of the shipped one; both forms of the letter follow it."""
    templates = Templates(with_line(tmp_path, "Kính nhắc {{ co_quan }}: {{ han }}."))
    letter = sample_letter("nhac", "so-tu-phap")
    done = render_letter(letter, sample_snapshot(letter.send_at), templates, letter_id="T", now=letter.send_at)
    assert "Kính nhắc Sở Tư pháp: trước ngày 25/10/2022." in done.text
    assert "Kính nhắc Sở Tư pháp: trước ngày 25/10/2022." in (done.html or "")
    pressed = sample_letter("don-doc", "so-tu-phap")
    kept = render_letter(pressed, sample_snapshot(pressed.send_at), templates, letter_id="T", now=pressed.send_at)
    assert "khẩn trương hoàn thiện" in kept.text


def test_when_a_template_fails_the_plain_letter_goes(tmp_path: Path) -> None:
    """At run time a broken template costs the wording, not the reminder: day, matter, agency and contact are there."""
    templates = Templates(with_line(tmp_path, "{{ hong }}"))
    letter = sample_letter("nhac", "so-tu-phap", ("bao-cao",))
    done = render_letter(letter, sample_snapshot(letter.send_at), templates, letter_id="T-1", now=letter.send_at)
    assert done.fault is not None
    assert done.fault.startswith("nhac.j2:2: không có ô dữ liệu “hong”")
    assert done.subject == "Hạn 24/10: báo cáo dân vận 2022 - Sở Tư pháp"
    assert done.html is None
    assert done.zalo == "Hạn 24/10: báo cáo dân vận 2022 - Sở Tư pháp. Trân trọng."
    assert done.text == (
        "Kính gửi: Sở Tư pháp\n\n"
        "Sở Nội vụ thông tin các nội dung sau:\n\n"
        "- Báo cáo kết quả thực hiện công tác dân vận chính quyền năm 2022: trước ngày 25/10/2022 (ngày cuối cùng được "
        "tính đúng hạn: thứ Hai, ngày 24/10/2022).\n\n"
        "Nếu văn bản đã gửi, mong thông cảm và bỏ qua thư này. Cần trao đổi thêm, xin liên hệ đồng chí Nguyễn Thị A, "
        "chuyên viên Phòng Xây dựng chính quyền, điện thoại 0276 3000 000.\n\n"
        "Trân trọng.\n\nMã thư: T-1.\n"
    )


def test_the_plain_letter_of_several_and_of_the_armed_forces(tmp_path: Path) -> None:
    """The plain form names how many more there are, and has no Zalo form where there must be none."""
    broken = Templates(own(tmp_path, "{{ hong }}", "thu.txt.j2"))
    letter = sample_letter("nhac", "bch-quan-su", ("bao-cao", "ho-so"))
    done = render_letter(letter, sample_snapshot(letter.send_at), broken, letter_id="T-1", now=letter.send_at)
    assert done.subject == "Hạn 24/10: báo cáo dân vận 2022 và 1 nội dung khác - Bộ Chỉ huy Quân sự tỉnh"
    assert done.zalo is None


def test_letters_above_the_officers_have_no_plain_form(tmp_path: Path) -> None:
    """To a head or a leader nothing leaves that nobody wrote."""
    broken = Templates(own(tmp_path, "{{ hong }}", "thu.txt.j2"))
    for step, tier in (("thu-truong", Tier.HEAD), ("trinh", Tier.COLLECTOR)):
        letter = sample_letter(step, "so-tu-phap")
        assert letter.tier is tier
        with pytest.raises(TemplateRefused):
            render_letter(letter, sample_snapshot(letter.send_at), broken, letter_id="T", now=letter.send_at)


def test_notices_have_a_plain_form_too(tmp_path: Path) -> None:
    """A receipt or a note whose template fails still says its one sentence."""
    broken = Templates(own(tmp_path, "{{ hong }}", "thu.txt.j2"))
    for slots in sample_slots():
        if slots["loai_thu"] in {"receipt", "notice", "apology", "note"}:
            done = render_notice(slots, broken)
            assert done.fault is not None
            told = slots["tom_tat"]
            assert isinstance(told, list)
            assert str(told[0]) in done.text
            assert done.text.startswith("Kính gửi: ")


def test_output_is_capped() -> None:
    """A template whose slots make it longer than the limit is refused while it is being written."""
    with pytest.raises(TemplateFault, match="nghìn ký tự"):
        Templates().block(
            "gia-han.j2", "chu_de", {"ngay_cuoi_ngan": "1", "goi_tat": "x" * OUTPUT_LIMIT, "ten_ngan": "y"}
        )


def test_a_name_outside_the_directory_is_not_a_template() -> None:
    """Paths are not names."""
    for name in ("../nhac.j2", "/etc/passwd", "nhac.txt", "NHAC.j2"):
        with pytest.raises(TemplateRefused):
            Templates().whole(name, {})


HOSTILE = '<script>alert(1)</script> & "x" \u202egpj\u202c \u200b\r\nBcc: a@b.example {{ 7*7 }} {% if %}'


def hostile(snapshot: Snapshot) -> Snapshot:
    """Return the record with a hostile text behind every name, task and phrase an operator can write."""
    rules, plan = snapshot.rules, snapshot.rules.plans[0]
    agencies = tuple(
        replace(
            agency,
            name=agency.name + HOSTILE,
            short_name=agency.short_name + HOSTILE,
            head_title=agency.head_title + HOSTILE,
            people=tuple(replace(person, name=HOSTILE, title=HOSTILE) for person in agency.people),
        )
        for agency in rules.register.agencies
    )
    milestones = tuple(
        replace(m, task=m.task + HOSTILE, short=m.short + HOSTILE, due=m.due + HOSTILE, send_by=HOSTILE)
        for m in plan.milestones
    )
    plan = replace(plan, milestones=milestones, number=HOSTILE, title=HOSTILE, issuer=HOSTILE)
    return replace(snapshot, rules=replace(rules, plans=(plan,), register=replace(rules.register, agencies=agencies)))


@pytest.mark.parametrize("agency", ["so-tu-phap", "bch-quan-su", COLLECTOR])
@pytest.mark.parametrize("step", list(DAY_OF))
def test_data_is_never_markup_template_or_header(step: str, agency: str) -> None:
    """Whatever a name holds, the HTML stays escaped, the subject one clean line, and no template syntax is run."""
    letter = sample_letter(step, agency, ("bao-cao", "ho-so"))
    signer = Approved(name=HOSTILE, title=HOSTILE)
    done = render_letter(
        letter,
        hostile(sample_snapshot(letter.send_at)),
        Templates(),
        letter_id="T",
        now=letter.send_at,
        public_url='https://x.example/"onclick="x',
        approver=signer,
    )
    assert done.fault is None
    html = done.html or ""
    assert "<script>" not in html
    assert 'onclick="' not in html
    assert "&lt;script&gt;" in html
    assert "49" not in done.text
    for form in (done.subject, done.zalo or "", *done.text.splitlines()):
        assert not set(form) & set("\r\n\u202e\u202c\u200b")
    assert "\nBcc:" not in done.text
    assert len(done.subject) <= 200
    assert utf16_units(done.zalo or "") <= 2000


@given(st.lists(st.sampled_from(["# a", "- b", "1. c", "[ ] d", "e", "", "  f  "]), max_size=12))
def test_layout_keeps_every_word_in_order(lines: list[str]) -> None:
    """Nothing a template wrote is lost or moved, and no two blank lines follow each other."""
    found = blocks("\n".join(lines))
    marks = {"# a": "a", "- b": "b", "1. c": "c", "[ ] d": "d", "e": "e", "  f  ": "f"}
    words = [word for block in found for word in block.lines]
    assert words == [marks[line] for line in lines if line]
    assert "\n\n\n" not in plain_text(found)


def test_lists_keep_their_numbers() -> None:
    """Consecutive entries make one list, which starts with the number that was written."""
    found = blocks("3. a\n4. b\nc\n- d\n- e\n[ ] f")
    assert found == [
        Block("ol", ("a", "b"), 3),
        Block("p", ("c",)),
        Block("ul", ("d", "e")),
        Block("box", ("f",)),
    ]
    assert plain_text(found) == " 3. a\n 4. b\n\nc\n\n- d\n- e\n\n[ ] f"


def test_emphasis_escapes_what_it_marks() -> None:
    """Bold phrases and the link are marked, longest first, and everything is escaped."""
    marked = emphasised(
        'a <b> ngày 1 & ngày 10 https://x.example/?a=1&b="2"', ["ngày 1", "ngày 10", ""], "https://x.example/?a=1&b="
    )
    assert "&lt;b&gt;" in marked
    assert '<strong style="white-space:nowrap;">ngày 10</strong>' in marked
    assert '<a href="https://x.example/?a=1&amp;b="' in marked
    long = "thứ Hai, ngày 24/10/2022, trước 17 giờ 00"
    assert emphasised(long, [long]) == f"<strong>{long}</strong>"
    assert emphasised("x < y", []) == "x &lt; y"
    assert emphasised("x u", [], "u") == 'x <a href="u" style="color:#1a1a1a;">u</a>'


@pytest.mark.parametrize("index", range(0, len(sample_slots()), 5))
def test_html_loads_nothing_and_is_vietnamese(index: int) -> None:
    """No letter fetches anything, runs anything or depends on colour; its language is named."""
    html = render_slots(sample_slots()[index], Templates()).html or ""
    assert '<html lang="vi">' in html
    for word in ("<img", "<script", "<link", "src=", "url(", "@import", "<style", "class="):
        assert word not in html
    assert "\n\n" not in html
