"""An Official Account whose quota is used up: one note to the operator, no try a letter, and the mail carries them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.domain.failures import Alarmed
from daemon.domain.settings import Zalo
from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from tests.support.oa_kit import zalo_street
from tests.support.real_channels import OPERATOR, by_mail, read, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.service.conftest import Offices

AGENCIES = ("so-tu-phap", "so-y-te", "so-gddt")


async def test_a_quota_used_up_is_told_once_and_the_letters_take_the_mail(
    offices: Offices, plan_text: Callable[..., str], tmp_path: Path
) -> None:
    """The operator reads that it comes back by itself; the next day every letter has left by mail."""
    office = offices({"a.yaml": plan_text(AGENCIES, ["bao-cao"])}, start="20/9 10:00")
    for agency in AGENCIES:
        mailbox = f"email: dau-moi@{agency}.example\n"
        office.edit("agencies.yaml", mailbox, f"{mailbox}        zalo: zalo-{agency}\n        kenh: [zalo]\n")
    office.edit("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n")
    office.settings = replace(office.settings, zalo=Zalo("oa"), weekly_report=None, tomorrow_note=None)
    await office.reload()
    async with zalo_street(tmp_path) as street, LocalMail(office.clock.now) as server, by_mail(office, server.port):
        for agency in AGENCIES:
            street.oa.write(f"zalo-{agency}", "chào")
        office.channels = {Channel.EMAIL: office.mail, Channel.ZALO: street.by_oa()}
        await office.reopen()
        await office.at("20/9 10:00")
        for day in (21, 22, 23, 26, 27, 28, 29, 30):
            await office.at(f"{day}/9 08:30")
        street.oa.refusals |= {f"zalo-{agency}": (-211, "Out of quota") for agency in AGENCIES}
        server.accepted.clear()
        before = len(street.oa.requests)
        for hour in ("3/10 08:30", "3/10 08:31", "3/10 08:45", "3/10 09:30", "3/10 10:30", "3/10 15:00"):
            await office.at(hour)
        told = [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]
        assert [(one.channel, one.code) for one in told] == [(Channel.ZALO, "-211")]
        (note,) = [one for one in server.accepted if one.recipients == (OPERATOR,)]
        assert "đã hết hạn mức gửi của Official Account" in str(read(note)["Subject"])
        assert "Có lại hạn mức thì thư tự gửi tiếp, không cần sửa gì." in words(note)
        assert len(street.oa.requests) - before <= 6
        for hour in ("4/10 08:30", "4/10 08:31", "4/10 09:00"):
            await office.at(hour)
        reached = {recipient for one in server.accepted for recipient in one.recipients}
        assert {f"van-thu@{agency}.example" for agency in AGENCIES} <= reached
        await office.app.aclose()
