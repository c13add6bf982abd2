"""How commands enter what people say, all of it or nothing, and read the record it makes."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.cli.session import Session
from daemon.domain.entries import Body, Entry
from daemon.judgement.snapshot import Snapshot
from daemon.managers.intake import Intake, Wanted
from daemon.managers.record import Record
from daemon.store.ledger import random_salts


def enter(session: Session, wanted: Sequence[Wanted], by: str) -> list[Entry]:
    """Record entries, all or none."""
    with session.database() as database:
        return Intake(database, session.rules, Record(), random_salts).enter(wanted, by, session.now)


def about(
    session: Session, agency: str, milestones: Sequence[str], plan: str | None, period: str | None, body: Body
) -> list[Wanted]:
    """Return one wanted entry for each milestone of an agency; EntryRefused naming what is valid."""
    with session.database() as database:
        intake = Intake(database, session.rules, Record(), random_salts)
        return [Wanted(body, intake.find(session.now, agency, m, plan, period)) for m in milestones]


def recorded(session: Session) -> tuple[Snapshot, list[Entry]]:
    """Return the record as it stands, and the ledger's acts it is made from."""
    with session.database() as database, database.read() as conn:
        record = Record()
        return record.snapshot(conn, session.rules, session.now), record.entries
