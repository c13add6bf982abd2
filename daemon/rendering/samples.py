"""A small province with one of everything, so that each template can be tried before any letter depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache

from daemon.clock import at, end_of, local_day
from daemon.domain.entries import Approved, Body, Declared, Entry, Extended, PlanChanged, Received, Returned
from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.letters import History, ItemKey, Letter, LetterItem, SentLetter
from daemon.domain.obligations import (
    ActTime,
    Deadline,
    Obligation,
    ObligationKey,
    Settlement,
    Standing,
    Term,
    TermCause,
)
from daemon.domain.plans import Attachment, Milestone, OnDate, Plan
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.words import JudgedBy, LetterKind, Level, Reason, Return, Role, Tier, Voice
from daemon.judgement.attention import Attention
from daemon.judgement.calendars import Calendar
from daemon.judgement.rulebook import Rulebook
from daemon.judgement.snapshot import Snapshot
from daemon.rendering.apologies import Signature, TakenBack, apology_context
from daemon.rendering.attention import attention_context
from daemon.rendering.clean import Slot
from daemon.rendering.context import letter_context
from daemon.rendering.notices import notice_context
from daemon.rendering.office_samples import office_slots

PLAN = "ke-hoach-mau"
COLLECTOR = "so-noi-vu"
LAST_DAY = date(2022, 10, 24)
ISSUED_AT = at(date(2022, 3, 28), time(8, 30))
DAY_OF = {"thong-bao": 1, "nhac": 3, "don-doc": 19, "han-cuoi": 24, "qua-han": 26, "thu-truong": 28, "trinh": 31}

STEPS = (
    Step("thong-bao", Offset(When.ISSUED), Level.NOTICE, (Role.FOCAL,)),
    Step("nhac", Offset(When.BEFORE, 15), Level.NOTICE, (Role.FOCAL,)),
    Step("don-doc", Offset(When.BEFORE, 3), Level.PRESS, (Role.FOCAL,)),
    Step("han-cuoi", Offset(When.ON), Level.PRESS, (Role.FOCAL,)),
    Step("qua-han", Offset(When.AFTER, 2), Level.OVERDUE, (Role.FOCAL,)),
    Step("thu-truong", Offset(When.AFTER, 4), Level.HEAD, (Role.HEAD,), approval=True),
    Step("trinh", Offset(When.AFTER, 7), Level.SUPERIOR, (Role.COLLECTOR_HEAD,)),
)


def _agency(id_: str, name: str, voice: Voice, head: str, department: str | None = None) -> Agency:
    person = Person(f"{id_}-dau-moi", Role.FOCAL, "Nguyễn Thị A", "Chuyên viên", department, f"dau-moi@{id_}.example")
    return Agency(id_, name, name, "khoi", voice, head, people=(replace(person, phone="0276 3000 000"),))


AGENCIES = (
    _agency(COLLECTOR, "Sở Nội vụ", Voice.DEPARTMENT, "Đồng chí Giám đốc Sở Nội vụ", "Phòng Xây dựng chính quyền"),
    _agency("so-tu-phap", "Sở Tư pháp", Voice.DEPARTMENT, "Đồng chí Giám đốc Sở Tư pháp"),
    _agency("ubnd-go-dau", "UBND huyện Gò Dầu", Voice.DISTRICT, "Đồng chí Chủ tịch UBND huyện Gò Dầu"),
    _agency("cuc-thue", "Cục Thuế tỉnh", Voice.CENTRAL, "Đồng chí Cục trưởng Cục Thuế tỉnh"),
    _agency("bch-quan-su", "Bộ Chỉ huy Quân sự tỉnh", Voice.ARMED, "Đồng chí Chỉ huy trưởng Bộ Chỉ huy Quân sự tỉnh"),
    _agency("vp-ubnd", "Văn phòng UBND tỉnh", Voice.DEPARTMENT, "Đồng chí Chánh Văn phòng UBND tỉnh"),
)

_DEBTORS = tuple(agency.id for agency in AGENCIES)


def _milestone(id_: str, task: str, short: str, due: str = "trước ngày 25/10/2022") -> Milestone:
    return Milestone(
        id=id_,
        task=task,
        short=short,
        clause="Mục IV.1",
        due=due,
        rule=OnDate(date(2022, 10, 25), before=True),
        debtors=_DEBTORS,
        send_to="UBND tỉnh",
        via=COLLECTOR,
        send_by="văn bản điện tử ký số qua Trục liên thông văn bản",
        attachments=(Attachment("Đề cương báo cáo"),),
    )


MILESTONES = (
    _milestone("bao-cao", "báo cáo kết quả thực hiện công tác dân vận chính quyền năm 2022", "báo cáo dân vận 2022"),
    _milestone("ho-so", "hồ sơ tự chấm điểm công tác dân vận chính quyền năm 2022", "hồ sơ chấm điểm dân vận 2022"),
    replace(
        _milestone("xep-loai", "tham mưu quyết định đánh giá, xếp loại", "tham mưu QĐ xếp loại 2022"),
        sentence="{co_quan} tham mưu UBND tỉnh ban hành quyết định đánh giá, xếp loại {han}",
        needs=("ho-so",),
    ),
)


def sample_snapshot(now: datetime) -> Snapshot:
    """Return the sample province as recorded at `now`: half have sent, one is extended, one reminded."""
    plan = Plan(
        id=PLAN,
        kind="Kế hoạch",
        number="1026/KH-UBND",
        title="thực hiện công tác dân vận chính quyền năm 2022",
        issued=date(2022, 3, 25),
        issuer="UBND tỉnh",
        collector=COLLECTOR,
        ladder="chuan",
        milestones=MILESTONES,
        contact=f"{COLLECTOR}-dau-moi",
    )
    rules = Rulebook(
        plans=(plan,),
        register=Register((Group("khoi", "Sở, ban, ngành"),), AGENCIES, issuer_office="vp-ubnd"),
        ladders={"chuan": Ladder("chuan", time(8, 30), STEPS)},
        office=Calendar("chung", confirmed=frozenset({2022})),
    )
    keys = [sample_key(milestone.id, agency.id) for milestone in MILESTONES for agency in AGENCIES]
    standings = {key: _standing(key) for key in keys}
    letters = tuple(_sent(key, day) for key in standings for day in (3, 19, 26) if at(date(2022, 10, day)) < now)
    return Snapshot(rules, standings, History(letters), {COLLECTOR: at(_mark_day(now), time(17))})


def _mark_day(now: datetime) -> date:
    return date(2022, 10, 25) if now > end_of(LAST_DAY) + timedelta(days=1) else local_day(now) - timedelta(days=1)


def sample_key(milestone: str, agency: str) -> ObligationKey:
    """Return the key of a sample obligation."""
    return ObligationKey(PLAN, milestone, "once", agency)


def _standing(key: ObligationKey) -> Standing:
    deadline = Deadline(end_of(LAST_DAY), LAST_DAY)
    obligation = Obligation(key, deadline, JudgedBy.SENT, ISSUED_AT)
    standing = Standing(obligation, (Term(1, deadline, ISSUED_AT, TermCause.INITIAL),))
    if key.milestone == "bao-cao" and key.agency in {"vp-ubnd", "cuc-thue", COLLECTOR}:
        return replace(standing, settlement=_settled(deadline))
    return standing


def _settled(deadline: Deadline) -> Settlement:
    act = ActTime.of(at(date(2022, 10, 21), time(16, 55)))
    return Settlement(
        1, "123/BC-STP", act, deadline, on_time=True, late_days=0, recorded_at=at(date(2022, 10, 21), time(17))
    )


def _sent(key: ObligationKey, day: int) -> SentLetter:
    step, level = {3: ("nhac", Level.NOTICE), 19: ("don-doc", Level.PRESS)}.get(day, ("qua-han", Level.OVERDUE))
    item = ItemKey(key, 1, step, 1, Tier.OFFICERS)
    sent_at = at(date(2022, 10, day), time(8, 31))
    return SentLetter(
        id=f"{key}-{day}",
        agency=key.agency,
        tier=Tier.OFFICERS,
        day=date(2022, 10, day),
        level=level,
        items=(item,),
        levels={item: level},
        live=False,
        accepted_at=sent_at,
    )


def sample_letter(step: str, agency: str, milestones: tuple[str, ...] = ("bao-cao",)) -> Letter:
    """Return a letter of one step to one agency about `milestones`, on the day of the step."""
    rung = next(s for s in STEPS if s.id == step)
    day = date(2022, 3, 28) if step == "thong-bao" else date(2022, 10, DAY_OF[step])
    items = tuple(
        LetterItem(
            key=ItemKey(sample_key(milestone, agency), 1, step, 1, rung.tier),
            level=rung.level,
            reason=Reason.STEP_REACHED,
            deadline=Deadline(end_of(LAST_DAY), LAST_DAY),
            wording=step,
            first=step == "thong-bao",
        )
        for milestone in milestones
    )
    addressed = agency
    if rung.tier is Tier.COLLECTOR:
        addressed = "vp-ubnd" if agency == COLLECTOR else COLLECTOR
    return Letter(LetterKind.REMINDER, addressed, rung.tier, day, at(day, time(8, 30)), rung.level, items, {}, {})


def _entries() -> Mapping[str, Body]:
    last, new = date(2022, 11, 2), date(2022, 11, 15)
    sent = ActTime.of(at(date(2022, 10, 21), time(16, 55)))
    return {
        "bien-nhan": Received("123/BC-STP", date(2022, 10, 21), sent, sent, "Trục liên thông văn bản"),
        "bao-gui": Declared("123/BC-STP", date(2022, 10, 21)),
        "bo-sung": Returned(Return.SUPPLEMENT, "chưa có phụ lục số liệu", last),
        "chua-hop-le": Returned(Return.INVALID, "chưa có chữ ký của người có thẩm quyền"),
        "gia-han": Extended("chậm nhất ngày 15/11/2022", end_of(new), new, "Công văn số 3210/UBND-NC", "Phó Chủ tịch"),
        "dieu-chinh": PlanChanged(PLAN, "thời hạn", "bao-cao", "once", was_due="trước ngày 20/10/2022"),
    }


@cache
def sample_slots() -> tuple[dict[str, Slot], ...]:
    """Return slots for every template, in every voice, with and without a link and figures."""
    found: list[dict[str, Slot]] = []
    signer = Approved(name="Trần Văn B", title="Giám đốc")
    for step in DAY_OF:
        for agency in AGENCIES:
            for milestones in (("bao-cao",), ("bao-cao", "ho-so"), ("xep-loai",)):
                letter = sample_letter(step, agency.id, milestones)
                snapshot = sample_snapshot(letter.send_at)
                link = "https://dondoc.example/co-quan/mau" if agency.voice is Voice.DISTRICT else None
                found.append(
                    letter_context(
                        letter,
                        snapshot,
                        letter_id="MAU-1",
                        now=letter.send_at,
                        public_url=link,
                        approver=signer if step == "thu-truong" else None,
                    )
                )
    now = at(date(2022, 10, 27), time(9))
    snapshot = sample_snapshot(now)
    standing = snapshot.standings[sample_key("bao-cao", "cuc-thue")]
    for seq, body in enumerate(_entries().values(), 1):
        entry = Entry(seq, now, "chuyen-vien", standing.key, body)
        found.append(notice_context(entry, standing, snapshot, letter_id="MAU-2"))
    other = snapshot.standings[sample_key("ho-so", "cuc-thue")]
    found += [
        apology_context(
            taken,
            snapshot,
            letter_id="MAU-3",
            letter_day=date(2022, 10, 26),
            to_head=True,
            others=len(taken) == 1,
            signature=Signature("Trần Văn B", "Giám đốc"),
        )
        for taken in ([TakenBack(standing, "123/BC-STP")], [TakenBack(standing), TakenBack(other)])
    ]
    letters = [sample_letter(step, "so-tu-phap") for step in ("don-doc", "qua-han", "thu-truong")]
    found += office_slots(sample_snapshot(letters[0].send_at), letters, COLLECTOR, letters[0].day)
    duties, agencies = (standing.key,), ("so-tu-phap", "ubnd-go-dau")
    faults, addresses = ("nhac.j2:3: sai cú pháp",), ("so-tu-phap-dau-moi",)
    told = Attention(agencies, duties, duties, duties, faults=faults, addresses=addresses)
    found.append(attention_context(told, snapshot, COLLECTOR, letter_id="MAU-4", now=now))
    return tuple(found)
