"""The reloader: reads the operators' files whole; a good set replaces the one in force, a bad one changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.clock import local_day
from daemon.domain.settings import Limits, Settings
from daemon.errors import ConfigError, FilesRefused
from daemon.files.loading import Loaded, load
from daemon.judgement.rulebook import Rulebook
from daemon.managers.record import Record
from daemon.rendering.checking import check_templates
from daemon.rendering.engine import Templates
from daemon.store.engine import Database


@dataclass(frozen=True, slots=True)
class Generation:
    """One validated set of files and templates."""

    loaded: Loaded
    templates: Templates

    @property
    def rules(self) -> Rulebook:
        """What the files say."""
        return self.loaded.rules


class RemovalHeld(ConfigError):
    """The new files drop so many duties that a person should look again; the old set stays in force."""


def read_generation(settings: Settings, now: datetime) -> Generation:
    """Read and check every file and template; FilesRefused with every problem."""
    loaded = load(settings, today=local_day(now))
    problems = check_templates(settings.files.templates)
    if any(not problem.warning for problem in problems):
        raise FilesRefused(problems)
    return Generation(loaded, Templates(settings.files.templates))


def hold_large_removal(
    database: Database, record: Record, old: Rulebook, new: Rulebook, limits: Limits, now: datetime
) -> None:
    """Raise RemovalHeld if `new` files drop more known duties of the plans live in `old` than the limit allows.

    A plan whose file is gone counts whole; one that has ended may go.
    """
    today = local_day(now)
    live = {plan.id for plan in old.plans if plan.active and (plan.ends is None or today <= plan.ends)}
    with database.read() as conn:
        known = [key for key in record.known(conn) if key.plan in live]
        present = {obligation.key for obligation in record.owed(conn, new, now)}
    gone = [key for key in known if key not in present]
    if known and len(gone) * 100 > limits.removal_percent * len(known):
        raise RemovalHeld(
            f"Tệp mới bỏ {len(gone)}/{len(known)} nội dung đang theo dõi (quá {limits.removal_percent}%); "
            "vẫn dùng bản trước. Nếu đúng là muốn bỏ, hãy khởi động lại dịch vụ."
        )
