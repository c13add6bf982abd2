"""Letters through a real Postfix into a real Dovecot: the bytes that arrive, and the options provinces need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from email import message_from_bytes, policy
from typing import Any

import pytest
from imap_tools import MailMessage

from daemon.clock import at
from daemon.domain.register import Recipient
from daemon.domain.settings import Sender
from daemon.domain.words import Channel, Role
from daemon.rendering.engine import Templates
from daemon.rendering.message import Envelope, Rendered, email_bytes, render_slots
from daemon.rendering.samples import sample_slots
from notifiers.base import DeliveryError, FailureKind, Message, Phase, Receipt
from notifiers.email import EmailNotifier
from notifiers.imap_mailbox import LARGEST, ImapMailbox, ImapRoute, MailboxUnavailable, RawMail
from notifiers.smtp_connection import SmtpRoute
from tests.support.postfix_kit import ACCOUNT, CERTS, DOMAINS, PASSWORD, PostOffice, post_office

SENDER = Sender(ACCOUNT, "Sở Nội vụ tỉnh Tây Ninh", reply_to="chuyen-vien@so-noi-vu.example")
FOCAL = Recipient("dau-moi", "so-tu-phap", Role.FOCAL, Channel.EMAIL, "dau-moi@so-tu-phap.example", "Đặng Thị Ưu Ái")
OFFICE = Recipient("van-thu", "so-tu-phap", Role.OFFICE, Channel.EMAIL, "van-thu@so-tu-phap.example", "Văn thư Sở")
TRACE = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+")
EARLY = date(2022, 1, 1)


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    """One post office for all tests of this file."""
    with post_office(("nhac-viec", "dau-moi", "van-thu", "trong", "doc", "moi", "phim")) as running:
        yield running


async def quietly() -> None:
    """Let the content go."""


async def hand_over(route: SmtpRoute, *messages: Message) -> list[Receipt | DeliveryError]:
    """Return what became of each message, one conversation for all."""
    notifier = EmailNotifier(route)
    outcomes: list[Receipt | DeliveryError] = []
    for message in messages:
        try:
            outcomes.append(await notifier.deliver(message, quietly))
        except DeliveryError as error:
            outcomes.append(error)
    await notifier.aclose()
    return outcomes


def plain(post: PostOffice) -> SmtpRoute:
    """Return the way in without ceremony."""
    return SmtpRoute("127.0.0.1", ACCOUNT, port=post.smtp, security="none")


def submission(post: PostOffice) -> SmtpRoute:
    """Return the way provinces have: STARTTLS, a private authority, LOGIN alone."""
    return SmtpRoute(
        "127.0.0.1",
        ACCOUNT,
        port=post.submission,
        security="starttls",
        username=ACCOUNT,
        password=PASSWORD,
        ca_file=CERTS / "ca.pem",
    )


def inbox(post: PostOffice, user: str) -> ImapRoute:
    """Return the way to a mailbox."""
    return ImapRoute("127.0.0.1", f"{user}@so-noi-vu.example", PASSWORD, post.imap, "none")


@dataclass(frozen=True)
class Sample:
    """A sample letter: what was meant, and the bytes that leave."""

    meant: Rendered
    content: bytes

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(message_from_bytes(self.content)["Message-ID"])


def samples() -> list[Sample]:
    """Return the sample letter of every step, voice and notice as e-mail."""
    templates = Templates()
    found = []
    for n, slots in enumerate(sample_slots()):
        meant = render_slots(slots, templates)
        envelope = Envelope(SENDER, (FOCAL,), f"mau-{n}", at(date(2022, 10, 19), time(8, 30)), cc=(OFFICE,))
        found.append(Sample(meant, email_bytes(meant, envelope)))
    return found


def all_of(box: ImapMailbox, limit: int = 60) -> list[RawMail]:
    """Return what a mailbox holds, page by page."""
    page = box.fetch(None, 0, EARLY, limit)
    found = list(page.mails)
    while page.more:
        page = box.fetch(page.validity, found[-1].uid, EARLY, limit)
        found += page.mails
    return found


def untraced(raw: bytes) -> bytes:
    """Return a message without the headers a mail system puts in front of it."""
    trace = TRACE.match(raw)
    assert trace is not None
    return raw[trace.end() :]


async def test_every_letter_arrives_as_it_left(post: PostOffice) -> None:
    """Each step and voice: byte for byte behind the trace headers; two libraries read the same words from it."""
    letters = samples()
    outcomes = await hand_over(
        plain(post), *(Message(f"m-{n}", FOCAL.address, letter.content) for n, letter in enumerate(letters))
    )
    assert [one for one in outcomes if not isinstance(one, Receipt)] == []
    assert all(isinstance(one, Receipt) and one.provider_id for one in outcomes)
    post.wait_for(len(letters), "dau-moi")
    arrived = all_of(ImapMailbox(inbox(post, "dau-moi")))
    by_id = {str(message_from_bytes(mail.raw)["Message-ID"]): mail.raw for mail in arrived}
    assert len(by_id) == len(letters) > 100
    for letter in letters:
        raw = by_id[letter.message_id]
        assert untraced(raw) == letter.content
        second = MailMessage([(b"1 (UID 1", raw)])
        first = message_from_bytes(raw, policy=policy.default)
        assert second.subject == str(first["Subject"]) == letter.meant.subject
        assert second.from_values is not None
        assert (second.from_values.name, second.from_values.email) == (SENDER.name, ACCOUNT)
        assert [(one.name, one.email) for one in second.to_values] == [("Đặng Thị Ưu Ái", FOCAL.address)]
        assert [(one.name, one.email) for one in second.cc_values] == [("Văn thư Sở", OFFICE.address)]
        assert second.text.replace("\r\n", "\n") == letter.meant.text
        assert second.html.replace("\r\n", "\n").strip() == (letter.meant.html or "").strip()


async def test_what_provinces_have_is_enough(post: PostOffice) -> None:
    """Port 587's ways: STARTTLS by a private authority, LOGIN alone, envelope and From equal to the account."""
    (receipt,) = await hand_over(submission(post), Message("m", "van-thu@so-tu-phap.example", samples()[0].content))
    assert isinstance(receipt, Receipt)
    assert re.search(rf"sasl_method=LOGIN, sasl_username={re.escape(ACCOUNT)}", post.log())
    assert "PLAIN" not in re.findall(r"sasl_method=(\w+)", post.log())


async def test_a_server_that_wants_the_account_as_sender_refuses_every_other(post: PostOffice) -> None:
    """So `none` is the default: a domain of reports stops the whole channel there, whoever the letter is to."""
    message = Message("m", "van-thu@so-tu-phap.example", samples()[0].content, f"7-abc@{DOMAINS[2]}")
    refused, taken = await hand_over(submission(post), message, replace(message, sender=None))
    assert isinstance(refused, DeliveryError)
    assert (refused.kind, refused.phase, refused.code) == (FailureKind.MISCONFIGURED, Phase.ENVELOPE, "553 5.7.1")
    assert DOMAINS[2] not in refused.detail
    assert isinstance(taken, Receipt)


async def test_a_server_that_knows_plus_addresses_takes_them_for_the_account(post: PostOffice) -> None:
    """Postfix compares the sender without its extension: `plus` works even where only the account may send."""
    message = Message("m", "van-thu@so-tu-phap.example", samples()[0].content, f"nhac-viec+7-abc@{DOMAINS[0]}")
    (receipt,) = await hand_over(submission(post), message)
    assert isinstance(receipt, Receipt)


async def test_a_wrong_password_and_an_unknown_authority_stop_the_channel(post: PostOffice) -> None:
    """Before any letter is named."""
    message = Message("m", "van-thu@so-tu-phap.example", samples()[0].content)
    way = submission(post)
    for wrong in (replace(way, password="canary"), replace(way, ca_file=None), replace(way, auth=("plain",))):
        (error,) = await hand_over(wrong, message)
        assert isinstance(error, DeliveryError)
        assert (error.kind, error.phase) == (FailureKind.MISCONFIGURED, Phase.CONNECT)
        assert "canary" not in error.detail


def put(post: PostOffice, user: str, *subjects: str) -> None:
    """Lay messages into a mailbox."""
    for subject in subjects:
        post.put(f"From: a@b.example\r\nSubject: {subject}\r\n\r\nx\r\n".encode(), user)


def subjects(mails: list[RawMail]) -> list[str]:
    """Return what messages are called."""
    return [str(message_from_bytes(mail.raw)["Subject"]) for mail in mails]


def secure(post: PostOffice, security: str) -> ImapRoute:
    """Return the way to the empty mailbox, the tests' authority trusted."""
    route = replace(inbox(post, "trong"), ca_file=CERTS / "ca.pem")
    return replace(route, security="tls", port=post.imaps) if security == "tls" else replace(route, security="starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mailbox_is_read_behind_tls(post: PostOffice, security: str) -> None:
    """By STARTTLS and by TLS from the first byte, with a password of quotes and marks; an empty folder is no fault."""
    page = ImapMailbox(secure(post, security)).fetch(None, 0, EARLY, 10)
    assert (page.mails, page.more) == ((), False)
    assert page.validity > 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mailbox_behind_an_unknown_authority_is_not_read(post: PostOffice, security: str) -> None:
    """Nor with an authority's file that is not there."""
    for ca_file in (None, post.root / "khong-co.pem"):
        with pytest.raises(MailboxUnavailable) as caught:
            ImapMailbox(replace(secure(post, security), ca_file=ca_file)).fetch(None, 0, EARLY, 10)
        assert caught.value.kind is FailureKind.MISCONFIGURED


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"password": "canary-sai"}, FailureKind.MISCONFIGURED),
        ({"password": "canary-sãi"}, FailureKind.MISCONFIGURED),
        ({"folder": "Không có"}, FailureKind.MISCONFIGURED),
        ({"port": 1}, FailureKind.TRANSIENT),
        ({"host": "no-such-host.invalid"}, FailureKind.TRANSIENT),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_why(post: PostOffice, wrong: dict[str, Any], kind: FailureKind) -> None:
    """A person must mend the one kind, the other passes; no password is told."""
    with pytest.raises(MailboxUnavailable) as caught:
        ImapMailbox(replace(inbox(post, "trong"), **wrong)).fetch(None, 0, EARLY, 10)
    assert caught.value.kind is kind
    assert "canary" not in caught.value.detail


def test_reading_leaves_no_trace_and_goes_on_where_it_ended(post: PostOffice) -> None:
    """In pages, in order, each message once; all stay unseen, for the people who read the mailbox too."""
    put(post, "doc", "1", "2", "3", "4", "5")
    box = ImapMailbox(inbox(post, "doc"))
    first = box.fetch(None, 0, EARLY, 2)
    assert (subjects(list(first.mails)), first.more) == (["1", "2"], True)
    assert subjects(all_of(box, 2)) == ["1", "2", "3", "4", "5"]
    last = all_of(box)[-1].uid
    assert box.fetch(first.validity, last, EARLY, 2).mails == ()
    put(post, "doc", "6")
    assert subjects(list(box.fetch(first.validity, last, EARLY, 2).mails)) == ["6"]
    with post.mailbox("doc", readonly=True) as seen:
        assert len(seen.uids("UNSEEN")) == 6


def test_another_validity_means_a_folder_made_anew(post: PostOffice) -> None:
    """It is read again from the day asked for; what came before is left alone."""
    put(post, "moi", "a")
    box = ImapMailbox(inbox(post, "moi"))
    page = box.fetch(None, 0, EARLY, 9)
    again = box.fetch(page.validity + 1, 999, EARLY, 9)
    assert (subjects(list(again.mails)), again.validity) == (["a"], page.validity)
    assert box.fetch(None, 0, date(2100, 1, 1), 9).mails == ()


def test_of_a_huge_message_only_the_beginning_is_fetched(post: PostOffice) -> None:
    """A film in the mailbox does not fill the daemon's memory."""
    post.put(b"From: a@b.example\r\nSubject: phim\r\n\r\n" + b"x" * LARGEST, "phim")
    (mail,) = all_of(ImapMailbox(inbox(post, "phim")))
    assert (len(mail.raw), mail.cut) == (LARGEST, True)


def test_a_folder_may_have_a_vietnamese_name(post: PostOffice) -> None:
    """IMAP writes it in its own alphabet."""
    with post.mailbox("trong") as box:
        box.folder.create("Thư trả lại")
        box.append(b"Subject: a\r\n\r\nx\r\n", "Thư trả lại")
    assert subjects(all_of(ImapMailbox(replace(inbox(post, "trong"), folder="Thư trả lại")))) == ["a"]
