"""Whom a pause, a mute, a promise or a declaration keeps letters from, and which of them do so on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from daemon.domain.entries import Declared, Entry, Muted, Paused, Promised
from daemon.domain.obligations import ObligationKey, Standing
from daemon.judgement.rulebook import Rulebook

Standings = Mapping[ObligationKey, Standing]


def owed(standings: Standings, rules: Rulebook, day: date) -> Standings:
    """Return the obligations that may be chased on `day`: not settled, not exempt, their plan not ended."""
    return {
        key: standing
        for key, standing in standings.items()
        if standing.settlement is None and not standing.exempt and not _ended(key, rules, day)
    }


def concerned(entry: Entry, standings: Standings, rules: Rulebook) -> Standings:
    """Return the obligations an entry speaks of: its subject, else its agency's, its plan's or its group's."""
    return {key: standing for key, standing in standings.items() if _speaks_of(entry, key, rules)}


def silencing(
    entries: Iterable[Entry], standings: Standings, rules: Rulebook, day: date
) -> Mapping[ObligationKey, list[Entry]]:
    """Return, for each obligation about which nobody is written to on `day`, the entries that see to it.

    `entries` are those that stand, in ledger order; of several on the same body or scope the last counts.
    """
    last: dict[object, Entry] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, Declared | Promised | Muted | Paused):
            agency = body.agency if isinstance(body, Muted) else None
            scope = (body.plan, body.group) if isinstance(body, Paused) else None
            last[type(body), entry.subject, agency, scope] = entry
    found: dict[ObligationKey, list[Entry]] = defaultdict(list)
    for entry in last.values():
        for key, standing in concerned(entry, standings, rules).items():
            until = _until(entry, standing)
            if until is not None and day <= until:
                found[key].append(entry)
    return dict(found)


def _ended(key: ObligationKey, rules: Rulebook, day: date) -> bool:
    ends = rules.plan(key).ends
    return ends is not None and day > ends


def _speaks_of(entry: Entry, key: ObligationKey, rules: Rulebook) -> bool:
    if entry.subject is not None:
        return entry.subject == key
    match entry.body:
        case Muted(agency=agency):
            return agency == key.agency
        case Paused(plan=plan, group=group):
            return plan in (None, key.plan) and group in (None, rules.agency(key.agency).group)
        case _:
            return False


def _until(entry: Entry, standing: Standing) -> date | None:
    match entry.body:
        case Muted(until=until) | Paused(until=until):
            return until
        case Promised():
            return standing.promised_on
        case _:
            return standing.declared_until
