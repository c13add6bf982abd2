"""What a decision is made from: the files, the folded record and the letters past, at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from daemon.domain.letters import History
from daemon.domain.obligations import ObligationKey, Standing
from daemon.judgement.rulebook import Rulebook


@dataclass(frozen=True)
class Snapshot:
    """`marks` maps a collector to the latest instant up to which its record was said to be complete."""

    rules: Rulebook
    standings: Mapping[ObligationKey, Standing]
    history: History
    marks: Mapping[str, datetime] = field(default_factory=dict)
