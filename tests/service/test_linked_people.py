"""Who linked his chat to the Zalo bot is written to there from the next tick on, without a restart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.domain.settings import Zalo
from daemon.managers.zalo_linking import give_code
from daemon.store.zalo_links import unlink, use_code
from notifiers.base import FailureKind, Phase
from notifiers.memory import Fault

if TYPE_CHECKING:
    from tests.service.conftest import Office

PERSON, MAIL = "so-tu-phap-dau-moi", "dau-moi@so-tu-phap.example"
NO_SUCH = Fault(FailureKind.PERMANENT, Phase.ENVELOPE, "550")


async def test_linked_by_another_process_while_the_daemon_runs(report: Office) -> None:
    """Mail refused: the letter goes to the chat linked meanwhile; unlinked again, it goes to the office mailbox."""
    token = report.folder / "ma-zalo"
    token.write_text("1:ma-zalo\n", "utf-8")
    token.chmod(0o600)
    report.settings = replace(report.settings, zalo=Zalo("bot", token_file=token))
    await report.reopen()
    report.mail.inner.always_fail(MAIL, NO_SUCH)
    await report.until("30/9")
    with report.app.database.write() as conn:
        now = report.clock.now()
        use_code(conn, give_code(conn, PERSON, "chi-lan", now), "6ede1", now)
    await report.until("3/10")
    assert [message.address for _, message in report.zalo.arrived] == ["6ede1"]
    with report.app.database.write() as conn:
        assert unlink(conn, PERSON)
    await report.until("13/10")
    assert len(report.zalo.arrived) == 1
    assert "van-thu@so-tu-phap.example" in [message.address for _, message in report.mail.arrived]
