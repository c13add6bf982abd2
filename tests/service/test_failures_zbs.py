"""Mail stops where the operator's other road is ZBS: what has no approved template is not entrusted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.domain.failures import Alarmed
from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import ScriptedMail
from tests.support.oa_kit import zalo_street
from tests.support.real_channels import OPERATOR, by_mail, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.service.conftest import Offices

PHONE = "0912345678"
BAD_PASSWORD = b"535 5.7.8 Error: authentication failed\r\n"


async def test_a_note_without_a_template_waits_for_a_road_that_carries_it(
    offices: Offices, plan_text: Callable[..., str], tmp_path: Path
) -> None:
    """Nobody is called told while nobody could be; once mail works again the operator hears of it by mail."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    office.edit("agencies.yaml", f"email: {OPERATOR}\n", f'email: {OPERATOR}\n        zalo: "{PHONE}"\n')
    await office.reload()
    async with zalo_street(tmp_path) as street:
        office.channels = {Channel.EMAIL: office.mail, Channel.ZALO: street.by_zbs()}
        await office.reopen()
        await office.at("20/9 10:00")
        server = ScriptedMail({"AUTH PLAIN": BAD_PASSWORD, "AUTH LOGIN": BAD_PASSWORD}, ehlo=("AUTH PLAIN",))
        async with server.running(), by_mail(office, server.port, "dondoc"):
            for hour in ("3/10 08:30", "3/10 08:40", "3/10 09:30"):
                await office.at(hour)
        assert not [entry for entry in office.entries() if isinstance(entry.body, Alarmed)]
        assert not office.rows("SELECT 1 FROM channel_pause WHERE told_at IS NOT NULL")
        assert street.zbs.requests == []
        async with LocalMail(office.clock.now) as mail, by_mail(office, mail.port):
            for hour in ("3/10 10:30", "3/10 10:31"):
                await office.at(hour)
        (alarm,) = [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]
        assert alarm.until is not None
        told = [str(read(one)["Subject"]) for one in mail.accepted if one.recipients == (OPERATOR,)]
        assert len([one for one in told if "đã gửi lại được" in one]) == 1
        await office.app.aclose()
