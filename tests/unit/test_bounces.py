"""What a message in the mailbox is, and what follows from a report: believed by token or Message-ID, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.domain.arrivals import ArrivalKind, Doubt, IncomingMail, RecipientReport
from daemon.judgement.bounce_tokens import token_of
from daemon.judgement.bounces import (
    Doubtful,
    Failed,
    Finding,
    Named,
    Noted,
    Ours,
    SentMail,
    address_fault,
    findings,
    kind_of,
    named_in,
)

KEY = b"k" * 32
SENDER = "nhac-viec@so.example"
OURS = Ours(SENDER, "so.example", KEY)
ID = f"<dd.{'a' * 32}@so.example>"
OTHER_ID = f"<dd.{'b' * 32}@so.example>"
FOCAL, OFFICE = "dau-moi@so-tu-phap.example", "van-thu@so-tu-phap.example"
SENT = SentMail(7, ID, FOCAL)
COPY = SentMail(8, ID, OFFICE)
FAILED = RecipientReport("failed", "5.1.1", FOCAL, None, f"550 5.1.1 <{FOCAL}>: no such user dau-moi")


def mail(
    *,
    author: str = "Ai đó <ai-do@so-tu-phap.example>",
    reports: tuple[RecipientReport, ...] = (),
    ids: tuple[str, ...] = (),
    **headers: str,
) -> IncomingMail:
    """Return a message from somebody with these headers, "_" standing for "-"."""
    said = {"from": author} | {k.replace("_", "-"): v for k, v in headers.items()}
    kind = "delivery-status" if reports else None
    return IncomingMail({name: (value,) for name, value in said.items()}, kind, reports, ids)


KINDS = [
    (mail(), ArrivalKind.REPLY),
    (mail(auto_submitted="no"), ArrivalKind.REPLY),
    (mail(subject="Về việc vắng mặt của đồng chí A"), ArrivalKind.REPLY),
    (mail(return_path="<ai-do@so-tu-phap.example>", precedence="first-class"), ArrivalKind.REPLY),
    (mail(message_id=ID), ArrivalKind.OWN),
    (mail(message_id=ID.upper()), ArrivalKind.OWN),
    (mail(message_id=ID.replace("so.example", "khac.example")), ArrivalKind.REPLY),
    (mail(author=SENDER.upper()), ArrivalKind.OWN),
    (mail(reports=(FAILED,), auto_submitted="auto-replied"), ArrivalKind.REPORT),
    (replace(mail(), report_type="delivery-status"), ArrivalKind.REPORT),
    (replace(mail(), report_type="feedback-report"), ArrivalKind.COMPLAINT),
    (replace(mail(), report_type="disposition-notification"), ArrivalKind.READ_RECEIPT),
    (mail(author="Mail Delivery System <MAILER-DAEMON@mail.example>"), ArrivalKind.STRAY_REPORT),
    (mail(author="postmaster@mail.example", auto_submitted="auto-generated"), ArrivalKind.STRAY_REPORT),
    (mail(auto_submitted="auto-replied (vacation)"), ArrivalKind.AUTO_REPLY),
    (mail(auto_submitted="Auto-Generated; x=y"), ArrivalKind.AUTO_REPLY),
    (mail(return_path="<>"), ArrivalKind.AUTO_REPLY),
    (mail(x_autoreply="yes"), ArrivalKind.AUTO_REPLY),
    (mail(precedence="Bulk"), ArrivalKind.AUTO_REPLY),
    (mail(subject="Trả lời tự động: Đôn đốc báo cáo"), ArrivalKind.AUTO_REPLY),
    (mail(subject="Automatic reply: x"), ArrivalKind.AUTO_REPLY),
    (mail(subject="Out of office"), ArrivalKind.AUTO_REPLY),
    (mail(subject="Vắng mặt: từ 3/10 đến 7/10"), ArrivalKind.AUTO_REPLY),
]


@pytest.mark.parametrize(("message", "kind"), KINDS)
def test_a_message_is_called_by_its_kind(message: IncomingMail, kind: ArrivalKind) -> None:
    """Own letters first, then reports of each sort, then what a machine wrote; the rest is a person's."""
    assert kind_of(message, OURS) is kind


def test_a_report_names_a_delivery_by_a_true_token() -> None:
    """In any of the headers an address stands in; a true one outweighs a false one beside it."""
    true, false = f"nhac-viec+{token_of(7, KEY)}@so.example", "nhac-viec+7-aaaaaaaaaaaaaaaa@so.example"
    for sent_to in (mail(to=true), mail(delivered_to=true), mail(x_original_to=true), mail(envelope_to=true)):
        assert named_in(sent_to, OURS) == Named(7)
    assert named_in(mail(to=f"{false}, {true}"), OURS) == Named(7)
    assert named_in(mail(to=false), OURS) == Named(forged=True)
    assert named_in(mail(to=SENDER), OURS) == Named()
    domain = replace(OURS, bounce_domain="bao-loi.example")
    assert named_in(mail(to=f"{token_of(7, KEY)}@bao-loi.example"), domain) == Named(7)


def test_a_report_names_letters_by_the_message_ids_it_returns() -> None:
    """Only those of our shape count."""
    found = named_in(mail(ids=(ID, OTHER_ID, ID, "<x@so.example>", f"<dd.{'A' * 32}@so.example>")), OURS)
    assert found == Named(None, (ID, OTHER_ID))


def follows(named: Named, *reports: RecipientReport, sent: tuple[SentMail, ...] = (SENT, COPY)) -> list[Finding]:
    """Return what follows from a report."""
    return findings(mail(reports=reports), named, sent)


BY_ID = Named(None, (ID,))


def test_a_failure_is_told_without_any_address() -> None:
    """Neither the address nor its local part stands in what is kept."""
    (found,) = follows(Named(7), FAILED)
    assert isinstance(found, Failed)
    assert (found.delivery, found.status, found.address_fault) == (7, "5.1.1", True)
    assert found.reported == {FOCAL}
    assert found.detail == "5.1.1 550 5.1.1 <…>: no such user …"
    assert FOCAL not in repr(found)
    assert FOCAL not in repr(SENT) + repr(FAILED)


def test_a_token_speaks_of_one_envelope_whatever_happened_behind_it() -> None:
    """Forwarded and failed there: it failed. Spread to several and one has it: it did not."""
    elsewhere = RecipientReport("failed", "5.2.1", "khac@gmail.example", None)
    found = follows(Named(7), elsewhere)
    assert [(one.delivery, one.status) for one in found if isinstance(one, Failed)] == [(7, "5.2.1")]
    spread = follows(Named(7), elsewhere, RecipientReport("expanded", "2.0.0", "nhom@x.example"))
    assert spread == [Noted(7, "expanded", "2.0.0")]
    both = follows(Named(7), RecipientReport("delayed", "4.4.1", FOCAL), FAILED)
    assert isinstance(both[0], Failed)


def test_by_message_id_each_recipient_is_looked_for() -> None:
    """The original address or the final one; someone the letter never went to is not believed."""
    original = RecipientReport("failed", "5.1.1", "khac@x.example", OFFICE.upper())
    stranger = RecipientReport("failed", "5.1.1", "la@x.example")
    found = follows(BY_ID, FAILED, original, stranger)
    assert [one.delivery if isinstance(one, Failed) else one for one in found] == [
        7,
        8,
        Doubtful(Doubt.OTHER_RECIPIENT),
    ]


def test_one_mailbox_for_two_people_takes_the_one_still_open() -> None:
    """A second report about the same address speaks of the second letter to it; a third changes nothing more."""
    twin = SentMail(9, ID, FOCAL)
    for sent, delivery in (((SENT, twin), 7), ((replace(SENT, open=False), twin), 9)):
        (found,) = follows(BY_ID, FAILED, sent=sent)
        assert isinstance(found, Failed)
        assert found.delivery == delivery
    closed = (replace(SENT, open=False), replace(twin, open=False))
    (again,) = follows(BY_ID, FAILED, sent=closed)
    assert isinstance(again, Failed)
    assert again.delivery == 7


@pytest.mark.parametrize(
    ("named", "sent", "doubt"),
    [
        (Named(forged=True), (SENT,), Doubt.FORGED),
        (Named(forged=True, message_ids=(ID,)), (SENT,), Doubt.FORGED),
        (Named(99), (SENT,), Doubt.UNKNOWN_LETTER),
        (Named(None, (OTHER_ID,)), (SENT,), Doubt.UNKNOWN_LETTER),
        (Named(), (SENT,), Doubt.NO_REFERENCE),
        (BY_ID, (replace(SENT, address=None), COPY), Doubt.OTHER_RECIPIENT),
    ],
)
def test_what_cannot_be_believed_changes_nothing(named: Named, sent: tuple[SentMail, ...], doubt: Doubt) -> None:
    """A forged token, a letter nobody knows, a letter that never went to that person, no reference at all."""
    assert follows(named, FAILED, sent=sent) == [Doubtful(doubt)]


def test_a_report_without_recipients_is_unreadable() -> None:
    """Even to an address with a true token."""
    assert follows(Named(7)) == [Doubtful(Doubt.UNREADABLE)]


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_anything_but_a_failure_is_only_noted(action: str) -> None:
    """A delay is no bounce, and a delivery no more than was known."""
    (found,) = follows(BY_ID, RecipientReport(action, "4.4.1", FOCAL, None, "timed out"))
    assert found == Noted(7, action, "4.4.1 timed out")


@pytest.mark.parametrize(
    ("status", "diagnostic", "read", "fault"),
    [
        ("5.1.1", "", "5.1.1", True),
        ("5.1.10 (null MX)", "", "5.1.10", True),
        ("5.0.0", "", "5.0.0", True),
        ("5.2.1", "", "5.2.1", True),
        ("5.4.4", "", "5.4.4", True),
        ("5.2.2", "", "5.2.2", False),
        ("5.2.3", "", "5.2.3", False),
        ("5.3.4", "", "5.3.4", False),
        ("5.6.0", "", "5.6.0", False),
        ("5.7.1", "", "5.7.1", False),
        ("5.4.6", "", "5.4.6", False),
        ("4.4.1", "", "4.4.1", False),
        (None, "smtp; 550 5.1.1 unknown", "5.1.1", True),
        ("what", "552 5.2.2 full", "5.2.2", False),
        (None, "no code", "5.0.0", True),
    ],
)
def test_a_status_says_whether_the_address_is_to_be_mended(
    status: str | None, diagnostic: str, read: str, fault: bool
) -> None:
    """A full mailbox, a policy, the letter itself and a server that gave up trying are not the address's fault."""
    (found,) = follows(Named(7), RecipientReport("failed", status, FOCAL, None, diagnostic))
    assert isinstance(found, Failed)
    assert (found.status, found.address_fault) == (read, fault)


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.0.0"), ("delivered", "2.0.0")])
def test_a_status_left_out_follows_the_action(action: str, status: str) -> None:
    """RFC 3464 asks for it; not every server obeys."""
    assert follows(Named(7), RecipientReport(action)) == [Noted(7, action, status)]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("550 5.1.1", True),
        ("550 5.2.1", True),
        ("550", True),
        ("551", True),
        ("553", True),
        ("554", False),
        ("552 5.2.2", False),
        ("554 5.7.1", False),
        ("450 4.1.1", False),
        (None, False),
    ],
)
def test_a_refusal_in_conversation_is_read_alike(code: str | None, fault: bool) -> None:
    """With an enhanced code by that, else by the plain one."""
    assert address_fault(code) is fault
