"""What the run came to, counted from what it left: letters, deliveries, documents, calls, approvals, the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from daemon.clock import local, local_day
from daemon.demo.evidence import Evidence, category_label
from daemon.demo.pages import page
from daemon.demo.scenario import Case
from daemon.demo.sheet import Sheet
from daemon.domain.entries import Approved
from daemon.domain.plans import Plan
from daemon.domain.words import ACCEPTED_STATES, Channel, DeliveryState, Status, Tier
from daemon.judgement.statuses import status_lines
from daemon.rendering.book import outcome_label
from daemon.rendering.labels import CHANNEL, ENTRY_KIND
from daemon.store.ledger import head_code

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]


def summarise(evidence: Evidence, plan: Plan) -> dict[str, Json]:
    """Return the summary with English keys; nothing in it is known beforehand."""
    verdict = evidence.verdict
    entered = Counter(str(entry.kind) for entry in evidence.entries if entry.by != "dondoc")
    return {
        "plan": plan.number,
        "from": local(evidence.script.start).isoformat(),
        "to": local(evidence.script.end).isoformat(),
        "letters": len({letter.stored.id for letter in evidence.letters}),
        "letters_by_category": _counts(_categories(evidence)),
        "deliveries": {str(channel): _counts(_states(evidence, channel)) for channel in Channel},
        "milestones": _milestones(evidence, plan),
        "entered": _counts(entered),
        "head_letters": _head_letters(evidence),
        "acts": {"done": len(evidence.done), "refused": len(evidence.refused)},
        "ledger": {
            "entries": verdict.head.seq,
            "head": verdict.head.hash,
            "code": head_code(verdict.head.hash),
            "sound": verdict.first_bad is None,
        },
    }


def as_json(summary: Mapping[str, Json]) -> str:
    """Return the summary as a file."""
    return json.dumps(summary, ensure_ascii=False, indent=1) + "\n"


def write_summary(evidence: Evidence, sheet: Sheet, summary: Mapping[str, Json]) -> str:
    """Return the summary page."""
    return page(
        "tom-tat.html",
        goc="",
        tt=summary,
        ke_hoach=sheet.plan,
        tu=local_day(evidence.script.start),
        den=local_day(evidence.script.end),
        so_co_quan=sum(len(block.rows) for block in sheet.blocks),
        loai_thu=[(category_label(code), count) for code, count in _categories(evidence).most_common()],
        ban_gui=[
            (CHANNEL[channel], outcome_label(channel, DeliveryState(state)), count)
            for channel in Channel
            for state, count in _states(evidence, channel).most_common()
        ],
        loai_muc={str(kind): label for kind, label in ENTRY_KIND.items()},
        chuyen=[
            (evidence.rules.agency(case.agency), case.title, _first_letter(case, evidence))
            for case in evidence.script.cases
        ],
        mong_cho=evidence.refused,
    )


def _first_letter(case: Case, evidence: Evidence) -> int | None:
    """The number of the first letter the agency had once its story began."""
    since = min(act.at for act in case.acts)
    mine = (letter for letter in evidence.letters if letter.stored.letter.agency == case.agency)
    return next((letter.number for letter in mine if letter.at >= since), None)


def _counts(counter: Counter[str]) -> Json:
    return dict(counter.most_common())


def _categories(evidence: Evidence) -> Counter[str]:
    return Counter({letter.stored.id: letter.category for letter in evidence.letters}.values())


def _states(evidence: Evidence, channel: Channel) -> Counter[str]:
    return Counter(str(line.state) for line in evidence.lines if line.key.channel is channel)


def _milestones(evidence: Evidence, plan: Plan) -> Json:
    lines = status_lines(evidence.snapshot.standings, evidence.entries, evidence.rules, evidence.script.end)
    rows: list[Json] = []
    for milestone in plan.milestones:
        mine = [line for line in lines if line.key.plan == plan.id and line.key.milestone == milestone.id]
        if not mine:
            continue
        states = Counter(line.status for line in mine)
        total = len(mine) - states[Status.EXEMPT]
        sent = states[Status.ON_TIME] + states[Status.LATE]
        standings = [evidence.snapshot.standings[line.key] for line in mine]
        rows.append(
            {
                "milestone": milestone.id,
                "name": milestone.short,
                "total": total,
                "on_time": states[Status.ON_TIME],
                "late": states[Status.LATE],
                "not_sent": total - sent,
                "exempt": states[Status.EXEMPT],
                "extended": sum(standing.extended_to is not None for standing in standings),
                "returned": sum(standing.returned_on is not None for standing in standings),
                "calls": sum(standing.calls for standing in standings),
                "reminders": sum(line.reminders for line in mine),
            }
        )
    return rows


def _head_letters(evidence: Evidence) -> Json:
    """Letters to heads: composed, approved, received, replaced or withdrawn, and those still waiting."""
    heads = {id_ for id_, s in evidence.stored.items() if s.letter.tier is Tier.HEAD}
    states: dict[str, set[DeliveryState]] = {id_: set() for id_ in heads}
    for line in evidence.lines:
        if line.key.letter in heads:
            states[line.key.letter].add(line.state)
    approved = {entry.body.letter for entry in evidence.entries if isinstance(entry.body, Approved)}
    return {
        "composed": len(heads),
        "approved": len(heads & approved),
        "received": sum(bool(found & ACCEPTED_STATES) for found in states.values()),
        "withdrawn": sum(found == {DeliveryState.CANCELLED} for found in states.values()),
        "held": sum(DeliveryState.HELD in found for found in states.values()),
    }
