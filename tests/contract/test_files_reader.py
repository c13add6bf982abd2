"""YAML as people type it: every slip named in Vietnamese with its place and the line put right, within bounds."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from daemon.files.nodes import MOST_PROBLEMS, Findings, Items, Node, Pairs, Text
from daemon.files.reader import read
from daemon.files.tree import DEEPEST, MOST_ALIASES, MOST_NODES


def read_text(text: str) -> tuple[Node | None, list[str], list[str]]:
    """Read a file; return its tree, its errors and its warnings as people see them."""
    findings = Findings()
    node = read(text.encode(), "a.yaml", findings)
    return node, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


def errors_of(text: str) -> list[str]:
    """Return the errors of a file."""
    return read_text(text)[1]


def plain(node: Node | None) -> object:
    """Return a tree as lists, dicts and texts."""
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if isinstance(node, Pairs):
        return {key.value: plain(value) for key, value in node.pairs}
    return node.value if isinstance(node, Text) else None


@pytest.mark.parametrize(
    "typed", ["NO", "no", "17:30", "08:30", "012", "1.10", "3.10", "y", "~", "1_000", "0x1F", "null"]
)
def test_no_scalar_has_a_type(typed: str) -> None:
    """What YAML would bend stays the characters that were typed."""
    assert plain(read_text(f"a: {typed}\n")[0]) == {"a": typed}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("viec: Báo cáo: kết quả\n", '1:7: giá trị có dấu hai chấm; …: viec: "Báo cáo: kết quả"'),
        ("viec: - Kế hoạch\n", '1:7: dấu gạch ngang ở đầu giá trị có nghĩa riêng; …: viec: "- Kế hoạch"'),
        ("viec: *Dân biết*\n", '1:7: dấu * ở đầu giá trị có nghĩa riêng; …: viec: "*Dân biết*"'),
        ("viec: *dan biet\n", '1:7: dấu * ở đầu giá trị có nghĩa riêng; …: viec: "*dan biet"'),
        ("viec: &kinh gui\n", '1:7: dấu & ở đầu giá trị có nghĩa riêng; …: viec: "&kinh gui"'),
        ("viec: &Đầu mối\n", '1:7: dấu & ở đầu giá trị có nghĩa riêng; …: viec: "&Đầu mối"'),
        ("viec: !gấp\n", '1:7: dấu ! ở đầu giá trị có nghĩa riêng; …: viec: "!gấp"'),
        ("viec: !gap ngay\n", '1:7: dấu ! ở đầu giá trị có nghĩa riêng; …: viec: "!gap ngay"'),
        ("dat-khi: >50%\n", '1:10: dấu > ở đầu giá trị có nghĩa riêng; …: dat-khi: ">50%"'),
        ("dat-khi: >5\nmuc: a\n", '1:10: dấu > ở đầu giá trị có nghĩa riêng; …: dat-khi: ">5"'),
        ("dat-khi: %50\n", '1:10: dấu % ở đầu giá trị có nghĩa riêng; …: dat-khi: "%50"'),
        ("viec: @đầu mối\n", '1:7: dấu @ ở đầu giá trị có nghĩa riêng; …: viec: "@đầu mối"'),
        ("viec: `a`\n", '1:7: dấu ` ở đầu giá trị có nghĩa riêng; …: viec: "`a`"'),
        ("viec: ? a\n", '1:7: dấu ? ở đầu giá trị có nghĩa riêng; …: viec: "? a"'),
        ("ai-gui: [a, b\nmuc: c\n", "1:9: thiếu dấu ] đóng; viết lại: ai-gui: [a, b]"),
        ("cau: {co_quan} gửi\nmuc: c\n", '1:6: dấu { ở đầu giá trị; …: cau: "{co_quan} gửi"'),
        ("viec: [Gấp] báo cáo\n", '1:7: dấu [ ở đầu giá trị; …: viec: "[Gấp] báo cáo"'),
        ('viec: "báo cáo\nmuc: c\n', '1:7: thiếu dấu nháy đóng "; viết lại: viec: "báo cáo"'),
        ('viec: "a\nmuc: "b"\nma: c\n', '1:7: thiếu dấu nháy đóng "; viết lại: viec: "a"'),
        ('viec: "Dân vận" khéo\n', "1:7: sau dấu nháy đóng còn chữ; …: viec: '\"Dân vận\" khéo'"),
        ("viec: 'it's'\n", "1:7: trong giá trị có dấu nháy '; dùng dấu nháy loại kia; viết lại: viec: \"it's\""),
        (
            'tep: "C:\\dan"\n',
            "1:6: dấu \\ trong dấu nháy kép có nghĩa riêng; đặt trong dấu nháy đơn; viết lại: tep: 'C:\\dan'",
        ),
        ("- {lan: a: b, khi: c}\n", '1:9: giá trị trong dấu { } có ký tự đặc biệt; …: - {lan: "a: b", khi: c}'),
        ("ma:a\nviec: b\n", "1:3: thiếu dấu cách sau dấu hai chấm; viết lại: ma: a"),
        ("ma: a\nviec b\nmuc: c\n", "2:5: thiếu dấu hai chấm sau “viec”; viết lại: viec: b"),
        ("- ma: a\n   viec: b\n", "2:4: thụt đầu dòng lệch: dòng này thụt 3 dấu cách, cần 2; viết lại: viec: b"),
        ("moc:\n  - ma: a\n - ma: b\n", "3:2: thụt đầu dòng lệch: dòng này thụt 1 dấu cách, cần 2; viết lại: - ma: b"),
        (
            "viec: “báo cáo”\n",
            '1:7: giá trị nằm trong dấu nháy cong “ ”; dùng dấu nháy thẳng; viết lại: viec: "báo cáo"',
        ),
        (
            "a: !!python/object:os.system {}\n",
            "1:4: không dùng nhãn kiểu “tag:yaml.org,2002:python/object:os.system”; …",
        ),
        ("? [a, b]\n: c\n", "1:3: tên mục phải là chữ, không thể là danh sách hay nhóm mục"),
    ],
)
def test_a_slip_is_explained_with_the_line_put_right(text: str, told: str) -> None:
    """One slip gives one message; "…" stands for the middle of the sentence."""
    (said,) = errors_of(text)
    begins, _, ends = told.partition("…")
    assert said.startswith(f"a.yaml:{begins}")
    assert said.endswith(ends)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\tb\n", "a.yaml:1:3: có dấu Tab; hãy thay bằng dấu cách (phím cách)"),
        ("a: b\n\tc: d\n", "a.yaml:2:1: có dấu Tab; hãy thay bằng dấu cách (phím cách)"),
        (
            "m:\n– ma: b\n",
            "a.yaml:2:1: dấu “–” (thường do Word tự đổi) không phải dấu gạch đầu dòng; viết lại: - ma: b",
        ),
        (
            "m:\n  • ma: b\n",
            "a.yaml:2:3: dấu “•” (thường do Word tự đổi) không phải dấu gạch đầu dòng; viết lại: - ma: b",
        ),
        ("a: b\n---\nc: d\n", "a.yaml:2:1: tệp có nhiều phần ngăn bằng ---; mỗi tệp chỉ một phần"),
        ("", "a.yaml:1:1: tệp trống; nếu không dùng nữa thì xóa tệp"),
        ("# chỉ có ghi chú\n", "a.yaml:1:1: tệp trống; nếu không dùng nữa thì xóa tệp"),
        ("---\n", "a.yaml:1:1: tệp trống; nếu không dùng nữa thì xóa tệp"),
    ],
)
def test_what_is_no_yaml_is_named_plainly(text: str, told: str) -> None:
    """Tabs, Word's dashes, several documents and empty files have their own words."""
    assert errors_of(text) == [told]


def test_one_slip_hides_no_other() -> None:
    """Every slip of a file is found at once, each with its own line."""
    said = errors_of('a: b: c\nd: "e\nf: [g\nh: >7%\n\ti: j\nk: - l\n– m: n\n')
    assert [one.split(": ")[0] for one in sorted(said)] == [
        "a.yaml:1:4",
        "a.yaml:2:4",
        "a.yaml:3:4",
        "a.yaml:4:4",
        "a.yaml:5:1",
        "a.yaml:6:4",
        "a.yaml:7:1",
    ]


def test_what_cannot_be_mended_is_shown_and_stops_the_file() -> None:
    """A list beside keys has no one correction; the line is quoted."""
    node, said, _ = read_text("ma: a\n- b\n")
    assert node is None
    assert said[0].startswith("a.yaml:2:1: không đọc được cú pháp ở “- b”; xem lại thụt đầu dòng")


def test_text_after_a_hash_is_reported_as_lost() -> None:
    """One space before # is a slip worth a warning; two or more are a comment that was meant."""
    node, said, warned = read_text("viec: Văn bản # 12\n")
    assert (plain(node), said) == ({"viec": "Văn bản"}, [])
    assert warned == [
        "a.yaml:1:15: cảnh báo: phần “# 12” bị bỏ, vì dấu # sau dấu cách mở đầu ghi chú; "
        'nếu là nội dung, đặt trong dấu nháy: viec: "Văn bản # 12"; nếu là ghi chú, chừa hai dấu cách trước #'
    ]
    assert read_text("viec: Văn bản  # 12\n# a\nma: b\n")[2] == []
    assert read_text('viec: "Văn bản # 12" # b\n')[2] == []


def test_tabs_in_comments_and_dashes_in_block_text_are_left_alone() -> None:
    """Only what would be read is judged."""
    node, said, _ = read_text("# a\tb\nviec: |\n  – một\n  – hai\nma: c  # d\te\n")
    assert said == []
    assert plain(node) == {"viec": "– một\n– hai", "ma": "c"}


def test_an_anchor_that_is_used_is_allowed() -> None:
    """Aliases work; what they stand for is read where they stand."""
    assert plain(read_text("a: &x [b]\nc: *x\n")[0]) == {"a": ["b"], "c": ["b"]}


BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(f'*{chr(97 + i)}' for _ in range(9))}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: " + "[" * 3000, "1:53: lồng quá sâu (hơn 50 cấp)"),
        ("{a: " * 3000, "lồng quá sâu (hơn 50 cấp)"),
        ("".join(" " * n + "a:\n" for n in range(1000)), "lồng quá sâu (hơn 50 cấp)"),
        ("a: b: c\nd: " + "[" * 100_000, "lồng quá sâu (hơn 50 cấp)"),
        ("a: &a [*a]\n", "1:8: “*a” tham chiếu đến chính mục chứa nó"),
        (BOMB, "tệp có quá nhiều mục (hơn 400.000)"),
        ("- a\n" * (MOST_NODES + 1), "tệp có quá nhiều mục (hơn 400.000)"),
        ("a: &a b\nc:\n" + "- *a\n" * (MOST_ALIASES + 1), f"quá nhiều dấu * tham chiếu (hơn {MOST_ALIASES})"),
        (f"a: &a {'[' * 40}{']' * 40}\nb: {'[' * 20}*a{']' * 20}\n", "lồng quá sâu (hơn 50 cấp)"),
    ],
    ids=["brackets", "braces", "indents", "behind a slip", "itself", "bomb", "nodes", "aliases", "deep by alias"],
)
def test_limits_hold_while_the_file_is_read(text: str, told: str) -> None:
    """Depth, nodes and aliases are counted as they come, so that time and memory are bounded."""
    node, said, _ = read_text(text)
    assert node is None
    assert told in said[-1]


def test_what_is_just_within_the_limits_is_read() -> None:
    """The limits are as wide as they say."""
    assert read_text(f"a: {'[' * (DEEPEST - 1)}{']' * (DEEPEST - 1)}\n")[1] == []
    assert read_text("- a\n" * (MOST_NODES - 1))[1] == []
    assert read_text("a: &a b\nc:\n" + "- *a\n" * MOST_ALIASES)[1] == []


@pytest.mark.parametrize("line", ["a: b: c\n", "a: [b\n", "a:\tb\n", 'a: "b" c\n', "  a: b\n a: c\n"])
def test_a_file_full_of_slips_is_given_up_in_time(line: str) -> None:
    """Correcting is bounded too: the list ends, and says so."""
    findings = Findings()
    assert read((line * 20_000).encode(), "a.yaml", findings) is None or line == "a:\tb\n"
    assert 1 <= len(findings.errors) <= MOST_PROBLEMS


def test_a_very_long_line_is_not_worth_correcting() -> None:
    """A megabyte of spaces within a slip is refused like any other text that cannot be read."""
    node, said, _ = read_text("a: b: c" + " " * 900_000 + "d\n")
    assert node is None
    assert said[0].startswith("a.yaml:1:5: không đọc được cú pháp")


@given(st.text(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_place(text: str) -> None:
    """No input raises anything, and what is not read has a line."""
    findings = Findings()
    node = read(text.encode("utf-8", "surrogatepass"), "a.yaml", findings)
    assert node is not None or findings.errors
    assert all(problem.line >= 1 and problem.col >= 1 for problem in findings.errors)


YAML_BITS = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "  ",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "#",
        " #",
        "&a ",
        "*a",
        "!",
        "|",
        ">",
        ",",
        "?",
        ":",
        "–",
    ]
)


@given(st.lists(YAML_BITS, max_size=40).map("".join))
def test_any_mixture_of_signs_is_read_or_refused_with_a_place(text: str) -> None:
    """Corrections never go round in circles."""
    findings = Findings()
    node = read(text.encode(), "a.yaml", findings)
    assert node is not None or findings.errors


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_quoted_text_comes_back_as_it_was(text: str) -> None:
    """Through YAML's own writer and back, nothing is changed, or the place is named."""
    findings = Findings()
    written = yaml.safe_dump({"a": text}, allow_unicode=True, default_style='"', width=10_000)
    node = read(written.encode(), "a.yaml", findings)
    if not findings.errors and not findings.warnings:
        assert plain(node) == {"a": text}
