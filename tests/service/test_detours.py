"""A letter that only a paused road may carry is taken off it while it is of use, and never goes by both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from daemon.domain.entries import DeliveryOutcome
from daemon.domain.failures import GAVE_WAY
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from tests.support.real_channels import OPERATOR, by_mail, by_zalo

if TYPE_CHECKING:
    from tests.service.conftest import Offices
    from tests.support.office import Office

MAILBOX = "van-thu@so-tu-phap.example"


@asynccontextmanager
async def zalo_alone(
    offices: Offices, plan_text: Callable[..., str], agencies: Sequence[str] = ("so-tu-phap",)
) -> AsyncIterator[tuple[Office, LocalMail, LocalZaloBot]]:
    """Give an office that writes to focal officers by Zalo alone, its first letters due on 21/9."""
    office = offices({"a.yaml": plan_text(agencies, ["bao-cao"])}, start="20/9 10:00")
    chats = [f"zalo-{agency}" for agency in agencies]
    for agency, chat in zip(agencies, chats, strict=True):
        mail_only = f"email: dau-moi@{agency}.example\n"
        office.edit("agencies.yaml", mail_only, f"{mail_only}        zalo: {chat}\n        kenh: [zalo]\n")
    ladder = "chuan:\n  gio-gui: 08:30\n  cac-lan:\n    - {lan: thong-bao,  khi: khi phát hành, muc-do: 1, gui: dau-moi"
    wanted = ladder.replace("08:30\n", "08:30\n  kenh: [email, zalo]\n")
    office.edit("ladders.yaml", f"{ladder}, dong-gui: van-thu}}", f"{wanted}}}")
    await office.reload()
    async with (
        LocalMail(office.clock.now) as mail,
        LocalZaloBot(office.clock.now, chats=chats) as bot,
        by_mail(office, mail.port),
        by_zalo(office, bot),
    ):
        yield office, mail, bot


def accepted(mail: LocalMail) -> list[str]:
    """Who got what by mail, but for the operator's notes."""
    return [one.recipients[0] for one in mail.accepted if one.recipients != (OPERATOR,)]


async def test_it_falls_to_the_office_mailbox_and_does_not_come_back(
    offices: Offices, plan_text: Callable[..., str]
) -> None:
    """Zalo knows us no more; after a day the letter leaves by mail; mended, Zalo carries the next one alone."""
    async with zalo_alone(offices, plan_text) as (office, mail, bot):
        token, bot.token = bot.token, "999999:changed"
        await office.at("20/9 10:00")
        await office.at("21/9 08:30")
        for clock in ("09:00", "11:00", "16:00"):
            await office.at(f"21/9 {clock}")
        assert accepted(mail) == []
        await office.at("22/9 08:31")
        await office.at("22/9 08:32")
        assert accepted(mail) == [MAILBOX]
        bot.token = token
        for clock in ("09:10", "10:00", "11:00", "14:00"):
            await office.at(f"22/9 {clock}")
        assert (bot.accepted, accepted(mail)) == ([], [MAILBOX])
        bodies = [entry.body for entry in office.entries()]
        told = [body for body in bodies if isinstance(body, DeliveryOutcome) and body.items]
        assert [(one.person, str(one.state), one.detail == GAVE_WAY) for one in told] == [
            ("so-tu-phap-dau-moi", "refused", True),
            ("so-tu-phap-van-thu", "sent", False),
        ]


async def test_many_leave_by_parts(
    offices: Offices, plan_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many a tick that nobody else who writes waits long; the rest follow tick by tick, not minutes later."""
    monkeypatch.setattr("daemon.managers.detours.AT_ONCE", 2)
    agencies = ("so-tu-phap", "so-y-te", "thanh-tra", "so-cong-thuong", "so-xay-dung")
    async with zalo_alone(offices, plan_text, agencies) as (office, mail, bot):
        bot.token = "999999:changed"
        for words in ("20/9 10:00", "21/9 08:30", "21/9 09:00"):
            await office.at(words)
        taken = []
        for second in range(4):
            await office.at(office.on("22/9 08:31") + timedelta(seconds=15 * second))
            taken.append(len(accepted(mail)))
        assert taken == [2, 4, 5, 5]
        assert set(accepted(mail)) == {f"van-thu@{agency}.example" for agency in agencies}
