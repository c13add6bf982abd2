"""Rows 11 and 23 to 25: a person without one road is reached by the other; Zalo's troubles are told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from daemon.clock import local
from daemon.domain.settings import Zalo
from daemon.local.mail import LocalMail
from daemon.local.zalo_host import Weather
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from tests.faults.channels import alarms, paused, zalo_bot
from tests.faults.offices import FOCAL, MAILBOX, go_on, opened, states, tries
from tests.faults.table import Seen, row
from tests.support import oa_kit
from tests.support.office import Office

CHAT = "zalo-so-tu-phap"
OA_USER = "2000000000000000002"
SHORT = 0.2


def has_zalo(id_: str, *more: str) -> tuple[str, str, str]:
    """Return the edit that gives the focal officer a Zalo id, and whatever else."""
    mail = f"email: {FOCAL}\n"
    return "agencies.yaml", mail, mail + "".join(f"        {line}\n" for line in (f"zalo: {id_}", *more))


BOTH = ("ladders.yaml", "chuan:\n  gio-gui: 08:30\n", "chuan:\n  gio-gui: 08:30\n  kenh: [email, zalo]\n")


@row(11)
async def no_such_mailbox(seen: Seen, folder: Path) -> None:
    """The focal officer's address is refused for good; he has Zalo, which the ladder does not ask for."""
    async with (
        opened(folder, edits=[has_zalo(CHAT)]) as (office, mail, zalo),
        LocalMail(office.clock.now) as server,
        zalo_bot(office, zalo, CHAT) as bot,
    ):
        await mail.lead_to(server.port)
        server.refuse(FOCAL)
        await office.at("3/10 08:30")
        await go_on(office, "3/10 11:30")
        found = tries(office, "3/10")
        seen.equal("attempts by mail", [(one.outcome, one.code) for one in found], [("refused", "550 5.1.1")])
        seen.equal("states", states(office, "3/10"), {"dau-moi email": "refused", "dau-moi zalo": "sent"})
        seen.equal("texts taken by Zalo", [text.chat_id for text in bot.accepted], [CHAT])
        told = {str(one.state) for one in office.outcomes().values() if one.items and one.person.endswith("dau-moi")}
        seen.holds("ledger: refused, then sent", {"refused", "sent"} <= told)


@row(23)
async def zalo_in_trouble(seen: Seen, folder: Path) -> None:
    """HTTP 502; a text taken and no answer; a passing code and a final one in a 200."""
    for name, wanted in {
        "502": ["temporary", "sent"],
        "no answer": ["unknown"],
        "code 403": ["temporary", "sent"],
        "code 400": ["refused"],
    }.items():
        home = folder / name.replace(" ", "-")
        home.mkdir()
        async with (
            opened(home, edits=[has_zalo(CHAT, "kenh: [zalo]"), BOTH]) as (office, mail, zalo),
            LocalMail(office.clock.now) as server,
            zalo_bot(office, zalo, CHAT) as bot,
        ):
            await mail.lead_to(server.port)
            match name:
                case "502":
                    bot.weather = Weather.BROKEN
                case "no answer":
                    zalo.carrier = ZaloBotNotifier(ZaloBotRoute(bot.base_url, bot.token, SHORT), office.clock.now)
                    bot.weather = Weather.HANGING
                case _:
                    bot.refusals[CHAT] = (int(name.split()[1]), "told")
            await office.at("3/10 08:30")
            bot.weather = Weather.FAIR
            bot.clear_up()
            bot.refusals.clear()
            await go_on(office, "3/10 10:30")
            outcomes = [one.outcome for one in tries(office, "3/10", "zalo")]
            seen.equal(name, outcomes, wanted)
            taken = [text.chat_id for text in bot.accepted]
            seen.equal("texts taken", len(taken), 0 if name == "code 400" else 1)
            by_mail = [one.recipients[0] for one in server.accepted]
            seen.equal("office mailbox instead", by_mail, [MAILBOX] if wanted[-1] != "sent" else [])


@row(24)
async def zalo_token(seen: Seen, folder: Path) -> None:
    """The access token is dead: renewed. Then no refresh is answered."""
    edits = [has_zalo(OA_USER, "kenh: [zalo]"), BOTH]
    async with (
        opened(folder, edits=edits) as (office, mail, zalo),
        LocalMail(office.clock.now) as server,
    ):
        await mail.lead_to(server.port)
        office.clock.move_to(office.on("3/10 08:00"))
        office.settings = replace(office.settings, zalo=Zalo("oa"))
        await office.reopen()
        with patch.object(oa_kit, "VirtualClock", lambda _: office.clock):
            async with oa_kit.zalo_street(folder) as street:
                street.oa.write(OA_USER, "chào")
                zalo.carrier = street.by_oa()
                street.tokens.access_token = "AT-other"
                await office.at("3/10 08:30")
                seen.equal("dead token: refreshes", street.oauth.refreshes, 1)
                seen.equal("texts taken", [taken.user_id for taken in street.oa.accepted], [OA_USER])
                street.oa.write(OA_USER, "vâng")
                office.clock.move_to(office.on("13/10 08:00"))
                street.oa.write(OA_USER, "chào")
                street.tokens.access_token = "AT-another"
                street.oauth.weather = Weather.DROPPED
                await office.at("13/10 08:30")
                await go_on(office, "13/10 11:30")
                seen.equal("no refresh answered: texts taken", len(street.oa.accepted), 1)
                seen.equal("paused", paused(office), ["zalo"])
                seen.equal("alarms", alarms(office), 1)
                by_mail = [recipient for one in server.accepted for recipient in one.recipients]
                seen.holds(f"by mail: {by_mail}", "chuyen-vien-xdcq@so-noi-vu.example" in by_mail)
                for instant in ("13/10 15:00", "14/10 09:00", "17/10 09:00", "18/10 09:00", "18/10 16:00"):
                    await office.at(instant)
                by_mail = [recipient for one in server.accepted for recipient in one.recipients]
                seen.holds("the office mailbox has the letter by mail before the next step", MAILBOX in by_mail)


@row(25)
async def zalo_used_up(seen: Seen, folder: Path) -> None:
    """The month's one text is spent: a letter that ends within the month, then one that ends after the month's turn."""
    async with (
        opened(folder, edits=[has_zalo(CHAT, "kenh: [zalo]"), BOTH]) as (office, mail, zalo),
        LocalMail(office.clock.now) as server,
        zalo_bot(office, zalo, CHAT) as bot,
    ):
        await mail.lead_to(server.port)
        bot.quota = 1
        await office.at("3/10 08:30")
        seen.equal("October's text", [f"{local(text.at):%d/%m}" for text in bot.accepted], ["03/10"])
        await office.at("13/10 08:30")
        seen.equal("ends before the quota's return", codes(office, "13/10"), [("refused", "429")])
        seen.equal("in the same pass", states(office, "13/10"), {"dau-moi zalo": "refused", "van-thu email": "sent"})
        by_mail = [f"{local(one.at):%d/%m}" for one in server.accepted if MAILBOX in one.recipients]
        seen.equal("the office mailbox has it by mail", by_mail, ["13/10"])
        for day in (19, 24):
            await office.at(f"{day}/10 08:30")
        office.mark("25/10 08:30")
        for day in (26, 28, 31):
            await office.at(f"{day}/10 08:30")
        await go_on(office, "31/10 16:30")
        seen.equal("ends after it", codes(office, "31/10"), [("temporary", "429")])
        seen.equal("it waits", states(office, "31/10")["dau-moi zalo"], "pending")
        await go_on(office, "1/11 08:30")
        seen.equal("month turned", codes(office, "31/10"), [("temporary", "429"), ("sent", None)])
        seen.equal("texts taken", [f"{local(text.at):%d/%m %H:%M}" for text in bot.accepted][1:], ["01/11 08:30"])


def codes(office: Office, day: str) -> list[tuple[str, str | None]]:
    """Return how the attempts by Zalo of a day's reminders ended."""
    return [(one.outcome, one.code) for one in tries(office, day, "zalo")]
