"""Notes out of turn as an operator reads them: what happened, to whom, what was tried, what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from daemon.clock import at
from daemon.domain.entries import Body, DeliveryOutcome, Entry
from daemon.domain.failures import GAVE_WAY, Alarmed
from daemon.domain.letters import ItemKey
from daemon.domain.words import Channel, DeliveryState, LetterKind, Matter, Tier
from daemon.judgement.health import Ailment, Trouble
from daemon.rendering.alarms import alarm_context, channel_note, unreached_note
from daemon.rendering.causes import remedy, why_stopped, why_unreached
from daemon.rendering.engine import Templates
from daemon.rendering.health import trouble_line
from daemon.rendering.message import Rendered, render_notice
from daemon.rendering.names import role_of
from daemon.rendering.samples import sample_key, sample_snapshot
from notifiers.zalo_codes import CODES, Service, Treatment, Until

EMAIL, ZALO = Channel.EMAIL, Channel.ZALO
NOW = at(date(2022, 10, 3), time(8, 31))
SNAPSHOT = sample_snapshot(NOW)
TEMPLATES = Templates()
STATE = DeliveryState
NO_SUCH = "RCPT: 550 5.1.1 no such mailbox"


def ended(
    letter: str, state: DeliveryState = STATE.REFUSED, channel: Channel = EMAIL, *, agency: str = "so-tu-phap",
    kind: LetterKind = LetterKind.REMINDER, person: str = "so-tu-phap-dau-moi", detail: str | None = NO_SUCH,
) -> DeliveryOutcome:  # fmt: skip
    """How one delivery of a letter ended."""
    items = (str(ItemKey(sample_key("bao-cao", "so-tu-phap"), 1, "nhac", 1, Tier.OFFICERS)),)
    return DeliveryOutcome(
        letter, kind, agency, person, channel, state, items=items if kind is LetterKind.REMINDER else (), detail=detail
    )


def book(*bodies: Body) -> list[Entry]:
    """The ledger with these entries."""
    return [Entry(n, NOW, "dondoc", None, body) for n, body in enumerate(bodies, 1)]


def rendered(body: Alarmed, *told: DeliveryOutcome) -> Rendered:
    """A note as it leaves."""
    done = render_notice(alarm_context(body, SNAPSHOT, book(*told), letter_id="T-9"), TEMPLATES)
    assert done.fault is None
    return done


@pytest.mark.parametrize(
    ("channel", "state", "detail", "why"),
    [
        (EMAIL, STATE.REFUSED, NO_SUCH, "địa chỉ không dùng được (mã 550 5.1.1)"),
        (EMAIL, STATE.REFUSED, "RCPT: 550 5.1.10 null MX", "địa chỉ không dùng được (mã 550 5.1.10)"),
        (EMAIL, STATE.REFUSED, "RCPT: 550 5.2.1 disabled", "hộp thư đã khóa (mã 550 5.2.1)"),
        (EMAIL, STATE.REFUSED, "MAIL: 552 5.3.4 too big", "thư quá lớn (mã 552 5.3.4)"),
        (EMAIL, STATE.REFUSED, "RCPT: 554 5.7.1 blocked", "máy chủ bên nhận không cho gửi đến (mã 554 5.7.1)"),
        (EMAIL, STATE.REFUSED, "RCPT: 550 5.6.9 odd", "máy chủ bên nhận từ chối (mã 550 5.6.9)"),
        (EMAIL, STATE.REFUSED, "RCPT: 550 go away", "máy chủ bên nhận từ chối (mã 550)"),
        (EMAIL, STATE.REFUSED, "no address by this channel", "danh bạ chưa có địa chỉ"),
        (ZALO, STATE.REFUSED, GAVE_WAY, "đường gửi tạm ngừng, đã chuyển sang đường khác"),
        (EMAIL, STATE.BOUNCED, "5.2.2 mailbox full", "bị trả lại, hộp thư đầy (mã 5.2.2)"),
        (EMAIL, STATE.BOUNCED, None, "bị trả lại, máy chủ bên nhận từ chối"),
        (EMAIL, STATE.UNKNOWN, "no answer in time at final dot", "không rõ đã đến hay chưa"),
        (ZALO, STATE.EXPIRED, None, "chưa gửi được thì đã quá thời gian thư còn cần thiết"),
        (
            ZALO,
            STATE.REFUSED,
            "400: user not found",
            "Zalo không biết người nhận này hoặc không đọc được tin (mã 400)",
        ),
        (
            ZALO,
            STATE.REFUSED,
            "-213: User has not followed OA",
            "người nhận chưa quan tâm Official Account của cơ quan (mã -213)",
        ),
        (
            ZALO,
            STATE.REFUSED,
            "-230: User has not interacted",
            "đã quá 07 ngày người nhận không nhắn tin cho Official Account (mã -230)",
        ),
        (ZALO, STATE.REFUSED, "-144: x", "đã hết hạn mức gửi trong ngày của Official Account (mã -144)"),
        (ZALO, STATE.REFUSED, "-9999: 550 new", "Zalo không nhận (mã -9999)"),
        (ZALO, STATE.REFUSED, "HTTP 413", "Zalo không nhận (mã 413)"),
        (ZALO, STATE.REFUSED, "odd words", "Zalo không nhận"),
        (
            ZALO,
            STATE.REFUSED,
            "no template is approved for this letter",
            "loại thư này chưa có mẫu tin được Zalo duyệt",
        ),
        (
            ZALO,
            STATE.REFUSED,
            "the number is no Vietnamese mobile number",
            "số trong danh bạ không phải số di động Việt Nam",
        ),
        (
            ZALO,
            STATE.REFUSED,
            "internal error (KeyError)",
            "lỗi của chương trình dondoc, không phải của người nhận",
        ),
        (
            EMAIL,
            STATE.REFUSED,
            "the letter has 5000 bytes, the server takes 1000 at most",
            "thư lớn quá mức máy chủ thư nhận",
        ),
    ],
)
def test_why_a_letter_did_not_arrive(channel: Channel, state: DeliveryState, detail: str | None, why: str) -> None:
    """The far side's code is read, and stands there for whoever asks further."""
    assert why_unreached(channel, state, detail) == why


@pytest.mark.parametrize(
    ("channel", "code", "detail", "why"),
    [
        (EMAIL, "535 5.7.8", "AUTH: 535 5.7.8 bad", "máy chủ thư không chấp nhận tài khoản, mật khẩu"),
        (EMAIL, None, "certificate refused: expired", "chứng thư số của máy chủ thư không hợp lệ hoặc đã hết hạn"),
        (EMAIL, None, "the server offers no STARTTLS", "máy chủ thư không lập được kết nối có mã hóa"),
        (EMAIL, None, "TLS failed (WRONG_VERSION)", "máy chủ thư không lập được kết nối có mã hóa"),
        (EMAIL, None, "no common login method (none)", "máy chủ thư không có cách đăng nhập nào dùng được"),
        (EMAIL, "554", "RCPT: 554 Relay access denied", "máy chủ thư không cho địa chỉ gửi này gửi thư"),
        (EMAIL, "550", "MAIL: 550 not yours", "máy chủ thư không cho địa chỉ gửi này gửi thư"),
        (EMAIL, "550 5.4.5", "RCPT: 550 5.4.5 exceeded", "đã hết hạn mức gửi của tài khoản trên máy chủ thư"),
        (EMAIL, "554", "final dot: 554 sending quota full", "đã hết hạn mức gửi của tài khoản trên máy chủ thư"),
        (EMAIL, "554", "RCPT: 554 Client host blocked using x", "máy chủ thư đang chặn thư gửi từ máy chủ này"),
        (EMAIL, "554", "greeting: 554 no", "máy chủ thư từ chối mọi thư, do thiết lập gửi thư"),
        (ZALO, "401", "401: Unauthorized", "mã truy cập Zalo không còn dùng được"),
        (ZALO, "http 404", "HTTP 404", "mã truy cập Zalo không còn dùng được"),
        (ZALO, "-216", "Access token is invalid", "mã truy cập Zalo không còn dùng được"),
        (ZALO, "-211", "-211: Out of quota", "đã hết hạn mức gửi của Official Account"),
        (ZALO, "-321", "-321: out of money", "tài khoản thanh toán của Official Account chưa có hoặc đã hết tiền"),
        (ZALO, "-204", "-204: OA disabled", "Official Account bị khóa hoặc không còn"),
        (ZALO, None, "certificate refused", "Zalo từ chối mọi tin, do thiết lập gửi Zalo"),
    ],
)
def test_why_a_channel_stopped(channel: Channel, code: str | None, detail: str, why: str) -> None:
    """A clause that tells an administrator where to look."""
    assert why_stopped(channel, code, detail) == why


@pytest.mark.parametrize(
    ("channel", "state", "detail", "helps"),
    [
        (EMAIL, STATE.REFUSED, NO_SUCH, "sửa địa chỉ trong danh bạ nếu sai"),
        (ZALO, STATE.REFUSED, "no address by this channel", "sửa địa chỉ trong danh bạ nếu sai"),
        (ZALO, STATE.REFUSED, "-118: no such account", "sửa địa chỉ trong danh bạ nếu sai"),
        (ZALO, STATE.REFUSED, "-213: x", "đề nghị người nhận quan tâm Official Account của cơ quan"),
        (ZALO, STATE.REFUSED, "-230: x", "đề nghị người nhận nhắn một tin cho Official Account của cơ quan"),
        (ZALO, STATE.REFUSED, "-131: x", "đề nghị quản trị đăng ký hoặc sửa mẫu tin với Zalo"),
        (EMAIL, STATE.REFUSED, "internal error (KeyError)", "báo người bảo trì phần mềm kèm nhật ký"),
        (ZALO, STATE.REFUSED, GAVE_WAY, ""),
        (EMAIL, STATE.EXPIRED, None, ""),
    ],
)
def test_what_helps_against_it(channel: Channel, state: DeliveryState, detail: str | None, helps: str) -> None:
    """Only a wrong address is mended in the register."""
    assert remedy(channel, state, detail) == helps


@pytest.mark.parametrize("service", [Service.BOT, Service.OA, Service.ZBS])
def test_every_code_that_can_refuse_a_message_has_words_of_its_own(service: Service) -> None:
    """Or one that is retried until a letter's time is over: none reads as a bare "Zalo không nhận"."""
    for code, known in CODES[service].items():
        waits = known.treatment is Treatment.RETRY and known.wait in {Until.NEXT_DAY, Until.NEXT_MONTH}
        met = (service, code) not in {(Service.OA, -100), (Service.ZBS, -107)}  # of attachments, of questions
        if met and (known.treatment is Treatment.RECIPIENT or waits):
            assert not why_unreached(ZALO, STATE.REFUSED, f"{code}: x").startswith("Zalo không nhận"), code


def test_a_quota_that_is_used_up_asks_for_patience_or_money() -> None:
    """Not for a mended setting; with the code as Zalo told it."""
    done = rendered(Alarmed("so-noi-vu", ZALO, NOW, code="-211", detail="-211: Out of quota", waiting=2))
    assert "vì đã hết hạn mức gửi của Official Account." in " ".join(done.text.split())
    assert "Có lại hạn mức thì thư tự gửi tiếp" in " ".join(done.text.split())
    assert "kiểm tra mã truy cập" not in done.text


def test_a_stopped_channel_by_mail_and_by_zalo() -> None:
    """What, since when, why, how many wait, that nothing is lost, and the two things to do."""
    body = Alarmed("so-noi-vu", EMAIL, NOW, code="535 5.7.8", detail="AUTH: 535 5.7.8 bad", waiting=12)
    done = rendered(body)
    why = "máy chủ thư không chấp nhận tài khoản, mật khẩu"
    assert done.subject == f"Thư điện tử tạm ngừng gửi từ 08:31 ngày 03/10: {why}"
    for text in (done.text, done.zalo or ""):
        said = " ".join(text.split())
        assert f"Từ 08 giờ 31 ngày 03/10/2022, việc gửi bằng thư điện tử tạm ngừng, vì {why}." in said
        assert "Trả lời của máy chủ: AUTH: 535 5.7.8 bad." in said
        assert "Hiện có 12 thư đang chờ. Thư chờ không mất và chưa tính là đã gửi. Cứ 30 phút có một thư" in said
        assert "Đề nghị báo quản trị kiểm tra máy chủ thư, tài khoản, mật khẩu và chứng thư số." in said
        assert "Sửa xong, chạy lệnh “dondoc retry --channel email” để gửi lại ngay." in said


def test_a_stopped_zalo_says_zalo() -> None:
    """No count where nothing waits, no answer where none is known."""
    note = channel_note(Alarmed("so-noi-vu", ZALO, NOW, code="401", waiting=0))
    assert note.lines[0].startswith("Từ 08 giờ 31 ngày 03/10/2022, việc gửi bằng Zalo tạm ngừng")
    assert note.lines[1].startswith("Thư chờ không mất")
    assert "kiểm tra mã truy cập và thiết lập Zalo" in note.to_do


@pytest.mark.parametrize(
    ("channel", "code", "detail", "why", "said", "to_do"),
    [
        (
            EMAIL, None, "Connection refused at connect", "không liên lạc được với máy chủ thư",
            "Lỗi kết nối: Connection refused at connect.", "kiểm tra máy chủ thư có đang chạy không, đường mạng",
        ),
        (
            EMAIL, "421 4.3.2", "connect: 421 4.3.2 busy", "máy chủ thư tạm thời không nhận thư nào",
            "Trả lời của máy chủ: connect: 421 4.3.2 busy.", "kiểm tra máy chủ thư có đang chạy không, đường mạng",
        ),
        (
            ZALO, None, "no answer in time", "không liên lạc được với Zalo",
            "Lỗi kết nối: no answer in time.", "kiểm tra đường mạng từ máy chủ này đến Zalo",
        ),
    ],
)  # fmt: skip
def test_a_server_that_lets_nobody_in(
    channel: Channel, code: str | None, detail: str, why: str, said: str, to_do: str
) -> None:
    """Not the password but the line: the note sends the administrator to look there."""
    body = Alarmed("so-noi-vu", channel, NOW, code=code, detail=detail, waiting=2, route="x", silent=True)
    note = channel_note(body)
    assert note.subject.endswith(f"tạm ngừng gửi từ 08:31 ngày 03/10: {why}")
    assert said in note.lines
    assert to_do in note.to_do
    assert trouble_line(Trouble(Ailment.CHANNEL, NOW, channel, code, detail, silent=True)).endswith(why)


def test_a_channel_that_is_back_says_from_when_to_when() -> None:
    """Told late, for want of another road; what may have been lost is to be looked at."""
    body = Alarmed("so-noi-vu", EMAIL, NOW, at(date(2022, 10, 4), time(10)), "535", "AUTH: 535 bad", 3)
    done = rendered(body)
    said = " ".join(done.text.split())
    span = "từ 08 giờ 31 ngày 03/10/2022 đến 10 giờ 00 ngày 04/10/2022"
    assert done.subject == "Thư điện tử đã gửi lại được; đã tạm ngừng từ 08:31 ngày 03/10 đến 10:00 ngày 04/10"
    assert f"Việc gửi bằng thư điện tử đã tạm ngừng {span}, vì" in said
    assert "Nay đã gửi lại được; các thư còn chờ đang được gửi, thư gần hạn đi trước." in said
    assert "“dondoc deliveries --dead”" in said


def test_letters_nobody_got() -> None:
    """Each with its kind, what it was about, its id, and every road with why; the last word of a road counts."""
    told = (
        ended("thu-1"),
        ended("thu-1", channel=ZALO, detail="400: no"),
        ended("thu-1", person="so-tu-phap-van-thu"),
        ended("thu-2", STATE.UNKNOWN, kind=LetterKind.RECEIPT),
        ended("thu-2", STATE.EXPIRED, kind=LetterKind.RECEIPT),
        ended("khac"),
        ended("thu-1", STATE.CANCELLED, person="ai-do"),
    )
    done = rendered(Alarmed("so-noi-vu", letters=("thu-1", "thu-2")), *told)
    said = " ".join(done.text.split())
    assert done.subject == "02 thư không đến được: Sở Tư pháp"
    assert (
        "Sở Tư pháp, thư nhắc (báo cáo dân vận 2022), mã thư thu-1. Đã thử gửi cho đầu mối qua thư điện tử: địa chỉ "
        "không dùng được (mã 550 5.1.1); đầu mối qua Zalo: Zalo không biết người nhận này hoặc không đọc được tin "
        "(mã 400); văn thư qua thư điện tử: "
    ) in said
    assert (
        "Sở Tư pháp, biên nhận, mã thư thu-2. Đã thử gửi cho đầu mối qua thư điện tử: chưa gửi được thì đã quá thời "
        "gian"
    ) in said
    assert "dondoc retry --all-dead" in said
    assert done.zalo is not None
    assert "mã thư thu-2" in done.zalo


def test_a_long_list_is_folded() -> None:
    """Ten by name, the rest as a count, two agencies in the subject; a Zalo text keeps what to do."""
    letters = tuple(f"thu-{n}" for n in range(14))
    agencies = [agency.id for agency in SNAPSHOT.rules.register.agencies][:4]
    told = [ended(id_, agency=agencies[n % 4]) for n, id_ in enumerate(letters)]
    note = unreached_note(letters, SNAPSHOT, book(*told))
    assert len(note.listed) == 11
    assert note.listed[-1] == "Và 04 thư khác; xem đủ bằng lệnh “dondoc deliveries --dead”."
    assert note.subject.startswith("14 thư không đến được: ")
    assert note.subject.endswith(" và 02 cơ quan khác")
    done = rendered(Alarmed("so-noi-vu", letters=letters), *told)
    assert done.zalo is not None
    assert len(done.zalo) <= 2000
    assert done.zalo.endswith("chỉ có hiệu lực sau khi nạp lại: lệnh “systemctl reload dondoc”.")


def test_what_may_have_arrived_is_asked_about_first() -> None:
    """Only unknown ends: nobody is told that it failed."""
    note = unreached_note(["thu-1"], SNAPSHOT, book(ended("thu-1", STATE.UNKNOWN)))
    assert note.subject == "01 thư không rõ đã đến hay chưa: Sở Tư pháp"
    assert note.lines == ("Các thư sau chưa có bằng chứng đã đến, và không tự gửi lại để tránh gửi hai lần:",)
    assert note.to_do.startswith("Đề nghị gọi điện hỏi cơ quan đã nhận được thư chưa")


def test_what_was_reached_meanwhile_is_left_out() -> None:
    """Revived and accepted before the note left: not complained of; all of them: the note says so."""
    told = book(ended("thu-1"), ended("thu-2"), ended("thu-1", STATE.SENT))
    assert unreached_note(["thu-1", "thu-2"], SNAPSHOT, told).subject == "01 thư không đến được: Sở Tư pháp"
    gone = unreached_note(["thu-1"], SNAPSHOT, told)
    assert gone.subject == "Các thư báo không đến được nay đã gửi được"
    assert (gone.listed, gone.to_do) == ((), "")


def test_files_that_changed_since_do_not_break_a_note() -> None:
    """An agency, a milestone, a person no longer there: their ids stand."""
    lost = replace(
        ended("thu-1", agency="co-quan-cu", person="ai-do"), items=("cu/moc/once/co-quan-cu#1:nhac:1:officers",)
    )
    note = unreached_note(["thu-1"], SNAPSHOT, book(lost))
    assert note.listed[0].startswith("co-quan-cu, thư nhắc (moc), mã thư thu-1. Đã thử gửi cho ai-do qua thư điện tử")
    assert role_of("ai-do", SNAPSHOT.rules) == "ai-do"


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        (
            Trouble(Ailment.CHANNEL, NOW, EMAIL, "535", "AUTH", route="email"),
            "Thư điện tử tạm ngừng gửi từ 08:31 ngày 03/10: máy chủ thư không chấp nhận tài khoản, mật khẩu; "
            "12 thư đang chờ",
        ),
        (
            Trouble(Ailment.CHANNEL, NOW, ZALO, "401"),
            "Zalo tạm ngừng gửi từ 08:31 ngày 03/10: mã truy cập Zalo không còn dùng được",
        ),
        (
            Trouble(Ailment.UNTOLD, NOW, count=2),
            "02 thư không đến được, chưa báo được cho ai từ 08:31 ngày 03/10",
        ),
        (Trouble(Ailment.NOTE, NOW, count=1), "01 ghi chú không đến được người theo dõi từ 08:31 ngày 03/10"),
        (Trouble(Ailment.LATE_NOTE, NOW, count=1), "01 ghi chú chưa gửi được cho người theo dõi từ 08:31 ngày 03/10"),
        (Trouble(Ailment.NEED, NOW, matter=Matter.MAILBOX), "Không đọc được hộp thư đến từ 08:31 ngày 03/10"),
        (Trouble(Ailment.NO_TICK, NOW), "Dịch vụ chưa làm xong lượt nào từ 08:31 ngày 03/10"),
        (Trouble(Ailment.NO_TICK), "Dịch vụ chưa làm xong lượt nào"),
        (Trouble(Ailment.NO_WRITE), "Không ghi được cơ sở dữ liệu"),
    ],
)
def test_what_is_not_well_in_a_line(trouble: Trouble, line: str) -> None:
    """For the status line and the first line of an answer."""
    assert trouble_line(trouble, {"email": 12}) == line
