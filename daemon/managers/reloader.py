"""The reloader: reads the operators' files whole; a good set replaces the one in force, a bad one changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.settings import Settings
from daemon.errors import FilesRefused
from daemon.files.loading import Loaded, load
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.checking import check_templates
from daemon.rendering.engine import Templates


@dataclass(frozen=True, slots=True)
class Generation:
    """One validated set of files and templates."""

    loaded: Loaded
    templates: Templates

    @property
    def rules(self) -> Rulebook:
        """What the files say."""
        return self.loaded.rules


def read_generation(settings: Settings, now: datetime) -> Generation:
    """Read and check every file and template; FilesRefused with every problem."""
    loaded = load(settings, today=local_day(now))
    problems = check_templates(settings.files.templates)
    if any(not problem.warning for problem in problems):
        raise FilesRefused(problems)
    return Generation(loaded, Templates(settings.files.templates))
