"""Carries out the acts of the script through the same door as an operator's: the daemon's intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from daemon.app import App
from daemon.demo.scenario import Act
from daemon.domain.entries import Accepted, Approved, Declared
from daemon.domain.obligations import ObligationKey
from daemon.domain.words import DeliveryState
from daemon.errors import EntryRefused
from daemon.judgement.duties import known_at_issue, obligations
from daemon.judgement.standing import standing_entries
from daemon.managers.intake import Wanted
from daemon.store.listing import DeliveryFilter, deliveries


class Actor:
    """Does what the script says; `refused` keeps what could not be done, with the reason."""

    def __init__(self, app: App, acts: Sequence[Act]) -> None:
        """Take acts in order of time."""
        self.waiting = list(acts)
        self.done: list[Act] = []
        self.refused: list[tuple[Act, str]] = []
        self._app = app
        owed = obligations(app.generation.rules, {}, known_at_issue, until=acts[-1].at.date())
        self._keys = {(one.key.agency, one.key.milestone): one.key for one in owed}

    def act_until(self, now: datetime) -> list[Act]:
        """Carry out every act due by `now`, recorded at `now`; what one person does at once is one transaction."""
        due = [act for act in self.waiting if act.at <= now]
        self.waiting = self.waiting[len(due) :]
        before = len(self.done)
        for (by, approval), together in groupby(due, lambda act: (act.by, isinstance(act.body, Approved))):
            acts = list(together)
            try:
                self._approve(acts, by, now) if approval else self._enter(acts, by, now)
            except EntryRefused as error:
                self.refused += [(act, str(error)) for act in acts]
            else:
                self.done += acts
        return self.done[before:]

    def _enter(self, acts: Sequence[Act], by: str, now: datetime) -> None:
        self._app.intake.enter([self._wanted(act) for act in acts], by, now)

    def _wanted(self, act: Act) -> Wanted:
        subject = self._subject(act)
        if not isinstance(act.body, Accepted):
            return Wanted(act.body, subject)
        stand = standing_entries(self._app.record.entries)
        seqs = [entry.seq for entry in stand if isinstance(entry.body, Declared) and entry.subject == subject]
        return Wanted(replace(act.body, declaration=max(seqs, default=0)), subject)

    def _subject(self, act: Act) -> ObligationKey | None:
        if act.agency is None or act.milestone is None:
            return None
        return self._keys[act.agency, act.milestone]

    def _approve(self, acts: Sequence[Act], by: str, now: datetime) -> None:
        for act in acts:
            assert isinstance(act.body, Approved)
            for letter in self._held(act.agency):
                self._app.intake.approve(letter, by, now, name=act.body.name, title=act.body.title)

    def _held(self, agency: str | None) -> Iterable[str]:
        with self._app.database.read() as conn:
            lines = deliveries(conn, DeliveryFilter(states=(DeliveryState.HELD,), agency=agency))
        if not lines:
            raise EntryRefused(f"Không có thư nào của {agency} đang chờ duyệt.")
        return dict.fromkeys(line.key.letter for line in lines)
