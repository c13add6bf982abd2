"""A letter as an OA and as ZBS take it: buttons where there is something behind them, parameters fitted by rule."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.domain.settings import Zalo
from daemon.domain.zalo import LONGEST, USUAL, ParamKind, Says, ZbsParameter, ZbsTemplate
from daemon.local.zalo_host import Refused
from daemon.local.zalo_templates import LocalTemplate, Param
from daemon.rendering.clean import Slot
from daemon.rendering.engine import Templates
from daemon.rendering.message import Rendered, render_slots, zalo_bytes
from daemon.rendering.samples import sample_slots
from daemon.rendering.zalo_forms import fitted, oa_content, zalo_facts, zbs_content

ONE: dict[str, Slot] = {
    "mau": "don-doc",
    "loai_thu": "reminder",
    "ten_ngan": "Sở Tư pháp",
    "co_quan": "Sở Tư pháp",
    "goi_tat": "báo cáo dân vận 2022",
    "ngay_cuoi_so": "24/10/2022",
    "muc_thu": "Sắp đến hạn",
    "so_ke_hoach": "Kế hoạch 1026/KH-UBND",
    "don_vi": "Sở Nội vụ",
    "lien_he": "đồng chí Nguyễn Văn A, chuyên viên Phòng XDCQ, điện thoại 0276.3822 233 máy lẻ 12",
    "lien_ket": "https://dondoc.so.example/x",
    "ma_thu": "1A2B3C4D",
    "so_noi_dung": 1,
}
FACTS = zalo_facts(ONE)


def test_what_a_letter_says_in_short() -> None:
    """Each thing from its slot, the date with two digits, the telephone as it is dialled from anywhere."""
    assert zalo_facts(ONE) == {
        "letter": "don-doc",
        "kind": "reminder",
        Says.AGENCY: "Sở Tư pháp",
        Says.AGENCY_NAME: "Sở Tư pháp",
        Says.TASK: "báo cáo dân vận 2022",
        Says.DUE: "24/10/2022",
        Says.STATE: "Sắp đến hạn",
        Says.PLAN: "Kế hoạch 1026/KH-UBND",
        Says.OFFICE: "Sở Nội vụ",
        Says.CONTACT: ONE["lien_he"],
        Says.PHONE: "842763822233",
        Says.LINK: "https://dondoc.so.example/x",
        Says.CODE: "1A2B3C4D",
        Says.COUNT: "1",
    }


def test_several_things_are_named_together_and_their_first_day_is_the_day() -> None:
    """By date, not by the look of it."""
    items: list[Slot] = [{"ngay_cuoi_so": "05/11/2022"}, {"ngay_cuoi_so": "31/3/2022"}, {"ngay_cuoi_so": "24/10/2022"}]
    facts = zalo_facts({**ONE, "so_noi_dung": 3, "noi_dung": items, "ten_chu_de": "báo cáo và 02 nội dung khác"})
    assert (facts[Says.TASK], facts[Says.DUE], facts[Says.COUNT]) == ("báo cáo và 02 nội dung khác", "31/03/2022", "3")


def test_a_notice_has_its_day_in_words() -> None:
    """Where the slot of digits is missing, the day is taken from the words; where there is none, none is said."""
    notice: dict[str, Slot] = {"mau": "gia-han", "ngay_cuoi": "thứ Năm, ngày 31/3/2022"}
    assert zalo_facts(notice)[Says.DUE] == "31/03/2022"
    assert zalo_facts({"mau": "ghi-chu"})[Says.DUE] == ""


def test_the_oa_gets_the_text_with_its_buttons() -> None:
    """Canonical JSON: the same letter always gives the same bytes."""
    content = oa_content("Hạn 24/10: báo cáo.", FACTS)
    assert content.decode() == (
        '{"buttons":[{"payload":{"url":"https://dondoc.so.example/x"},"title":"Báo đã gửi","type":"oa.open.url"},'
        '{"payload":{"phone_code":"842763822233"},"title":"Gọi đầu mối","type":"oa.open.phone"}],'
        '"text":"Hạn 24/10: báo cáo."}'
    )
    bare = zalo_facts({**ONE, "lien_ket": "", "lien_he": "đồng chí A, thư điện tử a@so.example"})
    assert json.loads(oa_content("x", bare)) == {"buttons": [], "text": "x"}


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (ParamKind.NAME, "Sở Văn hóa, Thể thao và Du lịch tỉnh", "Sở Văn hóa, Thể thao và Du…"),
        (ParamKind.NAME, "Sở Tư\npháp\u200b", "Sở Tư pháp"),
        (ParamKind.LABEL, "Kế hoạch 1026/KH-UBND", "Kế hoạch 1026/KH-UBND"),
        (ParamKind.STATUS, "x" * 40, "x" * 29 + "…"),
        (ParamKind.TIME, "24/10/2022", "24/10/2022"),
        (ParamKind.TIME, "08:30 24/10/2022", "08:30 24/10/2022"),
        (ParamKind.TIME, "08:30:00 24/10/2022", "08:30:00 24/10/2022"),
        (ParamKind.TIME, "08:30", "08:30"),
        (ParamKind.TIME, "10/2022", "10/2022"),
        (ParamKind.TIME, "24/10", ""),
        (ParamKind.TIME, "31/3/2022", ""),
        (ParamKind.TIME, "trước ngày 25/10", ""),
        (ParamKind.PHONE, "842763822233", "842763822233"),
        (ParamKind.PHONE, "0276 3822 233", ""),
        (ParamKind.AMOUNT, "12", "12"),
        (ParamKind.AMOUNT, "hai", ""),
        (ParamKind.URL, "https://a.example/" + "x" * 200, ""),
        (ParamKind.URL, "https://a.example/x", "https://a.example/x"),
        (ParamKind.ID, "1A2B3C4D", "1A2B3C4D"),
        (ParamKind.ID, "x" * 31, ""),
        (ParamKind.PRODUCT, "", ""),
    ],
)
def test_a_value_is_fitted_to_its_kind(kind: ParamKind, text: str, said: str) -> None:
    """Words are left out at the end; a date, a number, a link or a name of a paper is whole or not at all."""
    assert fitted(text, kind) == said


@given(st.sampled_from(ParamKind), st.text(max_size=300))
def test_whatever_is_fitted_the_platform_takes(kind: ParamKind, text: str) -> None:
    """Any text of any kind ends as one that the local platform's own check lets through, or as nothing."""
    said = fitted(text, kind)
    assert len(said) <= LONGEST[kind]
    template = LocalTemplate("1", "x", {"p": Param(kind)}, optional=frozenset({"p"}))
    try:
        template.check({"p": said})
    except Refused as refused:
        raise AssertionError(f"{said!r}: {refused.description}") from None


def template(id_: str, *letters: str) -> ZbsTemplate:
    """Return a template that says who, what and when."""
    says = (Says.AGENCY, Says.TASK, Says.DUE)
    return ZbsTemplate(id_, tuple(ZbsParameter(str(one), one, USUAL[one]) for one in says), frozenset(letters))


def test_the_first_template_for_a_letter_is_filled() -> None:
    """One named for the letter, or one for every reminder; in the order in which they stand."""
    assert zbs_content((template("1", "qua-han"), template("2"), template("3", "don-doc")), FACTS).decode() == (
        '{"template_data":{"agency":"Sở Tư pháp","due":"24/10/2022","task":"báo cáo dân vận 2022"},"template_id":"2"}'
    )


def test_a_letter_without_a_template_says_nothing() -> None:
    """A receipt is no reminder: the channel refuses it, and it goes another way."""
    receipt = zalo_facts({**ONE, "mau": "bien-nhan", "loai_thu": "receipt"})
    nothing = b'{"template_data":{},"template_id":""}'
    assert zbs_content((template("1"), template("2", "don-doc")), receipt) == nothing
    assert json.loads(zbs_content((template("1", "bien-nhan"),), receipt))["template_id"] == "1"


@pytest.fixture(scope="module")
def shipped() -> Templates:
    """The shipped letter templates."""
    return Templates()


def test_every_sample_letter_has_every_form(shipped: Templates) -> None:
    """Each letter of each voice, but the armed forces', as text, as text with buttons, and as parameters."""
    zbs = Zalo("zbs", templates=(template("1"), template("2", "bien-nhan", "gia-han")))
    for slots in sample_slots():
        rendered = render_slots(slots, shipped)
        if rendered.zalo is None:
            continue
        assert zalo_bytes(rendered) == zalo_bytes(rendered, Zalo("webhook")) == rendered.zalo.encode()
        oa = json.loads(zalo_bytes(rendered, Zalo("oa")))
        assert oa["text"] == rendered.zalo
        assert len(oa["buttons"]) <= 5
        filled = json.loads(zalo_bytes(rendered, zbs))["template_data"]
        if slots.get("loai_thu") == "reminder":
            assert all(filled.values()), (slots["mau"], filled)


def test_a_letter_that_does_not_go_by_zalo_has_no_form() -> None:
    """The armed forces' letters, whatever the service."""
    for kind in ("bot", "webhook", "oa", "zbs"):
        with pytest.raises(ValueError, match="does not go by Zalo"):
            zalo_bytes(Rendered("x", "x", None, None), Zalo(kind))
