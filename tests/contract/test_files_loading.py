"""A whole directory of files: one Rulebook, or every problem of every file at once; splitting changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from daemon.domain.plans import Attachment, Milestone, OnDate, Plan, Target, UndatedDuty
from daemon.domain.settings import Files, Sender, Settings, Smtp
from daemon.domain.words import JudgedBy, Roll
from daemon.errors import FilesRefused
from daemon.files.loading import load
from daemon.judgement.calendars import Window
from daemon.judgement.rulebook import Rulebook

AGENCIES = """\
van-phong: vp-ubnd
khoi:
  - {ma: so-nganh, ten: "Sở, ban, ngành"}
  - {ma: huyen, ten: UBND cấp huyện}
co-quan:
  - {ma: vp-ubnd, ten: Văn phòng UBND tỉnh, khoi: so-nganh, xung-ho: so-nganh, thu-truong: A, van-thu: a@vp.example}
  - {ma: so-vhttdl, ten: "Sở Văn hóa, Thể thao và Du lịch", ten-ngan: "Sở VH,TT&DL", khoi: so-nganh, xung-ho: so-nganh,
     thu-truong: B, van-thu: a@vh.example}
  - {ma: so-noi-vu, ten: Sở Nội vụ, khoi: so-nganh, xung-ho: so-nganh, thu-truong: C, van-thu: a@nv.example,
     lien-lac: [{ma: cv-xdcq, vai: dau-moi, email: b@nv.example}]}
  - {ma: so-cu, ten: Sở Cũ, khoi: so-nganh, xung-ho: so-nganh, thu-truong: D, theo-doi: không}
  - {ma: hoa-thanh, ten: UBND thị xã Hòa Thành, khoi: huyen, xung-ho: huyen, thu-truong: E, van-thu: a@ht.example,
     lich: rieng-ht}
"""
LADDERS = """\
chuan:
  gio-gui: 08:30
  cac-lan:
    - {lan: nhac, khi: trước 3 ngày, muc-do: 1, gui: dau-moi}
noi-bo:
  gio-gui: 08:30
  cac-lan: []
"""
CALENDAR = """\
chung:
  - {nam: 2022, da-cong-bo: có, can-cu: [TB 119], ngay-nghi: [03/01, 31/01-04/02, 11/04, 02/05, 03/05, 01/09, 02/09]}
rieng:
  rieng-ht:
    - {nam: 2022, da-cong-bo: không}
"""
HEADER = """\
ke-hoach: kh-2022
loai: Kế hoạch
so: 1026/KH-UBND
ve-viec: công tác năm 2022
ban-hanh: 25/3/2022
phat-hanh: 28/3/2022
co-quan: UBND tỉnh
dau-moi: Sở Nội vụ
lien-he: cv-xdcq
ket-thuc: 31/12/2022
cach-nhac: chuan
tai-lieu:
  - {ten: Kế hoạch số 1026/KH-UBND, tep: tai-lieu/1026.pdf}
"""
REPORT = """\
  - ma: bao-cao
    viec: báo cáo kết quả năm 2022
    goi-tat: báo cáo 2022
    muc: 3.10
    han: trước ngày 25/10/2022
    nghia-la: by 24/10/2022
    ai-gui: [huyen; so-nganh]
    tru: [vp-ubnd]
    gui-ve: UBND tỉnh
    qua: so noi vu
    cach-gui: văn bản điện tử
    tinh-theo: ngày gửi
    chot-so-lieu: 30/9
    tra-loi-them: 3 ngày làm việc
    doi-ngay: trước
"""
RATING = """\
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
"""
REST = """\
khong-thoi-han:
  - {ma: phan-cong, viec: phân công lãnh đạo, muc: Mục IV.1}
chi-tieu:
  - {ma: co-bao-cao, muc: III.2, dem: cơ quan đã gửi bao-cao, dat-khi: 100%}
  - {ma: tot, muc: III.6, dem: cơ quan xếp loại Tốt ở xep-loai, dat-khi: trên 50%}
  - {ma: tay, muc: III.7, dem: số vụ việc, dat-khi: giảm dần, nhap-tay: có}
"""
PLAN = f"{HEADER}moc:\n{REPORT}{RATING}{REST}"


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Settings]:
    """Return a writer of a small directory; each argument replaces or adds a plan file."""

    def write(*, agencies: str = AGENCIES, ladders: str = LADDERS, calendar: str = CALENDAR, **plans: str) -> Settings:
        folder = tmp_path / "schedules"
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in (plans or {"kh": PLAN}).items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        for name, text in (("agencies", agencies), ("ladders", ladders), ("calendar", calendar)):
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        where = Files(folder, tmp_path / "agencies.yaml", tmp_path / "ladders.yaml", tmp_path / "calendar.yaml")
        return Settings(tmp_path / "dondoc.yaml", tmp_path / "a.db", where, Sender("a@nv.example", "Sở Nội vụ"))

    return write


def problems(settings: Settings) -> list[str]:
    """Return what refuses a directory, without the folder each file lies in."""
    with pytest.raises(FilesRefused) as refused:
        load(settings)
    found = [replace(p, file=p.file.rpartition("/")[2]) for p in refused.value.problems]
    return [str(p) for p in sorted(found, key=lambda p: (p.file, p.line, p.col, p.message))]


def without_file(rules: Rulebook) -> Rulebook:
    """Return a Rulebook that has forgotten which file named a plan first."""
    return replace(rules, plans=tuple(replace(plan, file="") for plan in rules.plans))


def test_a_whole_plan_is_read_as_written(files: Callable[..., Settings]) -> None:
    """Every key of a plan, names looked up, groups spread out in protocol order, the inactive left out."""
    loaded = load(files())
    assert loaded.rules.plans == (
        Plan(
            id="kh-2022",
            kind="Kế hoạch",
            number="1026/KH-UBND",
            title="công tác năm 2022",
            issued=date(2022, 3, 25),
            published=date(2022, 3, 28),
            issuer="UBND tỉnh",
            collector="so-noi-vu",
            contact="cv-xdcq",
            ends=date(2022, 12, 31),
            ladder="chuan",
            file="schedules/kh.yaml",
            attachments=(Attachment("Kế hoạch số 1026/KH-UBND", "tai-lieu/1026.pdf"),),
            milestones=(
                Milestone(
                    id="bao-cao",
                    task="báo cáo kết quả năm 2022",
                    short="báo cáo 2022",
                    clause="3.10",
                    due="trước ngày 25/10/2022",
                    means="by 24/10/2022",
                    rule=OnDate(date(2022, 10, 25), before=True),
                    debtors=("so-vhttdl", "so-noi-vu", "hoa-thanh"),
                    send_to="UBND tỉnh",
                    via="so-noi-vu",
                    send_by="văn bản điện tử",
                    judged_by=JudgedBy.SENT,
                    roll=Roll.PREVIOUS,
                    cutoff="30/9",
                    reply_after=3,
                ),
                Milestone(
                    id="xep-loai",
                    task="quyết định xếp loại",
                    sentence="{co_quan} tham mưu {han}",
                    short="xếp loại 2022",
                    clause="Mục IV.2.a",
                    due="trước ngày 05/11/2022",
                    rule=OnDate(date(2022, 11, 5), before=True),
                    debtors=("so-noi-vu",),
                    send_to="UBND tỉnh",
                    needs=("bao-cao",),
                    ladder="noi-bo",
                ),
            ),
            undated=(UndatedDuty("phan-cong", "phân công lãnh đạo", "Mục IV.1"),),
            targets=(
                Target("co-bao-cao", "III.2", "cơ quan đã gửi bao-cao", "100%", False, "bao-cao", None, (100, False)),
                Target(
                    "tot", "III.6", "cơ quan xếp loại Tốt ở xep-loai", "trên 50%", False, "xep-loai", "Tốt", (50, True)
                ),
                Target("tay", "III.7", "số vụ việc", "giảm dần", True),
            ),
        ),
    )
    assert loaded.rules.windows == (Window(time(8, 30), time(11, 30)), Window(time(13, 30), time(16, 30)))
    assert loaded.rules.calendar("hoa-thanh").id == "rieng-ht"
    assert [str(echo) for echo in loaded.echoes] == [
        "kh-2022 / bao-cao: ngày cuối đúng hạn: thứ Hai, 24/10/2022; số liệu tính đến 30/9; 3 cơ quan phải gửi",
        "kh-2022 / xep-loai: ngày cuối đúng hạn: thứ Sáu, 04/11/2022; 1 cơ quan phải gửi",
    ]
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    "parts",
    [
        {"a": f"{HEADER}moc:\n{REPORT}{RATING}", "b": f"ke-hoach: kh-2022\n{REST}"},
        {"a": f"ke-hoach: kh-2022\nmoc:\n{REPORT}", "b": f"{HEADER}moc:\n{RATING}{REST}"},
        {"a": f"{HEADER}moc:\n{REPORT}", "b": f"{HEADER}moc:\n{RATING}", "c": f"{HEADER}{REST}moc:\n"},
        {"a": f"plan: kh-2022\nmilestones:\n{REPORT}", "b": f"{HEADER}moc:\n{RATING}{REST}"},
    ],
    ids=["milestones first", "header second", "headers that agree", "two languages"],
)
def test_splitting_a_plan_over_files_changes_nothing(files: Callable[..., Settings], parts: dict[str, str]) -> None:
    """The same Rulebook and the same echoes; only the file that names the plan first differs."""
    whole, split = load(files()), load(files(**parts))
    assert without_file(split.rules) == without_file(whole.rules)
    assert split.echoes == whole.echoes
    assert split.digest != whole.digest


def test_the_names_of_files_do_not_order_the_plans(files: Callable[..., Settings]) -> None:
    """Plans come by day of issue and id."""
    other = PLAN.replace("kh-2022", "kh-cu").replace("25/3/2022", "24/3/2022")
    one, two = load(files(a=PLAN, b=other)), load(files(b=PLAN, a=other))
    assert [plan.id for plan in one.rules.plans] == ["kh-cu", "kh-2022"]
    assert without_file(one.rules) == without_file(two.rules)


def test_headers_that_differ_are_refused_at_both_places(files: Callable[..., Settings]) -> None:
    """Two files may not say two things of one plan."""
    second = f"ke-hoach: kh-2022\nban-hanh: 26/3/2022\ntai-lieu:\n  - {{ten: Kế hoạch}}\n{REST}"
    assert problems(files(a=f"{HEADER}moc:\n{REPORT}{RATING}", b=second)) == [
        "b.yaml:2:11: ban-hanh: khác với cùng mục này ở schedules/a.yaml, dòng 5; "
        "chỉ ghi ở một tệp, hoặc ghi giống nhau; kế hoạch khác thì đừng dùng chung mã “kh-2022”",
        "b.yaml:4:3: tai-lieu: khác với cùng mục này ở schedules/a.yaml, dòng 13; "
        "chỉ ghi ở một tệp, hoặc ghi giống nhau; kế hoạch khác thì đừng dùng chung mã “kh-2022”",
    ]


def test_a_copied_plan_is_told_by_its_file(files: Callable[..., Settings]) -> None:
    """A milestone met again in a copied file is told with the file that had it first, and what a copy needs."""
    first, *_ = problems(files(a=PLAN, b=PLAN))
    assert re.fullmatch(
        r"b\.yaml:\d+:\d+: ma: mã “[a-z-]+” đã dùng ở schedules/a\.yaml, dòng \d+; "
        "tệp chép từ tệp kia cho việc khác thì đổi mã kế hoạch, chép thừa thì xóa tệp",
        first,
    )


def test_the_digest_is_of_contents(files: Callable[..., Settings]) -> None:
    """The same bytes give the same digest; a comment changes it."""
    first, again = load(files()), load(files())
    assert first.digest == again.digest
    assert len(first.digest) == 64
    assert load(files(ladders=f"{LADDERS}# a\n")).digest != first.digest


def test_every_problem_of_every_file_is_said_at_once(files: Callable[..., Settings]) -> None:
    """Six faults in a plan, one in the ladders, one in the register: eight lines, each with its place."""
    bad = (
        PLAN.replace("ban-hanh: 25/3/2022", "ban-hanh: 32/3/2022")
        .replace("cach-nhac: chuan", "cach-nhac: chuẩn1")
        .replace("    gui-ve: UBND tỉnh\n    qua", "    gui-vee: UBND tỉnh\n    qua")
        .replace("viec: quyết định xếp loại", "viec: quyết định: xếp loại")
        .replace("goi-tat: báo cáo 2022", f"goi-tat: {'x' * 31}")
    )
    said = problems(
        files(
            kh=bad,
            ladders=LADDERS.replace("gui: dau-moi", "gui: dau-mo"),
            agencies=AGENCIES.replace("theo-doi: không", "theo-doi: chưa"),
        )
    )
    assert said == [
        "agencies.yaml:11:89: theo-doi: không hiểu “chưa”; dùng một trong: có, không",
        "kh.yaml:5:11: ban-hanh: “32/3/2022” không có trong lịch; viết ngày/tháng/năm như 25/10/2022",
        "kh.yaml:11:12: cach-nhac: không có lịch nhắc “chuẩn1”; có phải là “chuan”?",
        "kh.yaml:15:5: gui-ve: thiếu mục này",
        "kh.yaml:17:14: goi-tat: dài 31 ký tự, nhiều nhất 30; viết gọn lại",
        "kh.yaml:23:5: không có mục “gui-vee”; có phải là “gui-ve”?",
        'kh.yaml:31:11: giá trị có dấu hai chấm; đặt cả giá trị trong dấu nháy; viết lại: viec: "quyết định: xếp loại"',
        "ladders.yaml:4:54: gui: không hiểu “dau-mo”; có phải là “dau-moi”? "
        "Dùng một trong: dau-moi, phu-trach, thu-truong, van-thu, lanh-dao-dau-moi",
    ]


def test_a_file_that_cannot_be_read_accuses_no_other(files: Callable[..., Settings]) -> None:
    """Without a register, ladders or calendar, references into them are not called unknown."""
    empty = files(agencies="", ladders="#", calendar="a: b: c: d\n- e\n", kh=PLAN, trong="")
    assert {one.partition(":")[0] for one in problems(empty)} == {
        "agencies.yaml",
        "calendar.yaml",
        "ladders.yaml",
        "trong.yaml",
    }


def test_an_own_calendar_must_be_declared(files: Callable[..., Settings]) -> None:
    """The register's name for it is looked up in the calendar file."""
    assert problems(files(calendar=CALENDAR.replace("rieng-ht", "rieng-hd"))) == [
        "agencies.yaml:13:12: lich: không có lịch riêng “rieng-ht”; có phải là “rieng-hd”?"
    ]


def test_addresses_beyond_ascii_need_the_mail_servers_setting(files: Callable[..., Settings]) -> None:
    """The administrator's answer reaches the operators' file."""
    settings = files(agencies=AGENCIES.replace("b@nv.example", "bảo@nv.example"))
    assert "địa chỉ “bảo@nv.example” có chữ có dấu" in problems(settings)[0]
    assert load(replace(settings, smtp=Smtp("mail.example", international=True))).warnings == ()


def test_missing_files_and_folders_are_named(files: Callable[..., Settings]) -> None:
    """A path that leads nowhere is not an empty set of files."""
    settings = files()
    nowhere = replace(settings, files=replace(settings.files, schedules=Path("khong-co"), ladders=Path("a/khong.yaml")))
    assert problems(nowhere) == [
        "khong-co: không có thư mục này; kiểm tra đường dẫn",
        "khong.yaml: không có tệp này; kiểm tra đường dẫn",
    ]
    as_file = replace(settings, files=replace(settings.files, schedules=settings.files.ladders))
    assert problems(as_file)[0].startswith("ladders.yaml: không đọc được thư mục")


def test_files_with_other_endings_are_reported_and_hidden_ones_passed_by(files: Callable[..., Settings]) -> None:
    """Notepad's .yaml.txt would be a plan nobody follows; an editor's swap file is nothing."""
    settings = files()
    for name in ("moi.yml", "moi.yaml.txt", "Moi.YAML", ".kh.yaml.swp", ".an.yaml", "doc-toi.md"):
        (settings.files.schedules / name).write_text("khong: doc", encoding="utf-8")
    said = [str(warning) for warning in load(settings).warnings]
    told = ": cảnh báo: tệp không được đọc vì tên không kết thúc bằng .yaml; đổi tên tệp"
    assert said == [f"schedules/{name}{told}" for name in ("Moi.YAML", "moi.yaml.txt", "moi.yml")]


def test_a_folder_without_plans_is_loaded_with_a_warning(files: Callable[..., Settings]) -> None:
    """A new installation has none."""
    settings = files()
    (settings.files.schedules / "kh.yaml").unlink()
    loaded = load(settings)
    assert loaded.rules.plans == ()
    assert [str(w) for w in loaded.warnings] == [
        "schedules: cảnh báo: chưa có kế hoạch nào (tệp .yaml) trong thư mục này"
    ]


def test_a_file_of_fifty_megabytes_is_not_read_whole(files: Callable[..., Settings]) -> None:
    """One byte more than the limit is enough to refuse it."""
    settings = files()
    with settings.files.ladders.open("r+b") as file:
        file.truncate(50 * 1024 * 1024)
    assert problems(settings) == ["ladders.yaml:1:1: tệp quá lớn, hơn 4 MiB; kiểm tra có chép nhầm tệp khác không"]


def test_a_file_with_faults_without_end_lists_the_first_hundred(files: Callable[..., Settings]) -> None:
    """The rest is counted."""
    said = problems(files(kh=PLAN + "".join(f"thua-{n}: a\n" for n in range(150))))
    assert len(said) == 101
    assert said[0] == "kh.yaml: còn 50 lỗi nữa chưa liệt kê"
