"""What a person asks to be tried once more: letters nobody got, channels that are paused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from daemon.domain.failures import DeadLetter, Retried
from daemon.domain.words import Channel, Reason
from daemon.errors import EntryRefused
from daemon.judgement.dispatching import next_hour
from daemon.judgement.judging import Judge
from daemon.judgement.reviving import no_longer_wanted, useful_until
from daemon.judgement.rulebook import Rulebook
from daemon.managers.record import Record
from daemon.store.dead import dead_letters
from daemon.store.engine import Database
from daemon.store.ledger import NewEntry, append
from daemon.store.letters import StoredLetter, stored_letters
from daemon.store.pauses import paused, put_off_probe
from daemon.store.reviving import revive


@dataclass(frozen=True, slots=True)
class Revived:
    """What became of one letter: `deliveries` tried anew, or `refused` why none is."""

    letter: str
    agency: str
    deliveries: int = 0
    refused: Reason | None = None


class Retry:
    """Lets go again what a person asks for; who asked is in the ledger."""

    def __init__(self, database: Database, rules: Rulebook, record: Record, salts: Callable[[], bytes]) -> None:
        self.database = database
        self.rules = rules
        self.record = record
        self._salts = salts

    def letters(self, ids: Sequence[str], by: str, now: datetime, *, not_arrived: bool = False) -> list[Revived]:
        """Try letters again, all named or none; EntryRefused naming what can be tried."""
        with self.database.write() as conn:
            known = stored_letters(conn, ids)
            for id_ in dict.fromkeys(ids):
                if id_ not in known or known[id_].withdrawn_at is not None:
                    raise EntryRefused(f"Không có thư “{id_}” để gửi lại. {_dead_words(dead_letters(conn))}")
            wanted = [known[id_] for id_ in dict.fromkeys(ids)]
            done = self._revive(conn, wanted, by, now, not_arrived=not_arrived)
            if idle := [one.letter for one in done if not one.deliveries and one.refused is None]:
                raise EntryRefused(_nothing_ended(idle[0], not_arrived=not_arrived))
            return done

    def all_dead(self, by: str, now: datetime) -> list[Revived]:
        """Try every letter nobody got again, but for those that may have arrived: a copy is asked for by name."""
        with self.database.write() as conn:
            known = stored_letters(conn, [dead.id for dead in dead_letters(conn)])
            done = self._revive(conn, list(known.values()), by, now)
        return [one for one in done if one.deliveries or one.refused is not None]

    def channel(self, channel: Channel, by: str, now: datetime) -> None:
        """Let the next letter try each paused road of a channel at once; EntryRefused if none is paused."""
        with self.database.write() as conn:
            stopped = [pause.route for pause in paused(conn, now).values() if pause.channel is channel]
            if not stopped:
                raise EntryRefused(f"Kênh {channel} không tạm ngừng: thư chờ gửi theo giờ của nó.")
            for route in stopped:
                put_off_probe(conn, route, now)
            append(conn, [NewEntry(by, None, Retried(channel=channel))], now, self._salts)

    def _revive(
        self, conn: Connection, wanted: Sequence[StoredLetter], by: str, now: datetime, *, not_arrived: bool = False
    ) -> list[Revived]:
        standings, judge = self.record.snapshot(conn, self.rules, now).standings, Judge(self.rules)
        done = []
        for stored in wanted:
            letter = stored.letter
            reason = no_longer_wanted(letter, standings, judge, now)
            if reason is not None:
                done.append(Revived(stored.id, letter.agency, refused=reason))
                continue
            hour, until = next_hour(letter, self.rules, now), useful_until(letter, standings, judge, now)
            count = revive(conn, stored.id, now, self._salts, by=by, hour=hour, until=until, not_arrived=not_arrived)
            done.append(Revived(stored.id, letter.agency, count))
        return done


def _dead_words(dead: Sequence[DeadLetter]) -> str:
    if not dead:
        return "Hiện không có thư nào không đến được."
    shown = ", ".join(f"{letter.id} ({letter.agency})" for letter in dead[:8])
    return f"Các thư không đến được: {shown}{', …' if len(dead) > 8 else ''}."


def _nothing_ended(letter: str, *, not_arrived: bool) -> str:
    hint = (
        ""
        if not_arrived
        else " Nếu thư không rõ đã đến hay chưa và cơ quan xác nhận chưa nhận được, thêm --not-arrived."
    )
    return f"Thư “{letter}” không có người nhận nào bị từ chối, bị trả lại hoặc hết thời gian.{hint}"
