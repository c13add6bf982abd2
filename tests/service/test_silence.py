"""While a pause, a mute or a promise lasts nobody is written to; the day after, letters leave again."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.domain.entries import Called, Paused, Voided
from notifiers.base import FailureKind
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type
BY = ("--as", "chi-lan")
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
async def two(offices: Offices, plan_text: Callable[..., str]) -> Office:
    """A department and a district owing the report of 24/10, just before the letters of 13/10."""
    office = offices({"a.yaml": plan_text(["so-tu-phap", "ubnd-h-tan-bien"], ["bao-cao"])}, start="20/9 10:00")
    await office.at("20/9 10:00")
    await office.until("12/10")
    return office


def why(office: Office) -> dict[str, str]:
    """Return, by agency, why steps are held now."""
    return {row.agency: row.reason for row in office.rows("SELECT agency, reason FROM decision WHERE outcome = 'hold'")}


def text_of(office: Office, agency: str) -> str:
    """Return the text of the last letter an agency was sent."""
    keys = {key for key, outcome in office.outcomes().items() if outcome.agency == agency}
    content = [message.content for _, message in office.mail.arrived if message.key in keys][-1]
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert body is not None
    said: str = body.get_content()
    return said


async def test_everything_paused(two: Office, commanded: Commanded) -> None:
    """Through the named day no letter leaves and the reason is kept; the day after, one letter each, as of that day."""
    said = commanded(two, "pause", "--until", "14/10/2022", "--reason", "Đang rà soát danh bạ", *BY)
    assert "Thư nhắc dừng đến hết ngày 14/10/2022, được gửi lại từ ngày 15/10/2022." in said
    await two.until("14/10")
    assert two.letters(since="13/10") == []
    assert why(two) == {"so-tu-phap": "paused", "ubnd-h-tan-bien": "paused"}
    await two.until("17/10")
    assert sorted(two.letters(since="13/10")) == [
        "17/10 so-tu-phap officers 1: bao-cao nhac-lai",
        "17/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai",
    ]
    assert "24/10/2022" in text_of(two, "so-tu-phap")
    said_why = [(entry.by, entry.body.reason) for entry in two.entries() if isinstance(entry.body, Paused)]
    assert said_why == [("chi-lan", "Đang rà soát danh bạ")]


async def test_a_group_paused(two: Office, commanded: Commanded) -> None:
    """The other group is chased as planned."""
    group = two.app.generation.rules.agency("ubnd-h-tan-bien").group
    commanded(two, "pause", "--group", group, "--until", "13/10/2022", "--reason", "Bão số 5", *BY)
    await two.until("13/10")
    assert two.letters(since="13/10") == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]
    await two.until("14/10")
    assert two.letters(since="14/10") == ["14/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai"]


async def test_another_plan_paused_is_no_pause_here(
    offices: Offices, plan_text: Callable[..., str], commanded: Commanded
) -> None:
    """Of two plans one is silent."""
    plans = {"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"]), "b.yaml": plan_text(["so-y-te"], ["bao-cao"], "khac")}
    office = offices(plans, start="20/9 10:00")
    await office.at("20/9 10:00")
    commanded(office, "pause", "--plan", "khac", "--until", "30/9/2022", "--reason", "Chờ văn bản mới", *BY)
    await office.until("30/9")
    assert {line.split()[1] for line in office.letters()} == {"so-tu-phap"}
    assert "Không có kế hoạch" in commanded(
        office, "pause", "--plan", "zzz", "--until", "30/9/2022", "--reason", "a", *BY, exit_status=2
    )


async def test_a_pause_ended_early(two: Office, commanded: Commanded) -> None:
    """Its entry is voided and stays, and is called no slip; what was silent leaves on the next sending day."""
    commanded(two, "pause", "--until", "28/10/2022", "--reason", "Rà soát", *BY)
    await two.until("13/10")
    wrong = commanded(two, "pause", "--end", "--group", "cap-huyen", *BY, exit_status=2)
    assert "Không có lần tạm dừng nào như vậy. Đang tạm dừng: tất cả (thôi: dondoc pause --end)." in wrong
    ended = commanded(two, "pause", "--end", "--reason", "Rà soát xong sớm", *BY)
    assert "Đã thôi tạm dừng: tất cả. Thư nhắc lại được gửi theo lịch.\n" in ended
    (end,) = [entry for entry in two.entries() if isinstance(entry.body, Voided)]
    assert isinstance(end.body, Voided)
    assert end.body.reason == "Rà soát xong sớm"
    assert f"Đã ghi mục {end.seq}: Thôi tạm dừng, lúc " in ended
    assert f"  tất cả; mục {end.body.seq}; lý do: Rà soát xong sớm\n" in ended
    book = commanded(two, "ledger")
    assert "Thôi tạm dừng" in book
    assert "nhập nhầm" not in book
    await two.until("14/10")
    assert len(two.letters(since="14/10")) == 2
    assert "Không có lần tạm dừng nào như vậy.\n" in commanded(two, "pause", "--end", *BY, exit_status=2)


async def test_a_letter_composed_before_the_pause_does_not_leave_in_it(two: Office, commanded: Commanded) -> None:
    """What waits to be tried again is taken back, and asked anew the day after."""
    addresses = [person.email for _, person in two.app.generation.rules.register.person_by_id.values() if person.email]
    for address in addresses:
        two.mail.inner.always_fail(address, Fault(FailureKind.TRANSIENT))
    await two.at("13/10 08:30")
    assert [row.state for row in two.rows("SELECT DISTINCT state FROM delivery WHERE finished_at IS NULL")] == [
        "pending"
    ]
    for address in addresses:
        two.mail.inner.always_fail(address, None)
    commanded(two, "pause", "--until", "13/10/2022", "--reason", "Rà soát", *BY)
    await two.until("13/10")
    assert two.letters(since="13/10") == []
    await two.until("14/10")
    assert sorted(two.letters(since="13/10")) == [
        "14/10 so-tu-phap officers 1: bao-cao nhac-lai",
        "14/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai",
    ]


async def test_an_agency_muted(two: Office, commanded: Commanded, monkeypatch: pytest.MonkeyPatch) -> None:
    """All it owes is silent through the day; ended, it is chased again; others never were silent."""
    monkeypatch.setenv("COLUMNS", "160")
    commanded(two, "mute", "ubnd-h-tan-bien", "--until", "20/10/2022", "--reason", "Đang sáp nhập phòng", *BY)
    await two.until("13/10")
    assert two.letters(since="13/10") == ["13/10 so-tu-phap officers 1: bao-cao nhac-lai"]
    assert why(two) == {"ubnd-h-tan-bien": "muted"}
    commanded(two, "mute", "ubnd-h-tan-bien", "--end", *BY)
    for told in (("show", "ubnd-h-tan-bien"), ("ledger", "--agency", "ubnd-h-tan-bien")):
        said = commanded(two, *told)
        assert re.findall(r"  (Tạm dừng nhắc|Thôi tạm dừng|Hủy mục nhập)  ", said) == ["Tạm dừng nhắc", "Thôi tạm dừng"]
    assert "tạm dừng nhắc" not in commanded(two, "show", "so-tu-phap").lower()
    await two.until("14/10")
    assert two.letters(since="14/10") == ["14/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai"]


async def test_one_milestone_muted(two: Office, commanded: Commanded) -> None:
    """Named with its milestone; the day after, the letter leaves."""
    commanded(two, "mute", "so-tu-phap", "bao-cao", "--until", "13/10/2022", "--reason", "Đã hẹn", *BY)
    await two.until("13/10")
    assert two.letters(since="13/10") == ["13/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai"]
    other = commanded(two, "mute", "ubnd-h-tan-bien", "bao-cao", "--end", *BY, exit_status=2)
    ended_by = "dondoc mute so-tu-phap bao-cao --end"
    assert f"Đang tạm dừng: Sở Tư pháp: báo cáo dân vận 2022 (thôi: {ended_by})." in other
    await two.until("14/10")
    assert two.letters(since="14/10") == ["14/10 so-tu-phap officers 1: bao-cao nhac-lai"]


async def test_a_promised_day(two: Office, commanded: Commanded) -> None:
    """Silent through the day they named, chased the day after."""
    said = commanded(two, "promise", "so-tu-phap", "bao-cao", "--on", "14/10/2022", "--said-by", "Ông Lê C", *BY)
    assert "Sở Tư pháp: báo cáo dân vận 2022; hẹn gửi ngày 14/10/2022 (Ông Lê C)" in said
    assert "được gửi lại từ ngày 15/10/2022" in said
    await two.until("14/10")
    assert why(two) == {"so-tu-phap": "promised"}
    await two.until("17/10")
    assert two.letters(since="13/10") == [
        "13/10 ubnd-h-tan-bien officers 1: bao-cao nhac-lai",
        "17/10 so-tu-phap officers 1: bao-cao nhac-lai",
    ]


async def test_ending_one_silence_names_what_still_holds_letters_back(two: Office, commanded: Commanded) -> None:
    """A promise and another mute outlast the pause: said with their numbers, and no letter leaves for either."""
    commanded(two, "promise", "so-tu-phap", "bao-cao", "--on", "19/10/2022", *BY)
    commanded(two, "pause", "--until", "28/10/2022", "--reason", "Rà soát", *BY)
    assert commanded(two, "pause", "--end", *BY).endswith(
        "Đã thôi tạm dừng: tất cả. Thư nhắc lại được gửi theo lịch, trừ:\n"
        "  - Sở Tư pháp: báo cáo dân vận 2022 (mục 7: hẹn gửi ngày 19/10/2022)\n"
    )
    rules = two.app.generation.rules
    group = rules.agency("ubnd-h-tan-bien").group
    name = next(one.name for one in rules.register.groups if one.id == group)
    begun = commanded(two, "pause", "--group", group, "--until", "18/10/2022", "--reason", "Bão số 5", *BY)
    assert begun.endswith("Thư nhắc dừng đến hết ngày 18/10/2022, được gửi lại từ ngày 19/10/2022.\n")
    commanded(two, "mute", "ubnd-h-tan-bien", "--until", "14/10/2022", "--reason", "Đang sáp nhập", *BY)
    ended = commanded(two, "mute", "ubnd-h-tan-bien", "--end", *BY)
    assert ended.endswith(
        "Đã thôi tạm dừng: UBND huyện Tân Biên. Thư nhắc vẫn chưa được gửi, vì còn:\n"
        f"  - khối {name} (mục 10: tạm dừng đến hết ngày 18/10/2022)\n"
    )
    running = commanded(two, "mute", "so-tu-phap", "--end", *BY, exit_status=2)
    assert f"(thôi: dondoc pause --group {group} --end)" in running
    await two.until("13/10")
    assert two.letters(since="13/10") == []


async def test_a_silence_that_outlasts_the_deadline_says_so(two: Office, commanded: Commanded) -> None:
    """The date stays; past the plan's end nobody is written to at all."""
    late = commanded(two, "promise", "so-tu-phap", "bao-cao", "--on", "30/11/2022", *BY)
    assert late.endswith(
        "Thư nhắc dừng đến hết ngày 30/11/2022, được gửi lại từ ngày 01/12/2022.\n"
        "Trong thời gian này cơ quan không được nhắc; thời hạn vẫn là ngày 24/10/2022.\n"
    )
    for_years = commanded(two, "pause", "--until", "31/12/2030", "--reason", "Chờ chỉ đạo", *BY)
    assert for_years.endswith(
        "khi đó kế hoạch đã kết thúc theo dõi nên không còn thư nhắc nào được gửi nữa.\n"
        "Trong thời gian này cơ quan không được nhắc; thời hạn vẫn là ngày 24/10/2022.\n"
    )


async def test_a_telephone_call_changes_no_letter(two: Office, commanded: Commanded) -> None:
    """It is entered with whom one spoke to and what was said."""
    commanded(two, "call", "so-tu-phap", "bao-cao", "--spoke-to", "Bà Phạm D", "--said", "Chiều nay gửi", *BY)
    (called,) = [entry.body for entry in two.entries() if isinstance(entry.body, Called)]
    assert called == Called("Bà Phạm D", "Chiều nay gửi")
    await two.until("13/10")
    assert len(two.letters(since="13/10")) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pause", "--until", "14/10/2022"), "Còn thiếu --reason"),
        (("pause", "--reason", "a"), "Còn thiếu --until"),
        (("pause", "--until", "1/10/2022", "--reason", "a"), "đã qua"),
        (("pause", "--until", "14/10/2022", "--reason", " "), "Cần ghi lý do"),
        (("pause", "--until", "14/10/2022", "--reason", "a", "--group", "x"), "Không có khối “x”"),
        (("mute", "ubnd-h-tan-bienn", "--until", "14/10/2022", "--reason", "a"), "Có phải là: ubnd-h-tan-bien"),
        (("mute", "ubnd-h-tan-bien", "x", "--until", "14/10/2022", "--reason", "a"), "Không có mốc “x”"),
        (("promise", "ubnd-h-tan-bien", "bao-cao", "--on", "1/10/2022"), "đã qua"),
        (("pause", "--plan", "khong-co", "--end"), "Không có kế hoạch “khong-co”. Các kế hoạch: 1026-kh-ubnd-2022."),
        (("pause", "--group", "cap-huyenn", "--end"), "Không có khối “cap-huyenn”. Có phải là: cap-huyen"),
        (("mute", "ubnd-h-tan-bienn", "--end"), "Có phải là: ubnd-h-tan-bien"),
        (("mute", "ubnd-h-tan-bien", "x", "--end"), "Không có mốc “x”"),
        (("mute", "ubnd-h-tan-bien", "bao-cao", "--plan", "x", "--end"), "Không có kế hoạch “x”"),
        (("call", "ubnd-h-tan-bien", "x"), "Không có mốc “x”"),
    ],
)
async def test_refused(two: Office, commanded: Commanded, words: tuple[str, ...], told: str) -> None:
    """With what is missing or valid; nothing is entered."""
    before = len(two.entries())
    assert told in commanded(two, *words, *BY, exit_status=2)
    assert len(two.entries()) == before
