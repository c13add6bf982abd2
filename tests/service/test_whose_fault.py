"""One recipient stops no road, and a road that fails all ends nobody's letter: what becomes of the others tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from daemon.domain.failures import Alarmed
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import ScriptedMail
from daemon.local.zalo_bot import LocalZaloBot
from daemon.local.zalo_host import Weather
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault
from tests.support.real_channels import OPERATOR, OPERATORS_CHAT, by_mail, by_zalo, operator_has_zalo

if TYPE_CHECKING:
    from tests.service.conftest import Offices
    from tests.support.office import Office

AGENCIES = ("so-tu-phap", "so-y-te", "so-tai-chinh", "so-cong-thuong", "so-xay-dung")
FOCAL, MAILBOX = "dau-moi@so-tu-phap.example", "van-thu@so-tu-phap.example"
DENIED = "554 5.7.1 <x>: Relay access denied"
LIMIT = b"550 5.4.5 Daily user sending limit exceeded\r\n"
WRITTEN = [f"{who}@{agency}.example" for agency in AGENCIES for who in ("dau-moi", "van-thu")]


@asynccontextmanager
async def at_work(
    offices: Offices, plan_text: Callable[..., str], agencies: tuple[str, ...] = AGENCIES
) -> AsyncIterator[tuple[Office, LocalZaloBot]]:
    """Give an office whose first letters are due on 21/9 at 08:30, and its operator's Zalo."""
    office = offices({"a.yaml": plan_text(agencies, ["bao-cao"])}, start="20/9 10:00")
    operator_has_zalo(office)
    await office.reload()
    await office.at("20/9 10:00")
    async with LocalZaloBot(office.clock.now, chats=(OPERATORS_CHAT,)) as zalo, by_zalo(office, zalo):
        yield office, zalo


async def through(office: Office, day: str, *clocks: str) -> None:
    """Tick at these times of a day."""
    for clock in clocks:
        await office.at(f"{day} {clock}")


def ends(office: Office) -> dict[str, int]:
    """Return how many deliveries of reminders stand in each state."""
    found = office.rows(
        "SELECT delivery.state, count(*) AS n FROM delivery JOIN letter ON letter.id = letter "
        "WHERE letter.kind = 'reminder' GROUP BY delivery.state"
    )
    return {row.state: row.n for row in found}


def tried(office: Office) -> list[int]:
    """Return how often each delivery of a reminder that was tried at all was."""
    found = office.rows(
        "SELECT attempts FROM delivery JOIN letter ON letter.id = letter "
        "WHERE letter.kind = 'reminder' AND attempts > 0 ORDER BY delivery.id"
    )
    return [row.attempts for row in found]


def paused(office: Office) -> list[str]:
    """Return what is wrong with roads."""
    return [row.route for row in office.rows("SELECT route FROM channel_pause WHERE over_at IS NULL")]


def alarms(office: Office) -> list[Alarmed]:
    """Return what was told of roads."""
    told = [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]
    return [alarm for alarm in told if alarm.route is not None]


def got(mail: LocalMail) -> list[str]:
    """Return who got a reminder by mail."""
    return sorted(one.recipients[0] for one in mail.accepted if one.recipients != (OPERATOR,))


@pytest.mark.parametrize("reply", [DENIED, "550 relay not permitted", "550 User unknown in relay recipient table"])
async def test_one_denied_recipient_is_his_own_matter(
    offices: Offices, plan_text: Callable[..., str], reply: str
) -> None:
    """The others leave in the same minute, his letter goes to whom else it may; no road is paused, none is told of.

    Before, the first refusal stopped all mail, and the same letter alone tried it again for ever.
    """
    async with (
        at_work(offices, plan_text) as (office, _),
        LocalMail(office.clock.now) as mail,
        by_mail(office, mail.port),
    ):
        mail.refuse(FOCAL, reply)
        await through(office, "21/9", "08:30")
        assert got(mail) == sorted(set(WRITTEN) - {FOCAL})
        await through(office, "21/9", "08:32", "08:33", "09:10", "10:10")
        assert ends(office) == {"sent": 9, "refused": 1}
        assert (paused(office), alarms(office)) == ([], [])


async def test_a_server_that_denies_relaying_to_all_refuses_nobody(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """The second domain shows it: all wait, one letter tries each half hour, another each time, and then all leave."""
    denying = ScriptedMail({"RCPT": DENIED.encode() + b"\r\n"})
    async with at_work(offices, plan_text) as (office, zalo):
        async with denying.running(), by_mail(office, denying.port):
            await through(office, "21/9", "08:30", "08:31")
            assert paused(office) == ["email"]
            assert len(denying.said) < 15
            await through(office, "21/9", *(f"{hour:02}:{minute}" for hour in (9, 10) for minute in ("01", "31")))
        assert (ends(office), max(tried(office))) == ({"pending": 10}, 1)
        (alarm,) = alarms(office)
        assert (alarm.code, alarm.silent, [text.chat_id for text in zalo.accepted]) == (
            "554 5.7.1", False, [OPERATORS_CHAT],
        )  # fmt: skip
        async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
            await through(office, "21/9", "11:01", "11:02")
            assert got(mail) == sorted(WRITTEN)
        assert paused(office) == []


async def test_denied_alone_the_letter_is_refused_within_the_hour(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Nobody else is written to, so nothing tells whose it is: after half an hour it is this domain's, and is told."""
    async with (
        at_work(offices, plan_text, ("so-tu-phap",)) as (office, _),
        LocalMail(office.clock.now) as mail,
        by_mail(office, mail.port),
    ):
        mail.refuse(FOCAL, DENIED)
        mail.refuse(MAILBOX, DENIED)
        await through(office, "21/9", "08:30", "08:32", "08:40", "08:58")
        assert ends(office) == {"pending": 2}
        await through(office, "21/9", "09:29", "09:30")
        assert (ends(office), paused(office)) == ({"refused": 2}, [])


async def test_a_paused_road_is_tried_with_another_letter_each_time(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Whatever stops it: the one that failed last stands behind the others, so it cannot hold the road."""
    locked = b"535 5.7.8 Error: authentication failed\r\n"
    server = ScriptedMail({"AUTH PLAIN": locked}, ehlo=("AUTH PLAIN",))
    async with at_work(offices, plan_text) as (office, _), server.running(), by_mail(office, server.port, "dondoc"):
        await through(office, "21/9", "08:30", "09:00", "09:30", "10:00", "10:30")
        assert tried(office) == [1] * 5


async def test_one_template_that_fails_is_not_all_of_zalo(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Its letter takes another road once others' messages pass; Zalo stays open."""
    office = offices({"a.yaml": plan_text(AGENCIES, ["bao-cao"])}, start="20/9 10:00")
    for agency in AGENCIES:
        only_mail = f"email: dau-moi@{agency}.example\n"
        office.edit("agencies.yaml", only_mail, f"{only_mail}        zalo: zalo-{agency}\n        kenh: [zalo]\n")
    ladder = "chuan:\n  gio-gui: 08:30\n"
    office.edit("ladders.yaml", ladder, f"{ladder}  kenh: [email, zalo]\n")
    await office.reload()
    await office.at("20/9 10:00")
    await office.until("30/9")
    office.mail.arrived.clear()
    office.zalo.arrived.clear()
    office.zalo.inner.always_fail("zalo-so-tu-phap", Fault(FailureKind.DENIED, Phase.ANSWERED, "-131"))
    await through(office, "3/10", "08:30", "08:32", "08:33")
    assert {message.address for _, message in office.zalo.arrived} == {f"zalo-{agency}" for agency in AGENCIES[1:]}
    assert [message.address for _, message in office.mail.arrived] == [MAILBOX]
    assert (paused(office), alarms(office)) == ([], [])


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DOT"])
async def test_a_server_that_puts_everybody_off_is_a_silent_one(
    offices: Offices, plan_text: Callable[..., str], step: str
) -> None:
    """451 to every letter for half an hour: told by Zalo, one letter each half hour; what passes ends it."""
    busy = ScriptedMail({step: b"451 4.7.1 try again later\r\n"})
    async with at_work(offices, plan_text) as (office, zalo):
        async with busy.running(), by_mail(office, busy.port):
            await through(office, "21/9", "08:30", "08:32", "08:40", "08:59")
            assert alarms(office) == []
            await through(office, "21/9", "09:00", "09:10", "09:31", "09:32")
            before = sum(tried(office))
            await through(office, "21/9", "09:40", "09:50", "10:02", "10:03")
        assert sum(tried(office)) == before + 1
        (alarm,) = alarms(office)
        assert (alarm.silent, alarm.code) == (True, "451 4.7.1")
        assert "máy chủ thư tạm thời không nhận thư nào" in zalo.accepted[0].text
        async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
            await through(office, "21/9", "10:33", "10:34", "13:30")
            assert got(mail) == sorted(WRITTEN)
        assert paused(office) == []


async def test_one_greylisted_letter_is_no_silence(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Put off for hours, its focal officer and office mailbox alike: nobody is told, and it leaves at last."""
    async with (
        at_work(offices, plan_text, ("so-tu-phap",)) as (office, _),
        LocalMail(office.clock.now) as mail,
        by_mail(office, mail.port),
    ):
        for address in (FOCAL, MAILBOX):
            mail.refuse(address, "450 4.2.0 greylisted", times=5)
        await through(office, "21/9", "08:30", "08:32", "08:40", "08:58", "09:30", "10:00")
        assert (ends(office), paused(office), alarms(office)) == ({"pending": 2}, [], [])
        await through(office, "21/9", "10:45")
        assert ends(office) == {"sent": 2}


async def test_zalo_out_of_order_is_told_by_mail_and_gone_round(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """HTTP 502 to the one letter there is: told after half an hour, and the office mailbox has it the next day."""
    office = offices({"a.yaml": plan_text(("so-tu-phap",), ["bao-cao"])}, start="20/9 10:00")
    office.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {FOCAL}\n        zalo: chat\n        kenh: [zalo]\n")
    ladder = "chuan:\n  gio-gui: 08:30\n"
    office.edit("ladders.yaml", ladder, f"{ladder}  kenh: [email, zalo]\n")
    await office.reload()
    await office.at("20/9 10:00")
    await office.until("30/9")
    async with (
        LocalMail(office.clock.now) as mail,
        LocalZaloBot(office.clock.now, chats=("chat",)) as bot,
        by_mail(office, mail.port),
        by_zalo(office, bot),
    ):
        bot.weather = Weather.BROKEN
        await through(office, "3/10", "08:30", "08:32", "08:40", "09:00", "09:01")
        (alarm,) = alarms(office)
        assert (alarm.route, alarm.silent, alarm.code) == ("zalo", True, "http 502")
        assert got(mail) == []
        await through(office, "3/10", "11:00", "16:00")
        await through(office, "4/10", "08:31", "08:32")
        assert (got(mail), bot.accepted) == ([MAILBOX], [])


@pytest.mark.parametrize("step", ["RCPT", "DOT"])
async def test_a_limit_of_ours_ends_nobodys_letter(offices: Offices, plan_text: Callable[..., str], step: str) -> None:
    """Said to one recipient or after the dot: the road waits and is told of, and when it opens everybody's leaves."""
    full = ScriptedMail({step: LIMIT})
    async with at_work(offices, plan_text) as (office, zalo):
        async with full.running(), by_mail(office, full.port):
            await through(office, "21/9", "08:30", "08:31")
        assert (ends(office), tried(office), paused(office)) == ({"pending": 10}, [1], ["email"])
        assert "đã hết hạn mức gửi của tài khoản trên máy chủ thư" in zalo.accepted[0].text
        async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
            await through(office, "22/9", "08:30", "08:31")
            assert got(mail) == sorted(WRITTEN)


async def test_one_recipient_who_names_a_limit_holds_nobody_up(offices: Offices, plan_text: Callable[..., str]) -> None:
    """The next letter passes, so his is tried on by itself and after a day is his own: the road is paused only once."""
    async with (
        at_work(offices, plan_text) as (office, _),
        LocalMail(office.clock.now) as mail,
        by_mail(office, mail.port),
    ):
        mail.refuse(FOCAL, LIMIT.decode().strip())
        await through(office, "21/9", "08:30", "09:00", "09:01", "10:00")
        assert (got(mail), paused(office)) == (sorted(set(WRITTEN) - {FOCAL}), [])
        assert len(alarms(office)) == 1
        await through(office, "21/9", "14:00", "16:00")
        await through(office, "22/9", "08:31", "10:00")
        assert (ends(office), len(alarms(office))) == ({"sent": 9, "refused": 1}, 1)
