"""A real Postfix returns what it cannot deliver; read from a real Dovecot, its report turns sent into bounced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from daemon.domain.settings import Mailbox, Sender, Smtp
from daemon.domain.words import Channel
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute
from tests.support.postfix_kit import ACCOUNT, DOMAINS, PASSWORD, PostOffice, post_office

if TYPE_CHECKING:
    from tests.support.office import Office

TO_OFFICE = "SELECT state FROM delivery WHERE person = 'so-tu-phap-van-thu'"
KNOWN = ("so-tu-phap-van-thu", "so-noi-vu-van-thu")


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    """A post office in which nobody but the sender and the office mailboxes has a mailbox."""
    with post_office(("nhac-viec", "van-thu")) as running:
        yield running


def accepted(office: Office, *, known: bool) -> int:
    """Return how many letters were accepted for people who have a mailbox, or for those who have none."""
    rows = office.rows("SELECT person FROM delivery WHERE accepted_at IS NOT NULL")
    return len([row for row in rows if (row.person in KNOWN) is known])


@pytest.mark.parametrize("bounce", ["none", "plus", "domain"])
async def test_a_returned_letter_takes_the_next_road(
    report: Office, post: PostOffice, tmp_path: Path, bounce: Literal["none", "plus", "domain"]
) -> None:
    """By Message-ID, by plus-address, by a domain of its own: the office mailbox gets what the officer could not."""
    secret = tmp_path / "mat-khau"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o600)
    domain = DOMAINS[2] if bounce == "domain" else None
    report.settings = replace(
        report.settings,
        sender=Sender(ACCOUNT, "Sở Nội vụ tỉnh Tây Ninh"),
        smtp=Smtp("127.0.0.1", post.smtp, "none", bounce=bounce, bounce_domain=domain),
        mailbox=Mailbox("127.0.0.1", ACCOUNT, secret, post.imap, "none"),
    )
    mail = EmailNotifier(SmtpRoute("127.0.0.1", ACCOUNT, port=post.smtp, security="none"))
    report.channels = {Channel.EMAIL: mail, Channel.ZALO: report.zalo}
    with post.mailbox() as box:
        box.delete(box.uids())
    with post.mailbox("van-thu") as box:
        box.delete(box.uids())
    await report.reopen()
    await report.at("21/9 08:30")
    await report.at("3/10 08:30")
    lost = accepted(report, known=False)
    post.wait_for(lost)
    found = await report.app.read_mailbox()
    assert found is not None
    assert (found.bounced, found.doubtful, found.unavailable) == (lost, 0, None)
    states = report.rows("SELECT state FROM delivery WHERE person = 'so-tu-phap-dau-moi'")
    assert {row.state for row in states} == {"bounced"}
    with post.mailbox() as box:
        addresses = {address for one in box.fetch(mark_seen=False) for address in one.to}
    assert len(addresses) == (1 if bounce == "none" else lost)
    assert (addresses == {ACCOUNT}) is (bounce == "none")
    await report.at("3/10 09:00")
    assert [row.state for row in report.rows(TO_OFFICE)] == ["sent", "sent"]  # the copy of the notice; in his place
    post.wait_for(accepted(report, known=True), "van-thu")
    assert [row.status for row in report.rows("SELECT DISTINCT status FROM address_fault")] == ["5.1.1"]
    assert ACCOUNT not in str(report.rows("SELECT * FROM mailbox_place"))
