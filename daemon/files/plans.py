"""schedules/*.yaml: one plan a file, or one plan over several files; its milestones with the phrases that date them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from daemon.domain.ladders import Ladder
from daemon.domain.plans import Attachment, DueRule, Milestone, Plan, Target, Undated, UndatedDuty
from daemon.domain.words import JudgedBy
from daemon.files import keys
from daemon.files.fields import Unreadable, day, identifier, name, short, word, yes_no
from daemon.files.forms import Form, is_english
from daemon.files.matching import near_miss
from daemon.files.nodes import Findings, Node, Place
from daemon.files.offsets import working_days
from daemon.files.references import Directory
from daemon.files.targets import read_target
from daemon.judgement.calendars import Calendar
from daemon.judgement.periods import ONCE, deadline, echo, is_recurring
from daemon.judgement.phrases import PhraseUnreadable, Reading, read_due

_LISTS = ("milestones", "undated", "targets")
_NOWHERE = date(1990, 1, 1)


@dataclass(frozen=True)
class Known:
    """What a plan may refer to; None where that file itself could not be read, and nothing is checked against it."""

    directory: Directory | None
    ladders: Mapping[str, Ladder] | None
    office: Calendar | None
    inactive: Collection[str] = ()


@dataclass
class PlansFile:
    """All plans read so far. `at` keeps where plans, milestones and their phrases were declared."""

    parts: dict[str, tuple[str, Form]] = field(default_factory=dict)
    at: dict[tuple[str, ...], Place] = field(default_factory=dict)

    def add(self, node: Node, file: str, findings: Findings) -> None:
        """Take one file; one that names a plan already met adds to it."""
        form = Form(node, keys.PLAN, findings, english=is_english(node, keys.PLAN))
        id_ = form.must("plan", identifier, "")
        if not id_:
            id_ = f"? {file}"
        if id_ in self.parts:
            self.parts[id_][1].absorb(form, id_, _LISTS)
        else:
            self.parts[id_] = (file, form)
            self.at[(id_,)] = form.at("plan")

    def plans(self, known: Known) -> tuple[Plan, ...]:
        """Return every plan, by day of issue and id, so that file names change nothing."""
        plans = [self._plan(id_, file, form, known) for id_, (file, form) in self.parts.items()]
        return tuple(sorted(plans, key=lambda plan: (plan.issued, plan.id)))

    def _plan(self, id_: str, file: str, form: Form, known: Known) -> Plan:
        issued = form.must("issued", day, _NOWHERE)
        published = form.may("published", day)
        starts, ends = form.may("from", day), form.may("ends", day)
        if published is not None and published < issued:
            form.error("published", f"đứng trước ngày ban hành ({form.named('issued')})")
        if ends is not None and ends < max(issued, starts or issued):
            form.error("ends", "ngày kết thúc đứng trước ngày bắt đầu")
        collector = _reference(form, "collector", known)
        if form.node("collector") is None:
            form.missing("collector")
        contact = form.may("contact", known.directory.person) if known.directory else None
        if all(form.node(key) is None for key in ("milestones", "undated")):
            form.missing("milestones")
        seen: dict[str, Place] = {}
        forms = form.forms("milestones", keys.MILESTONE)
        milestones = tuple(self._milestone(id_, one.claim("id", seen), one, known, issued) for one in forms)
        for one, milestone in zip(forms, milestones, strict=True):
            _check_needs(one, milestone, [other.id for other in milestones])
        if starts is None and any(is_recurring(milestone.rule) for milestone in milestones):
            form.missing("from")
        undated = tuple(
            UndatedDuty(one.claim("id", seen), one.must("task", name, ""), one.must("clause", name, ""))
            for one in form.forms("undated", keys.UNDATED)
        )
        ladder = form.must("ladder", lambda text: _ladder(known, text), "")
        return Plan(
            id=id_,
            kind=form.must("kind", name, ""),
            number=form.must("number", name, ""),
            title=form.must("title", name, ""),
            issued=issued,
            issuer=form.must("issuer", name, ""),
            collector=collector or "",
            ladder=ladder,
            milestones=milestones,
            file=file,
            published=published,
            contact=contact,
            starts=starts,
            ends=ends,
            active=form.may("active", yes_no) is not False,
            undated=undated,
            targets=_targets(form, milestones),
            attachments=_attachments(form),
        )

    def _milestone(self, plan: str, id_: str, form: Form, known: Known, issued: date) -> Milestone:
        self.at[plan, id_] = form.at("task")
        self.at[plan, id_, "due"] = form.at("due")
        debtors = _debtors(form, known)
        due = form.must("due", name, "")
        means = form.may("means", name)
        return Milestone(
            id=id_,
            task=form.must("task", name, ""),
            short=form.must("short", short, ""),
            clause=form.must("clause", name, ""),
            due=due,
            rule=_rule(form, due, means, known, issued),
            debtors=debtors,
            send_to=form.must("send_to", name, ""),
            via=_reference(form, "via", known),
            means=means,
            send_by=form.may("send_by", name),
            judged_by=form.may("judged_by", word(keys.JUDGED_BY)) or JudgedBy.RECEIVED,
            roll=form.may("roll", word(keys.ROLLS)),
            cutoff=form.may("cutoff", name),
            reply_after=form.may("reply_by", working_days) or 2,
            ladder=form.may("ladder", lambda text: _ladder(known, text)),
            sentence=form.may("sentence", name),
            needs=tuple(form.several("needs", identifier)),
            attachments=_attachments(form),
        )


def _check_needs(form: Form, milestone: Milestone, ids: Collection[str]) -> None:
    for need in milestone.needs:
        if need == milestone.id:
            form.error("needs", f"mốc “{need}” không thể cần chính nó")
        elif need not in ids:
            form.error("needs", f"không có mốc “{need}” trong kế hoạch{near_miss(need, ids)}")


def _reference(form: Form, key: str, known: Known) -> str | None:
    return form.may(key, known.directory.agency) if known.directory else None


def _ladder(known: Known, text: str) -> str:
    if known.ladders is not None and text not in known.ladders:
        near = near_miss(text, known.ladders) or f"; các lịch nhắc đã khai: {', '.join(known.ladders)}"
        raise Unreadable(f"không có lịch nhắc “{text[:60]}”{near}")
    return text


def _debtors(form: Form, known: Known) -> tuple[str, ...]:
    if form.node("owed_by") is None:
        form.missing("owed_by")
    if known.directory is None:
        return ()
    listed = known.directory.listed(form, "owed_by")
    left_out = known.directory.listed(form, "except")
    for id_ in left_out:
        if id_ not in listed:
            form.warn("except", f"“{id_}” không có trong {form.named('owed_by')} nên không cần trừ")
    debtors = tuple(id_ for id_ in listed if id_ not in left_out and id_ not in known.inactive)
    if listed and not debtors:
        form.error("owed_by", "không còn cơ quan nào phải gửi (đã trừ hết hoặc đều không theo dõi)")
    return debtors


def _rule(form: Form, due: str, means: str | None, known: Known, issued: date) -> DueRule:
    """Return the rule of a milestone: of its phrase, else of the explanation beside it; both must agree."""
    explained = form.may("means", _read) if means else None
    if not due:
        return explained.rule if explained else Undated()
    try:
        read = read_due(due)
    except PhraseUnreadable as exc:
        if means is None:
            form.error("due", str(exc).replace("`nghia-la`", f"“{form.named('means')}”"))
        return explained.rule if explained else Undated()
    for warning in read.warnings:
        form.warn("due", warning)
    if explained and explained.rule != read.rule:
        _compare(form, read.rule, explained.rule, known, issued)
    return read.rule


def _read(text: str) -> Reading:
    try:
        return read_due(text)
    except PhraseUnreadable as exc:
        raise Unreadable(str(exc).partition(". Nếu kế hoạch")[0]) from None


def _compare(form: Form, due: DueRule, means: DueRule, known: Known, issued: date) -> None:
    """Refuse two readings of one deadline that lead to different days."""
    calendar = known.office or Calendar("")
    said = []
    for rule in (due, means):
        if is_recurring(rule) or isinstance(rule, Undated):
            said.append("không thời hạn" if isinstance(rule, Undated) else "lặp lại theo kỳ")
        else:
            said.append(echo(deadline(rule, ONCE, issued=issued, calendar=calendar)))
    if said[0] != said[1] or is_recurring(due):
        told = f"{form.named('due')} là {said[0]}, còn {form.named('means')} là {said[1]}"
        form.error("means", f"hai cách ghi không khớp: {told}; sửa một trong hai")


def _targets(form: Form, milestones: tuple[Milestone, ...]) -> tuple[Target, ...]:
    seen: dict[str, Place] = {}
    ids = [milestone.id for milestone in milestones]
    return tuple(read_target(one, one.claim("id", seen), ids) for one in form.forms("targets", keys.TARGET))


def _attachments(form: Form) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(one.must("name", name, ""), one.may("file", _inside))
        for one in form.forms("attachments", keys.ATTACHMENT)
    )


def _inside(text: str) -> str:
    """Return a path that stays beside the plan's file."""
    if text.startswith(("/", "\\")) or ":" in text or ".." in text.replace("\\", "/").split("/"):
        raise Unreadable(f"“{text[:80]}” phải nằm trong thư mục của kế hoạch; viết như tai-lieu/ten-tep.pdf")
    return name(text)
