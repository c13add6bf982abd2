"""The bytes that leave: the same for the same letter, whole for every reader, closed to what is smuggled in."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from daemon.clock import at
from daemon.domain.register import Recipient
from daemon.domain.settings import Sender
from daemon.domain.words import Channel, Role
from daemon.rendering.clean import cut_at_word, header_text, one_line, utf16_units
from daemon.rendering.engine import Templates
from daemon.rendering.headers import encoded, mailbox
from daemon.rendering.ics import DatedItem, calendar_file
from daemon.rendering.message import Envelope, Rendered, email_bytes, render_letter, zalo_bytes
from daemon.rendering.mime import Enclosure, build_email, message_id
from daemon.rendering.samples import sample_letter, sample_snapshot
from daemon.rendering.zalo import LIMIT, zalo_text

SENDER = Sender("theo-doi@so-noi-vu.example", "Sở Nội vụ tỉnh Tây Ninh", "phong-xdcq@so-noi-vu.example")
TO = (Recipient("a", "so-tu-phap", Role.FOCAL, Channel.EMAIL, "dau-moi@so-tu-phap.example", 'Nguyễn Văn Ả, Phòng "1"'),)
CC = (
    Recipient("b", "so-tu-phap", Role.DEPUTY, Channel.EMAIL, "phu-trach@so-tu-phap.example", "Đỗ Thị Ậu"),
    Recipient("c", "so-tu-phap", Role.OFFICE, Channel.EMAIL, "van-thu@so-tu-phap.example"),
)
DATE = datetime(2022, 10, 24, 1, 30, 0, 123456, tzinfo=UTC)
EARLIER = ("<dd.0a@so-noi-vu.example>", "<dd.0b@so-noi-vu.example>")


def built(**changes: Any) -> bytes:
    """Build an e-mail, with some of its parts changed."""
    parts: dict[str, Any] = {
        "sender": SENDER,
        "to": TO,
        "cc": CC,
        "subject": "Hạn 24/10: báo cáo dân vận 2022 - Sở Tư pháp",
        "text": "Kính gửi: Sở Tư pháp\n",
        "html": "<p>Kính gửi: Sở Tư pháp</p>\n",
        "date": DATE,
        "letter_id": "T-1",
        "references": EARLIER,
    }
    return build_email(**{**parts, **changes})


def parsed(raw: bytes) -> EmailMessage:
    """Read an e-mail back as any reader would."""
    found = message_from_bytes(raw, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def first_letter() -> Rendered:
    """Render a first letter, with its calendar."""
    letter = sample_letter("thong-bao", "so-tu-phap", ("bao-cao", "ho-so"))
    return render_letter(letter, sample_snapshot(letter.send_at), Templates(), letter_id="T-1", now=letter.send_at)


def envelope(**changes: Any) -> Envelope:
    """Return the envelope of a letter."""
    return replace(Envelope(SENDER, TO, "T-1", DATE, CC, references=EARLIER), **changes)


def test_the_headers_are_the_letter_s() -> None:
    """Everybody reads the same headers; automatic answers are asked not to come; the hour is Vietnam's."""
    mail = parsed(built())
    assert mail["From"] == "Sở Nội vụ tỉnh Tây Ninh <theo-doi@so-noi-vu.example>"
    assert [a.addr_spec for a in mail["To"].addresses] == ["dau-moi@so-tu-phap.example"]
    assert [a.display_name for a in mail["To"].addresses] == ['Nguyễn Văn Ả, Phòng "1"']
    assert [a.addr_spec for a in mail["Cc"].addresses] == ["phu-trach@so-tu-phap.example", "van-thu@so-tu-phap.example"]
    assert [a.display_name for a in mail["Cc"].addresses] == ["Đỗ Thị Ậu", ""]
    assert mail["Reply-To"].addresses[0].addr_spec == "phong-xdcq@so-noi-vu.example"
    assert mail["Subject"] == "Hạn 24/10: báo cáo dân vận 2022 - Sở Tư pháp"
    assert mail["Date"] == "Mon, 24 Oct 2022 08:30:00 +0700"
    assert mail["Message-ID"] == message_id("T-1", 1, SENDER)
    assert mail["In-Reply-To"] == EARLIER[-1]
    assert mail["References"] == " ".join(EARLIER)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["MIME-Version"] == "1.0"
    assert "Bcc" not in mail


def test_what_is_not_known_is_left_out() -> None:
    """Without a copy, an answer address or an earlier letter those headers are missing, not empty."""
    mail = parsed(built(cc=(), references=(), sender=replace(SENDER, reply_to=None)))
    assert not {"Cc", "Reply-To", "In-Reply-To", "References"} & set(mail.keys())


def test_both_forms_and_the_calendar_are_inside() -> None:
    """Text and HTML are alternatives; the calendar is an attachment that asks for no answer; no line is too long."""
    done = first_letter()
    raw = email_bytes(done, envelope())
    mail = parsed(raw)
    assert mail.get_content_type() == "multipart/mixed"
    plain = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content() == done.text.replace("\n", "\r\n")
    assert html.get_content() == (done.html or "").replace("\n", "\r\n")
    (attached,) = list(mail.iter_attachments())
    assert attached.get_filename() == "lich-han.ics"
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_payload(decode=True) == done.ics
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_plain_letter_is_an_e_mail_too() -> None:
    """The letter without HTML has one part, and other files can go with it."""
    done = replace(first_letter(), html=None, ics=None)
    assert parsed(email_bytes(done, envelope())).get_content_type() == "text/plain"
    paper = Enclosure("ke-hoach.pdf", "application", "pdf", b"%PDF-1.7")
    (attached,) = list(parsed(email_bytes(done, envelope(), [paper])).iter_attachments())
    assert (attached.get_filename(), attached.get_content()) == ("ke-hoach.pdf", b"%PDF-1.7")


def test_the_same_letter_is_the_same_bytes() -> None:
    """Rendered and built again, in this process or another, nothing changes; another version is another message."""
    raw = email_bytes(first_letter(), envelope())
    assert raw == email_bytes(first_letter(), envelope())
    again = parsed(email_bytes(first_letter(), envelope(version=2)))
    assert again["Message-ID"] != parsed(raw)["Message-ID"]
    code = (
        "import hashlib; from daemon.domain.settings import Sender; from daemon.rendering.mime import message_id;"
        f"print(message_id('T-1', 1, Sender({SENDER.address!r}, 'x')))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == message_id("T-1", 1, SENDER)


def test_the_message_id_may_have_a_domain_of_its_own() -> None:
    """The administrator's domain is used where there is one."""
    assert message_id("T-1", 1, replace(SENDER, message_id_domain="tayninh.example")).endswith("@tayninh.example>")


BAD_ADDRESSES = [
    "b@x.example>\r\nRCPT TO:<evil@x.example",
    "a@b.example\r\nBcc: c@d.example",
    "a b@x.example",
    '"a b"@x.example',
    "a@[127.0.0.1]",
    "a@@x.example",
    "a@x..example",
    "@x.example",
    "a@",
    "",
    "a" * 65 + "@x.example",
    "bảo@việt.example",
    "a\u200b@x.example",
    "a,b@x.example",
    "<a@x.example>",
    "a@" + "x" * 64 + ".example",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_no_address_is_refused(address: str) -> None:
    """A line break, a quote, a literal, letters beyond ASCII, a part too long: refused, and never quoted."""
    with pytest.raises(ValueError, match="not a mail address") as caught:
        mailbox(address, "A")
    assert "evil" not in str(caught.value)
    with pytest.raises(ValueError, match="not a mail address"):
        built(to=(replace(TO[0], address=address),))


@pytest.mark.parametrize("subject", ["a\r\nBcc: b@c.example", "a\nb", "a\rb"])
def test_a_subject_of_two_lines_is_refused(subject: str) -> None:
    """A line break never reaches a header."""
    with pytest.raises(ValueError, match="one line"):
        built(subject=subject)


@pytest.mark.parametrize("bad", ["x", "<a@b.example>\r\nBcc: c@d.example", "<a b@c.example>"])
def test_what_is_no_message_id_is_refused(bad: str) -> None:
    """A thread is made of message ids and nothing else."""
    with pytest.raises(ValueError, match="message id"):
        built(references=(bad,))


def test_a_letter_needs_a_recipient_and_a_zone() -> None:
    """Nobody to write to, or an instant without a zone, is a mistake of the caller."""
    with pytest.raises(ValueError, match="recipient"):
        built(to=())
    with pytest.raises(ValueError, match="naive"):
        built(date=datetime(2022, 10, 24))  # noqa: DTZ001 - the refusal of it is the matter


def head(raw: bytes) -> list[str]:
    """Return the lines of an e-mail's header."""
    return raw.split(b"\r\n\r\n", 1)[0].decode("ascii").split("\r\n")


def unfolded(raw: bytes, name: str) -> str:
    """Return one header value of an e-mail, its lines joined."""
    joined = "\r\n".join(head(raw)).replace("\r\n ", " ").split("\r\n")
    (value,) = [line.partition(": ")[2] for line in joined if line.startswith(f"{name}: ")]
    return value


def decoded(value: str) -> str:
    """Return a header value as a reader shows it (RFC 2047)."""
    return str(make_header(decode_header(value)))


@given(st.text(max_size=300), st.text(max_size=120))
def test_any_text_makes_one_safe_header(subject: str, name: str) -> None:
    """Whatever a subject or a name holds, what is read back is one clean line and no header is added."""
    raw = built(subject=header_text(subject), to=(replace(TO[0], name=name),))
    assert decoded(unfolded(raw, "Subject")) == header_text(subject)
    shown, _, address = unfolded(raw, "To").rpartition("<")
    assert address == f"{TO[0].address}>"
    assert decoded(shown.strip()) == header_text(name, 100)
    assert parsed(raw).keys() == parsed(built()).keys()
    assert all(len(line) <= 78 for line in head(raw))
    for text in (header_text(subject), header_text(name, 100)):
        assert unicodedata.is_normalized("NFC", text)
        assert text.isprintable()


VIETNAMESE = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậ ,.:;-()/0123456789ĐẬỆ", max_size=230)


@given(VIETNAMESE, VIETNAMESE)
def test_vietnamese_headers_come_back_as_they_went(subject: str, name: str) -> None:
    """Long Vietnamese subjects and names, folded over several lines, come back to the letter."""
    raw = built(subject=header_text(subject), cc=(replace(CC[0], name=name), CC[1]))
    assert decoded(unfolded(raw, "Subject")) == header_text(subject)
    first, second = unfolded(raw, "Cc").split(", ")
    assert decoded(first.rpartition("<")[0].strip()) == header_text(name, 100)
    assert second == f"<{CC[1].address}>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Sender 1", True), ("", True), ("a.b", False), ("=?utf-8?b?eA==?=", False), ("a" * 61, False), ("ạ", False)],
)
def test_only_short_plain_words_are_written_as_they_are(text: str, plain: bool) -> None:
    """What could be read as syntax, is long or is not ASCII becomes an encoded word."""
    assert (encoded(text) == text) is plain
    assert decoded(encoded(text).replace("\r\n", "")) == text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Ho\u0301a  Tha\u0300nh", "Hóa Thành"),
        ("a\u200bb\u202ec\ufeffd\u00ade", "abcde"),
        ("a\u00a0b\u2028c\td", "a b c d"),
        ("Hạn 24/10 🔥📌 khẩn\ufe0f", "Hạn 24/10 khẩn"),
        ("⚠️ a ✅ b", "a b"),
        ("5 ≥ 4 – “x” № 3 °C", "5 ≥ 4 – “x” № 3 °C"),
    ],
)
def test_what_a_header_keeps(raw: str, clean: str) -> None:
    """Composed letters and punctuation stay; what is invisible, turns the line or is a picture goes."""
    assert header_text(raw) == clean


def test_a_long_subject_keeps_whole_words() -> None:
    """Two thousand characters become one header of whole words."""
    cut = header_text("báo cáo " * 250)
    assert len(cut) <= 200
    assert cut.endswith((" báo…", " cáo…"))
    assert cut_at_word("x" * 300, 10) == "xxxxxxxxx…"
    assert one_line("a\u0301\n b ") == "á b"


def test_zalo_text_is_shortened_by_clauses() -> None:
    """Too long a message loses clauses from the end of its middle, never a word, and keeps what it is about."""
    clauses = ["Hạn 24/10: báo cáo.", *(f"Mệnh đề {n} " + "dài " * 60 + "." for n in range(12)), "Trân trọng."]
    text = zalo_text("\n".join(clauses))
    assert text.startswith("Hạn 24/10: báo cáo. Mệnh đề 0 ")
    assert text.endswith(". Trân trọng.")
    assert utf16_units(text) <= LIMIT
    assert zalo_text("a\n\n  b  \n") == "a b"
    assert (
        zalo_text("Hai thư:\n- một\n- hai\nĐề nghị gọi.\nTrân trọng.")
        == "Hai thư:\n- một\n- hai\nĐề nghị gọi. Trân trọng."
    )
    assert zalo_text("xin chào [@123] nhé") == "xin chào [ @123] nhé"
    assert zalo_text("  \n") == ""


@given(st.lists(st.text(max_size=900), max_size=6))
def test_zalo_text_always_fits(clauses: list[str]) -> None:
    """Whatever is in it, a Zalo text is NFC, one line and within the limit Zalo counts."""
    text = zalo_text("\n".join(clauses))
    assert utf16_units(text) <= LIMIT
    assert unicodedata.is_normalized("NFC", text)
    assert text == one_line(text)


def test_one_endless_clause_is_cut_between_words() -> None:
    """A single clause beyond the limit ends with a whole word and an ellipsis, astral letters counted twice."""
    text = zalo_text("trình báo " * 400)
    assert text.endswith(("trình…", "báo…"))
    assert utf16_units(zalo_text("\U0001d400 " * 1500)) <= LIMIT


def test_zalo_bytes() -> None:
    """The bytes of a Zalo text are its UTF-8; a letter that does not go that way has none."""
    done = first_letter()
    assert zalo_bytes(done).decode() == done.zalo
    with pytest.raises(ValueError, match="Zalo"):
        zalo_bytes(replace(done, zalo=None))


def test_the_calendar_file_is_calm() -> None:
    """One all-day event per last day: no alarm, no attendee, not busy, published and fixed."""
    done = first_letter()
    assert done.ics is not None
    calendar = Calendar.from_ical(done.ics)
    assert calendar["METHOD"] == "PUBLISH"
    events = calendar.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == [
        "Hạn cuối: báo cáo dân vận 2022",
        "Hạn cuối: hồ sơ chấm điểm dân vận 2022",
    ]
    for event in events:
        assert event.decoded("DTSTART") == date(2022, 10, 24)
        assert event.decoded("DTEND") == date(2022, 10, 25)
        assert event.decoded("DTSTAMP") == datetime(2022, 3, 28, 1, 30, tzinfo=UTC)
        assert event["TRANSP"] == "TRANSPARENT"
        assert event["SEQUENCE"] == 0
        assert "trước ngày 25/10/2022. Theo Kế hoạch số 1026/KH-UBND" in str(event["DESCRIPTION"])
        assert not {"ATTENDEE", "ORGANIZER"} & set(event)
        assert not event.walk("VALARM")
    assert len({str(event["UID"]) for event in events}) == 2
    assert done.ics == first_letter().ics


def test_a_later_term_updates_the_same_event() -> None:
    """An event keeps its name over terms and counts its revisions, whatever its text holds."""
    item = DatedItem("p/m/once/a", 1, date(2022, 10, 24), "Hạn; cuối, \\n", "x" * 200)
    first = Calendar.from_ical(calendar_file([item], at(date(2022, 3, 28), time(8, 30)))).walk("VEVENT")[0]
    moved = replace(item, revision=2, last_day=date(2022, 11, 15))
    second = Calendar.from_ical(calendar_file([moved], at(date(2022, 10, 20)))).walk("VEVENT")[0]
    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)
    assert str(first["SUMMARY"]) == "Hạn; cuối, \\n"
