"""Somebody mends an address and asks for one more try: what goes, what does not, and what the commands say of it."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.domain.entries import Received
from daemon.domain.failures import Retried
from daemon.domain.words import Channel
from daemon.store.ledger import verify
from daemon.store.pauses import pause_road, paused
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault
from tests.support.real_channels import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service.conftest import Offices
    from tests.support.office import Office

FOCAL, MAILBOX, MENDED = (f"{who}@so-tu-phap.example" for who in ("dau-moi", "van-thu", "dau-moi-moi"))
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550 5.1.1")
LOST = Fault(FailureKind.TRANSIENT, Phase.CONTENT)
UNFROZEN = ["daemon.store", "daemon.domain"]  # they read no clock, and know an instant by its type


@pytest.fixture
async def refused(offices: Offices, plan_text: Callable[..., str]) -> Office:
    """An office whose letter of 3/10 nobody got: the officer's address is dead and so is the mailbox."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="27/9 10:00")
    await office.at("27/9 10:00")
    await office.at("28/9 08:30")
    for address in (FOCAL, MAILBOX):
        office.mail.inner.always_fail(address, NO_SUCH)
    await office.at("3/10 08:30")
    await office.at("3/10 08:31")
    return office


def dead_letter(office: Office) -> str:
    """The letter nobody got."""
    found = office.rows("SELECT DISTINCT letter FROM delivery WHERE state IN ('refused', 'unknown')")
    (row,) = found
    return str(row.letter)


def said(office: Office, *words: str, code: int = 0) -> tuple[str, str]:
    """Return what a command prints at the office's instant, on standard output and on standard error."""
    with (
        freeze_time(office.clock.now(), ignore=UNFROZEN),
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        assert main([*words, "--config", str(office.settings.file)]) == code, err.getvalue()
    return out.getvalue(), err.getvalue()


def answer(office: Office, *words: str) -> Any:
    """Return what a command answers to a program."""
    return json.loads(said(office, *words, "--format", "json")[0])


def one_line(text: str) -> str:
    """Return a table's text without its lines."""
    return " ".join(text.split())


async def test_the_address_mended_the_letter_goes_again_as_a_new_version(refused: Office) -> None:
    """New bytes to the new address, once; the old refusals stay in the ledger, and so does who asked."""
    letter = dead_letter(refused)
    refused.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {MENDED}\n")
    await refused.reload()
    refused.mail.inner.always_fail(MAILBOX, None)
    refused.clock.move_to(refused.on("3/10 10:00"))
    out, err = said(refused, "retry", letter, "--as", "chi-lan")
    assert (out.splitlines(), err) == (
        [
            f"{letter} (Sở Tư pháp): gửi lại cho 2 nơi nhận, vào giờ gửi gần nhất.",
            "Địa chỉ vừa sửa chỉ có hiệu lực sau khi nạp lại: systemctl reload dondoc.",
        ],
        "",
    )
    await refused.at("3/10 10:01")
    got = [message for at, message in refused.mail.arrived if at == refused.on("3/10 10:01")]
    assert [message.address for message in got] == [MENDED, MAILBOX]
    assert str(read(got[0])["To"]).count("@") == 2  # the officer and the mailbox, each named once
    assert {outcome.version: outcome.state for outcome in refused.outcomes().values() if outcome.letter == letter} == {
        1: "refused",
        2: "sent",
    }
    asked = [(entry.by, entry.body) for entry in refused.entries() if isinstance(entry.body, Retried)]
    assert asked == [("chi-lan", Retried(letter, 2))]
    assert answer(refused, "deliveries", "--dead") == []
    with refused.app.database.read() as conn:
        assert verify(conn).first_bad is None
    _, err = said(refused, "retry", letter, "--as", "chi-lan", code=2)
    assert err == (
        f"Thư “{letter}” không có người nhận nào bị từ chối, bị trả lại hoặc hết thời gian. Nếu thư không rõ đã đến "
        "hay chưa và cơ quan xác nhận chưa nhận được, thêm --not-arrived.\n"
    )


async def test_refused_again_it_is_told_again(refused: Office) -> None:
    """Retried without mending anything: the letter dies once more, and an hour after the first note comes another."""
    said(refused, "retry", "--all-dead", "--as", "chi-lan")
    for clock in ("08:40", "08:41", "09:31", "09:32"):
        await refused.at(f"3/10 {clock}")
    alarms = [entry for entry in refused.entries() if entry.kind == "alarmed"]
    assert [refused.on("3/10 08:31"), refused.on("3/10 09:31")] == [entry.recorded_at for entry in alarms]


async def test_what_is_answered_is_not_sent_again(refused: Office) -> None:
    """The document has come: the command says so, and its exit status is a failure."""
    refused.enter(Received("12/BC-STP"), refused.key())
    out, _ = said(refused, "retry", "--all-dead", "--as", "chi-lan", code=1)
    assert out == f"{dead_letter(refused)} (Sở Tư pháp): không gửi lại. Không nhắc, vì đã nhận được văn bản.\n"


async def test_the_dead_set_says_why_when_and_what_was_tried(refused: Office) -> None:
    """A table for people, every road of it for programs; an address in neither."""
    letter = dead_letter(refused)
    out, _ = said(refused, "deliveries", "--dead")
    for words in ("Sở Tư pháp", "08:30 03/10", "đầu mối qua", "văn thư qua"):
        assert words in one_line(out)
    assert max(map(len, out.splitlines())) <= 80
    assert "@" not in out
    (row,) = answer(refused, "deliveries", "--dead", "--agency", "so-tu-phap")
    assert (row["letter"], row["kind"], row["died_at"]) == (letter, "reminder", "2022-10-03T08:30:00+07:00")
    assert [(road["person"], road["state"], road["code"]) for road in row["tried"]] == [
        ("so-tu-phap-dau-moi", "refused", "550 5.1.1"),
        ("so-tu-phap-van-thu", "refused", "550 5.1.1"),
    ]
    assert answer(refused, "deliveries", "--dead", "--agency", "so-noi-vu") == []


async def test_what_may_have_arrived_goes_again_on_somebody_s_word_alone(report: Office) -> None:
    """Unknown for good: --all-dead leaves it, a name is refused with the reason, --not-arrived lets it go."""
    await report.at("21/9 08:30")
    report.mail.inner.always_fail(FOCAL, LOST)
    for clock in ("08:30", "08:45", "09:00", "09:15", "09:16"):
        await report.at(f"3/10 {clock}")
    letter = dead_letter(report)
    assert one_line(said(report, "retry", "--all-dead", "--as", "chi-lan")[0]) == "Không có thư nào gửi lại được."
    assert "--not-arrived" in said(report, "retry", letter, "--as", "chi-lan", code=2)[1]
    report.mail.inner.always_fail(FOCAL, None)
    assert answer(report, "retry", letter, "--not-arrived", "--as", "chi-lan") == [
        {"letter": letter, "agency": "so-tu-phap", "deliveries": 1, "refused": None}
    ]
    await report.at("3/10 10:00")
    assert answer(report, "deliveries", "--dead") == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "Cần đúng một trong ba: mã thư, --channel KÊNH, hoặc --all-dead."),
        (("--all-dead", "--channel", "email"), "Cần đúng một trong ba: mã thư, --channel KÊNH, hoặc --all-dead."),
        (("--all-dead", "--not-arrived"), "--not-arrived chỉ dùng với mã thư: mỗi thư phải hỏi cơ quan trước."),
        (("khong-co",), "Không có thư “khong-co” để gửi lại. Hiện không có thư nào không đến được."),
        (("--channel", "zalo"), "Kênh zalo không tạm ngừng: thư chờ gửi theo giờ của nó."),
    ],
)
async def test_what_cannot_be_meant_is_refused(report: Office, words: tuple[str, ...], problem: str) -> None:
    """The message says what would be valid; nothing is written."""
    before = len(report.entries())
    assert said(report, "retry", *words, "--as", "chi-lan", code=2)[1] == f"{problem}\n"
    assert len(report.entries()) == before


async def test_an_unknown_letter_is_answered_with_those_that_are_dead(refused: Office) -> None:
    """A slip of the fingers: the ids to choose from."""
    _, err = said(refused, "retry", "khong-co", "--as", "chi-lan", code=2)
    assert err.endswith(f"Các thư không đến được: {dead_letter(refused)} (so-tu-phap).\n")


async def test_every_answer_begins_with_a_channel_that_is_paused(report: Office) -> None:
    """`status` and `deliveries` say it first; `retry --channel` lets the next letter try."""
    with report.app.database.write() as conn:
        pause_road(conn, Channel.EMAIL, "email", "certificate refused: expired", None, report.clock.now())
    why = "chứng thư số của máy chủ thư không hợp lệ hoặc đã hết hạn"
    warning = f"Chú ý: Thư điện tử tạm ngừng gửi từ 10:00 ngày 20/9: {why}.\n"
    assert said(report, "status")[1] == warning
    assert said(report, "deliveries")[1] == warning
    assert said(report, "status", "--on", "19/9/2022")[1] == ""  # an answer about the past
    out, _ = said(report, "retry", "--channel", "email", "--as", "chi-lan")
    assert out == "Thư điện tử: thư kế tiếp được gửi thử ngay trong lượt tới; gửi được thì các thư chờ tự gửi tiếp.\n"
    with report.app.database.read() as conn:
        assert paused(conn, report.clock.now())["email"].probe_at == report.clock.now()
    assert report.entries()[-1].body == Retried(channel=Channel.EMAIL)
