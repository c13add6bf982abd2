"""What the administrator writes under `zalo`: an Official Account, templates and their parameters, a proxy."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.domain.settings import Settings, Zalo
from daemon.domain.words import LetterKind
from daemon.domain.zalo import FORMS, USUAL, ParamKind, Says, ZbsParameter, ZbsTemplate
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings
from daemon.files.zalo_settings import SAYS
from daemon.rendering.engine import shipped_names

REST = """\
co-so-du-lieu: dondoc.db
tep: {ke-hoach: a, co-quan: b, cach-nhac: c, lich: d}
nguoi-gui: {dia-chi: nhac-viec@so.example, ten: Sở Nội vụ}
cach-gui-thu: console
"""
OA = '  ma-oa: "3000000000000000003"\n  ma-ung-dung: "1000000000000000001"\n  tep-khoa-ung-dung: khoa\n'


def settings(folder: Path, text: str) -> Settings:
    """Return the settings with a `zalo` part."""
    path = folder / "dondoc.yaml"
    path.write_text(REST + "zalo:\n" + text, encoding="utf-8")
    return load_settings(path)


def zalo(folder: Path, text: str) -> Zalo:
    """Return what is read of a `zalo` part."""
    found = settings(folder, text).zalo
    assert found is not None
    return found


def test_an_official_account(tmp_path: Path) -> None:
    """Ids stay text; the hosts are Zalo's; nothing goes through a proxy that was not named."""
    assert zalo(tmp_path, "  loai: oa\n" + OA) == Zalo(
        "oa",
        base_url="https://openapi.zalo.me",
        oa_id="3000000000000000003",
        app_id="1000000000000000001",
        app_secret_file=tmp_path / "khoa",
    )
    assert zalo(tmp_path, "  loai: bot\n  tep-ma: a\n").base_url == "https://bot-api.zaloplatforms.com"


def test_everything_a_zbs_may_have(tmp_path: Path) -> None:
    """Templates in order, parameters with the kind they were registered with or the usual one."""
    text = (
        "  loai: zbs\n"
        + OA
        + "  dia-chi-goc: http://127.0.0.1:8081/\n  dia-chi-cap-ma: http://127.0.0.1:8082\n"
        + "  chung-minh-khoa: có\n  thu-nghiem: có\n  proxy: http://proxy.so.example:3128\n  tep-ca: ca.pem\n"
        + "  mau:\n"
        + '    - ma: "123456"\n      dung-cho: [nhac, don-doc]\n'
        + "      tham-so:\n        - {ten: name, lay: cơ quan, kieu: product}\n        - {ten: time, lay: hạn}\n"
        + '    - {ma: "7", tham-so: [{ten: viec, lay: viec}]}\n'
    )
    found = zalo(tmp_path, text)
    assert found.templates == (
        ZbsTemplate(
            "123456",
            (
                ZbsParameter("name", Says.AGENCY, ParamKind.PRODUCT),
                ZbsParameter("time", Says.DUE, ParamKind.TIME),
            ),
            frozenset({"nhac", "don-doc"}),
        ),
        ZbsTemplate("7", (ZbsParameter("viec", Says.TASK, ParamKind.PRODUCT),)),
    )
    assert (found.base_url, found.oauth_url) == ("http://127.0.0.1:8081", "http://127.0.0.1:8082")
    assert (found.app_secret_proof, found.development) == (True, True)
    assert (found.proxy, found.ca_file) == ("http://proxy.so.example:3128", tmp_path / "ca.pem")


ALL = (*FORMS[LetterKind.RECEIPT], *FORMS[LetterKind.NOTICE], *FORMS[LetterKind.APOLOGY], *FORMS[LetterKind.NOTE])


@pytest.mark.parametrize(
    ("templates", "told"),
    [
        (
            ['{ma: "1", tham-so: [{ten: a, lay: hạn}]}'],
            "biên nhận (bien-nhan); thông báo (bao-gui, bo-sung, chua-hop-le, gia-han, dieu-chinh); "
            "thư xin lỗi (xin-loi); ghi chú cho người theo dõi (ghi-chu)",
        ),
        (
            [
                '{ma: "1", tham-so: [{ten: a, lay: hạn}]}',
                '{ma: "2", dung-cho: [bien-nhan, gia-han, xin-loi, ghi-chu], tham-so: [{ten: a, lay: hạn}]}',
            ],
            "thông báo (bao-gui, bo-sung, chua-hop-le, dieu-chinh)",
        ),
        (
            [
                '{ma: "1", tham-so: [{ten: a, lay: hạn}]}',
                f'{{ma: "2", dung-cho: [{", ".join(ALL)}], tham-so: [{{ten: a, lay: hạn}}]}}',
            ],
            None,
        ),
    ],
)
def test_letters_without_a_template_are_said(tmp_path: Path, templates: list[str], told: str | None) -> None:
    """Which never leave by Zalo, at the place where a template would be added; a warning, the file is valid."""
    lines = "".join(f"    - {one}\n" for one in templates)
    found = settings(tmp_path, "  loai: zbs\n" + OA + "  mau:\n" + lines).warnings
    assert all(one.warning for one in found)
    expected = (
        f"mau: chưa có mẫu cho {told}; những thư này, cùng báo cáo tuần và danh sách thư ngày mai, không đi qua Zalo "
        "mà đến thư điện tử của người nhận hoặc hộp thư cơ quan; nơi không có cả hai thì không nhận được"
    )
    assert [one.message for one in found] == ([expected] if told else [])
    assert all(one.file == "dondoc.yaml" and one.line > 1 and one.col > 1 for one in found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  loai: oa\n", ["ma-oa: thiếu mục này", "ma-ung-dung: thiếu mục này", "tep-khoa-ung-dung: thiếu mục này"]),
        ("  loai: zbs\n" + OA, ["mau: thiếu mục này"]),
        ("  loai: zbs\n" + OA + '  mau: [{ma: "1"}]\n', ["tham-so: thiếu mục này"]),
        (
            "  loai: oa\n" + OA.replace('"3000000000000000003"', "oa-1"),
            ["ma-oa: “oa-1” không hợp lệ; chép dãy chữ số trong trang quản trị của Zalo"],
        ),
        (
            "  loai: zbs\n" + OA + '  mau: [{ma: "1", dung-cho: [nhắc nhở], tham-so: [{ten: a, lay: hạn}]}]\n',
            ["dung-cho: không hiểu “nhắc nhở”"],
        ),
        (
            "  loai: zbs\n" + OA + '  mau: [{ma: "1", tham-so: [{ten: a b, lay: hạn}]}]\n',
            ["ten: “a b” không phải tên tham số; chép đúng tên đã đăng ký trong mẫu"],
        ),
        (
            "  loai: zbs\n" + OA + '  mau: [{ma: "1", tham-so: [{ten: a, lay: hạn}, {ten: a, lay: việc}]}]\n',
            ["ten: tham số “a” ghi hai lần; giữ một"],
        ),
        (
            "  loai: zbs\n" + OA + '  mau: [{ma: "1", tham-so: [{ten: a, lay: thời hạn}]}]\n',
            ["lay: không hiểu “thời hạn”"],
        ),
        ("  loai: oa\n" + OA + "  proxy: proxy.so.example:3128\n", ["không phải địa chỉ web"]),
        ("  loai: oa\n" + OA + "  proxy: http://a:matkhau@proxy.example\n", ["không phải địa chỉ web"]),
    ],
)
def test_what_cannot_work_is_refused_before_the_start(tmp_path: Path, text: str, told: list[str]) -> None:
    """Every fault at once, with its place and the way out."""
    with pytest.raises(FilesRefused) as refused:
        zalo(tmp_path, text)
    problems = [str(problem) for problem in refused.value.problems]
    assert len(problems) == len(told), problems
    for problem, words in zip(problems, told, strict=True):
        assert words in problem
        assert problem.startswith("dondoc.yaml:")


def test_every_word_has_its_meaning_and_every_letter_its_name() -> None:
    """What a template can be filled with, and the letters it can stand for, are all there are."""
    assert set(SAYS.values()) == set(Says) == set(USUAL)
    frames = {"thu.html.j2", "thu.txt.j2"}
    shipped = {name.removesuffix(".j2") for name in shipped_names() - frames if not name.startswith("_")}
    inward = {"thu-ngay-mai", "bao-cao-tuan", "bao-cao-thang"}  # the office's own, by mail
    assert {name for names in FORMS.values() for name in names} == shipped - inward
