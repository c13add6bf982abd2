"""Files that drop much of what is followed wait for a person: he lets in exactly these, by their digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from daemon.clock import local_day
from daemon.domain.obligations import KnownObligation, ObligationKey
from daemon.domain.settings import Limits
from daemon.errors import ConfigError
from daemon.judgement.rulebook import Rulebook
from daemon.managers.record import Record
from daemon.managers.reloader import Generation
from daemon.store.engine import Database
from daemon.store.foreseen import files_accepted


class RemovalHeld(ConfigError):
    """The new files drop so many duties that a person should look again; they are not taken in."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What new files drop: `gone` of the `known` duties that are followed."""

    gone: tuple[ObligationKey, ...]
    known: int

    def is_large(self, limits: Limits) -> bool:
        """Say whether it is more than goes without a person's word."""
        return self.known > 0 and len(self.gone) * 100 > limits.removal_percent * self.known


def removal(conn: Connection, record: Record, new: Rulebook, now: datetime, before: Rulebook | None = None) -> Removal:
    """Return what `new` drops of the duties live in `before`; a plan whose file is gone counts whole, one ended may go.

    Without `before` (a start): of the duties of plans in force in `new`, and of those that lie ahead.
    """
    known = record.known(conn)
    followed = _live_before(known, before, now) if before is not None else _live_at_start(known, new, now)
    present = {obligation.key for obligation in record.owed(conn, new, now)}
    return Removal(tuple(key for key in followed if key not in present), len(followed))


def dropped(conn: Connection, record: Record, new: Rulebook, now: datetime) -> tuple[ObligationKey, ...]:
    """Return every duty met so far that `new` no longer holds, but for plans it says have ended."""
    ended = _ended(new, now)
    present = {obligation.key for obligation in record.owed(conn, new, now)}
    return tuple(key for key in record.known(conn) if key not in present and key.plan not in ended)


def hold_large_removal(
    database: Database, record: Record, new: Generation, limits: Limits, now: datetime, before: Rulebook | None = None
) -> None:
    """Raise RemovalHeld if the new files drop more of what is followed than `limits` allow and nobody let them in."""
    with database.read() as conn:
        found = removal(conn, record, new.rules, now, before)
        accepted = files_accepted(conn, new.loaded.digest)
    if found.is_large(limits) and not accepted:
        kept = "vẫn dùng bản trước" if before is not None else "dịch vụ chưa chạy"
        then = "nạp lại (systemctl reload dondoc)" if before is not None else "khởi động lại dịch vụ"
        raise RemovalHeld(
            f"Tệp mới bỏ {len(found.gone)}/{found.known} nội dung đang theo dõi "
            f"(quá {limits.removal_percent}%); {kept}. Nếu đúng là muốn bỏ: chạy dondoc approve --removal, rồi {then}."
        )


def _in_force(rules: Rulebook, now: datetime) -> frozenset[str]:
    today = local_day(now)
    return frozenset(plan.id for plan in rules.plans if plan.active and (plan.ends is None or today <= plan.ends))


def _ended(rules: Rulebook, now: datetime) -> frozenset[str]:
    return frozenset(plan.id for plan in rules.plans if plan.ends is not None and local_day(now) > plan.ends)


def _live_before(
    known: Mapping[ObligationKey, KnownObligation], before: Rulebook, now: datetime
) -> list[ObligationKey]:
    plans = _in_force(before, now)
    return [key for key in known if key.plan in plans]


def _live_at_start(known: Mapping[ObligationKey, KnownObligation], new: Rulebook, now: datetime) -> list[ObligationKey]:
    """No earlier set is there to ask whether a plan that is gone had ended: its dates ahead say that it had not."""
    plans, ended, today = _in_force(new, now), _ended(new, now), local_day(now)
    return [
        key for key, duty in known.items() if key.plan in plans or (key.plan not in ended and duty.last_day >= today)
    ]
