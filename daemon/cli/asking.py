"""What several answers share: the options that narrow them, and the refusal of a name that is not there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from daemon.cli.session import Session
from daemon.errors import EntryRefused

AgencyOption = Annotated[str | None, typer.Option("--agency", help="Chỉ cơ quan này.", metavar="MÃ")]
MilestoneOption = Annotated[str | None, typer.Option("--milestone", help="Chỉ mốc này.", metavar="MÃ")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Chỉ kế hoạch này.", metavar="MÃ")]


def refuse_unknown(
    session: Session,
    agency: str | None = None,
    milestone: str | None = None,
    plan: str | None = None,
    group: str | None = None,
) -> None:
    """An answer about what is not there would look like nothing to report."""
    rules = session.rules
    milestones = [m.id for p in rules.plans for m in p.milestones]
    groups = [one.id for one in rules.register.groups]
    asked = ((agency, "cơ quan", list(rules.register.by_id)), (milestone, "mốc", milestones))
    for word, what, valid in (*asked, (plan, "kế hoạch", list(rules.plan_by_id)), (group, "khối", groups)):
        if word is not None and word not in valid:
            near = get_close_matches(word, dict.fromkeys(valid), n=3)
            hint = f"Có phải là: {', '.join(near)}?" if near else f"Các {what}: {', '.join(dict.fromkeys(valid))}."
            raise EntryRefused(f"Không có {what} “{word}”. {hint}")
