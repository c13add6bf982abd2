"""A code written to the bot links the chat it came from; nothing else that is written changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from daemon.clock import VirtualClock
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import Role, Voice
from daemon.domain.zalo_links import LinkCode, ZaloLink
from daemon.errors import AlreadyRecorded
from daemon.judgement.calendars import Calendar
from daemon.judgement.linking import LASTS
from daemon.judgement.rulebook import Rulebook
from daemon.local.zalo_bot import LocalZaloBot
from daemon.local.zalo_host import Weather
from daemon.managers.zalo_linking import LinkReport, end_link, give_code, poll_once, waiting
from daemon.store.engine import Database
from daemon.store.zalo_links import find_code, keep_code, linked, links, open_codes
from notifiers.base import DeliveryError, FailureKind
from notifiers.zalo_bot import ZaloBotNotifier, ZaloBotRoute
from notifiers.zalo_bot_inbox import ZaloBotInbox
from tests.support.zalo_kit import START

OFFICE = "Sở Nội vụ tỉnh Tây Ninh"
CHAT = "6ede000000000000d6a9"
PEOPLE = (Person("an", Role.FOCAL, name="Nguyễn Văn An"), Person("binh", Role.HEAD, title="Giám đốc"))
AGENCY = Agency("so-a", "Sở Tư pháp", "Sở Tư pháp", "so", Voice.DEPARTMENT, "Đồng chí Giám đốc", people=PEOPLE)
RULES = Rulebook((), Register((Group("so", "Sở"),), (AGENCY,)), {}, Calendar("vp"))


@dataclass
class Desk:
    """The office: its database, its bot, the platform behind it, the time."""

    database: Database
    zalo: LocalZaloBot
    clock: VirtualClock
    inbox: ZaloBotInbox
    voice: ZaloBotNotifier

    def give(self, person: str) -> str:
        """Give out a code."""
        with self.database.write() as conn:
            return give_code(conn, person, "lan", self.clock.now()).code

    async def poll(self) -> LinkReport:
        """Read what is there."""
        return await poll_once(self.database, self.inbox, self.voice, RULES, OFFICE, self.clock.now, wait=0)

    def linked(self) -> dict[str, str]:
        """Return who is linked to which chat."""
        with self.database.read() as conn:
            return dict(linked(conn))

    def answers(self, chat: str = CHAT) -> list[str]:
        """Return what the bot told a chat."""
        return [text.text for text in self.zalo.accepted if text.chat_id == chat]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """An office with a bot to which nobody has written yet."""
    clock = VirtualClock(START)
    async with LocalZaloBot(clock.now) as zalo:
        route = ZaloBotRoute(zalo.base_url, zalo.token)
        desk = Desk(database, zalo, clock, ZaloBotInbox(route, clock.now), ZaloBotNotifier(route, clock.now))
        yield desk
        await desk.inbox.aclose()
        await desk.voice.aclose()


async def test_a_code_links_the_chat_it_came_from(desk: Desk) -> None:
    """The id is kept as text with who gave out the code; the person is told by name, office and agency."""
    code = desk.give("an")
    assert waiting(desk.database, START)
    desk.zalo.write_to_bot(CHAT, f"Mã của tôi: {code.lower()}")
    desk.clock.move_to(START + timedelta(minutes=5))
    assert await desk.poll() == LinkReport(1, ("an",), ())
    with desk.database.read() as conn:
        assert links(conn) == [ZaloLink("an", CHAT, desk.clock.now(), "lan")]
    assert desk.answers() == [
        "Đã kết nối. Từ nay tin đôn đốc của Sở Nội vụ tỉnh Tây Ninh gửi đồng chí Nguyễn Văn An (Sở Tư pháp) sẽ đến "
        "Zalo này. Nếu có nhầm lẫn, đề nghị đồng chí báo lại Sở Nội vụ tỉnh Tây Ninh. Trân trọng."
    ]
    assert not waiting(desk.database, desk.clock.now())
    assert await desk.poll() == LinkReport(0, (), ())


async def test_a_used_code_links_nobody_else(desk: Desk) -> None:
    """The same chat hears that all is well; another is asked to tell the office."""
    code = desk.give("an")
    for chat in (CHAT, CHAT, "stranger"):
        desk.zalo.write_to_bot(chat, code)
        await desk.poll()
    assert desk.linked() == {"an": CHAT}
    assert desk.answers()[1] == "Zalo này đã được kết nối từ trước, đồng chí không cần nhắn lại mã. Trân trọng."
    assert desk.answers("stranger") == [
        "Mã này đã được sử dụng. Nếu người sử dụng không phải là đồng chí, đề nghị đồng chí báo ngay Sở Nội vụ tỉnh "
        "Tây Ninh để được cấp mã mới. Trân trọng."
    ]


async def test_a_code_lasts_24_hours(desk: Desk) -> None:
    """To the second; afterwards a new one is to be asked for."""
    early, late = desk.give("an"), desk.give("binh")
    desk.zalo.write_to_bot(CHAT, early)
    desk.clock.move_to(START + LASTS - timedelta(seconds=1))
    assert (await desk.poll()).linked == ("an",)
    desk.clock.move_to(START + LASTS)
    desk.zalo.write_to_bot("c2", late)
    assert await desk.poll() == LinkReport(1, (), ())
    assert desk.linked() == {"an": CHAT}
    expired = (
        "Mã này không còn hiệu lực. Đề nghị đồng chí liên hệ Sở Nội vụ tỉnh Tây Ninh để được cấp mã mới. Trân trọng."
    )
    assert desk.answers("c2") == [expired]


async def test_a_new_code_ends_the_one_before(desk: Desk) -> None:
    """For the same person only."""
    first, other, second = desk.give("an"), desk.give("binh"), desk.give("an")
    with desk.database.read() as conn:
        assert {code.code for code in open_codes(conn, START)} == {other, second}
    desk.zalo.write_to_bot(CHAT, first)
    assert (await desk.poll()).linked == ()
    desk.zalo.write_to_bot(CHAT, second)
    assert (await desk.poll()).linked == ("an",)


@pytest.mark.parametrize("text", ["xin chào", "CFGHJK", ""])
async def test_what_holds_no_code_of_ours_is_answered_and_changes_nothing(desk: Desk, text: str) -> None:
    """Once for each chat, however much it writes in one go."""
    desk.give("an")
    for _ in range(3):
        desk.zalo.write_to_bot(CHAT, text)
    desk.zalo.write_to_bot("c2", text)
    assert await desk.poll() == LinkReport(4, (), ())
    assert desk.linked() == {}
    unknown = (
        "Zalo Bot này chỉ nhận mã kết nối, và không thấy mã đúng trong tin của đồng chí. Mã gồm 6 ký tự do Sở Nội vụ "
        "tỉnh Tây Ninh cấp; đề nghị đồng chí kiểm tra và nhắn lại, hoặc liên hệ Sở Nội vụ tỉnh Tây Ninh. Trân trọng."
    )
    assert desk.answers() == desk.answers("c2") == [unknown]


async def test_a_right_code_after_a_wrong_one_is_answered_too(desk: Desk) -> None:
    """In one reading: the second message counts."""
    code = desk.give("an")
    desk.zalo.write_to_bot(CHAT, "CFGHJK")
    desk.zalo.write_to_bot(CHAT, code)
    assert (await desk.poll()).linked == ("an",)
    assert [answer.split(",")[0].split(".")[0] for answer in desk.answers()] == [
        "Zalo Bot này chỉ nhận mã kết nối",
        "Đã kết nối",
    ]


async def test_a_code_is_not_taken_where_others_read_it(desk: Desk) -> None:
    """In a group nobody is linked; talk without a code is not answered at all."""
    code = desk.give("an")
    desk.zalo.write_to_bot("group", "chào cả nhà", group=True, mentions_bot=True)
    desk.zalo.write_to_bot("group", code, group=True, mentions_bot=True)
    assert await desk.poll() == LinkReport(2, (), ())
    assert desk.linked() == {}
    assert [answer[:36] for answer in desk.answers("group")] == ["Đề nghị đồng chí không nhắn mã trong"]


async def test_a_person_gone_from_the_register_is_nobody(desk: Desk) -> None:
    """His code is as unknown as any other."""
    code = desk.give("gone")
    desk.zalo.write_to_bot(CHAT, code)
    assert (await desk.poll()).linked == ()
    assert desk.answers()[0].startswith("Zalo Bot này chỉ nhận mã kết nối")


async def test_a_link_moves_and_ends(desk: Desk) -> None:
    """A new code from another telephone replaces the chat; unlinking forgets it and every code not yet written."""
    for chat in (CHAT, "c2"):
        desk.zalo.write_to_bot(chat, desk.give("an"))
        await desk.poll()
    assert desk.linked() == {"an": "c2"}
    code = desk.give("an")
    with desk.database.write() as conn:
        assert end_link(conn, "an", desk.clock.now())
        assert not end_link(conn, "an", desk.clock.now())
    desk.zalo.write_to_bot(CHAT, code)
    assert (await desk.poll()).linked == ()
    assert desk.linked() == {}


async def test_a_link_stands_though_its_answer_does_not_leave(desk: Desk) -> None:
    """What the person wrote is read away and cannot come again; what the platform said is told without the chat."""
    desk.zalo.write_to_bot(CHAT, desk.give("an"))
    desk.zalo.refusals[CHAT] = (429, f"quota of {CHAT} exceeded")
    assert await desk.poll() == LinkReport(1, ("an",), ("429: quota of … exceeded",))
    assert desk.linked() == {"an": CHAT}


@pytest.mark.parametrize(
    ("weather", "kind"), [(Weather.BROKEN, FailureKind.TRANSIENT), (Weather.THROTTLED, FailureKind.THROTTLED),
                          (Weather.PAGE, FailureKind.TRANSIENT), (Weather.DROPPED, FailureKind.TRANSIENT)],
)  # fmt: skip
async def test_a_bot_that_cannot_be_read_says_so(desk: Desk, weather: Weather, kind: FailureKind) -> None:
    """Classified like a send; the URL, which holds the token, is not in the words."""
    desk.zalo.weather = weather
    with pytest.raises(DeliveryError) as caught:
        await desk.poll()
    assert caught.value.kind is kind
    assert desk.zalo.token not in f"{caught.value.detail}{caught.value.__context__}"


async def test_while_a_webhook_is_set_nothing_can_be_read(desk: Desk) -> None:
    """The platform's own words."""
    desk.zalo.webhook = ("https://dondoc.example/zalo", "canary-secret")
    with pytest.raises(DeliveryError, match="webhook is set"):
        await desk.poll()


async def test_an_empty_poll_may_be_an_empty_object_and_codes_text(desk: Desk) -> None:
    """Both have been met."""
    desk.zalo.codes_as_text = True
    assert (await desk.poll()).read == 0
    desk.zalo.empty_is_ok = True
    assert (await desk.poll()).read == 0
    assert await desk.inbox.account_name() == "dondoc"


async def test_a_poll_waits_for_somebody_to_write(desk: Desk) -> None:
    """The answer comes with the message."""
    code = desk.give("an")
    poll = asyncio.create_task(poll_once(desk.database, desk.inbox, desk.voice, RULES, OFFICE, desk.clock.now, wait=30))
    await desk.inbox.account_name()
    desk.zalo.write_to_bot(CHAT, code)
    assert (await poll).linked == ("an",)


def test_a_code_is_given_out_once(database: Database) -> None:
    """Even long after it ended."""
    code = LinkCode("CFGHJK", "an", "lan", START, START + LASTS)
    with database.write() as conn:
        keep_code(conn, code)
    with database.read() as conn:
        assert find_code(conn, "CFGHJK") == code
        assert find_code(conn, "CFGHJM") is None
    with pytest.raises(AlreadyRecorded), database.write() as conn:
        keep_code(conn, code)
