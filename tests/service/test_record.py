"""The record keeps acts and not how letters ended, whoever reads beside a writer, and forgets what was erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from daemon.domain.entries import Called, DeliveryOutcome, Erased, Voided
from daemon.errors import EntryRefused
from daemon.store.ledger import NewEntry, append

if TYPE_CHECKING:
    from tests.service.conftest import Office


async def test_how_letters_ended_is_not_kept(report: Office) -> None:
    """However many letters leave, the record holds acts alone."""
    await report.until("20/10")
    record, every = report.app.record, report.entries()
    acts = [entry for entry in every if not isinstance(entry.body, DeliveryOutcome)]
    with report.app.database.read() as conn:
        record.refresh(conn)
    assert record.entries == acts
    assert len(acts) < len(every)


async def test_how_a_letter_ended_is_not_for_a_person_to_void(report: Office) -> None:
    """The refusal says so, as of an entry that is there."""
    await report.until("4/10")
    ended = next(entry.seq for entry in report.entries() if isinstance(entry.body, DeliveryOutcome))
    with pytest.raises(EntryRefused, match=rf"^Mục {ended} do hệ thống ghi, không hủy được\.$"):
        report.enter(Voided(ended, "nhập nhầm"), subject=None)


def test_what_was_erased_is_forgotten_by_a_running_daemon(report: Office) -> None:
    """An entry read before its body was erased by rule is not in the record afterwards."""
    called = report.enter(Called(spoke_to="đ/c Trần Thị B"), report.key())
    record = report.app.record
    with report.app.database.read() as conn:
        record.refresh(conn)
    assert record.entries[-1] == called
    with report.app.database.write() as conn:
        erased = NewEntry("chi-lan", None, Erased(called.seq, "hết thời hạn lưu"))
        append(conn, [erased], report.clock.now(), report.salts)
        conn.execute(text("DELETE FROM ledger_body WHERE seq = :seq"), {"seq": called.seq})
    with report.app.database.read() as conn:
        record.refresh(conn)
    assert called.seq not in {entry.seq for entry in record.entries}
    assert record.entries == report.entries()


async def test_a_reader_that_does_not_see_the_newest_yet_costs_no_reading_afresh(report: Office) -> None:
    """One transaction has entered more than another sees: each reads what is there for it, acts and all."""
    await report.until("4/10")
    app, record, before = report.app, report.app.record, report.entries()
    acts = [entry for entry in before if not isinstance(entry.body, DeliveryOutcome)]
    ended = next(entry.body for entry in before if isinstance(entry.body, DeliveryOutcome))
    now = report.clock.now()
    with app.database.write() as writer:
        outcome, call = NewEntry("dondoc", None, ended), NewEntry("chi-lan", None, Called(spoke_to="đ/c Trần Thị B"))
        for more in ([outcome], [outcome, call]):
            added = append(writer, more, now, report.salts)
            record.refresh(writer)
            assert record.entries == acts + [entry for entry in added if isinstance(entry.body, Called)]
            with app.database.read() as reader:
                record.refresh(reader)
            assert record.entries == acts
    with app.database.read() as reader:
        record.refresh(reader)
    assert record.entries == [entry for entry in report.entries() if not isinstance(entry.body, DeliveryOutcome)]
