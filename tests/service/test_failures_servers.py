"""One of two mail servers knows us no more: the other carries on, and one alarm names the server that stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from daemon.domain.failures import Alarmed
from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from daemon.local.scripted_mail import ScriptedMail
from daemon.store.pauses import pause_road, paused, pauses
from daemon.store.results import Sent, Temporary
from notifiers.email import EmailNotifier
from notifiers.mail_servers import MailServer, MailServers
from notifiers.smtp_connection import SmtpRoute
from tests.support.real_channels import OPERATOR, SENDER, read, words

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

GENERAL, OWN = "email mail.example", "email mail-noi-bo.example"
BAD_PASSWORD = b"535 5.7.8 Error: authentication failed\r\n"


def servers(general: int, own: int, *, account: bool) -> MailServers:
    """Two servers on loopback, one of them for Sở Tư pháp alone; there we log in, or need not."""
    name, password = ("dondoc", "canary") if account else (None, None)
    routes = (
        SmtpRoute("127.0.0.1", SENDER, port=general, security="none"),
        SmtpRoute("127.0.0.1", SENDER, port=own, security="none", username=name, password=password),
    )
    domains = ((), ("so-tu-phap.example",))
    return MailServers(
        [MailServer(road, EmailNotifier(r), d) for road, r, d in zip((GENERAL, OWN), routes, domains, strict=True)]
    )


async def test_the_other_carries_on(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Sở Tư pháp's letters wait, the others leave; the operator reads of it by the server that works."""
    office = offices({"a.yaml": plan_text(["so-tu-phap", "so-y-te"], ["bao-cao"])}, start="20/9 10:00")
    refusing = ScriptedMail({"AUTH PLAIN": BAD_PASSWORD}, ehlo=("AUTH PLAIN",))
    async with LocalMail(office.clock.now) as mail, refusing.running():
        office.channels = {Channel.EMAIL: servers(mail.port, refusing.port, account=True)}
        await office.reopen()
        await office.at("20/9 10:00")
        for clock in ("08:30", "08:31", "08:40"):
            report = await office.at(f"21/9 {clock}")
        with office.app.database.read() as conn:
            assert list(paused(conn, office.clock.now())) == [OWN]
        got = sorted(one.recipients[0] for one in mail.accepted)
        assert got == [OPERATOR, "dau-moi@so-y-te.example", "van-thu@so-y-te.example"]
        (note,) = [one for one in mail.accepted if one.recipients == (OPERATOR,)]
        assert str(read(note)["Subject"]).startswith(
            "Thư điện tử qua máy chủ mail-noi-bo.example tạm ngừng gửi từ 08:30 ngày 21/9: "
        )
        assert "việc gửi bằng thư điện tử qua máy chủ mail-noi-bo.example tạm ngừng" in words(note)
        assert "Hiện có 01 thư đang chờ." in words(note)
        assert report.line().startswith("Thư điện tử qua máy chủ mail-noi-bo.example tạm ngừng gửi")
        told = [entry.body for entry in office.entries() if isinstance(entry.body, Alarmed)]
        assert [(alarm.route, alarm.waiting) for alarm in told] == [(OWN, 1)]
        async with LocalMail(office.clock.now) as mended:
            office.channels = {Channel.EMAIL: servers(mail.port, mended.port, account=False)}
            await office.reopen()
            await office.at("21/9 08:45")
            assert sorted(one.recipients[0] for one in mended.accepted) == [
                "dau-moi@so-tu-phap.example", "van-thu@so-tu-phap.example",
            ]  # fmt: skip
            with office.app.database.read() as conn:
                assert pauses(conn) == []


async def test_a_server_no_longer_set_up_is_forgotten(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Its letters go by another after the restart: nobody is warned of it for ever."""
    office = offices({"a.yaml": plan_text(["so-tu-phap"], ["bao-cao"])}, start="20/9 10:00")
    with office.app.database.write() as conn:
        pause_road(conn, Channel.EMAIL, OWN, "AUTH: 535", "535", office.clock.now())
    await office.reopen()
    report = await office.at("20/9 10:00")
    assert report.troubles == ()


class Undone(Exception):
    """Another act's failure."""


async def test_what_ends_a_pause_is_done_again_when_it_was_undone(report: Office) -> None:
    """Another act of the same commit fails: the letter's end is written by itself, and the server is let go."""
    roads, now, database = report.app.dispatcher.roads, report.clock.now(), report.app.database
    with database.write() as conn:
        roads.ended(conn, Channel.EMAIL, GENERAL, Temporary("AUTH: 535", now, "535", stops=True), now)
    with suppress(Undone), database.write() as conn:
        assert roads.ended(conn, Channel.EMAIL, GENERAL, Sent(None, "250 OK"), now)
        raise Undone
    with database.write() as conn:
        assert roads.ended(conn, Channel.EMAIL, GENERAL, Sent(None, "250 OK"), now)
        assert not paused(conn, now)
