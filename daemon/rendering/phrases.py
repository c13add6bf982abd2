"""How one obligation is named and dated in a sentence: its task, authority, place of receipt, phrase and last day."""

from __future__ import annotations

import re
from datetime import date

from daemon.clock import local_day
from daemon.domain.letters import LetterItem
from daemon.domain.obligations import ObligationKey, Standing, Term, TermCause
from daemon.domain.plans import Milestone, Plan
from daemon.domain.register import Person
from daemon.domain.words import Voice
from daemon.judgement.dates_vi import clock_in_letter, day_in_sentence
from daemon.judgement.rulebook import Rulebook

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def office(plan: Plan, rules: Rulebook) -> str:
    """Return the collector's name as it stands in sentences: who speaks in the plan's letters."""
    return rules.agency(plan.collector).name


def document(plan: Plan) -> str:
    """Return the plan's kind and number: "Kế hoạch số 1026/KH-UBND"."""
    return f"{plan.kind} số {plan.number}"


def authority(plan: Plan, term: Term | None, rules: Rulebook) -> str:
    """Return what a deadline rests on: the plan, and what moved the date of this term if that is on record."""
    ground = f"{document(plan)} ngày {day_in_sentence(plan.issued)} của {plan.issuer}"
    if term is None:
        return ground
    if term.cause is TermCause.SUPPLEMENT:
        return f"đề nghị bổ sung ngày {day_in_sentence(local_day(term.started_at))} của {office(plan, rules)}"
    return f"{ground} và {term.authority}" if term.authority else ground


def term_of(item: LetterItem, standing: Standing | None) -> Term | None:
    """Return the term an item was composed for, if the record still has it."""
    if standing is None:
        return None
    return next((term for term in standing.terms if term.n == item.key.term), standing.term)


def _dated(term: Term) -> str:
    deadline = term.deadline
    if not deadline.hour_precise:
        return f"chậm nhất ngày {day_in_sentence(deadline.last_day)}"
    return f"trước {clock_in_letter(deadline.due_at)} ngày {day_in_sentence(local_day(deadline.due_at))}"


def due_phrase(milestone: Milestone, term: Term | None, standing: Standing | None) -> str:
    """Return the deadline's phrase: verbatim where a paper wrote one, else built from the term's own date."""
    if term is None or standing is None:
        return milestone.due
    if term.cause is TermCause.INVALID:  # the old date is still in force
        older = [t for t in standing.terms if t.n < term.n and t.cause is not TermCause.SUPPLEMENT]
        return due_phrase(milestone, older[-1], standing) if older else milestone.due
    if term.cause in {TermCause.INITIAL, TermCause.AMENDED}:
        return term.due or milestone.due
    return term.due or _dated(term)


def names_day(phrase: str, day: date) -> bool:
    """Say whether a phrase itself names its last day, so that naming it again would look like a second deadline."""
    return any((int(d), int(m), int(y)) == (day.day, day.month, day.year) for d, m, y in _DAY.findall(phrase))


def destination(milestone: Milestone, rules: Rulebook, voice: Voice) -> str:
    """Return where it is sent: "UBND tỉnh (qua Sở Nội vụ)"; the collector does not send by way of itself."""
    if milestone.via is None or voice is Voice.INTERNAL:
        return milestone.send_to
    return f"{milestone.send_to} (qua {rules.agency(milestone.via).name})"


def task(milestone: Milestone, term: Term | None) -> str:
    """Return what is to be sent: the task, or the supplement of it that was asked for."""
    if term is not None and term.cause is TermCause.SUPPLEMENT:
        return f"bản bổ sung {milestone.task}"
    return milestone.task


def act(milestone: Milestone, what: str, plan: Plan, rules: Rulebook, voice: Voice) -> str:
    """Return the duty as a verb phrase: "gửi báo cáo … về UBND tỉnh (qua Sở Nội vụ)"."""
    if milestone.sentence is not None:
        return what
    if voice is Voice.INTERNAL and milestone.send_to == office(plan, rules):
        return f"hoàn thành {what}"
    return f"gửi {what} về {destination(milestone, rules, voice)}"


def sentence(milestone: Milestone, does: str, agency: str, due: str, place: str) -> str:
    """Return the duty as a clause with its subject and phrase, in the plan's own words where it gives them.

    `does` is the verb phrase of `act`, `place` where it is sent.
    """
    if milestone.sentence is None:
        return f"{agency} {does} {due}"
    filled = milestone.sentence
    for name, value in {"co_quan": agency, "viec": milestone.task, "han": due, "noi_gui": place}.items():
        filled = filled.replace(f"{{{name}}}", value)
    return filled


def contact(plan: Plan, rules: Rulebook) -> str:
    """Return whom to call: "đồng chí …, chuyên viên Phòng …, điện thoại …"; "" if the plan names nobody."""
    found = rules.register.person_by_id.get(plan.contact or "")
    return person_line(found[1]) if found else ""


def person_line(person: Person) -> str:
    """Return a person with post and telephone, as sentences name one; parts that are not known are left out."""
    post = " ".join(part for part in (_post(person.title), person.department) if part)
    who = f"đồng chí {person.name}" if person.name else ""
    reach = f"điện thoại {person.phone}" if person.phone else f"thư điện tử {person.email}" if person.email else ""
    return ", ".join(part for part in (who, post, reach) if part)


def _post(title: str | None) -> str | None:
    """A post in mid-sentence: leaders' posts keep their capital, "Chuyên viên" does not."""
    return f"chuyên viên{title[11:]}" if title and title.startswith("Chuyên viên") else title


def department(key: ObligationKey, rules: Rulebook, day: date) -> str | None:
    """Return the department of the agency's focal officer in office on `day`, if the register names it."""
    agency = rules.agency(key.agency)
    return next((p.department for p in agency.people if p.department and p.in_office(day)), None)
