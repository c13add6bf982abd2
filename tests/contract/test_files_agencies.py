"""config/agencies.yaml: the register as written, and what would send a letter to the wrong place."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Channel, Role, Voice
from daemon.files.agencies import RegisterFile
from daemon.files.nodes import Findings
from daemon.files.reader import read

TOP = """\
van-phong: Văn phòng UBND tỉnh
khoi:
  - {ma: so-nganh, ten: "Sở, ban, ngành"}
co-quan:
  - ma: vp-ubnd
    ten: Văn phòng UBND tỉnh
    khoi: Sở, ban, ngành
    xung-ho: so-nganh
    thu-truong: Đồng chí Chánh Văn phòng UBND tỉnh
    van-thu: van-thu@vp.example
"""
THANH_TRA = """\
  - ma: thanh-tra
    ten: Thanh tra tỉnh
    ten-ngan: Thanh tra
    khoi: so-nganh
    xung-ho: so-nganh
    thu-truong: Đồng chí Chánh Thanh tra tỉnh
    lien-lac:
"""


def register_of(text: str, *, international: bool = False) -> tuple[Register, list[str], list[str]]:
    """Read a file; return its register, its errors and its warnings."""
    findings = Findings()
    node = read(text.encode(), "agencies.yaml", findings)
    assert node is not None
    register = RegisterFile(node, findings, international=international).register
    return register, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


def person_errors(lines: str) -> list[str]:
    """Return the errors of one person, whose keys begin on line 18."""
    return register_of(f"{TOP}{THANH_TRA}      - {lines}")[1]


def test_a_register_is_read_as_the_office_writes_it() -> None:
    """Phones, ids and names are text; the short name may be left out when the full one is short enough."""
    register, errors, warnings = register_of(
        TOP
        + "    theo-doi: không\n    kenh: email\n    tu: 1/1/2020\n    den: 30/6/2025\n"
        + THANH_TRA
        + "      - {ma: tt-1, vai: dau-moi, ho-ten: Nguyễn Văn A, chuc-danh: Chuyên viên, phong: Văn phòng,"
        + " email: A@THANHTRA.example, dien-thoai: 0912345678, zalo: 0012, kenh: [email, zalo],"
        + " tu: 2022-01-01, den: 31/12/2022}\n"
    )
    assert (errors, warnings) == ([], [])
    assert register.issuer_office == "vp-ubnd"
    assert register.groups == (Group("so-nganh", "Sở, ban, ngành"),)
    assert register.agencies == (
        Agency(
            "vp-ubnd",
            "Văn phòng UBND tỉnh",
            "Văn phòng UBND tỉnh",
            "so-nganh",
            Voice.DEPARTMENT,
            "Đồng chí Chánh Văn phòng UBND tỉnh",
            "van-thu@vp.example",
            frozenset({Channel.EMAIL}),
            active=False,
            active_from=date(2020, 1, 1),
            active_until=date(2025, 6, 30),
        ),
        Agency(
            "thanh-tra",
            "Thanh tra tỉnh",
            "Thanh tra",
            "so-nganh",
            Voice.DEPARTMENT,
            "Đồng chí Chánh Thanh tra tỉnh",
            people=(
                Person(
                    "tt-1",
                    Role.FOCAL,
                    "Nguyễn Văn A",
                    "Chuyên viên",
                    "Văn phòng",
                    "A@thanhtra.example",
                    "0912345678",
                    "0012",
                    frozenset({Channel.EMAIL, Channel.ZALO}),
                    date(2022, 1, 1),
                    date(2022, 12, 31),
                ),
            ),
        ),
    )


def test_a_register_may_be_written_in_english() -> None:
    """And its missing keys are then named in English."""
    text = "groups:\n  - {id: g, name: G}\nagencies:\n  - {id: a, name: A, group: g, voice: central}\n"
    register, errors, _ = register_of(text)
    assert register.agencies[0].voice is Voice.CENTRAL
    assert errors == ["agencies.yaml:4:5: head_title: thiếu mục này"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "{ma: a, vai: dau-moi, email: §'a@b.example\n\n        Bcc: c@d.example'}",
            "email: chỉ được viết trên một dòng",
        ),
        ("{ma: a, vai: dau-moi, email: §bảo@b.example}", "email: địa chỉ “bảo@b.example” có chữ có dấu"),
        ("{ma: a, vai: dau-moi, email: §a@việt.example}", "email: địa chỉ “a@việt.example” có chữ có dấu"),
        (f"{{ma: a, vai: dau-moi, email: §{'a' * 65}@b.example}}", "email: địa chỉ"),
        ('{ma: a, vai: dau-moi, email: §"a\\u200b@b.example"}', "email: ký tự thứ 2 là ký tự không nhìn thấy U+200B"),
        ('{ma: a, vai: dau-moi, email: a@b.example, ho-ten: §"Nguyễn\\u202eA"}', "ho-ten: ký tự thứ 7 là ký tự"),
        ("{ma: a, vai: dau-moi, email: a@b.example, ho-ten: §Nguyễn 🙂}", "ho-ten: ký tự thứ 8 là biểu tượng “🙂”"),
        (f"{{ma: a, vai: dau-moi, email: a@b.example, ho-ten: §{'a' * 2000}}}", "ho-ten: dài 2000 ký tự"),
        ("{ma: a, vai: §truong, email: a@b.example}", "vai: không hiểu “truong”"),
        ("{ma: a, vai: §lanh-dao-dau-moi, email: a@b.example}", "vai: “lanh-dao-dau-moi” chỉ dùng trong lịch nhắc"),
        ("§{vai: dau-moi, email: a@b.example}", "ma: thiếu mục này"),
        ("§{ma: a, email: a@b.example}", "vai: thiếu mục này"),
        ("{ma: a, vai: dau-moi, tu: 2/2/2022, den: §1/2/2022, zalo: b}", "den: ngày kết thúc đứng trước ngày bắt đầu"),
        ("{ma: a, vai: dau-moi, kenh: §sms, zalo: b}", "kenh: không hiểu “sms”; dùng một trong: email, zalo"),
        ("{ma: §vp-ubnd-van-thu, vai: dau-moi, zalo: b}", "mã “vp-ubnd-van-thu” dành cho hộp thư văn thư"),
        ("{ma: a, vai: dau-moi, dien-thoai: §gọi sau}", "dien-thoai: “gọi sau” không phải số điện thoại"),
    ],
)
def test_a_person_nobody_could_write_to_is_refused(lines: str, told: str) -> None:
    """Addresses and names that would harm a header, unknown roles, taken ids; § is where the message points."""
    (error,) = person_errors(lines.replace("§", "") + "\n")
    place = f"agencies.yaml:18:{len('      - ') + lines.index('§') + 1}: "
    assert error.startswith(place + told)


def test_addresses_beyond_ascii_pass_when_the_administrator_says_so() -> None:
    """The setting reaches the register."""
    person = "      - {ma: a, vai: dau-moi, email: bảo@b.example}\n"
    assert register_of(TOP + THANH_TRA + person, international=True)[1] == []


def test_one_address_twice_in_a_role_is_refused_and_in_two_agencies_reported() -> None:
    """Nobody gets a letter twice, and no agency reads another's."""
    people = (
        "      - {ma: a, vai: dau-moi, email: x@b.example}\n"
        "      - {ma: b, vai: dau-moi, email: x@B.example}\n"
        "      - {ma: c, vai: phu-trach, email: x@b.example}\n"
        "      - {ma: d, vai: phu-trach, email: y@b.example, den: 31/1/2022}\n"
        "      - {ma: e, vai: phu-trach, email: y@b.example, tu: 1/2/2022}\n"
    )
    other = THANH_TRA.replace("thanh-tra", "khac").replace("Thanh tra", "Khác")
    _, errors, warnings = register_of(
        TOP + THANH_TRA + people + other + "      - {ma: f, vai: dau-moi, email: x@b.example}\n"
    )
    assert errors == ["agencies.yaml:19:14: địa chỉ “x@b.example” đã ghi cho “a” cùng vai; giữ một"]
    assert warnings == [
        "agencies.yaml:30:14: cảnh báo: địa chỉ “x@b.example” cũng là của cơ quan “thanh-tra”; kiểm tra lại",
        "agencies.yaml:19:14: cảnh báo: “a”, “b” và “c” của “thanh-tra” dùng chung địa chỉ “x@b.example”: "
        "mỗi thư chỉ gửi đến đó một bản",
    ]


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (
            ["a, vai: dau-moi, email: vt@b.example", "b, vai: phu-trach, email: VT@B.example"],
            "19:14: cảnh báo: “a”, “b” và văn thư của “thanh-tra” dùng chung địa chỉ “vt@b.example”",
        ),
        (
            ["a, vai: dau-moi, email: vt@b.example", "b, vai: phu-trach, email: b@b.example"],
            "18:14: cảnh báo: “a” và văn thư của “thanh-tra” dùng chung địa chỉ “vt@b.example”",
        ),
        (
            ["a, vai: dau-moi, email: x@b.example", "b, vai: phu-trach, email: X@b.example"],
            "19:14: cảnh báo: “a” và “b” của “thanh-tra” dùng chung địa chỉ “x@b.example”",
        ),
        (
            ["a, vai: dau-moi, zalo: z1", "b, vai: dau-moi, zalo: z1", "c, vai: phu-trach, zalo: Z1"],
            "19:14: cảnh báo: “a” và “b” của “thanh-tra” dùng chung một tài khoản Zalo",
        ),
        (["a, vai: dau-moi, email: a@b.example", "b, vai: phu-trach, zalo: a@b.example"], None),
        (
            [
                "a, vai: dau-moi, email: x@b.example, den: 1/1/2022",
                "b, vai: phu-trach, email: x@b.example, tu: 2/1/2022",
            ],
            None,
        ),
    ],
)
def test_an_address_several_people_of_an_agency_have_is_told(people: list[str], told: str | None) -> None:
    """It is usual and stops nothing: they are named, with the office mailbox, where the second of them stands."""
    own = THANH_TRA.replace("    lien-lac:\n", "    van-thu: vt@b.example\n    lien-lac:\n").replace(
        "    ten-ngan: Thanh tra\n", ""
    )
    _, errors, warnings = register_of(TOP + own + "".join(f"      - {{ma: {person}}}\n" for person in people))
    assert errors == []
    assert warnings == ([] if told is None else [f"agencies.yaml:{told}: mỗi thư chỉ gửi đến đó một bản"])


def test_many_shared_addresses_are_told_in_one_line() -> None:
    """A province where every agency has one mailbox: a line of the first, how many they are, some of the agencies."""
    others = [
        THANH_TRA.replace("thanh-tra", f"so-{n}").replace("Thanh tra", f"Sở {n}")
        + f"      - {{ma: a-{n}, vai: dau-moi, email: x@so-{n}.example}}\n"
        + f"      - {{ma: b-{n}, vai: phu-trach, email: x@so-{n}.example}}\n"
        for n in range(6)
    ]
    few, many = ("".join(others[:n]) for n in (5, 6))
    assert len(register_of(TOP + few)[2]) == 5
    assert register_of(TOP + many)[2] == [
        "agencies.yaml:19:14: cảnh báo: 6 địa chỉ có nhiều người trong cùng một cơ quan dùng chung "
        "(so-0, so-1, so-2, so-3, so-4, …): mỗi thư chỉ gửi đến đó một bản"
    ]


def test_ids_are_given_once() -> None:
    """Of groups, agencies and people, over the whole file; the line of the first is named."""
    person = "      - {ma: a, vai: dau-moi, email: x@b.example}\n"
    twice = THANH_TRA + person
    errors = register_of(TOP.replace("co-quan:", "  - {ma: so-nganh, ten: B}\nco-quan:") + twice + twice)[1]
    assert errors == [
        "agencies.yaml:4:10: ma: mã “so-nganh” đã dùng ở dòng 3; mỗi mục một mã",
        "agencies.yaml:20:9: ma: mã “thanh-tra” đã dùng ở dòng 12; mỗi mục một mã",
        "agencies.yaml:27:14: ma: mã “a” đã dùng ở dòng 19; mỗi mục một mã",
    ]


def test_unknown_names_have_near_misses() -> None:
    """Groups, voices and the issuer's office are looked up; a long name needs a short one."""
    text = TOP.replace("khoi: Sở, ban, ngành", "khoi: so-ngành-x").replace("xung-ho: so-nganh", "xung-ho: so-nghanh")
    text = text.replace("van-phong: Văn phòng UBND tỉnh", "van-phong: vp-ubn")
    text = text.replace("    ten: Văn phòng UBND tỉnh", f"    ten: Văn phòng UBND tỉnh {'x' * 30}")
    assert register_of(text)[1] == [
        "agencies.yaml:5:5: ten-ngan: thiếu mục này",
        "agencies.yaml:7:11: khoi: không có khối “so-ngành-x”; có phải là “so-nganh”?",
        "agencies.yaml:8:14: xung-ho: không hiểu “so-nghanh”; có phải là “so-nganh”? "
        "Dùng một trong: so-nganh, huyen, trung-uong, vu-trang, noi-bo",
        "agencies.yaml:1:12: van-phong: không có cơ quan “vp-ubn” trong danh bạ; có phải là “vp-ubnd”?",
    ]


def test_a_person_without_any_address_is_warned_of() -> None:
    """The record may know a person before the address is known."""
    _, errors, warnings = register_of(f"{TOP}{THANH_TRA}      - {{ma: a, vai: dau-moi}}\n")
    assert errors == []
    assert warnings == [
        "agencies.yaml:18:9: cảnh báo: “a” của “thanh-tra” chưa có email, zalo hay điện thoại: không nhận được thư"
    ]


def test_an_empty_register_is_refused() -> None:
    """Both lists are needed."""
    assert register_of("van-phong: a\n")[1][:2] == [
        "agencies.yaml:1:1: khoi: thiếu mục này",
        "agencies.yaml:1:1: co-quan: thiếu mục này",
    ]
