"""A whole channel stops: one alarm by the other, no letter lost, none tried over and over; and then it is back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.domain.failures import Alarmed
from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import ScriptedMail
from daemon.local.zalo_bot import LocalZaloBot
from daemon.store.columns import instant_text
from daemon.store.pauses import paused
from notifiers.base import DeliveryError, FailureKind, Message, Phase
from tests.support.real_channels import (
    OPERATOR,
    OPERATORS_CHAT,
    by_mail,
    by_zalo,
    operator_has_zalo,
    read,
    words,
)

if TYPE_CHECKING:
    from tests.service.conftest import Offices
    from tests.support.office import Office

AGENCIES = (
    "thanh-tra", "so-tttt", "so-tai-chinh", "so-tu-phap", "so-gddt", "so-khcn",
    "so-ldtbxh", "so-vhttdl", "so-nnptnt", "so-ngoai-vu", "so-cong-thuong", "so-xay-dung",
)  # fmt: skip
ENTRY = "dondoc@so-noi-vu.example"
BAD_PASSWORD = b"535 5.7.8 Error: authentication failed\r\n"


async def ready(offices: Offices, plan_text: Callable[..., str], *, zalo: bool) -> Office:
    """Twelve agencies owing one report, known since 20/9; the operator has Zalo or not."""
    office = offices({"a.yaml": plan_text(AGENCIES, ["bao-cao"])}, start="20/9 10:00")
    if zalo:
        operator_has_zalo(office)
        await office.reload()
    await office.at("20/9 10:00")
    return office


def locked_out() -> ScriptedMail:
    """A mail server that knows us no more."""
    return ScriptedMail({"AUTH PLAIN": BAD_PASSWORD, "AUTH LOGIN": BAD_PASSWORD}, ehlo=("AUTH PLAIN",))


def tries(server: ScriptedMail) -> int:
    """How often we tried to log in."""
    return sum(line.startswith("AUTH") for line in server.said)


def alarms(office: Office) -> list[Alarmed]:
    """What was told out of turn, as the ledger has it."""
    return [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]


def waiting(office: Office) -> int:
    """How many reminders wait."""
    (row,) = office.rows(
        "SELECT count(DISTINCT letter) FROM delivery JOIN letter ON letter.id = letter "
        "WHERE delivery.state = 'pending' AND letter.kind = 'reminder'"
    )
    return int(row[0])


async def test_a_wrong_password_is_one_alarm_over_zalo_and_no_retry_per_letter(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Twelve letters wait; every half an hour one of them tries; the operator hears once, over Zalo."""
    office = await ready(offices, plan_text, zalo=True)
    server = locked_out()
    async with (
        server.running(),
        LocalZaloBot(office.clock.now, chats=(OPERATORS_CHAT,)) as zalo,
        by_mail(office, server.port, ENTRY),
        by_zalo(office, zalo),
    ):
        await office.at("21/9 08:30")
        first = tries(server)
        for clock in ("08:31", "08:32", "08:45", "08:59"):
            report = await office.at(f"21/9 {clock}")
        assert (tries(server), waiting(office)) == (first, 12)
        await office.at("21/9 09:00")
        assert (tries(server), waiting(office)) == (first + 1, 12)
        for clock in ("09:01", "10:30", "11:00", "15:00"):
            await office.at(f"21/9 {clock}")
        assert waiting(office) == 12
        (text,) = [one.text for one in zalo.accepted]
        assert zalo.accepted[0].chat_id == OPERATORS_CHAT
        assert [(alarm.channel, alarm.waiting) for alarm in alarms(office)] == [(Channel.EMAIL, 12)]
        await office.at("22/9 08:30")
        await office.at("22/9 08:31")
        assert len(zalo.accepted) == 2  # a new day
    assert text.startswith(
        "Từ 08 giờ 30 ngày 21/9/2022, việc gửi bằng thư điện tử tạm ngừng, "
        "vì máy chủ thư không chấp nhận tài khoản, mật khẩu."
    )
    assert "Hiện có 12 thư đang chờ." in text
    assert "“dondoc retry --channel email”" in text
    assert "535 5.7.8" in text
    assert report.line().startswith(
        "Thư điện tử tạm ngừng gửi từ 08:30 ngày 21/9: máy chủ thư không chấp nhận tài khoản, mật khẩu. "
    )
    outcomes = office.rows(
        "SELECT outcome FROM attempt JOIN delivery ON delivery.id = delivery WHERE channel = 'email'"
    )
    assert {row.outcome for row in outcomes} == {"temporary"}


async def test_a_server_back_from_its_silence_that_knows_us_no_more_is_told_of_that_day(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Nobody answers from 08:30 on; at 09:30 the server does, and refuses the password: two notes, each once."""
    office = await ready(offices, plan_text, zalo=True)
    unreachable = DeliveryError(FailureKind.TRANSIENT, "Connection refused at connect", phase=Phase.CONNECT)
    locked = DeliveryError(FailureKind.MISCONFIGURED, "AUTH: 535 5.7.8", phase=Phase.CONNECT, code="535 5.7.8")

    async def answer(_message: Message) -> None:
        raise unreachable if office.clock.now() < office.on("21/9 09:30") else locked

    office.mail.on_offer = answer
    async with LocalZaloBot(office.clock.now, chats=(OPERATORS_CHAT,)) as zalo, by_zalo(office, zalo):
        for minutes in range(0, 420, 15):
            await office.at(office.on("21/9 08:30") + timedelta(minutes=minutes))
    first, second = (one.text for one in zalo.accepted)
    assert "vì không liên lạc được với máy chủ thư" in first
    assert "vì máy chủ thư không chấp nhận tài khoản, mật khẩu" in second
    assert [alarm.silent for alarm in alarms(office)] == [True, False]


async def test_the_password_mended_every_letter_leaves_in_order(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """The probe passes at the half hour; the others follow at the next look, each once, and no all-clear is sent."""
    office = await ready(offices, plan_text, zalo=True)
    server = locked_out()
    async with LocalZaloBot(office.clock.now, chats=(OPERATORS_CHAT,)) as zalo, by_zalo(office, zalo):
        async with server.running(), by_mail(office, server.port, ENTRY):
            await office.at("21/9 08:30")
            await office.at("21/9 08:31")
        async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
            await office.at("21/9 08:50")
            assert mail.accepted == []
            await office.at("21/9 09:00")
            await office.at("21/9 09:01")
            got = [one.recipients[0] for one in mail.accepted]
        assert len(zalo.accepted) == 1
    expected = [f"{who}@{agency}.example" for agency in AGENCIES for who in ("dau-moi", "van-thu")]
    assert sorted(got) == sorted(expected)
    with office.app.database.read() as conn:
        assert paused(conn, office.clock.now()) == {}


async def test_a_restart_tries_at_once(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Whoever mends the password restarts the service: he need not wait for the half hour."""
    office = await ready(offices, plan_text, zalo=False)
    server = locked_out()
    async with server.running(), by_mail(office, server.port, ENTRY):
        await office.at("21/9 08:30")
    await office.reopen()
    async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
        await office.at("21/9 08:35")
        await office.at("21/9 08:36")
        assert len([one for one in mail.accepted if one.recipients != (OPERATOR,)]) == 24


async def test_with_no_other_road_the_alarm_comes_when_the_channel_is_back(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """The operator has mail alone, and mail is dead: afterwards he reads from when to when, and why."""
    office = await ready(offices, plan_text, zalo=False)
    server = locked_out()
    async with server.running(), by_mail(office, server.port, ENTRY):
        for clock in ("08:30", "08:31", "09:00", "09:30"):
            report = await office.at(f"21/9 {clock}")
        assert alarms(office) == []
        assert "tạm ngừng gửi từ 08:30 ngày 21/9" in report.line()
    async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
        await office.at("21/9 10:00")
        for clock in ("10:01", "10:02", "11:02"):
            await office.at(f"21/9 {clock}")
        (note,) = [one for one in mail.accepted if "tạm ngừng" in str(read(one)["Subject"])]
    assert note.recipients == (OPERATOR,)
    moments = "từ 08 giờ 30 ngày 21/9/2022 đến 10 giờ 00 ngày 21/9/2022"
    assert read(note)["Subject"] == "Thư điện tử đã gửi lại được; đã tạm ngừng từ 08:30 ngày 21/9 đến 10:00 ngày 21/9"
    assert f"đã tạm ngừng {moments}, vì máy chủ thư không chấp nhận tài khoản, mật khẩu" in words(note)
    assert [alarm.until for alarm in alarms(office)] == [office.on("21/9 10:00")]


async def test_a_server_nobody_reaches_is_one_alarm_after_half_an_hour(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Twelve letters try by their own schedule; then one in half an hour; back again, each leaves by its hour."""
    office = await ready(offices, plan_text, zalo=True)
    async with (
        LocalMail(office.clock.now) as mail,
        LocalZaloBot(office.clock.now, chats=(OPERATORS_CHAT,)) as zalo,
        by_mail(office, mail.port),
        by_zalo(office, zalo),
    ):
        await mail.shut()
        for clock in ("08:30", "08:31", "08:32", "08:40", "08:59"):
            report = await office.at(f"21/9 {clock}")
        assert (zalo.accepted, report.troubles, waiting(office)) == ([], (), 12)
        for clock in ("09:00", "09:10", "09:20", "09:30"):
            await office.at(f"21/9 {clock}")
        (text,) = [one.text for one in zalo.accepted]
        for clock in ("10:00", "10:01", "10:15", "10:29"):
            await office.at(f"21/9 {clock}")
        since = instant_text(office.on("21/9 10:00"))
        assert office.rows("SELECT count(*) FROM attempt WHERE started_at >= :since", since=since) == [(1,)]
        await mail.open()
        for clock in ("10:45", "10:46", "11:29", "13:30", "13:31"):
            report = await office.at(f"21/9 {clock}")
    assert text.startswith(
        "Từ 08 giờ 30 ngày 21/9/2022, việc gửi bằng thư điện tử tạm ngừng, vì không liên lạc được với máy chủ thư."
    )
    assert "Hiện có 12 thư đang chờ." in text
    assert len(alarms(office)) == 1
    assert report.troubles == ()
    expected = [f"{who}@{agency}.example" for agency in AGENCIES for who in ("dau-moi", "van-thu")]
    assert sorted(one.recipients[0] for one in mail.accepted) == sorted(expected)


async def test_a_server_that_was_away_for_twenty_minutes_is_no_news(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Restarted, and every letter got through by its own schedule: nobody is troubled, nothing is left."""
    office = await ready(offices, plan_text, zalo=True)
    async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
        await mail.shut()
        await office.at("21/9 08:30")
        await office.at("21/9 08:32")
        await mail.open()
        for clock in ("08:40", "08:41", "09:00", "09:30", "10:00"):
            await office.at(f"21/9 {clock}")
        assert len(mail.accepted) == 24
    assert (alarms(office), office.rows("SELECT * FROM channel_pause")) == ([], [])


async def test_a_dead_zalo_token_is_told_by_mail(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Zalo refuses the token: the letters by mail go on, the Zalo ones wait, the operator reads why."""
    office = await ready(offices, plan_text, zalo=True)
    office.edit(
        "agencies.yaml",
        "email: dau-moi@so-tu-phap.example\n",
        "email: dau-moi@so-tu-phap.example\n        zalo: zalo-so-tu-phap\n",
    )
    office.edit("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n")
    await office.reload()
    async with LocalMail(office.clock.now) as mail, LocalZaloBot(office.clock.now, chats=("zalo-so-tu-phap",)) as zalo:
        async with by_mail(office, mail.port), by_zalo(office, zalo):
            zalo.token = "999999:changed"
            await office.at("21/9 08:30")
            await office.at("21/9 08:31")
        (note,) = [one for one in mail.accepted if "tạm ngừng" in str(read(one)["Subject"])]
        assert len(mail.accepted) == 24 + 1
        assert zalo.accepted == []
    assert read(note)["Subject"] == "Zalo tạm ngừng gửi từ 08:30 ngày 21/9: mã truy cập Zalo không còn dùng được"
    assert "“dondoc retry --channel zalo”" in words(note)
