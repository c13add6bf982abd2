"""Raw messages as servers write them become plain values; what is broken is left out and never raises."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.domain.arrivals import RecipientReport
from daemon.mailbox.reading import MOST_RECIPIENTS, read_mail

ID = f"<dd.{'0a' * 16}@so-noi-vu.example>"
FOCAL = "dau-moi@so-tu-phap.example"

POSTFIX = f"""\
Return-Path: <>
X-Original-To: nhac-viec+7-abcdefghijklmnop@so-noi-vu.example
Delivered-To: nhac-viec+7-abcdefghijklmnop@so-noi-vu.example
From: Mail Delivery System <MAILER-DAEMON@mail.so-noi-vu.example>
Subject: =?utf-8?B?VGjGsA==?= Undelivered Mail
 Returned to Sender
To: nhac-viec+7-abcdefghijklmnop@so-noi-vu.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="A"
Message-Id: <20221003.B7@mail.so-noi-vu.example>

--A
Content-Type: text/plain; charset=us-ascii

This is the mail system. About <khac.1@x.example> and {ID.replace("0a", "ff")}

--A
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.so-noi-vu.example
X-Postfix-Sender: rfc822; nhac-viec+7-abcdefghijklmnop@so-noi-vu.example

Final-Recipient: rfc822; {FOCAL}
Original-Recipient: rfc822;{FOCAL}
Action: failed
Status: 5.1.1
Diagnostic-Code: X-Postfix; unknown user:
    "{FOCAL}"

Final-Recipient: rfc822; van-thu@so-tu-phap.example
Action: delayed (will be tried again)
Status: 4.4.1

--A
Content-Type: message/rfc822

From: nhac-viec@so-noi-vu.example
Message-ID: {ID}
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: message/rfc822

Message-ID: {ID.replace("0a", "ee")}

x
--B--
--A--
"""


def test_a_report_of_postfix_is_read_whole() -> None:
    """Every recipient with his codes; the letter returned, not what its text or its own enclosures name."""
    mail = read_mail(POSTFIX.encode())
    assert mail.report_type == "delivery-status"
    assert mail.reports == (
        RecipientReport("failed", "5.1.1", FOCAL, FOCAL, f'unknown user: "{FOCAL}"'),
        RecipientReport("delayed", "4.4.1", "van-thu@so-tu-phap.example"),
    )
    assert mail.returned_ids == (ID,)
    assert mail.first("subject") == "Thư Undelivered Mail Returned to Sender"
    assert mail.first("return-path") == "<>"
    assert mail.all("to", "delivered-to") == ("nhac-viec+7-abcdefghijklmnop@so-noi-vu.example",) * 2
    assert mail.first("x-none") == ""
    assert (mail.size, mail.cut) == (len(POSTFIX.encode()), False)


def test_line_ends_make_no_difference() -> None:
    """As fetched over IMAP every line ends with CRLF."""
    crlf = read_mail(POSTFIX.replace("\n", "\r\n").encode())
    plain = read_mail(POSTFIX.encode())
    assert (crlf.reports, crlf.returned_ids, crlf.headers) == (plain.reports, plain.returned_ids, plain.headers)


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/global-headers"])
def test_a_report_may_return_the_headers_alone(kind: str) -> None:
    """RFC 3464 lets a server leave the content out."""
    head, _, rest = POSTFIX.partition("Content-Type: message/rfc822\n\n")
    mail = read_mail(f"{head}Content-Type: {kind}\n\n{rest.partition('Content-Type: multi')[0]}\n--A--\n".encode())
    assert mail.returned_ids == (ID,)


def test_a_report_about_international_addresses_is_read_alike() -> None:
    """RFC 6533: another content type, which the standard library takes for text."""
    text = POSTFIX.replace("message/delivery-status", "message/global-delivery-status")
    mail = read_mail(text.replace(f"rfc822; {FOCAL}", "utf-8; đầu-mối@so-tu-phap.example").encode())
    assert mail.reports[0].final == "đầu-mối@so-tu-phap.example"
    assert [report.action for report in mail.reports] == ["failed", "delayed"]


def test_a_report_that_returns_nothing_is_searched_in_its_text() -> None:
    """Some servers only quote the letter; encoded text is decoded first."""
    mail = read_mail(f"From: postmaster@x\n\nCould not deliver\n> Message-ID: {ID}\n".encode())
    assert mail.returned_ids == (ID,)
    encoded = "Content-Transfer-Encoding: base64\n\n" + "TWVzc2FnZS1JRDogPGEuYkBzby1ub2ktdnUuZXhhbXBsZT4=\n"
    assert read_mail(encoded.encode()).returned_ids == ("<a.b@so-noi-vu.example>",)


def test_a_reply_names_the_letters_it_answers() -> None:
    """In-Reply-To and References, folded or not."""
    mail = read_mail(f"From: a@b\nIn-Reply-To: {ID}\nReferences: <x@y>\n {ID}\nSubject: Re: việc\n\nĐã gửi.\n".encode())
    assert mail.thread_ids == (ID, "<x@y>", ID)
    assert mail.report_type is None


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("=?utf-8?q?b=C3=A1o_c=C3=A1o?= =?utf-8?q?_n=C4=83m?=", "báo cáo năm"),
        ("=?no-such-charset?q?x?=", "=?no-such-charset?q?x?="),
        ("=?utf-8?b?not base64?=", "=?utf-8?b?not base64?="),
        ("=?utf-8?b?AAAAA?=", "=?utf-8?b?AAAAA?="),
        ("a\x00b", "a\x00b"),
        ("Đã gửi báo cáo", "Đã gửi báo cáo"),
    ],
)
def test_a_subject_is_decoded_where_it_can_be(subject: str, read: str) -> None:
    """A header that lies about itself stays as it is."""
    assert read_mail(f"Subject: {subject}\n\nx".encode()).first("subject") == read


def test_a_report_with_a_thousand_recipients_is_cut() -> None:
    """Nobody fills memory with a message."""
    group = f"\nFinal-Recipient: rfc822; {FOCAL}\nAction: failed\n"
    head, tail = POSTFIX.split("\nFinal-Recipient: rfc822; van-thu", 1)
    text = head + group * 1000 + "\n--A--\n" + tail[:0]
    assert len(read_mail(text.encode()).reports) == MOST_RECIPIENTS


@given(st.binary(max_size=300))
@example(b"Content-Type: multipart/report; report-type*=x''%ff\n\n")
@example(b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nAAAA\n\n")
@example(b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n--x--")
@example(b"Subject: =?utf-8?b?////?=\n =?utf-8?b?AAA?=\n\n")
@example(b"From: \xff\xfe <\xff>\nContent-Type: text/plain; charset=\xff\n\n\xff")
def test_no_message_is_too_broken_to_be_read(raw: bytes) -> None:
    """Whatever lies in a mailbox, the next message is reached."""
    assert read_mail(raw).size == len(raw)


@given(st.lists(st.sampled_from(POSTFIX.splitlines(keepends=True)), max_size=60))
def test_no_report_is_too_broken_to_be_read(lines: list[str]) -> None:
    """Lines of a report in any order, and any of them missing."""
    mail = read_mail("".join(lines).encode(), cut=True)
    assert mail.cut
    assert all(report.action in ("failed", "delayed") for report in mail.reports)
