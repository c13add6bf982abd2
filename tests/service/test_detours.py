"""A letter that only a paused road may carry is taken off it while it is of use, and never goes by both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from daemon.domain.entries import DeliveryOutcome
from daemon.domain.failures import GAVE_WAY
from daemon.local.mail import LocalMail
from daemon.local.zalo_bot import LocalZaloBot
from tests.support.real_channels import OPERATOR, by_mail, by_zalo

if TYPE_CHECKING:
    from tests.service.conftest import Offices
    from tests.support.office import Office

CHAT = "zalo-so-tu-phap"
FOCAL, MAILBOX = "dau-moi@so-tu-phap.example", "van-thu@so-tu-phap.example"


@asynccontextmanager
async def zalo_alone(
    offices: Offices, plan_text: Callable[..., str]
) -> AsyncIterator[tuple[Office, LocalMail, LocalZaloBot]]:
    """Give an office that writes to a focal officer by Zalo alone, its first letter due on 21/9."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    office.edit("agencies.yaml", f"email: {FOCAL}\n", f"email: {FOCAL}\n        zalo: {CHAT}\n        kenh: [zalo]\n")
    ladder = "chuan:\n  gio-gui: 08:30\n  cac-lan:\n    - {lan: thong-bao,  khi: khi phát hành, muc-do: 1, gui: dau-moi"
    wanted = ladder.replace("08:30\n", "08:30\n  kenh: [email, zalo]\n")
    office.edit("ladders.yaml", f"{ladder}, dong-gui: van-thu}}", f"{wanted}}}")
    await office.reload()
    async with (
        LocalMail(office.clock.now) as mail,
        LocalZaloBot(office.clock.now, chats=(CHAT,)) as bot,
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
