"""decide(snapshot, now): what should happen, and why - "nothing" included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.domain.letters import Decision, Letter
from daemon.judgement.composing import compose
from daemon.judgement.judging import NO_PAST, Candidate, Judge
from daemon.judgement.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Verdict:
    """The letters to enqueue now, and a decision for each step whose moment has come and no letter holds."""

    letters: tuple[Letter, ...]
    decisions: tuple[Decision, ...]


def decide(snapshot: Snapshot, now: datetime, judge: Judge | None = None) -> Verdict:
    """Return what `now` asks for. `judge` keeps planned steps between calls against the same Rulebook."""
    judge = judge or Judge(snapshot.rules)
    past = judge.past(snapshot.history.letters)
    candidates: list[Candidate] = []
    decisions: list[Decision] = []
    for key, standing in snapshot.standings.items():
        judged = judge.judge(standing, past.get(key, NO_PAST), snapshot, now)
        candidates += judged.candidates
        decisions += judged.decisions
    composed = compose(candidates, snapshot, now)
    return Verdict(tuple(composed.letters), (*decisions, *composed.decisions))
