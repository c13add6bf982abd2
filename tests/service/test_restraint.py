"""A burst nobody foresaw and files that drop much wait for a person; he sees what and why, and lets it go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.domain.entries import Approved
from daemon.domain.settings import Limits
from daemon.domain.words import Consent
from daemon.managers.removals import RemovalHeld

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type
SIX = ("so-tu-phap", "so-y-te", "so-xay-dung", "so-tai-chinh", "so-gtvt", "so-tnmt")
Commanded = Callable[..., str]


@pytest.fixture
def commanded(capsys: pytest.CaptureFixture[str]) -> Commanded:
    """Type a command at an office's present instant; return what it says, standard error after standard output."""

    def command(office: Office, *words: str, exit_status: int = 0) -> str:
        capsys.readouterr()
        with freeze_time(office.clock.now().replace(tzinfo=None), ignore=UNFROZEN):
            assert main([*words, "--config", str(office.settings.file)]) == exit_status
        said = capsys.readouterr()
        return said.out + said.err

    return command


@pytest.fixture
async def six(offices: Offices, plan_text: Callable[..., str]) -> Office:
    """Six agencies owing the report of 24/10, where a person is asked beyond four letters nobody foresaw."""
    office = offices({"a.yaml": plan_text(SIX, ["bao-cao"])}, start="20/9 10:00")
    office.edit("dondoc.yaml", "so-thu: 200", "so-thu: 4")
    office.app.planner.limits = Limits(flood=4)
    return office


def held(office: Office) -> int:
    """Return how many letters wait for a person."""
    rows = office.rows("SELECT count(DISTINCT letter) FROM delivery WHERE state = 'held'")
    found: int = rows[0][0]
    return found


async def test_a_burst_waits_until_a_person_lets_it_go(
    six: Office, commanded: Commanded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing leaves at the hour; the list says to whom, what and why; by one command all of it leaves in hours."""
    await six.at("20/9 10:00")
    await six.at("21/9 08:30")
    assert (six.letters(), held(six)) == ([], 6)
    assert {letter.held for letter in six.app.snapshot(six.clock.now()).history.letters} == {True}
    said = commanded(six, "approve")
    assert said.count("Ngoài dự kiến  ") == 6
    assert said.count("21/9 08:30") == 6
    assert max(map(len, said.splitlines())) <= 80
    assert "dondoc approve --all" in said
    monkeypatch.setenv("COLUMNS", "160")
    wide = " ".join(commanded(six, "approve").split())
    assert "Sở Tư pháp (đầu mối) Thông báo: báo cáo dân vận 2022 Ngoài dự kiến 21/9 08:30" in wide
    await six.at("21/9 18:00")
    done = commanded(six, "approve", "--all", "--as", "chi-lan")
    assert done.count("gửi từ 08:30 ngày 22/9/2022") == 6
    await six.until("22/9")
    assert sorted(six.letters()) == [f"22/9 {agency} officers 1: bao-cao thong-bao" for agency in sorted(SIX)]
    assert "Không có gì chờ duyệt." in commanded(six, "approve")
    approved = {(entry.by, entry.body.name) for entry in six.entries() if isinstance(entry.body, Approved)}
    assert approved == {("chi-lan", None)}


async def test_one_of_the_held_letters(six: Office, commanded: Commanded) -> None:
    """Named by the head of its id, as letters print it; the others wait on, and a word that fits none is refused."""
    await six.at("20/9 10:00")
    await six.at("21/9 08:30")
    rows = json.loads(commanded(six, "approve", "--format", "json"))
    assert {tuple(row["reasons"]) for row in rows["letters"]} == {("flood",)}
    chosen = next(row for row in rows["letters"] if row["agency"] == "so-y-te")
    commanded(six, "approve", chosen["letter"][:8].upper(), "--as", "chi-lan")
    assert "không chờ duyệt" in commanded(six, "approve", "khong-co", "--as", "chi-lan", exit_status=2)
    await six.at("21/9 09:00")
    assert six.letters() == ["21/9 so-y-te officers 1: bao-cao thong-bao"]
    assert held(six) == 5


async def test_a_held_burst_does_not_slip_out_in_parts(six: Office, plan_text: Callable[..., str]) -> None:
    """A later letter takes a held one's place and waits too, though there are few by then; nobody is written to."""
    await six.at("20/9 10:00")
    await six.until("21/9")
    assert (six.letters(), held(six)) == ([], 6)
    path = six.folder / "../schedules/a.yaml"
    path.write_text(plan_text(SIX, ["bao-cao", "ho-so-cham-diem"]), "utf-8")
    await six.reload()
    six.app.planner.limits = Limits(flood=200)
    await six.until("23/9")
    assert (six.letters(), held(six)) == ([], 6)
    assert six.rows("SELECT count(*) FROM letter WHERE replaced_by IS NOT NULL")[0][0] == 6
    six.approve_all()
    await six.until("26/9")
    assert len(six.letters()) == 6
    assert six.letters()[0].endswith("bao-cao thong-bao, ho-so-cham-diem thong-bao")


async def test_what_an_approved_preview_foresaw_leaves_by_itself(six: Office, commanded: Commanded) -> None:
    """Six letters a day, limit four: approved beforehand, they go; the entry keeps how many and until when."""
    await six.at("20/9 10:00")
    said = commanded(six, "approve", "--preview", "--to", "15/10/2022", "--as", "chi-lan")
    assert "Đã duyệt 18 thư gửi 6 cơ quan, từ 20/9/2022 đến 15/10/2022." in said
    assert "21/9: 6 thư gửi 6 cơ quan" in said
    assert "một lần gửi vượt quá 4 thư sẽ chờ duyệt" in said
    (entry,) = [entry for entry in six.entries() if isinstance(entry.body, Approved)]
    assert entry.body == Approved(what=Consent.PREVIEW, letters=18, until=six.day("15/10"))
    await six.until("15/10")
    assert (len(six.letters()), held(six)) == (18, 0)
    await six.until("19/10")
    assert (len(six.letters(since="16/10")), held(six)) == (0, 6)  # beyond the preview


def notes(office: Office) -> list[tuple[str, str]]:
    """Return subject and text of every note of the afternoon before, in order."""
    read = [message_from_bytes(message.content, policy=policy.default) for _, message in office.mail.arrived]
    return [(mail["Subject"], _text(bytes(mail))) for mail in read if mail["Subject"].startswith("08:30")]


async def test_the_afternoon_before_says_what_will_be_held(
    offices: Offices, plan_text: Callable[..., str], commanded: Commanded
) -> None:
    """The note tells six letters as waiting, and none leaves; approved beforehand they are told to leave, and do."""
    office = offices({"a.yaml": plan_text(SIX, ["bao-cao"])}, office_letters=True, start="20/9 10:00")
    office.edit("dondoc.yaml", "so-thu: 200", "so-thu: 4")
    office.settings = replace(office.settings, weekly_report=None, limits=Limits(flood=4))
    await office.reopen()
    await office.at("20/9 10:00")
    await office.at("20/9 15:30")
    ((subject, said),) = notes(office)
    assert subject == "08:30 ngày mai có 06 thư chờ duyệt"
    assert "1. Sẽ giữ lại chờ duyệt, vì nhiều thư chưa có trong bản xem trước đã duyệt: 06 thư" in said
    await office.until("21/9")
    assert (office.letters(), held(office)) == ([], 6)
    await office.at("30/9 10:00")
    commanded(office, "approve", "--preview", "--as", "chi-lan")
    await office.at("30/9 15:30")
    assert notes(office)[-1][0] == "08:30 thứ Hai, ngày 03/10 sẽ gửi 06 thư cho 06 cơ quan"
    await office.until("3/10")
    assert (len(office.letters()), held(office)) == (6, 0)


async def test_few_surprises_leave(six: Office) -> None:
    """At the limit nobody is asked."""
    six.app.planner.limits = Limits(flood=6)
    await six.at("20/9 10:00")
    await six.until("3/10")
    assert (len(six.letters()), held(six)) == (12, 0)


async def test_a_letter_to_a_head_needs_a_name(
    report: Office, commanded: Commanded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one all is refused and nothing leaves; with it the letter bears it."""
    monkeypatch.setenv("COLUMNS", "160")
    await report.until("24/10")
    report.mark("25/10 08:00")
    await report.until("28/10")
    said = commanded(report, "approve")
    assert "Sở Tư pháp (thủ trưởng)  Gửi thủ trưởng: báo cáo dân vận 2022  Chờ ký duyệt" in said
    refused = commanded(report, "approve", "--all", "--as", "chi-lan", exit_status=2)
    assert "--name và --title" in refused
    names = ("--name", "Trần Thị B", "--title", "Phó Giám đốc")
    commanded(report, "approve", "--all", "--as", "chi-lan", *names)
    await report.at("31/10 08:30")
    letter = next(one for _, one in report.mail.arrived if report.outcomes()[one.key].tier == "head")
    assert "Phó Giám đốc Trần Thị B" in _text(letter.content)


def _text(content: bytes) -> str:
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert body is not None
    said: str = body.get_content()
    return said


async def test_an_obligation_known_too_late_is_chased_once_approved(
    offices: Offices, plan_text: Callable[..., str], commanded: Commanded
) -> None:
    """Its whole ladder had passed: silence, a line in the list, and after the approval a letter as for a first one."""
    office = offices({"a.yaml": plan_text(["so-y-te", "so-tu-phap"], ["bao-cao"])}, start="1/12 10:00")
    await office.at("1/12 10:00")
    await office.until("2/12")
    assert office.letters() == []
    said = commanded(office, "approve")
    assert "Sở Y tế" in said
    assert "dondoc approve --start" in said
    refused = commanded(office, "approve", "--start", "so-y-te", "ke-hoach", "--as", "chi-lan", exit_status=2)
    assert "Đang chờ: so-y-te bao-cao, so-tu-phap bao-cao" in refused or "so-tu-phap bao-cao" in refused
    assert "báo cáo dân vận 2022" in commanded(office, "approve", "--start", "so-y-te", "bao-cao", "--as", "chi-lan")
    assert "--start CƠ_QUAN" in commanded(office, "approve", "--start", "--as", "chi-lan", exit_status=2)
    await office.until("8/12")
    assert {line.split()[1] for line in office.letters()} == {"so-y-te"}
    again = commanded(office, "approve", "--start", "so-y-te", "bao-cao", "--as", "chi-lan", exit_status=2)
    assert "không chờ duyệt" in again


async def test_files_that_drop_much_come_in_once_a_person_says_so(
    six: Office, plan_text: Callable[..., str], commanded: Commanded
) -> None:
    """Exactly the files he saw: one more edit and they wait again."""
    assert "không bỏ nội dung nào" in commanded(six, "approve", "--removal", "--as", "chi-lan", exit_status=2)
    await six.at("20/9 10:00")
    path = six.folder / "../schedules/a.yaml"
    path.write_text(plan_text(SIX[:2], ["bao-cao"]), "utf-8")
    with pytest.raises(RemovalHeld, match=r"bỏ 4/6 .*dondoc approve --removal"):
        await six.reload()
    assert "bỏ 4 nội dung" in commanded(six, "approve")
    said = commanded(six, "approve", "--removal", "--as", "chi-lan")
    assert "1026-kh-ubnd-2022 / bao-cao: 4 nội dung" in said
    assert "trước đó" in commanded(six, "approve", "--removal", "--as", "chi-lan", exit_status=2)
    path.write_text(plan_text(SIX[:1], ["bao-cao"]), "utf-8")
    with pytest.raises(RemovalHeld, match="5/6"):
        await six.reload()
    path.write_text(plan_text(SIX[:2], ["bao-cao"]), "utf-8")
    await six.reload()
    await six.until("21/9")
    assert len(six.letters()) == 2


async def test_a_start_with_files_that_drop_much_is_refused(
    six: Office, plan_text: Callable[..., str], commanded: Commanded
) -> None:
    """A plan whose file is gone is missed at a start too; systemd is told not to try again."""
    await six.at("20/9 10:00")
    (six.folder / "../schedules/a.yaml").write_text(plan_text(SIX[:2], ["ke-hoach"], "khac"), "utf-8")
    said = await asyncio.to_thread(commanded, six, "run", exit_status=78)
    assert "bỏ 6/6 nội dung đang theo dõi" in said
    assert "dịch vụ chưa chạy" in said


async def test_one_thing_at_a_time(report: Office, commanded: Commanded) -> None:
    """Two consents in one command are refused, and nobody approves as root."""
    assert "Mỗi lần chỉ duyệt một việc" in commanded(report, "approve", "--clock", "--preview", exit_status=2)
    assert "--as TÊN" in commanded(report, "approve", "--all", "--as", "root", exit_status=2)
    assert "Không có thư nào chờ duyệt." in commanded(report, "approve", "--all", "--as", "chi-lan", exit_status=2)
    assert "không có gì phải duyệt" in commanded(report, "approve", "--clock", "--as", "chi-lan", exit_status=2)


async def test_an_empty_list_as_json(report: Office, commanded: Commanded) -> None:
    """Programs get the same shape."""
    found: dict[str, Any] = json.loads(commanded(report, "approve", "--format", "json"))
    assert found == {"letters": [], "late_starts": [], "clock": {"held_since": None, "seconds": None}}
