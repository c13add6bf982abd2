"""Several people of one agency who read one mailbox, as offices in a province do: each letter arrives there once."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import TYPE_CHECKING

import pytest

from tests.support.real_channels import read

if TYPE_CHECKING:
    from tests.service.conftest import Office

MAILBOX = "van-thu@so-tu-phap.example"


def share(office: Office, *people: str) -> None:
    """Let these people of Sở Tư pháp read the office mailbox, each writing it in his own way."""
    path = office.folder / "agencies.yaml"
    said = path.read_text("utf-8")
    for n, who in enumerate(people):
        address = MAILBOX.replace("van-thu", "Van-Thu") if n % 2 else MAILBOX.replace("so-tu", "So-Tu")
        assert said.count(f"email: {who}@so-tu-phap.example") == 1
        said = said.replace(f"email: {who}@so-tu-phap.example", f"email: {address}")
    path.write_text(said, "utf-8")


def arrived(office: Office) -> list[tuple[str, list[str]]]:
    """Return to whom each mail to Sở Tư pháp was handed, in small letters, and whom its headers name."""
    found = []
    for _, message in office.mail.arrived:
        if not message.address.lower().endswith("@so-tu-phap.example"):
            continue
        mail = read(message)
        named = getaddresses([*mail.get_all("To", []), *mail.get_all("Cc", [])])
        found.append((message.address.lower(), [address.lower() for _, address in named]))
    return found


def days(office: Office) -> list[str]:
    """Return the day and step of each letter that arrived."""
    return [re.sub(r" so-tu-phap (\S+) \S+ bao-cao", r" \1", line) for line in office.letters()]


async def test_one_mailbox_for_a_whole_agency(report: Office) -> None:
    """Every step arrives once and names the mailbox once; level 3 counts, so that the head's letter follows it."""
    share(report, "dau-moi", "phu-trach", "thu-truong")
    await report.reload()
    await report.until("25/10")
    report.mark("25/10 17:00")
    await report.until("28/10", approving=True)
    assert days(report) == [
        "21/9 officers thong-bao",
        "3/10 officers nhac",
        "13/10 officers nhac-lai",
        "19/10 officers don-doc",
        "24/10 officers han-cuoi",
        "26/10 officers qua-han",
        "28/10 head thu-truong",
    ]
    assert arrived(report) == [(MAILBOX, [MAILBOX])] * 7


@pytest.mark.parametrize(("people", "first"), [(("dau-moi", "phu-trach"), "van-thu"), (("phu-trach",), "dau-moi")])
async def test_some_share_it(report: Office, people: tuple[str, ...], first: str) -> None:
    """Of don-doc's three readers those who share have one copy; the others have their own."""
    share(report, *people)
    await report.reload()
    await report.until("18/10")
    before = len(arrived(report))
    await report.until("19/10")
    copies = arrived(report)[before:]
    named = list(dict.fromkeys([f"{first}@so-tu-phap.example", MAILBOX]))
    assert sorted(address for address, _ in copies) == sorted(named)
    assert all(headers == named for _, headers in copies)


async def test_an_address_changed_while_the_letter_waits(report: Office) -> None:
    """Its envelopes stand: both copies leave, for two ids were written to; the headers name the mailbox once."""
    await report.until("18/10")
    before = len(arrived(report))
    report.clock.move_to(report.on("19/10 08:30"))
    report.app.planner.run(report.clock.now())
    share(report, "dau-moi")
    await report.reload()
    await report.until("19/10")
    copies = arrived(report)[before:]
    assert [address for address, _ in copies] == [MAILBOX, "phu-trach@so-tu-phap.example", MAILBOX]
    assert all(named == [MAILBOX, "phu-trach@so-tu-phap.example"] for _, named in copies)
