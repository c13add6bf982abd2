"""config/ladders.yaml: what a ladder says, and every step that would press the wrong person the wrong way."""

from __future__ import annotations

from datetime import time

import pytest

from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.words import Channel, Level, Role, Tier, Unit
from daemon.files.ladders import read_ladders
from daemon.files.nodes import Findings
from daemon.files.reader import read

HOURS = ((time(7), time(11, 30)), (time(13, 30), time(16, 30)))
HEAD = "chuan:\n  gio-gui: 08:30\n  cac-lan:\n"
SOFT = "    - {lan: nhac, khi: trước 15 ngày, muc-do: 1, gui: dau-moi}\n"


def ladders_of(text: str) -> tuple[dict[str, Ladder], list[str], list[str]]:
    """Read a file; return its ladders, its errors and its warnings."""
    findings = Findings()
    node = read(text.encode(), "ladders.yaml", findings)
    assert node is not None
    ladders = read_ladders(node, findings, HOURS)
    return ladders, [str(p) for p in findings.errors], [str(p) for p in findings.warnings]


def errors_of(step: str) -> list[str]:
    """Return the errors of a ladder with one step, written in braces on line 4."""
    return ladders_of(f"{HEAD}    - {step}\n")[1]


def place_of(step: str) -> str:
    """Return the place of the sign § in a step, as messages name it."""
    return f"ladders.yaml:4:{len('    - ') + step.index('§') + 1}: "


def test_a_ladder_is_read_as_the_office_writes_it() -> None:
    """Every kind of step of the design, word for word."""
    ladders, errors, warnings = ladders_of(
        "chuan:\n"
        "  gio-gui: 08:30\n"
        "  kenh: [email; zalo]\n"
        "  cac-lan:\n"
        "    - {lan: thong-bao,  khi: khi phát hành, muc-do: 1, gui: dau-moi, dong-gui: van-thu}\n"
        "    - {lan: don-doc,    khi: trước 3 ngày,  muc-do: 2, gui: dau-moi, dong-gui: [phu-trach, van-thu]}\n"
        "    - {lan: han-cuoi,   khi: đúng ngày,     muc-do: hạn cuối, gui: dau-moi, con-ich: 1 ngày, gio-gui: 7h30}\n"
        "    - {lan: qua-han, khi: sau 2 ngày, muc-do: 3, gui: [dau-moi, phu-trach], lap-lai: 3 ngày, toi-da: 2}\n"
        "    - {lan: thu-truong, khi: sau 4 ngày lịch, muc-do: 4, gui: thu-truong, dong-gui: phu-trach, kenh: email}\n"
        "    - {lan: trinh, khi: sau 7 ngày, muc-do: 5, gui: lanh-dao-dau-moi, kenh: email, du-thao: báo cáo}\n"
    )
    assert (errors, warnings) == ([], [])
    assert ladders == {
        "chuan": Ladder(
            "chuan",
            time(8, 30),
            (
                Step("thong-bao", Offset(When.ISSUED), Level.NOTICE, (Role.FOCAL,), (Role.OFFICE,)),
                Step("don-doc", Offset(When.BEFORE, 3), Level.PRESS, (Role.FOCAL,), (Role.DEPUTY, Role.OFFICE)),
                Step("han-cuoi", Offset(When.ON), Level.PRESS, (Role.FOCAL,), at=time(7, 30), useful_for=1),
                Step("qua-han", Offset(When.AFTER, 2), Level.OVERDUE, (Role.FOCAL, Role.DEPUTY), every=3, at_most=2),
                Step(
                    "thu-truong",
                    Offset(When.AFTER, 4, Unit.DAY),
                    Level.HEAD,
                    (Role.HEAD,),
                    (Role.DEPUTY,),
                    frozenset({Channel.EMAIL}),
                    approval=True,
                ),
                Step(
                    "trinh",
                    Offset(When.AFTER, 7),
                    Level.SUPERIOR,
                    (Role.COLLECTOR_HEAD,),
                    channels=frozenset({Channel.EMAIL}),
                    draft="báo cáo",
                ),
            ),
            frozenset({Channel.EMAIL, Channel.ZALO}),
        )
    }
    assert {step.tier for step in ladders["chuan"].steps} == set(Tier)


def test_a_ladder_may_be_written_in_english() -> None:
    """Keys and values have both spellings; a mapping takes either."""
    ladders, errors, _ = ladders_of(
        "standard:\n  at: 08:30\n  steps:\n"
        "    - {step: remind, when: before 15 working days, level: 1, to: focal}\n"
        "    - {step: overdue, when: after 2 days, level: 3, to: focal, cc: office, every: 3 days, at_most: 2}\n"
    )
    assert errors == []
    assert [step.when for step in ladders["standard"].steps] == [Offset(When.BEFORE, 15), Offset(When.AFTER, 2)]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            "{lan: a, khi: sau 4 ngày, muc-do: §3, gui: thu-truong}",
            "muc-do: gửi “thu-truong” thì mức độ phải là 4, không phải 3",
        ),
        ("{lan: a, khi: sau 4 ngày, muc-do: 4, gui: §dau-moi}", "gui: mức 4 chỉ gửi “thu-truong”"),
        ("{lan: a, khi: sau 7 ngày, muc-do: 5, gui: §dau-moi}", "gui: mức 5 chỉ gửi “lanh-dao-dau-moi”"),
        (
            "{lan: a, khi: sau 7 ngày, muc-do: §4, gui: lanh-dao-dau-moi}",
            "muc-do: gửi “lanh-dao-dau-moi” thì mức độ phải là 5, không phải 4",
        ),
        (
            "{lan: a, khi: sau 4 ngày, muc-do: 4, gui: §[thu-truong, phu-trach]}",
            "gui: “thu-truong” phải đứng riêng một lần nhắc; người khác ghi ở đồng gửi",
        ),
        (
            "{lan: a, khi: sau 2 ngày, muc-do: 3, gui: dau-moi, dong-gui: §thu-truong}",
            "dong-gui: “thu-truong” không đứng ở đồng gửi; ghi ở gui của một lần mức 4",
        ),
        (
            "{lan: a, khi: sau 4 ngày, muc-do: 4, gui: thu-truong, cho-duyet: §không}",
            "cho-duyet: thư gửi thủ trưởng phải chờ duyệt; bỏ dòng này hoặc ghi: có",
        ),
        (
            "{lan: a, khi: sau 4 ngày, muc-do: 4, gui: thu-truong, kenh: §zalo}",
            "kenh: lần gửi thủ trưởng, lần trình chỉ gửi qua thư điện tử; ghi kenh: email",
        ),
        (
            "{lan: a, khi: sau 2 ngày, muc-do: 3, gui: dau-moi, lap-lai: §3 ngày}",
            "lap-lai: nhắc lặp lại thì cần số lần nhiều nhất; thêm toi-da: 2",
        ),
        (
            "{lan: a, khi: sau 2 ngày, muc-do: 3, gui: dau-moi, toi-da: §2}",
            "toi-da: gửi nhiều lần thì cần khoảng cách; thêm lap-lai: 3 ngày",
        ),
        (
            "{lan: a, khi: trước 3 ngày, muc-do: §3, gui: dau-moi}",
            "muc-do: mức 3 chỉ dùng sau hạn; sửa khi: “sau … ngày”, hoặc dùng mức 1, 2",
        ),
        (
            "{lan: a, khi: đúng ngày, muc-do: §6, gui: dau-moi}",
            "muc-do: không hiểu “6”; dùng một trong: 1, 2, 3, 4, 5",
        ),
        (
            "{lan: a, khi: đúng ngày, muc-do: 1, gui: [dau-moi, §truong-phong]}",
            "gui: không hiểu “truong-phong”; dùng một trong: dau-moi, phu-trach, thu-truong, van-thu, lanh-dao-dau-moi",
        ),
        ("§{lan: a, khi: đúng ngày, muc-do: 1}", "gui: thiếu mục này"),
        ("{lan: §A b, khi: đúng ngày, muc-do: 1, gui: dau-moi}", "lan: mã “A b” chỉ được gồm chữ thường không dấu"),
    ],
)
def test_a_step_that_contradicts_itself_is_refused(step: str, told: str) -> None:
    """Tier, level, approval, road and repeats belong together; § is where the message points."""
    (error,) = errors_of(step.replace("§", ""))
    assert error.startswith(place_of(step) + told)


def test_a_zalo_ladder_does_not_lend_its_road_to_a_letter_to_the_head() -> None:
    """The road of the whole ladder counts too."""
    step = "    - {lan: a, khi: sau 4 ngày, muc-do: 4, gui: thu-truong}\n"
    errors = ladders_of(f"chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n  cac-lan:\n{step}")[1]
    assert errors == ["ladders.yaml:5:7: kenh: lần gửi thủ trưởng, lần trình chỉ gửi qua thư điện tử; ghi kenh: email"]


def test_step_names_and_ladder_names_are_given_once() -> None:
    """The second is refused with the line of the first."""
    errors = ladders_of(HEAD + SOFT + SOFT + HEAD + SOFT)[1]
    assert errors == [
        "ladders.yaml:6:1: tên lịch nhắc “chuan” ghi hai lần, lần đầu ở dòng 1; giữ một",
        "ladders.yaml:5:13: lan: mã “nhac” đã dùng ở dòng 4; mỗi mục một mã",
    ]


def test_only_one_step_comes_at_issue() -> None:
    """Every first letter takes its recipients from it."""
    step = "    - {{lan: {}, khi: khi phát hành, muc-do: 1, gui: dau-moi}}\n"
    errors = ladders_of(HEAD + step.format("a") + step.format("b"))[1]
    assert errors == ["ladders.yaml:5:21: khi: mỗi lịch nhắc chỉ có một lần “khi phát hành”"]


def test_steps_out_of_order_and_soft_words_after_the_date_are_warned_of() -> None:
    """What is odd but possible does not stop the file."""
    _, errors, warnings = ladders_of(
        HEAD
        + SOFT
        + "    - {lan: a, khi: trước 20 ngày, muc-do: 1, gui: dau-moi}\n"
        + "    - {lan: b, khi: sau 1 ngày, muc-do: 1, gui: dau-moi}\n"
        + "    - {lan: giao-viec, khi: khi phát hành, muc-do: 1, gui: dau-moi}\n"
    )
    assert errors == []
    assert [warning.partition("cảnh báo: ")[2] for warning in sorted(warnings)] == [
        "khi: lần “a” đến trước lần “nhac” đứng trên; xếp các lần theo thứ tự ngày",
        "muc-do: mức 1 là lời nhắc trước hạn nhưng lần này đến sau hạn; thường dùng mức 3",
        "lan: “giao-viec”: đơn vị đầu mối không giao việc cho cơ quan ngang cấp; dùng “thong-bao”",
        "khi: lần “giao-viec” đến trước lần “b” đứng trên; xếp các lần theo thứ tự ngày",
    ]


def test_a_comma_in_braces_is_explained() -> None:
    """The one place where braces are used explains what a comma does there."""
    errors = errors_of("{lan: a, khi: đúng ngày, muc-do: 2, gui: dau-moi, du-thao: báo cáo, tờ trình}")
    assert errors == [
        "ladders.yaml:4:75: không có mục “tờ trình”: dấu phẩy trong { } ngăn hai mục, "
        'nên phần này bị hiểu là một mục mới; đặt cả giá trị trong dấu nháy, ví dụ {viec: "Kế hoạch, chương trình"}'
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n", "ladders.yaml:1:1: chỗ này cần các nhóm mục, mỗi nhóm bắt đầu bằng tên lịch nhắc và dấu hai chấm"),
        (
            "Chuẩn A:\n  gio-gui: 08:30\n  cac-lan: []\n",
            "ladders.yaml:1:1: tên lịch nhắc: mã “Chuẩn A” chỉ được gồm chữ thường không dấu, số và dấu gạch nối; "
            "ví dụ “chuan-a”",
        ),
        ("chuan: a\n", "ladders.yaml:1:8: chỗ này cần một nhóm mục, mỗi mục một dòng như “gio-gui: …”"),
        ("chuan:\n  gio-gui: 08:30\n", "ladders.yaml:2:3: cac-lan: thiếu mục này"),
        (
            "chuan:\n  gio-gui: 08:30\n  cac-lan: a\n",
            "ladders.yaml:3:12: cac-lan: chỗ này cần một danh sách, mỗi mục bắt đầu bằng “- ”",
        ),
    ],
)
def test_a_wrong_shape_is_said_once(text: str, told: str) -> None:
    """A missing mapping is not also reported key by key."""
    assert ladders_of(text)[1] == [told]


@pytest.mark.parametrize(
    ("hour", "leaves"),
    [("06:59", "07:00"), ("11:30", "13:30"), ("12:15", "13:30"), ("16:30", "07:00 ngày gửi thư sau")],
)
def test_an_hour_at_which_nothing_leaves_is_warned_of(hour: str, leaves: str) -> None:
    """Of a ladder or of one step, with its place, the sending hours and when the letters would leave."""
    said = f"gio-gui: {hour} nằm ngoài giờ gửi thư của dondoc.yaml (07:00-11:30, 13:30-16:30); thư sẽ gửi lúc {leaves}"
    of_ladder = ladders_of(f"chuan:\n  gio-gui: {hour}\n  cac-lan:\n{SOFT}")
    assert of_ladder[1:] == ([], [f"ladders.yaml:2:12: cảnh báo: {said}"])
    step = SOFT.replace("}", f", gio-gui: {hour}}}")
    assert ladders_of(HEAD + step)[1:] == ([], [f"ladders.yaml:4:{step.index(hour) + 1}: cảnh báo: {said}"])


def test_an_hour_of_the_afternoon_is_too_late_for_a_hard_letter() -> None:
    """Levels 3 to 5 leave in the morning alone: a step's own hour, or the ladder's where a step has none."""
    told = "14:00 không thuộc buổi sáng; thư mức 3, 4, 5 chỉ gửi buổi sáng"
    said = f"gio-gui: {told}, nên sẽ gửi lúc 07:00 ngày gửi thư sau"
    hard = "    - {lan: qua-han, khi: sau 2 ngày, muc-do: 3, gui: dau-moi}\n"
    own = hard.replace("}", ", gio-gui: 14:00}")
    afternoon = HEAD.replace("08:30", "14:00")
    assert ladders_of(HEAD + own)[2] == [f"ladders.yaml:4:{own.index('14:00') + 1}: cảnh báo: {said}"]
    assert ladders_of(afternoon + hard)[2] == [f"ladders.yaml:2:12: cảnh báo: {said}"]
    assert ladders_of(afternoon + SOFT)[2] == []
    assert ladders_of(afternoon + hard.replace("}", ", gio-gui: 09:00}"))[2] == []
