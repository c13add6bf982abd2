"""The repair list against the register: what comes on it, and what leaves it because somebody changed the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from daemon.domain.failures import Undelivered
from daemon.domain.words import Channel
from daemon.judgement.bounce_tokens import fingerprint
from daemon.judgement.bounces import address_fault
from daemon.judgement.recipients import address_of
from daemon.judgement.rulebook import Rulebook
from daemon.store.bouncing import bounce_key, known_key
from daemon.store.engine import Database
from daemon.store.faults import AddressFault, Road, faults, mark_mended, report_fault
from daemon.store.unreached import unreached

log = structlog.get_logger(__name__)

Salts = Callable[[], bytes]


def key_of(conn: Connection, now: datetime, salts: Salts) -> bytes:
    """Return the key of envelope tokens and fingerprints, made from two salts when first asked for."""
    return bounce_key(conn, now, lambda: salts() + salts())


def remember_fault(
    conn: Connection, rules: Rulebook, road: Road, status: str, detail: str, now: datetime, salts: Salts
) -> bool:
    """Put a person's address of today on the repair list; False if he has none by this channel any more."""
    address = address_of(rules, *road)
    if address is None:
        return False
    report_fault(conn, road, fingerprint(address, key_of(conn, now, salts)), status, detail, now)
    log.warning("address_fault", person=road[0], channel=road[1], status=status)
    return True


def remember_refusal(
    conn: Connection, rules: Rulebook, road: Road, code: str | None, detail: str, now: datetime, salts: Salts
) -> bool:
    """Do as `remember_fault` if a server's permanent refusal ("550 5.1.1") of an e-mail speaks of the address."""
    if road[1] is not Channel.EMAIL or not address_fault(code):
        return False
    return remember_fault(conn, rules, road, (code or "").rpartition(" ")[2], detail, now, salts)


def to_mend(conn: Connection, rules: Rulebook) -> list[AddressFault]:
    """Return the list as it stands with the files of today: an address changed since is no longer on it."""
    key = known_key(conn)
    return [fault for fault in faults(conn) if key is not None and _stands(fault, rules, key)]


def undelivered(conn: Connection, rules: Rulebook) -> Undelivered:
    """Return what the operator's note of the day tells of people and addresses that were not reached."""
    on_list = tuple((fault.person, fault.since) for fault in to_mend(conn, rules))
    return Undelivered(tuple(unreached(conn)), on_list)


def mend(database: Database, rules: Rulebook, now: datetime) -> int:
    """Take off the list what the files of today have mended; return how many addresses that were."""
    with database.read() as conn:
        stands = {fault.road for fault in to_mend(conn, rules)}
        done = [fault.road for fault in faults(conn) if fault.road not in stands]
    if not done:
        return 0
    with database.write() as conn:
        mended = mark_mended(conn, done, now)
    log.info("addresses_mended", people=sorted(person for person, _ in done))
    return mended


def _stands(fault: AddressFault, rules: Rulebook, key: bytes) -> bool:
    address = address_of(rules, *fault.road)
    return address is not None and fingerprint(address, key) == fault.fingerprint
