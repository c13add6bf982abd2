"""Rows 60 to 62: addresses, templates and names as nobody should write them."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path

from daemon.domain.failures import TemplateFailed
from daemon.errors import ConfigError
from daemon.local.mail import LocalMail
from daemon.managers.reloader import read_generation
from daemon.managers.writing import Writer
from daemon.rendering.engine import Templates
from tests.faults.offices import DEPUTY, FOCAL, MAILBOX, opened, states
from tests.faults.table import Seen, row
from tests.support.office import Office

LONG = "a" * 65
IDN = "xn--s-t-php-mwa37pr84l.example"
SECOND = "- ma: so-tu-phap-phu-trach\n        "
ADDRESSES = {
    "invalid": "dau-moi@@so-tu-phap.example",
    "IDN": "đầu-mối@sở-tư-pháp.example",
    "IDN domain": "dau-moi@sở-tư-pháp.example",
    "CR/LF": '"dau-moi@so-tu-phap.example\\r\\nBcc: ai@khac.example"',
    "65 characters": f"{LONG}@so-tu-phap.example",
}
TEMPLATES = {
    "undefined": "{{ khong_co_o_nay }}",
    "endless loop": "{% for i in range(1000000000) %}x{% endfor %}",
    "huge output": "{{ 'a' * 10000000 }}",
    "attribute attack": "{{ co_quan.__class__.__mro__ }}",
    "bad syntax": "{% if %}",
}
NAMES = {
    "CR/LF": '"báo cáo\\r\\nBcc: ai@khac.example"',
    "RTL marks": '"báo cáo \\u202eoác oáb"',
    "emoji": "báo cáo 😀",
    "2,000 characters": "báo " * 500,
    "Vietnamese, dashes, quotes": "báo cáo “dân vận” – đợt 2",
}
BODY = "{% block than %}"
PLACE = re.compile(r"^[\w./-]+:\d+(:\d+)?: ", re.MULTILINE)


def said_of(office: Office) -> str:
    """Return what the loader says of the files; empty if it takes them."""
    try:
        read_generation(office.settings, office.clock.now())
    except ConfigError as error:
        return str(error)
    return ""


@row(60)
async def bad_addresses(seen: Seen, folder: Path) -> None:
    """Each in the place of the focal officer's address; then one id, one address twice; then other ways to write it."""
    async with opened(folder) as (office, mail, _), LocalMail(office.clock.now) as server:
        register = office.folder / "agencies.yaml"
        good = register.read_text("utf-8")
        for name, address in ADDRESSES.items():
            register.write_text(good.replace(f"email: {FOCAL}", f"email: {address}"), "utf-8")
            said = said_of(office)
            seen.holds(f"{name}: {said.splitlines()[0] if said else 'TAKEN'}", bool(PLACE.match(said)))
        register.write_text(good.replace("ma: so-tu-phap-phu-trach", "ma: so-tu-phap-dau-moi"), "utf-8")
        said = said_of(office)
        seen.holds(f"one id twice: {said.splitlines()[0] if said else 'TAKEN'}", bool(PLACE.match(said)))
        twice = good.replace(f"email: {DEPUTY}", "email: Dau-Moi@So-Tu-Phap.EXAMPLE")
        register.write_text(twice.replace(f"{SECOND}vai: phu-trach", f"{SECOND}vai: dau-moi"), "utf-8")
        said = said_of(office)
        seen.holds(f"one address twice in a role: {said.splitlines()[0] if said else 'TAKEN'}", bool(PLACE.match(said)))
        register.write_text(good.replace(f"email: {FOCAL}", "email: dau-moi@So-Tu-Phap.EXAMPLE"), "utf-8")
        await office.reload()
        await mail.lead_to(server.port)
        await office.at("3/10 08:30")
        seen.equal("capitals normalised", [one.recipients[0] for one in server.accepted], [FOCAL])
        register.write_text(good.replace(f"email: {FOCAL}", f"email: dau-moi@{IDN}"), "utf-8")
        await office.reload()
        await office.at("13/10 08:30")
        seen.equal(
            "an IDN domain in ASCII",
            [one.recipients[0] for one in server.accepted if IDN in one.recipients[0]],
            [f"dau-moi@{IDN}"],
        )
        register.write_text(twice, "utf-8")
        warned = [str(one) for one in read_generation(office.settings, office.clock.now()).loaded.warnings]
        (said,) = (one for one in warned if "dùng chung" in one)
        seen.holds(f"one address of two roles: {said}", bool(PLACE.match(said)))
        await office.reload()
        before = len(server.accepted)
        await office.at("19/10 08:30")
        copies = sorted(one.recipients[0] for one in server.accepted[before:] if "@so-tu-phap" in one.recipients[0])
        seen.equal("copies of one letter", copies, [FOCAL, MAILBOX])


@row(61)
async def bad_templates(seen: Seen, folder: Path) -> None:
    """An operator's nhac.j2 that must not be let in; then one that fails only when the letter is written."""
    async with opened(folder) as (office, mail, _), LocalMail(office.clock.now) as server:
        own = folder / "templates"
        own.mkdir()
        shipped = (Path(__file__).parents[2] / "templates" / "nhac.j2").read_text("utf-8")
        office.settings = replace(office.settings, files=replace(office.settings.files, templates=own))
        for name, line in TEMPLATES.items():
            (own / "nhac.j2").write_text(shipped.replace(BODY, f"{BODY}\n{line}", 1), "utf-8")
            said = said_of(office)
            seen.holds(f"{name}: {said.splitlines()[0] if said else 'TAKEN'}", said.startswith("nhac.j2:6:"))
        (own / "thu.txt.j2").write_text("{{ hong }}", "utf-8")
        office.app.dispatcher.deliverer.last_look.writer = Writer(office.settings, Templates(own))
        await mail.lead_to(server.port)
        await office.at("3/10 08:30")
        (letter,) = (one for one in server.accepted if FOCAL in one.recipients)
        body = message_from_bytes(letter.content, policy=policy.default).get_body(("plain",))
        said = str(body.get_content()) if body is not None else ""
        seen.holds("the plain letter went out, with matter and day", "24/10/2022" in said and "báo cáo" in said.lower())
        seen.equal("state", states(office, "3/10"), {"dau-moi email": "sent"})
        faults = [entry.body for entry in office.entries() if isinstance(entry.body, TemplateFailed)]
        seen.equal("faults in the ledger", len(faults), 1)


@row(62)
async def bad_names(seen: Seen, folder: Path) -> None:
    """Each in the place of the short name, of which the subject is made."""
    plan = "../schedules/a.yaml"
    for n, (name, words) in enumerate(NAMES.items()):
        home = folder / str(n)
        home.mkdir()
        async with opened(home) as (office, mail, _), LocalMail(office.clock.now) as server:
            office.edit(plan, "goi-tat: báo cáo dân vận 2022", f"goi-tat: {words}")
            said = said_of(office)
            if said:
                seen.holds(f"{name}: {said.splitlines()[0]}", bool(PLACE.match(said)))
                continue
            await office.reload()
            await mail.lead_to(server.port)
            await office.at("3/10 08:30")
            head = server.accepted[0].content.partition(b"\r\n\r\n")[0]
            message = message_from_bytes(server.accepted[0].content, policy=policy.default)
            subject = str(make_header(decode_header(str(message["Subject"]))))
            one = len(message.get_all("Subject") or []) == 1 and message["Bcc"] is None
            safe = max(map(len, head.split(b"\r\n"))) <= 998 and head.isascii() and "\n" not in subject
            seen.holds(f"{name}: one subject “{subject[:60]}”", one and safe and "\u202e" not in subject)
